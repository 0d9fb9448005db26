"""The figures of cost × latency × accuracy: two-dimensional projections, and the whole in three dimensions.

Who is beaten is grey and a cross; the frontier is drawn. What is unknown on an axis stands in a lane of its
own beside that axis, never at 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.pareto import Axis, Frontier, Point
from components.results_chart import GREY, colour_of, dark, dressed, inked, symbol_of
from components.results_words import between, percent, seconds

_WIDE = 20
"""The largest over the smallest from which an axis is logarithmic."""
_LANE, _GAP = 0.13, 0.03
"""How much of the figure a lane for the unknown takes, and what lies between."""
_SOLID = ("circle", "square", "diamond", "cross", "circle-open", "square-open", "diamond-open")
"""Markers that three-dimensional charts have."""
TITLES: Mapping[Axis, str] = {
    "accuracy": "accuracy, %",
    "p50": "median latency, s",
    "p95": "P95 latency, s",
    "cost": "US$ per 1,000 requests",
}
"""What axes are called."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked for; ``None``: anything."""

    accuracy: float | None = None
    """0 to 1, at least."""
    latency: float | None = None
    """P95 in seconds, at most."""


@dataclass(frozen=True, slots=True)
class Plane:
    """What a projection shows."""

    x: Axis
    """From left to right."""
    y: Axis
    """From bottom to top."""


def scaled(point: Point, axis: Axis) -> tuple[float | None, float, float]:
    """A point's value on an axis in the axis's unit, and how far the interval goes below and above it."""
    told: tuple[Any, Any, Any]
    match axis:
        case "accuracy":
            told, factor = (point.accuracy.value, point.accuracy.low, point.accuracy.high), 100.0
        case "p50":
            told, factor = (point.p50.value, point.p50.low, point.p50.high), 1.0
        case "p95":
            told, factor = (point.p95.value, point.p95.low, point.p95.high), 1.0
        case "cost":
            told, factor = (point.cost.value, point.cost.low, point.cost.high), 1000.0
    value, low, high = (None if each is None else float(each) * factor for each in told)
    if value is None:
        return None, 0.0, 0.0
    return value, value - (value if low is None else low), (value if high is None else high) - value


def projection(
    points: Sequence[Point], plane: Plane, front: Frontier, *, letters: Mapping[str, str], limits: Limits
) -> go.Figure:
    """Two of the three, with the frontier, whiskers, and a lane for what is unknown.

    Args:
        points: The contenders.
        plane: Which two.
        front: The frontier on these two.
        letters: Each contender's letter, by name.
        limits: What is asked for; drawn where an axis has it.
    """
    figure = go.Figure()
    _staircase(figure, {point.contender: point for point in points}, plane=plane, front=front)
    beside = _letters_beside(points, plane, letters)
    for place, point in enumerate(points):
        x, y = scaled(point, plane.x), scaled(point, plane.y)
        if x[0] is None and y[0] is None:
            continue
        figure.add_scatter(
            x=["unknown"] if x[0] is None else [x[0]],
            y=["unknown"] if y[0] is None else [y[0]],
            xaxis="x2" if x[0] is None else "x",
            yaxis="y2" if y[0] is None else "y",
            error_x=_whisker(x),
            error_y=_whisker(y),
            name=_named(letters, point),
            mode="markers+text",
            text=[f"<b>{beside[point.contender]}</b>"],
            textposition="top right",
            cliponaxis=False,
            hovertemplate=f"{_hover(letters, point)}<extra></extra>",
            **_look(place, point, front, symbols=None),
        )
    dressed(figure, height=460, legend=True)
    _axes(figure, points, plane)
    _limits(figure, plane, limits)
    return figure


