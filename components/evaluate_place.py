"""Where an evaluation of the app calls models: guarded, with patience, at the place that it began at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bedrock_playground.catalog.embeddings import default_embedding_model
from bedrock_playground.connection import Connection, connection_where, local_connection
from bedrock_playground.evaluation.by_batch import jobs_of
from bedrock_playground.evaluation.place import Place
from bedrock_playground.history import HistoryError, RunFilter
from bedrock_playground.invocation import InvocationRequest, InvocationStream, RequestRefused
from bedrock_playground.patterns.backing import Invokers
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.spending import Account, GuardedInvoker, Limits
from components.resources import (
    get_invoker,
    get_models,
    get_named_endpoints,
    get_settings,
    get_store,
    get_supervisor,
    told_behind,
)
from components.spending import estimator_at, session_account, session_totals


@dataclass(frozen=True, slots=True)
class _There:
    """What answers at a connection; the local endpoint is looked up each time, for it may have moved."""

    connection: Connection
    account: Account
    once: bool = False

    def stream(self, request: InvocationRequest) -> InvocationStream:
        """Start a request there, behind the spending guard."""
        connection = self.connection
        if connection.kind == "local":
            here = local_connection(get_settings(), get_supervisor().status, region=connection.config.region)
            connection = here or connection
        guarded = GuardedInvoker(
            get_invoker(connection, once=self.once, patient=not self.once),
            account=self.account,
            estimator=lambda: estimator_at(connection),
        )
        return guarded.stream(request)


def place_at(connection: Connection, *, agreed: Sequence[str] = ()) -> Place:
    """Make the place of an evaluation.

    Args:
        connection: Where calls go.
        agreed: Models that this session agreed to call although nobody knows what they cost.
    """
    embedding = None
    # Whoever needs one and has none says so in its call.
    with suppress(Exception):
        embedding = default_embedding_model(get_models(connection))

    def elsewhere(account: Account, region: str) -> Invokers:
        there = _connection_in(connection, region)
        return Invokers(_There(there, account), _There(there, account, once=True))

    return Place(
        guarded=lambda account: _There(connection, account),
        guarded_once=lambda account: _There(connection, account, once=True),
        estimator=lambda: estimator_at(connection, with_history=True),
        regions=elsewhere,
        shape=shape_by_catalogue(told_behind(connection.endpoint_label, connection.config.region)),
        ceiling=_ceiling(),
        agreed=tuple(agreed),
        embedding_model=embedding,
    )


def connection_of(evaluation_id: str, current: Connection | None) -> Connection | None:
    """Find where an evaluation goes on: where its answers came from, else where calls go now.

    Returns:
        ``None`` where that place is not set up now, or not ready.
    """
    found = _where_it_was(evaluation_id)
    if found is None:
        return current
    endpoint, region = found
    if current is not None and (current.endpoint_label, current.config.region) == found:
        return current
    return connection_where(
        get_settings(),
        endpoint=endpoint,
        region=region,
        local=get_supervisor().status if endpoint == "local" else None,
        named=get_named_endpoints(),
    )


def _where_it_was(evaluation_id: str) -> tuple[str | None, str | None] | None:
    """The endpoint and the Region of its batch jobs, or of its answers; ``None`` where there are none yet."""
    store = get_store()
    try:
        job = next(iter(jobs_of(store, evaluation_id)), None)
        if job is not None:
            return job.endpoint, job.region
        runs = store.list_runs(RunFilter(comparison_id=evaluation_id), limit=1).runs
        record = store.get(runs[0].run_id) if runs else None
    except HistoryError:
        return None
    return None if record is None else (record.identity.endpoint, record.identity.region)


def _connection_in(connection: Connection, region: str) -> Connection:
    found = connection_where(
        get_settings(),
        endpoint=connection.endpoint_label,
        region=region,
        local=get_supervisor().status if connection.kind == "local" else None,
        named=get_named_endpoints(),
    )
    if found is None:
        raise RequestRefused(f"Nothing can be sent to {region} from here.")
    return found


def _ceiling() -> Limits:
    """What may be spent at most: the limits of everybody's day, and what is left of this session's."""
    limits = session_account().limits
    if limits.session is None:
        return limits
    totals = session_totals()
    left = totals.session.left(limits.session) if totals is not None else limits.session
    return Limits(session=left, day=limits.day)
