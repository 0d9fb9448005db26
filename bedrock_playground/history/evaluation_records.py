"""The values of kept evaluations: what is to be run, where it stands, and what came of it, row by row.

``None`` means unknown or not told, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bedrock_playground.invocation.values import RunState

if TYPE_CHECKING:
    from bedrock_playground.evaluation.spec import EvaluationSpec

SCORING_TURN = 1
"""The ``turn`` of calls that scorers make; the calls that make an answer have 0."""


class EvaluationState(StrEnum):
    """Where an evaluation stands."""

    READY = "ready"
    """Nothing was called yet, or scorers were added that have not looked at the answers."""
    RUNNING = "running"
    """A process works on it."""
    PAUSED = "paused"
    """It waits: somebody paused it, or something stood in its way, which the note says."""
    STOPPED = "stopped"
    """Somebody stopped it; it can be gone on with."""
    COMPLETED = "completed"
    """Every case has its outcome."""
    INTERRUPTED = "interrupted"
    """The process that worked on it died; it can be gone on with."""

    @property
    def can_go_on(self) -> bool:
        """Whether there may be something left to do, and nobody does it."""
        return self not in {EvaluationState.RUNNING, EvaluationState.COMPLETED}


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation as it is kept."""

    evaluation_id: str
    """Its id; also the ``comparison_id`` of its runs."""
    name: str
    """What the user calls it."""
    state: EvaluationState
    """Where it stands."""
    created_at: datetime
    """When, in UTC."""
    ended_at: datetime | None
    """When it came to rest last, in UTC; ``None`` while it runs and before."""
    user: str | None
    """Who made it; ``None`` without sign-in."""
    data_set_id: str
    """The data set whose cases it asks."""
    total: int
    """How many answers it comes to: contenders × cases × repeats."""
    document: str
    """What is to be run, as JSON text."""
    note: str | None = None
    """Why it waits or was stopped, in words."""

    @property
    def spec(self) -> EvaluationSpec:
        """What is to be run.

        Raises:
            SpecRefused: Another version of this program wrote it.
        """
        from bedrock_playground.evaluation.spec import spec_from_text  # noqa: PLC0415 - lists need no patterns

        return spec_from_text(self.document)


class OutcomeRow(NamedTuple):
    """One run of one contender on one case: figures alone, no texts."""

    run_id: str
    """The run."""
    label: str
    """The contender's letter."""
    case_number: int
    """The case."""
    repeat: int
    """0 for the first of the repeats."""
    state: RunState
    """How it ended; ``interrupted``: its process died, and it may have been billed."""
    error_type: str | None
    """The error's class name."""
    stop_reason: str | None
    """Converse's ``stopReason``."""
    cost: Decimal | None
    """US dollars; ``None`` is unknown."""
    time_to_first_token: float | None
    """Seconds."""
    total: float | None
    """Seconds."""
    input_tokens: int | None
    """Input tokens."""
    output_tokens: int | None
    """Generated tokens."""
    answer_key: int | None
    """The same number for the same answer, but for case and white space; ``None``: there is no answer."""

    @property
    def key(self) -> tuple[str, int, int]:
        """Which contender, case and repeat."""
        return (self.label, self.case_number, self.repeat)


class ScoreRow(NamedTuple):
    """What one scorer says of one answer."""

    run_id: str
    """The run that gave the answer."""
    scorer: str
    """The scorer's name."""
    label: str
    """The contender's letter."""
    case_number: int
    """The case."""
    repeat: int
    """0 for the first of the repeats."""
    value: float | None
    """0 to 1; ``None``: it could not be scored, and the note says why."""
    class_label: str | None
    """The class that the answer was read as."""
    note: str
    """Why, in words."""
    cost: Decimal | None
    """US dollars that scoring cost; ``None``: it called nothing, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What the calls of one contender came to."""

    known: Decimal = Decimal(0)
    """US dollars of the calls whose cost is known."""
    unknown: int = 0
    """Calls whose cost is not known; those of a process that died among them."""
    calls: int = 0
    """All calls."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person says of an answer."""

    run_id: str
    """The run that gave the answer."""
    rating: int
    """1 (bad) to 5 (excellent)."""
    note: str
    """Why."""
    user: str | None
    """Who; ``None`` without sign-in."""
    rated_at: datetime
    """When, in UTC."""