def whole(
    points: Sequence[Point], axes: Sequence[Axis], front: Frontier, *, letters: Mapping[str, str]
) -> go.Figure:
    """All three; who cannot be placed on each axis is not in it.

    Args:
        points: The contenders.
        axes: From left to right, from front to back, upwards.
        front: The frontier on all three.
        letters: Each contender's letter, by name.
    """
    figure = go.Figure()
    placed = [(place, point) for place, point in enumerate(points) if point.contender not in front.apart]
    scales = {axis: _scale([point for _, point in placed], axis) for axis in axes}
    floor = scales[axes[2]].get("range", [0.0])[0]
    for place, point in placed:
        x, y, z = (scaled(point, axis) for axis in axes)
        look = _look(place, point, front, symbols=_SOLID)
        if point.contender in front.members:
            figure.add_scatter3d(
                x=[x[0], x[0]],
                y=[y[0], y[0]],
                z=[floor, z[0]],
                mode="lines",
                line={"color": colour_of(place), "width": 3},
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter3d(
            x=[x[0]],
            y=[y[0]],
            z=[z[0]],
            error_x=_whisker(x),
            error_y=_whisker(y),
            error_z=_whisker(z),
            name=_named(letters, point),
            mode="markers+text",
            text=[letters[point.contender]],
            hovertemplate=f"{_hover(letters, point)}<extra></extra>",
            marker={**look["marker"], "size": 7},
            textfont=look["textfont"],
        )
    dressed(figure, height=520, legend=True)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            f"{name}axis": {
                "title": {"text": TITLES[axis]},
                **scales[axis],
                "gridcolor": GREY,
                "showbackground": False,
            }
            for name, axis in zip("xyz", axes, strict=True)
        }
        | {"camera": {"eye": {"x": 1.8, "y": -1.9, "z": 0.8}}},
    )
    return figure


# Points


def _letters_beside(points: Sequence[Point], plane: Plane, letters: Mapping[str, str]) -> dict[str, str]:
    """What stands beside each point: its letter; of several in one place the first has them all."""
    places: dict[object, list[str]] = {}
    for point in points:
        places.setdefault((point.at(plane.x), point.at(plane.y)), []).append(point.contender)
    beside = dict.fromkeys(letters, "")
    for names in places.values():
        beside[names[0]] = ", ".join(letters[name] for name in names)
    return beside


def _look(place: int, point: Point, front: Frontier, *, symbols: Sequence[str] | None) -> dict[str, Any]:
    beaten = point.contender in front.dominated
    colour = GREY if beaten else colour_of(place)
    symbol = symbol_of(place) if symbols is None else symbols[place % len(symbols)]
    return {
        "marker": {
            "color": colour,
            "symbol": "x" if beaten else symbol,
            "size": 9 if beaten else 13,
            "line": {"width": 1, "color": "#10151c" if dark() else "#ffffff"},
        },
        "textfont": {"color": colour},
    }


def _whisker(told: tuple[float | None, float, float]) -> dict[str, Any]:
    value, below, above = told
    if value is None or not (below or above):
        return {"visible": False}
    return {"type": "data", "array": [above], "arrayminus": [below], "thickness": 1.2, "width": 4}


def _named(letters: Mapping[str, str], point: Point) -> str:
    letter, name = letters[point.contender], point.contender
    return inked(name if name == letter else f"{letter} {name}", most=32)


def _hover(letters: Mapping[str, str], point: Point) -> str:
    cost = point.cost.value
    lines = [
        f"<b>{_named(letters, point)}</b>",
        f"accuracy {percent(point.accuracy.value)} ({between(point.accuracy)})",
        f"median {seconds(point.p50.value)}, P95 {seconds(point.p95.value)}",
        f"{format_usd(cost)} per request"
        + ("" if cost is None else f", {format_usd(cost * 1000)} per 1,000"),
        f"{'n/a' if point.per_correct is None else format_usd(point.per_correct)} per correct answer",
    ]
    return "<br>".join(lines)


