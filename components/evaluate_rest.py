"""An evaluation that nobody works on: what happened, what is left, and going on with it."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.evaluation import by_batch, running
from bedrock_playground.evaluation.progress import INTERRUPTED, Progress
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.spec import EvaluationSpec, SpecRefused
from bedrock_playground.evaluation.standing import Again
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from components import evaluate_state
from components.evaluate_batch import can_batch, jobs_at_work, offer
from components.evaluate_cost import models_of
from components.evaluate_place import connection_of, place_at
from components.evaluate_progress import bars, cost_words
from components.resources import get_store
from components.words import plain


def at_rest(
    store: RunStore, stored: StoredEvaluation, spec: EvaluationSpec, *, connection: Connection | None
) -> None:
    """Draw where an evaluation stands, and what it can go on with.

    Args:
        store: The history.
        stored: The evaluation.
        spec: What is run.
        connection: Where calls go now; ``None`` while that is not ready.
    """
    there = connection_of(stored.evaluation_id, connection)
    if by_batch.jobs_of(store, stored.evaluation_id):
        if there is None:
            st.caption(":orange[The place of its batch jobs is not ready. Choose it under “Calls go to”.]")
        else:
            jobs_at_work(store, stored.evaluation_id, connection=there)
        return
    progress = _progress(stored.evaluation_id, f"{stored.state} {stored.ended_at}")
    if stored.state is EvaluationState.COMPLETED and not progress.failures:
        st.caption(f"{progress.done:,} answers · {cost_words(progress)} in all")
        return
    with st.container(border=True, key="evaluation_rest"):
        interrupted = sum(one.failed.get(INTERRUPTED, 0) for one in progress.contenders)
        if stored.state is EvaluationState.INTERRUPTED:
            _what_happened(progress, interrupted=interrupted)
        elif stored.note:
            st.warning(plain(stored.note), icon=":material/pause_circle:")
        bars(progress, spec=spec)
        again = _again(interrupted=interrupted, failed=progress.failures - interrupted)
        left = progress.done < progress.total
        if there is None:
            st.caption(":orange[The place where it ran is not ready. Choose it under “Calls go to”.]")
        st.button(
            "Start" if stored.state is EvaluationState.READY else "Resume",
            key="evaluation_resume",
            type="primary",
            icon=":material/play_arrow:",
            disabled=there is None or not (left or again or any(one.unscored for one in progress.contenders)),
            on_click=_resume,
            args=(store, stored.evaluation_id),
            kwargs={"connection": there, "again": again},
        )
        if left and can_batch(there):
            offer(store, stored, spec, connection=there)


# Every answer's figures are read for it, and nothing changes while nobody works on it.
@st.cache_resource(show_spinner=False, ttl=60, max_entries=64)
def _progress(evaluation_id: str, stood: str) -> Progress:  # noqa: ARG001 - going on makes it stand otherwise
    return running.progress_of(get_store(), evaluation_id)


def _again(*, interrupted: int, failed: int) -> set[Again]:
    """Draw which outcomes can be asked for once more, and return those that are ticked."""
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
    return again


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
        # Whoever started it agreed to call them.
        agreed = models_of(store.evaluations.found(evaluation_id).spec)
        running.start(
            store,
            evaluation_id,
            place_at(connection, agreed=agreed),
            again=again,
        )
    except (HistoryError, SpecRefused, BadScorer) as error:
        evaluate_state.complain(error)
