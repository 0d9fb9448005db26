"""Data sets: labelled cases to evaluate models on; those that come with the app, and one's own."""

import streamlit as st

from bedrock_playground.history import HistoryError
from components import data_set_import, data_sets_list, history_view
from components.data_set_detail import detail
from components.head import page_head
from components.resources import get_store

page_head(
    "Data sets", "Questions with known answers, to measure models on. Take one from here, or bring your own."
)
try:
    shelf = get_store().data_sets
    data_sets_list.notices()
    if st.session_state.get(data_sets_list.IMPORTING):
        data_set_import.import_view(shelf)
    else:
        found = shelf.find()
        data_sets_list.bar(found)
        one = data_sets_list.opened(shelf, data_sets_list.table(found))
        if one:
            detail(shelf, one)
        else:
            st.caption("Tick a data set to look into it.")
except HistoryError as error:
    history_view.failure(error)
