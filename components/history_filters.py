"""The filters above the history, and what they mean as a :class:`RunFilter`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from bedrock_playground.history import RunFilter
from bedrock_playground.invocation.values import RunState

TEXT, MODELS, STATES, DATES = "history_text", "history_models", "history_states", "history_dates"
PRESETS, ALSO = "history_presets", "history_also"

INNER, EVALUATED = "Calls inside patterns", "Answers of evaluations"
DEFAULT = RunFilter(inner=False, evaluated=False)
"""What is shown unless somebody asks for more or less: what people ran, and not what that ran."""

STATE_LABELS = {
    RunState.COMPLETED: "Completed",
    RunState.FAILED: "Failed",
    RunState.CANCELLED: "Cancelled",
    RunState.INTERRUPTED: "Interrupted",
    RunState.RUNNING: "Running",
    RunState.PENDING: "Pending",
}
"""What a state is called on the screen."""


def local_zone() -> tzinfo:
    """The time zone of the person's browser; UTC where it does not tell."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def zone_name() -> str:
    """The name of :func:`local_zone`."""
    return getattr(local_zone(), "key", "UTC")


def filters(models: tuple[str, ...], presets: Mapping[str, str]) -> RunFilter:
    """Draw the filters and return what they ask for.

    Args:
        models: The models to choose from.
        presets: The presets to choose from: names by id.
    """
    known = [model for model in st.session_state.get(MODELS) or [] if model in models]
    if known != st.session_state.get(MODELS):
        # A model whose last run was deleted cannot be chosen any more.
        st.session_state[MODELS] = known
    with st.container(horizontal=True, key="history_filters"):
        text = st.text_input(
            "Search",
            type="search",
            key=TEXT,
            placeholder="Words of a prompt or answer",
            persist_state="session",
        )
        chosen = st.multiselect("Model", models, key=MODELS, placeholder="Any model", persist_state="session")
        preset_ids = st.multiselect(
            "Preset",
            list(presets),
            format_func=lambda preset_id: presets.get(preset_id, preset_id),
            key=PRESETS,
            placeholder="Any or none",
            persist_state="session",
        )
        states = st.multiselect(
            "State",
            [state for state in STATE_LABELS if state is not RunState.PENDING],
            format_func=STATE_LABELS.__getitem__,
            key=STATES,
            placeholder="Any state",
            persist_state="session",
        )
        dates = st.date_input(
            "Date",
            value=[],
            key=DATES,
            format="YYYY-MM-DD",
            help=f"One day, or the first and the last day, in the time zone {zone_name()}.",
            persist_state="session",
        )
        also = st.pills(
            "Show also",
            [INNER, EVALUATED],
            selection_mode="multi",
            key=ALSO,
            persist_state="session",
            help="Each call that a pattern made is a run of its own, and so is each answer of an evaluation.",
        )
    first, after = _moments(dates)
    return RunFilter(
        inner=INNER in also,
        evaluated=EVALUATED in also,
        model_ids=tuple(chosen),
        preset_ids=tuple(preset_ids),
        states=tuple(RunState(state) for state in states),
        text=(text or "").strip() or None,
        started_from=first,
        started_before=after,
    )


def clear() -> None:
    """Take every filter away; a callback, because widgets that are drawn cannot be changed."""
    st.session_state[TEXT] = ""
    st.session_state[MODELS] = []
    st.session_state[STATES] = []
    st.session_state[PRESETS] = []
    st.session_state[DATES] = ()
    st.session_state[ALSO] = []


def _moments(dates: object) -> tuple[datetime | None, datetime | None]:
    """The first moment of the first day and the first one after the last day."""
    days = [day for day in (dates if isinstance(dates, tuple) else (dates,)) if isinstance(day, date)]
    if not days:
        return None, None
    zone = local_zone()
    return (
        datetime.combine(days[0], time.min, zone),
        datetime.combine(days[-1] + timedelta(days=1), time.min, zone),
    )
