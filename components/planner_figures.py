"""Figures of a plan: a dot per model and mode, a line per model over the months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.planning.modes import MODES, Mode, PlanRow
from bedrock_playground.planning.workload import Workload, growth
from components.palette import DASHES, SYMBOLS, colour
from components.planner_state import key

_BELOW = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "title": None}
_MONTHS = 12
_LINES = 8


def labels_of(rows: Sequence[PlanRow]) -> dict[str, str]:
    """What each id is called: its model's name, with the id where several share that."""
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row.name, set()).add(row.model_id)
    return {
        row.model_id: row.name if len(names[row.name]) == 1 else f"{row.name} · {row.model_id}"
        for row in rows
    }


def dots(rows: Sequence[PlanRow]) -> None:
    """Draw what each model costs in each mode.

    Args:
        rows: With a price, cheapest first.
    """
    labels = labels_of(rows)
    order = list(dict.fromkeys(labels[row.model_id] for row in rows))
    figure = go.Figure()
    for place, mode in enumerate(MODES):
        mine = [row for row in rows if row.mode == mode]
        if not mine:
            continue
        figure.add_scatter(
            x=[float(row.per_month or 0) for row in mine],
            y=[labels[row.model_id] for row in mine],
            mode="markers",
            name=mode.name,
            marker={
                "symbol": SYMBOLS[place],
                "color": colour(place),
                "size": 12,
                "line": {"width": 1, "color": "rgba(128,128,128,.6)"},
            },
            text=[format_usd(row.per_month) for row in mine],
            hovertemplate=f"%{{y}}, {mode.name}: %{{text}} a month<extra></extra>",
        )
    costs = [float(row.per_month or 0) for row in rows]
    wide = min(costs) > 0 and max(costs) / min(costs) > 30
    figure.update_layout(
        title={"text": f"Cost a month<br><sub>US dollars, further left is better"
                       f"{'; each step is a multiple' if wide else ''}</sub>", "font": {"size": 15}},
        height=130 + 30 * len(order) + 24 * len(figure.data),
        margin={"l": 8, "r": 16, "t": 64, "b": 8},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": order[::-1], "title": None,
               "showgrid": True},
        xaxis={"type": "log" if wide else "linear", "tickprefix": "$", "title": None,
               **({"dtick": 1} if wide else {"rangemode": "tozero"})},
        legend=_BELOW,
    )  # fmt: skip
    words = "; ".join(
        f"{labels[row.model_id]} {row.mode.name} {format_usd(row.per_month)}" for row in rows[:20]
    )
    st.plotly_chart(
        figure, key=key("dots"), config={"displayModeBar": False}, alt=f"Cost a month in US dollars: {words}"
    )


def growing(rows: Sequence[PlanRow], workload: Workload) -> None:
    """Draw what the next twelve months cost in one mode.

    Args:
        rows: With a price, cheapest first.
        workload: The traffic and its growth.
    """
    modes = [mode for mode in MODES if any(row.mode == mode for row in rows)]
    if not modes:
        st.caption("Nothing here has a known price.")
        return
    names = {mode.name: mode for mode in modes}
    if st.session_state.get(key("growth_mode")) not in names:
        st.session_state[key("growth_mode")] = modes[0].name
    mode: Mode = names[
        st.selectbox("Mode", list(names), key=key("growth_mode"), persist_state="session", width=260)
    ]
    mine = [row for row in rows if row.mode == mode]
    requests = growth(workload.requests_per_month, workload.growth_per_month, _MONTHS)
    labels = labels_of(mine)
    months = list(range(1, _MONTHS + 1))
    figure = go.Figure()
    table: dict[str, list[float]] = {"Requests": [float(round(one)) for one in requests]}
    for place, row in enumerate(mine):
        costs = [one * (row.per_request.amount or Decimal(0)) for one in requests]
        table[labels[row.model_id]] = [float(cost) for cost in costs]
        if place < _LINES:
            figure.add_scatter(
                x=months, y=[float(cost) for cost in costs], mode="lines+markers", name=labels[row.model_id],
                line={"dash": DASHES[place % len(DASHES)], "color": colour(place)},
                text=[format_usd(cost) for cost in costs],
                hovertemplate=f"{labels[row.model_id]}, month %{{x}}: %{{text}}<extra></extra>",
            )  # fmt: skip
    what = f"{float(workload.growth_per_month) * 100:+.3g} % a month, {mode.name}"
    figure.update_layout(
        title={"text": f"Twelve months<br><sub>US dollars a month; {what}</sub>", "font": {"size": 15}},
        height=340 + 24 * len(figure.data), margin={"l": 8, "r": 8, "t": 64, "b": 8},
        xaxis={"title": "Month", "dtick": 1}, yaxis={"rangemode": "tozero", "tickprefix": "$", "title": None},
        legend=_BELOW,
    )  # fmt: skip
    year = ", ".join(
        f"{name} {format_usd(Decimal(repr(sum(costs))))}" for name, costs in list(table.items())[1:]
    )
    st.plotly_chart(
        figure,
        key=key("growing"),
        config={"displayModeBar": False},
        alt=f"Twelve months in US dollars: {year}",
    )
    if len(mine) > _LINES:
        st.caption(f"Drawn: the {_LINES} cheapest. The table has all.")
    data = pd.DataFrame(table, index=pd.Index(months, name="Month"))
    total = data.sum().to_frame().T.set_axis(pd.Index(["Year"], name="Month"))
    data = pd.concat([data, total]).reset_index()
    data["Month"] = data["Month"].astype(str)
    st.dataframe(
        data,
        hide_index=True,
        key=key("growing_table"),
        alt="Cost of twelve months by model, and of the year",
        column_config={
            "Month": st.column_config.TextColumn(width=70, pinned=True),
            "Requests": st.column_config.NumberColumn(format="localized", width=110),
            **{name: st.column_config.NumberColumn(format="dollar") for name in list(table)[1:]},
        },
    )
    st.download_button(
        "Download CSV", data.to_csv(index=False), file_name="plan-twelve-months.csv", mime="text/csv",
        key=key("growing_csv"), icon=":material/download:", on_click="ignore",
    )  # fmt: skip
