"""The ASGI application: routes, the guard before them, and errors after them."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bedrock_playground.local import control
from bedrock_playground.local.batch.operations import BatchJobs
from bedrock_playground.local.batch.values import MINIMUM_RECORDS
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.exchange import ClientGone, Exchange, Receive, Scope, Send
from bedrock_playground.local.faults import FaultCounter
from bedrock_playground.local.fixtures import guardrails
from bedrock_playground.local.fixtures.serve import FixtureRuntime
from bedrock_playground.local.guard import Guard, is_for_s3, region_of
from bedrock_playground.local.operations import Runtime
from bedrock_playground.local.registry import Registry
from bedrock_playground.local.s3.folder import FolderStore
from bedrock_playground.local.s3.remote import RemoteStore, S3Access
from bedrock_playground.local.s3.service import S3Service, send_s3_error
from bedrock_playground.local.spoiled import SpoiledExchange
from bedrock_playground.local.switchboard import Switchboard
from bedrock_playground.local.switching import Switching

_logger = logging.getLogger(__name__)
Operation = Callable[[Exchange, str, str], Awaitable[None]]
"""Takes the exchange, the identifier in the path (decoded: ARNs hold slashes) and the caller's key id."""


BUCKET = "local-batch"
"""The bucket that is there from the start: whoever has no AWS account has made none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How batch jobs are run."""

    folder: Path
    """Where buckets and jobs are kept."""
    s3: S3Access | None = None
    """The S3 where records and answers are; ``None``: the endpoint's own."""
    minimum_records: int = MINIMUM_RECORDS
    """The fewest records that a job may have."""


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    operation: Operation
    fails: bool = False
    """Whether the switchboard can make it fail."""


class EndpointApp:
    """Bedrock's HTTP API over a registry of local models.

    Args:
        registry: The models.
        guard: Who may call.
        batch: How batch jobs are run; ``None`` has none, and no buckets.
    """

    def __init__(self, registry: Registry, guard: Guard, batch: Batch | None = None) -> None:
        self._registry = registry
        self._guard = guard
        faults = FaultCounter()
        runtime = Runtime(registry, faults, FixtureRuntime(faults))
        self._board = Switchboard()
        switching = Switching(self._board, guard)
        self._s3: S3Service | None = None
        self._jobs: BatchJobs | None = None
        self._routes = [
            _route("POST", r"/model/(.+)/converse", runtime.converse, fails=True),
            _route("POST", r"/model/(.+)/converse-stream", runtime.converse_stream, fails=True),
            _route("POST", r"/model/(.+)/invoke", runtime.invoke, fails=True),
            _route("POST", r"/model/(.+)/invoke-with-response-stream", runtime.invoke_stream, fails=True),
            _route("POST", r"/model/(.+)/count-tokens", runtime.count_tokens),
            _route("GET", r"/foundation-models()", self._list_models),
            _route("GET", r"/foundation-models/(.+)", self._get_model),
            _route("GET", r"/inference-profiles()", self._list_profiles),
            _route("GET", r"/inference-profiles/(.+)", self._get_profile),
            _route("GET", r"/foundation-model-availability/(.+)", self._availability),
            _route("GET", r"/guardrails()", self._list_guardrails),
            _route("POST", r"/()", self._identity),
            _route("GET", r"/local/faults()", switching.show),
            _route("PUT", r"/local/faults()", switching.set),
            _route("DELETE", r"/local/faults()", switching.clear),
        ]
        if batch is not None:
            self._add_batch(runtime, batch)

    def _add_batch(self, runtime: Runtime, batch: Batch) -> None:
        own = FolderStore(batch.folder / "s3")
        own.create(BUCKET)
        if batch.s3 is None:
            self._s3 = S3Service(own)
        store = own if batch.s3 is None else RemoteStore(batch.s3)
        jobs = self._jobs = BatchJobs(runtime, store, batch.folder / "jobs", minimum=batch.minimum_records)
        self._routes += [
            _route("POST", r"/model-invocation-job()", jobs.create),
            _route("GET", r"/model-invocation-jobs()", jobs.list),
            _route("POST", r"/model-invocation-job/(.+)/stop", jobs.stop),
            _route("GET", r"/model-invocation-job/(.+)", jobs.get),
        ]

    def resume(self) -> None:
        """Go on with what the process before this one left unfinished; call it in the event loop."""
        if self._jobs is not None:
            self._jobs.resume()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        for_s3 = is_for_s3(exchange.headers)
        try:
            caller = self._guard.check(exchange.headers)
            if for_s3 and self._s3 is not None:
                await exchange.answer(self._s3.answer(exchange))
                return
            route, identifier = self._match(exchange)
            if route.fails:
                plan = self._board.strike(identifier, region_of(exchange.headers))
                exchange = SpoiledExchange(scope, receive, send, plan=plan) if plan else exchange
            await exchange.answer(route.operation(exchange, identifier, caller))
        except ClientGone:
            _logger.debug("%s %s: the client has gone", exchange.method, exchange.path)
        except ApiError as error:
            await (send_s3_error(exchange, error) if for_s3 else exchange.send_error(error))
        except Exception:
            _logger.exception("%s %s failed", exchange.method, exchange.path)
            if exchange.head_sent:
                raise
            failure = ApiError("InternalServerException", "The endpoint failed.", status=500)
            await (send_s3_error(exchange, failure) if for_s3 else exchange.send_error(failure))

    def _match(self, exchange: Exchange) -> tuple[_Route, str]:
        for route in self._routes:
            found = route.pattern.fullmatch(exchange.path)
            if found and route.method == exchange.method:
                return route, found[1]
        raise ApiError("UnknownOperationException", "The requested operation is not recognized.", status=404)

    async def _list_models(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        await exchange.send_json(control.list_foundation_models(self._registry, exchange.query))

    async def _get_model(self, exchange: Exchange, identifier: str, _caller: str) -> None:
        await exchange.send_json(control.get_foundation_model(self._registry, identifier))

    async def _list_profiles(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        await exchange.send_json(control.list_inference_profiles(self._registry, exchange.query))

    async def _get_profile(self, exchange: Exchange, identifier: str, _caller: str) -> None:
        await exchange.send_json(control.get_inference_profile(self._registry, identifier))

    async def _availability(self, exchange: Exchange, identifier: str, _caller: str) -> None:
        await exchange.send_json(control.foundation_model_availability(self._registry, identifier))

    async def _list_guardrails(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        wanted = exchange.parameters.get("guardrailIdentifier")
        listed = guardrails.list_guardrails(wanted) if self._registry.lists_tests else {"guardrails": []}
        await exchange.send_json(listed)

    async def _identity(self, exchange: Exchange, _identifier: str, caller: str) -> None:
        """Answer STS's GetCallerIdentity, which has no path and says what it wants in a form."""
        form = await exchange.read_form()
        await exchange.send_xml(control.caller_identity(form, caller, exchange.request_id))


def _route(method: str, pattern: str, operation: Operation, *, fails: bool = False) -> _Route:
    return _Route(method, re.compile(pattern), operation, fails)
