"""Live lanes over scripted answers; `?lanes=`, `?tokens=`, `?rate=`, `?models=`."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx() is None:
    from components.asgi import middleware, routes

    app = st.App(__file__, routes=routes(), middleware=middleware())
else:
    from pathlib import Path

    from bedrock_playground.catalog.price_book import load_price_book
    from components import live
    from tests.wire.live.scripted import ScriptedComparison, markdown_of

    st.set_page_config(layout="wide")
    asked = st.query_params
    comparison = live.get_hub().get(asked.get("id", ""))
    if comparison is None:
        if "file" in asked:
            scripts = [Path(asked["file"]).read_text(encoding="utf-8")] * int(asked.get("lanes", 2))
        else:
            scripts = [
                markdown_of(int(asked.get("tokens", 300)), seed=index)
                for index in range(int(asked.get("lanes", 2)))
            ]
        rate = float(asked.get("rate", 100))
        # `?models=id,id,…` prices the lanes as the app does: priced models, free ones, unknown ones.
        models = [model for model in asked.get("models", "").split(",") if model]
        scripted = ScriptedComparison(
            scripts,
            rate=rate or None,
            comparison_id=asked.get("id"),
            models=models,
            pricer=load_price_book().pricer() if models else None,
        )
        live.get_hub().register(scripted)
        scripted.start()
        comparison = scripted
        st.query_params["id"] = comparison.id
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    with st.container(horizontal=True, key="lanes"):
        for lane in comparison.lanes:
            with st.container(border=True, key=f"lane_{lane.label}", width=380):
                live.lane(comparison.id, lane.label, key=f"live_{lane.label}")
    finished = live.live_charts(comparison.id, key="charts")
    st.caption(f"runs {st.session_state['runs']} done {comparison.done} finished {finished}")
    st.button("Again", key="again")
