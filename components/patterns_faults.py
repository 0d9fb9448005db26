"""Making a pattern's targets fail, to watch what it does about it; on the local endpoint alone."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.patterns.asked import leaves
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.switchboard import FAULT_WORDS, Fault, FaultKind, can_switch
from components import fault_board
from components.words import plain

_TARGET, _KIND, _RATE = "fault_target", "fault_kind", "fault_rate"
_PACE = 2.0
"""Tokens a second of a model that is made slow: slow enough to be seen."""
_WATCH: Mapping[FaultKind, str] = {
    "throttling": "It is tried again after a wait, then the next target is asked.",
    "overloaded": "It is tried again after a wait, then the next target is asked.",
    "model-timeout": "The next target is asked; after some of these in a row its circuit breaker opens.",
    "service-unavailable": "The next target is asked; after some in a row its breaker opens, and it is left "
    "alone for a while.",
    "model-error": "The next target is asked.",
    "access-denied": "Trying again does not help, so the next target is asked at once.",
    "cut": "The text that came is lost, and the next target begins anew.",
    "stream-throttling": "The text that came is lost, and the next target begins anew.",
    "stall": "Nothing comes any more until the stall timeout; a hedge helps sooner.",
    "slow-first-token": "A hedge asks the next target as well, and whoever begins first is shown.",
    "paced": "It answers, slowly: a deadline or a quorum does not wait for it.",
}


def faults(pattern: Pattern, connection: Connection | None) -> None:
    """Draw the switchboard for a pattern's targets.

    Args:
        pattern: Whose targets.
        connection: Where calls go; it is drawn for the local endpoint alone.
    """
    if connection is None or not can_switch(connection):
        return
    found = fault_board.standing(connection)
    with st.expander("Make models fail, and watch", icon=":material/bolt:", key="pattern_faults"):
        st.caption(
            "The local endpoint can fail on purpose. Choose who fails and how, apply it, and run: diagram, "
            "timeline and reasons show what the pattern does about it."
        )
        _board(pattern, connection)
        for place, one in enumerate(found):
            with st.container(horizontal=True, vertical_alignment="center", key=f"fault_row_{place}"):
                st.badge("On", icon=":material/report:", color="orange")
                st.markdown(f":small[{plain(fault_board.told(one))}]", width="stretch")
                st.button(
                    "Clear",
                    key=f"fault_clear_{place}",
                    type="tertiary",
                    on_click=fault_board.clear,
                    args=(connection, one.fault.model_id, one.fault.region),
                )
        if wrong := fault_board.problem():
            st.error(plain(wrong), icon=":material/error:")


def _board(pattern: Pattern, connection: Connection) -> None:
    targets = targets_of(pattern, connection.config.region)
    if st.session_state.get(_TARGET) not in targets:
        # Another pattern's target: the browser would keep showing it.
        st.session_state[_TARGET] = next(iter(targets), None)
    # What shows most at once.
    st.session_state.setdefault(_KIND, "service-unavailable")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="fault_form"):
        st.selectbox("Who", list(targets), key=_TARGET, width=340)
        st.selectbox(
            "How", list(FAULT_WORDS), format_func=lambda kind: FAULT_WORDS[kind], key=_KIND, width=240
        )
        st.slider("Of how many calls in a hundred", 5, 100, 100, step=5, key=_RATE, width=240)
        st.button(
            "Apply",
            key="fault_apply",
            icon=":material/bolt:",
            on_click=_apply,
            args=(targets, connection),
        )
    kind: FaultKind = st.session_state.get(_KIND) or "throttling"
    st.caption(f":material/visibility: {_WATCH[kind]}")


def targets_of(pattern: Pattern, home: str | None) -> dict[str, tuple[str, str | None]]:
    """Who can be made to fail: each model that takes part, by Region where the pattern has several.

    Args:
        pattern: Whose targets.
        home: The connection's Region.

    Returns:
        Model id and Region by a label; without a Region it fails in all of them.
    """
    found: dict[str, tuple[str, str | None]] = {}
    if isinstance(pattern, Fallback) and any(target.region for target in pattern.targets):
        for number, target in enumerate(pattern.targets, 1):
            if isinstance(target.member, Solo):
                region = target.region or home
                model = target.member.variant.model
                found[f"target {number} · {model} · {region}"] = (model, region)
        return found
    roles: dict[str, list[str]] = {}
    for role, solo in leaves(pattern):
        roles.setdefault(solo.variant.model, []).append(role)
    return {f"{', '.join(names)} · {model}": (model, None) for model, names in roles.items()}


def _apply(targets: Mapping[str, tuple[str, str | None]], connection: Connection) -> None:
    target, kind = st.session_state.get(_TARGET), st.session_state.get(_KIND)
    if not isinstance(target, str) or target not in targets or kind not in FAULT_WORDS:
        return
    model, region = targets[target]
    fault_board.put(
        connection,
        Fault(
            model_id=model,
            region=region,
            kind=kind,
            rate=float(st.session_state.get(_RATE) or 100),
            tokens_per_second=_PACE if kind == "paced" else None,
        ),
    )
