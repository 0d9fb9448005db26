"""Presets: variants with their prompt templates, saved under a name; find, open, edit, take away."""

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.history import HistoryError
from components import history_view, presets_bar, presets_list
from components.connection import current_connection
from components.head import page_head
from components.preset_detail import detail
from components.resources import get_models, get_store

page_head("Presets", "Settings and prompts worth keeping: open them in Compare, share them, take them away.")
try:
    shelf = get_store().presets
    presets_bar.notices(shelf)
    which = presets_list.filters(shelf)
    found = shelf.find(which)
    bar = st.container()
    if found:
        selected = presets_list.table(found)
    else:
        selected = []
        presets_list.nothing_found()
    with bar:
        presets_bar.bar(shelf, total=len(found), selected=selected)
    stored = shelf.get(selected[0].preset_id) if len(selected) == 1 else None
    if stored:
        connection = current_connection()
        catalogue = get_models(connection) if connection else Catalogue(())
        detail(shelf, stored, connection=connection, catalogue=catalogue)
    elif found and not selected:
        st.caption(
            "Tick a preset to open it, several to open them as variants of one comparison. Save your own "
            "from any lane on Compare (More) and from any run on History."
        )
except HistoryError as error:
    history_view.failure(error)
