"""Sweeping parameters: one contender becomes several, one for each combination of settings."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.evaluation.sweeps import PARAMETERS, Axis, BadSweep, Sweep, expand, parse_axis
from components import evaluate_state, variants
from components.evaluate_state import LETTERS, Row
from components.resources import resolve_model
from components.words import plain

_STARTS = {
    "temperature": "0, 0.5, 1",
    "top_p": "0.5, 0.9, 1",
    "top_k": "1, 20, 100",
    "max_tokens": "64, 256",
    "reasoning": "on, off",
    "thinking_budget": "1024, 4096",
    "effort": "low, medium, high",
    "service_tier": "default, flex",
    "latency": "standard, optimized",
}
"""Values that are worth trying first."""
_SHOWN = 6


def sweep_popover(place: str, *, inputs: Inputs, connection: Connection | None) -> None:
    """Draw the choice of a grid, what it comes to, and what is dropped and why.

    Args:
        place: Where contenders are called.
        inputs: What the first case asks.
        connection: Where calls go; ``None`` while that is not ready.
    """
    rows = evaluate_state.rows(place)
    lettered = {letter: row for letter, row in zip(LETTERS, rows, strict=False) if row.kind == "model"}
    with st.popover(
        "Sweep parameters",
        icon=":material/grid_on:",
        key="evaluate_sweep",
        disabled=not lettered,
        on_change="rerun",
    ) as popover:
        if popover.open:
            _fields(place, rows, lettered, inputs=inputs, connection=connection)


def _fields(
    place: str,
    rows: Sequence[Row],
    lettered: dict[str, Row],
    *,
    inputs: Inputs,
    connection: Connection | None,
) -> None:
    st.caption("One contender becomes several: one for each combination of these values.")
    labels = {letter: f"{letter} · {variants.read(row.slot).model}" for letter, row in lettered.items()}
    letter = st.selectbox(
        "Contender",
        list(labels),
        format_func=lambda one: labels.get(one, one),
        key="sweep_letter",
    )
    chosen = st.multiselect(
        "Parameters",
        list(PARAMETERS),
        default=["temperature"],
        format_func=lambda name: PARAMETERS[name].capitalize(),
        key="sweep_parameters",
        max_selections=3,
    )
    for name in chosen:
        st.text_input(
            f"Values of {PARAMETERS[name]}",
            _STARTS[name],
            key=f"sweep_values_{name}",
            help="With commas between them; “unset” leaves it to the model.",
        )
    row = lettered[letter]
    base = variants.read(row.slot)
    if not base.model or not chosen:
        return
    try:
        axes: list[Axis] = [
            parse_axis(f"{name}={st.session_state[f'sweep_values_{name}']}") for name in chosen
        ]
        sweep = expand(base, axes, inputs=inputs, resolution=resolve_model(connection, base.model))
    except BadSweep as error:
        st.caption(f":red[:material/error: {plain(str(error))}]")
        return
    _outcome(place, rows, row, sweep=sweep)


def _outcome(place: str, rows: Sequence[Row], row: Row, *, sweep: Sweep) -> None:
    names = ", ".join(point.name for point in sweep.points[:_SHOWN])
    more = f" and {len(sweep.points) - _SHOWN} more" if len(sweep.points) > _SHOWN else ""
    count = len(sweep.points)
    st.markdown(f"**{count} {'contender' if count == 1 else 'contenders'}**: {plain(names)}{more}")
    for dropped in sweep.dropped[:_SHOWN]:
        st.caption(f":orange[:material/block: {plain(dropped.name)} is left out.] {plain(dropped.reason)}")
    if len(sweep.dropped) > _SHOWN:
        st.caption(f"… and {len(sweep.dropped) - _SHOWN} more are left out.")
    for warning in dict.fromkeys(text for point in sweep.points for text in point.warnings):
        st.caption(f":orange[:material/warning: {plain(warning)}]")
    room = len(LETTERS) - (len(rows) - 1)
    if count > room:
        st.caption(f":red[:material/error: There is room for {room} contenders. Take fewer values.]")
    st.button(
        "Put them in its place",
        key="sweep_apply",
        type="primary",
        disabled=not count or count > room,
        on_click=_apply,
        args=(place, row, [point.variant for point in sweep.points]),
    )


def _apply(place: str, row: Row, made: Sequence[Variant]) -> None:
    before = evaluate_state.rows(place)
    at = next((index for index, one in enumerate(before) if one.slot == row.slot), len(before))
    evaluate_state.remove(place, row.slot)
    rest = evaluate_state.rows(place)
    evaluate_state.put(place, ())
    new = evaluate_state.add(place, *made)
    evaluate_state.put(place, (*rest[:at], *new, *rest[at:]))
