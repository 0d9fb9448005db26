"""Analytics over time: cost, tokens, runs and latency by hour, day or week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.history.analytics import Analytics, moment_of
from bedrock_playground.history.analytics_values import (
    AnalyticsFilter,
    Choices,
    Measure,
    Period,
    Quantiles,
    Sums,
    Width,
)
from components.analytics_chart import (
    PATTERNS,
    RULE,
    caveats,
    chart,
    names_of,
    numbers,
    plain_layout,
    rests_on,
    told,
)
from components.palette import colour

WHAT = "analytics_over_time"
_COST, _TOKENS, _RUNS, _TOTAL, _TTFT = "Cost", "Tokens", "Runs", "Total time", "Time to first token"
_LATENCY = {_TOTAL: Measure.TOTAL, _TTFT: Measure.TTFT}
_MOST_MODELS = 6
_OTHERS = "other models"
_LENGTH = {Width.HOUR: timedelta(hours=1), Width.DAY: timedelta(days=1), Width.WEEK: timedelta(days=7)}


def over_time(analytics: Analytics, which: AnalyticsFilter, choices: Choices) -> None:
    """Draw what was asked for, and ask the database for that alone."""
    what = st.segmented_control(
        "What",
        (_COST, _TOKENS, _RUNS, _TOTAL, _TTFT),
        default=_COST,
        required=True,
        key=WHAT,
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    width = analytics.width(which, choices)
    if what in _LATENCY:
        _latency(analytics, which, what=what, width=width)
        return
    periods = analytics.over_time(which, width)
    if what == _COST:
        _cost(periods, width)
    elif what == _TOKENS:
        _tokens(periods, width)
    else:
        _runs(periods, width)


def _cost(periods: Sequence[Period], width: Width) -> None:
    by_model = _by_model(periods)
    names = names_of(by_model)
    figure = go.Figure()
    for place, (model, sums) in enumerate(by_model.items()):
        known = {start: one for start, one in sums.items() if one.known_cost is not None}
        figure.add_bar(
            x=list(known),
            y=[float(one.cost) for one in known.values()],
            name=names[model],
            marker_color=colour(place),
            marker_pattern_shape=PATTERNS[place % len(PATTERNS)],
            customdata=[[model, format_usd(one.cost)] for one in known.values()],
            hovertemplate="%{customdata[0]}<br>%{x}: %{customdata[1]}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    data = pd.DataFrame(
        {
            width.value: _when(one.start, width),
            "model": one.model_id,
            "cost (US$)": None if one.sums.known_cost is None else f"{one.sums.cost:f}",
            "priced runs": one.sums.priced,
            "free runs": one.sums.free,
            "completed runs of unknown cost": one.sums.unknown,
        }
        for one in periods
    )
    total = _total(periods)
    if not total.cost:
        _no_cost(total, data)
        return
    _on_time(figure, [one.start for one in periods], width)
    chart(
        plain_layout(figure, height=340, y_title=f"US dollars per {width.value}"),
        data,
        name="cost",
        alt=f"Cost per {width.value} by model, {format_usd(total.known_cost)} in all. "
        f"{total.unknown:,} completed runs are of unknown cost.",
    )
    st.caption(" ".join(part for part in (_unknown(total), _UTC[width]) if part))


def _tokens(periods: Sequence[Period], width: Width) -> None:
    by_start = _by_start(periods)
    figure = go.Figure()
    for place, (name, field) in enumerate((("input", "input_tokens"), ("output", "output_tokens"))):
        figure.add_bar(
            x=list(by_start),
            y=[getattr(sums, field) for sums in by_start.values()],
            name=name,
            marker_color=colour(place),
            marker_pattern_shape=PATTERNS[place],
            hovertemplate=f"%{{x}}: %{{y:,}} {name} tokens<extra></extra>",
        )
    data = pd.DataFrame(
        {
            width.value: _when(start, width),
            "input tokens": sums.input_tokens,
            "output tokens": sums.output_tokens,
            "runs that told them": sums.told,
            "runs": sums.runs,
        }
        for start, sums in by_start.items()
    )
    figure.update_layout(barmode="stack")
    total = _total(periods)
    _on_time(figure, list(by_start), width)
    chart(
        plain_layout(figure, height=340, y_title=f"tokens per {width.value}"),
        data,
        name="tokens",
        alt=f"Tokens per {width.value}: {total.input_tokens:,} in and {total.output_tokens:,} out in all.",
    )
    untold = total.runs - total.told
    note = f"{untold:,} runs told no output tokens and are not in these bars." if untold else ""
    st.caption(" ".join(part for part in (note, _UTC[width]) if part))


def _runs(periods: Sequence[Period], width: Width) -> None:
    by_start = _by_start(periods)
    figure = go.Figure()
    for place, name in enumerate(("completed", "failed", "cancelled", "interrupted")):
        figure.add_bar(
            x=list(by_start),
            y=[getattr(sums, name) for sums in by_start.values()],
            name=name,
            marker_color=colour(place),
            marker_pattern_shape=PATTERNS[place],
            hovertemplate=f"%{{x}}: %{{y:,}} {name}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    names = ("runs", "completed", "failed", "cancelled", "interrupted", "retried", "retries")
    data = pd.DataFrame(
        {width.value: _when(start, width), **{name: getattr(sums, name) for name in names}}
        for start, sums in by_start.items()
    )
    total = _total(periods)
    _on_time(figure, list(by_start), width)
    chart(
        plain_layout(figure, height=340, y_title=f"runs per {width.value}"),
        data,
        name="runs",
        alt=f"Runs per {width.value}: {total.completed:,} completed and {total.failed:,} failed in all.",
    )
    st.caption(_UTC[width])


def _latency(analytics: Analytics, which: AnalyticsFilter, *, what: str, width: Width) -> None:
    found = analytics.quantiles_over_time(which, _LATENCY[what], width=width)
    if not found:
        st.info(f"No completed run told its {what.lower()} in this period.", icon=":material/info:")
        return
    figure = go.Figure()
    for place, (name, dash, symbol) in enumerate((("median", "solid", "circle"), ("P95", "dot", "diamond"))):
        points = _with_gaps(found, place=place, width=width)
        figure.add_scatter(
            x=[start for start, _, _ in points],
            y=[value for _, value, _ in points],
            name=name,
            mode="lines+markers",
            line={"dash": dash, "color": colour(place)},
            marker={
                "color": colour(place),
                "symbol": [f"{symbol}-open" if rough else symbol for _, _, rough in points],
                "size": 8,
            },
            hovertemplate=f"%{{x}}: {name} %{{y:.3f}} s<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    _on_time(figure, [moment_of(str(one.part)) for one in found], width)
    data = pd.DataFrame(
        {
            width.value: _when(moment_of(str(one.part)), width),
            **{f"{name} (s)": value for name, value in told(one).items()},
            "runs": one.samples,
            "note": caveats(one.told),
        }
        for one in found
    )
    untold = sum(one.told[1].value is None for one in found)
    chart(
        plain_layout(figure, height=340, y_title="seconds"),
        data,
        name=_LATENCY[what].value,
        alt=f"{what} per {width.value}: median and P95 in seconds over {len(found)} periods.",
        columns={f"{name} (s)": st.column_config.NumberColumn(format="%.3f") for name in ("median", "P95")},
    )
    too_few = f"P95 needs 20 runs: {untold} of {len(found)} {width.value}s have too few. " if untold else ""
    st.caption(f"{too_few}{rests_on(analytics.sampling(which))} {RULE} {_UTC[width]}")


def _no_cost(total: Sums, data: pd.DataFrame) -> None:
    """Say why there is no cost to draw."""
    if not total.free:
        why = "No run here has a known cost."
    else:
        why = "The runs on this machine cost nothing."
        why += " No other cost is known here." if total.unknown else ""
    st.info(f"{why} *Tokens* and *Total time* show the same runs.", icon=":material/info:")
    numbers(data, name="cost", alt="Cost by period and model")


def _on_time(figure: go.Figure, starts: Sequence[datetime], width: Width) -> None:
    """Let the axis span all periods, and each bar most of its own: Plotly makes a hair of a single one."""
    length, milliseconds = _LENGTH[width], _LENGTH[width].total_seconds() * 1000
    figure.update_xaxes(type="date", range=[min(starts) - length / 2, max(starts) + 1.5 * length])
    figure.update_traces(width=0.8 * milliseconds, offset=0.1 * milliseconds, selector={"type": "bar"})


def _with_gaps(
    found: Sequence[Quantiles], *, place: int, width: Width
) -> list[tuple[datetime, float | None, bool]]:
    """A point per period; one without a value where nothing ran, so that no line is drawn across."""
    points: list[tuple[datetime, float | None, bool]] = []
    for one in found:
        start, quantile = moment_of(str(one.part)), one.told[place]
        if points and start - points[-1][0] > _LENGTH[width]:
            points.append((points[-1][0] + _LENGTH[width], None, False))
        points.append((start, quantile.value, quantile.rough))
    return points


def _by_model(periods: Iterable[Period]) -> dict[str, dict[datetime, Sums]]:
    """The models that cost most by themselves, the others together."""
    periods = list(periods)
    costs: dict[str, Decimal] = {}
    for one in periods:
        costs[one.model_id] = costs.get(one.model_id, Decimal(0)) + one.sums.cost
    order = sorted(costs, key=lambda model: (-costs[model], model))
    kept = order if len(order) <= _MOST_MODELS + 1 else order[:_MOST_MODELS]
    found: dict[str, dict[datetime, Sums]] = {model: {} for model in kept}
    for one in periods:
        sums = found.setdefault(one.model_id if one.model_id in kept else _OTHERS, {})
        sums[one.start] = sums.get(one.start, Sums()) + one.sums
    return found


def _by_start(periods: Iterable[Period]) -> dict[datetime, Sums]:
    found: dict[datetime, Sums] = {}
    for one in periods:
        found[one.start] = found.get(one.start, Sums()) + one.sums
    return found


def _total(periods: Iterable[Period]) -> Sums:
    total = Sums()
    for one in periods:
        total += one.sums
    return total


def _unknown(total: Sums) -> str:
    if not total.unknown:
        return ""
    runs = "run" if total.unknown == 1 else "runs"
    return f"\\+ {total.unknown:,} completed {runs} of unknown cost, not in these bars."


def _when(start: datetime, width: Width) -> str:
    return f"{start:%Y-%m-%d %H:00}" if width is Width.HOUR else f"{start:%Y-%m-%d}"


_UTC = {
    Width.HOUR: "Hours are UTC's.",
    Width.DAY: "Days are UTC's.",
    Width.WEEK: "Weeks begin on Monday, UTC.",
}
