"""The values of an invocation: frozen, comparable, without identity, standard library only.

Words are AWS's where AWS has one (``modelId``, ``inferenceConfig``, ``stopReason``). ``None`` always means
*not sent* or *not told*; it is never a synonym of 0. Durations are seconds as ``float``, measured by the
client's monotonic clock from the moment just before the first byte of the request is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from bedrock_playground.invocation.errors import Cancelled, InvocationError

if TYPE_CHECKING:
    from bedrock_playground.invocation.trace import Trace

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""Anything JSON can say."""

Role: TypeAlias = Literal["user", "assistant"]
"""Who speaks in a conversation; Converse knows these two."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Plain text."""

    text: str
    """The text as sent or received."""


@dataclass(frozen=True, slots=True)
class ReasoningBlock:
    """What a reasoning model thought before it answered."""

    text: str = ""
    """The reasoning; empty where the service redacted it."""
    signature: str | None = None
    """The service's signature over ``text``; must be sent back unchanged in a follow-up turn."""
    redacted_content: bytes | None = None
    """Encrypted reasoning; opaque, to be sent back unchanged."""


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """An image, sent or generated."""

    format: str
    """``png``, ``jpeg``, ``gif`` or ``webp``."""
    data: bytes
    """The image's bytes; Bedrock takes at most 20 images of at most 3.75 MB per request."""


@dataclass(frozen=True, slots=True)
class DocumentBlock:
    """A document; Converse wants a text block beside it."""

    format: str
    """``pdf``, ``csv``, ``doc``, ``docx``, ``xls``, ``xlsx``, ``html``, ``txt`` or ``md``."""
    name: str
    """The name the model sees."""
    data: bytes
    """The document's bytes, at most 4.5 MB; at most 5 documents per request."""


@dataclass(frozen=True, slots=True)
class ToolUseBlock:
    """The model asks for a tool to be called."""

    tool_use_id: str
    """The service's id of this call; the result names it."""
    name: str
    """The tool's name."""
    input: Json
    """The arguments; the raw string where the model wrote invalid JSON."""


@dataclass(frozen=True, slots=True)
class ToolResultBlock:
    """What a tool answered, sent back to the model."""

    tool_use_id: str
    """The id of the call this answers."""
    content: tuple[Json, ...]
    """Converse's tool result content blocks, as JSON."""
    status: Literal["success", "error"] | None = None
    """Whether the tool succeeded; not every model takes it."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A content block this version has no name for, kept as it is so that nothing is lost."""

    value: Mapping[str, Json]
    """The block as Converse's JSON."""


ContentBlock: TypeAlias = (
    TextBlock | ReasoningBlock | ImageBlock | DocumentBlock | ToolUseBlock | ToolResultBlock | RawBlock
)
"""One piece of a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    """Who speaks."""
    content: tuple[ContentBlock, ...]
    """What is said, in order; never empty."""

    @classmethod
    def user(cls, text: str) -> Message:
        """Make a user's message of plain text."""
        return cls(role="user", content=(TextBlock(text),))

    @classmethod
    def assistant(cls, text: str) -> Message:
        """Make a model's message of plain text."""
        return cls(role="assistant", content=(TextBlock(text),))

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(block.text for block in self.content if isinstance(block, TextBlock))


