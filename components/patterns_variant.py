"""A saved pattern as a variant of Compare: its request, what it is in a line, and the way to its page."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import BuiltRequest, Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError, StoredPattern
from bedrock_playground.invocation import Comparison, InvocationRequest, Message
from bedrock_playground.invocation.trace import PATTERN_PREFIX
from bedrock_playground.patterns.asked import leaves, pattern_request
from components.prepared import Prepared
from components.resources import get_store, resolve_model
from components.words import plain

PAGE = "pages/playground/patterns.py"


def prepare_pattern(
    letter: str, variant: Variant, inputs: Inputs, *, connection: Connection | None
) -> Prepared:
    """Make the request of a variant that is a saved pattern.

    Args:
        letter: Which variant.
        variant: Its settings; only its model counts, which names the pattern.
        inputs: What all variants are asked.
        connection: Where calls go; ``None`` while that is not ready.
    """
    resolution = resolve(variant.model, load_models())
    stored, why = find(variant.model)
    if stored is None:
        request = InvocationRequest(model_id=variant.model, messages=(Message.user(inputs.prompt),))
        return Prepared(letter, Variant(model=variant.model), resolution, BuiltRequest(request), (why,))
    for _, solo in leaves(stored.pattern):
        # What only the account knows of its ids is asked here, and not while the pattern runs.
        resolve_model(connection, solo.variant.model)
    request = pattern_request(stored.pattern, inputs, shelf_id=stored.summary.pattern_id)
    missing = [role for role, solo in leaves(stored.pattern) if not solo.variant.model.strip()]
    refusals = (f"No model is picked for {', '.join(missing)}. Open the pattern.",) if missing else ()
    return Prepared(letter, Variant(model=variant.model), resolution, BuiltRequest(request), refusals)


def find(model_id: str) -> tuple[StoredPattern | None, str]:
    """Find the saved pattern that an id names; the second value says why there is none."""
    try:
        stored = get_store().patterns.get(model_id.removeprefix(PATTERN_PREFIX))
    except HistoryError as error:
        return None, f"{error} {error.advice}"
    if stored is None:
        return None, (
            "This pattern is not among the saved ones: it was deleted, or never saved. Pick another one, or "
            "save it on Patterns."
        )
    return stored, ""


def about(prepared: Prepared) -> None:
    """Say in a lane's head what a pattern is made of, and lead to its page."""
    stored, _ = find(prepared.variant.model)
    if stored is None:
        return
    models = {solo.variant.model for _, solo in leaves(stored.pattern)}
    told = f"{stored.summary.kind} of {len(stored.pattern.roles())}: {', '.join(sorted(models))}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pressed = st.button(
            "The pattern", key=f"open_pattern_{prepared.letter}", icon=":material/account_tree:"
        )
        st.markdown(f":small[:gray[{plain(told)}]]", width="content")
    if pressed:
        from components.patterns_shelf import open_saved  # noqa: PLC0415 - it brings the whole page

        open_saved(stored.summary.pattern_id)
        st.switch_page(PAGE)


def calls_made(comparison: Comparison, letter: str) -> None:
    """Say under a lane how many calls its pattern made, and lead to the way that it took.

    Args:
        comparison: What is shown.
        letter: Which lane; of one that is no pattern's nothing is said.
    """
    run = comparison.lane(letter).current
    trace = run.result.trace if run is not None and run.result is not None else None
    if trace is None:
        return
    count, failed = len(trace.leaves), sum(call.state == "failed" for call in trace.leaves)
    words = f"{count} call{'' if count == 1 else 's'}" + (f", {failed} failed" if failed else "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"calls_{letter}"):
        st.markdown(f":small[:gray[{words}]]", width="content")
        pressed = st.button(
            "The way it took", key=f"way_{letter}", type="tertiary", icon=":material/account_tree:"
        )
    if pressed:
        open_way(comparison.id, letter)


def open_way(comparison_id: str, letter: str) -> None:
    """Go to the page that shows what a pattern's run did."""
    from components import patterns_state  # noqa: PLC0415 - it brings the whole page

    patterns_state.load(comparison_id, letter=letter)
    st.switch_page(PAGE, query_params={patterns_state.ADDRESS: comparison_id})
