"""Who watches calls from outside, such as telemetry, and what they are told; standard library only.

An observer is told of a call once, when it has ended: while it streams, watching costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult

Operation = Literal["ConverseStream", "Converse", "InvokeModel"]
"""The calls of Bedrock's API that invoke a model."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The run that a call is made for."""

    identity: RunIdentity
    """Which run."""
    price: Callable[[InvocationResult], Cost | None]
    """What the run costs with this result; ``None`` where nobody prices. Never raises."""


CURRENT_RUN: ContextVar[RunContext | None] = ContextVar("current_run", default=None)
"""The run that this thread makes calls for: a lane says so, and whoever observes its calls may look."""


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that has just ended, however it ended."""

    operation: Operation
    """What was called."""
    model_id: str
    """What was sent as ``modelId``."""
    result: InvocationResult
    """What came of it. Where there is no request, the timing, the tries and the error alone."""
    elapsed: float
    """Seconds since somebody asked for the first event; more than the timing's total by the setting up."""
    request: InvocationRequest | None = None
    """What was asked; ``None`` where only the model's own body says it. By InvokeModel: what to embed."""
    first_output: float | None = None
    """Seconds until the first text, reasoning or tool call of a stream, on the timing's clock."""
    region: str | None = None
    """The Region called, where it is named."""
    address: str | None = None
    """The endpoint's URL, as boto3 settled it."""
    run: RunContext | None = None
    """The run that it was made for; ``None`` outside a comparison."""


class CallObserver(Protocol):
    """Who is told of every call. Called on the thread that made it, which must not have to wait."""

    def call_ended(self, call: EndedCall) -> None:
        """Take note of a call; an exception here never harms it."""
        ...
