"""Making models of the local endpoint fail, from outside: which, how, how often, for which Region.

So that fallback, breaker and hedge can be watched at work: the requests stay as they are, only some of their
answers do not come. Rules live in the endpoint's process alone and end with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

from bedrock_playground.catalog.resolution import LOCAL_PREFIXES
from bedrock_playground.connection import Connection

ANY_MODEL = "*"
"""The model id that stands for all."""
_PATH = "/local/faults"
_TIMEOUT = 5.0

FaultKind: TypeAlias = Literal[
    "throttling",
    "overloaded",
    "model-timeout",
    "service-unavailable",
    "model-error",
    "access-denied",
    "cut",
    "stream-throttling",
    "stall",
    "slow-first-token",
    "paced",
]
"""What is worth watching; the endpoint takes further kinds (``bedrock_playground.local.switchboard``)."""

FAULT_WORDS: dict[FaultKind, str] = {
    "throttling": "Throttled (429)",
    "overloaded": "Out of capacity (529)",
    "model-timeout": "Times out (408)",
    "service-unavailable": "Down (503)",
    "model-error": "Fails (424)",
    "access-denied": "No access (403)",
    "cut": "Connection cut in mid-answer",
    "stream-throttling": "Throttled in mid-answer",
    "stall": "Falls silent in mid-answer",
    "slow-first-token": "Slow to begin",
    "paced": "Slow throughout",
}
"""What to call each, in the order in which a page offers them."""


class SwitchboardError(Exception):
    """The switchboard cannot be used or did not take something; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One model that is to fail."""

    model_id: str
    """The id as it is sent, or :data:`ANY_MODEL`."""
    kind: str
    """How: a :data:`FaultKind`, or another that the endpoint knows."""
    rate: float = 100.0
    """Of how many calls in a hundred, 0–100."""
    region: str | None = None
    """Only calls signed for this Region; ``None``: all."""
    seed: int | None = None
    """Which calls: the same seed strikes the same ones, counted from when it was set."""
    retry_after: float | None = None
    """Seconds for the ``Retry-After`` header of an error."""
    delay_ms: int | None = None
    """How long an error, the first token or a silence takes; by default 3 s for a slow first token, an hour
    for a silence, and nothing for errors."""
    after_tokens: int | None = None
    """Tokens before an answer fails; 5 by default."""
    tokens_per_second: float | None = None
    """The pace of ``paced``, which needs one."""


@dataclass(frozen=True, slots=True)
class StandingFault:
    """A fault that is set, and what it did so far."""

    fault: Fault
    """As it was set, with the endpoint's defaults."""
    calls: int
    """Calls that it decided about."""
    struck: int
    """Calls that it made fail."""


def can_switch(connection: Connection) -> bool:
    """Whether a connection's models can be made to fail: those of the endpoint that this app started."""
    return connection.kind == "local" and connection.config.secret_access_key is not None


def targets_of(model_id: str) -> tuple[str, ...]:
    """The ids under which a local model can be called, each a target that can be made to fail by itself.

    Args:
        model_id: The model's own id.
    """
    return (model_id, *(f"{prefix}.{model_id}" for prefix in LOCAL_PREFIXES))


class FaultSwitchboard:
    """The switchboard of the local endpoint; blocks for a loopback call. Any thread may use it."""

    def __init__(self, connection: Connection) -> None:
        """Make it for a connection.

        Raises:
            SwitchboardError: It is not to the local endpoint that this app started.
        """
        config = connection.config
        if not can_switch(connection) or not config.endpoint_url:
            raise SwitchboardError("Only the local endpoint's models can be made to fail. Choose it first.")
        self._url = urlsplit(config.endpoint_url)
        self._key, self._secret = config.access_key_id or "", config.secret_access_key or ""

    def list(self) -> tuple[StandingFault, ...]:
        """What is set.

        Raises:
            SwitchboardError: The endpoint cannot be reached.
        """
        return self._ask("GET")

    def set(self, fault: Fault) -> tuple[StandingFault, ...]:
        """Set a fault in place of the one for the same model and Region; returns what is set then.

        Raises:
            SwitchboardError: The endpoint refuses it, or cannot be reached.
        """
        how = {
            "kind": fault.kind,
            "retry_after": fault.retry_after,
            "delay_ms": fault.delay_ms,
            "after_tokens": fault.after_tokens,
            "tokens_per_second": fault.tokens_per_second,
        }
        rule = {
            "modelId": fault.model_id,
            "region": fault.region,
            "rate": fault.rate,
            "seed": fault.seed,
            "fault": {name: value for name, value in how.items() if value is not None},
        }
        return self._ask("PUT", body=json.dumps(rule).encode())

    def clear(self, model_id: str | None = None, *, region: str | None = None) -> tuple[StandingFault, ...]:
        """Take a fault away, or all of them where no model is named; returns what is set then.

        Args:
            model_id: The id that it was set for.
            region: The Region that it was set for.

        Raises:
            SwitchboardError: The endpoint cannot be reached.
        """
        named = {"modelId": model_id, "region": region} if model_id is not None else {}
        return self._ask("DELETE", {name: value for name, value in named.items() if value is not None})

    def _ask(
        self, method: str, query: dict[str, str] | None = None, *, body: bytes = b""
    ) -> tuple[StandingFault, ...]:
        target = f"{_PATH}?{urlencode(query)}" if query else _PATH
        connection = HTTPConnection(self._url.hostname or "", self._url.port, timeout=_TIMEOUT)
        try:
            connection.request(method, target, body, self._headers(method, target, body))
            response = connection.getresponse()
            told = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise SwitchboardError(f"The local endpoint cannot be reached: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise SwitchboardError(str(told.get("message") or f"The endpoint answered {response.status}."))
        return tuple(_standing(one) for one in told["faults"])

    def _headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        date = str(int(time.time()))
        text = "\n".join((method, target, date, hashlib.sha256(body).hexdigest()))
        proof = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "x-local-date": date,
            "Authorization": f"LOCAL-HMAC-SHA256 Credential={self._key}/local, Signature={proof}",
        }


def _standing(told: dict[str, Any]) -> StandingFault:
    fault = Fault(
        model_id=told["modelId"],
        region=told["region"],
        rate=told["rate"],
        seed=told["seed"],
        **told["fault"],
    )
    return StandingFault(fault, told["calls"], told["struck"])
