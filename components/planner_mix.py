"""A mix of models in a plan: routing or a cascade, with the share of the traffic that each settles."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.planning.mix import Part, Pattern, asked, mix_cost
from bedrock_playground.planning.modes import PlanRow
from bedrock_playground.planning.workload import Workload
from components.planner_figures import labels_of
from components.planner_state import in_percent, key, number
from components.words import plain

_PATTERN, _OVERHEAD = key("mix_pattern"), key("mix_overhead")
_PATTERNS: dict[Pattern, str] = {"routing": "Routing", "cascade": "Cascade"}
_WHAT: dict[Pattern, str] = {
    "routing": "A router sends each request to one model: each is paid for its share alone.",
    "cascade": "Every request begins at the first; what that does not settle goes on to the next. What the "
    "last one settles is paid for at every one before it too.",
}
_PLACES = ("First", "Second", "Third")
_FIRST_SHARES = (80.0, 15.0)


def mix(on_demand: Sequence[PlanRow], *, workload: Workload, more: dict[str, str]) -> list[str]:
    """Draw a mix of models on demand.

    Args:
        on_demand: The models with a price, cheapest first.
        workload: The traffic.
        more: Takes the further assumptions that are made here.

    Returns:
        What came out, in a sentence; nothing while there is no mix.
    """
    if len(on_demand) < 2:
        st.caption("A mix needs two models with a known price. Add some above.")
        return []
    st.session_state.setdefault(_PATTERN, "cascade")
    st.segmented_control(
        "Pattern",
        list(_PATTERNS),
        format_func=_PATTERNS.__getitem__,
        key=_PATTERN,
        persist_state="session",
        required=True,
    )
    pattern: Pattern = st.session_state[_PATTERN]
    st.caption(_WHAT[pattern])
    rows = _models(on_demand)
    if len(rows) < 2:
        st.caption("Pick at least two models.")
        return []
    shares = _shares(rows)
    if shares is None:
        st.warning("The shares are more than 100 % together.", icon=":material/info:")
        return []
    overhead = _overhead(pattern)
    parts = [Part(row.model_id, share, row.per_request) for row, share in zip(rows, shares, strict=True)]
    cost = mix_cost(parts, pattern, overhead=overhead)
    labels = labels_of(rows)
    more["mix"] = f"{_PATTERNS[pattern]}: " + ", ".join(
        f"{labels[row.model_id]} settles {in_percent(share)}" for row, share in zip(rows, shares, strict=True)
    )
    more["router or check"] = f"{format_usd(overhead.amount)} per request"
    sentence = _sentence(rows, cost, asked(parts, pattern), pattern=pattern, workload=workload)
    st.markdown(f"**{plain(sentence)}**")
    st.caption("Each model is taken to get the same tokens; on demand, without a cache.")
    return [sentence]


def _models(on_demand: Sequence[PlanRow]) -> list[PlanRow]:
    """Pick the models, cheapest first to begin with."""
    by_id = {row.model_id: row for row in on_demand}
    labels = labels_of(on_demand)
    firsts = [on_demand[0].model_id, on_demand[-1].model_id, None]
    chosen: list[PlanRow] = []
    with st.container(horizontal=True, key="planner_pair_mix"):
        for place, first in zip(_PLACES, firsts, strict=True):
            name = key(f"mix_{place.lower()}")
            if name not in st.session_state or st.session_state[name] not in {*by_id, None}:
                st.session_state[name] = first
            st.selectbox(
                place,
                [one for one in by_id if one not in {row.model_id for row in chosen}],
                index=None,
                format_func=lambda one: labels.get(one, one),
                key=name,
                placeholder="none",
                persist_state="session",
            )
            told = st.session_state[name]
            if told in by_id and by_id[told] not in chosen:
                chosen.append(by_id[told])
    return chosen


def _shares(rows: Sequence[PlanRow]) -> list[Decimal] | None:
    """Read how much each settles; the last one the rest. ``None``: more than everything."""
    told: list[Decimal] = []
    with st.container(horizontal=True, vertical_alignment="bottom", key="planner_pair_shares"):
        for place, row in enumerate(rows[:-1]):
            name = key(f"mix_share_{place}")
            if st.session_state.get(name) is None:
                st.session_state[name] = _FIRST_SHARES[place]
            st.number_input(
                f"{row.name} settles, %", 0.0, 100.0, step=5.0, format="%g", key=name, persist_state="session"
            )  # fmt: skip
            told.append(number(float(st.session_state[name] or 0)) / 100)
        rest = 1 - sum(told, Decimal(0))
        if rest >= 0:
            st.metric(f"{rows[-1].name} settles", in_percent(rest))
    return [*told, rest] if rest >= 0 else None


def _overhead(pattern: Pattern) -> Cost:
    if st.session_state.get(_OVERHEAD) is None:
        st.session_state[_OVERHEAD] = 0.0
    label = "Router, $ per 1,000 requests" if pattern == "routing" else "Check, $ per 1,000 answers"
    st.number_input(
        label, min_value=0.0, step=0.1, format="%g", key=_OVERHEAD, persist_state="session", width=260,
        help="A small model that decides, or that checks an answer. 0: rules of your own that cost nothing."
    )  # fmt: skip
    amount = number(float(st.session_state[_OVERHEAD] or 0)) / 1000
    return Cost(amount, Confidence.USER, "typed")


def _sentence(
    rows: Sequence[PlanRow], cost: Cost, shares: Sequence[Decimal], *, pattern: Pattern, workload: Workload
) -> str:
    month = None if cost.amount is None else cost.amount * workload.requests_per_month
    labels = labels_of(rows)
    who = ", ".join(
        f"{labels[row.model_id]} {in_percent(share)}" for row, share in zip(rows, shares, strict=True)
    )
    begin = f"{_PATTERNS[pattern]} (asked: {who}): {format_usd(month)} a month."
    alone = rows[-1]
    if month is None or not alone.per_month:
        return begin
    change = 1 - month / alone.per_month
    word = "less" if change >= 0 else "more"
    than = f"{alone.name} alone ({format_usd(alone.per_month)})"
    return f"{begin} That is {in_percent(abs(change))} {word} than {than}."
