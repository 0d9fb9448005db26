"""The head of a lane: which model, with what settings, and what can be done with the variant."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Inputs
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.trace import is_pattern
from components import preset_origin, preset_save, variants
from components.model_picker import model_picker
from components.parameter_panel import panel
from components.patterns_kept import pattern_names
from components.prepared import Prepared, prepare
from components.raw_by_model import fields_kept_for
from components.request_dialog import (
    NEXT_MESSAGE,
    forget_request,
    request_button,
    request_dialog,
    request_shown,
)
from components.returned import back_in_use, forget_returned
from components.take_away import forget_take_away, open_take_away
from components.variant_summary import summary
from components.words import plain

_MENU = {
    "rerun": ":material/play_arrow: Run this one with its settings",
    "save": ":material/bookmark_add: Save as preset …",
    "duplicate": ":material/content_copy: Duplicate",
    "left": ":material/arrow_back: Move left",
    "right": ":material/arrow_forward: Move right",
    "expand": ":material/open_in_full: Expand",
    "collapse": ":material/close_fullscreen: Back to size",
    "take_away": ":material/ios_share: Take it away",
    "remove": ":material/delete: Remove",
}
_OPENS = {"save": preset_save.open_for_lane, "take_away": open_take_away}
_OPAQUE = frozenset({"application_profile", "provisioned", "custom", "imported", "prompt_router", "prompt"})
EXPANDED = "expanded_lane"
"""The session state's key of the lane that takes the whole width, if one does."""


def editor(
    letter: str,
    *,
    catalogue: Catalogue,
    connection: Connection | None,
    inputs: Inputs,
    rerun: Callable[[str], None] | None,
    next_request: Callable[[str, str], InvocationRequest | None] | None = None,
) -> Prepared | None:
    """Draw the head of a lane.

    Args:
        letter: Which variant.
        catalogue: The models to offer; any other id may be typed.
        connection: Where calls go; ``None`` while that is not ready.
        inputs: What all variants are asked.
        rerun: Runs this variant alone with the settings that stand here; ``None`` where nothing was run yet.
        next_request: Makes the request of a follow-up with these settings, given the letter and the text.

    Returns:
        The variant and what becomes of it; ``None`` where no model is picked.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"head_{letter}"):
        st.markdown(f"**{letter}**", width="content")
        model_picker(
            letter, catalogue, region=connection.config.region if connection else None, more=pattern_names()
        )
        st.menu_button(
            "More",
            _actions(letter, can_rerun=rerun is not None),
            key=f"menu_{letter}",
            format_func=lambda action: _MENU[action],
            on_click=_act,
            args=(letter, rerun),
            type="tertiary",
        )
    prepared = prepare(letter, inputs, connection=connection, catalogue=catalogue)
    if prepared is None:
        return None
    if is_pattern(prepared.variant.model):
        _pattern(prepared)
        return prepared
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row_{letter}"):
        # Its label stays: Streamlit would take another one for another popover, and close it.
        settings = st.popover(
            "Settings",
            icon=":material/tune:",
            key=f"settings_{letter}",
            on_change=_opened_or_closed,
            args=(letter,),
        )
        request_button(letter)
        st.markdown(_told(prepared), width="content")
    if st.session_state.get(looked_at(letter)):
        # What is inside costs nothing until somebody looks.
        with settings:
            panel(prepared, inputs)
    _notes(prepared, catalogue)
    if request_shown() == letter:
        request_dialog(prepared, follow_up=next_request(letter, NEXT_MESSAGE) if next_request else None)
    return prepared


def _pattern(prepared: Prepared) -> None:
    """Say what a saved pattern is made of: it has no settings here."""
    from components.patterns_variant import about  # noqa: PLC0415 - as for its request

    about(prepared)
    for refusal in prepared.refusals:
        st.markdown(f":small[:orange[:material/block: **Sits out.**] {plain(refusal)}]")


def looked_at(letter: str) -> str:
    """The session state's key that says whether a variant's settings are looked at."""
    return f"{letter}_settings_looked_at"


def _opened_or_closed(letter: str) -> None:
    st.session_state[looked_at(letter)] = st.session_state[f"settings_{letter}"]


def _told(prepared: Prepared) -> str:
    told = summary(prepared.variant, prepared.built)
    aside = len(prepared.set_aside)
    return f":small[:gray[{plain(told)}]{f' · :orange[{aside} set aside]' if aside else ''}]"


def _notes(prepared: Prepared, catalogue: Catalogue) -> None:
    """Say what an id stands for that does not tell, and why the variant sits out."""
    if prepared.resolution.kind in _OPAQUE or catalogue.get(prepared.variant.model) is None:
        icon = "link" if prepared.resolution.base_ids else "help"
        st.caption(f":material/{icon}: {plain(prepared.resolution.explanation)}")
    if kept := fields_kept_for(prepared.letter):
        st.caption(f":material/inventory_2: Set aside: the additional fields for {plain(', '.join(kept))}.")
    if back := back_in_use(prepared):
        st.caption(f":material/settings_backup_restore: Back in use: {plain(back)}.")
    if origin := preset_origin.lane_origin(prepared.letter):
        st.caption(f":material/bookmark: {plain(_origin_words(origin))}")
    for refusal in prepared.refusals:
        st.markdown(f":small[:orange[:material/block: **Sits out.**] {plain(refusal)}]")


def _origin_words(origin: preset_origin.LaneOrigin) -> str:
    name = origin.stored.preset.name
    version = "" if origin.stored.starter else f", version {origin.stored.version}"
    return f"From the preset {name}{version}" if origin.same else f"Changed since {name}{version}"


def _actions(letter: str, *, can_rerun: bool) -> list[str]:
    order = variants.letters()
    expanded = st.session_state.get(EXPANDED) == letter
    model = variants.read(letter).model
    pattern = is_pattern(model)
    return [
        action
        for action, offered in (
            ("rerun", can_rerun),
            ("save", not pattern),
            ("duplicate", len(order) < len(variants.LETTERS)),
            ("left", order[0] != letter),
            ("right", order[-1] != letter),
            ("collapse" if expanded else "expand", len(order) > 1),
            ("take_away", bool(model) and not pattern),
            ("remove", len(order) > 1),
        )
        if offered
    ]


def _act(letter: str, rerun: Callable[[str], None] | None) -> None:
    match st.session_state[f"menu_{letter}"]:
        case "rerun" if rerun is not None:
            rerun(letter)
        case "duplicate":
            if (copy := variants.add(variants.read(letter), after=letter)) is not None:
                preset_origin.copy_origin(letter, copy)
        case "left":
            variants.move(letter, -1)
        case "right":
            variants.move(letter, 1)
        case "expand":
            st.session_state[EXPANDED] = letter
        case "collapse":
            st.session_state.pop(EXPANDED, None)
        case "save" | "take_away" as which:
            _OPENS[which](letter)
        case "remove":
            variants.remove(letter)
            forget_request(letter)
            forget_take_away(letter)
            forget_returned(letter)
            st.session_state.pop(looked_at(letter), None)
