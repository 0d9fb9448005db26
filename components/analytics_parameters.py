"""Analytics of one model over a parameter: latency, length, and how much repeats agree."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.analytics_values import AnalyticsFilter, Parameter, Quantiles, Setting
from components.analytics_chart import RULE, caveats, numbers, plain_layout
from components.palette import colour
from components.words import plain

MODEL, PARAMETER = "analytics_parameter_model", "analytics_parameter"
NAMES = {
    Parameter.TEMPERATURE: "Temperature",
    Parameter.TOP_P: "Top-p",
    Parameter.TOP_K: "Top-k",
    Parameter.MAX_TOKENS: "Max tokens",
    Parameter.THINKING_BUDGET: "Thinking budget",
    Parameter.EFFORT: "Effort",
    Parameter.SERVICE_TIER: "Service tier",
}
"""What the parameters are called."""
_PLACES = {"median": 0, "P95": 1, "P5": 2}


def parameters(analytics: Analytics, which: AnalyticsFilter) -> None:
    """Draw what one model did at each value of one parameter."""
    varied = {model: found for model, found in analytics.varied(which).items() if found}
    if not varied:
        st.info(
            "No model was run at more than one value of a parameter here. In Compare, let two variants of "
            "one model differ in temperature, say, and repeat them a few times.",
            icon=":material/info:",
        )
        return
    models = sorted(varied)
    if st.session_state.get(MODEL) not in models:
        st.session_state[MODEL] = models[0]
    with st.container(horizontal=True, vertical_alignment="top", key="analytics_parameter_choice"):
        model = st.selectbox("Model", models, key=MODEL, persist_state="session", width=380)
        offered = varied[model]
        if st.session_state.get(PARAMETER) not in offered:
            st.session_state[PARAMETER] = offered[0]
        parameter = st.segmented_control(
            "Parameter",
            offered,
            format_func=NAMES.__getitem__,
            required=True,
            key=PARAMETER,
            persist_state="session",
            wrap=True,
        )
    if parameter is None:
        return
    settings = analytics.by_parameter(which, parameter, model_id=model)
    if not settings:
        st.info("No completed run told how long it took.", icon=":material/info:")
        return
    labels = [value_words(one.value) for one in settings]
    with st.grid(3, min_column_width=280):
        with st.container():
            st.subheader("Total time", anchor=False)
            _spread_chart([one.total for one in settings], labels, unit="seconds", x_title=NAMES[parameter])
        with st.container():
            st.subheader("Length", anchor=False)
            _spread_chart(
                [one.length for one in settings], labels, unit="output tokens", x_title=NAMES[parameter]
            )
        with st.container():
            st.subheader("Agreement of repeats", anchor=False)
            _agreement_chart(settings, labels, x_title=NAMES[parameter])
    _numbers(settings, labels, name=NAMES[parameter], model=model)


def value_words(value: str | float | None) -> str:
    """A parameter's value as it is written."""
    if value is None:
        return "not sent"
    return value if isinstance(value, str) else f"{value:g}"


def _spread_chart(found: Sequence[Quantiles], labels: Sequence[str], *, unit: str, x_title: str) -> None:
    figure = go.Figure()
    for place in range(len(found[0].told)):
        name = found[0].told[place].name
        symbol = {"median": "circle", "P95": "diamond", "P5": "square"}[name]
        figure.add_scatter(
            x=list(labels),
            y=[one.told[place].value for one in found],
            name=name,
            mode="lines+markers",
            line={"dash": "solid" if name == "median" else "dot", "color": colour(_PLACES[name])},
            marker={
                "color": colour(_PLACES[name]),
                "size": 9,
                "symbol": [f"{symbol}-open" if one.told[place].rough else symbol for one in found],
            },
            hovertemplate=f"%{{x}}: {name} %{{y:,.3~f}} {unit}<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(labels))
    told = [
        f"{label} {one.told[0 if len(one.told) == 2 else 1].value:,.3g}"
        for label, one in zip(labels, found, strict=True)
        if one.told[0 if len(one.told) == 2 else 1].value is not None
    ]
    st.plotly_chart(
        plain_layout(figure, height=280, y_title=unit, x_title=x_title),
        key=f"analytics_parameter_{unit}",
        config={"displayModeBar": False},
        alt=f"{unit} by {x_title}, medians: {', '.join(told) or 'too few runs'}.",
    )


def _agreement_chart(settings: Sequence[Setting], labels: Sequence[str], *, x_title: str) -> None:
    told = [
        (label, one.agreement)
        for label, one in zip(labels, settings, strict=True)
        if one.agreement is not None
    ]
    if not told:
        st.info("No request was completed twice at one value: repeat a run to see.", icon=":material/info:")
        return
    figure = go.Figure(
        go.Bar(
            x=[label for label, _ in told],
            y=[one.share for _, one in told],
            text=[f"{one.share:.0%}" for _, one in told],
            textposition="outside",
            cliponaxis=False,
            marker_color=colour(0),
            customdata=[[one.requests, one.runs] for _, one in told],
            hovertemplate="%{x}: %{y:.1%}, %{customdata[0]:,} requests, "
            "%{customdata[1]:,} runs<extra></extra>",
        )
    )
    figure.update_yaxes(range=[0, 1.12], tickformat=".0%")
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(labels))
    st.plotly_chart(
        plain_layout(figure, height=280, y_title="same answer", x_title=x_title),
        key="analytics_parameter_agreement",
        config={"displayModeBar": False},
        alt="How often two repeats gave the same answer: "
        + ", ".join(f"{label} {one.share:.0%}" for label, one in told)
        + ".",
    )


def _numbers(settings: Sequence[Setting], labels: Sequence[str], *, name: str, model: str) -> None:
    data = pd.DataFrame(
        {
            name: label,
            "runs": one.total.samples,
            "total: median (s)": one.total.told[0].value,
            "total: P95 (s)": one.total.told[1].value,
            "output tokens: P5": one.length.told[0].value,
            "output tokens: median": one.length.told[1].value,
            "output tokens: P95": one.length.told[2].value,
            "agreement": one.agreement.share if one.agreement else None,
            "repeated requests": one.agreement.requests if one.agreement else 0,
            "their runs": one.agreement.runs if one.agreement else 0,
            "note": caveats((*one.total.told, *one.length.told)),
        }
        for label, one in zip(labels, settings, strict=True)
    )
    numbers(data, name="parameter", alt=f"{model} by {name}")
    st.caption(
        f"{plain(model)}. Agreement: how often two repeats of the same request gave the same answer, "
        f"whatever its case and white space; the mean over requests. {RULE}"
    )
