"""Scorers that compare texts: exact, normalised and contains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, named, no_settings, shown, wrong
from bedrock_playground.evaluation.scorers.normal import ARTICLES, normalised, place_of, tokens
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score


@dataclass(frozen=True, slots=True)
class Exact:
    """1 if the answer is one of the accepted ones, letter by letter; white space around it does not count."""

    name: str = "exact"
    calls_models: bool = False

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if not case.accepted:
            return UNLABELLED
        said = answer.text.strip()
        return Score(1.0) if said in {one.strip() for one in case.accepted} else wrong(case.accepted, said)


@dataclass(frozen=True, slots=True)
class Normalised:
    """1 if the answer is one of the accepted ones after normalisation; see :mod:`.normal`."""

    name: str = "normalised"
    calls_models: bool = False

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if not case.accepted:
            return UNLABELLED
        said = normalised(answer.text)
        if any(normalised(one) == said for one in case.accepted):
            return Score(1.0)
        return wrong(case.accepted, answer.text)


@dataclass(frozen=True, slots=True)
class Contains:
    """1 if the answer holds any of the accepted ones, or all, as whole words after normalisation."""

    wanted: Literal["any", "all"] = "any"
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return named("contains", "" if self.wanted == "any" else self.wanted)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        accepted = [one for one in case.accepted if tokens(one)]
        if not accepted:
            return UNLABELLED
        missing = [one for one in accepted if not contains(answer.text, one)]
        if not missing or (self.wanted == "any" and len(missing) < len(accepted)):
            return Score(1.0)
        quoted = (" or " if self.wanted == "any" else ", ").join(f"“{shown(one)}”" for one in missing)
        return Score(0.0, f"The answer does not say {quoted}.")


def contains(text: str, part: str) -> bool:
    """Whether a text says another, as whole words after normalisation."""
    # What is nothing but an article is looked for among the articles.
    articles = set(tokens(part, articles=True)) <= ARTICLES
    return place_of(tokens(part, articles=articles), tokens(text, articles=articles)) is not None


def _exact(settings: str) -> Scorer:
    no_settings("exact", settings)
    return Exact()


def _normalised(settings: str) -> Scorer:
    no_settings("normalised", settings)
    return Normalised()


def _contains(settings: str) -> Scorer:
    if settings not in {"", "any", "all"}:
        raise BadScorer(f"“contains” takes “any” or “all”, not “{shown(settings)}”.")
    return Contains(cast("Literal['any', 'all']", settings or "any"))


EXACT = Kind(
    "exact",
    "Exact match",
    "1 if the answer is the expected one, letter by letter; white space around it does not count. No "
    "settings; for codes and single words.",
    _exact,
)
NORMALISED = Kind(
    "normalised",
    "Normalised match",
    "1 if the answer is the expected one apart from case, spacing, articles and punctuation, numbers "
    "compared as such. No settings; for short answers.",
    _normalised,
)
CONTAINS = Kind(
    "contains",
    "Contains",
    "1 if the answer says an accepted one as whole words, whatever stands around it; “contains:all” wants "
    "all of them. For answers in sentences.",
    _contains,
)
