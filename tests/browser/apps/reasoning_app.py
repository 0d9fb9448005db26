"""One live lane that thinks, speaks and ends when its buttons are pressed, served as the real app is."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx() is None:
    from components.asgi import middleware, routes

    app = st.App(__file__, routes=routes(), middleware=middleware())
else:
    from components import live
    from tests.wire.live.scripted import ScriptedComparison

    st.set_page_config(layout="wide")
    comparison = live.get_hub().get("thinking")
    if not isinstance(comparison, ScriptedComparison):
        comparison = ScriptedComparison(["It is green."], rate=0, comparison_id="thinking")
        live.get_hub().register(comparison)
        comparison.lanes[0].runs[0].begin()
    run = comparison.lanes[0].runs[0]
    with st.container(border=True, key="lane_A"):
        live.lane(comparison.id, "A", key="live_A")
    with st.container(horizontal=True):
        if st.button("Think", key="think"):
            run.reasoning += "Is it blue? "
        if st.button("Speak", key="speak"):
            comparison.advance(3)
        if st.button("End", key="end"):
            comparison.advance(0, final=True)
