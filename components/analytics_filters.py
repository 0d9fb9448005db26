"""The filters above Analytics, and what they mean as an :class:`AnalyticsFilter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from bedrock_playground.history.analytics_values import AnalyticsFilter, Choices
from components.resources import get_store

PERIOD, DATES = "analytics_period", "analytics_dates"
MODELS, USERS, PRESETS, TAGS, ENDPOINTS = (
    f"analytics_{name}" for name in ("models", "users", "presets", "tags", "endpoints")
)

_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90}
_ALL, _CHOSEN = "All time", "Dates …"
PERIODS = (*_DAYS, _ALL, _CHOSEN)
"""The periods to choose from."""
_DEFAULT = "30 days"


def filters(choices: Choices) -> AnalyticsFilter:
    """Draw the filters and return what they ask for.

    Args:
        choices: What there is to filter by; what is all the same is not asked.
    """
    with st.container(horizontal=True, vertical_alignment="top", key="analytics_filters"):
        period = st.segmented_control(
            "Period", PERIODS, default=_DEFAULT, required=True, key=PERIOD, persist_state="session", wrap=True
        )
        dates = _dates(choices) if period == _CHOSEN else None
        models = _chosen("Model", choices.models, key=MODELS, any_="Any model")
        with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
            rest = _others(choices)
    first, last = _days(period, dates)
    users, presets, tags, endpoints = rest
    return AnalyticsFilter(
        model_ids=tuple(model for model in models if model is not None),
        users=users,
        presets=presets,
        tags=tuple(tag for tag in tags if tag is not None),
        endpoints=endpoints,
        first=first,
        last=last,
    )


def everything() -> None:
    """Take every filter away; a callback, because widgets that are drawn cannot be changed."""
    st.session_state[PERIOD] = _ALL
    for key in (MODELS, USERS, PRESETS, TAGS, ENDPOINTS):
        st.session_state[key] = []


def _dates(choices: Choices) -> object:
    today = datetime.now(UTC).date()
    return st.date_input(
        "Dates (UTC)",
        value=(choices.first or today, choices.last or today),
        key=DATES,
        format="YYYY-MM-DD",
        persist_state="session",
        width=250,
    )


def _others(choices: Choices) -> tuple[tuple[str | None, ...], ...]:
    """User, preset, tag and endpoint, in a popover: only those that there is a choice of."""
    asked: tuple[tuple[str, Sequence[str | None], str, str], ...] = (
        ("User", choices.users, USERS, "not signed in"),
        ("Preset", choices.presets, PRESETS, "no preset"),
        ("Tag", choices.tags, TAGS, ""),
        ("Endpoint", choices.endpoints, ENDPOINTS, "unknown"),
    )
    offered = {key for _, options, key, _ in asked if len(options) > 1 or (key == TAGS and options)}
    if not offered:
        return ((), (), (), ())
    chosen = sum(bool(st.session_state.get(key)) for key in offered)
    with st.popover(f"More filters ({chosen})" if chosen else "More filters", icon=":material/tune:"):
        return tuple(
            _chosen(
                label,
                options,
                key=key,
                any_=f"Any {label.lower()}",
                nameless=nameless,
                names=get_store().presets.names() if key == PRESETS else {},
            )
            if key in offered
            else ()
            for label, options, key, nameless in asked
        )


def _chosen(
    label: str,
    options: Sequence[str | None],
    *,
    key: str,
    any_: str,
    nameless: str = "",
    names: Mapping[str, str] | None = None,
) -> tuple[str | None, ...]:
    """Draw one choice of several; what was chosen and is there no more is dropped."""
    kept = [one for one in st.session_state.get(key) or [] if one in options]
    if kept != st.session_state.get(key):
        st.session_state[key] = kept
    known = names or {}
    name: Callable[[str | None], str] = lambda one: nameless if one is None else known.get(one, one)  # noqa: E731
    return tuple(
        st.multiselect(label, options, format_func=name, key=key, placeholder=any_, persist_state="session")
    )


def _days(period: str | None, dates: object) -> tuple[date | None, date | None]:
    if period in _DAYS:
        today = datetime.now(UTC).date()
        return today - timedelta(days=_DAYS[period] - 1), today
    days = [day for day in (dates if isinstance(dates, tuple) else (dates,)) if isinstance(day, date)]
    return (days[0], days[-1]) if days else (None, None)
