"""Two contenders on the same cases: which cases differ, and is it more than chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import fsum
from typing import Literal

from bedrock_playground.evaluation.statistics.estimates import RESAMPLES, Estimate, mean_with_interval
from bedrock_playground.evaluation.statistics.outcomes import Outcome, case_means
from bedrock_playground.measures import Interval, wilson

SIGNIFICANT = 0.05
"""A difference that chance alone makes at least as large this rarely is said to be more than chance."""
_EXACT = 12
"""Up to so many differing cases all 2^n signs are tried; beyond, some are drawn."""
_DRAWS = 10_000
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Paired:
    """Two contenders, case by case."""

    first_better: tuple[int, ...]
    """The cases on which the first scored higher, by number."""
    second_better: tuple[int, ...]
    """The cases on which the second scored higher."""
    equal: int
    """Cases on which both scored the same."""
    left_out: int
    """Cases that only one of both has, or that could not be scored."""
    difference: Estimate
    """The second's mean minus the first's, -1 to 1, with a paired bootstrap interval."""
    p_value: float | None
    """How often chance alone makes a difference at least as large; ``None`` where there is no case."""
    test: str
    """How that was found, in words."""

    @property
    def more_than_chance(self) -> bool | None:
        """Whether it is below :data:`SIGNIFICANT`; ``None`` where there is no case."""
        return None if self.p_value is None else self.p_value < SIGNIFICANT

    def words(self, first: str, second: str) -> str:
        """Say it for people.

        Args:
            first: What the first contender is called.
            second: What the second is called.
        """
        if self.p_value is None or self.difference.value is None:
            return "There is no case that both were scored on."
        if not self.first_better and not self.second_better:
            return f"{first} and {second} scored the same ({_cases(self.equal)})."
        ahead, more, fewer = (
            (second, len(self.second_better), len(self.first_better))
            if self.difference.value > 0
            else (first, len(self.first_better), len(self.second_better))
        )
        counts = f"{ahead} did better on {_cases(more)} and worse on {fewer:,}"
        if abs(self.difference.value) < _ROUNDING:
            counts = f"Both have the same mean: each did better on other cases ({more:,} and {fewer:,})"
        chance = f"chance alone makes a difference this large {_percent(self.p_value)} of the time"
        if self.more_than_chance:
            return f"{counts}. That is more than chance: {chance}."
        return f"{counts}. That may be chance: {chance}.{self._too_few()}"

    def _too_few(self) -> str:
        differing = len(self.first_better) + len(self.second_better)
        # Even if all of n cases point the same way, chance does that with 2 · 2^-n.
        if 2 * 0.5**differing < SIGNIFICANT:
            return ""
        return f" With {_cases(differing)} that differ it could not be told from chance anyhow: it takes six."


def compare(
    first: Iterable[Outcome], second: Iterable[Outcome], *, seed: int = 0, resamples: int = RESAMPLES
) -> Paired:
    """Compare two contenders on the cases that both were scored on; a case counts by its repeats' mean.

    Where every case is right or wrong, McNemar's exact test: under chance each differing case falls to either
    side like a coin (Q. McNemar, Psychometrika 12 (1947), 153-157, in its binomial form). Where they are
    graded, a sign-flip permutation test of the mean difference: all signs for up to 12 differing cases, else
    10,000 drawn ones, counting the observed one as drawn too (B. Phipson and G. K. Smyth, "Permutation
    P-values Should Never Be Zero", 2010). Both are two-sided.

    Args:
        first: One contender's outcomes for one scorer, in any order.
        second: The other's.
        seed: What is drawn at random follows from it.
        resamples: How often the bootstrap draws the cases anew.
    """
    one, other = case_means(first), case_means(second)
    both = [case for case in one if case in other]
    away = {case: other[case] - one[case] for case in both}
    differing = [value for value in away.values() if abs(value) > _ROUNDING]
    binary = {*(one[case] for case in both), *(other[case] for case in both)} <= {0.0, 1.0}
    if not both:
        p_value, test = None, "no case in common"
    elif binary:
        p_value, test = _mcnemar(differing), "McNemar's exact test"
    else:
        p_value, test = _sign_flips(sorted(differing), seed=seed)
    return Paired(
        first_better=tuple(case for case in both if away[case] < -_ROUNDING),
        second_better=tuple(case for case in both if away[case] > _ROUNDING),
        equal=len(both) - len(differing),
        left_out=len(one.keys() ^ other.keys()),
        difference=mean_with_interval(tuple(away.values()), seed=seed, resamples=resamples),
        p_value=p_value,
        test=test,
    )


@dataclass(frozen=True, slots=True)
class Preference:
    """How a pairwise judge, or people, decided between two contenders."""

    first: int
    """Cases that the first won."""
    second: int
    """Cases that the second won."""
    ties: int
    """Cases that neither won."""
    left_out: int
    """Cases without a verdict."""
    second_share: Interval
    """The second's share of verdicts, a tie counting half, with Wilson's interval."""
    p_value: float | None
    """A sign test over the cases that somebody won; ``None`` where nobody won any."""


def preference(verdicts: Iterable[Literal["first", "second", "tie"] | None]) -> Preference:
    """Count verdicts between two contenders, in any order; ``None`` is one that could not be had."""
    told = list(verdicts)
    first, second, ties = (told.count(word) for word in ("first", "second", "tie"))
    decided = first + second
    return Preference(
        first=first,
        second=second,
        ties=ties,
        left_out=told.count(None),
        second_share=wilson(second + ties / 2, decided + ties),
        p_value=_two_sided(min(first, second), decided) if decided else None,
    )


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust the p-values of several comparisons, so that all of them together err as seldom as one.

    Of twenty comparisons between equals one is below 0.05 by chance. Source: S. Holm, "A simple sequentially
    rejective multiple test procedure" (1979).

    Args:
        p_values: Of each comparison; ``None`` where there was nothing to compare.

    Returns:
        Each one's, in the same order.
    """
    told = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, at) in enumerate(told):
        largest = max(largest, min(1.0, p * (len(told) - rank)))
        found[at] = largest
    return found


