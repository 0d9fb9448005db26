"""The figures of a finished comparison: bars, stacked times, cost against latency, and every repeat as a dot.

Nothing rests on colour alone: variants have letters, parts of a bar have textures, what is unknown has words.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import pandas as pd
import plotly.graph_objects as go

from components.measured import COST, Measure, labels, middles, numbers, spreads, usd
from components.palette import ON_DARK, ON_LIGHT
from components.variants import LETTERS

_GREY = "rgba(128,128,128,0.9)"
_HEIGHT = 260
_WIDE = 20
"""The largest over the smallest from which an axis is logarithmic."""
_JITTER = 0.22
_LARGEST, _SMALLEST = 38, 12
"""Diameters of bubbles in px; by its area a bubble is as large as its output is long."""
_PARTS = (
    ("waiting", "to first token", "/"),
    ("reasoning", "of it reasoning", "."),
    ("writing", "writing", ""),
    ("rest", "rest", "x"),
)
"""What a run's time goes into: the column of :func:`parts`, its words, its texture."""


def colours(data: pd.DataFrame, *, dark: bool) -> list[str]:
    """The colours of a table's variants, in order."""
    by_letter = dict(zip(LETTERS, ON_DARK if dark else ON_LIGHT, strict=True))
    return [by_letter[label] for label in labels(data)]


def bars(data: pd.DataFrame, measure: Measure, *, dark: bool = False) -> go.Figure:
    """A bar per variant at the median of its runs, and with repeats a dash per run.

    Args:
        data: :func:`components.measured.table`'s rows.
        measure: Which column.
        dark: Whether it stands on a dark page.
    """
    shown = labels(data)
    values = middles(data, measure)
    hover = f"%{{x}}: %{{y:{measure.digits}}} {measure.unit}<extra></extra>"
    figure = go.Figure(
        go.Bar(
            x=shown,
            y=values,
            marker_color=colours(data, dark=dark),
            text=[measure.missing if value is None else measure.words(value) for value in values],
            # Above the bar: on it, many would stand upright, and dark ones on a colour.
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            hovertemplate=hover,
        )
    )
    if len(data) > len(shown):
        known = numbers(data, measure.column)
        figure.add_scatter(
            x=data.loc[known.index, "variant"],
            y=known,
            mode="markers",
            marker={"symbol": "line-ew-open", "size": 14, "color": _GREY},
            hovertemplate=hover,
        )
    for label, value in zip(shown, values, strict=True):
        if value is None:
            figure.add_annotation(x=label, y=0, yanchor="bottom", text=measure.missing, showarrow=False)
    _dress(figure, measure.title, f"{measure.unit}, {measure.better}", legend=False)
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=shown)
    most = max(numbers(data, measure.column), default=0.0)
    # A seventh of room above the highest one, for its number.
    figure.update_yaxes(range=[0, most * 7 / 6 or 1], exponentformat="none", separatethousands=True)
    return figure


