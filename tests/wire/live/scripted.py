"""A comparison whose answers are written down beforehand and arrive at a set pace: a test fixture.

It stands in for a model, so that the live path alone is under test and every byte is known. The real
comparison over a real endpoint is tested with the pages.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled, InvocationError
from bedrock_playground.invocation.protocol import Pricer, RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InvocationRequest,
    InvocationResult,
    RunState,
    Timing,
    Usage,
)


@dataclass
class ScriptedRun:
    identity: RunIdentity
    request: InvocationRequest
    script: str
    state: RunState = RunState.PENDING
    text: str = ""
    reasoning: str = ""
    result: InvocationResult | None = None
    time_to_first_token: float | None = None
    time_to_first_reasoning_token: float | None = None
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    usage: Usage | None = None
    cost: Cost | None = None
    attempts: tuple[Attempt, ...] = ()
    superseded: bool = False
    record_error: str | None = None
    began: float = 0.0
    ended: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    pricer: Pricer | None = None

    @property
    def elapsed(self) -> float | None:
        return (self.ended or time.perf_counter()) - self.began if self.began else None

    def begin(self) -> None:
        self.began = time.perf_counter()
        self.state = RunState.RUNNING

    def grow(self, piece: str) -> None:
        now = time.perf_counter() - self.began
        self.time_to_first_token = now if self.time_to_first_token is None else self.time_to_first_token
        self.text += piece
        self.arrivals.append((now, len(self.text)))

    def end(self, error: InvocationError | None = None) -> None:
        self.ended = time.perf_counter()
        output = len(self.arrivals)
        if error is None:
            self.usage = Usage(input_tokens=12, output_tokens=output)
        self.result = InvocationResult(
            text=self.text,
            stop_reason=None if error else "end_turn",
            usage=self.usage,
            timing=Timing(time_to_first_token=self.time_to_first_token, total=self.elapsed),
            error=error,
        )
        if self.pricer:
            self.cost = self.pricer.cost(self.identity, self.request, self.result)
        self.state = self.result.state


@dataclass
class ScriptedLane:
    label: str
    runs: list[ScriptedRun] = field(default_factory=list)


class ScriptedComparison:
    """Lanes A, B, … that write down their scripts.

    Args:
        scripts: One text per lane.
        rate: Pieces per second; ``None`` finishes at once, 0 only moves when :meth:`advance` says so.
        piece: Characters per piece.
        models: Their ids, one per lane.
        pricer: Who prices them.
    """

    def __init__(
        self,
        scripts: Sequence[str],
        *,
        rate: float | None = 100.0,
        piece: int = 4,
        comparison_id: str | None = None,
        models: Sequence[str] = (),
        pricer: Pricer | None = None,
    ) -> None:
        self.models = dict(zip("ABCDEFGH", models, strict=False))
        self.pricer = pricer
        self.id = comparison_id or secrets.token_urlsafe(16)
        self.rate = rate
        self.piece = piece
        self.commands: list[tuple[str, str | None]] = []
        self.lanes = [ScriptedLane(chr(65 + index)) for index in range(len(scripts))]
        for lane, script in zip(self.lanes, scripts, strict=True):
            lane.runs.append(self._make(lane.label, script, turn=0))

    @property
    def version(self) -> int:
        return sum(len(run.text) for lane in self.lanes for run in lane.runs)

    @property
    def done(self) -> bool:
        return all(run.state.is_final for lane in self.lanes for run in lane.runs)

    def start(self) -> None:
        for lane in self.lanes:
            self._launch(lane.runs[-1])

    def follow_up(self, prompt: str, scripts: Sequence[str]) -> None:
        for lane, script in zip(self.lanes, scripts, strict=True):
            lane.runs.append(
                self._make(lane.label, script, turn=lane.runs[-1].identity.turn + 1, prompt=prompt)
            )
            self._launch(lane.runs[-1])

    def advance(self, characters: int, *, final: bool = False) -> None:
        for lane in self.lanes:
            run = lane.runs[-1]
            if run.state is RunState.PENDING:
                run.begin()
            size = len(run.text)
            piece = run.script[size:] if final else run.script[size : size + characters]
            if piece:
                run.grow(piece)
            if final:
                run.end()

    def cancel(self, label: str | None = None) -> None:
        self.commands.append(("stop", label))
        for lane in self.lanes:
            if label in {None, lane.label}:
                for run in lane.runs:
                    run.stop.set()

    def rerun(self, label: str) -> None:
        self.commands.append(("rerun", label))
        lane = next(lane for lane in self.lanes if lane.label == label)
        old = lane.runs[-1]
        old.superseded = True
        lane.runs.append(self._make(label, old.script, turn=old.identity.turn))
        self._launch(lane.runs[-1])

    def _make(self, label: str, script: str, *, turn: int, prompt: str = "Tell me.") -> ScriptedRun:
        identity = RunIdentity(
            run_id=secrets.token_urlsafe(12),
            comparison_id=self.id,
            label=label,
            turn=turn,
            repeat=0,
            started_at=datetime.now(UTC),
        )
        model = self.models.get(label, "scripted-model")
        return ScriptedRun(identity, InvocationRequest.from_prompt(model, prompt), script, pricer=self.pricer)

    def _launch(self, run: ScriptedRun) -> None:
        if self.rate is None:
            run.begin()
            for start in range(0, len(run.script), self.piece):
                run.grow(run.script[start : start + self.piece])
            run.end()
        elif self.rate > 0:
            threading.Thread(target=self._pace, args=(run, self.rate), daemon=True).start()

    def _pace(self, run: ScriptedRun, rate: float) -> None:
        run.begin()
        for index, start in enumerate(range(0, len(run.script), self.piece)):
            wait = run.began + (index + 1) / rate - time.perf_counter()
            if wait > 0 and run.stop.wait(wait):
                break
            run.grow(run.script[start : start + self.piece])
        run.end(Cancelled("Stopped on request.") if run.stop.is_set() else None)


PARAGRAPH = (
    "A **stream** of words arrives, some *emphasised*, some in `code`, and each of them should be on the "
    "screen within a blink. The price is $5 and $6, which is no formula, while $a^2 + b^2 = c^2$ is one.\n\n"
)
CODE = (
    '```python\ndef greet(name: str) -> str:\n    """Say hello."""\n'
    '    return f"Hello, {name}!"  # politely\n```\n\n'
)
LIST = "- first, the plan\n- second, the work\n  - with a detail\n- third, the rest\n\n"
TABLE = "| model | ttft | tokens/s |\n|---|--:|--:|\n| small | 0.2 | 140 |\n| large | 0.9 | 60 |\n\n"


def markdown_of(tokens: int, *, seed: int = 0, piece: int = 4) -> str:
    """Return ``tokens`` pieces of ``piece`` characters of prose, with lists, code and tables."""
    parts = [PARAGRAPH, LIST, PARAGRAPH, CODE, PARAGRAPH, PARAGRAPH, TABLE, PARAGRAPH]
    text = ""
    index = seed
    while len(text) < tokens * piece:
        text += f"## Section {index}\n\n" if index % 4 == 0 else ""
        text += parts[index % len(parts)]
        index += 1
    return text[: tokens * piece]
