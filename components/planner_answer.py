"""The answer of a plan: the cheapest at once, then table and chart, growth, break-evens, mixes, quotas."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_usd
from bedrock_playground.planning.modes import Mode, PlanRow, plan
from bedrock_playground.planning.offers import Offers
from bedrock_playground.planning.report import Report
from bedrock_playground.planning.workload import Workload
from components import planner_export, planner_figures, planner_mix, planner_pays, planner_quota
from components.models_filters import SCOPE_LABELS
from components.planner_state import key
from components.words import plain

_TABS = ["Cost", "Growth", "Break-even", "Mix", "Quota", "Take away"]


def answer(
    ids: Sequence[tuple[ModelSpec, str]],
    modes: Sequence[Mode],
    *,
    workload: Workload,
    offers: Offers,
    region: str | None,
) -> None:
    """Draw it.

    Args:
        ids: Models with the ids to plan with.
        modes: The modes to show.
        workload: What is asked of them.
        offers: The prices, and who is offered how.
        region: The Region.
    """
    known, missing = plan(ids, modes, workload=workload, offers=offers, region=region)
    on_demand, _ = plan(ids, [Mode()], workload=workload, offers=offers, region=region)
    _headline(known, on_demand, workload)
    cost, growing, pays, mix, quota, take_away = st.tabs(_TABS)
    with cost:
        _cost(known, missing)
    with growing:
        planner_figures.growing(known, workload)
    sentences: list[str] = []
    more: dict[str, str] = {}
    with pays:
        sentences += planner_pays.pays(
            ids, on_demand, workload=workload, offers=offers, region=region, more=more
        )
    with mix:
        sentences += planner_mix.mix(on_demand, workload=workload, more=more)
    with quota:
        sentences += planner_quota.quota(ids, modes, workload=workload, more=more)
    with take_away:
        planner_export.take_away(Report(workload, region, known, missing, tuple(sentences), more))


def _headline(known: Sequence[PlanRow], on_demand: Sequence[PlanRow], workload: Workload) -> None:
    requests = workload.requests_per_month
    tokens_in, tokens_out = requests * workload.mean_input, requests * workload.mean_output
    with st.container(horizontal=True, key="planner_headline"):
        _best("Cheapest on demand", on_demand)
        _best("Cheapest of these modes", known)
        with st.container(width=190, gap=None):
            st.metric("Requests a month", f"{requests:,}")
            st.caption(f"{_short(tokens_in)} tokens in, {_short(tokens_out)} out")


def _best(label: str, rows: Sequence[PlanRow]) -> None:
    with st.container(width=230, gap=None):
        st.metric(label, format_usd(rows[0].per_month) if rows else "unknown")
        what = f"a month · {rows[0].name}, {rows[0].mode.name}" if rows else "No price is known."
        st.caption(plain(what))


def _short(tokens: Decimal) -> str:
    for size, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if tokens >= size:
            return f"{tokens / size:.3g} {unit}"
    return f"{tokens:.0f}"


def _cost(known: Sequence[PlanRow], missing: Sequence[PlanRow]) -> None:
    if known:
        planner_figures.dots(known)
        _table(known)
    else:
        st.caption("Nothing here has a known price. The reasons stand below.")
    if not missing:
        return
    with st.expander(f"{len(missing)} not priced, and why"):
        st.dataframe(
            pd.DataFrame([
                {"Model": row.name, "Mode": row.mode.name, "Why": row.per_request.note, "Id": row.model_id}
                for row in missing
            ]),
            hide_index=True,
            key=key("missing"),
            alt="Models and modes without a price, and why",
            column_config={"Why": st.column_config.TextColumn(width=430)},
        )  # fmt: skip


def _table(known: Sequence[PlanRow]) -> None:
    cheapest = known[0].per_month or Decimal(0)
    rows = [
        {
            "Model": row.name,
            "A month": float(row.per_month or 0),
            "Mode": row.mode.name,
            "1,000 requests": float((row.per_request.amount or Decimal(0)) * 1000),
            "× cheapest": float(row.per_month / cheapest) if row.per_month and cheapest else None,
            "Reached": SCOPE_LABELS[row.scope],
            "Known by": CONFIDENCE_WORDS[row.per_request.confidence],
            "Note": row.per_request.note,
            "Id": row.model_id,
        }
        for row in known
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key("table"),
        placeholder="n/a",
        height=35 * (min(len(rows), 10) + 1) + 3,
        alt="Cost a month by model and mode, cheapest first",
        column_config={
            "Model": st.column_config.TextColumn(width=170, pinned=True),
            "Mode": st.column_config.TextColumn(width=175),
            "A month": st.column_config.NumberColumn(
                format="dollar", width=100, help="US dollars, first month"
            ),
            "1,000 requests": st.column_config.NumberColumn(format="$%.4g", width=110),
            "× cheapest": st.column_config.NumberColumn(format="%.1f", width=85),
        },
    )
