"""Saving as a preset, from a lane or from a past run: one dialog for both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.history import HistoryError, StoredPreset
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.presets.building import preset_of
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.template import names_in
from bedrock_playground.presets.values import Preset
from components import inputs_state, preset_form, preset_origin, template_state, variants
from components.preset_words import refusal_words, settings_words
from components.resources import get_store
from components.words import plain

PRESETS_PAGE = "pages/workspace/presets.py"
_DRAFT = "preset_draft"
_PREFIX = "preset_save"
_TOLD = "preset_saved_words"
_NEW, _NEXT = "new", "next"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be saved, before anybody named it."""

    preset: Preset
    """The settings and the texts; its name is a suggestion."""
    origin: StoredPreset | None = None
    """The preset of which it can be the next version."""
    letter: str | None = None
    """The lane that stands behind it from then on."""
    not_kept: tuple[str, ...] = ()
    """What of the lane or run no preset holds, in words."""


def open_for_lane(letter: str) -> None:
    """Open the dialog for a lane as it stands; a callback."""
    variant, inputs = variants.read(letter), inputs_state.read_inputs()
    system = variant.system if variant.system is not None else inputs.system
    values = template_state.current_values()
    here = set(names_in(system, inputs.prompt))
    described = tuple(
        replace(variable, example=values.get(variable.name, variable.example))
        for variable in template_state.current_variables()
        if variable.name in here
    )
    found = preset_origin.lane_origin(letter)
    behind = found.stored if found else None
    preset = Preset(
        name=_name(behind, inputs.prompt),
        description=behind.preset.description if behind else "",
        tags=behind.preset.tags if behind else (),
        notes=behind.preset.notes if behind else "",
        variant=replace(variant, system=None),
        system=system or None,
        prompt=inputs.prompt,
        variables=described,
        output_schema=inputs.output_schema,
        tools=inputs.tools,
        tool_choice=inputs.tool_choice,
    )
    not_kept = ("The files beside the prompt are not kept: a preset has none.",) if inputs.attachments else ()
    _open(_Draft(preset, behind if behind and not behind.starter else None, letter, not_kept))


def open_for_run(request: InvocationRequest, resolution: Resolution) -> None:
    """Open the dialog for a run that was made; a callback.

    Args:
        request: What was sent.
        resolution: What its model id stands for.
    """
    preset, not_kept = preset_of(request, resolution, name="A past run")
    _open(_Draft(replace(preset, name=_suggestion(preset.prompt)), not_kept=not_kept))


def _name(behind: StoredPreset | None, prompt: str) -> str:
    if behind is None:
        return _suggestion(prompt)
    return f"{behind.preset.name} copy" if behind.starter else behind.preset.name


def _suggestion(prompt: str) -> str:
    words = " ".join(prompt.split())[:60].strip()
    return words or "New preset"


def _open(draft: _Draft) -> None:
    preset_form.begin(_PREFIX, draft.preset)
    st.session_state[_DRAFT] = draft
    st.session_state["preset_save_as"] = _NEXT if draft.origin else _NEW
    st.session_state.pop("preset_save_problem", None)


def _close() -> None:
    st.session_state.pop(_DRAFT, None)


def told() -> None:
    """Say once what was saved."""
    if words := st.session_state.pop(_TOLD, None):
        st.toast(words, icon=":material/bookmark_added:")


def save_dialog() -> None:
    """Draw the dialog, if it is open; once per page."""
    told()
    draft: _Draft | None = st.session_state.get(_DRAFT)
    if draft is not None:
        _dialog(draft)


@st.dialog("Save as preset", width="large", icon=":material/bookmark_add:", on_dismiss=_close)
def _dialog(draft: _Draft) -> None:
    if draft.origin is not None:
        name = draft.origin.preset.name
        offered = {_NEXT: f"The next version of “{name}”", _NEW: "A new preset"}
        st.segmented_control(
            "Save as",
            list(offered),
            format_func=offered.__getitem__,
            key="preset_save_as",
            label_visibility="collapsed",
            required=True,
        )
    preset_form.about_fields(_PREFIX)
    preset_form.text_fields(_PREFIX, system=draft.preset.system is not None)
    st.caption(f":material/tune: {plain(settings_words(draft.preset))}")
    for words in draft.not_kept:
        st.caption(f":orange[:material/info: {plain(words)}]")
    if problem := st.session_state.get("preset_save_problem"):
        st.error(plain(problem), icon=":material/error:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="preset_save_cancel"):
            _close()
            st.rerun()
        st.button(
            "Save",
            key="preset_save_confirm",
            type="primary",
            icon=":material/bookmark_added:",
            on_click=_save,
        )
        if _DRAFT not in st.session_state:
            # Saved: the page without the dialog.
            st.rerun()


def _save() -> None:
    draft: _Draft = st.session_state[_DRAFT]
    try:
        stored = _stored(draft)
    except (HistoryError, FileRefused) as error:
        st.session_state["preset_save_problem"] = refusal_words(error)
        return
    if draft.letter is not None:
        preset_origin.remember(draft.letter, stored)
    version = "" if stored.version == 1 else f", version {stored.version}"
    st.session_state[_TOLD] = f"Saved: {stored.preset.name}{version}"
    _close()


def _stored(draft: _Draft) -> StoredPreset:
    before = draft.origin.preset if draft.origin else draft.preset
    preset = preset_form.read(_PREFIX, draft.preset)
    shelf = get_store().presets
    if draft.origin is not None and st.session_state["preset_save_as"] == _NEXT:
        return shelf.save(draft.origin.preset_id, preset_form.with_rows_of(preset, before))
    return shelf.add(preset)
