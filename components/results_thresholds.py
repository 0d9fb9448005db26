"""A pattern's thresholds, dragged over the calls that the evaluation recorded; nothing is called for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.embeddings import default_embedding_model
from bedrock_playground.evaluation.reading import PEOPLE, Reading
from bedrock_playground.evaluation.rescore import Rescoring, rescoring_of
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.patterns.codec import member_to_json
from bedrock_playground.patterns.knobs import Knob, knobs, with_knob
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.rescoring import Point
from bedrock_playground.patterns.shaping import shape_by_catalogue
from components.connection import current_connection
from components.resources import get_models, get_store, told_behind
from components.results_chart import chart, colour_of, dark, dressed, numbers
from components.results_data import Shown
from components.results_save import save_pattern_button
from components.results_words import UNKNOWN, called, count, dollars, percent, points, seconds
from components.words import plain

WHO, KNOB = "results_thresholds_who", "results_thresholds_knob"
_REPLAYS = 3000
"""Answers that are replayed for a curve at most, at about a millisecond each."""
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class _Dragged:
    """A contender with its knobs as they stand now."""

    label: str
    """Its letter."""
    member: Member
    """With every knob where it stands."""
    knob: Knob
    """The one whose curve is drawn, where it stands."""
    evaluated: float
    """Where that one stood in the evaluation."""


def thresholds(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Let a pattern's thresholds be dragged.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    if scorer is None or scorer == PEOPLE:
        st.info(
            "Pick a scorer: answers that no contender gave have to be scored as well.", icon=":material/info:"
        )
        return
    labels = [label for label in with_knobs(reading) if reading.result(label).rows]
    if not labels:
        st.info("No pattern has answered yet.", icon=":material/info:")
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        dragged = _drag(reading, labels)
    try:
        rescoring = _rescoring(shown, dragged.label, scorer)
    except BadScorer as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    curve = _curve(shown, rescoring, dragged, scorer=scorer)
    with left:
        _here(shown, curve, dragged)
    with right:
        said = _in_words(curve, dragged)
        chart(_figure(curve, dragged, reading), key="thresholds", alt=said)
        st.caption(plain(said))
        _notes(rescoring, curve)
        numbers(_table(curve, dragged), key="thresholds", file=file, alt=said)


def with_knobs(reading: Reading) -> list[str]:
    """The patterns that have thresholds."""
    return [one.label for one in reading.contenders if isinstance(one.member, Pattern) and knobs(one.member)]


def _drag(reading: Reading, labels: list[str]) -> _Dragged:
    if st.session_state.get(WHO) not in labels:
        st.session_state[WHO] = labels[0]
    label: str = labels[0]
    if len(labels) > 1:
        label = st.selectbox(
            "Pattern",
            labels,
            key=WHO,
            format_func=lambda one: called(reading, one) if one in reading.labels else one,
            persist_state="session",
        )
    else:
        st.markdown(f"**{plain(called(reading, label))}**")
    member = reading.result(label).contender.member
    found = knobs(member)
    names = _names(found)
    if st.session_state.get(KNOB) not in names:
        st.session_state[KNOB] = found[0].name
    chosen: str = found[0].name
    if len(found) > 1:
        chosen = st.selectbox(
            "Curve over", list(names), key=KNOB, format_func=lambda one: names.get(one, one)
        )
    for knob in found:
        value = _slider(reading, (label, names[knob.name]), knob)
        if value != knob.value:
            member = with_knob(member, knob.name, value)
    before = {knob.name: knob.value for knob in found}
    now = {knob.name: knob for knob in knobs(member)}
    return _Dragged(label, member, now[chosen], before[chosen])


def _names(found: Sequence[Knob]) -> dict[str, str]:
    """What each knob is called; where two are called the same, with its place."""
    labels = [knob.label for knob in found]
    return {
        knob.name: knob.label if labels.count(knob.label) == 1 else f"{knob.label} ({knob.name})"
        for knob in found
    }


def _slider(reading: Reading, whose: tuple[str, str], knob: Knob) -> float:
    label, words = whose
    key = f"results_knob_{reading.results.evaluation.evaluation_id}_{label}_{knob.name}"
    options = sorted({*knob.values(), knob.value})
    if st.session_state.get(key) not in options:
        st.session_state[key] = knob.value
    value: float = st.select_slider(
        words, options, key=key, format_func=lambda one: f"{one:g}", disabled=len(options) < 2
    )
    return value


# What it would have come to


@st.cache_resource(show_spinner="Reading the recorded calls …", max_entries=8)
def _read(version: str, label: str, scorer: str, _reading: Reading) -> Rescoring:  # noqa: ARG001 - the cache's key
    return rescoring_of(get_store(), _reading.results, label, scorer=scorer)


def _rescoring(shown: Shown, label: str, scorer: str) -> Rescoring:
    return _read(f"{shown.evaluation.evaluation_id} {shown.version}", label, scorer, shown.reading)


@st.cache_resource(show_spinner="Playing the recorded calls again …", max_entries=64)
def _played(
    version: str,  # noqa: ARG001 - the cache's key
    *,
    knob: str,
    values: tuple[float, ...],
    place: tuple[str | None, str | None],
    _rescoring: Rescoring,
) -> tuple[Point, ...]:
    embedding = None
    with suppress(Exception):
        connection = current_connection()
        embedding = default_embedding_model(get_models(connection)) if connection else None
    shape = shape_by_catalogue(told_behind(*place))
    return _rescoring.curve(knob, shape=shape, values=values, embedding_model=embedding)


def _curve(shown: Shown, rescoring: Rescoring, dragged: _Dragged, *, scorer: str) -> tuple[Point, ...]:
    turned = replace(rescoring, member=dragged.member)
    values = _values(
        dragged.knob, answers=len(rescoring.recorded), kept=(dragged.evaluated, dragged.knob.value)
    )
    # Where the knob stands makes no other curve: every value is tried anyway.
    still = with_knob(dragged.member, dragged.knob.name, dragged.evaluated)
    version = (shown.evaluation.evaluation_id, shown.version, scorer, json.dumps(member_to_json(still)))
    place = _place(shown, dragged.label)
    return _played(repr(version), knob=dragged.knob.name, values=values, place=place, _rescoring=turned)


def _values(knob: Knob, *, answers: int, kept: tuple[float, ...]) -> tuple[float, ...]:
    """Where to turn a knob: everywhere, or with many answers here and there, the ends always."""
    every = knob.values()
    most = max(_FEWEST, _REPLAYS // max(1, answers))
    if len(every) > most:
        step = (len(every) - 1) / (most - 1)
        every = tuple(every[round(step * place)] for place in range(most))
    return tuple(sorted({*every, *kept}))


def _place(shown: Shown, label: str) -> tuple[str | None, str | None]:
    """Where the answers came from: accounts' own names mean what they meant there."""
    rows = shown.reading.result(label).rows
    record = get_store().get(rows[0].run_id) if rows else None
    return (record.identity.endpoint, record.identity.region) if record else (None, None)


