"""The page of the live benchmark: lanes over a scripted feed that starts when the benchmark says so."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx() is None:
    from components.asgi import middleware, routes

    app = st.App(__file__, routes=routes(), middleware=middleware())
else:
    import json
    import os
    import sys
    import threading
    import time
    from pathlib import Path

    from benchmarks._live_text import MARK, scripts
    from components import live
    from tests.wire.live.scripted import ScriptedComparison

    sys.setswitchinterval(0.0005)
    options = json.loads(os.environ["BP_BENCH"])

    def produce(feed: ScriptedComparison, folder: Path) -> None:
        """Wait for the start signal, stream, and write down when each mark came."""
        while not (folder / "go").exists():
            time.sleep(0.02)
        feed.start()
        while not feed.done:
            time.sleep(0.1)
        offset = time.time() - time.perf_counter()
        marks: dict[str, list[tuple[int, float]]] = {}
        for lane in feed.lanes:
            run = lane.runs[-1]
            arrivals = iter(run.arrivals)
            at, chars = next(arrivals)
            for mark in MARK.finditer(run.text):
                while chars < mark.end():
                    at, chars = next(arrivals)
                marks.setdefault(lane.label, []).append((int(mark[0][1:-1]), run.began + at + offset))
        size = sum(len(lane.runs[-1].text.encode()) for lane in feed.lanes)
        (folder / "produced.part").write_text(json.dumps({"marks": marks, "bytes": size}))
        (folder / "produced.part").rename(folder / "produced.json")

    st.set_page_config(layout="wide")
    comparison = live.get_hub().get("benchmark")
    if comparison is None:
        comparison = ScriptedComparison(
            scripts(options["lanes"], options["tokens"]), rate=options["rate"], comparison_id="benchmark"
        )
        live.get_hub().register(comparison)
        threading.Thread(target=produce, args=(comparison, Path(options["out"])), daemon=True).start()
    with st.container(horizontal=True):
        for lane in comparison.lanes:
            with st.container(border=True, key=f"lane_{lane.label}", width=360):
                live.lane(comparison.id, lane.label, key=f"live_{lane.label}")
    live.live_charts(comparison.id, key="charts")