def _staircase(figure: go.Figure, by_name: Mapping[str, Point], *, plane: Plane, front: Frontier) -> None:
    """The frontier: what is best at each cost, or within each time."""
    places = sorted(
        (x, y)
        for name in front.members
        if (x := scaled(by_name[name], plane.x)[0]) is not None
        and (y := scaled(by_name[name], plane.y)[0]) is not None
    )
    if len(places) < 2:
        return
    figure.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="lines",
        line={"shape": "hv", "dash": "dot", "width": 2, "color": colour_of(7)},
        name="frontier",
        hoverinfo="skip",
    )


# Axes


def _lanes(points: Sequence[Point], plane: Plane) -> dict[str, bool]:
    placed = [point for point in points if point.at(plane.x) is not None or point.at(plane.y) is not None]
    return {
        "x": any(point.at(plane.x) is None for point in placed),
        "y": any(point.at(plane.y) is None for point in placed),
    }


def _axes(figure: go.Figure, points: Sequence[Point], plane: Plane) -> None:
    lanes = _lanes(points, plane)
    for name, other, axis in (("x", "y", plane.x), ("y", "x", plane.y)):
        main: dict[str, Any] = {
            "domain": [_LANE + _GAP if lanes[name] else 0.0, 1],
            "title": {"text": TITLES[axis]},
            "zeroline": False,
            # Its numbers stand outside of the other axis's lane.
            "anchor": f"{other}2" if lanes[other] else other,
            **_scale(points, axis),
        }
        figure.update_layout({f"{name}axis": main})
        if lanes[name]:
            _lane(figure, name, other, words="price<br>unknown" if axis == "cost" else "unknown")


def _lane(figure: go.Figure, name: str, other: str, *, words: str) -> None:
    """A lane without numbers beside an axis."""
    lane = {
        "domain": [0, _LANE],
        "type": "category",
        "categoryarray": ["unknown"],
        "tickvals": ["unknown"],
        "ticktext": [words],
        "range": [-0.6, 0.6],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "anchor": other,
    }
    ends = {f"{name}0": 0, f"{name}1": _LANE, f"{other}0": 0, f"{other}1": 1}
    shape = {"type": "rect", "xref": "paper", "yref": "paper", "fillcolor": GREY, "opacity": 0.12, **ends}
    figure.update_layout({f"{name}axis2": lane})
    figure.add_shape(**shape, line_width=0, layer="below")


def _scale(points: Sequence[Point], axis: Axis) -> dict[str, Any]:
    values = [value for point in points if (value := scaled(point, axis)[0]) is not None]
    if axis == "accuracy":
        ends = [scaled(point, axis) for point in points if point.at(axis) is not None]
        low = min((value - below for value, below, _ in ends if value is not None), default=0.0)
        return {"range": [max(-2.0, low - 8), 103], "ticksuffix": " %"}
    if _logarithmic(points, axis):
        return {
            "type": "log",
            "dtick": 1,
            "exponentformat": "none",
            "tickprefix": "$" if axis == "cost" else "",
        }
    most = max(
        (value + above for point in points for value, _, above in [scaled(point, axis)] if value), default=1.0
    )
    return {
        "range": [0 if not values or min(values) > 0 else -most * 0.05, most * 1.12 or 1],
        "exponentformat": "none",
        "tickprefix": "$" if axis == "cost" else "",
    }


def _logarithmic(points: Sequence[Point], axis: Axis) -> bool:
    values = [value for point in points if (value := scaled(point, axis)[0]) is not None]
    return axis != "accuracy" and bool(values) and min(values) > 0 and max(values) / min(values) > _WIDE


def _limits(figure: go.Figure, plane: Plane, limits: Limits) -> None:
    """What is asked for, as a line across the figure."""
    line = {"dash": "dash", "width": 1.5, "color": GREY}
    for axis, value, words in (
        ("accuracy", None if limits.accuracy is None else limits.accuracy * 100, "asked for"),
        ("p95", limits.latency, "allowed"),
    ):
        if value is None or axis not in {plane.x, plane.y}:
            continue
        if axis == plane.y:
            figure.add_hline(y=value, line=line, annotation_text=words, annotation_position="bottom right")
        else:
            figure.add_vline(x=value, line=line, annotation_text=words, annotation_position="top left")