def _here(shown: Shown, curve: tuple[Point, ...], dragged: _Dragged) -> None:
    """What the contender comes to where its knobs stand now, beside what it was evaluated with."""
    by_value = {point.value: point for point in curve}
    now, then = by_value[dragged.knob.value], by_value[dragged.evaluated]
    away = None
    if now is not then and now.accuracy is not None and then.accuracy is not None:
        away = points(now.accuracy - then.accuracy)
    with st.container(horizontal=True, key="results_thresholds_here"):
        st.metric("Accuracy", percent(now.accuracy), delta=away, border=True)
        st.metric(
            "Cost per request",
            dollars(now.cost),
            delta=_cheaper(now.cost, then.cost) if now is not then else None,
            delta_color="inverse",
            border=True,
        )
        st.metric("Median", seconds(now.latency.value), border=True)
        st.metric("Calls per request", UNKNOWN if now.calls is None else f"{now.calls:.2f}", border=True)
    if now.unknown:
        missing = f"{count(now.unknown, 'answer')} of {len(now.replayed):,}"
        st.warning(
            f"{missing} would have made a call that nobody made, so they are unknown and left out. Evaluate "
            "the pattern's models beside it, and more can be told.",
            icon=":material/help:",
        )
    if isinstance(dragged.member, Pattern):
        save_pattern_button(shown, dragged.label, dragged.member)


def _cheaper(now: Decimal | None, then: Decimal | None) -> str | None:
    if now is None or not then:
        return None
    return f"{float(now / then - 1) * 100:+.0f} %"


