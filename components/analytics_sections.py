"""Analytics by model, by error, by what caches saved, and by votes: one function per section."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.analytics_values import AnalyticsFilter, Ended, Measure, Quantiles
from bedrock_playground.history.caching import CacheLedger, ledgers
from components.analytics_chart import (
    PATTERNS,
    RULE,
    caveats,
    chart,
    name_axis,
    plain_layout,
    rests_on,
    runs_of,
    told,
    words_of,
)
from components.palette import colour
from components.resources import get_pricer

MEASURE = "analytics_by_model"
_MEASURES = {
    "Time to first token": (Measure.TTFT, "seconds", "s", False),
    "Output speed": (Measure.SPEED, "tokens per second", "tokens/s", True),
    "Total time": (Measure.TOTAL, "seconds", "s", False),
}
_MOST_MODELS = 20


def by_model(analytics: Analytics, which: AnalyticsFilter) -> None:
    """Draw how latency and speed are distributed, model by model."""
    what = st.segmented_control(
        "Measure",
        list(_MEASURES),
        default="Time to first token",
        required=True,
        key=MEASURE,
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    measure, unit, sign, more_is_better = _MEASURES[what]
    found = analytics.quantiles_by_model(which, measure)
    if not found:
        st.info(f"No completed run told its {what.lower()} here.", icon=":material/info:")
        return
    worst = 0.0 if more_is_better else float("inf")
    order = sorted(found, key=lambda one: _median(one, worst), reverse=not more_is_better)
    shown = order[-_MOST_MODELS:]
    data = pd.DataFrame(
        {
            "model": one.part,
            "runs": one.samples,
            **{f"{name} ({sign})": value for name, value in told(one).items()},
            "note": caveats(one.told),
        }
        for one in reversed(order)
    )
    best = shown[-1]
    alt = f"{what} of {len(found)} models in {unit}: P5 to P95, the middle half, and the median. "
    if best.told[2].value is not None:
        alt += f"Best median: {best.part}, {best.told[2].value:.3g} {sign}."
    names = [name for name in data.columns if name.endswith(f"({sign})")]
    chart(
        _ranges(shown, unit=unit),
        data,
        name=f"{measure.value}_by_model",
        alt=alt,
        columns={name: st.column_config.NumberColumn(format="%.3f") for name in names},
    )
    better = "more is better" if more_is_better else "less is better"
    left_out = (
        f"The best {_MOST_MODELS} of {len(found)} models; all are in the numbers. " if order != shown else ""
    )
    st.caption(
        f"The best median stands on top; {better}. Thin: P5 to P95. Thick: the middle half. {left_out}"
        f"{rests_on(analytics.sampling(which))} {RULE}"
    )


def _median(one: Quantiles, otherwise: float) -> float:
    value = one.told[2].value
    return otherwise if value is None else value


def _ranges(found: Sequence[Quantiles], *, unit: str) -> go.Figure:
    """A line from P5 to P95, a bar over the middle half, and a point at the median, for each model."""
    figure = go.Figure()
    for low, high, name, width in ((0, 4, "P5 to P95", 2), (1, 3, "middle half (P25 to P75)", 12)):
        xs: list[float | None] = []
        ys: list[str | None] = []
        for one in found:
            ends = one.told[low].value, one.told[high].value
            if None not in ends:
                xs += [*ends, None]
                ys += [str(one.part), str(one.part), None]
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            name=name,
            line={"width": width, "color": colour(7 if width == 2 else 5)},
            hoverinfo="skip",
        )
    medians = [one for one in found if one.told[2].value is not None]
    figure.add_scatter(
        x=[one.told[2].value for one in medians],
        y=[str(one.part) for one in medians],
        mode="markers",
        name="median",
        marker={
            "size": 12,
            "color": colour(1),
            "symbol": ["diamond-open" if one.told[2].rough else "diamond" for one in medians],
            "line": {"width": 2},
        },
        customdata=[[one.part, one.samples] for one in medians],
        hovertemplate=f"%{{customdata[0]}}<br>median %{{x:.3f}} {unit} "
        "of %{customdata[1]:,} runs<extra></extra>",
    )
    labels = [str(one.part) for one in found]
    name_axis(figure, labels)
    figure.update_xaxes(rangemode="tozero")
    return plain_layout(figure, height=120 + 48 * len(labels), x_title=unit)


def errors_and_retries(analytics: Analytics, which: AnalyticsFilter) -> None:
    """Draw what went wrong, and what was tried again."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Not completed", anchor=False)
        failures = analytics.failures(which)
        if failures:
            _kinds(failures, name="errors", alt="Runs that did not complete, by what went wrong")
            st.caption("*Cancelled* was stopped by somebody; *interrupted*: the app ended during the run.")
        else:
            st.info("Every run completed.", icon=":material/check_circle:")
    with right:
        st.subheader("Tried again", anchor=False)
        retried = analytics.retried(which)
        if retried:
            _kinds(
                retried,
                name="retries",
                alt="Runs that were tried more than once, by the error that led to it",
            )
            tries, done = sum(one.retries for one in retried), sum(one.completed for one in retried)
            total = sum(one.runs for one in retried)
            st.caption(f"More tries: {tries:,}, for {runs_of(total)}; {done:,} completed in the end.")
        else:
            st.info("No run was tried more than once.", icon=":material/check_circle:")


