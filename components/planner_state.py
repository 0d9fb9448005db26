"""What somebody assumes on the Planner: the widgets' keys and first values, and the workload they make."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import streamlit as st

from bedrock_playground.planning.offers import Ttl
from bedrock_playground.planning.tokens import SizeBin, typed
from bedrock_playground.planning.workload import Workload, hit_share

_FIRST = Workload()

DEFAULTS: dict[str, Any] = {
    "requests": _FIRST.requests_per_day,
    "growth": 5.0,
    "days": _FIRST.days_per_month,
    "hours": float(_FIRST.active_hours),
    "peak": float(_FIRST.peak_factor),
    "sizes_from": "typed",
    "input": int(_FIRST.mean_input),
    "output": int(_FIRST.mean_output),
    "max_tokens": _FIRST.max_tokens,
    "share": float(_FIRST.cached_share * 100),
    "hits_from": "typed",
    "hits_5m": float(_FIRST.hit_share_5m * 100),
    "hits_1h": float(_FIRST.hit_share_1h * 100),
    "beginnings": 20,
}
"""What the widgets begin with, by name."""


def key(name: str) -> str:
    """The session state's key of a widget."""
    return f"planner_{name}"


def value(name: str) -> Any:  # noqa: ANN401 - any widget's
    """What a widget says; its first value where it was emptied or is not drawn."""
    told = st.session_state.get(key(name))
    return DEFAULTS[name] if told is None else told


def prepare() -> None:
    """Have a value for every widget before the first is drawn."""
    for name, first in DEFAULTS.items():
        if st.session_state.get(key(name)) is None:
            st.session_state[key(name)] = first


def number(told: float) -> Decimal:
    """The decimal that was typed: the shortest one for a widget's binary fraction."""
    return Decimal(repr(told))


def in_percent(share: Decimal) -> str:
    """Write a share: ``20 %``, ``0.32 %``."""
    return f"{float(share) * 100:.3g} %"


def percent(name: str) -> Decimal:
    """A share, from a widget in per cent."""
    return number(float(value(name))) / 100


def hits(ttl: Ttl) -> Decimal:
    """The share of requests that find their beginning in a cache: typed, or reckoned from the traffic."""
    if value("hits_from") == "typed":
        return percent(f"hits_{ttl}")
    per_hour = Decimal(int(value("requests"))) / number(float(value("hours")))
    return hit_share(requests_per_hour=per_hour, beginnings=int(value("beginnings")), ttl=ttl)


def workload(measured: tuple[SizeBin, ...] | None) -> Workload:
    """Read the widgets.

    Args:
        measured: The distribution of measured sizes, if sizes are to come from there and there are any.
    """
    return Workload(
        sizes=measured or typed(int(value("input")), int(value("output"))),
        requests_per_day=int(value("requests")),
        days_per_month=int(value("days")),
        growth_per_month=percent("growth"),
        peak_factor=number(float(value("peak"))),
        active_hours=number(float(value("hours"))),
        max_tokens=int(value("max_tokens")),
        cached_share=percent("share"),
        hit_share_5m=hits("5m"),
        hit_share_1h=hits("1h"),
    )