def _mcnemar(differing: Sequence[float]) -> float:
    return _two_sided(sum(value > 0 for value in differing), len(differing))


def _two_sided(heads: int, throws: int) -> float:
    """How often as many throws of a coin are at least as lopsided."""
    fewer = min(heads, throws - heads)
    # In whole numbers: 0.5 to the power of thousands of cases would be 0.
    ways = term = 1
    for k in range(fewer):
        term = term * (throws - k) // (k + 1)
        ways += term
    return min(1.0, 2 * ways / (1 << throws))


def _sign_flips(differing: Sequence[float], *, seed: int) -> tuple[float, str]:
    observed = abs(fsum(differing))
    if len(differing) <= _EXACT:
        sums = [
            abs(fsum(sign * value for sign, value in zip(signs, differing, strict=True)))
            for signs in product((-1, 1), repeat=len(differing))
        ]
        as_large = sum(total >= observed - _ROUNDING for total in sums)
        return as_large / len(sums), f"sign-flip permutation test, all {len(sums):,} signs"
    import numpy as np  # noqa: PLC0415 - a tenth of a second, only when needed

    drawing = np.random.Generator(np.random.PCG64(seed))
    values, as_large, step = np.asarray(differing), 0, max(1, 1_000_000 // len(differing))
    for start in range(0, _DRAWS, step):
        signs = drawing.integers(0, 2, size=(min(step, _DRAWS - start), len(differing)), dtype=np.int8)
        as_large += int((abs((signs * 2.0 - 1) @ values) >= observed - _ROUNDING).sum())
    return (as_large + 1) / (_DRAWS + 1), f"sign-flip permutation test, {_DRAWS:,} draws"


def _cases(count: int) -> str:
    return f"{count:,} case{'' if count == 1 else 's'}"


def _percent(share: float) -> str:
    return "less than 0.1 %" if share < 0.001 else f"{share * 100:.1f} %"
