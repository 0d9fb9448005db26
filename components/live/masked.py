"""A comparison as somebody may see it who must not know whose answer is whose.

It stands in the hub beside the real one, under an id of its own, so that everything a browser can be sent of
it comes from here: letters become numbers in the shuffled order, and models, settings, times, tokens, costs,
the words of errors and run ids stay on the server. Answers of a turn are held back until all lanes have ended
it: how quickly text streams would tell a small model from a large one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled, InvocationError
from bedrock_playground.invocation.protocol import Pricer, RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    ContentBlock,
    InvocationRequest,
    InvocationResult,
    RunState,
    Timing,
    ToolUseBlock,
    Usage,
)
from components.live.feed import LiveComparison, LiveRun
from components.live.hub import LiveHub, process_secret


class AnswerFailed(InvocationError):
    """What is said of any error: its own words often name the model."""

    advice: ClassVar[str] = "Run it again, or vote on the others."

    def __init__(self) -> None:
        super().__init__("No answer, or not all of it, came. Why is shown with the names.")


class MaskedRun:
    """One run; what would tell whose it is, is not there."""

    def __init__(self, run: LiveRun, lane: MaskedLane) -> None:
        self._run = run
        self._lane = lane
        self._open = False

    @property
    def _shown(self) -> bool:
        """Whether its answer may be seen; what was seen once stays, whatever runs again beside it."""
        if not self._open:
            self._open = self._lane.comparison.over(self._run)
        return self._open

    @property
    def identity(self) -> RunIdentity:
        """Which run this is, by the number of its answer; its id cannot be looked up."""
        real = self._run.identity
        disguised = hashlib.sha256(f"{process_secret()}\0{real.run_id}".encode()).hexdigest()[:22]
        return replace(real, run_id=disguised, label=self._lane.label)

    @property
    def request(self) -> InvocationRequest:
        """What was asked, without the model and its settings."""
        real = self._run.request
        return InvocationRequest(model_id="", messages=real.messages, output_config=real.output_config)

    @property
    def state(self) -> RunState:
        """Running, like all others, until the turn is over."""
        return self._run.state if self._shown else RunState.RUNNING

    @property
    def text(self) -> str:
        """The whole answer, or nothing yet."""
        return self._run.text if self._shown else ""

    @property
    def reasoning(self) -> str:
        """Nothing: not every model shows what it thinks."""
        return ""

    @property
    def result(self) -> InvocationResult | None:
        """What came of it, without figures and without the words of an error."""
        real = self._run.result
        if real is None or not self._shown:
            return None
        return InvocationResult(
            text=real.text,
            content=tuple(_without_id(block) for block in real.content),
            stop_reason=real.stop_reason,
            timing=Timing(),
            error=_neutral(real),
        )

    @property
    def elapsed(self) -> float | None:
        """Unknown."""
        return None

    @property
    def time_to_first_token(self) -> float | None:
        """Unknown."""
        return None

    @property
    def time_to_first_reasoning_token(self) -> float | None:
        """Unknown."""
        return None

    @property
    def arrivals(self) -> Sequence[tuple[float, int]]:
        """Unknown."""
        return ()

    @property
    def usage(self) -> Usage | None:
        """Unknown: how a prompt is cut into tokens tells the family."""
        return None

    @property
    def cost(self) -> Cost | None:
        """Unknown."""
        return None

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Unknown."""
        return ()

    @property
    def record_error(self) -> str | None:
        """Why the history did not take the run."""
        return self._run.record_error

    @property
    def superseded(self) -> bool:
        """Whether a re-run took its place."""
        return self._run.superseded


@dataclass(frozen=True, slots=True)
class MaskedLane:
    """One answer's runs."""

    label: str
    """The number of the answer, from 1."""
    letter: str
    """The variant's letter: it stays on the server."""
    comparison: MaskedComparison
    """What it belongs to."""

    @property
    def runs(self) -> Sequence[MaskedRun]:
        """Its runs, oldest first."""
        return self.comparison.runs_of(self)


class MaskedComparison:
    """A comparison in the shuffled order. Safe to read from any thread, like what is behind it."""

    def __init__(self, real: LiveComparison, letters: Sequence[str]) -> None:
        """Mask a comparison.

        Args:
            real: What is behind it.
            letters: Its variants' letters; the first is Answer 1.
        """
        self.real = real
        """What is behind it."""
        self.id = masked_id(real.id)
        """Not the id of what is behind it: a ticket for this one opens nothing else."""
        self._lanes = tuple(
            MaskedLane(str(number), letter, self) for number, letter in enumerate(letters, start=1)
        )
        self._runs: dict[str, MaskedRun] = {}

    @property
    def lanes(self) -> Sequence[MaskedLane]:
        """The answers, in order."""
        return self._lanes

    @property
    def done(self) -> bool:
        """Whether nothing runs any more."""
        return self.real.done

    @property
    def pricer(self) -> Pricer | None:
        """Nobody: a rate would tell which model it is."""
        return None

    def cancel(self, label: str | None = None) -> None:
        """Stop one answer, or all of them."""
        self.real.cancel(None if label is None else self._letter(label))

    def rerun(self, label: str) -> object:
        """Send again what an answer's variant was sent last."""
        return self.real.rerun(self._letter(label))

    def over(self, run: LiveRun) -> bool:
        """Whether all lanes have ended a run's turn, its repeats included."""
        turn = run.identity.turn
        return all(
            other.state.is_final
            for lane in self.real.lanes
            for other in lane.runs
            if other.identity.turn == turn and not other.superseded
        )

    def runs_of(self, lane: MaskedLane) -> list[MaskedRun]:
        """The runs of one lane."""
        real = next((found for found in self.real.lanes if found.label == lane.letter), None)
        return [
            self._runs.setdefault(run.identity.run_id, MaskedRun(run, lane))
            for run in (real.runs if real else ())
        ]

    def _letter(self, label: str) -> str:
        for lane in self._lanes:
            if lane.label == label:
                return lane.letter
        raise KeyError(f"There is no answer {label!r}.")


def mask(hub: LiveHub, real: LiveComparison, letters: Sequence[str]) -> MaskedComparison:
    """Return what stands for a comparison in the hub while its names are hidden; made if it is not there.

    Args:
        hub: Where comparisons are.
        real: The comparison.
        letters: Its variants' letters in the shuffled order.
    """
    found = hub.get(masked_id(real.id))
    if isinstance(found, MaskedComparison) and found.real is real:
        return found
    masked = MaskedComparison(real, letters)
    hub.register(masked)
    return masked


def masked_id(comparison_id: str) -> str:
    """The id under which a comparison stands in the hub while its names are hidden."""
    return f"blind:{comparison_id}"


def _without_id(block: ContentBlock) -> ContentBlock:
    """Leave a call's id out: how it begins (``toolu_``, ``call_``) tells the family."""
    return replace(block, tool_use_id="") if isinstance(block, ToolUseBlock) else block


def _neutral(result: InvocationResult) -> InvocationError | None:
    if result.error is None:
        return None
    if isinstance(result.error, Cancelled):
        return Cancelled("It was stopped.")
    return AnswerFailed()
