"""What the user's own runs say of models: medians, for the pages that choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

import streamlit as st

from bedrock_playground.catalog.requirements import Measured
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.history import RunFilter, RunStore, RunSummary
from bedrock_playground.invocation.values import RunState

_NEWEST = 1000
"""How many runs are looked at: what is older says little of today's latency."""


@st.cache_data(show_spinner=False, ttl=20)
def measured(_store: RunStore, location: str) -> dict[str, Measured]:  # noqa: ARG001  # it is the cache's key
    """Read the newest completed runs, by foundation model.

    Args:
        _store: The history.
        location: Where it is.

    Raises:
        HistoryError: It cannot be read.
    """
    page = _store.list_runs(RunFilter(states=(RunState.COMPLETED,)), limit=_NEWEST)
    return dict(summarise(page.runs))


def summarise(runs: Iterable[RunSummary]) -> Mapping[str, Measured]:
    """Take the medians of runs, by foundation model."""
    by_model: dict[str, list[RunSummary]] = {}
    for run in runs:
        by_model.setdefault(base_model_id(run.model_id), []).append(run)
    return {
        base: Measured(
            runs=len(mine),
            time_to_first_token=_median(run.time_to_first_token for run in mine),
            tokens_per_second=_median(run.tokens_per_second for run in mine),
            total=_median(run.total for run in mine),
        )
        for base, mine in by_model.items()
    }


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