def _kinds(found: Sequence[Ended], *, name: str, alt: str) -> None:
    by_kind: dict[str, int] = {}
    for one in found:
        by_kind[one.kind] = by_kind.get(one.kind, 0) + one.runs
    kinds = sorted(by_kind, key=lambda kind: (by_kind[kind], kind))
    figure = go.Figure(
        go.Bar(
            x=[by_kind[kind] for kind in kinds],
            y=[words_of(kind) for kind in kinds],
            orientation="h",
            marker_color=colour(0),
            text=[f"{by_kind[kind]:,}" for kind in kinds],
            textposition="auto",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} runs<extra></extra>",
        )
    )
    data = pd.DataFrame(
        {
            "what": words_of(one.kind),
            "model": one.model_id,
            "runs": one.runs,
            "more tries": one.retries,
            "completed in the end": one.completed,
        }
        for one in found
    )
    most = ", ".join(f"{words_of(kind)} {by_kind[kind]:,}" for kind in reversed(kinds[-5:]))
    chart(
        plain_layout(figure, height=90 + 36 * len(kinds), x_title="runs"),
        data,
        name=name,
        alt=f"{alt}: {most}.",
    )


def cache(analytics: Analytics, which: AnalyticsFilter) -> None:
    """Show what prompt caches saved or cost, by today's prices."""
    found = ledgers(analytics.cached_tokens(which), get_pricer)
    if not found:
        st.info(
            "No run here read from a prompt cache or wrote to one. A variant's settings in Compare put a "
            "cache point behind the system prompt and the prompt.",
            icon=":material/info:",
        )
        return
    known = [one for one in found if one.saved is not None]
    paid, without = (sum((getattr(one, name) for one in known), Decimal(0)) for name in ("paid", "without"))
    saved = without - paid
    with st.container(horizontal=True, key="analytics_cache_figures"):
        st.metric(
            "Saved" if saved >= 0 else "Lost", format_usd(abs(saved)) if known else "unknown", border=True
        )
        st.metric("Cached tokens cost", format_usd(paid) if known else "unknown", border=True)
        st.metric("Without a cache", format_usd(without) if known else "unknown", border=True)
    shown = [one for one in known if one.paid or one.without]
    figure = go.Figure()
    for place, (name, field) in enumerate((("as cached", "paid"), ("without a cache", "without"))):
        figure.add_bar(
            y=[one.model_id for one in reversed(shown)],
            x=[float(getattr(one, field)) for one in reversed(shown)],
            name=name,
            orientation="h",
            marker_color=colour(place),
            marker_pattern_shape=PATTERNS[place],
            hovertemplate=f"%{{y}}<br>{name}: $%{{x:,.6~f}}<extra></extra>",
        )
    if shown:
        figure.update_layout(bargap=0.5)
        name_axis(figure, [one.model_id for one in reversed(shown)], above=25)
        chart(
            plain_layout(figure, height=120 + 64 * len(shown), x_title="US dollars"),
            pd.DataFrame(_ledger_row(one) for one in found),
            name="cache",
            alt=f"Cached tokens by model: {format_usd(paid)} as cached, {format_usd(without)} without.",
        )
    else:
        st.dataframe(pd.DataFrame(_ledger_row(one) for one in found), hide_index=True, placeholder="n/a")
    st.caption(_about(found))


