"""Scorers that read no reference: the case's own constraints, latency and cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, cast

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.checks import count_checks, failed_checks
from bedrock_playground.evaluation.scorers.common import Kind, named, shown
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score


@dataclass(frozen=True, slots=True)
class Constraints:
    """1 if the answer passes all of the case's checks, or the share of them that it passes."""

    wanted: Literal["all", "share"] = "all"
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return named("constraints", "" if self.wanted == "all" else self.wanted)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if not case.checks:
            return Score(None, "The case has no checks.")
        failed = failed_checks(answer.text, case.checks)
        share = max(0.0, 1 - len(failed) / count_checks(case.checks))
        return Score(share if self.wanted == "share" else float(not failed), " ".join(failed))


@dataclass(frozen=True, slots=True)
class Latency:
    """1 if the answer came within so many seconds."""

    limit: float
    """Seconds."""
    until: Literal["end", "ttft"] = "end"
    """Until the answer ended, or its first text came."""
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return f"latency:{'ttft:' if self.until == 'ttft' else ''}{self.limit:g}"

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        timing = answer.result.timing
        took = timing.total if self.until == "end" else timing.time_to_first_token
        if took is None:
            return Score(None, "How long it took is not known.")
        return Score(float(took <= self.limit), f"{took:.2f} s of {self.limit:g} s.")


@dataclass(frozen=True, slots=True)
class CostLimit:
    """1 if the answer cost no more than that."""

    limit: Decimal
    """US dollars."""
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return f"cost:{self.limit:f}"

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if answer.cost is None:
            return Score(None, "What it cost is not known.")
        told = f"{format_usd(answer.cost)} of {format_usd(self.limit)}."
        return Score(float(answer.cost <= self.limit), told)


def _constraints(settings: str) -> Scorer:
    if settings not in {"", "all", "share"}:
        raise BadScorer(f"“constraints” takes “all” or “share”, not “{shown(settings)}”.")
    return Constraints(cast("Literal['all', 'share']", settings or "all"))


def _latency(settings: str) -> Scorer:
    head, mark, rest = settings.partition(":")
    until, told = (head, rest) if mark else ("end", settings)
    if until not in {"end", "ttft"}:
        raise BadScorer(f"“latency” takes “end” or “ttft” before its seconds, not “{shown(until)}”.")
    limit = _above_nothing(told, example="latency:2.5")
    return Latency(float(limit), cast("Literal['end', 'ttft']", until))


def _cost(settings: str) -> Scorer:
    return CostLimit(_above_nothing(settings, example="cost:0.001"))


def _above_nothing(text: str, *, example: str) -> Decimal:
    try:
        told = Decimal(text.strip())
    except InvalidOperation as error:
        raise BadScorer(f"“{shown(text)}” is no number; write “{example}”.") from error
    if not told.is_finite() or told <= 0:
        raise BadScorer(f"A limit is above 0; {shown(text)} is not. Write “{example}”.")
    return told


CONSTRAINTS = Kind(
    "constraints",
    "Constraints",
    "1 if the answer passes all checks that its case asks for (words, lines, texts, JSON keys …); "
    "“constraints:share” gives the share that it passes. For generation without one right answer.",
    _constraints,
)
LATENCY = Kind(
    "latency",
    "Latency limit",
    "1 if the answer came within the seconds behind the colon, such as “latency:2.5”; “latency:ttft:0.8” "
    "looks at the first text. For what has to be quick.",
    _latency,
)
COST = Kind(
    "cost",
    "Cost limit",
    "1 if the answer cost no more US dollars than stand behind the colon, such as “cost:0.001”; an unknown "
    "cost is not scored. For what has to be cheap.",
    _cost,
)
