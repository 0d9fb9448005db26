"""Failing on purpose: the test fixture that writes filler text, and what spoils a stream."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bedrock_playground.local.fault_plan import FaultPlan
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.values import ChatRequest, Completion, Generation, Piece

FILLER = """\
### Test output of the local endpoint

This is **not** a model's answer: it is a fixed text, written word by word by a test fixture.

1. The quick brown fox jumps over the lazy dog.
2. Pack my box with *five dozen* liquor jugs.
3. Sphinx of black quartz, judge my vow.

| measure | value |
|---|---|
| pace | as asked for |
| text | always the same |

```python
def pangram(text: str) -> bool:
    return set("abcdefghijklmnopqrstuvwxyz") <= set(text.lower())
```

> Prices such as $5 and $6 stay text; symbols such as ü, 日本 and 🎉 are whole.

"""
DEFAULT_TOKENS = 200
FIXTURE_MAX_TOKENS = 100_000
DEFAULT_PACE = 100.0
"""Tokens per second of the fixture when nothing else was asked for."""
_TOKEN = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event sent as it is."""

    event_type: str
    """Its type on the wire."""
    payload: JsonObject
    """Its JSON."""


class Sabotage(Exception):
    """The answer is to be spoiled here.

    Args:
        kind: ``cut``, ``reset``, ``checksum``, ``no-message-stop`` or ``empty-body``.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class FixtureEngine:
    """Writes fixed text at a fixed pace; its tokens are words. Of the parameters it honours ``max_tokens``.

    Args:
        plan: What to write and how fast.
    """

    max_output_tokens = FIXTURE_MAX_TOKENS

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan

    @asynccontextmanager
    async def generate(self, request: ChatRequest) -> AsyncIterator[Generation]:
        """Start writing. See ``TextEngine``."""
        yield self._write(request)

    async def count_tokens(self, request: ChatRequest) -> int:
        """Count the words of the conversation."""
        texts = [request.system or "", *(turn.text for turn in request.turns)]
        return sum(len(text.split()) for text in texts)

    async def _write(self, request: ChatRequest) -> AsyncIterator[Piece | Completion]:
        plan = self._plan
        tokens = _TOKEN.findall(FILLER if plan.text is None else plan.text)
        wanted = (
            plan.tokens if plan.tokens is not None else DEFAULT_TOKENS if plan.text is None else len(tokens)
        )
        if request.max_tokens is not None and plan.tokens is None and plan.text is None:
            wanted = request.max_tokens
        count = min(wanted, request.max_tokens or wanted) if tokens else 0
        pace = plan.tokens_per_second or DEFAULT_PACE
        start = time.monotonic()
        for index in range(count):
            await asyncio.sleep(max(0.0, start + index / pace - time.monotonic()))
            yield Piece(tokens[index % len(tokens)])
        capped = request.max_tokens is not None and count == request.max_tokens
        yield Completion(
            "max_tokens" if capped else "end_turn",
            input_tokens=await self.count_tokens(request),
            output_tokens=count,
        )


async def spoil(generation: Generation, plan: FaultPlan) -> AsyncIterator[Piece | Completion | RawEvent]:
    """Let a generation through as the plan says.

    Raises:
        ApiError: The in-stream exception that was asked for.
        Sabotage: The transport is to be spoiled at this point.
    """
    if plan.kind == "empty-body":
        raise Sabotage(plan.kind)
    if plan.kind == "slow-first-token":
        await asyncio.sleep(plan.delay_ms / 1000)
    emitted: list[float] = []
    count = 0
    struck = False
    async for item in _paced(generation, plan):
        if not struck and (count >= plan.after_tokens or isinstance(item, Completion)):
            struck = True
            async for extra in _strike(plan):
                yield extra
        if isinstance(item, Completion):
            fields: JsonObject = {"emitted_at": emitted} if plan.clock else {}
            yield replace(item, response_fields={**item.response_fields, **fields})
            return
        emitted.append(time.time())
        count += 1
        yield item


async def _strike(plan: FaultPlan) -> AsyncIterator[Piece | RawEvent]:
    error = plan.http_error()
    if error is not None:
        raise error
    if plan.kind in ("cut", "reset", "checksum", "no-message-stop"):
        raise Sabotage(plan.kind)
    if plan.kind == "stall":
        await asyncio.sleep(plan.delay_ms / 1000)
    elif plan.kind == "unknown-event":
        yield RawEvent("localUnknownEvent", {"note": "no client knows this event"})
        yield RawEvent(
            "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"localUnknownDelta": {"a": 1}}}
        )
    elif plan.kind == "split-surrogates":
        yield Piece("\ud83c")
        yield Piece("\udf89")


async def _paced(generation: Generation, plan: FaultPlan) -> Generation:
    """Hold items back to the pace; the fixture already keeps it, so nothing is added there."""
    start = time.monotonic()
    index = 0
    async for item in generation:
        if plan.tokens_per_second and isinstance(item, Piece):
            await asyncio.sleep(max(0.0, start + index / plan.tokens_per_second - time.monotonic()))
            index += 1
        yield item


class FaultCounter:
    """Counts calls for ``times``."""

    def __init__(self) -> None:
        self._failed: Counter[tuple[str, str, str, str]] = Counter()

    def due(self, plan: FaultPlan, *, caller: str, model_id: str) -> FaultPlan:
        """Return the plan, or one without a fault if enough calls have failed."""
        if plan.times is None:
            return plan
        key = (caller, model_id, plan.kind, plan.key)
        if self._failed[key] < plan.times:
            self._failed[key] += 1
            return plan
        del self._failed[key]
        return replace(plan, kind="paced")
