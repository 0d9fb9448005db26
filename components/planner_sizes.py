"""“From my runs”: how large measured requests were, as a distribution and not only a mean."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import streamlit as st

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.history import HistoryError, RunFilter, RunStore, TokenSpread
from bedrock_playground.measures import Quantile
from bedrock_playground.planning.tokens import SizeBin, bins_of
from components.history_filters import local_zone
from components.planner_state import key
from components.usage_groups import of_history

_MODELS, _DATES, _COMPARISON = key("runs_models"), key("runs_dates"), key("runs_comparison")


def measured_sizes(store: RunStore | None, book: PriceBook) -> tuple[SizeBin, ...] | None:
    """Draw which runs, and tell how large they were.

    Args:
        store: The history; ``None`` where it cannot be read.
        book: The prices: from which sizes on they differ.

    Returns:
        The distribution; ``None`` where no run passes.
    """
    if store is None:
        st.caption("The history cannot be read, so sizes have to be typed.")
        return None
    try:
        if not store.count():
            st.caption("There are no runs yet. Run something in Compare, or type the sizes.")
            return None
        which = _which(store)
        found = of_history(store, which, book, by_size=True)
        sizes = bins_of(found.groups)
        if not sizes:
            st.caption("No run that passes told its tokens; the typed sizes are used.")
            return None
        spread = _spread(store, store.location, which)
    except HistoryError as error:
        st.warning(f"The history cannot be read, so sizes have to be typed. {error}", icon=":material/info:")
        return None
    runs = sum(one.requests for one in sizes)
    more = f"; {found.untold:,} more told no token counts" if found.untold else ""
    st.caption(
        f"{runs:,} run{'' if runs == 1 else 's'}{more}. "
        f"Input: {_words(spread[0])}. Output: {_words(spread[1])}. "
        "Each size is priced by itself, so that long requests count at their own price."
    )
    return sizes


def _which(store: RunStore) -> RunFilter:
    models = store.models()
    known = [model for model in st.session_state.get(_MODELS) or [] if model in models]
    if known != st.session_state.get(_MODELS):
        st.session_state[_MODELS] = known
    chosen = st.multiselect("Runs of", models, key=_MODELS, placeholder="Any model", persist_state="session")
    dates = st.date_input("Run on", value=[], key=_DATES, format="YYYY-MM-DD", persist_state="session")
    newest = {run.comparison_id: run for run in reversed(store.list_runs(limit=200).runs)}
    zone = local_zone()
    comparison = st.selectbox(
        "Of one comparison",
        list(reversed(newest)),
        index=None,
        format_func=lambda one: (
            f"{newest[one].started_at.astimezone(zone):%Y-%m-%d %H:%M} · {newest[one].prompt_start[:40]}"
            if one in newest
            else one
        ),
        key=_COMPARISON,
        placeholder="Any",
        persist_state="session",
        help="Among the newest 200 runs.",
    )
    days: list[date] = list(dates)
    return RunFilter(
        model_ids=tuple(chosen),
        comparison_id=comparison,
        started_from=datetime.combine(days[0], time.min, zone) if days else None,
        started_before=datetime.combine(days[-1] + timedelta(days=1), time.min, zone) if days else None,
    )


@st.cache_data(show_spinner=False, ttl=20, max_entries=32)
def _spread(
    _store: RunStore,
    location: str,  # noqa: ARG001  # it is the cache's key
    which: RunFilter,
) -> tuple[TokenSpread, TokenSpread]:
    return _store.usage.spread(which)


def _words(spread: TokenSpread) -> str:
    return f"median {_told(spread.median)}, P95 {_told(spread.high)}"


def _told(one: Quantile) -> str:
    if one.value is None:
        return "not told by so few runs"
    return f"{one.value:,.0f}{' (rough)' if one.rough else ''} tokens"
