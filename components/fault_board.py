"""The fault switchboard of the local endpoint as pages show it: what is set, and how to take it away."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.switchboard import (
    ANY_MODEL,
    FAULT_WORDS,
    Fault,
    FaultSwitchboard,
    StandingFault,
    SwitchboardError,
    can_switch,
)
from components.words import plain

_PROBLEM = "fault_problem"


@st.cache_resource(show_spinner=False, ttl=0.5, max_entries=8)
def _standing(_connection: Connection, key: str) -> tuple[StandingFault, ...]:  # noqa: ARG001  # the cache's key
    return FaultSwitchboard(_connection).list()


def standing(connection: Connection | None) -> tuple[StandingFault, ...]:
    """What is set, asked at most twice a second; nothing where nothing can be set, or asked."""
    if connection is None or not can_switch(connection):
        return ()
    try:
        return _standing(connection, str(connection.config.endpoint_url))
    except SwitchboardError:
        return ()


def put(connection: Connection, fault: Fault) -> None:
    """Set a fault; what goes wrong is said on the page, once."""
    try:
        FaultSwitchboard(connection).set(fault)
    except SwitchboardError as error:
        st.session_state[_PROBLEM] = str(error)
    _standing.clear()


def clear(connection: Connection, model_id: str | None = None, region: str | None = None) -> None:
    """Take a fault away, or all of them; what goes wrong is said on the page, once."""
    try:
        FaultSwitchboard(connection).clear(model_id, region=region)
    except SwitchboardError as error:
        st.session_state[_PROBLEM] = str(error)
    _standing.clear()


def problem() -> str | None:
    """What went wrong with the last change, once."""
    told: str | None = st.session_state.pop(_PROBLEM, None)
    return told


def faults_badge(connection: Connection | None) -> None:
    """Say on every page that models are made to fail, while any is, and let all be cleared."""
    found = standing(connection)
    if not found or connection is None:
        return
    count = f"{len(found)} faults are on" if len(found) > 1 else "1 fault is on"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="faults_badge"):
        st.badge(count, icon=":material/report:", color="orange")
        st.button("Clear", key="faults_badge_clear", type="tertiary", on_click=clear, args=(connection,))
    st.caption(plain("; ".join(told(one) for one in found)))


def told(one: StandingFault) -> str:
    """Say a fault in a line."""
    fault = one.fault
    who = "every model" if fault.model_id == ANY_MODEL else fault.model_id
    where = f" in {fault.region}" if fault.region else ""
    what = next((words for kind, words in FAULT_WORDS.items() if kind == fault.kind), fault.kind)
    often = "" if fault.rate >= 100 else f", {fault.rate:g} % of calls"
    return f"{who}{where}: {what}{often}; struck {one.struck} of {one.calls}"