# How it is drawn


def _figure(curve: tuple[Point, ...], dragged: _Dragged, reading: Reading) -> go.Figure:
    """Cost against accuracy, a point for each value in their order; who is of unknown cost is not drawn."""
    colour = colour_of(reading.labels.index(dragged.label))
    placed = [point for point in curve if point.cost is not None and point.accuracy is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[float(point.cost or 0) * 1000 for point in placed],
        y=[(point.accuracy or 0) * 100 for point in placed],
        mode="lines+markers+text",
        line={"color": colour, "width": 2},
        marker={
            "size": 9,
            "color": colour,
            "symbol": ["circle-open" if point.unknown else "circle" for point in placed],
        },
        text=_thinned([f"{point.value:g}" for point in placed]),
        textposition="top center",
        cliponaxis=False,
        customdata=[[f"{point.value:g}", point.unknown] for point in placed],
        hovertemplate=f"{dragged.knob.label} %{{customdata[0]}}: %{{y:.1f}} %, $%{{x:.4g}} per 1,000, "
        "%{customdata[1]} unknown<extra></extra>",
        name="each value",
    )
    for value, words, symbol, size in (
        (dragged.evaluated, "as evaluated", "square-open", 18),
        (dragged.knob.value, "now", "circle-open", 22),
    ):
        for point in placed:
            if point.value == value:
                figure.add_scatter(
                    x=[float(point.cost or 0) * 1000],
                    y=[(point.accuracy or 0) * 100],
                    mode="markers",
                    marker={
                        "symbol": symbol,
                        "size": size,
                        "color": "#ffffff" if dark() else "#10151c",
                        "line": {"width": 2},
                    },
                    name=words,
                    hoverinfo="skip",
                )
    if not placed:
        figure.add_annotation(
            text="Cost or accuracy is unknown at every value",
            showarrow=False,
            x=0.5,
            y=0.5,
            xref="paper",
            yref="paper",
        )
    dressed(figure, height=420, legend=True)
    figure.update_xaxes(title="US$ per 1,000 requests", tickprefix="$", exponentformat="none", zeroline=False)
    if placed and not any(point.cost for point in placed):
        # Around a single value an axis would reach below nothing.
        figure.update_xaxes(range=[-0.05, 1])
    figure.update_yaxes(title="accuracy, %", ticksuffix=" %", zeroline=False)
    return figure


def _thinned(words: list[str]) -> list[str]:
    """Every so many of them, so that they can be read."""
    step = max(1, len(words) // 10)
    return [word if place % step == 0 or place == len(words) - 1 else "" for place, word in enumerate(words)]


def _in_words(curve: tuple[Point, ...], dragged: _Dragged) -> str:
    told = [point for point in curve if point.accuracy is not None]
    if not told:
        return f"{dragged.knob.label}: no answer could be scored at any value."
    least, most = min(told, key=lambda one: one.accuracy or 0), max(told, key=lambda one: one.accuracy or 0)
    return (
        f"{dragged.knob.label} from {curve[0].value:g} to {curve[-1].value:g}: accuracy from "
        f"{percent(least.accuracy)} (at {least.value:g}, {dollars(least.cost)} per request) to "
        f"{percent(most.accuracy)} (at {most.value:g}, {dollars(most.cost)})."
    )


def _notes(rescoring: Rescoring, curve: tuple[Point, ...]) -> None:
    notes = ["From recorded calls alone, with the times and costs that were measured; nothing is called."]
    if any(point.unknown for point in curve):
        notes.append("Hollow: some answers are unknown there.")
    if rescoring.left_out:
        played = len(rescoring.recorded)
        notes.append(f"Of many answers the first {played:,} are played; {rescoring.left_out:,} are left out.")
    st.caption(" ".join(notes))


def _table(curve: tuple[Point, ...], dragged: _Dragged) -> pd.DataFrame:
    return pd.DataFrame([
        {
            dragged.knob.label: point.value,
            "accuracy": percent(point.accuracy),
            "cost per request": dollars(point.cost),
            "median": seconds(point.latency.value),
            "P95": seconds(point.p95.value),
            "calls per request": None if point.calls is None else round(point.calls, 2),
            "scored": point.scored,
            "unknown": point.unknown,
            "of unknown cost": point.unpriced,
        }
        for point in curve
    ])  # fmt: skip
