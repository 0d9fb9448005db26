"""Asking an evaluation's cases by batch inference: submitted, followed, stopped, and its answers taken in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeGuard

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.evaluation import by_batch, running
from bedrock_playground.evaluation.batch import BatchJob, BatchPlace, BatchRefused, local_place
from bedrock_playground.evaluation.batch.permissions import batch_policy
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.spec import EvaluationSpec, SpecRefused
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.evaluation_records import StoredEvaluation
from bedrock_playground.invocation import InvocationError
from components import evaluate_state
from components.evaluate_cost import models_of
from components.evaluate_place import place_at
from components.resources import get_batch_client
from components.words import code, plain

URI, ROLE = "evaluate_batch_uri", "evaluate_batch_role"
OPENED = "evaluate_batch_opened"
"""The evaluation that was made to be asked by batch inference."""
_REFUSED = (BatchRefused, HistoryError, InvocationError, SpecRefused, BadScorer)


def can_batch(connection: Connection | None) -> TypeGuard[Connection]:
    """Whether batch jobs can be made where calls go: on Bedrock itself, and on this machine."""
    return connection is not None and connection.kind in {"local", "bedrock"}


def offer(store: RunStore, stored: StoredEvaluation, spec: EvaluationSpec, *, connection: Connection) -> None:
    """Offer to submit what is left.

    Args:
        store: The history.
        stored: The evaluation; nobody works on it.
        spec: What is run.
        connection: Where it is asked.
    """
    letters = by_batch.batchable(spec)
    if not letters:
        return
    opened = st.session_state.get(OPENED) == stored.evaluation_id
    with st.expander(
        "Ask by batch inference", icon=":material/inventory_2:", expanded=opened, key="evaluation_batch"
    ):
        others = [one.label for one in spec.contenders if one.label not in letters]
        st.markdown(
            "Slower, usually within a day, and mostly at half the price: what is left becomes files in S3 "
            "and jobs of Bedrock's. There is no time to the first token then."
        )
        asked = f"{', '.join(letters)} {'is' if len(letters) == 1 else 'are'} asked so"
        rest = f"; {', '.join(others)} in real time afterwards" if others else ""
        st.caption(f"{asked}{rest}. A job needs at least 100 answers of a contender: cases × repeats.")
        place = local_place() if connection.kind == "local" else _place_fields(spec, connection)
        if (
            st.button(
                "Submit the jobs",
                key="evaluation_batch_submit",
                icon=":material/upload:",
                disabled=place is None,
            )
            and place is not None
        ):
            _submit(store, stored, spec, connection=connection, where=place)


def _place_fields(spec: EvaluationSpec, connection: Connection) -> BatchPlace | None:
    uri = st.text_input(
        "Folder in S3",
        key=URI,
        placeholder="s3://bucket/evaluations/",
        persist_state="session",
        help="In the Region of the calls; records and answers lie there.",
    )
    role = st.text_input(
        "Service role",
        key=ROLE,
        placeholder="arn:aws:iam::111122223333:role/batch",
        persist_state="session",
        help="As this role Bedrock reads the records and writes the answers.",
    )
    if not uri or not role:
        return None
    try:
        place = BatchPlace(uri=uri.strip(), role_arn=role.strip())
    except ValueError as error:
        st.caption(f":red[:material/error: {plain(str(error))}]")
        return None
    policy = batch_policy(place, models_of(spec), region=connection.config.region or "us-east-1")
    with st.popover("What has to be allowed", icon=":material/policy:", type="tertiary"):
        for document in policy.documents:
            st.caption(plain(document.title))
            st.code(json.dumps(document.to_json(), indent=2), language="json", height=300)
    return place


def _submit(
    store: RunStore,
    stored: StoredEvaluation,
    spec: EvaluationSpec,
    *,
    connection: Connection,
    where: BatchPlace,
) -> None:
    try:
        with st.spinner("Writing the records and making the jobs …"):
            by_batch.submit_left(
                store,
                stored.evaluation_id,
                place_at(connection, agreed=models_of(spec)),
                client=get_batch_client(connection),
                where=where,
            )
    except _REFUSED as error:
        st.error(f"**Nothing more was submitted.** {plain(_words(error))}", icon=":material/block:")
        for problem in getattr(error, "problems", ())[:5]:
            st.caption(plain(problem))
        return
    st.session_state.pop(OPENED, None)
    st.rerun()


def _words(error: Exception) -> str:
    advice = getattr(error, "advice", "")
    return f"{error} {advice}".strip()


# Jobs at work


@st.fragment(run_every=3.0)
def jobs_at_work(store: RunStore, evaluation_id: str, *, connection: Connection) -> None:
    """Draw how the jobs are doing; once all are over, take their answers in.

    Args:
        store: The history.
        evaluation_id: Whose they are.
        connection: Where they are.
    """
    client = get_batch_client(connection)
    problem: str | None = None
    try:
        jobs = by_batch.look(store, evaluation_id, client)
    except InvocationError as error:
        jobs, problem = by_batch.jobs_of(store, evaluation_id), _words(error)
    if not jobs:
        st.rerun()
    over = all(job.is_over for job in jobs)
    with st.container(border=True, key="evaluation_jobs"):
        st.markdown("**Batch inference**: looked at every three seconds while this page is open.")
        if problem:
            st.caption(f":orange[:material/error: {plain(problem)}]")
        _jobs(jobs)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            taken = st.button(
                "Take in the answers",
                key="evaluation_batch_take",
                type="primary",
                icon=":material/download:",
                disabled=not any(job.is_over for job in jobs),
            )
            st.button(
                "Stop the jobs",
                key="evaluation_batch_stop",
                type="tertiary",
                icon=":material/stop:",
                disabled=over,
                on_click=_stop,
                args=(store, evaluation_id, connection),
            )
            st.caption(
                "Then they are scored, and what is left is asked in real time."
                if over
                else "It goes on when you leave: come back for the answers."
            )
    if taken:
        _take(store, evaluation_id, connection)


def _jobs(jobs: Sequence[BatchJob]) -> None:
    for job in jobs:
        done = job.processed
        share = min((done or 0) / max(job.records, 1), 1.0)
        told = "not told yet" if done is None else f"{done:,} of {job.records:,}"
        failed = f" · {job.failed:,} failed" if job.failed else ""
        state = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", job.state.value).lower()
        words = f"**{job.label}** · {plain(job.model_id)} · {plain(state)} · {told}{failed}"
        st.progress(1.0 if job.is_over else share, text=words)
        if job.message:
            st.caption(plain(job.message))
        st.caption(code(job.arn))


def _stop(store: RunStore, evaluation_id: str, connection: Connection) -> None:
    try:
        by_batch.stop_jobs(store, evaluation_id, get_batch_client(connection))
    except _REFUSED as error:
        evaluate_state.complain(error)


def _take(store: RunStore, evaluation_id: str, connection: Connection) -> None:
    spec = store.evaluations.found(evaluation_id).spec
    place = place_at(connection, agreed=models_of(spec))
    said = st.empty()

    def tell_records(records: int) -> None:
        if records % 100 == 0:
            said.caption(f"{records:,} records taken in …")

    try:
        taken = by_batch.take_in(
            store,
            evaluation_id,
            place,
            client=get_batch_client(connection),
            progress=tell_records,
        )
        if not by_batch.jobs_of(store, evaluation_id):
            running.start(store, evaluation_id, place)
    except _REFUSED as error:
        st.error(f"**The answers were not all taken in.** {plain(_words(error))}", icon=":material/error:")
        return
    evaluate_state.tell(f"Taken in: {taken.answers:,} answers, {taken.failures:,} failures")
    st.rerun()
