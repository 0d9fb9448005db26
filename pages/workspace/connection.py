"""Connection: where calls go, as whom, what this account may do, and how the local endpoint is doing."""

import streamlit as st

from components import connection_page, connection_probe
from components.connection import current_connection, wait_for_endpoint
from components.head import page_head
from components.price_sources_view import price_sources
from components.resources import get_models
from components.spending_page import spending

page_head("Connection", "Where calls go, as whom, and what they may do there.")
wait_for_endpoint()
connection = current_connection()
left, right = st.columns(2, gap="medium")
with left:
    connection_page.where()
    connection_page.credentials(connection)
    spending()
    connection_page.local_endpoint()
with right:
    if connection:
        connection_probe.permissions(connection)
        connection_probe.one_call(connection, get_models(connection))
    price_sources()
connection_page.telemetry()
