"""From presets to the page that compares: one, or several as variants of one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bedrock_playground.catalog.variant import Inputs
from bedrock_playground.history import StoredPreset
from bedrock_playground.presets.values import Preset, Variable
from components import compare_before, compare_state, inputs_state, preset_origin, template_state, variants

MOST = len(variants.LETTERS)
"""How many presets can stand beside each other."""


def question(preset: Preset) -> tuple[object, ...]:
    """What a preset asks, as all variants of a comparison are asked it."""
    return (preset.prompt, preset.system, preset.output_schema, preset.tools, preset.tool_choice)


def put_into_compare(chosen: Sequence[StoredPreset], *, asked: StoredPreset | None) -> None:
    """Make presets the variants of Compare; what stood there can be brought back.

    Args:
        chosen: One per variant, eight at most.
        asked: The one whose prompt, schema and tools all variants get; ``None``: what stands there stays.
    """
    compare_before.keep(prompt=asked is not None)
    compare_state.clear()
    if asked is not None:
        preset = asked.preset
        inputs_state.write_inputs(
            Inputs(
                prompt=preset.prompt,
                system=preset.system,
                output_schema=preset.output_schema,
                tools=preset.tools,
                tool_choice=preset.tool_choice,
            )
        )
        template_state.describe(_variables(preset, chosen))
    shared = inputs_state.read_inputs().system
    lettered = list(zip(variants.LETTERS, chosen, strict=False))
    variants.replace_all([
        (letter, replace(stored.preset.variant, system=_own_system(stored.preset, shared)))
        for letter, stored in lettered
    ])  # fmt: skip
    for letter, stored in lettered:
        preset_origin.remember(letter, stored)
    others = [
        letter
        for letter, stored in lettered
        if asked is not None and question(stored.preset)[2:] != question(asked.preset)[2:]
    ]
    if others:
        compare_state.tell(
            f"{', '.join(others)} had another JSON schema or other tools when saved. All variants of a "
            "comparison are asked the same."
        )


def _variables(asked: Preset, chosen: Sequence[StoredPreset]) -> tuple[Variable, ...]:
    """What is known of all variables; where two presets describe one, the one that is asked goes first."""
    known = {variable.name: variable for variable in asked.variables}
    for stored in chosen:
        known = {variable.name: variable for variable in stored.preset.variables} | known
    return tuple(known.values())


def _own_system(preset: Preset, shared: str | None) -> str | None:
    """The preset's system prompt where it is not the shared one; an empty one is none at all."""
    return None if preset.system == shared else (preset.system or "")
