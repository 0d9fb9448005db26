"""A loopback Bedrock whose models answer as a test says, and what stands behind patterns there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation import BedrockInvoker, ClientConfig, Finished, RetryPolicy, TextDelta
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, KindInvoker
from bedrock_playground.invocation.events import Failed
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.backing import Backing, Recorded
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.patterns.stream import PatternInvoker
from tests.wire.invocation.scripted import Exchange, ScriptedServer

Says = Callable[[str, str, Exchange], None]
"""Told the model id, the prompt and the exchange to answer on."""


FAILURES: dict[str, tuple[int, str, str]] = {
    "throttled": (429, "ThrottlingException", "Too many requests."),
    "unready": (429, "ModelNotReadyException", "Not ready."),
    "down": (503, "ServiceUnavailableException", "Unavailable."),
    "slow": (408, "ModelTimeoutException", "Too slow."),
    "denied": (403, "AccessDeniedException", "No access."),
    "missing": (404, "ResourceNotFoundException", "No such model."),
    "long": (400, "ValidationException", "Input is too long for requested model."),
    "wrong": (400, "ValidationException", "Malformed input request."),
}
"""How a model can refuse, as Bedrock words it: status, code, message."""


def echo(model: str, prompt: str, exchange: Exchange) -> None:
    """Answer with who was asked what."""
    exchange.answer(f"{model}: {prompt}")


@dataclass
class Kitchen:
    """What a test can look at afterwards."""

    says: Says = echo
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Every call that arrived: model id and prompt."""
    started: list[tuple[RunIdentity, InvocationRequest]] = field(default_factory=list)
    ended: list[tuple[RunIdentity, InvocationRequest, InvocationResult, Cost | None]] = field(
        default_factory=list
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.server = ScriptedServer(self._handle)

    def begin(self, says: Says) -> None:
        """Begin anew: nothing was asked yet, and the models answer so."""
        with self.lock:
            self.says = says
            self.asked, self.started, self.ended = [], [], []
            self.server.exchanges.clear()

    def close(self) -> None:
        self.server.close()

    def _handle(self, exchange: Exchange) -> None:
        model = unquote(exchange.path.split("/")[2])
        body: dict[str, Any] = json.loads(exchange.body)
        prompt = body["messages"][-1]["content"][-1]["text"] if "messages" in body else body["inputText"]
        with self.lock:
            self.asked.append((model, prompt))
        self.says(model, prompt, exchange)

    # A recorder and a pricer

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        with self.lock:
            self.started.append((identity, request))

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        with self.lock:
            self.ended.append((identity, request, result, cost))

    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        """One cent per output token; nobody knows what ``unpriced`` costs."""
        if result.usage is None or "unpriced" in request.model_id:
            return Cost(None, note="Nobody knows.")
        return Cost(Decimal(result.usage.output_tokens or 0) / 100, confidence=Confidence.USER)

    def backing(self, **changes: Any) -> Backing:
        config = ClientConfig(
            region="us-east-1",
            endpoint_url=self.server.url,
            access_key_id="AKIDTEST",
            secret_access_key="secret",
        )
        converse = BedrockInvoker(config=config, retry=RetryPolicy(base_delay=0.01))
        embedding = EmbeddingInvoker(converse, lambda _, text: {"inputText": text})
        backing = Backing(
            invoker=KindInvoker(converse, embedding, embeds=lambda model: model.startswith("embed")),
            once=BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1)),
            shape=plain,
            recorder=self,
            pricer=self,
        )
        return replace(backing, **changes)

    def journal(self, *, only: bool = True) -> Replay:
        """Everything that was called so far, to be replayed."""
        return Replay(
            [
                (request, Recorded(identity.run_id, result, cost))
                for identity, request, result, cost in self.ended
                if not request.model_id.startswith("pattern:")
            ],
            only=only,
        )


class Replay:
    """A journal of a list; each call is taken once."""

    def __init__(self, calls: list[tuple[InvocationRequest, Recorded]], *, only: bool) -> None:
        self.calls = calls
        self.only = only

    def take(self, request: InvocationRequest, *, role: str) -> Recorded | None:
        for index, (known, recorded) in enumerate(self.calls):
            if known == request:
                del self.calls[index]
                return recorded
        return None


def plain(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    """Send what was asked to the variant's model; the models of these tests are in no catalogue."""
    refusals = ("It sits out.",) if variant.model == "refused" else ()
    return BuiltRequest(replace(asked, model_id=variant.model), refusals=refusals)


def solo(model: str) -> Solo:
    return Solo(variant=Variant(model=model))


def ask(prompt: str = "Hello") -> InvocationRequest:
    return InvocationRequest.from_prompt("", prompt)


def play(
    pattern: Pattern, backing: Backing, prompt: str | InvocationRequest = "Hello"
) -> tuple[InvocationResult, str]:
    """Play a pattern; returns its result and the text that was shown."""
    shown = ""
    asked = ask(prompt) if isinstance(prompt, str) else prompt
    for event in PatternInvoker(pattern, backing).stream(asked):
        if isinstance(event, TextDelta):
            shown += event.text
        elif isinstance(event, Finished | Failed):
            return event.result, shown
    raise AssertionError("A stream ends with a result.")
