"""The contenders of an evaluation that is being set up: models with settings, presets, cascades, patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.evaluation.spec import Contender
from bedrock_playground.history import HistoryError, StoredPreset
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.patterns.ranking import Ranking
from components import evaluate_state, variants
from components.evaluate_cascade import cascade_about, cascade_fields, cascade_of
from components.evaluate_names import names_of
from components.evaluate_state import LETTERS, Row
from components.model_picker import model_picker
from components.parameter_panel import panel
from components.prepared import Prepared, prepare
from components.resources import get_store
from components.variant_summary import summary
from components.words import plain


@dataclass(frozen=True, slots=True)
class Standing:
    """What the contenders' fields say."""

    contenders: tuple[Contender, ...]
    """Those that can be asked."""
    problems: tuple[str, ...]
    """Why it cannot be started so."""


def contender_rows(
    place: str, *, inputs: Inputs, connection: Connection | None, catalogue: Catalogue
) -> Standing:
    """Draw the contenders.

    Args:
        place: Where they are called.
        inputs: What the first case asks: it may exclude a setting.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: The models to offer.
    """
    rows = evaluate_state.rows(place)
    lettered = dict(zip(LETTERS, rows, strict=False))
    prepared: dict[str, Prepared] = {}
    problems: list[str] = []
    models = {row.slot: variants.read(row.slot) for row in rows if row.kind == "model"}
    names = names_of(lettered, models, catalogue)
    for letter, row in lettered.items():
        with st.container(key=f"contender_{letter}", gap="xsmall"):
            if row.kind == "model":
                found = _model_row(
                    letter, row, names[letter], inputs=inputs, connection=connection, catalogue=catalogue,
                    place=place,
                )  # fmt: skip
                if found is not None:
                    prepared[row.slot] = found
                    problems += [f"{letter} cannot be asked: {why}" for why in found.refusals]
                else:
                    problems.append(f"Pick a model for {letter}, or remove it.")
            elif row.kind == "cascade":
                _cascade_row(letter, row, lettered=lettered, names=names, place=place)
            else:
                _pattern_row(letter, row, names[letter], place=place)
    settled = {slot: one.variant for slot, one in prepared.items()}
    contenders = tuple(
        made
        for letter, row in lettered.items()
        if (made := _contender(letter, row, names, lettered=lettered, settled=settled)) is not None
    )
    if not rows:
        problems.append("Add a model: somebody has to answer.")
    return Standing(contenders, tuple(problems))


def _head(letter: str) -> None:
    st.markdown(f"**{letter}**", width="content")


def _remove(row: Row, letter: str, *, place: str) -> None:
    st.button(
        f"Remove {letter}",
        key=f"remove_{row.slot}",
        icon=":material/close:",
        type="tertiary",
        on_click=evaluate_state.remove,
        args=(place, row.slot),
    )


