"""The overview of an evaluation: the message in words, a row per contender, and how sure the accuracy is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.evaluation.reading import PEOPLE, Reading
from bedrock_playground.evaluation.report import message
from bedrock_playground.evaluation.statistics import Estimate
from bedrock_playground.history.evaluation_records import Spending
from components.results_chart import chart, colour_of, csv, named_rows, symbol_of
from components.results_data import Shown, inside_of
from components.results_words import between, called, count, dollars, percent, seconds
from components.words import plain

_ROW = 35


def overview(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw the overview.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    _message(shown, scorer)
    data = rows(reading, scorer)
    st.dataframe(
        data,
        key="results_table_overview",
        hide_index=True,
        placeholder="n/a",
        column_config=_columns(scorer, data),
        height=_ROW * (len(data) + 1) + 3,
        alt=_in_words(reading, scorer),
    )
    if notes := caveats(reading, scorer):
        st.caption("  \n".join(map(plain, notes)))
    if not shown.running:
        # Each answer's trace is a document of its own: not read again and again while answers come in.
        _inside(shown)
    if scorer is not None and len(reading.labels) > 1:
        chart(_whiskers(reading, scorer), key="accuracy", alt=_in_words(reading, scorer))
        st.caption(
            "The point is what was measured; the true accuracy lies within the line with 95 % confidence. "
            "Where two lines overlap, *Pairs* tells whether the difference is more than chance."
        )
    csv(data, key="overview", file=file)


def _inside(shown: Shown) -> None:
    """Say what the patterns did: how often they escalated, what their caches saved."""
    reading = shown.reading
    said = {label: inside_of(shown, label) for label in reading.labels}
    if not any(said.values()):
        return
    with st.container(key="results_inside", gap="xsmall"):
        st.markdown("**What the patterns did**")
        for label, words in said.items():
            if words:
                st.markdown(f"- {plain(called(reading, label))}: {plain(' '.join(words))}")


def _message(shown: Shown, scorer: str | None) -> None:
    if scorer is None:
        st.markdown("**No scorer looked at these answers**, so there are times and costs, and no accuracy.")
        return
    said = message(shown.reading, scorer)
    so_far = "" if shown.complete else "So far: "
    with st.container(border=True, key="results_headline", gap="xsmall"):
        st.markdown(f"**{plain(so_far + said.message)}**")
        for words in said.rest:
            st.markdown(plain(words))


def rows(reading: Reading, scorer: str | None) -> pd.DataFrame:
    """A row per contender; what is unknown is empty, or says so."""
    return pd.DataFrame([_row(reading, label, scorer) for label in reading.labels])


def _row(reading: Reading, label: str, scorer: str | None) -> dict[str, object]:
    result = reading.result(label)
    point, summary = reading.point(label, scorer), reading.summary(label, scorer)
    stars = reading.stars(label)
    failed = sum(row.state.value != "completed" for row in result.rows)
    row: dict[str, object] = {"Contender": called(reading, label)}
    if scorer is not None:
        row |= {"Accuracy": _hundreds(summary.accuracy.value), "95 % interval": between(summary.accuracy)}
    row |= {
        other: _hundreds(reading.summary(label, other).accuracy.value)
        for other in reading.scorers
        if other not in {scorer, PEOPLE}
    }
    if reading.ratings:
        row["People"] = stars.mean
    return row | {
        "Cost per request": dollars(point.cost.value),
        "Per correct answer": dollars(point.per_correct) if point.per_correct is not None else "n/a",
        "Median": seconds(point.p50.value),
        "P95": _rough(point.p95),
        "First token": seconds(reading.first_tokens(label).value),
        "Failed": f"{percent(failed / len(result.rows))} ({failed:,})" if result.rows else "n/a",
        "Not scored": summary.unscored if scorer is not None else None,
        "Answers": len(result.rows),
        "Spent": _spent(result.answers),
        "Spent on scoring": _spent(result.scoring),
    }


def _hundreds(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _rough(told: Estimate) -> str:
    """A quantile; one that rests on few runs says so."""
    return (
        f"≈ {seconds(told.value)}"
        if told.value is not None and told.method.startswith("Rough")
        else seconds(told.value)
    )


def _spent(spending: Spending) -> str:
    if not spending.calls:
        return "n/a"
    if spending.unknown == spending.calls:
        return "unknown"
    more = " + unknown" if spending.unknown else ""
    return f"{dollars(spending.known)}{more}"


def caveats(reading: Reading, scorer: str | None) -> list[str]:
    """What the numbers do not hold, a line for each thing that is to be said, and of whom."""
    said: dict[str, list[str]] = {}
    for label in reading.labels:
        point = reading.point(label, scorer)
        parts = [reading.summary(label, scorer).caveat if scorer is not None else None]
        if point.p95.value is None:
            parts.append(point.p95.method)
        if point.cost.note:
            parts.append(point.cost.note)
        if reading.result(label).interrupted:
            parts.append(f"{count(reading.result(label).interrupted, 'answer')} were interrupted.")
        if told := " ".join(part for part in parts if part):
            said.setdefault(told, []).append(label)
    lines = [f"{', '.join(labels)}: {words}" for words, labels in said.items()]
    if any(reading.point(label, scorer).p95.method.startswith("Rough") for label in reading.labels):
        lines.append("≈: P95 of fewer than 100 runs is rough.")
    return lines


def _columns(scorer: str | None, data: pd.DataFrame) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    text = st.column_config.TextColumn
    shares = [name for name in data.columns if name not in _OWN]
    return {
        "Contender": text(pinned=True, width=190),
        "Accuracy": st.column_config.ProgressColumn(
            format="%.1f %%",
            min_value=0.0,
            max_value=100.0,
            width=130,
            help=f"The mean of what “{scorer}” says, over cases; failures count 0",
        ),
        "95 % interval": text(width=110, help="Between what the true accuracy lies, with 95 % confidence"),
        **{
            name: number(format="%.1f %%", width=90, help=f"The mean of the scorer “{name}”")
            for name in shares
        },
        "People": number(format="%.1f ★", width=80, help="The mean of people’s ratings, 1 to 5"),
        "Cost per request": text(width=120, help="US dollars, the mean; unknown is not zero"),
        "Per correct answer": text(width=130, help="What a right answer costs, wrong ones included"),
        "Median": text(width=75, help="Half of the answers took no longer"),
        "P95": text(width=80, help="95 of 100 answers took no longer; ≈ rests on fewer than 100 runs"),
        "First token": text(width=85, help="The median time to the first token"),
        "Failed": text(width=90, help="Failures count as wrong answers"),
        "Not scored": number(width=85, help="Answers that could not be scored; they are left out"),
        "Answers": number(width=75, format="localized", help="All outcomes, failures and repeats included"),
        "Spent": text(width=95, help="What all its calls cost, in US dollars"),
        "Spent on scoring": text(width=125, help="What judges and embeddings cost, in US dollars"),
    }


_OWN = frozenset({
    "Contender", "Accuracy", "95 % interval", "People", "Cost per request", "Per correct answer", "Median",
    "P95", "First token", "Failed", "Not scored", "Answers", "Spent", "Spent on scoring",
})  # fmt: skip


def _whiskers(reading: Reading, scorer: str) -> go.Figure:
    """A point and its interval for each contender, one below the other, each named above its own row."""
    figure = go.Figure()
    shown = [label for label in reading.labels if reading.summary(label, scorer).accuracy.value is not None]
    for row, label in enumerate(reversed(shown)):
        accuracy = reading.summary(label, scorer).accuracy
        place = reading.labels.index(label)
        value = (accuracy.value or 0) * 100
        low, high = ((end if end is not None else 0) * 100 for end in (accuracy.low, accuracy.high))
        figure.add_scatter(
            x=[value],
            y=[row],
            mode="markers",
            marker={"color": colour_of(place), "symbol": symbol_of(place), "size": 11},
            error_x={"array": [high - value], "arrayminus": [value - low], "thickness": 2, "width": 5},
            hovertemplate=f"{label}: %{{x:.1f}} % ({between(accuracy)})<extra></extra>",
        )
    named_rows(figure, [called(reading, label) for label in shown], head=60)
    figure.update_xaxes(range=[0, 101], ticksuffix=" %", title=f"accuracy by {scorer}")
    return figure


def _in_words(reading: Reading, scorer: str | None) -> str:
    if scorer is None:
        return "Contenders with their times and costs"
    said = [
        f"{called(reading, label)} {percent(reading.summary(label, scorer).accuracy.value)}"
        f" ({between(reading.summary(label, scorer).accuracy)})"
        for label in reading.labels
    ]
    return f"Accuracy by {scorer}: " + ", ".join(said)
