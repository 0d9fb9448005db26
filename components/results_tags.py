"""Accuracy by tag, and for classification what was taken for what."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.statistics import NO_LABEL, Confusion, confusion
from components.results_chart import chart, csv, dark, dressed, inked, numbers, table
from components.results_data import Shown
from components.results_words import between, called, count, percent
from components.words import plain

WHO = "results_classes_who"
_MOST_TAGS, _MOST_CLASSES, _MOST_SAID = 40, 30, 4
# One hue from pale to strong, read by its lightness; what stands on it can be read on all of it.
_LIGHT = ((0.0, "#f3f7fb"), (1.0, "#86bbe4"))
_DARK = ((0.0, "#17212c"), (1.0, "#1f68a8"))


def scale() -> list[list[object]]:
    """The colours of a heat map on the page as it is now, from little to much."""
    return [list(stop) for stop in (_DARK if dark() else _LIGHT)]


def tags(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw accuracy by tag, and the classes where there are any.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    if scorer is None:
        st.info("No scorer looked at these answers.", icon=":material/info:")
        return
    named = sorted({tag for label in reading.labels for tag in reading.tags(label, scorer)})
    if named:
        _by_tag(reading, scorer, named, file=file)
    who = classified(reading)
    if who is not None:
        _classes(reading, who, file=file)
    elif not named:
        st.info("These cases have no tags, and nothing was classified.", icon=":material/info:")


def classified(reading: Reading) -> str | None:
    """The scorer that read classes, if there is one."""

    def made() -> str | None:
        for scorer in reading.results.scorers:
            if any(
                one.label is not None for label in reading.labels for one in reading.outcomes(label, scorer)
            ):
                return scorer
        return None

    return reading.once(("classified",), made)


# By tag


def _by_tag(reading: Reading, scorer: str, named: list[str], *, file: str) -> None:
    st.markdown(f"**Accuracy by tag, %** ({plain(scorer)})")
    shown = named[:_MOST_TAGS]
    labels = [label for label in reading.labels if reading.result(label).rows]
    values = [
        [
            summary.accuracy.value if (summary := reading.tags(label, scorer).get(tag)) else None
            for tag in shown
        ]
        for label in labels
    ]
    rows = [
        {
            "contender": called(reading, label),
            "tag": tag,
            "accuracy": percent(summary.accuracy.value),
            "95 % interval": between(summary.accuracy),
            "cases": summary.cases,
            "failed": summary.failed,
            "not scored": summary.unscored,
        }
        for label in labels
        for tag, summary in reading.tags(label, scorer).items()
    ]
    said = f"Accuracy by tag: {'; '.join(_worst(reading, label, scorer) for label in labels)}"
    across = [f"{tag}" for tag in shown]
    figure = heat(
        values,
        rows=[f"{label}" for label in labels],
        columns=across,
        text=[["n/a" if value is None else f"{value * 100:.0f}" for value in row] for row in values],
        most=1.0,
    )
    chart(figure, key="tags", alt=said)
    shown_words = said if len(labels) <= _MOST_SAID else "How many cases each tag has is in the numbers."
    st.caption(
        plain(shown_words) + (f" The first {_MOST_TAGS} of {len(named)} tags." if shown != named else "")
    )
    numbers(pd.DataFrame(rows), key="tags", file=file, alt=said)


def _worst(reading: Reading, label: str, scorer: str) -> str:
    told = [
        (summary.accuracy.value, tag, summary)
        for tag, summary in reading.tags(label, scorer).items()
        if summary.accuracy.value is not None
    ]
    if not told:
        return f"{called(reading, label)} n/a"
    value, tag, summary = min(told, key=lambda one: (one[0], one[1]))
    return (
        f"{called(reading, label)} is weakest on {tag} ({percent(value)} of {count(summary.cases, 'case')})"
    )


def heat(
    values: list[list[float | None]],
    *,
    rows: list[str],
    columns: list[str],
    text: list[list[str]],
    most: float | None = None,
    least: float | None = 0.0,
) -> go.Figure:
    """Numbers as a field of cells, darker or lighter by size, each with its number.

    Args:
        values: By row, then by column; ``None``: unknown, an empty cell.
        rows: What the rows are, from the top.
        columns: What the columns are.
        text: What stands in each cell.
        most: What the strongest colour stands for; ``None``: the largest value.
        least: What the palest stands for; ``None``: the smallest value.
    """
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=_apart(columns),
            y=_apart(rows),
            text=text,
            texttemplate="%{text}",
            textfont={"size": 13, "color": "#ffffff" if dark() else "#10151c"},
            colorscale=scale(),
            zmin=least,
            zmax=most,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    dressed(figure, height=90 + 44 * max(1, len(rows)))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", side="top", showgrid=False)
    return figure


def _apart(words: list[str]) -> list[str]:
    """Words for an axis; two that were cut to the same stay two."""
    cut = [inked(word, most=20) for word in words]
    return [word if cut.count(word) == 1 else f"{word} ({place})" for place, word in enumerate(cut, start=1)]


# By class


def _classes(reading: Reading, scorer: str, *, file: str) -> None:
    st.markdown(f"**What was taken for what** ({plain(scorer)})")
    labels = [label for label in reading.labels if reading.result(label).rows]
    if st.session_state.get(WHO) not in labels:
        st.session_state[WHO] = labels[0]
    who: str = st.selectbox(
        "Contender",
        labels,
        key=WHO,
        format_func=lambda one: called(reading, one) if one in reading.labels else one,
        persist_state="session",
        width=320,
    )
    found: Confusion = reading.once(
        ("confusion", who, scorer), lambda: confusion(reading.outcomes(who, scorer))
    )
    st.markdown(
        f"Macro-F1 **{_score(found.macro_f1)}** · accuracy **{percent(found.accuracy)}**",
        help="F1 is the harmonic mean of precision and recall; macro-F1 is its mean over the classes, "
        "each counting the same however often it is expected.",
    )
    if found.unlabelled:
        st.caption(f"{count(found.unlabelled, 'answer')} to cases without an expected class are left out.")
    _matrix(found, file=file)
    per_class = pd.DataFrame([
        {
            "class": one.label,
            "expected": one.expected,
            "found": one.found,
            "right": one.right,
            "precision": percent(one.precision),
            "recall": percent(one.recall),
            "F1": _score(one.f1),
        }
        for one in found.classes
    ])  # fmt: skip
    table(per_class, key="classes", alt="Precision, recall and F1 of each class")
    csv(per_class, key="classes", file=file)


def _matrix(found: Confusion, *, file: str) -> None:
    anywhere = [
        *found.labels,
        *([NO_LABEL] if any(found.counts[row][NO_LABEL] for row in found.labels) else []),
    ]
    values: list[list[float | None]] = [
        [float(found.counts[row][column]) for column in anywhere] for row in found.labels
    ]
    worst = max(
        (
            (found.counts[row][column], row, column)
            for row in found.labels
            for column in anywhere
            if row != column
        ),
        default=(0, "", ""),
    )
    said = "Rows are what was expected, columns what was answered; the diagonal is right."
    if worst[0]:
        said += f" Most often {worst[1]} was taken for {worst[2]} ({worst[0]:,} times)."
    counts = pd.DataFrame([
        {"expected": row, **{column: found.counts[row][column] for column in anywhere}}
        for row in found.labels
    ])  # fmt: skip
    if len(found.labels) > _MOST_CLASSES:
        st.caption(f"{len(found.labels)} classes are too many to draw; *The numbers* has each one.")
        numbers(counts, key="confusion", file=file, alt=said)
        return
    figure = heat(
        values,
        rows=list(found.labels),
        columns=anywhere,
        text=[[f"{value:,.0f}" if value else "" for value in row] for row in values],
    )
    chart(figure, key="confusion", alt=said)
    st.caption(plain(said))
    numbers(counts, key="confusion", file=file, alt=said)


def _score(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
