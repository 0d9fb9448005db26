"""The Pareto view: what nobody beats in cost, latency and accuracy, and the cheapest that is good enough."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bedrock_playground.evaluation.pareto import (
    AXIS_WORDS,
    Axis,
    Cheapest,
    Frontier,
    Point,
    cheapest,
    frontier,
)
from bedrock_playground.evaluation.reading import Reading
from components.results_chart import chart, numbers
from components.results_data import Shown
from components.results_pareto_figures import Limits, Plane, projection, whole
from components.results_save import save_button
from components.results_words import between, called, dollars, percent, seconds
from components.words import plain

_ACCURACY, _LATENCY, _SPEED, _ALL = "Cost × accuracy", "Latency × accuracy", "Cost × latency", "All three"
_OF = "results_pareto_of"
_NEARLY = 0.95
_QUANTILES: dict[str, Axis] = {"Median": "p50", "P95": "p95"}
VIEW, QUANTILE, LEAST, MOST, SURE = (
    f"results_pareto_{name}" for name in ("view", "quantile", "least", "most", "sure")
)


def pareto(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw the Pareto view.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    points = reading.points(scorer)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _begin(shown.evaluation.evaluation_id, points)
        limits, sure = _wanted(points)
        found = cheapest(points, min_accuracy=limits.accuracy, max_latency=limits.latency, sure=sure)
        _answer(shown, found, points)
    with left:
        _figure(reading, points, limits, file=file)


def _figure(reading: Reading, points: tuple[Point, ...], limits: Limits, *, file: str) -> None:
    letters = {contender.name: contender.label for contender in reading.contenders}
    with st.container(horizontal=True, vertical_alignment="center", key="results_pareto_controls"):
        view = st.segmented_control(
            "What is compared",
            (_ACCURACY, _LATENCY, _SPEED, _ALL),
            # Where nothing is charged for, cost tells nobody apart.
            default=_ACCURACY if any(point.cost.value for point in points) else _LATENCY,
            required=True,
            key=VIEW,
            label_visibility="collapsed",
            persist_state="session",
            wrap=True,
        )
        latency: Axis = "p50"
        if view != _ACCURACY:
            chosen = st.segmented_control(
                "Latency",
                list(_QUANTILES),
                default="Median",
                required=True,
                key=QUANTILE,
                label_visibility="collapsed",
                persist_state="session",
            )
            latency = _QUANTILES[chosen]
    planes = {
        _ACCURACY: Plane("cost", "accuracy"),
        _LATENCY: Plane(latency, "accuracy"),
        _SPEED: Plane("cost", latency),
    }
    if view == _ALL:
        axes: tuple[Axis, ...] = ("cost", latency, "accuracy")
        front = frontier(points, axes)
        figure = whole(points, axes, front, letters=letters)
    else:
        plane = planes[view]
        axes = (plane.x, plane.y)
        front = frontier(points, axes)
        figure = projection(points, plane, front, letters=letters, limits=limits)
    said = in_words(front, letters)
    chart(figure, key="pareto", alt=said)
    st.caption(plain(said))
    numbers(_table(reading, points, front), key="pareto", file=file, alt=said)


def in_words(front: Frontier, letters: dict[str, str]) -> str:
    """Say who is on the frontier, who is beaten by whom, and who stands apart."""
    what = " and ".join(AXIS_WORDS[axis] for axis in front.axes)
    members = ", ".join(letters[name] for name in front.members) or "nobody"
    said = [f"Nobody beats {members} in {what} at once; they are the frontier."]
    said += [
        f"{letters[name]} is beaten by {', '.join(letters[other] for other in by)}."
        for name, by in front.dominated.items()
    ]
    said += [f"{letters[name]} stands apart: {why}" for name, why in front.apart.items()]
    return " ".join(said)


def _table(reading: Reading, points: tuple[Point, ...], front: Frontier) -> pd.DataFrame:
    labels = {contender.name: contender.label for contender in reading.contenders}
    rows = []
    for point in points:
        name = point.contender
        where = "frontier" if name in front.members else "apart" if name in front.apart else "beaten"
        rows.append(
            {
                "contender": called(reading, labels[name]),
                "where": where,
                "accuracy": percent(point.accuracy.value),
                "95 % interval": between(point.accuracy),
                "median": seconds(point.p50.value),
                "P95": seconds(point.p95.value),
                "cost per request": dollars(point.cost.value),
                "between": "n/a"
                if point.cost.low is None
                else f"{dollars(point.cost.low)} and {dollars(point.cost.high)}",
                "per correct answer": "n/a" if point.per_correct is None else dollars(point.per_correct),
            }
        )
    return pd.DataFrame(rows)


# The cheapest that is good enough


def _begin(evaluation_id: str, points: tuple[Point, ...]) -> None:
    """Begin each evaluation with what its best contender nearly reaches."""
    if st.session_state.get(_OF) == evaluation_id:
        return
    st.session_state[_OF] = evaluation_id
    best = max((point.accuracy.value or 0.0 for point in points), default=0.0)
    st.session_state[LEAST] = int(best * _NEARLY * 100) // 5 * 5
    st.session_state[MOST] = None


def _wanted(points: tuple[Point, ...]) -> tuple[Limits, bool]:
    """Let it be said what is good and quick enough."""
    st.markdown("**The cheapest that is good enough**")
    least = st.slider(
        "Accuracy at least (%)", 0, 100, step=1, key=LEAST, persist_state="session", help="0: any will do"
    )
    longest = max((point.p95.high or point.p95.value or 0.0 for point in points), default=0.0)
    longest = max(longest, *(point.p95.value or 0.0 for point in points), 0.0) if points else 0.0
    steps = _steps(longest)
    options: list[float | None] = [*steps, None]
    if st.session_state.get(MOST, None) not in options:
        st.session_state[MOST] = None
    most = st.select_slider(
        "P95 latency at most",
        options,
        key=MOST,
        format_func=lambda value: "any" if value is None else f"{value:g} s",
        persist_state="session",
        disabled=not steps,
    )
    sure = st.toggle(
        "Be sure of it",
        key=SURE,
        persist_state="session",
        help="Hold the unfavourable ends of the 95 % intervals against the limits, not what was measured",
    )
    return Limits(least / 100 if least else None, most), sure


def _steps(longest: float) -> list[float]:
    """About 40 round values of seconds up to the longest that was measured."""
    if longest <= 0:
        return []
    rough = longest / 40
    size = next(
        step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5) if step * 10.0**power >= rough
    )
    return [round(size * number, 6) for number in range(1, int(longest / size) + 2)]


def _answer(shown: Shown, found: Cheapest, points: tuple[Point, ...]) -> None:
    reading = shown.reading
    labels = {contender.name: contender.label for contender in reading.contenders}
    by_name = {point.contender: point for point in points}
    with st.container(border=True, key="results_cheapest", gap="xsmall"):
        if found.contender is None:
            st.markdown("**None qualifies.** Lower what you ask for, or see below what each one lacks.")
        else:
            point = by_name[found.contender]
            st.markdown(f"### {plain(called(reading, labels[found.contender]))}")
            per_correct = "n/a" if point.per_correct is None else dollars(point.per_correct)
            st.markdown(
                plain(
                    f"{dollars(point.cost.value)} per request, {per_correct} per correct answer; "
                    f"accuracy {percent(point.accuracy.value)}, P95 {seconds(point.p95.value)}."
                )
            )
            save_button(shown, labels[found.contender])
    _others(found, by_name, labels)


def _others(found: Cheapest, by_name: dict[str, Point], labels: dict[str, str]) -> None:
    said = [
        f"**{labels[name]}** qualifies too, at {plain(dollars(by_name[name].cost.value))}."
        for name in found.qualified
        if name != found.contender
    ]
    said += [f"**{labels[name]}** does not: {plain(why)}" for name, why in found.refused.items()]
    st.markdown("\n".join(f"- {words}" for words in said))
