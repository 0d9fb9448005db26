"""What makes the whole score of a model smaller: its age, its state, and what it was made for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.catalog.models import Modality, Task
from bedrock_playground.catalog.requirements import Scenario
from bedrock_playground.catalog.search import Capability, ModelRow

Kind: TypeAlias = Literal["for", "against", "unknown"]
"""Which way a reason points."""

_LEGACY = 0.85
_PREVIEW = 0.8
_LIFECYCLE_UNKNOWN = 0.95
_NOT_NAMED = 0.75
_NARROW = 0.6
_SUPERSEDED = 0.9


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that makes the whole score smaller."""

    factor: float
    """What it is multiplied by."""
    text: str
    """Why."""
    kind: Kind = "against"
    """Which way it points."""


def factors_of(row: ModelRow, scenario: Scenario, *, newer: str | None) -> tuple[Factor, ...]:
    """List them for one id.

    Args:
        row: The id and its model.
        scenario: What is wanted.
        newer: The name of a newer model of the same line that fits and costs no more, if there is one.
    """
    found = []
    if newer:
        found.append(Factor(_SUPERSEDED, f"{newer} is newer and costs no more"))
    line = row.spec.good_for.get(scenario.task, "") if row.spec and scenario.task else ""
    if "older generation" in line and not newer:
        found.append(Factor(_SUPERSEDED, "The catalogue calls it an older generation"))
    if row.lifecycle == "legacy":
        found.append(Factor(_LEGACY, "A legacy model"))
    if "preview" in f"{row.base_id} {row.name}".casefold():
        found.append(Factor(_PREVIEW, "A preview: not yet for production"))
    elif row.lifecycle is None and row.scope != "local":
        found.append(
            Factor(_LIFECYCLE_UNKNOWN, "Where it stands in its lifecycle is not known", kind="unknown")
        )
    found += _by_task(row, scenario)
    return tuple(found)


def _by_task(row: ModelRow, scenario: Scenario) -> list[Factor]:
    good_for = row.spec.good_for if row.spec else {}
    if scenario.task and good_for and scenario.task not in good_for:
        return [Factor(_NOT_NAMED, "The catalogue does not name it for this task")]
    if not good_for or not _NARROW_TASKS.issuperset(good_for) or _MEDIA.intersection(scenario.needs):
        return []
    # A classifier by policy, or a model for recordings: no agent is built on it.
    if row.spec and not _MEDIA_INPUTS.isdisjoint(row.spec.input_modalities):
        return [Factor(_NARROW, "Made for video or sound")]
    if scenario.task is None:
        tasks = " and ".join(task.replace("_", " ") for task in good_for)
        return [Factor(_NARROW, f"Made for {tasks} only, as far as the catalogue names it")]
    return []


_MEDIA = frozenset({Capability.VIDEO, Capability.AUDIO})
_MEDIA_INPUTS: frozenset[Modality] = frozenset({"video", "audio", "speech"})
_NARROW_TASKS: frozenset[Task] = frozenset({"summarisation", "classification", "question_answering"})
