"""The head of a lane: which model, with what settings, and what can be done with the variant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from bedrock_playground.catalog import Catalogue, top_k_of
from components import variants
from components.variant_summary import summary
from components.variants import SETTINGS, Setting, key

_MENU = {
    "rerun": ":material/play_arrow: Run this one with its settings",
    "duplicate": ":material/content_copy: Duplicate",
    "left": ":material/arrow_back: Move left",
    "right": ":material/arrow_forward: Move right",
    "expand": ":material/open_in_full: Expand",
    "collapse": ":material/close_fullscreen: Back to size",
    "remove": ":material/delete: Remove",
}
_COPY = {
    "all": "All settings",
    "model": "Model",
    "temperature": "Temperature",
    "top_p": "Top P",
    "top_k": "Top K",
    "max_tokens": "Max tokens",
    "stop": "Stop sequences",
    "system": "System prompt",
}
EXPANDED = "expanded_lane"
"""The session state's key of the lane that takes the whole width, if one does."""


def editor(letter: str, catalogue: Catalogue, *, rerun: Callable[[str], None] | None) -> None:
    """Draw the head of a lane.

    Args:
        letter: Which variant.
        catalogue: The models to offer; any other id may be typed.
        rerun: Runs this variant alone with the settings that stand here; ``None`` where nothing was run yet.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"head_{letter}"):
        st.markdown(f"**{letter}**", width="content")
        _model(letter, catalogue)
        st.menu_button(
            "More",
            _actions(letter, can_rerun=rerun is not None),
            key=f"menu_{letter}",
            format_func=lambda action: _MENU[action],
            on_click=_act,
            args=(letter, rerun),
            type="tertiary",
        )
    variant = variants.read(letter)
    with st.popover(summary(variant), icon=":material/tune:", width="stretch", key=f"settings_{letter}"):
        _settings(letter, variant.model)


def _model(letter: str, catalogue: Catalogue) -> None:
    names = {
        spec.model_id: f"{spec.name} · {spec.model_id}" for spec in catalogue.options if spec.answers_in_text
    }
    typed = st.session_state.get(key(letter, "model"))
    options = [*names, *([typed] if typed and typed not in names else [])]
    st.selectbox(
        f"Model of variant {letter}",
        options,
        format_func=lambda model_id: names.get(model_id, model_id),
        key=key(letter, "model"),
        # Without a value there is nothing to show; with one there is nothing to clear.
        index=0 if typed else None,
        accept_new_options=True,
        persist_state="session",
        label_visibility="collapsed",
        placeholder="Pick a model or type any model id or ARN",
    )


def _settings(letter: str, model: str) -> None:
    st.caption("Only what is switched on is sent; the rest is left to the model.")
    for setting in SETTINGS[:4]:
        offered = _as_the_model_takes_it(setting, model)
        if offered is None:
            st.caption("Top K: this model is not known to take it, so it is not offered.")
        else:
            _number(letter, offered)
    st.multiselect(
        "Stop sequences",
        st.session_state.get(key(letter, "stop")) or [],
        key=key(letter, "stop"),
        accept_new_options=True,
        persist_state="session",
        max_selections=2500,
        placeholder="Type a text and press Enter; \\n is a new line",
        help="The answer ends where the model writes one of these; the text itself is left out.",
    )
    if st.toggle(
        "Own system prompt",
        key=key(letter, "system_on"),
        persist_state="session",
        help="Instead of the shared one. Switched on and empty, this variant sends none.",
    ):
        st.text_area(
            f"System prompt of variant {letter}",
            key=key(letter, "system"),
            persist_state="session",
            height=90,
            label_visibility="collapsed",
            placeholder="You are …",
        )
    st.menu_button(
        "Copy to all variants",
        list(_COPY),
        icon=":material/sync:",
        key=f"copy_{letter}",
        format_func=lambda name: _COPY[name],
        on_click=_copy,
        args=(letter,),
        disabled=len(variants.letters()) < 2,
    )


def _as_the_model_takes_it(setting: Setting, model: str) -> Setting | None:
    """Narrow a setting to the model's range; ``None`` where the model is not known to take it."""
    if setting.name != "top_k":
        return setting
    rule = top_k_of(model)
    return replace(setting, slider_high=rule.maximum, high=rule.maximum) if rule else None


def _number(letter: str, setting: Setting) -> None:
    if not st.toggle(
        setting.label, key=key(letter, f"{setting.name}_on"), persist_state="session", help=setting.help
    ):
        return
    cast = int if setting.whole else float
    if st.session_state[key(letter, setting.name)] > setting.high:
        # Another model was picked, and takes less.
        variants.set_number(letter, setting, setting.high)
    mirror = key(letter, f"{setting.name}_slider")
    shown = min(st.session_state[key(letter, setting.name)], cast(setting.slider_high))
    if st.session_state.get(mirror) != shown:
        st.session_state[mirror] = shown
    with st.container(horizontal=True, vertical_alignment="center"):
        st.slider(
            f"{setting.label} of variant {letter}",
            cast(setting.low),
            cast(setting.slider_high),
            step=cast(setting.step),
            key=key(letter, f"{setting.name}_slider"),
            persist_state="session",
            on_change=_slid,
            args=(letter, setting),
            label_visibility="collapsed",
        )
        st.number_input(
            f"{setting.label} of variant {letter}, as a number",
            cast(setting.low),
            cast(setting.high),
            step=cast(setting.step),
            key=key(letter, setting.name),
            persist_state="session",
            on_change=_typed,
            args=(letter, setting),
            label_visibility="collapsed",
            width=130,
        )


def _slid(letter: str, setting: Setting) -> None:
    variants.set_number(letter, setting, st.session_state[key(letter, f"{setting.name}_slider")])


def _typed(letter: str, setting: Setting) -> None:
    value = st.session_state[key(letter, setting.name)]
    variants.set_number(letter, setting, setting.low if value is None else value)


def _actions(letter: str, *, can_rerun: bool) -> list[str]:
    order = variants.letters()
    expanded = st.session_state.get(EXPANDED) == letter
    return [
        action
        for action, offered in (
            ("rerun", can_rerun),
            ("duplicate", len(order) < len(variants.LETTERS)),
            ("left", order[0] != letter),
            ("right", order[-1] != letter),
            ("collapse" if expanded else "expand", len(order) > 1),
            ("remove", len(order) > 1),
        )
        if offered
    ]


def _act(letter: str, rerun: Callable[[str], None] | None) -> None:
    match st.session_state[f"menu_{letter}"]:
        case "rerun" if rerun is not None:
            rerun(letter)
        case "duplicate":
            variants.add(variants.read(letter), after=letter)
        case "left":
            variants.move(letter, -1)
        case "right":
            variants.move(letter, 1)
        case "expand":
            st.session_state[EXPANDED] = letter
        case "collapse":
            st.session_state.pop(EXPANDED, None)
        case "remove":
            variants.remove(letter)


def _copy(letter: str) -> None:
    name = st.session_state[f"copy_{letter}"]
    if name:
        variants.copy_to_all(letter, variants.ALL_FIELDS if name == "all" else (name,))
