"""The grid behind contenders that differ in nothing but settings, found from the contenders themselves.

So a sweep needs no record of its own, and contenders that somebody set up by hand make one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.spec import Contender
from bedrock_playground.evaluation.statistics import Agreement, Variation, agreement, variation
from bedrock_playground.evaluation.sweeps import (
    PARAMETERS,
    Axis,
    Setting,
    Sweep,
    SweepPoint,
    SweepResult,
    name_of,
)
from bedrock_playground.patterns.members import Solo


@dataclass(frozen=True, slots=True)
class Swept:
    """Contenders that make a grid."""

    base: Variant
    """What all of them share."""
    sweep: Sweep
    """The grid; combinations that no contender has are not in it."""
    labels: tuple[str, ...]
    """The contenders' letters, in the order of the grid's points."""


def swept(contenders: Sequence[Contender]) -> tuple[Swept, ...]:
    """Find every grid among contenders: single models that differ in settings that can be swept alone.

    Args:
        contenders: Everybody, in order.
    """
    groups: dict[object, list[tuple[Contender, Variant]]] = {}
    for contender in contenders:
        if not isinstance(contender.member, Solo):
            continue
        variant = contender.member.variant
        base = replace(variant, **_none())
        groups.setdefault((base, contender.prompt, contender.system), []).append((contender, variant))
    return tuple(found for members in groups.values() if (found := _grid(members)) is not None)


def _none() -> dict[str, Any]:
    return dict.fromkeys(PARAMETERS)


def _grid(members: Sequence[tuple[Contender, Variant]]) -> Swept | None:
    axes = []
    for parameter in PARAMETERS:
        values = {getattr(variant, parameter) for _, variant in members}
        if len(values) > 1:
            axes.append(Axis(parameter, tuple(sorted(values, key=_order))))
    if not axes:
        return None
    names = [axis.parameter for axis in axes]
    points = []
    for _, variant in members:
        settings: dict[str, Setting] = {name: getattr(variant, name) for name in names}
        points.append(SweepPoint(name_of(settings), variant, settings))
    shared: dict[str, Any] = dict.fromkeys(names)
    return Swept(
        base=replace(members[0][1], **shared),
        sweep=Sweep(tuple(axes), tuple(points), ()),
        labels=tuple(contender.label for contender, _ in members),
    )


def _order(value: Setting) -> tuple[int, float, str]:
    """Numbers by size, words by name, and what is not sent last."""
    if value is None:
        return (2, 0.0, "")
    return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, value)


def sweep_results(reading: Reading, found: Swept, scorer: str | None) -> list[SweepResult]:
    """What the contenders of a grid came to.

    Args:
        reading: The results.
        found: The grid.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
    """
    return [
        SweepResult(
            settings=point.settings,
            accuracy=reading.summary(label, scorer).accuracy.value,
            agreement=agreement_of(reading, label, scorer).share.value,
            length=reading.length(label),
            cost=reading.point(label, scorer).cost.value,
        )
        for label, point in zip(found.labels, found.sweep.points, strict=True)
    ]


def agreement_of(reading: Reading, label: str, scorer: str | None) -> Agreement:
    """How often a contender's repeats say the same; classes where the scorer reads them, else texts."""
    return reading.once(
        ("agreement", label, scorer),
        lambda: agreement(reading.outcomes(label, scorer), seed=reading.spec.seed),
    )


def variation_of(reading: Reading, label: str, scorer: str | None) -> Variation:
    """How much a contender's accuracy changes from repeat to repeat."""
    return reading.once(("variation", label, scorer), lambda: variation(reading.outcomes(label, scorer)))
