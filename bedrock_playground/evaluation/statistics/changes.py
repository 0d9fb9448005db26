"""Regressions: what was right in an earlier evaluation and is wrong now, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bedrock_playground.evaluation.statistics.outcomes import Outcome, case_means
from bedrock_playground.evaluation.values import Case, DataSet

RIGHT = 0.5
"""From which mean over its repeats on a case counts as right."""


@dataclass(frozen=True, slots=True)
class Change:
    """A case that is not what it was."""

    case: int
    """Its number now."""
    was_case: int
    """Its number then."""
    before: float
    """The mean of its repeats then, 0 to 1."""
    now: float
    """The mean of its repeats now, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How an evaluation differs from an earlier one."""

    worse: tuple[Change, ...]
    """Regressions: right then, wrong now; by number."""
    better: tuple[Change, ...]
    """Wrong then, right now."""
    still_right: int
    """Cases that are as right as they were."""
    still_wrong: int
    """Cases that are as wrong as they were."""
    left_out: int
    """Cases that only one of both ran or could score."""


def changes(
    before: Iterable[Outcome],
    now: Iterable[Outcome],
    *,
    right: float = RIGHT,
    same: Mapping[int, int] | None = None,
) -> Changes:
    """Say which cases turned from right to wrong, and which from wrong to right.

    Args:
        before: The earlier evaluation's outcomes, of one contender and scorer.
        now: This one's.
        right: From which mean over its repeats on a case is right, 0 to 1.
        same: For a case's number now, its number then; see :func:`same_cases`. ``None``: the numbers are the
            same, because the data set is.
    """
    was, is_now = case_means(before), case_means(now)
    known = {case: case for case in is_now} if same is None else same
    worse: list[Change] = []
    better: list[Change] = []
    kept = [0, 0]
    both = [(case, known[case]) for case in is_now if known.get(case) in was]
    for case, was_case in both:
        change = Change(case, was_case, was[was_case], is_now[case])
        then_right, now_right = change.before >= right, change.now >= right
        if then_right == now_right:
            kept[now_right] += 1
        else:
            (better if now_right else worse).append(change)
    left_out = len(was) + len(is_now) - 2 * len(both)
    return Changes(tuple(worse), tuple(better), kept[True], kept[False], left_out)


def same_cases(before: DataSet, now: DataSet) -> Mapping[int, int]:
    """Find the cases of one version of a data set in another: those with the same inputs and answers.

    Returns:
        The number in ``before`` by the number in ``now``. A case that is there several times is paired in
        order.
    """
    places: dict[object, list[int]] = {}
    for case in before.cases:
        places.setdefault(_content(case), []).append(case.number)
    found: dict[int, int] = {}
    for case in now.cases:
        left = places.get(_content(case))
        if left:
            found[case.number] = left.pop(0)
    return found


def _content(case: Case) -> object:
    return (
        tuple(sorted(case.inputs.items())),
        case.expected,
        case.references,
        repr(sorted(case.checks.items())),
    )
