"""Which preset a lane was opened from or saved as, and whether its runs still come from it.

The rule: a run comes from a preset while everything but the question is as it was saved there: model,
parameters, service settings, system prompt, JSON schema and tools. The prompt and its values may be others; a
preset is made for that. Change a setting and the runs come from no preset, change it back and they do again.
A preset without a model takes any.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.history import HistoryError, RunOrigin, RunRecord, StoredPreset
from bedrock_playground.presets.values import Preset
from components import variants
from components.inputs_state import read_inputs
from components.prepared import Prepared
from components.resources import get_store

_KEEP = 256


@dataclass(frozen=True, slots=True)
class LaneOrigin:
    """The preset that stands behind a lane."""

    stored: StoredPreset
    """The preset, of the version that was opened or saved."""
    same: bool
    """Whether the lane's settings are still the preset's."""


def remember(letter: str, stored: StoredPreset | None) -> None:
    """Say that a lane was opened from a preset, or saved as one; ``None``: from none."""
    key = variants.key(letter, variants.PRESET)
    if stored is None:
        st.session_state.pop(key, None)
    else:
        st.session_state[key] = (stored.preset_id, stored.version)


def copy_origin(letter: str, to: str) -> None:
    """Say that a lane is a duplicate of another one."""
    found = st.session_state.get(variants.key(letter, variants.PRESET))
    if found is not None:
        st.session_state[variants.key(to, variants.PRESET)] = found


def lane_origin(letter: str) -> LaneOrigin | None:
    """The preset behind a lane as it stands, if one is."""
    stored = _stored(letter)
    if stored is None:
        return None
    return LaneOrigin(stored, is_from(stored.preset, variants.read(letter), read_inputs()))


def is_from(preset: Preset, variant: Variant, inputs: Inputs) -> bool:
    """Whether settings and what is asked are a preset's, but for the prompt and its values.

    Args:
        preset: The preset.
        variant: The lane's settings; its own system prompt as a template.
        inputs: What all lanes are asked, as templates.
    """
    system = variant.system if variant.system is not None else inputs.system
    settings = replace(variant, system=None)
    if not preset.variant.model:
        settings = replace(settings, model="")
    asked = (system or None, inputs.output_schema, _told(inputs.tools), inputs.tool_choice)
    saved = (
        preset.system,
        preset.output_schema,
        _told(preset.tools),
        preset.tool_choice if preset.tools else None,
    )
    return settings == preset.variant and asked == saved


def of_comparison(comparison_id: str) -> Callable[[str], RunOrigin | None]:
    """Who tells a recorder the preset of each lane of a comparison."""
    return lambda letter: _noted().get(comparison_id, {}).get(letter)


def note(comparison_id: str, sent: Sequence[Prepared]) -> None:
    """Note which presets these lanes are run from now, before anything is sent."""
    inputs = read_inputs()
    found: dict[str, RunOrigin | None] = {}
    for one in sent:
        stored = _stored(one.letter)
        same = stored is not None and is_from(stored.preset, one.variant, inputs)
        found[one.letter] = _origin(stored) if stored is not None and same else None
    note_origins(comparison_id, found)


def note_origins(comparison_id: str, found: Mapping[str, RunOrigin | None]) -> None:
    """Note the presets of some lanes, by letter, where there is no lane on the page to tell."""
    _keep(comparison_id, {**_noted().get(comparison_id, {}), **found})


def restore(comparison_id: str, records: Sequence[RunRecord]) -> None:
    """Note what the history says of a comparison's lanes; what this process noted goes before it."""
    told: dict[str, RunOrigin | None] = {}
    for record in sorted(records, key=lambda record: record.identity.started_at):
        origin = None
        if record.preset_id is not None:
            origin = RunOrigin(record.preset_id, record.preset_version or 1, record.tags)
        told[record.identity.label] = origin
    _keep(comparison_id, {**told, **_noted().get(comparison_id, {})})


def restore_lanes(comparison_id: str) -> None:
    """Let the lanes of a comparison that is shown again stand behind the presets that they were run from."""
    for letter, origin in _noted().get(comparison_id, {}).items():
        if origin is not None:
            st.session_state[variants.key(letter, variants.PRESET)] = (origin.preset_id, origin.version)


def _origin(stored: StoredPreset) -> RunOrigin:
    return RunOrigin(stored.preset_id, stored.version, stored.preset.tags)


def _told(tools: Sequence[ToolDefinition]) -> tuple[ToolDefinition, ...]:
    """The tools as a model is told of them: a canned result is nothing that is sent."""
    return tuple(replace(tool, canned_result=None) for tool in tools)


def _stored(letter: str) -> StoredPreset | None:
    found: tuple[str, int] | None = st.session_state.get(variants.key(letter, variants.PRESET))
    if found is None:
        return None
    try:
        return _version(*found)
    except HistoryError:
        # What cannot be looked up is not claimed.
        return None


# A version is never changed once it is saved.
@st.cache_resource(show_spinner=False, max_entries=256)
def _version(preset_id: str, version: int) -> StoredPreset | None:
    return get_store().presets.get(preset_id, version)


@st.cache_resource(show_spinner=False)
def _noted() -> OrderedDict[str, Mapping[str, RunOrigin | None]]:
    return OrderedDict()


def _keep(comparison_id: str, found: Mapping[str, RunOrigin | None]) -> None:
    noted = _noted()
    noted[comparison_id] = found
    while len(noted) > _KEEP:
        noted.popitem(last=False)
