"""Evaluate: contenders on a data set, scored; set up, watched while it runs, gone on with, compared."""

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.history import HistoryError
from components import evaluate_state, history_view
from components.compare_view import model_list_problem
from components.connection import current_connection, wait_for_endpoint
from components.evaluate_list import evaluation_list, running_notes
from components.evaluate_setup import setup
from components.evaluate_view import view
from components.head import page_head
from components.keep_typed import keep_typed
from components.resources import get_models, get_store
from components.words import plain

page_head(
    "Evaluate", "Which model, or which arrangement of models, is right often enough, cheap and quick enough?"
)
done, problem = evaluate_state.told()
if done:
    st.toast(plain(done), icon=":material/check:")
if problem:
    st.error(plain(problem), icon=":material/error:")
try:
    store = get_store()
    connection = current_connection()
    evaluation_id = evaluate_state.shown()
    with st.container():
        wait_for_endpoint()
    if evaluation_id:
        view(store, evaluation_id, connection=connection)
    else:
        keep_typed()
        running_notes(store)
        # Only what is looked at is drawn: the list adds up what every evaluation cost.
        fresh, earlier = st.tabs(["New evaluation", "Evaluations"], key="evaluate_tabs", on_change="rerun")
        if earlier.open:
            with earlier:
                evaluation_list(store, store.evaluations.find())
        else:
            catalogue = get_models(connection) if connection else Catalogue(())
            with fresh:
                model_list_problem(catalogue)
                setup(store, connection=connection, catalogue=catalogue)
except HistoryError as error:
    history_view.failure(error)
