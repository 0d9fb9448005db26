"""One evaluation: how far it is, live; pause, stop, go on; then what came of it."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.evaluation import by_batch, running
from bedrock_playground.evaluation.spec import EvaluationSpec, SpecRefused
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from components import evaluate_state
from components.data_set_words import cases_words
from components.evaluate_progress import bars, throttling
from components.evaluate_rest import at_rest
from components.history_filters import local_zone
from components.results_view import render_results
from components.words import plain

STATES: dict[EvaluationState, tuple[str, str]] = {
    EvaluationState.READY: ("Ready", "gray"),
    EvaluationState.RUNNING: ("Running", "blue"),
    EvaluationState.PAUSED: ("Paused", "orange"),
    EvaluationState.STOPPED: ("Stopped", "orange"),
    EvaluationState.COMPLETED: ("Completed", "green"),
    EvaluationState.INTERRUPTED: ("Interrupted", "red"),
}
"""What a state is called, and its badge's colour."""


def view(store: RunStore, evaluation_id: str, *, connection: Connection | None) -> None:
    """Draw an evaluation.

    Args:
        store: The history.
        evaluation_id: Which.
        connection: Where calls go now; ``None`` while that is not ready.
    """
    st.button(
        "All evaluations",
        key="evaluation_back",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=evaluate_state.show,
        args=(None,),
    )
    stored = store.evaluations.get(evaluation_id)
    if stored is None:
        st.warning(
            "The evaluation in the address is not known here. It may have been deleted, or belong to another "
            "installation.",
            icon=":material/search_off:",
        )
        return
    try:
        spec = stored.spec
    except SpecRefused as refused:
        st.error(plain(f"{stored.name}: {refused}"), icon=":material/error:")
        return
    by_jobs = bool(by_batch.jobs_of(store, evaluation_id))
    _head(store, stored, spec, by_jobs=by_jobs)
    if (run := running.find(evaluation_id)) is not None:
        _live(evaluation_id, begun=run.progress.done > 0)
    elif stored.state is EvaluationState.RUNNING:
        _elsewhere(store, evaluation_id)
    else:
        at_rest(store, stored, spec, connection=connection)
    # While it runs they are drawn from the first answer on; the fragment above draws the page anew then.
    if stored.state is not EvaluationState.READY and not by_jobs and (run is None or run.progress.done):
        render_results(evaluation_id)


def _head(store: RunStore, stored: StoredEvaluation, spec: EvaluationSpec, *, by_jobs: bool) -> None:
    word, colour = ("Asked by batch inference", "blue") if by_jobs else STATES[stored.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(stored.name), anchor=False, width="content")
        st.badge(word, color=colour)  # type: ignore[arg-type]  # one of its names
    data_set = store.data_sets.summary(stored.data_set_id)
    asked = stored.total // max(len(spec.contenders) * spec.repeat, 1)
    cases = cases_words(asked)
    if data_set is not None and asked < data_set.cases:
        cases = f"{asked:,} of {cases_words(data_set.cases)}"
    parts = [data_set.name if data_set else "a data set that is gone", cases]
    parts += [f"{spec.repeat} times each"] if spec.repeat > 1 else []
    parts.append(f"{len(spec.contenders)} contenders")
    parts.append(f"{stored.created_at.astimezone(local_zone()):%Y-%m-%d %H:%M}")
    st.caption(plain(" · ".join(parts)))


# While it runs


@st.fragment(run_every=1.0)
def _live(evaluation_id: str, *, begun: bool) -> None:
    """Draw how far it is, and draw the whole page when the first answer is there and when it is over.

    Args:
        evaluation_id: Which evaluation; it is at work in this process.
        begun: Whether the page was drawn with answers.
    """
    run = running.find(evaluation_id)
    if run is None or run.over or (run.progress.done and not begun):
        st.rerun()
    progress = run.progress
    with st.container(border=True, key="evaluation_running"):
        bars(progress, spec=run.spec)
        throttling(progress)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Pause",
                key="evaluation_pause",
                icon=":material/pause:",
                disabled=progress.ending,
                on_click=run.pause,
            )
            st.button(
                "Stop",
                key="evaluation_stop",
                icon=":material/stop:",
                type="tertiary",
                on_click=run.stop,
            )
            st.caption(
                "What is under way ends; nothing new begins …"
                if progress.ending
                else "It goes on when you leave this page or close the tab."
            )


@st.fragment(run_every=3.0)
def _elsewhere(store: RunStore, evaluation_id: str) -> None:
    """An evaluation that another process works on: looked at in the history."""
    stored = store.evaluations.get(evaluation_id)
    if stored is None or stored.state is not EvaluationState.RUNNING:
        st.rerun()
    with st.container(border=True, key="evaluation_elsewhere"):
        bars(running.progress_of(store, evaluation_id), spec=stored.spec)
        st.caption("Another process of the app, or the command line, works on it: pause or stop it there.")
