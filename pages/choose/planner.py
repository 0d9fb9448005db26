"""Planner: what a workload costs a month, by model and mode, from assumptions that can all be changed."""

import streamlit as st

from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.planning.offers import Offers, answering
from components import planner_answer, planner_form, planner_pick, planner_state
from components.choosing import connected_region
from components.connection import current_connection
from components.head import page_head
from components.planner_sizes import measured_sizes
from components.price_problems import price_problems
from components.resources import get_price_book, get_store

page_head("Planner", "Your traffic, in dollars a month: by model, tier, scope and cache.")
price_problems()
store: RunStore | None = None
try:
    store = get_store()
except HistoryError as error:
    st.warning(f"The history cannot be read, so sizes have to be typed. {error}", icon=":material/info:")

book = get_price_book()
offers = Offers(book)
assumptions, answer = st.columns([1, 2.6], gap="medium")
with assumptions:
    sizes = planner_form.form(
        lambda: measured_sizes(store, book), connected=connected_region(current_connection())
    )
workload = planner_state.workload(sizes)
region: str | None = st.session_state[planner_form.REGION]
with answer:
    ids = planner_pick.models(
        answering(load_models().values()), workload=workload, offers=offers, region=region
    )
    modes = planner_pick.modes()
    planner_answer.answer(ids, modes, workload=workload, offers=offers, region=region)
