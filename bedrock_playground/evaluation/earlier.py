"""An evaluation beside an earlier one of the same cases: what went from right to wrong, and the reverse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bedrock_playground.evaluation.asking import templates_of
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.statistics import (
    Changes,
    Outcome,
    Paired,
    adjusted,
    changes,
    compare,
    same_cases,
)
from bedrock_playground.evaluation.statistics.paired import SIGNIFICANT
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import StoredEvaluation


@dataclass(frozen=True, slots=True)
class Match:
    """A contender now, and who it was then."""

    now: str
    """Its letter now."""
    before: str
    """The letter then."""
    differs: tuple[str, ...] = ()
    """What is not as it was, in words; empty: everything it is asked and asks with is the same."""


@dataclass(frozen=True, slots=True)
class Regression:
    """What became of a contender."""

    match: Match
    """Who it is, and who it was."""
    changes: Changes
    """Which cases turned."""
    paired: Paired
    """Then against now, case by case."""
    p_value: float | None
    """Adjusted for the other contenders (Holm)."""

    @property
    def more_than_chance(self) -> bool:
        """Whether chance alone would hardly explain the difference."""
        return self.p_value is not None and self.p_value < SIGNIFICANT

    @property
    def words(self) -> str:
        """What happened, in a sentence."""
        worse, better = len(self.changes.worse), len(self.changes.better)
        if self.paired.p_value is None:
            return "There is no case that both were scored on."
        if not worse and not better:
            return "No case turned from right to wrong or from wrong to right."
        turned = f"{_cases(worse)} turned from right to wrong, {better:,} from wrong to right"
        sure = "more than chance" if self.more_than_chance else "within chance"
        return f"{turned}; the difference in accuracy is {sure}."


def earlier_evaluations(store: RunStore, evaluation: StoredEvaluation) -> list[StoredEvaluation]:
    """Find earlier evaluations of the same data set, or of other versions of it, the newest first."""
    shelf, book = store.data_sets, store.evaluations
    summary = shelf.summary(evaluation.data_set_id)
    versions = [] if summary is None else [one.data_set_id for one in shelf.versions(summary.name)]
    wanted = dict.fromkeys([evaluation.data_set_id, *versions])
    found = [one for data_set_id in wanted for one in book.find(data_set_id=data_set_id)]
    before = [one for one in found if one.created_at < evaluation.created_at]
    return sorted(before, key=lambda one: one.created_at, reverse=True)


def matches(now: EvaluationSpec, before: EvaluationSpec) -> tuple[Match, ...]:
    """Find who of an evaluation was in an earlier one, each once.

    Those with equal settings first; of the others those of the same name, with what differs.
    """
    found: dict[str, Match] = {}
    free = {one.label: one for one in before.contenders}
    for alike in (_same_settings, _same_name):
        for contender in now.contenders:
            if contender.label in found:
                continue
            other = next((one for one in free.values() if alike((now, contender), (before, one))), None)
            if other is not None:
                del free[other.label]
                differs = _differs((now, contender), (before, other))
                found[contender.label] = Match(contender.label, other.label, differs)
    return tuple(found[one.label] for one in now.contenders if one.label in found)


def case_numbers(store: RunStore, now: str, before: str) -> Mapping[int, int] | None:
    """For a case's number now its number then; ``None``: the numbers are the same.

    Args:
        store: The history.
        now: This evaluation's data set.
        before: The earlier one's.
    """
    if now == before:
        return None
    new, old = store.data_sets.get(now), store.data_sets.get(before)
    return {} if new is None or old is None else same_cases(old, new)


def regressions(
    now: Reading, before: Reading, *, scorer: str, same: Mapping[int, int] | None = None
) -> tuple[Regression, ...]:
    """Say what became of each contender that was there before.

    Args:
        now: This evaluation.
        before: The earlier one.
        scorer: Whose scores tell right from wrong; both have them.
        same: For a case's number now its number then; see :func:`case_numbers`.
    """
    pairs = []
    for match in matches(now.spec, before.spec):
        then, today = before.outcomes(match.before, scorer), now.outcomes(match.now, scorer)
        pairs.append((
            match,
            changes(then, today, same=same),
            compare(_renumbered(then, same), today, seed=now.spec.seed),
        ))  # fmt: skip
    p_values = adjusted([paired.p_value for _, _, paired in pairs])
    return tuple(Regression(*pair, p) for pair, p in zip(pairs, p_values, strict=True))


def _renumbered(outcomes: tuple[Outcome, ...], same: Mapping[int, int] | None) -> list[Outcome]:
    """The earlier outcomes under the numbers of now; cases that are not there any more are left out."""
    if same is None:
        return list(outcomes)
    numbers = {then: now for now, then in same.items()}
    return [replace(one, case=numbers[one.case]) for one in outcomes if one.case in numbers]


_Place = tuple[EvaluationSpec, Contender]


def _same_settings(one: _Place, other: _Place) -> bool:
    return not _differs(one, other)


def _same_name(one: _Place, other: _Place) -> bool:
    return one[1].name == other[1].name


def _differs(one: _Place, other: _Place) -> tuple[str, ...]:
    """What of two contenders is not the same, in words."""
    (spec, contender), (old_spec, old) = one, other
    (prompt, system), (old_prompt, old_system) = templates_of(spec, contender), templates_of(old_spec, old)
    told = (
        ("the model or its settings", contender.member != old.member),
        ("the prompt", prompt != old_prompt),
        ("the system prompt", (system or "") != (old_system or "")),
        ("the schema of answers", (spec.output_schema or "") != (old_spec.output_schema or "")),
    )
    return tuple(words for words, differs in told if differs)


def _cases(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"