def parts(data: pd.DataFrame) -> pd.DataFrame:
    """What the time of each variant's run goes into, in ms; of repeats the one whose total is the median.

    With an even number of repeats it is the quicker one of the two in the middle: a run that was measured
    rather than a mean of two. Parts that are unknown are missing, never 0.
    """
    rows: list[dict[str, object]] = []
    for label in labels(data):
        mine = data[data["variant"] == label]
        totals = numbers(mine, "total_ms").sort_values(kind="stable")
        if totals.empty:
            rows.append({"variant": label})
            continue
        rows.append(_split(mine.loc[totals.index[(len(totals) - 1) // 2]]))
    columns = ["variant", "repeat", *(name for name, _, _ in _PARTS), "total_ms", "tpot_ms"]
    return pd.DataFrame(rows, columns=columns)


def _split(row: pd.Series[float]) -> dict[str, object]:
    total = float(row["total_ms"])
    first, thinking, last = (_known(row[name]) for name in ("ttft_ms", "first_reasoning_ms", "last_text_ms"))
    answering = total if first is None else first
    thought = thinking is not None and thinking < answering
    written = total if last is None else min(last, total)
    return {
        "variant": row["variant"],
        "repeat": row["repeat"],
        "waiting": thinking if thought else answering,
        "reasoning": answering - thinking if thought and thinking is not None else None,
        "writing": None if first is None else written - first,
        "rest": total - written if first is not None and total > written else None,
        "total_ms": total,
        "tpot_ms": _known(row["tpot_ms"]),
    }


def times(data: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Stacked bars of where the time goes, with the total and the time per output token in words.

    Args:
        data: :func:`components.measured.table`'s rows.
        dark: Whether it stands on a dark page.
    """
    split = parts(data)
    figure = go.Figure()
    for name, words, texture in _PARTS:
        if split[name].notna().any():
            figure.add_bar(
                y=split["variant"],
                # Plotly stacks nothing on a missing part; one of no width is not seen.
                x=split[name].fillna(0),
                name=words,
                orientation="h",
                marker={"color": colours(data, dark=dark), "pattern": {"shape": texture, "solidity": 0.45}},
                hovertemplate=f"%{{y}} {words}: %{{x:,.0f}} ms<extra></extra>",
            )
    figure.add_scatter(
        y=split["variant"],
        x=split["total_ms"].fillna(0),
        mode="text",
        text=[_total(total, per) for total, per in zip(split["total_ms"], split["tpot_ms"], strict=True)],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    again = len(data) > len(split)
    under = "ms, of the repeat whose total is the median" if again else "ms, with the time per output token"
    _dress(figure, "Where the time goes", under, legend=True)
    longest = float(split["total_ms"].max()) if split["total_ms"].notna().any() else 1.0
    # Under the axis there is room for two rows of the legend, which is what a phone takes.
    figure.update_layout(barmode="stack", margin={"b": 64})
    figure.update_xaxes(range=[0, longest * 1.85])
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=labels(data)[::-1])
    return figure


def _total(total: float | None, per_token: float | None) -> str:
    if total is None or pd.isna(total):
        return " n/a"
    rate = "" if per_token is None or pd.isna(per_token) else f" · {per_token:.3g} ms/token"
    return f" {total / 1000:,.2f} s{rate}"


def against_latency(data: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Cost against total time, a bubble per variant at its medians, as large as its median output is long.

    Repeats are small dots beside it. Lanes that are free or of unknown cost lie in strips of their own, so
    that unknown never looks like nothing. The corner that is cheap and quick is shaded.

    Args:
        data: :func:`components.measured.table`'s rows.
        dark: Whether it stands on a dark page.
    """
    points = medians(data)
    placed = points[points["total_s"].notna()]
    strips = [kind for kind in ("unknown", "free") if (placed["kind"] == kind).any()]
    priced = placed[placed["kind"] == "priced"]
    floor = 0.16 * len(strips) + (0.05 if strips else 0)
    by_letter = dict(zip(labels(data), colours(data, dark=dark), strict=True))
    most = float(pd.to_numeric(points["output_tokens"]).max()) if points["output_tokens"].notna().any() else 1
    figure = go.Figure()
    if len(data) > len(points):
        _dots(figure, data, by_letter)
    for kind, group in placed.groupby("kind"):
        figure.add_scatter(
            x=group["total_s"],
            y=group["usd"] if kind == "priced" else [_STRIP_WORDS[str(kind)]] * len(group),
            yaxis="y" if kind == "priced" else "y2",
            mode="markers+text",
            text=group["variant"],
            textfont={"color": "#ffffff" if not dark else "#10151c", "weight": "bold"},
            marker={
                "color": [by_letter[label] for label in group["variant"]],
                "size": [
                    max(_SMALLEST, _LARGEST * sqrt((_known(tokens) or 0) / (most or 1)))
                    for tokens in group["output_tokens"]
                ],
                "line": {"width": 1, "color": _GREY},
            },
            customdata=group[["model", "output_tokens", "cost"]],
            hovertemplate="%{text}: %{customdata[2]} · %{x:,.2f} s · %{customdata[1]} tokens"
            "<br>%{customdata[0]}<extra></extra>",
        )
    _dress(
        figure, "Cost against latency", "bubble: output tokens; lower left is cheap and quick", legend=False
    )
    figure.update_layout(height=_HEIGHT + 60)
    figure.update_xaxes(
        title={"text": "total, seconds"}, anchor="y2" if strips else "y", **_axis(placed["total_s"].tolist())
    )
    figure.update_layout(
        yaxis={"domain": [floor, 1], "tickprefix": "$", **_axis(priced["usd"].tolist())},
    )
    if strips:
        figure.update_layout(yaxis2=_strips([_STRIP_WORDS[kind] for kind in strips], top=floor - 0.05))
    if priced.empty:
        figure.update_layout(yaxis={"visible": False})
        figure.add_annotation(
            xref="paper",
            yref="y domain",
            x=0.5,
            y=0.5,
            text="No lane here has a price per token",
            showarrow=False,
        )
    else:
        figure.add_shape(
            type="rect", xref="x domain", yref="y domain", x0=0, x1=0.5, y0=0, y1=0.5,
            fillcolor=ON_LIGHT[2], opacity=0.14, line_width=0, layer="below",
        )  # fmt: skip
        figure.add_annotation(
            xref="x domain",
            yref="y domain",
            x=0.01,
            y=0.5,
            yanchor="top",
            text="<i>cheap and quick</i>",
            showarrow=False,
        )
    return figure


_STRIP_WORDS = {"free": "$0, free", "unknown": "unknown"}


def _strips(words: list[str], *, top: float) -> dict[str, object]:
    """An axis of places without numbers, from the figure's floor up to ``top``."""
    return {
        "domain": [0, top],
        "type": "category",
        "categoryorder": "array",
        "categoryarray": words,
        "range": [-0.5, len(words) - 0.5],
        "fixedrange": True,
    }


def _dots(figure: go.Figure, data: pd.DataFrame, by_letter: dict[str, str]) -> None:
    """Every priced run of the repeats as a small dot."""
    cost = numbers(data, COST.column)
    runs = data.loc[cost[cost > 0].index]
    runs = runs[runs["total_ms"].notna()]
    figure.add_scatter(
        x=runs["total_ms"].astype(float) / 1000,
        y=runs[COST.column].astype(float) / 1000,
        mode="markers",
        marker={"size": 5, "opacity": 0.6, "color": [by_letter[label] for label in runs["variant"]]},
        customdata=runs[["variant", "repeat"]],
        hovertemplate="%{customdata[0]}, repeat %{customdata[1]}: %{x:,.2f} s<extra></extra>",
    )


def medians(data: pd.DataFrame) -> pd.DataFrame:
    """One row per variant: median total in seconds, median cost per request, median output tokens.

    ``kind`` is ``unknown`` as soon as one run's cost is.
    """
    rows = []
    for label in labels(data):
        mine = data[data["variant"] == label]
        cost = numbers(mine, COST.column) / 1000
        unknown = len(cost) < len(mine)
        amount = None if unknown else float(cost.median())
        total = numbers(mine, "total_ms") / 1000
        tokens = numbers(mine, "output_tokens")
        rows.append({
            "variant": label,
            "model": mine["model"].iloc[0],
            "total_s": float(total.median()) if len(total) else None,
            "usd": amount,
            "cost": "unknown" if amount is None else usd(amount),
            "kind": "unknown" if amount is None else "priced" if amount > 0 else "free",
            "output_tokens": float(tokens.median()) if len(tokens) else None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def strip(data: pd.DataFrame, measure: Measure, *, dark: bool = False) -> go.Figure:
    """Every repeat as a dot, with the median, and P5 to P95 where there are runs enough for them.

    Args:
        data: :func:`components.measured.table`'s rows.
        measure: Which column.
        dark: Whether it stands on a dark page.
    """
    figure = go.Figure()
    shown = labels(data)
    for place, (label, colour) in enumerate(zip(shown, colours(data, dark=dark), strict=True)):
        mine = data[data["variant"] == label]
        known = numbers(mine, measure.column)
        # Beside each other by the order in which they ran, so that a drift over the repeats is seen too.
        steps = max(1, len(mine) - 1)
        repeats = mine.loc[known.index, "repeat"]
        figure.add_scatter(
            x=[place + _JITTER * (2 * (repeat - 1) / steps - 1) for repeat in repeats],
            y=known,
            mode="markers",
            name=label,
            marker={"color": colour, "size": 7, "opacity": 0.75, "symbol": place},
            customdata=repeats,
            hovertemplate=f"{label}, repeat %{{customdata}}: %{{y:{measure.digits}}} {measure.unit}"
            "<extra></extra>",
        )
        told = spreads(data, measure)[label]
        for quantile, half in ((told.low, 0.12), (told.median, 0.34), (told.high, 0.12)):
            if quantile.value is not None:
                figure.add_shape(
                    type="line", x0=place - half, x1=place + half, y0=quantile.value, y1=quantile.value,
                    line={"color": colour, "width": 2.5, "dash": "dot" if quantile.rough else "solid"},
                )  # fmt: skip
        if told.low.value is not None and told.high.value is not None:
            figure.add_shape(
                type="line", x0=place, x1=place, y0=told.low.value, y1=told.high.value,
                line={"color": colour, "width": 1.5},
            )  # fmt: skip
        if known.empty:
            figure.add_annotation(
                x=place, y=0, yref="y domain", yanchor="bottom", text=measure.missing, showarrow=False
            )
    _dress(
        figure,
        measure.title,
        f"{measure.unit}, {measure.better}; long: median, short: P5 and P95; dotted: rough",
        legend=False,
    )
    figure.update_layout(height=_HEIGHT + 60)
    figure.update_xaxes(
        tickvals=list(range(len(shown))), ticktext=shown, range=[-0.6, len(shown) - 0.4], zeroline=False
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def _axis(values: Sequence[float]) -> dict[str, object]:
    """Logarithmic where the values differ much, else from 0."""
    known = [value for value in values if value and value > 0]
    if known and max(known) / min(known) > _WIDE:
        return {"type": "log", "dtick": 1, "exponentformat": "none"}
    return (
        {"type": "linear", "range": [0, max(known) * 1.2], "exponentformat": "none"}
        if known
        else {"type": "linear"}
    )


def _known(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


def _dress(figure: go.Figure, title: str, under: str, *, legend: bool) -> None:
    figure.update_layout(
        title={"text": f"{title}<br><sub>{under}</sub>", "font": {"size": 15}},
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "traceorder": "normal"},
    )
