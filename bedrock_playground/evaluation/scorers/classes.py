"""The scorer of classification: reads a class out of an answer, and whether it is the expected one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, cast

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, named, shown
from bedrock_playground.evaluation.scorers.json_answers import NotJson, read_json
from bedrock_playground.evaluation.scorers.normal import normalised, place_of, tokens
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, DataSet, Score

Mode = Literal["first", "exact", "json"]
"""How a class is read: the first one mentioned, the whole answer, a field of JSON."""


@dataclass(frozen=True, slots=True)
class Classification:
    """1 if the class that the answer says is an accepted one; :attr:`Score.label` is the class."""

    mode: Mode = "first"
    field: str = "label"
    """The field, in JSON; with a full stop before what is inside of another."""
    labels: tuple[str, ...] = ()
    """The classes, where they were named; otherwise those that the data set expects."""
    known: tuple[str, ...] = ()
    """The classes that the data set expects."""
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        parts = [self.mode] if self.mode != "json" else ["json", self.field]
        settings = ":".join([*parts, *([",".join(self.labels)] if self.labels else [])])
        return named("classification", "" if settings == "first" else settings)

    def for_data(self, data_set: DataSet) -> Scorer:
        """Know the classes that the data set expects."""
        found = dict.fromkeys(label for case in data_set.cases for label in case.accepted)
        return replace(self, known=tuple(found))

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        label, problem = self._read(answer.text, self.labels or self.known or case.accepted)
        if not case.accepted:
            return replace(UNLABELLED, label=label)
        if label is None:
            return Score(0.0, problem)
        if normalised(label) in {normalised(one) for one in case.accepted}:
            # Under one name, so that a table of classes shows it as right.
            return Score(1.0, label=case.accepted[0])
        return Score(0.0, f"Expected “{shown(case.accepted[0])}”, read “{shown(label)}”.", label)

    def _read(self, text: str, labels: Iterable[str]) -> tuple[str | None, str]:
        """The class that an answer says, written as the classes are, or why there is none."""
        if self.mode == "first":
            found = first_mentioned(text, labels)
            return found, "" if found else f"No class is mentioned in “{shown(text)}”."
        said: str | None = text
        if self.mode == "json":
            said, problem = self._in_json(text)
            if said is None:
                return None, problem
        by_form = {normalised(label): label for label in labels}
        found = by_form.get(normalised(said or ""))
        return found, "" if found else f"“{shown(said or '')}” is none of the classes."

    def _in_json(self, text: str) -> tuple[str | None, str]:
        try:
            value = read_json(text)
        except NotJson as error:
            return None, str(error)
        for part in self.field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None, f"The answer has no text or number in the field {self.field}."
        return str(value), ""


def first_mentioned(text: str, labels: Iterable[str]) -> str | None:
    """The class that a text mentions first, the longest of those that begin there.

    Words are compared after normalisation, articles kept. A class of one letter is compared as it is written,
    for “a” is an article and “A” may be an answer.
    """
    folded, written = tokens(text, articles=True), tokens(text, articles=True, fold=False)
    found: list[tuple[int, int, str]] = []
    for label in labels:
        words, fold = _words_of(label)
        at = place_of(words, folded if fold else written)
        if at is not None:
            found.append((at, -len(words), label))
    return min(found)[2] if found else None


@lru_cache(maxsize=4096)
def _words_of(label: str) -> tuple[tuple[str, ...], bool]:
    """A class's words, and whether their case is folded; the same classes are looked for in every answer."""
    fold = len(label.strip()) != 1
    return tuple(tokens(label, articles=True, fold=fold)), fold


def _make(settings: str) -> Scorer:
    mode, _, rest = settings.partition(":")
    if (mode or "first") not in {"first", "exact", "json"}:
        raise BadScorer(
            f"“classification” takes “first”, “exact” or “json:FIELD”, not “{shown(mode)}”; classes may "
            "follow: “classification:first:spam,ham”."
        )
    field = "label"
    if mode == "json":
        named_field, _, rest = rest.partition(":")
        field = named_field.strip() or field
    labels = tuple(dict.fromkeys(part.strip() for part in rest.split(","))) if rest else ()
    if not all(labels) or len({normalised(label) for label in labels}) < len(labels):
        raise BadScorer("Classes are written with commas between them, each another one: “spam,ham”.")
    return Classification(cast("Mode", mode or "first"), field, labels)


CLASSIFICATION = Kind(
    "classification",
    "Classification",
    "1 if the class that the answer says is the expected one; gives macro-F1 and a confusion matrix. The "
    "class is the first one mentioned, the whole answer (“classification:exact”) or a JSON field "
    "(“classification:json:label”).",
    _make,
)
