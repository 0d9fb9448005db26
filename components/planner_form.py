"""The assumptions of a plan: every one visible, every one to be changed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bedrock_playground.planning.tokens import SizeBin
from components import planner_state
from components.choosing import region_label, regions
from components.planner_state import in_percent, key, value

_CSS = """<style>
[class*="st-key-planner_pair_"] { gap: 0.6rem; }
[class*="st-key-planner_pair_"] > div { flex: 1 1 7.5rem !important; min-width: 0; }
</style>"""
REGION = key("region")
"""Where calls go: prices and ids differ by Region."""


def form(
    measured: Callable[[], tuple[SizeBin, ...] | None], *, connected: str | None
) -> tuple[SizeBin, ...] | None:
    """Draw the assumptions.

    Args:
        measured: Draws the choice of measured runs, and tells how large they were; ``None``: there are none.
        connected: The Region that the connection calls, to begin with.

    Returns:
        The measured sizes, where sizes come from there.
    """
    planner_state.prepare()
    st.session_state.setdefault(REGION, connected)
    st.html(_CSS)
    with st.container(border=True, key="planner_assumptions"):
        _traffic()
        sizes = _sizes(measured)
        _cache()
        names = regions()
        called = st.session_state[REGION]
        st.selectbox(
            "Called from",
            names if called is None or called in names else (*names, called),
            index=None,
            format_func=region_label,
            key=REGION,
            placeholder="General (US) prices",
            persist_state="session",
        )
    return sizes


def _traffic() -> None:
    with _pair("traffic"):
        _integer("Requests a day", "requests", step=1_000, what="In the first month.")
        _fraction("Growth a month, %", "growth", low=-99.0, high=1_000.0, step=5.0)
    with _pair("time"):
        _integer("Days a month", "days", most=31, what="Days with such traffic.")
        _fraction("Active hours a day", "hours", low=0.5, high=24.0, step=1.0)
    _fraction(
        "Peak factor", "peak", low=1.0, high=1_000.0, step=0.5,
        what="The busiest minute over the mean of the active hours: what quotas have to hold.",
    )  # fmt: skip


def _sizes(measured: Callable[[], tuple[SizeBin, ...] | None]) -> tuple[SizeBin, ...] | None:
    st.segmented_control(
        "Size of a request",
        ["typed", "measured"],
        format_func={"typed": "Typed", "measured": "From my runs"}.__getitem__,
        key=key("sizes_from"),
        persist_state="session",
        required=True,
        width="stretch",
    )
    found = None
    if value("sizes_from") == "measured":
        found = measured()
    if found is None:
        with _pair("size"):
            _integer("Input tokens", "input", least=0, step=500, what="Cached ones included.")
            _integer("Output tokens", "output", least=0, step=100, what="Reasoning included.")
    _integer(
        "maxTokens as sent", "max_tokens", step=256,
        what="Bedrock reserves that much of the quota, however short the answer is.",
    )  # fmt: skip
    return found


def _cache() -> None:
    _fraction(
        "Input that repeats, %", "share", high=100.0, step=5.0,
        what="Instructions, tools, a document: what stands first and is the same in many requests. Only that "
        "can be cached.",
    )  # fmt: skip
    st.segmented_control(
        "Found in the cache",
        ["typed", "traffic"],
        format_func={"typed": "Typed", "traffic": "By the traffic"}.__getitem__,
        key=key("hits_from"),
        persist_state="session",
        required=True,
        width="stretch",
    )
    if value("hits_from") == "typed":
        with _pair("hits"):
            _fraction("Within 5 min, %", "hits_5m", high=100.0, step=5.0, what=_HITS)
            _fraction("Within 1 h, %", "hits_1h", high=100.0, step=5.0, what=_HITS)
        return
    _integer(
        "Different beginnings", "beginnings", what="Tenants, documents, conversations: equally often each."
    )
    st.caption(
        f"Then {in_percent(planner_state.hits('5m'))} find theirs within 5 minutes and "
        f"{in_percent(planner_state.hits('1h'))} within an hour, if requests come independently."
    )


_HITS = "Requests that find their beginning in the cache; the others write it."


def _pair(name: str) -> st.delta_generator.DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="bottom", key=f"planner_pair_{name}")


def _integer(
    label: str, name: str, *, least: int = 1, most: int = 10**9, step: int = 1, what: str | None = None
) -> None:
    st.number_input(label, least, most, step=step, key=key(name), persist_state="session", help=what)


def _fraction(
    label: str, name: str, *, low: float = 0.0, high: float, step: float, what: str | None = None
) -> None:
    st.number_input(
        label, low, high, step=step, format="%g", key=key(name), persist_state="session", help=what
    )  # fmt: skip
