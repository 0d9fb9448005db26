"""Sweeps: a grid over a variant's settings as contenders, and their results as tables of two settings. Pure.

What a model's rules refuse, would not send, or would send as something else is no contender of its own: it is
dropped, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any, Literal, TypeAlias

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.variant import Adjustment, BuiltRequest, Inputs, Variant
from bedrock_playground.invocation.values import InvocationRequest

Setting: TypeAlias = float | int | str | None
"""A value of a parameter; ``None``: not sent."""
PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "max_tokens": "max tokens",
    "reasoning": "reasoning",
    "thinking_budget": "thinking budget",
    "effort": "effort",
    "service_tier": "tier",
    "latency": "latency",
}
"""What can be swept: fields of ``Variant``, and what each is called."""
MAX_POINTS = 400
"""More combinations than this are a mistake rather than a sweep."""
_WHOLE = frozenset({"top_k", "max_tokens", "thinking_budget"})
_FRACTION = frozenset({"temperature", "top_p"})
_UNSET = frozenset({"", "unset"})
_LEFT_AS_SET = frozenset({"translated", "added"})


class BadSweep(ValueError):
    """It cannot be swept; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter and the values to try."""

    parameter: str
    """A key of :data:`PARAMETERS`."""
    values: tuple[Setting, ...]
    """Each once, in the order of display; ``None``: not sent."""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One combination that is a contender of its own."""

    name: str
    """What it is called: ``temperature 0.2 · top-p 0.9``."""
    variant: Variant
    """The settings."""
    settings: Mapping[str, Setting]
    """The swept ones, by parameter."""
    warnings: tuple[str, ...] = ()
    """What may go wrong, and which other settings are not sent as they are, in words."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One combination that is none."""

    name: str
    """What it would be called."""
    settings: Mapping[str, Setting]
    """The swept settings, by parameter."""
    reason: str
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A grid, expanded."""

    axes: tuple[Axis, ...]
    """What was swept; the last one varies fastest."""
    points: tuple[SweepPoint, ...]
    """The contenders, in the grid's order."""
    dropped: tuple[Dropped, ...]
    """The combinations that are none, in the grid's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one contender of a sweep came to; ``None`` is unknown."""

    settings: Mapping[str, Setting]
    """Its swept settings."""
    accuracy: float | None = None
    """0 to 1."""
    agreement: float | None = None
    """The share of pairs of repeats that say the same, 0 to 1."""
    length: float | None = None
    """Output tokens of an answer, the mean."""
    cost: Decimal | None = None
    """US dollars per request, the mean."""


