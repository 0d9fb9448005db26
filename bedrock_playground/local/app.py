"""The ASGI application: routes, the guard before them, and errors after them."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bedrock_playground.local import control
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.exchange import ClientGone, Exchange, Receive, Scope, Send
from bedrock_playground.local.faults import FaultCounter
from bedrock_playground.local.fixtures import guardrails
from bedrock_playground.local.fixtures.serve import FixtureRuntime
from bedrock_playground.local.guard import Guard
from bedrock_playground.local.operations import Runtime
from bedrock_playground.local.registry import Registry

_logger = logging.getLogger(__name__)
Operation = Callable[[Exchange, str, str], Awaitable[None]]
"""Takes the exchange, the identifier in the path (decoded: ARNs hold slashes) and the caller's key id."""


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    operation: Operation


class EndpointApp:
    """Bedrock's HTTP API over a registry of local models.

    Args:
        registry: The models.
        guard: Who may call.
    """

    def __init__(self, registry: Registry, guard: Guard) -> None:
        self._registry = registry
        self._guard = guard
        faults = FaultCounter()
        runtime = Runtime(registry, faults, FixtureRuntime(faults))
        self._routes = [
            _route("POST", r"/model/(.+)/converse", runtime.converse),
            _route("POST", r"/model/(.+)/converse-stream", runtime.converse_stream),
            _route("POST", r"/model/(.+)/invoke", runtime.invoke),
            _route("POST", r"/model/(.+)/invoke-with-response-stream", runtime.invoke_stream),
            _route("POST", r"/model/(.+)/count-tokens", runtime.count_tokens),
            _route("GET", r"/foundation-models()", self._list_models),
            _route("GET", r"/foundation-models/(.+)", self._get_model),
            _route("GET", r"/inference-profiles()", self._list_profiles),
            _route("GET", r"/inference-profiles/(.+)", self._get_profile),
            _route("GET", r"/foundation-model-availability/(.+)", self._availability),
            _route("GET", r"/guardrails()", self._list_guardrails),
            _route("POST", r"/()", self._identity),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        try:
            caller = self._guard.check(exchange.headers)
            operation, identifier = self._match(exchange)
            await exchange.answer(operation(exchange, identifier, caller))
        except ClientGone:
            _logger.debug("%s %s: the client has gone", exchange.method, exchange.path)
        except ApiError as error:
            await exchange.send_error(error)
        except Exception:
            _logger.exception("%s %s failed", exchange.method, exchange.path)
            if exchange.head_sent:
                raise
            await exchange.send_error(ApiError("InternalServerException", "The endpoint failed.", status=500))

    def _match(self, exchange: Exchange) -> tuple[Operation, str]:
        for route in self._routes:
            found = route.pattern.fullmatch(exchange.path)
            if found and route.method == exchange.method:
                return route.operation, found[1]
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


def _route(method: str, pattern: str, operation: Operation) -> _Route:
    return _Route(method, re.compile(pattern), operation)
