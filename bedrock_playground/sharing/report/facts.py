"""What a report says of a comparison: read out of its runs once, whatever it is written as then. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_playground.catalog.money import UNKNOWN, format_per_thousand, format_usd, origin
from bedrock_playground.invocation import Comparison, InvocationRequest, LaneRun
from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.tool_calls import calls_of
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock, Json, ToolResultBlock

NOT_AVAILABLE = "n/a"
"""What stands where nothing was measured or told."""
_PLACES = {"local": "the local endpoint", "bedrock": "Amazon Bedrock"}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One answer and what was measured of it; ``None`` is unknown."""

    repeat: int
    """From 1 on."""
    state: str
    """How it ended."""
    answer: str
    """The visible text; Markdown, as the model wrote it."""
    reasoning: str
    """What it thought before."""
    calls: tuple[tuple[str, str], ...]
    """Tools that it asked for: name and arguments as JSON."""
    error: str | None
    """Why it failed, with what to do."""
    ttft: float | None
    """Seconds until the first visible text."""
    total: float | None
    """Seconds until the end."""
    tokens_per_second: float | None
    """Output speed."""
    input_tokens: int | None
    """As the service counts."""
    output_tokens: int | None
    """As the service counts."""
    stop_reason: str | None
    """Converse's ``stopReason``."""
    attempts: int
    """Tries."""
    cost: str
    """US dollars, in words."""
    per_thousand: str
    """What a thousand such requests cost, in words."""
    dollars: float | None
    """US dollars, for drawing."""
    price: str
    """Where the cost comes from: source, date, confidence."""


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """One question to a lane and its answers."""

    number: int
    """From 1 on."""
    asked: str
    """The message; empty where results of tools were sent."""
    runs: tuple[RunFacts, ...]
    """The answers that were not replaced, by repeat."""


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """One variant."""

    letter: str
    """Its name."""
    model: str
    """What was sent as ``modelId``."""
    settings: Mapping[str, str]
    """What was sent last, by name; what was not sent is absent."""
    turns: tuple[TurnFacts, ...]
    """The conversation."""

    @property
    def latest(self) -> tuple[RunFacts, ...]:
        """The answers of its last turn."""
        return self.turns[-1].runs if self.turns else ()


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A comparison."""

    made_at: datetime
    """When the report was made."""
    started_at: datetime
    """When the first run began."""
    place: str
    """Where it ran; an endpoint of one's own is not named."""
    region: str | None
    """The Region called."""
    prompt: str
    """The first message."""
    system: str | None
    """The system prompt, where all variants were sent the same."""
    attachments: tuple[str, ...]
    """What stood beside the prompt, in words; not the files."""
    schema: str | None
    """The JSON schema that the answer was to follow."""
    tools: tuple[str, ...]
    """Names of the tools on offer."""
    lanes: tuple[LaneFacts, ...]
    """The variants, in the order of display."""
    votes: tuple[str, ...]
    """What was voted, in words."""

    @property
    def title(self) -> str:
        """What to call it."""
        count = len(self.lanes)
        return f"{count} variant{'' if count == 1 else 's'}, one prompt" if count > 1 else "One variant"

    @property
    def repeated(self) -> bool:
        """Whether a variant answered more than once in its last turn."""
        return any(len(lane.latest) > 1 for lane in self.lanes)


def collect(comparison: Comparison, *, made_at: datetime, votes: Sequence[str] = ()) -> ReportFacts:
    """Read a comparison.

    Args:
        comparison: A finished comparison, with one run at least; nobody may be blind to its names any more.
        made_at: Now, with a time zone.
        votes: What was voted, in words.
    """
    lanes = [lane for lane in comparison.lanes if lane.runs]
    runs = [run for lane in lanes for run in lane.runs]
    first = min(runs, key=lambda run: run.identity.started_at)
    asked = [lane.runs[0].request for lane in lanes]
    systems = {request.system for request in asked}
    attached = max((tuple(_attachments(request)) for request in asked), key=len)
    last = max(runs, key=lambda run: run.identity.started_at).identity
    return ReportFacts(
        made_at=made_at,
        started_at=first.identity.started_at,
        place=_PLACES.get(last.endpoint or "", "an endpoint of one's own"),
        region=last.region if last.endpoint != "local" else None,
        prompt=first.request.messages[0].text,
        system=systems.pop() if len(systems) == 1 else None,
        attachments=attached,
        schema=next((found for request in asked if (found := asked_schema(request))), None),
        tools=max((tuple(_tools(request)) for request in asked), key=len),
        lanes=tuple(
            _lane(lane.label, lane.runs, own_system=len({one.system for one in asked}) > 1) for lane in lanes
        ),
        votes=tuple(votes),
    )


def _lane(letter: str, runs: Sequence[LaneRun], *, own_system: bool) -> LaneFacts:
    shown = [run for run in runs if not run.superseded]
    numbers = sorted({run.identity.turn for run in shown})
    turns = tuple(_turn([run for run in shown if run.identity.turn == number], number) for number in numbers)
    request = shown[-1].request
    settings = dict(_settings(request))
    if own_system:
        settings = {"system prompt": request.system or "none"} | settings
    return LaneFacts(letter, request.model_id, settings, turns)


