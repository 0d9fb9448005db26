"""What an evaluation comes to, in a few sentences that say no more than its numbers do. Pure.

That a difference is within chance does not make two contenders equal: what was measured is said, how far it
may be off, and whether chance alone would explain it. Several comparisons with the most accurate contender
are adjusted for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.evaluation.pareto import Point
from bedrock_playground.evaluation.statistics import Outcome, Paired, adjusted, compare
from bedrock_playground.evaluation.statistics.paired import SIGNIFICANT

_CLEARLY = 0.9
"""Who takes more than this share of another's money or time is not called cheaper or quicker."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender as the headline sees it."""

    point: Point
    """Its name, accuracy, latency and cost."""
    outcomes: Sequence[Outcome]
    """What the scorer said of its answers."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A few sentences, the first of which is the message."""

    message: str
    """What to remember."""
    rest: tuple[str, ...] = ()
    """What else there is to say, a sentence or two each."""


@dataclass(frozen=True, slots=True)
class Versus:
    """A contender held against another."""

    paired: Paired
    """Case by case."""
    p_value: float | None
    """Adjusted for the other comparisons made at the same time (Holm)."""

    @property
    def more_than_chance(self) -> bool:
        """Whether chance alone would hardly explain the difference."""
        return self.p_value is not None and self.p_value < SIGNIFICANT

    @property
    def may_be_level(self) -> bool:
        """Whether neither the test nor the interval of the difference tells the two apart."""
        told = self.paired.difference
        if told.low is None or told.high is None:
            # The same difference on each case tells no interval: then only none at all is level.
            return told.value == 0
        return told.low <= 0 <= told.high and not self.more_than_chance


def versus(
    first: Sequence[Outcome], others: Mapping[str, Sequence[Outcome]], *, seed: int = 0
) -> dict[str, Versus]:
    """Hold several contenders against one, adjusted for each other.

    Args:
        first: The one's outcomes.
        others: The others', by name; a difference above 0 is in their favour.
        seed: What is drawn at random follows from it.

    Returns:
        By name, in the same order.
    """
    paired = {name: compare(first, outcomes, seed=seed) for name, outcomes in others.items()}
    p_values = adjusted([one.p_value for one in paired.values()])
    return {name: Versus(one, p) for (name, one), p in zip(paired.items(), p_values, strict=True)}


def headline(entrants: Sequence[Entrant], *, seed: int = 0) -> Headline:
    """Say what the numbers come to.

    Args:
        entrants: Everybody who has an outcome, in order.
        seed: What is drawn at random follows from it.
    """
    scored = [one for one in entrants if one.point.accuracy.value is not None]
    if not scored:
        return Headline("No answer could be scored, so nothing can be said of accuracy.", ())
    best = max(scored, key=_rank)
    if len(scored) == 1:
        return Headline(f"{_scored(best.point)}.", _apart(entrants, scored))
    others = [one for one in scored if one is not best]
    found = versus(best.outcomes, {one.point.contender: one.outcomes for one in others}, seed=seed)
    message, rest = _against(best, others, found)
    return Headline(message, (*rest, *_apart(entrants, scored)))


def _rank(one: Entrant) -> tuple[float, bool, Decimal, float]:
    """The most accurate first; of equally accurate ones the cheaper, then the quicker."""
    point = one.point
    cost, latency = point.cost.value, point.p50.value
    return (
        point.accuracy.value or 0.0,
        cost is not None,
        -(cost or Decimal(0)),
        -(latency if latency is not None else float("inf")),
    )


def _against(best: Entrant, others: Sequence[Entrant], found: Mapping[str, Versus]) -> tuple[str, list[str]]:
    """What a cheaper (or, where nobody is, quicker) contender gives up against the best one."""
    top = best.point
    cheaper = _below(others, top.cost.value, lambda one: one.point.cost.value)
    rivals = cheaper or _below(others, top.p50.value, lambda one: one.point.p50.value)
    # Who never was right is no bargain.
    level = [one for one in rivals if one.point.accuracy.value and found[one.point.contender].may_be_level]
    if level:
        pick = level[0]
        lead = (
            f"{pick.point.contender} answers {_saving(pick.point, top, by_cost=bool(cheaper))}: it scored "
            f"{_percent(pick.point)}, and {top.contender} {_percent(top)}."
        )
        return lead, [_margin(best, pick, found)]
    rival = max(rivals or others, key=lambda one: one.point.accuracy.value or 0)
    name = rival.point.contender
    tied = [one for one in others if one.point.accuracy.value == top.accuracy.value]
    if tied and rivals:
        lead = (
            f"{_names([one.point.contender for one in (best, *tied)])} scored highest, {_percent(top)} each"
        )
        lead += f"; {top.contender} {kept}." if (kept := _kept(top, tied[0].point)) else "."
        saved = _saving(rival.point, top, by_cost=bool(cheaper))
        return lead, [f"{name} scored {_percent(rival.point)} {saved}. {_margin(best, rival, found)}"]
    lead = (
        f"{top.contender} is the most accurate: it scored {_percent(top)}, and {name} {_percent(rival.point)}"
    )
    if rivals:
        return f"{lead} {_saving(rival.point, top, by_cost=bool(cheaper))}.", [_margin(best, rival, found)]
    return f"{lead}. None that can be compared is much cheaper or quicker.", [_margin(best, rival, found)]