def _about(found: Sequence[CacheLedger]) -> str:
    unknown, free = sum(one.unknown_runs for one in found), sum(one.free_runs for one in found)
    parts = ["Today's prices of the tokens that were read from a cache or written to one."]
    if unknown:
        parts.append(f"\\+ {runs_of(unknown)} of unknown rates, in no sum.")
    if free:
        parts.append(f"{runs_of(free)} on this machine: nothing to pay either way.")
    if any(one.estimated for one in found):
        parts.append("Some rates are estimates.")
    return " ".join(parts)


def _ledger_row(one: CacheLedger) -> dict[str, object]:
    saved = one.saved
    return {
        "model": one.model_id,
        "runs": one.runs,
        "tokens read": one.read,
        "tokens written": one.written,
        "input read from cache": None if one.read_share is None else f"{one.read_share:.1%}",
        "cost as cached (US$)": None if saved is None else f"{one.paid:f}",
        "without a cache (US$)": None if saved is None else f"{one.without:f}",
        "saved (US$)": None if saved is None else f"{saved:f}",
        "runs of unknown rates": one.unknown_runs,
        "free runs": one.free_runs,
        "why unknown": one.why_unknown,
    }


def votes(analytics: Analytics, which: AnalyticsFilter) -> None:
    """Draw how often each model's answers won."""
    found = analytics.win_rates(which)
    judged = [one for one in found if one.rate.share is not None]
    if not judged:
        st.info(
            "No votes in this period. Two or more answers that stand beside each other in Compare can be "
            "voted on: the best one, a tie, or all bad.",
            icon=":material/how_to_vote:",
        )
        return
    order = sorted(judged, key=lambda one: (one.rate.share or 0.0, one.model_id))
    labels = [one.model_id for one in order]
    rates = [one.rate.share or 0.0 for one in order]
    figure = go.Figure()
    figure.add_scatter(
        x=rates,
        y=labels,
        mode="markers",
        name="win rate, with its 95% interval",
        marker={"size": 12, "symbol": "diamond", "color": colour(0)},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [one.rate.high - rate for one, rate in zip(order, rates, strict=True)],
            "arrayminus": [rate - one.rate.low for one, rate in zip(order, rates, strict=True)],
            "thickness": 2,
        },
        customdata=[[one.model_id, one.rate.low, one.rate.high, one.rate.samples] for one in order],
        hovertemplate="%{customdata[0]}<br>%{x:.0%} (%{customdata[1]:.0%} to %{customdata[2]:.0%}), "
        "%{customdata[3]:,} votes<extra></extra>",
    )
    figure.add_scatter(
        x=[one.chance for one in order],
        y=labels,
        mode="markers",
        name="what blind picking would give",
        marker={"size": 14, "symbol": "line-ns-open", "color": colour(1), "line": {"width": 3}},
        hovertemplate="by chance %{x:.0%}<extra></extra>",
    )
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    name_axis(figure, labels)
    data = pd.DataFrame(
        {
            "model": one.model_id,
            "win rate": one.rate.share,
            "from": one.rate.low,
            "to": one.rate.high,
            "by chance": one.chance,
            **{name: getattr(one, name) for name in ("won", "lost", "tied", "bad")},
        }
        for one in sorted(found, key=lambda one: -(one.rate.share if one.rate.share is not None else -1))
    )
    top = order[-1]
    per_cent = {
        name: st.column_config.NumberColumn(format="percent")
        for name in ("win rate", "from", "to", "by chance")
    }
    chart(
        plain_layout(figure, height=120 + 48 * len(labels), x_title="win rate"),
        data,
        name="votes",
        alt=f"Win rates of {len(order)} models with 95 per cent intervals. Highest: {top.model_id}, "
        f"{top.rate.share:.0%} of {top.rate.samples} votes.",
        columns=per_cent,
    )
    passed_over = " Votes know no tags and no endpoints: those filters do not hold here." * bool(
        which.tags or which.endpoints
    )
    st.caption(
        "A win counts 1, a tie among n answers 1/n; where all were bad, it counts for nobody. Intervals are "
        f"Wilson's, at 95 per cent: where they overlap, more votes are needed to tell.{passed_over}"
    )
