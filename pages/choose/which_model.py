"""Which model?: from a job in words to the models that fit, with the reasons for and against each."""

from datetime import UTC, datetime

import streamlit as st

from bedrock_playground.catalog.recommend import ENOUGH_RUNS, rank
from bedrock_playground.catalog.requirements import Measured
from bedrock_playground.catalog.search import rows_of
from bedrock_playground.history import HistoryError
from components import which_form, which_state
from components.choosing import catalogue_of, connected_region, regions
from components.connection import current_connection
from components.head import page_head
from components.resources import get_price_book, get_store
from components.which_measured import measured
from components.which_ranking import answer

page_head("Which model?", "Describe the job: see which models fit it, why, and what is not known.")
connection = current_connection()
catalogue = catalogue_of(connection)
which_form.form(regions=regions())
scenario = which_state.scenario()

own: dict[str, Measured] = {}
try:
    store = get_store()
    own = measured(store, store.location)
except HistoryError as error:
    st.warning(
        f"Your own measurements cannot be read, so latency is unknown. {error}", icon=":material/info:"
    )

options = [option for option in catalogue.options if option.scope != "local"]
ranking = rank(
    rows_of(
        options,
        get_price_book(),
        region=scenario.region or connected_region(connection),
        resolve=catalogue.resolve,
    ),
    scenario,
    today=datetime.now(UTC).date(),
    measured=own,
    listed_in=connected_region(connection),
)
if len(options) < len(catalogue.options):
    st.caption("Models on this machine are left out: they are there to learn with.")
measured_here = {base for base, one in own.items() if one.runs >= ENOUGH_RUNS}
answer(
    ranking,
    catalogue=catalogue,
    output_tokens=scenario.output_tokens,
    has_measurements=any(candidate.row.base_id in measured_here for candidate in ranking.candidates),
)