def _model_row(
    letter: str,
    row: Row,
    name: str,
    *,
    inputs: Inputs,
    connection: Connection | None,
    catalogue: Catalogue,
    place: str,
) -> Prepared | None:
    variants.call(row.slot, f"contender {letter}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _head(letter)
        model_picker(
            row.slot,
            catalogue,
            region=connection.config.region if connection else None,
            label=f"Model of contender {letter}",
        )
        settings = st.popover(
            "Settings", icon=":material/tune:", key=f"settings_{row.slot}", on_change="rerun"
        )
        _remove(row, letter, place=place)
    asked = inputs if row.system is None else replace(inputs, system=row.system)
    prepared = prepare(row.slot, asked, connection=connection, catalogue=catalogue)
    if prepared is None:
        return None
    words = summary(prepared.variant, prepared.built)
    origin = f" · from the preset “{row.preset.preset.name}”" if row.preset else ""
    typed = st.session_state.get(f"{row.slot}_name")
    st.caption(plain(f"{f'“{name}” · ' if typed else ''}{words}{origin}"))
    for refusal in prepared.refusals:
        st.caption(f":red[:material/block: {plain(refusal)}]")
    if settings.open:
        with settings:
            st.text_input(
                "Name in tables and charts",
                key=f"{row.slot}_name",
                placeholder=name,
                persist_state="session",
                max_chars=80,
            )
            panel(prepared, asked, alone=True)
    return prepared


def _cascade_row(
    letter: str, row: Row, *, lettered: Mapping[str, Row], names: Mapping[str, str], place: str
) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _head(letter)
        cascade_fields(row, lettered=lettered, names=names)
        _remove(row, letter, place=place)
    st.caption(cascade_about(row, lettered))


def _pattern_row(letter: str, row: Row, name: str, *, place: str) -> None:
    told = f"saved pattern, {row.pattern.kind}" if row.pattern else ""
    if isinstance(row.pattern, Ranking):
        told = "ranks the passages by its vectors"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _head(letter)
        st.markdown(f"{plain(name)} :gray[· {plain(told)}]")
        _remove(row, letter, place=place)


def _contender(
    letter: str,
    row: Row,
    names: Mapping[str, str],
    *,
    lettered: Mapping[str, Row],
    settled: Mapping[str, Variant],
) -> Contender | None:
    name = names[letter]
    if row.kind == "pattern":
        return None if row.pattern is None else Contender(label=letter, name=name, member=row.pattern)
    if row.kind == "cascade":
        made = cascade_of(row, lettered, settled, name=name)
        return None if made is None else Contender(label=letter, name=name, member=made)
    variant = settled.get(row.slot)
    if variant is None:
        return None
    kept = row.preset if row.preset and _as_saved(row.preset, variant) else None
    return Contender(
        label=letter,
        name=name,
        member=Solo(variant=variant),
        prompt=row.prompt,
        system=row.system,
        preset_id=kept.preset_id if kept else None,
        preset_version=kept.version if kept else None,
    )


def _as_saved(stored: StoredPreset, variant: Variant) -> bool:
    """Whether the settings are still the preset's; one without a model takes any."""
    own = stored.preset.variant
    return replace(own, model=own.model or variant.model) == variant


# Adding


def add_bar(
    place: str,
    *,
    catalogue: Catalogue,
    presets: Mapping[str, str],
    patterns: Sequence[tuple[str, str]],
) -> None:
    """Draw what can be added.

    Args:
        place: Where contenders are called.
        catalogue: The models to offer.
        presets: The shelf's names by id.
        patterns: The saved patterns: id and name.
    """
    rows = evaluate_state.rows(place)
    full = len(rows) >= len(LETTERS)
    st.button(
        "Add a model",
        key="evaluate_add_model",
        icon=":material/add:",
        disabled=full,
        on_click=_add_model,
        args=(place, catalogue),
    )
    models = [row for row in rows if row.kind == "model"]
    st.button(
        "Add a cascade",
        key="evaluate_add_cascade",
        icon=":material/stairs:",
        disabled=full or len(models) < 2,
        on_click=_add_cascade,
        args=(place,),
    )
    with st.popover("Add a preset", icon=":material/bookmark:", disabled=full, key="evaluate_presets"):
        st.selectbox(
            "Preset",
            list(presets),
            format_func=lambda preset_id: presets.get(preset_id, preset_id),
            key="evaluate_preset",
        )
        st.button("Add it", key="evaluate_add_preset", on_click=_add_preset, args=(place, catalogue))
        st.caption("Its model and settings; the data set's prompt is asked unless its own fits the inputs.")
    if patterns:
        names = dict(patterns)
        with st.popover(
            "Add a pattern", icon=":material/account_tree:", disabled=full, key="evaluate_patterns"
        ):
            st.selectbox("Saved pattern", list(names), format_func=names.__getitem__, key="evaluate_pattern")
            st.button("Add it", key="evaluate_add_pattern", on_click=_add_pattern, args=(place,))


def _add_model(place: str, catalogue: Catalogue) -> None:
    evaluate_state.add(
        place,
        Variant(
            model=variants.default_model(catalogue), temperature=0.0, max_tokens=evaluate_state.MAX_TOKENS
        ),
    )


def _add_cascade(place: str) -> None:
    row = Row(slot=evaluate_state.new_slot(), kind="cascade")
    evaluate_state.put(place, (*evaluate_state.rows(place), row))


def _add_preset(place: str, catalogue: Catalogue) -> None:
    try:
        stored = get_store().presets.get(st.session_state["evaluate_preset"])
    except HistoryError as error:
        evaluate_state.complain(error)
        return
    if stored is None:
        return
    preset = stored.preset
    model = preset.variant.model or variants.default_model(catalogue)
    (row,) = evaluate_state.add(place, replace(preset.variant, model=model))
    changed = replace(row, preset=stored, name=preset.name, system=preset.system, prompt=preset.prompt)
    rows = [changed if one.slot == row.slot else one for one in evaluate_state.rows(place)]
    evaluate_state.put(place, rows)


def _add_pattern(place: str) -> None:
    try:
        kept = get_store().patterns.get(st.session_state["evaluate_pattern"])
    except HistoryError as error:
        evaluate_state.complain(error)
        return
    if kept is None:
        return
    pattern: Pattern = kept.pattern
    row = Row(slot=evaluate_state.new_slot(), kind="pattern", pattern=pattern, name=kept.summary.name)
    evaluate_state.put(place, (*evaluate_state.rows(place), row))