def _turn(runs: Sequence[LaneRun], number: int) -> TurnFacts:
    ordered = sorted(runs, key=lambda run: run.identity.repeat)
    message = ordered[-1].request.messages[-1]
    results = sum(isinstance(block, ToolResultBlock) for block in message.content)
    asked = message.text or (f"({results} result{'' if results == 1 else 's'} of tools)" if results else "")
    return TurnFacts(number + 1, asked, tuple(_run(run) for run in ordered))


def _run(run: LaneRun) -> RunFacts:
    result = run.result
    timing = result.timing if result else None
    usage = result.usage if result else None
    output = usage.output_tokens if usage else None
    error = result.error if result else None
    amount = run.cost.amount if run.cost else None
    return RunFacts(
        repeat=run.identity.repeat + 1,
        state=run.state.value,
        answer=run.text,
        reasoning=run.reasoning,
        calls=tuple((call.name, json_text(call.input)) for call in calls_of(result)),
        error=f"{type(error).__name__}: {error.message} {error.advice}" if error else None,
        ttft=timing.time_to_first_token if timing else None,
        total=timing.total if timing else None,
        tokens_per_second=timing.tokens_per_second(output) if timing else None,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=output,
        stop_reason=result.stop_reason if result else None,
        attempts=len(run.attempts),
        cost=format_usd(amount),
        per_thousand=format_per_thousand(amount),
        dollars=None if amount is None else float(amount),
        price=origin(run.cost) if run.cost else f"price {UNKNOWN}",
    )


def _settings(request: InvocationRequest) -> Iterator[tuple[str, str]]:
    sent = request.parameters
    guardrail = request.guardrail
    schema = asked_schema(request)
    told: tuple[tuple[str, Json], ...] = (
        ("temperature", sent.temperature),
        ("top-p", sent.top_p),
        ("max tokens", sent.max_tokens),
        ("stop sequences", list(sent.stop_sequences) if sent.stop_sequences else None),
        ("additional fields", dict(sent.additional_model_request_fields or {}) or None),
        ("service tier", request.service_tier),
        ("latency", request.performance_latency),
        ("prompt cache", request.system_cache_ttl),
        ("guardrail", f"{guardrail.identifier}:{guardrail.version}" if guardrail else None),
        ("output settings", dict(request.output_config) if request.output_config and not schema else None),
    )
    for name, value in told:
        if value is not None:
            yield name, value if isinstance(value, str) else json_text(value, compact=True)


def _attachments(request: InvocationRequest) -> Iterator[str]:
    for block in request.messages[0].content:
        if isinstance(block, ImageBlock):
            yield f"an image ({block.format}, {len(block.data) / 1000:,.0f} kB)"
        elif isinstance(block, DocumentBlock):
            yield f"{block.name} ({block.format}, {len(block.data) / 1000:,.0f} kB)"


def _tools(request: InvocationRequest) -> Iterator[str]:
    config: Mapping[str, Any] = request.tool_config or {}
    for tool in config.get("tools") or ():
        match tool:
            case {"toolSpec": {"name": str(name)}}:
                yield name
            case _:
                pass


def json_text(value: Json, *, compact: bool = False) -> str:
    """Write JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=None if compact else 2, default=str)


def milliseconds(seconds: float | None) -> str:
    """Write a time in milliseconds; ``n/a`` where there is none."""
    return NOT_AVAILABLE if seconds is None else f"{seconds * 1000:,.0f} ms"


def count(value: int | None) -> str:
    """Write a count; ``n/a`` where nobody told."""
    return NOT_AVAILABLE if value is None else f"{value:,}"


def speed(value: float | None) -> str:
    """Write tokens per second; ``n/a`` where that is undefined."""
    return NOT_AVAILABLE if value is None else f"{value:,.1f}"


COLUMNS = (
    "variant", "model", "repeat", "state", "TTFT", "total", "tokens/s", "input tokens", "output tokens",
    "stop reason", "tries", "cost", "cost of 1,000",
)  # fmt: skip
"""What the table of measurements says of each run."""


def rows(facts: ReportFacts) -> list[tuple[str, ...]]:
    """The table of measurements, by :data:`COLUMNS`: a row per answer of each lane's last turn."""
    return [
        (
            lane.letter,
            lane.model,
            str(run.repeat),
            run.state,
            milliseconds(run.ttft),
            milliseconds(run.total),
            speed(run.tokens_per_second),
            count(run.input_tokens),
            count(run.output_tokens),
            run.stop_reason or NOT_AVAILABLE,
            str(run.attempts),
            run.cost,
            run.per_thousand,
        )
        for lane in facts.lanes
        for run in lane.latest
    ]


def setting_rows(facts: ReportFacts) -> list[tuple[str, ...]]:
    """The table of settings: a row per setting that any lane was sent, a column per lane."""
    names = dict.fromkeys(name for lane in facts.lanes for name in lane.settings)
    return [(name, *(lane.settings.get(name, "not sent") for lane in facts.lanes)) for name in names]