Measure: TypeAlias = Literal["accuracy", "agreement", "length", "cost"]
"""What a table can hold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    value: float | Decimal | None
    """The mean over what falls into it; ``None``: unknown."""
    contenders: int
    """How many contenders fall into it."""
    note: str = ""
    """Why it is unknown, in words."""


@dataclass(frozen=True, slots=True)
class Table:
    """A measure over two settings."""

    measure: Measure
    """What it holds."""
    row: Axis
    """What its rows vary."""
    column: Axis | None
    """What its columns vary; ``None``: there is one column."""
    cells: tuple[tuple[Cell, ...], ...]
    """By row, then by column."""


def parse_axis(text: str) -> Axis:
    """Read an axis as it is typed: ``temperature=0, 0.5, 1``, ``effort=low,high,unset``.

    Raises:
        BadSweep: There is no such parameter, or a value is not what it takes.
    """
    name, mark, told = text.partition("=")
    parameter = name.strip().casefold().replace("-", "_").replace(" ", "_")
    if not mark or parameter not in PARAMETERS:
        known = ", ".join(PARAMETERS)
        raise BadSweep(f"{text!r} is no axis. Write temperature=0,0.5,1; one can sweep {known}.")
    return Axis(parameter, tuple(_value(parameter, part.strip()) for part in told.split(",")))


def expand(base: Variant, axes: Sequence[Axis], *, inputs: Inputs, resolution: Resolution) -> Sweep:
    """Make the contenders of a grid, in a fixed order: the last axis varies fastest.

    Args:
        base: What all of them share.
        axes: What to vary; none makes ``base`` the only point.
        inputs: What will be asked, because some rules look at it: one case is enough.
        resolution: What ``base.model`` stands for.

    Raises:
        BadSweep: An axis is empty, is there twice, names no parameter, or there are too many combinations.
    """
    tidy = _checked(axes)
    points: list[SweepPoint] = []
    dropped: list[Dropped] = []
    sent: list[tuple[InvocationRequest, str]] = []
    for values in product(*(axis.values for axis in tidy)):
        settings = dict(zip((axis.parameter for axis in tidy), values, strict=True))
        name = name_of(settings)
        changed: dict[str, Any] = settings
        variant = replace(base, **changed)
        built = build_request(variant, inputs, resolution)
        reason = _why_not(built, settings) or _twin(built, sent)
        if reason is not None:
            dropped.append(Dropped(name, settings, reason))
            continue
        sent.append((built.request, name))
        points.append(SweepPoint(name, variant, settings, (*_others(built, settings), *built.warnings)))
    return Sweep(tidy, tuple(points), tuple(dropped))


def name_of(settings: Mapping[str, Setting]) -> str:
    """What a combination is called: ``temperature 0.2 · top-p 0.9``; ``as set`` without any."""
    return " · ".join(f"{PARAMETERS[key]} {_written(value)}" for key, value in settings.items()) or "as set"


def tabulate(
    sweep: Sweep,
    results: Iterable[SweepResult],
    *,
    measure: Measure,
    row: str,
    column: str | None = None,
    at: Mapping[str, Setting] | None = None,
) -> Table:
    """Lay a measure out over one or two settings.

    A cell is the mean over the contenders that fall into it, each counting the same; where one of these is
    unknown the cell is, because the mean of the others would be of something else.

    Args:
        sweep: The grid.
        results: What its contenders came to, in any order; one that is missing is unknown.
        measure: What to lay out.
        row: The parameter of the rows.
        column: The parameter of the columns, another one.
        at: Values of further parameters to look at; over those that are not named the mean is taken.

    Raises:
        BadSweep: A parameter was not swept, or is asked for twice.
    """
    axes = {axis.parameter: axis for axis in sweep.axes}
    unknown = [name for name in (row, *([] if column is None else [column]), *(at or {})) if name not in axes]
    if unknown or row == column or {row, column} & (at or {}).keys():
        raise BadSweep(f"A table takes two of the swept parameters: {', '.join(axes) or 'none'}.")
    by_settings = {_key(result.settings): result for result in results}
    across = axes[column].values if column is not None else (None,)
    cells = []
    for down in axes[row].values:
        wanted = [{**(at or {}), row: down, **({column: value} if column else {})} for value in across]
        cells.append(tuple(_cell(sweep, by_settings, measure, wanted=one) for one in wanted))
    return Table(measure, axes[row], axes[column] if column is not None else None, tuple(cells))


# Expanding


def _checked(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    tidy = tuple(Axis(axis.parameter, tuple(dict.fromkeys(axis.values))) for axis in axes)
    names = [axis.parameter for axis in tidy]
    if strange := [name for name in names if name not in PARAMETERS]:
        raise BadSweep(f"{strange[0]!r} cannot be swept. One can sweep {', '.join(PARAMETERS)}.")
    if len(set(names)) < len(names):
        raise BadSweep("A parameter is swept twice. Put all its values on one axis.")
    if not all(axis.values for axis in tidy):
        raise BadSweep("An axis has no value. Give it some, or leave it out.")
    combinations = 1
    for axis in tidy:
        combinations *= len(axis.values)
    if combinations > MAX_POINTS:
        raise BadSweep(f"These are {combinations:,} combinations; at most {MAX_POINTS} make one sweep.")
    return tidy


def _why_not(built: BuiltRequest, settings: Mapping[str, Setting]) -> str | None:
    """Why a combination is no contender: it is refused, or a swept setting is not sent as it is."""
    if built.refusals:
        return " ".join(built.refusals)
    return next((_became(change) for change in _changes(built) if change.parameter in settings), None)


def _others(built: BuiltRequest, settings: Mapping[str, Setting]) -> list[str]:
    """What becomes of settings that are not swept."""
    return [_became(change) for change in _changes(built) if change.parameter not in settings]


def _changes(built: BuiltRequest) -> list[Adjustment]:
    return [change for change in built.adjustments if change.action not in _LEFT_AS_SET]


def _became(change: Adjustment) -> str:
    what = PARAMETERS.get(change.parameter, change.parameter.replace("_", " "))
    given = f" {_written(change.given)}" if isinstance(change.given, float | int | str) else ""
    became = "is not sent" if change.action == "dropped" else f"is sent as {change.sent}"
    return f"{what}{given} {became}. {change.reason}"


def _twin(built: BuiltRequest, sent: Sequence[tuple[InvocationRequest, str]]) -> str | None:
    """Which combination sends the very same request."""
    return next((f"It sends the same as {name}." for request, name in sent if request == built.request), None)


def _value(parameter: str, text: str) -> Setting:
    if text.casefold() in _UNSET:
        return None
    try:
        if parameter in _WHOLE:
            return int(text)
        if parameter in _FRACTION:
            return float(text)
    except ValueError as error:
        kind = "whole numbers" if parameter in _WHOLE else "numbers"
        raise BadSweep(f"{PARAMETERS[parameter]} takes {kind} or unset; {text!r} is neither.") from error
    return text


def _written(value: Setting) -> str:
    if value is None:
        return "unset"
    return f"{value:g}" if isinstance(value, float) else str(value)


# Tables


def _cell(
    sweep: Sweep,
    by_settings: Mapping[object, SweepResult],
    measure: Measure,
    *,
    wanted: Mapping[str, Setting],
) -> Cell:
    inside = [point for point in sweep.points if _falls(point.settings, wanted)]
    if not inside:
        reasons = [one.reason for one in sweep.dropped if _falls(one.settings, wanted)]
        return Cell(None, 0, " ".join(dict.fromkeys(reasons)) or "There is no such combination.")
    values = []
    for point in inside:
        found = by_settings.get(_key(point.settings))
        value: float | Decimal | None = None if found is None else getattr(found, measure)
        if value is None:
            return Cell(None, len(inside), f"The {measure} of {point.name} is unknown.")
        values.append(value)
    return Cell(_mean(values), len(inside))


def _mean(values: Sequence[float | Decimal]) -> float | Decimal:
    money = [value for value in values if isinstance(value, Decimal)]
    if len(money) == len(values):
        return sum(money, Decimal(0)) / len(money)
    return sum(float(value) for value in sorted(values)) / len(values)


def _falls(settings: Mapping[str, Setting], wanted: Mapping[str, Setting]) -> bool:
    return all(settings[name] == value for name, value in wanted.items())


def _key(settings: Mapping[str, Setting]) -> object:
    return frozenset(settings.items())
