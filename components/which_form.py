"""What somebody asks for: the scenario in words, what was understood of it, and every setting by hand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog.requirements import RESIDENCIES
from bedrock_playground.catalog.search import Capability
from components import which_state
from components.choosing import region_label
from components.models_filters import NEED_LABELS, TASK_LABELS
from components.which_state import key
from components.words import plain

EXAMPLES = {
    "Support tickets": (
        "A retailer must classify millions of short support tickets per day. The solution must be "
        "cost-sensitive and answer with JSON."
    ),
    "Contracts in the EU": (
        "A law firm analyses long contracts of up to 250 pages. The work needs complex reasoning and the "
        "data must stay in the EU."
    ),
    "Chat with images": (
        "A mobile app lets customers upload photos of broken parts. A chatbot must respond with low latency, "
        "under 3 seconds, and stream the answer."
    ),
    "Agent": (
        "An agent orchestrates several steps and calls internal APIs. The same system prompt is sent with "
        "every request."
    ),
    "Semantic search": (
        "A company builds semantic search over its product catalogue in eu-central-1 at low cost."
    ),
}
"""Scenarios as the exam words them, to begin with."""

_CSS = """<style>
.st-key-which_settings > div { flex: 1 1 10.5rem; }
.st-key-which_kept button { white-space: normal; height: auto; text-align: left; max-width: 100%; }
.st-key-which_kept button * { white-space: normal; overflow: visible; }
.st-key-which_weights > div { flex: 1 1 14rem; }
</style>"""


def form(*, regions: Sequence[str]) -> None:
    """Draw it.

    Args:
        regions: The Regions to choose from.
    """
    which_state.prepare()
    st.html(_CSS)
    st.text_area(
        "Scenario",
        key=which_state.TEXT,
        height=88,
        persist_state="session",
        on_change=which_state.read_text,
        placeholder="Describe the job in a sentence or two, as an exam question or a ticket would.",
    )
    with st.container(horizontal=True, vertical_alignment="center", key="which_actions"):
        st.menu_button(
            "Examples",
            list(EXAMPLES),
            icon=":material/lightbulb:",
            key="which_examples",
            on_click=_use_example,
        )
        st.button(
            "Start over",
            key="which_clear",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=which_state.clear,
        )
    for caution in which_state.cautions():
        st.warning(plain(caution), icon=":material/info:")
    _understood()
    _settings(regions)
    _short_input()
    _weights()


def _understood() -> None:
    """Show what was read from the words: each can be taken away, and changed below."""
    found = which_state.inferences()
    if not found:
        if (st.session_state.get(which_state.TEXT) or "").strip():
            st.caption("No cue words were recognised. Set what you need below.")
        return
    by_id = {one.id: one for one in found}

    def words(inference_id: str) -> str:
        one = by_id[inference_id]
        skill = f" · {one.skill}" if one.skill else ""
        return f"“{plain(one.phrase)}” → {plain(one.meaning)}{skill}"

    # A number may be gone with the words that it came from.
    st.session_state[which_state.KEPT] = [
        one for one in st.session_state.get(which_state.KEPT) or [] if one in by_id
    ]
    st.pills(
        "Understood from your words",
        list(by_id),
        selection_mode="multi",
        format_func=words,
        key=which_state.KEPT,
        on_change=which_state.read_kept,
        persist_state="session",
        wrap=True,
        help="Words → setting · the exam guide's skill where one fits. Click one to leave it out; change any "
        "setting below. No model reads the text: these are fixed cue words.",
    )
    changed = which_state.changed_by_hand()
    if changed:
        st.caption("Changed by you below: " + ", ".join(f"“{plain(one.phrase)}”" for one in changed) + ".")


def _settings(regions: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="which_settings"):
        st.selectbox(
            "Task",
            list(TASK_LABELS),
            format_func=TASK_LABELS.__getitem__,
            index=None,
            key=key("task"),
            placeholder="Any",
            persist_state="session",
        )
        st.multiselect(
            "Needs",
            list(Capability),
            format_func=NEED_LABELS.__getitem__,
            key=key("needs"),
            placeholder="Nothing special",
            persist_state="session",
        )
        st.number_input(
            "Input tokens", 1, None, step=100, key=key("input_tokens"), persist_state="session",
            help="Expected per request: what the cost is reckoned with.",
        )  # fmt: skip
        st.number_input(
            "Output tokens", 1, None, step=100, key=key("output_tokens"), persist_state="session",
            help="Expected per request, reasoning included.",
        )  # fmt: skip
        _limits()
        _places(regions)


def _short_input() -> None:
    """Say where the cost is reckoned with far less than what has to fit."""
    asked = which_state.scenario()
    if asked.min_context and asked.input_tokens * _FAR < asked.min_context:
        st.caption(
            f":orange[:material/warning:] The context must hold {asked.min_context:,} tokens, but the cost "
            f"is reckoned with an input of {asked.input_tokens:,}. If requests are that long, set that too."
        )


_FAR = 4


def _limits() -> None:
    st.number_input(
        "Max cost per request, $",
        min_value=0.0,
        step=0.001,
        # As many decimals as were typed: a fixed number would show a small limit as nothing.
        format="%g",
        value=None,
        key=key("max_cost"),
        placeholder="Any",
        persist_state="session",
    )
    st.number_input(
        "Max latency, s",
        min_value=0.0,
        step=0.5,
        value=None,
        key=key("max_latency"),
        placeholder="Any",
        persist_state="session",
        help="Until the whole answer is there. Known only from your own runs, three or more of a model.",
    )
    st.number_input(
        "Context at least, tokens",
        min_value=0,
        step=1000,
        value=None,
        key=key("min_context"),
        placeholder="Any",
        persist_state="session",
    )


def _places(regions: Sequence[str]) -> None:
    known = st.session_state.get(key("region"))
    st.selectbox(
        "Called from",
        list(regions) if known is None or known in regions else [*regions, known],
        format_func=region_label,
        index=None,
        key=key("region"),
        placeholder="Any Region",
        persist_state="session",
    )
    st.selectbox(
        "Data stays in",
        list(RESIDENCIES),
        format_func=lambda code: RESIDENCIES[code].removeprefix("the "),
        index=None,
        key=key("residency"),
        placeholder="Anywhere",
        persist_state="session",
        help="Keeps to inference profiles of that geography, and to in-Region calls.",
    )
    st.toggle(
        # Short: a phone leaves room for some 17 letters.
        "In-Region only",
        key=key("in_region_only"),
        persist_state="session",
        help="No cross-Region inference: the request is answered in the Region that is called.",
    )


def _weights() -> None:
    with st.container(horizontal=True, key="which_weights"):
        for name, label, what in (
            ("accuracy", "Accuracy", "Guessed from the model's size until you measure it on your own data."),
            (
                "speed",
                "Speed",
                "From three or more of your own runs; guessed from the model's size until then.",
            ),
            ("price", "Price", "The cost of one request with the tokens above."),
        ):
            st.slider(
                label, 0, 10, key=key(name), persist_state="session", help=f"How much it counts. {what}"
            )


def _use_example() -> None:
    name = st.session_state["which_examples"]
    if name in EXAMPLES:
        st.session_state[which_state.TEXT] = EXAMPLES[name]
        which_state.read_text()
