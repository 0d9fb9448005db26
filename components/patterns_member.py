"""Who plays a role: a model with its settings, a preset, or a saved pattern."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation.trace import PATTERN_PREFIX
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.members import Solo
from components import patterns_draft as drafts
from components import patterns_kept, variants
from components.model_picker import model_picker
from components.parameter_panel import panel
from components.patterns_draft import Path
from components.prepared import Prepared, prepare
from components.resources import get_store
from components.variant_summary import summary
from components.words import plain

_NESTED = "nested"
"""What is picked while a pattern plays the role."""
_PRESET = "preset:"


def member(
    path: Path,
    document: dict[str, Any],
    *,
    label: str,
    inputs: Inputs,
    connection: Connection | None,
    catalogue: Catalogue,
) -> dict[str, Any]:
    """Draw who plays a role.

    Args:
        path: Where it stands in the draft.
        document: Who plays it now, as JSON.
        label: What it is for.
        inputs: What the pattern is asked: it may exclude a setting.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: The models to offer.

    Returns:
        Who plays it by what the widgets say, as JSON.
    """
    slot = drafts.key(path)
    nested = document.get("kind") != "solo"
    _seed(slot, document)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"slot_{slot}"):
        model_picker(
            slot,
            catalogue,
            region=connection.config.region if connection else None,
            label=label,
            more=_besides(document if nested else None),
        )
        settings = (
            None
            if nested
            else st.popover("Settings", icon=":material/tune:", key=f"settings_{slot}", on_change="rerun")
        )
    picked = str(st.session_state.get(variants.key(slot, "model")) or "")
    if picked.startswith((_PRESET, PATTERN_PREFIX)):
        _take(path, picked, before=document)
        return document
    if nested:
        if picked != _NESTED:
            drafts.later(drafts.put(path, solo(picked)))
        _about_nested(document)
        return document
    prepared = prepare(slot, inputs, connection=connection, catalogue=catalogue)
    if prepared is not None:
        _about(prepared, name=str(document.get("name") or ""))
        if settings is not None and settings.open:
            with settings:
                panel(prepared, inputs, alone=True)
    return solo_of(variants.read(slot), name=str(document.get("name") or ""))


def solo(model: str) -> dict[str, Any]:
    """A model without settings, as JSON."""
    return solo_of(Variant(model=model))


def solo_of(variant: Variant, *, name: str = "") -> dict[str, Any]:
    """A model with its settings, as JSON."""
    return member_to_json(Solo(variant=variant, name=name))


def _seed(slot: str, document: dict[str, Any]) -> None:
    """Put a role's settings where its widgets will find them, unless they are there."""
    if variants.key(slot, "temperature_on") in st.session_state:
        return
    variant = Variant()
    try:
        read = member_from_json(document)
    except MemberRefused:
        pass  # What stands there is said below the form.
    else:
        variant = read.variant if isinstance(read, Solo) else Variant(model=_NESTED)
    variants.write(slot, variant)


def _besides(nested: dict[str, Any] | None) -> dict[str, str]:
    """What can be picked besides models."""
    names = {_NESTED: f"Pattern · {_title(nested)}"} if nested is not None else {}
    return (
        names
        | patterns_kept.pattern_names()
        | {f"{_PRESET}{preset_id}": f"Preset · {name}" for preset_id, name in _presets().items()}
    )


def _presets() -> dict[str, str]:
    try:
        return {one.preset_id: one.name for one in get_store().presets.find()}
    except HistoryError:
        return {}


def _title(document: dict[str, Any]) -> str:
    return str(document.get("name") or document.get("kind"))


def _take(path: Path, picked: str, *, before: dict[str, Any]) -> None:
    """Let a preset or a saved pattern play the role, from the next run of the page on."""
    try:
        if picked.startswith(_PRESET):
            stored = get_store().presets.get(picked.removeprefix(_PRESET))
            preset = stored.preset if stored else None
            if preset is None:
                return
            model = preset.variant.model or str(before.get("variant", {}).get("model", ""))
            made = solo_of(_with(preset.variant, model=model, system=preset.system), name=preset.name)
        else:
            kept = get_store().patterns.get(picked.removeprefix(PATTERN_PREFIX))
            if kept is None:
                return
            made = member_to_json(kept.pattern)
    except HistoryError as error:
        st.error(plain(f"{error} {error.advice}"), icon=":material/error:")
        return
    drafts.later(drafts.put(path, made))


def _with(variant: Variant, *, model: str, system: str | None) -> Variant:
    from dataclasses import replace  # noqa: PLC0415

    return replace(variant, model=model, system=variant.system if variant.system is not None else system)


def _about(prepared: Prepared, *, name: str) -> None:
    told = summary(prepared.variant, prepared.built)
    st.markdown(f":small[:gray[{plain(f'{name} · {told}' if name else told)}]]")
    for refusal in prepared.refusals:
        st.markdown(f":small[:orange[:material/block: **It would refuse this.**] {plain(refusal)}]")


def _about_nested(document: dict[str, Any]) -> None:
    try:
        pattern = member_from_json(document)
    except MemberRefused as error:
        st.caption(f":orange[:material/block:] {plain(str(error))}")
        return
    if not isinstance(pattern, Solo):
        parts = ", ".join(f"{role}: {each.title}" for role, each in pattern.roles())
        st.markdown(f":small[:gray[A {plain(pattern.kind)} of its own · {plain(parts)}]]")
