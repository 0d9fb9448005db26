"""Compare, the home page: one prompt, one to eight variants, side by side and live."""

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.history import HistoryError
from components import (
    blind_view,
    compare_before,
    compare_blind,
    compare_state,
    compare_view,
    preset_save,
    share_button,
    share_open,
    variants,
)
from components.connection import current_connection, wait_for_endpoint
from components.diff_view import differences
from components.price_as_if import price_as_if
from components.price_problems import price_problems
from components.resources import get_invoker, get_models, get_store
from components.spending_line import cost_line
from components.votes_view import votes

# Whatever says "loading" has a place of its own: elsewhere it would shift, and thereby remount, what follows.
with st.container():
    try:
        get_store()
    except HistoryError as error:
        st.error(f"**The history cannot be opened, so nothing can be run.** {error}", icon=":material/error:")
        st.stop()
    connection = current_connection()
    share_open.from_address()
    comparison = compare_state.current()
    # Looked at once, before anything is drawn by it: it may end at any moment.
    drawn_running = comparison is not None and not comparison.done
    catalogue = get_models(connection) if connection else Catalogue(())
    if connection:
        get_invoker(connection)
        variants.ensure(catalogue)

cost = compare_view.prompt_area(connection=connection, comparison=comparison)
with st.container():
    share_open.notice(connection=connection, catalogue=catalogue, comparison=comparison)
with st.container():
    compare_before.way_back()
    preset_save.save_dialog()
with st.container():
    blind_view.note(comparison)
wait_for_endpoint()
compare_view.model_list_problem(catalogue)
price_problems()
standing = compare_view.lanes(connection=connection, catalogue=catalogue, comparison=comparison)
cost_line(cost, standing, connection=connection)
if share_button.pressed():
    # Only here, because it brings what writes reports.
    from components.share_dialog import share_dialog

    share_dialog(standing, comparison)
if comparison:
    with st.container():
        votes(comparison, drawn_running=drawn_running)
        differences(comparison, drawn_running=drawn_running)
    compare_view.follow_up(comparison)
    if not compare_blind.hidden(comparison.id):
        compare_view.under_the_lanes(comparison, drawn_running=drawn_running)
        if not drawn_running:
            # Only here, because it brings pandas and Plotly, which would hold up the first page.
            from components.figures import figures

            price_as_if(comparison)
            figures(comparison)
