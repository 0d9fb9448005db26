"""The list of presets: what is searched for, and what is selected."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bedrock_playground.history import PresetFilter, PresetShelf, PresetSummary
from components.history_filters import local_zone

SEARCH, TAGS, SHELF = "presets_search", "presets_tags", "presets_shelf"
SHOWN = "preset"
"""The address's name for the preset that is opened."""
_VERSION = "presets_table_version"
_SHELVES = {"all": "All", "saved": "Saved here", "starters": "Starter set"}
_ROW_HEIGHT = 35
_ROWS_SHOWN = 8


def filters(shelf: PresetShelf) -> PresetFilter:
    """Draw the filters and return what they ask for."""
    known = shelf.tags()
    chosen = [tag for tag in st.session_state.get(TAGS) or [] if tag in known]
    if chosen != (st.session_state.get(TAGS) or []):
        # A tag whose last preset is gone cannot be chosen any more.
        st.session_state[TAGS] = chosen
    with st.container(horizontal=True, key="presets_filters", vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            type="search",
            key=SEARCH,
            placeholder="Words of a name, a prompt, a model",
            persist_state="session",
        )
        tags = st.multiselect("Tags", known, key=TAGS, placeholder="Any tag", persist_state="session")
        st.session_state.setdefault(SHELF, "all")
        where = st.segmented_control(
            "Show",
            list(_SHELVES),
            format_func=_SHELVES.__getitem__,
            key=SHELF,
            required=True,
            persist_state="session",
            width="content",
        )
    starters = {"saved": False, "starters": True}.get(where or "all")
    return PresetFilter(text=text or "", tags=tuple(tags), starters=starters)


def clear_filters() -> None:
    """Take every filter away; a callback, because widgets that are drawn cannot be changed."""
    st.session_state[SEARCH] = ""
    st.session_state[TAGS] = []
    st.session_state[SHELF] = "all"


def nothing_found() -> None:
    """Say that the filters let nothing pass, and offer to take them away."""
    with st.container(border=True, key="presets_nothing_found"):
        st.write("No preset passes these filters.")
        st.button("Clear the filters", icon=":material/filter_alt_off:", on_click=clear_filters)


def forget_selection() -> None:
    """Select nothing: a table under a new key."""
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    st.session_state.pop(SHOWN, None)


def show(preset_id: str) -> None:
    """Open a preset below the list, with no row selected: one that was just made, say."""
    forget_selection()
    st.session_state[SHOWN] = preset_id


def table(found: list[PresetSummary]) -> list[PresetSummary]:
    """Draw the list and return what is selected in it; else what was opened otherwise."""
    zone = local_zone()
    event = st.dataframe(
        pd.DataFrame([
            {
                "Name": one.name,
                "For": one.description,
                "Tags": list(one.tags),
                "Model": one.model or "any",
                "Version": None if one.starter else one.version,
                "Saved": one.saved_at.astimezone(zone) if one.saved_at else None,
                "By": one.user or "",
            }
            for one in found
        ]),
        key=f"presets_table_{st.session_state.get(_VERSION, 0)}",
        alt="Presets",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(found), _ROWS_SHOWN) + 1) + 3,
        placeholder="starter set",
        column_order=["Name", "For", "Tags", "Model", "Version", "Saved"]
        + (["By"] if any(one.user for one in found) else []),
        column_config={
            "Name": st.column_config.TextColumn(width=210),
            "For": st.column_config.TextColumn(width=300),
            "Tags": st.column_config.ListColumn(width=190),
            "Model": st.column_config.TextColumn(width=190, help="any: the one that stands ready"),
            "Version": st.column_config.NumberColumn(width=80, help="How often it was saved"),
            "Saved": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=130),
        },
    )  # fmt: skip
    selected = [found[index] for index in event.selection.rows if index < len(found)]
    if selected:
        st.session_state.pop(SHOWN, None)
        return selected
    return [one for one in found if one.preset_id == st.session_state.get(SHOWN)]
