"""One evaluation: how far it is, live; pause, stop, go on; then what came of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.connection import Connection
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.progress import INTERRUPTED, ContenderProgress, Progress
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.spec import EvaluationSpec, SpecRefused
from bedrock_playground.evaluation.standing import Again
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from components import evaluate_state
from components.data_set_words import cases_words
from components.evaluate_cost import duration, models_in
from components.evaluate_place import connection_of, place_at
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
    _head(store, stored, spec)
    if (run := running.find(evaluation_id)) is not None:
        _live(evaluation_id, begun=run.progress.done > 0)
    elif stored.state is EvaluationState.RUNNING:
        _elsewhere(store, evaluation_id)
    else:
        _at_rest(store, stored, spec, connection=connection)
    # While it runs they are drawn from the first answer on; the fragment above draws the page anew then.
    if stored.state is not EvaluationState.READY and (run is None or run.progress.done):
        render_results(evaluation_id)


def _head(store: RunStore, stored: StoredEvaluation, spec: EvaluationSpec) -> None:
    word, colour = STATES[stored.state]
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
        _bars(progress, spec=run.spec)
        _throttling(progress)
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
        _bars(running.progress_of(store, evaluation_id), spec=stored.spec)
        st.caption("Another process of the app, or the command line, works on it: pause or stop it there.")


def _bars(progress: Progress, *, spec: EvaluationSpec) -> None:
    """Draw how far all of it and each contender is."""
    total = max(progress.total, 1)
    st.progress(min(progress.done / total, 1.0), text=_overall(progress))
    names = {one.label: one.name for one in spec.contenders}
    for one in progress.contenders:
        part = min(one.done / max(one.total, 1), 1.0)
        st.progress(part, text=_of_contender(one, names.get(one.label, one.label)))
        if one.failed:
            st.caption(f":orange[:material/error: {plain(failure_words(one.failed))}]")


def _overall(progress: Progress) -> str:
    parts = [f"**{progress.done:,} of {progress.total:,}** answers"]
    if progress.state is EvaluationState.RUNNING and not progress.ending:
        eta = progress.eta
        parts.append("time left not known yet" if eta is None else f"about {duration(eta)} left")
    parts.append(f"{_cost(progress)} so far")
    if progress.failures:
        parts.append(f"{progress.failures:,} failed")
    return " · ".join(parts)


def _cost(progress: Progress) -> str:
    known, unknown = progress.cost, progress.unknown_costs
    if not unknown:
        return plain(format_usd(known))
    calls = "call" if unknown == 1 else "calls"
    return f"{plain(format_usd(known))} and {unknown:,} {calls} whose cost is unknown"


def _of_contender(one: ContenderProgress, name: str) -> str:
    parts = [f"**{one.label}** · {plain(name)}", f"{one.done:,} of {one.total:,}"]
    if one.running:
        parts.append(f"{one.running} under way")
    if one.unscored:
        parts.append(f"{one.unscored:,} to be scored")
    return " · ".join(parts)


def failure_words(failed: Mapping[str, int]) -> str:
    """Name failures by what they are: ``3 × throttled, 1 × interrupted``."""
    return ", ".join(f"{number:,} × {_named(name)}" for name, number in failed.items())


def _named(name: str) -> str:
    """An error's class name in words: ``ModelTimedOut`` → ``model timed out``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)).lower()


def _throttling(progress: Progress) -> None:
    """Say which models are asked less than allowed, and what waits."""
    for model_id, state in progress.limits.items():
        if not state.throttled and not (state.waiting and state.reason not in {None, "concurrency"}):
            continue
        words = [f"{model_id}: {state.allowed} at a time now, {state.waiting} waiting"]
        if state.throttled:
            words.append(f"it asked to slow down {state.throttled:,} times")
        if state.reason not in {None, "concurrency"} and state.words:
            words.append(state.words)
        st.caption(f":material/speed: {plain(', '.join(words))}")


# At rest


def _at_rest(
    store: RunStore, stored: StoredEvaluation, spec: EvaluationSpec, *, connection: Connection | None
) -> None:
    progress = running.progress_of(store, stored.evaluation_id)
    interrupted = sum(one.failed.get(INTERRUPTED, 0) for one in progress.contenders)
    failed = progress.failures - interrupted
    left = progress.total - progress.done
    unscored = sum(one.unscored for one in progress.contenders)
    if stored.state is EvaluationState.COMPLETED and not progress.failures:
        st.caption(f"{progress.done:,} answers · {_cost(progress)} in all")
        return
    with st.container(border=True, key="evaluation_rest"):
        if stored.state is EvaluationState.INTERRUPTED:
            _what_happened(progress, interrupted=interrupted)
        elif stored.note:
            st.warning(plain(stored.note), icon=":material/pause_circle:")
        _bars(progress, spec=spec)
        again: set[Again] = set()
        with st.container(horizontal=True, gap="medium"):
            if interrupted and st.checkbox(
                f"Call the {interrupted:,} interrupted again",
                key="evaluation_again_interrupted",
                help="The service may have answered them, and may bill them twice.",
            ):
                again.add("interrupted")
            if failed and st.checkbox(f"Ask the {failed:,} failed again", key="evaluation_again_failed"):
                again.add("failed")
        if not (left or unscored or again or stored.state.can_go_on):
            st.caption("Tick what should be asked again to go on.")
        there = connection_of(stored.evaluation_id, connection)
        if there is None:
            st.caption(":orange[The place where it ran is not ready. Choose it under “Calls go to”.]")
        st.button(
            "Start" if stored.state is EvaluationState.READY else "Resume",
            key="evaluation_resume",
            type="primary",
            icon=":material/play_arrow:",
            disabled=there is None or not (left or unscored or again),
            on_click=partial(_resume, store, stored.evaluation_id, connection=there, again=again)
            if there
            else None,
        )


def _what_happened(progress: Progress, *, interrupted: int) -> None:
    words = f"{progress.done - interrupted:,} answers are done and kept."
    if interrupted:
        one = interrupted == 1
        words += (
            f" {interrupted:,} {'call was' if one else 'calls were'} under way when the process died: "
            f"{'it counts' if one else 'they count'} as interrupted unless you ask to call "
            f"{'it' if one else 'them'} again, which may be billed twice."
        )
    words += " Resume asks what is left, and nothing that is done."
    st.error(f"**The process that worked on it ended.** {words}", icon=":material/power_off:")


def _resume(store: RunStore, evaluation_id: str, *, connection: Connection, again: Collection[Again]) -> None:
    try:
        running.start(
            store,
            evaluation_id,
            place_at(connection, agreed=agreed_models(store, evaluation_id)),
            again=again,
        )
    except (HistoryError, SpecRefused, BadScorer) as error:
        evaluate_state.complain(error)


def agreed_models(store: RunStore, evaluation_id: str) -> tuple[str, ...]:
    """The models of an evaluation that was begun: whoever started it agreed to call them."""
    spec = store.evaluations.found(evaluation_id).spec
    return tuple(dict.fromkeys(model for one in spec.contenders for model in models_in(one.member)))