@dataclass(frozen=True, slots=True)
class InferenceParameters:
    """Converse's ``inferenceConfig`` and the model's own fields; ``None`` means the field is not sent."""

    max_tokens: int | None = None
    """The most tokens to generate, at least 1."""
    temperature: float | None = None
    """0 is (nearly) deterministic; the ceiling is the model's."""
    top_p: float | None = None
    """Nucleus sampling: the probability mass to choose from, 0–1."""
    stop_sequences: tuple[str, ...] | None = None
    """Texts that end the answer; each non-empty."""
    additional_model_request_fields: Mapping[str, Json] | None = None
    """Fields of the model's own API that Converse has no name for, such as ``top_k``."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A guardrail to apply."""

    identifier: str
    """The guardrail's id or ARN."""
    version: str
    """A version number or ``DRAFT``."""
    trace: Literal["enabled", "disabled", "enabled_full"] = "enabled"
    """How much of its reasoning comes back."""
    stream_processing_mode: Literal["sync", "async"] | None = None
    """Whether a stream waits for the guardrail's verdict."""


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """Everything one Converse call needs."""

    model_id: str
    """What is sent as ``modelId``: an id, an inference profile or an ARN."""
    messages: tuple[Message, ...]
    """The conversation; the first message is the user's."""
    system: str | None = None
    """The system prompt."""
    system_cache_ttl: Literal["5m", "1h"] | None = None
    """Put a cache point behind the system prompt, whose entry lives this long; ``None``: no cache point."""
    parameters: InferenceParameters = field(default_factory=InferenceParameters)
    """Inference parameters."""
    service_tier: str | None = None
    """``priority``, ``default``, ``flex`` or ``reserved``."""
    performance_latency: str | None = None
    """``standard`` or ``optimized``."""
    guardrail: Guardrail | None = None
    """A guardrail to apply."""
    tool_config: Mapping[str, Json] | None = None
    """Converse's ``toolConfig``, as JSON."""
    output_config: Mapping[str, Json] | None = None
    """Converse's ``outputConfig`` (``textFormat``, ``effort``), as JSON."""
    request_metadata: Mapping[str, str] | None = None
    """1–16 pairs that AWS writes to the invocation log."""
    additional_model_response_field_paths: tuple[str, ...] | None = None
    """JSON pointers into the model's own response that should come back."""

    @classmethod
    def from_prompt(
        cls,
        model_id: str,
        prompt: str,
        *,
        system: str | None = None,
        parameters: InferenceParameters | None = None,
    ) -> InvocationRequest:
        """Make a request of one user message.

        Args:
            model_id: What is sent as ``modelId``.
            prompt: The user's message.
            system: The system prompt; ``None`` sends none.
            parameters: Inference parameters; ``None`` sends none.
        """
        return cls(
            model_id=model_id,
            messages=(Message.user(prompt),),
            system=system,
            parameters=parameters or InferenceParameters(),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in disjoint buckets; ``None`` where the service did not tell."""

    input_tokens: int | None = None
    """Input tokens as the service counts them (Anthropic's exclude cache reads and writes)."""
    output_tokens: int | None = None
    """Generated tokens, reasoning included."""
    cache_read_input_tokens: int | None = None
    """Input tokens read from a prompt cache."""
    cache_write_input_tokens: int | None = None
    """Input tokens written to a prompt cache."""
    cache_write_1h_input_tokens: int | None = None
    """The part of ``cache_write_input_tokens`` kept for an hour, where told: it has its own price."""
    reasoning_tokens: int | None = None
    """The part of ``output_tokens`` spent on reasoning, where told."""
    total_tokens: int | None = None
    """The service's own sum, as told."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When things happened, in seconds since the request was sent (client's monotonic clock)."""

    time_to_first_token: float | None = None
    """Until the first visible text; ``None`` if there was none."""
    time_to_first_reasoning_token: float | None = None
    """Until the first reasoning text, kept apart; ``None`` if there was none."""
    total: float | None = None
    """Until the stream ended, however it ended."""
    server_latency: float | None = None
    """The service's own ``metrics.latencyMs``, in seconds: another clock, another meaning."""
    arrivals: tuple[float, ...] = ()
    """When each text delta arrived, ascending."""
    summed: bool = False
    """Whether the run's tokens are those of several calls, as of a pattern: its times tell no pace."""

    def time_per_output_token(self, output_tokens: int | None) -> float | None:
        """TPOT = (total − TTFT) / (output tokens − 1), seconds; ``None`` below 2 output tokens, or summed.

        The definition is the usual one of LLM serving benchmarks (LLMeter, vLLM's ``benchmark_serving``).
        """
        if output_tokens is None or output_tokens < 2 or self.summed:
            return None
        if self.time_to_first_token is None or self.total is None:
            return None
        return (self.total - self.time_to_first_token) / (output_tokens - 1)

    def tokens_per_second(self, output_tokens: int | None) -> float | None:
        """The inverse of :meth:`time_per_output_token`; ``None`` where that is undefined or zero."""
        tpot = self.time_per_output_token(output_tokens)
        return 1.0 / tpot if tpot else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request; every try is kept, so that retries hide nothing."""

    number: int
    """1 for the first try."""
    started: float
    """Seconds since the request's first try began."""
    duration: float
    """Seconds until this try ended."""
    error_type: str | None = None
    """The error's class name, ``None`` if this try succeeded."""
    error_code: str | None = None
    """The service's error code, where it gave one."""
    error_message: str | None = None
    """The service's words."""
    status: int | None = None
    """HTTP status, where one came."""
    request_id: str | None = None
    """``x-amzn-requestid``, where one came."""
    backoff: float | None = None
    """Seconds waited after this try before the next; ``None`` if there was no next."""
    sent: bool | None = None
    """Whether the request began to be written: the service may bill it from then on. ``None``: not told."""


class RunState(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The process died during it; only the history says this."""

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self not in {RunState.PENDING, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """What came of one invocation, however it ended; partial output is kept."""

    text: str = ""
    """The visible text so far."""
    reasoning: str = ""
    """The reasoning text so far."""
    content: tuple[ContentBlock, ...] = ()
    """The assistant's message, block by block, ready for a follow-up turn."""
    stop_reason: str | None = None
    """Converse's ``stopReason``; an open set."""
    usage: Usage | None = None
    """``None``: the service did not tell; unknown, not 0."""
    timing: Timing = field(default_factory=Timing)
    """When things happened."""
    attempts: tuple[Attempt, ...] = ()
    """Every try, the last one included."""
    request_id: str | None = None
    """The service's request id of the last try."""
    error: InvocationError | None = None
    """Why it failed; ``None`` if it did not."""
    service_tier: str | None = None
    """The tier the service echoed: price by this one."""
    performance_latency: str | None = None
    """The latency mode the service echoed."""
    invoked_model_id: str | None = None
    """The model that a prompt router chose, where told: price by this one."""
    guardrail_trace: Mapping[str, Json] | None = None
    """The guardrail's trace, as JSON."""
    citations: tuple[Json, ...] = ()
    """Citations, as Converse's JSON."""
    additional_model_response_fields: Json = None
    """The model's own response fields that were asked for."""
    trace: Trace | None = None
    """Every call and decision behind it, where a pattern answered."""

    @property
    def state(self) -> RunState:
        """Completed, failed or cancelled."""
        if self.error is None:
            return RunState.COMPLETED
        return RunState.CANCELLED if isinstance(self.error, Cancelled) else RunState.FAILED
