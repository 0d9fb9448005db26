"""The app's entry: router in a script run, ASGI app for the server; filled in by the pages to come."""

import streamlit as st

st.title("Bedrock Playground")