def _kept(top: Point, other: Point) -> str:
    """What the first of two that scored the same saves; empty: nothing that is known."""
    cost, most = top.cost.value, other.cost.value
    if cost is not None and most and float(cost / most) < _CLEARLY:
        return f"answers {_saving(top, other, by_cost=True)}"
    latency, longest = top.p50.value, other.p50.value
    if latency is not None and longest and latency / longest < _CLEARLY:
        return f"answers {_saving(top, other, by_cost=False)}"
    return ""


def _below(
    others: Sequence[Entrant],
    most: float | Decimal | None,
    value: Callable[[Entrant], float | Decimal | None],
) -> list[Entrant]:
    """Those that take clearly less, the least first."""
    told = [(float(amount), one) for one in others if (amount := value(one)) is not None]
    return [
        one
        for amount, one in sorted(told, key=lambda pair: pair[0])
        if most is not None and amount < _CLEARLY * float(most)
    ]


def _saving(point: Point, top: Point, *, by_cost: bool) -> str:
    if not by_cost:
        share = (point.p50.value or 0) / (top.p50.value or 1)
        return f"in {_share(share)} of {top.contender}’s median time"
    cost, most = point.cost.value, top.cost.value
    assert cost is not None and most is not None  # noqa: S101, PT018 - only such are compared by cost
    return f"at {_share(float(cost / most))} of {top.contender}’s cost" if cost else "at no cost"


def _share(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.095 else f"{share * 100:.2g} %"


def _margin(best: Entrant, other: Entrant, found: Mapping[str, Versus]) -> str:
    """How sure the difference in accuracy is, in words."""
    name = other.point.contender
    one = found[name]
    told = one.paired.difference
    if one.p_value is None or told.value is None:
        return f"{best.point.contender} and {name} have no case in common that both were scored on."
    cases = f"{told.samples:,} case{'' if told.samples == 1 else 's'}"
    if one.more_than_chance:
        return f"Over {cases} that difference in accuracy is more than chance."
    if not one.paired.first_better and not one.paired.second_better:
        return f"Both were right and wrong on the same cases, {cases} in all."
    if told.low is None or told.high is None:
        return f"Over {cases} that difference in accuracy is within chance."
    if not one.may_be_level:
        return (
            f"Over {cases} that difference in accuracy is at the edge of chance: more cases would settle it."
        )
    return (
        f"Over {cases} that difference in accuracy is within chance, which does not make them equal: "
        f"{name} may be anything from {_points(told.low)} to {_points(told.high)}."
    )


def _points(difference: float) -> str:
    size = f"{abs(difference) * 100:.1f} points"
    return f"{size} {'better' if difference > 0 else 'worse'}" if abs(difference) >= 0.0005 else "as accurate"


def _percent(point: Point) -> str:
    return f"{(point.accuracy.value or 0) * 100:.1f} %"


def _scored(point: Point) -> str:
    told = point.accuracy
    between = (
        ""
        if told.low is None or told.high is None
        else f", and lies between {told.low * 100:.0f} % and {told.high * 100:.0f} % with 95 % confidence"
    )
    cases = f"{told.samples:,} case{'' if told.samples == 1 else 's'}"
    return f"{point.contender} scored {_percent(point)} on {cases}{between}"


def _apart(entrants: Sequence[Entrant], scored: Sequence[Entrant]) -> tuple[str, ...]:
    unscored = [one.point.contender for one in entrants if one not in scored]
    unpriced = [one.point.contender for one in entrants if one.point.cost.value is None]
    said = []
    if unpriced:
        said.append(f"What {_names(unpriced)} costs is unknown, so cost says nothing about it.")
    if unscored:
        said.append(f"{_names(unscored)} could not be scored.")
    return tuple(said)


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
