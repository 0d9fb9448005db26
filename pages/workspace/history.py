"""History: every run that was made; find it, open it, take it away, delete it."""

import streamlit as st

from bedrock_playground.history import HistoryError
from components import history_as_if, history_filters, history_open, history_table, history_view, preset_save
from components.head import page_head
from components.history_run import run_view
from components.resources import get_store

page_head("History", "Every run that was made: find it, open it, take it away.")
try:
    store = get_store()
    history_view.notices(store)
    preset_save.save_dialog()
    if history_open.opened_run(store):
        st.stop()
    if not store.count():
        history_view.nothing_yet(store.location)
        st.stop()
    which = history_filters.filters(store.models(), store.presets.names())
    total = store.count(which)
    if not total:
        history_view.nothing_found()
        st.stop()
    page = history_table.current_page(store, which)
    bar = st.container()
    selected = history_table.table(page)
    with bar:
        history_view.actions(store, which, total=total, selected=selected)
    history_table.pager(page, total=total)
    history_as_if.of_found(store, which, total=total)
    if len(selected) == 1:
        record = store.get(selected[0].run_id)
        if record:
            run_view(record)
    else:
        st.caption("Tick a run to open it; with the keyboard: the arrow keys, then Shift+Space.")
except HistoryError as error:
    history_view.failure(error)
