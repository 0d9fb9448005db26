"""Which model: rules first, then a score whose every part is shown.

A hard requirement excludes a model that is known not to meet it; one of which nobody knows stays, behind all
that are known to meet it, and says so. Quality is not known here at all: the score's accuracy is a prior from
the model's size class, until somebody measures. Pure: no clock, environment or network.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.catalog.arithmetic import cost_of, unknown
from bedrock_playground.catalog.factors import Factor, Kind, factors_of
from bedrock_playground.catalog.generations import line_of
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.requirements import (
    Facts,
    Finding,
    Measured,
    Requirement,
    Scenario,
    reasons_for_sure,
    requirements_of,
)
from bedrock_playground.catalog.search import Capability, ModelRow, preference
from bedrock_playground.catalog.size_class import Size, SizeClass, size_class
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import Usage

ENOUGH_RUNS = 3
"""From how many of the user's own runs on a measurement takes the place of a prior."""

Basis: TypeAlias = Literal["measured", "price", "prior", "unknown"]
"""How a part of the score is known."""

_ACCURACY = {Size.MICRO: 0.2, Size.SMALL: 0.4, Size.MEDIUM: 0.6, Size.LARGE: 0.8, Size.FRONTIER: 1.0}
_SPEED = {Size.MICRO: 1.0, Size.SMALL: 0.8, Size.MEDIUM: 0.55, Size.LARGE: 0.35, Size.FRONTIER: 0.15}
_ALWAYS_REASONS = 0.6
_CHEAPEST, _DEAREST = 1e-5, 0.1
_FASTEST, _SLOWEST = 0.5, 60.0
_SIZE_WORDS = {
    Size.MICRO: "a very small model",
    Size.SMALL: "a small model",
    Size.MEDIUM: "a medium-sized model",
    Size.LARGE: "a large model",
    Size.FRONTIER: "one of the largest models",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a model, or why not."""

    kind: Kind
    """Which way it points."""
    text: str
    """In words."""


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the score."""

    name: Literal["accuracy", "speed", "price"]
    """The slider that weighs it."""
    weight: int
    """Its weight, 0-10."""
    value: float | None
    """0-1; ``None`` is unknown, and counts as 0: what nobody knows is never good."""
    basis: Basis
    """How it is known."""
    text: str
    """Where the value comes from, in words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model in the ranking."""

    row: ModelRow
    """The id of it that suits best."""
    score: float
    """0-1."""
    parts: tuple[Part, ...]
    """What it is made of."""
    factors: tuple[Factor, ...]
    """What it was multiplied by."""
    reasons: tuple[Reason, ...]
    """For, against, unknown, in this order."""
    unproven: tuple[str, ...]
    """The hard requirements of which nobody knows whether it meets them."""
    cost: Cost
    """What one request would cost."""
    latency: float | None
    """Seconds, from the user's own runs; ``None`` is unknown."""
    size: SizeClass | None
    """The prior."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A model that is known not to meet a hard requirement."""

    row: ModelRow
    """Its id that came nearest."""
    failed: tuple[Requirement, ...]
    """What it does not meet."""
    reasons: tuple[str, ...]
    """In words, in the same order."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer."""

    candidates: tuple[Candidate, ...]
    """Best first; those of which something is unproven stand behind all others."""
    excluded: tuple[Exclusion, ...]
    """Who is out, and why."""
    requirements: tuple[Requirement, ...]
    """The rules that were applied."""

    def exclusions_by_requirement(self) -> tuple[tuple[str, int], ...]:
        """How many models each requirement excludes, most first; a model may fail several."""
        counts = Counter(requirement.label for out in self.excluded for requirement in out.failed)
        return tuple(counts.most_common())


@dataclass(frozen=True, slots=True)
class _Checked:
    facts: Facts
    findings: tuple[tuple[Requirement, Finding], ...]

    @property
    def failed(self) -> int:
        return sum(finding.met is False for _, finding in self.findings)

    @property
    def unproven(self) -> int:
        return sum(finding.met is None for _, finding in self.findings)


def rank(
    rows: Iterable[ModelRow],
    scenario: Scenario,
    *,
    today: date,
    measured: Mapping[str, Measured] | None = None,
    listed_in: str | None = None,
) -> Ranking:
    """Rank models for a scenario.

    Args:
        rows: The ids to choose from; of each model the one that suits best is taken.
        scenario: What is wanted.
        today: The day on which the model is to be called.
        measured: The user's own measurements, by foundation model id.
        listed_in: The Region of the connection behind ``rows`` that are listed.
    """
    requirements = requirements_of(scenario, today=today)
    own = {base: one for base, one in (measured or {}).items() if one.runs >= ENOUGH_RUNS}
    models: dict[str, list[_Checked]] = {}
    for row in rows:
        facts = Facts(
            row, request_cost(row, scenario), own.get(row.base_id), listed_in if row.listed else None
        )
        findings = tuple((requirement, requirement.check(facts)) for requirement in requirements)
        models.setdefault(row.base_id, []).append(_Checked(facts, findings))
    best = [
        min(ids, key=lambda one: (one.failed, one.unproven, preference(one.facts.row)))
        for ids in models.values()
    ]
    fit = [one for one in best if not one.failed]
    newer = _superseded(fit)
    candidates = [
        _candidate(one, scenario, today=today, newer=newer.get(one.facts.row.base_id)) for one in fit
    ]
    candidates.sort(key=_standing)
    excluded = [_exclusion(one) for one in best if one.failed]
    excluded.sort(key=lambda out: (len(out.failed), out.row.provider.casefold(), out.row.name.casefold()))
    return Ranking(tuple(candidates), tuple(excluded), requirements)


def _superseded(fit: Iterable[_Checked]) -> dict[str, str]:
    """The names of newer models of the same line that fit too and cost no more, by the older ones' ids."""
    lines: dict[str, list[tuple[tuple[int, ...], Decimal, ModelRow]]] = {}
    for one in fit:
        row, amount = one.facts.row, one.facts.cost.amount
        line, generation = line_of(row.base_id)
        if generation and amount is not None and not one.unproven:
            lines.setdefault(line, []).append((generation, amount, row))
    found: dict[str, str] = {}
    for members in lines.values():
        for generation, amount, row in members:
            better = [other for other in members if other[0] > generation and other[1] <= amount]
            if better:
                found[row.base_id] = max(better, key=lambda other: other[0])[2].name
    return found


def _standing(candidate: Candidate) -> tuple[bool, float, bool, Decimal, str]:
    amount = candidate.cost.amount
    return (
        bool(candidate.unproven),
        -round(candidate.score, 6),
        amount is None,
        amount or Decimal(0),
        candidate.row.model_id,
    )


def request_cost(row: ModelRow, scenario: Scenario) -> Cost:
    """What one request of the scenario would cost; unknown where nobody knows."""
    if row.scope == "local":
        return Cost(
            Decimal(0), confidence=Confidence.EXACT, source="this machine", note="Runs on this machine."
        )
    if row.price is None:
        return unknown(f"No source has a price for {row.model_id}.")
    output = 0 if scenario.task == "embeddings" else scenario.output_tokens
    return cost_of(Usage(input_tokens=scenario.input_tokens, output_tokens=output), row.price)


def _exclusion(checked: _Checked) -> Exclusion:
    failed = [(requirement, finding) for requirement, finding in checked.findings if finding.met is False]
    return Exclusion(
        checked.facts.row,
        tuple(requirement for requirement, _ in failed),
        tuple(finding.text for _, finding in failed),
    )


def _candidate(checked: _Checked, scenario: Scenario, *, today: date, newer: str | None) -> Candidate:
    facts = checked.facts
    latency = facts.measured.latency(scenario.output_tokens) if facts.measured else None
    size = size_class(facts.row.base_id, output_price=facts.row.output_price)
    if scenario.task == "embeddings":
        # Size classes are about models that write.
        size = None
    parts = (
        _accuracy(scenario.accuracy, size),
        _speed(scenario, size, facts),
        _price(scenario.price, facts.cost),
    )
    factors = factors_of(facts.row, scenario, newer=newer)
    weights = [part.weight for part in parts]
    if not any(weights):
        # Nothing was to count more than anything else: all count the same.
        weights = [1, 1, 1]
    total = sum(weight * (part.value or 0.0) for weight, part in zip(weights, parts, strict=True))
    score = total / sum(weights) * math.prod(factor.factor for factor in factors)
    return Candidate(
        row=facts.row,
        score=score,
        parts=parts,
        factors=factors,
        reasons=_reasons(checked, scenario, today=today, parts=parts, factors=factors),
        unproven=tuple(requirement.label for requirement, finding in checked.findings if finding.met is None),
        cost=facts.cost,
        latency=latency,
        size=size,
    )


def _accuracy(weight: int, size: SizeClass | None) -> Part:
    if size is None:
        return Part("accuracy", weight, None, "unknown", "No prior: measure it on your own data")
    text = f"{_capital(_SIZE_WORDS[size.size])} ({size.basis}): a prior, not a measurement"
    return Part("accuracy", weight, _ACCURACY[size.size], "prior", text)


def _speed(scenario: Scenario, size: SizeClass | None, facts: Facts) -> Part:
    weight = scenario.speed
    latency = facts.measured.latency(scenario.output_tokens) if facts.measured else None
    if latency is not None and facts.measured is not None:
        text = f"About {latency:.1f} s per answer, from {facts.measured.runs} runs of yours"
        return Part("speed", weight, _on_scale(latency, _FASTEST, _SLOWEST), "measured", text)
    if size is None:
        return Part("speed", weight, None, "unknown", "Neither measured nor a prior")
    value, text = _SPEED[size.pace], f"{_capital(_pace_words(size))}: a prior, not a measurement"
    reasoning = facts.row.spec.reasoning if facts.row.spec else None
    if reasoning is not None and (reasoning.kind == "always" or reasoning.can_turn_off is False):
        return Part("speed", weight, value * _ALWAYS_REASONS, "prior", f"{text}; it always reasons first")
    return Part("speed", weight, value, "prior", text)


def _pace_words(size: SizeClass) -> str:
    if size.pace is size.size:
        return _SIZE_WORDS[size.size]
    return f"it works on each token with no more than {_SIZE_WORDS[size.pace]} does"


def _price(weight: int, cost: Cost) -> Part:
    if cost.amount is None:
        return Part("price", weight, None, "unknown", "Price unknown")
    text = f"About {format_usd(cost.amount)} per request"
    if cost.confidence is Confidence.ESTIMATE:
        text += " (an estimate)"
    return Part("price", weight, _on_scale(float(cost.amount), _CHEAPEST, _DEAREST), "price", text)


def _on_scale(value: float, best: float, worst: float) -> float:
    """Where a value stands between the best (1) and the worst (0), each factor counting the same."""
    if value <= best:
        return 1.0
    return max(0.0, 1.0 - math.log(value / best) / math.log(worst / best))


def _reasons(
    checked: _Checked,
    scenario: Scenario,
    *,
    today: date,
    parts: tuple[Part, ...],
    factors: tuple[Factor, ...],
) -> tuple[Reason, ...]:
    row = checked.facts.row
    found: list[Reason] = []
    line = row.spec.good_for.get(scenario.task) if row.spec and scenario.task else None
    if line:
        found.append(Reason("for", f"Named for this task: {line.rstrip('.')}"))
    for requirement, finding in checked.findings:
        if finding.met is None:
            found.append(Reason("unknown", finding.text))
        elif requirement.asked:
            found.append(Reason("for", finding.text))
    found += [reason for part in parts if (reason := _part_reason(part))]
    thinks = reasons_for_sure(row) and Capability.REASONING not in scenario.needs
    if scenario.accuracy >= 7 and thinks:
        found.append(Reason("for", "Can reason before it answers, which helps with hard tasks"))
    found += [Reason(factor.kind, factor.text) for factor in factors]
    if row.end_of_life is not None:
        days = (row.end_of_life - today).days
        found.append(Reason("against", f"Its end of life is announced for {row.end_of_life}, in {days} days"))
    order = {"for": 0, "against": 1, "unknown": 2}
    return tuple(sorted(dict.fromkeys(found), key=lambda reason: order[reason.kind]))


def _part_reason(part: Part) -> Reason | None:
    if part.value is None:
        return Reason("unknown", f"{_capital(part.name)}: {part.text[0].lower()}{part.text[1:]}")
    if part.value >= 0.6:
        return Reason("for", f"{_capital(part.name)}: {part.text[0].lower()}{part.text[1:]}")
    if part.value <= 0.4:
        return Reason("against", f"{_capital(part.name)}: {part.text[0].lower()}{part.text[1:]}")
    return None


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
