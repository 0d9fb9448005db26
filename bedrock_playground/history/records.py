"""The values of the history: what is kept of a run, what is asked for, and what comes back.

Identity and storage live here alone; what was sent and what came of it are the values of
:mod:`bedrock_playground.invocation`. ``None`` means unknown or not told, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One invocation and what came of it, complete."""

    identity: RunIdentity
    """Which run this is."""
    request: InvocationRequest
    """Exactly what was sent."""
    state: RunState
    """Where it stands; ``interrupted`` when the process died during it."""
    result: InvocationResult | None = None
    """What came of it; ``None`` while it runs and when it was interrupted."""
    ended_at: datetime | None = None
    """When its end was recorded, in UTC; ``None`` while it runs and when it was interrupted."""
    user: str | None = None
    """Who ran it; ``None`` without sign-in."""
    preset_id: str | None = None
    """The preset it was run from."""
    preset_version: int | None = None
    """Which version of that preset."""
    tags: tuple[str, ...] = ()
    """The user's own words for it: those of its preset."""
    cost: Decimal | None = None
    """US dollars, exact to 10⁻¹²; ``None`` is unknown, never 0."""
    price_source: str | None = None
    """Where the price behind ``cost`` comes from."""
    price_as_of: date | None = None
    """The day that price was valid."""
    price_confidence: str | None = None
    """How far that price can be trusted, in the catalog's words."""
    price_note: str | None = None
    """Why the cost is unknown, or what was assumed, in words."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.identity.run_id

    @property
    def priced(self) -> Cost:
        """What it cost as it was recorded, with where that comes from."""
        if self.cost is None:
            return Cost(None, note=self.price_note or "No price was known when it ran.")
        # Another version's word for it is none of ours.
        confidences = {confidence.value: confidence for confidence in Confidence}
        confidence = confidences.get(self.price_confidence or "", Confidence.UNKNOWN)
        return Cost(self.cost, confidence, self.price_source, self.price_as_of, self.price_note)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list shows of a run: plain columns, no request and no answer, so that lists stay light."""

    run_id: str
    """The run's id."""
    comparison_id: str
    """The comparison it belongs to."""
    label: str
    """The variant's letter."""
    turn: int
    """0 for the first prompt."""
    repeat: int
    """0 for the first of the repeats."""
    started_at: datetime
    """When, in UTC."""
    ended_at: datetime | None
    """When its end was recorded, in UTC."""
    state: RunState
    """Where it stands."""
    model_id: str
    """What was sent as ``modelId``."""
    region: str | None
    """The Region called."""
    endpoint: str | None
    """Where it went."""
    user: str | None
    """Who ran it."""
    prompt_start: str
    """The last prompt's first 200 characters, on one line."""
    time_to_first_token: float | None
    """Seconds."""
    total: float | None
    """Seconds."""
    server_latency: float | None
    """Seconds, by the service's own clock."""
    input_tokens: int | None
    """Input tokens."""
    output_tokens: int | None
    """Generated tokens."""
    tokens_per_second: float | None
    """The inverse of TPOT; ``None`` below 2 output tokens."""
    stop_reason: str | None
    """Converse's ``stopReason``."""
    error_type: str | None
    """The error's class name."""
    attempts: int | None
    """How many tries there were; ``None`` while it runs and when it was interrupted."""
    cost: Decimal | None
    """US dollars; ``None`` is unknown."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs; every field narrows, an empty one does not."""

    model_ids: tuple[str, ...] = ()
    """Any of these models."""
    states: tuple[RunState, ...] = ()
    """Any of these states."""
    text: str | None = None
    """Found in the last prompt or the answer, whatever the case; no wildcards."""
    started_from: datetime | None = None
    """Started at this moment or later; must carry a time zone."""
    started_before: datetime | None = None
    """Started before this moment; must carry a time zone."""
    comparison_id: str | None = None
    """Of this comparison."""
    labels: tuple[str, ...] = ()
    """Any of these variant letters."""
    user: str | None = None
    """Of this user."""
    preset_ids: tuple[str, ...] = ()
    """Run from any of these presets."""
    inner: bool = True
    """Whether calls inside patterns, and judges' calls, are meant too."""
    evaluated: bool = True
    """Whether runs of evaluations are meant too."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of runs, newest first."""

    runs: tuple[RunSummary, ...]
    """The runs."""
    older: str | None
    """The cursor of the next, older page; ``None`` at the end."""
    newer: str | None
    """The cursor of the page before, with newer runs; ``None`` at the beginning."""
