"""The Compare page while names are hidden: toggle, answers in their shuffled order, wait and reveal.

Nothing that is drawn here may tell a letter, a model or a setting: not as text, not as a key (it becomes a
class name), not as a tooltip.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from bedrock_playground.history import Blind, HistoryError
from bedrock_playground.invocation import Comparison
from components import compare_blind, compare_state, live
from components.live import get_hub
from components.words import plain

_HIDDEN = (
    "**Blind until the vote.** The answers are shuffled and appear together. Models, settings, times, "
    "tokens, costs, reasoning and errors are hidden. Not hidden: what an answer says of itself, other pages "
    "such as History, the endpoint's log."
)
# No figures stand under these answers: the vote is seen with them on a laptop.
_LANES_CSS = """
<style>
.st-key-lanes { --bp-lane-height: clamp(13rem, 100vh - 44rem, 40rem) !important; }
</style>
"""


def toggle() -> None:
    """Offer to hide names in the next comparison."""
    st.toggle(
        "Blind",
        key=compare_blind.WANTED,
        persist_state="session",
        help="Hides which variant gave which answer until you vote.",
    )


def note(comparison: Comparison | None) -> None:
    """Say what is hidden, or what will be, or how it came out; nothing where nothing is blind.

    Args:
        comparison: What is shown, if anything is.
    """
    blind = compare_blind.blind_of(comparison.id) if comparison else None
    if comparison is not None and blind is not None and blind.hidden:
        st.info(_HIDDEN, icon=":material/visibility_off:")
    elif comparison is not None and blind is not None:
        st.caption(f":material/visibility: Run blind. {plain(_who_was_who(comparison, blind))}")
    elif compare_blind.wanted():
        st.caption(
            ":material/visibility_off: Run hides whose answer is whose until you vote: the lanes become "
            "Answer 1, Answer 2 … in a shuffled order, without names, settings, times and costs."
        )


def _who_was_who(comparison: Comparison, blind: Blind) -> str:
    models = {lane.label: lane.runs[0].request.model_id for lane in comparison.lanes if lane.runs}
    told = [
        f"Answer {number} was {letter} ({models[letter]})"
        for number, letter in enumerate(blind.letters, 1)
        if letter in models
    ]
    return f"{', '.join(told)}."


def lanes(comparison: Comparison, blind: Blind) -> None:
    """Draw the answers.

    Args:
        comparison: What is shown; only what is masked of it reaches the browser.
        blind: How it is hidden.
    """
    st.html(_LANES_CSS)
    masked = live.mask(get_hub(), comparison, blind.letters)
    with st.container(horizontal=True, key="lanes"):
        for lane in masked.lanes:
            with st.container(border=True, key=f"answer_{lane.label}"):
                st.markdown(f"**Answer {lane.label}**")
                live.lane(
                    masked.id,
                    lane.label,
                    key=f"blind_{lane.label}",
                    blind=True,
                    on_rerun=partial(compare_state.rerun_as_sent, lane.letter),
                )


@st.fragment(run_every=0.5)
def wait(comparison: Comparison) -> None:
    """Say how many answers are in, and draw the page again when all are.

    The charts do that for a comparison that is not blind, but they show who is how far.

    Args:
        comparison: One that still ran when this page began to be drawn.
    """
    if comparison.done:
        st.rerun()
    busy = sum(lane.busy for lane in comparison.lanes)
    count = len(comparison.lanes)
    st.caption(f":material/hourglass_top: {count - busy} of {count} answers are in. They appear together.")


def reveal_button(comparison_id: str, *, disabled: bool) -> None:
    """Offer the names without a vote: there may be nothing to vote on.

    Args:
        comparison_id: One that is hidden.
        disabled: Whether something still runs.
    """
    st.button(
        "Show names without a vote",
        key="reveal",
        type="tertiary",
        icon=":material/visibility:",
        disabled=disabled,
        on_click=_reveal,
        args=(comparison_id,),
    )


def _reveal(comparison_id: str) -> None:
    try:
        compare_blind.reveal(comparison_id)
    except HistoryError as error:
        compare_state.tell(f"The names stay hidden. {plain(str(error))}")
