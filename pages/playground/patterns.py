"""Patterns: several calls that answer as one, watched at work beside the models alone."""

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.history import HistoryError
from components import (
    compare_view,
    live,
    patterns_draft,
    patterns_export,
    patterns_faults,
    patterns_form,
    patterns_results,
    patterns_shelf,
    patterns_state,
    patterns_view,
)
from components.connection import current_connection, wait_for_endpoint
from components.head import page_head
from components.resources import get_invoker, get_models, get_store
from components.words import plain

with st.container():
    try:
        get_store()
    except HistoryError as error:
        st.error(f"**The history cannot be opened, so nothing can be run.** {error}", icon=":material/error:")
        st.stop()
    connection = current_connection()
    comparison = patterns_state.current()
    # Looked at once, before anything is drawn by it: it may end at any moment.
    drawn_running = comparison is not None and not comparison.done
    catalogue = get_models(connection) if connection else Catalogue(())
    if connection:
        get_invoker(connection)
    patterns_view.ensure(catalogue, known=connection is not None)

page_head("Patterns", "Several calls that answer as one: what they decide, how long it takes, what it costs.")
patterns_view.choice(catalogue, known=connection is not None)
wait_for_endpoint()
if connection is None and current_connection() is not None:
    # It became ready while the page was drawn without it, and nobody else would say so.
    st.rerun()
compare_view.model_list_problem(catalogue)
pressed, keeping = patterns_view.prompt_area(
    connection=connection, comparison=comparison, catalogue=catalogue
)
under, drawn = st.container(), st.container()
with patterns_view.form_place():
    patterns_form.form(inputs=patterns_state.inputs(), connection=connection, catalogue=catalogue)
    patterns_draft.finish()
pattern, wrong = patterns_draft.read()
with keeping:
    patterns_shelf.shelf(pattern)
if pattern is not None:
    patterns_faults.faults(pattern, connection)
with under:
    if pattern is not None:
        patterns_view.alone_picker(pattern)
        patterns_view.cost_line(pattern, connection)
    elif patterns_draft.draft() is not None:
        st.error(f"**It cannot run so.** {plain(wrong)}", icon=":material/error:")
    patterns_view.question(pattern, connection)
    if (
        pressed
        and pattern is not None
        and connection is not None
        and patterns_state.start(pattern, connection)
    ):
        st.rerun()
    if problem := patterns_state.problem():
        st.warning(problem, icon=":material/info:")

with drawn:
    if comparison is not None:
        patterns_results.live_path(comparison, drawn_running=drawn_running)
    elif pattern is not None:
        patterns_results.diagram(pattern, key="pattern_path")
if comparison is None:
    if pattern is not None:
        patterns_results.source(pattern)
        patterns_export.take_away(pattern, connection)
else:
    patterns_view.lanes(comparison)
    patterns_results.live_account(comparison, drawn_running=drawn_running)
    run = patterns_state.pattern_run(comparison)
    if run is not None and not drawn_running:
        course = patterns_results.course_of(run)
        patterns_results.tables(course, name=comparison.id[:8])
        patterns_results.beside(comparison)
    live.live_charts(comparison.id, key="pattern_charts", drawn_running=drawn_running)
    ran = patterns_state.pattern_of_run(run) if run is not None else pattern
    if ran is not None:
        patterns_results.source(ran)
        patterns_export.take_away(ran, connection)
