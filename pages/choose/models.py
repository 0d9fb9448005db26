"""Models: every model there is, what it takes, what it costs, and how it compares."""

import streamlit as st

from components import models_filters, models_table, models_view
from components.choosing import catalogue_of, connected_region, regions
from components.connection import current_connection
from components.head import page_head
from components.models_beside import beside
from components.models_detail import detail
from components.resources import get_price_book, resolve_model

page_head("Models", "Every model there is: what it takes, what it costs, and how it compares.")
connection = current_connection()
catalogue = catalogue_of(connection)
book = get_price_book()
if catalogue.problem:
    st.warning(catalogue.problem, icon=":material/info:")

rows = models_view.rows(catalogue, book, region=connected_region(connection))
which = models_filters.filters(rows, regions=regions())
found, groups = models_view.find(rows, which)
models_view.counts(rows, found, catalogue=catalogue)
if groups:
    selected = models_table.table(groups, version=models_view.version(which))
else:
    models_view.nothing_found(rows, which)
    selected = models_table.named_in_the_address()

region = which.region or connected_region(connection)
if len(selected) > models_table.MOST:
    st.info(f"{len(selected)} models are ticked; the first {models_table.MOST} stand beside each other.")
shown = [resolve_model(connection, model_id) for model_id in selected[: models_table.MOST]]
if len(shown) == 1:
    detail(shown[0], catalogue=catalogue, book=book, region=region, connection=connection)
elif shown:
    beside(shown, catalogue=catalogue, book=book, region=region)
elif groups:
    st.caption("Tick a model to see all that is known of it, or two to four to see them beside each other.")
