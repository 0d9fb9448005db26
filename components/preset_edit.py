"""Editing a preset where it is kept: its texts and main settings as fields, everything as YAML."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import HistoryError, PresetShelf, StoredPreset
from bedrock_playground.presets import FileRefused, yaml_text
from bedrock_playground.presets.codec import preset_from_json, preset_to_json
from components import preset_form, presets_bar
from components.preset_words import refusal_words
from components.words import plain

_PREFIX = "preset_edit"
_OF = "preset_edit_of"
_NUMBERS = (
    ("temperature", "Temperature", 0.0, 1.0, 0.05),
    ("top_p", "Top P", 0.0, 1.0, 0.05),
    ("top_k", "Top K", 0, 500, 1),
    ("max_tokens", "Max tokens", 1, 1_000_000, 1),
)


def edit_view(shelf: PresetShelf, stored: StoredPreset, catalogue: Catalogue) -> None:
    """Draw the fields of a preset.

    Args:
        shelf: Where it is saved.
        stored: The preset as it is kept.
        catalogue: The models to offer; any other id may be typed.
    """
    if stored.starter:
        st.caption("It comes with the program. Duplicate it, and edit the copy.")
        return
    _begin(stored)
    preset_form.about_fields(_PREFIX)
    _settings(stored.preset.variant, catalogue)
    preset_form.text_fields(_PREFIX, system=True)
    st.caption(
        ":material/tune: For reasoning, tiers, guardrails, schemas and tools, open it in Compare and save it "
        "from there as the next version; or edit it as YAML below."
    )
    if problem := st.session_state.get(f"{_PREFIX}_problem"):
        st.error(plain(problem), icon=":material/error:")
    with st.container(horizontal=True):
        st.button(
            f"Save as version {stored.version + 1}",
            key="preset_edit_save",
            type="primary",
            icon=":material/save:",
            on_click=_save_fields,
            args=(shelf, stored),
        )
        st.button("Discard changes", key="preset_edit_discard", type="tertiary", on_click=forget)
    with st.expander("Everything, as YAML", icon=":material/code:"):
        st.text_area("The preset as YAML", key=f"{_PREFIX}_yaml", height=420, label_visibility="collapsed")
        if problem := st.session_state.get(f"{_PREFIX}_yaml_problem"):
            st.error(plain(problem), icon=":material/error:")
        st.button(
            "Save this YAML",
            key="preset_edit_save_yaml",
            icon=":material/save:",
            on_click=_save_yaml,
            args=(shelf, stored),
        )


def forget() -> None:
    """Begin anew with what is kept."""
    st.session_state.pop(_OF, None)


def _begin(stored: StoredPreset) -> None:
    """Fill the fields where they show another preset or version."""
    state, now = st.session_state, (stored.preset_id, stored.version)
    if state.get(_OF) == now:
        return
    state[_OF] = now
    preset_form.begin(_PREFIX, stored.preset)
    variant = stored.preset.variant
    state[f"{_PREFIX}_model"] = variant.model or None
    for name, _, low, _, _ in _NUMBERS:
        value = getattr(variant, name)
        state[f"{_PREFIX}_{name}"] = value if value is None or isinstance(low, int) else float(value)
    state[f"{_PREFIX}_stop"] = list(variant.stop)
    state[f"{_PREFIX}_yaml"] = yaml_text.dump(preset_to_json(stored.preset))
    for name in ("problem", "yaml_problem"):
        state.pop(f"{_PREFIX}_{name}", None)


def _settings(variant: Variant, catalogue: Catalogue) -> None:
    typed = st.session_state.get(f"{_PREFIX}_model")
    known = [option.model_id for option in catalogue.options if option.comparable]
    st.selectbox(
        "Model",
        list(
            dict.fromkeys([*known, *([typed] if typed else []), *([variant.model] if variant.model else [])])
        ),
        key=f"{_PREFIX}_model",
        index=None,
        accept_new_options=True,
        placeholder="Any: the one that stands ready",
    )
    with st.container(horizontal=True):
        for name, label, low, high, step in _NUMBERS:
            st.number_input(
                label,
                low,
                high,
                value=None,
                step=step,
                key=f"{_PREFIX}_{name}",
                placeholder="not sent",
                width=150,
            )
        st.multiselect(
            "Stop sequences",
            st.session_state.get(f"{_PREFIX}_stop") or [],
            key=f"{_PREFIX}_stop",
            accept_new_options=True,
            placeholder="\\n is a new line",
            width=260,
        )


def _save_fields(shelf: PresetShelf, stored: StoredPreset) -> None:
    state, variant = st.session_state, stored.preset.variant
    numbers = {}
    for name, *_ in _NUMBERS:
        value, kept = state[f"{_PREFIX}_{name}"], getattr(variant, name)
        # 0 stays 0: its field only shows it as 0.00.
        numbers[name] = kept if value == kept else value
    changed = replace(
        variant,
        model=(state[f"{_PREFIX}_model"] or "").strip(),
        stop=tuple(state[f"{_PREFIX}_stop"]),
        **numbers,
    )
    try:
        saved = shelf.save(
            stored.preset_id, preset_form.read(_PREFIX, replace(stored.preset, variant=changed))
        )
    except (HistoryError, FileRefused) as error:
        state[f"{_PREFIX}_problem"] = refusal_words(error)
        return
    _told(stored, saved)


def _save_yaml(shelf: PresetShelf, stored: StoredPreset) -> None:
    try:
        preset = preset_from_json(yaml_text.load(st.session_state[f"{_PREFIX}_yaml"] or ""))
        saved = shelf.save(stored.preset_id, preset)
    except (HistoryError, FileRefused) as error:
        st.session_state[f"{_PREFIX}_yaml_problem"] = refusal_words(error)
        return
    _told(stored, saved)


def _told(before: StoredPreset, saved: StoredPreset) -> None:
    same = saved.version == before.version
    presets_bar.tell(
        "Nothing has changed." if same else f"Saved: {saved.preset.name}, version {saved.version}"
    )
    forget()
