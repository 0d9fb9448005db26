"""What the Compare page is made of: the prompt, the lanes, what stands under them."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bedrock_playground.catalog import Catalogue
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import Comparison
from bedrock_playground.invocation.trace import is_pattern
from components import blind_view, compare_blind, compare_state, live, variants
from components.head import page_head
from components.inputs_state import PROMPT, SYSTEM, read_inputs
from components.inputs_view import input_popovers
from components.keep_typed import keep_typed
from components.prepared import Prepared
from components.share_button import share_button
from components.spending_ask import ask
from components.take_away import offers_of, take_away_dialog, take_away_shown
from components.template_fields import template_fields
from components.template_state import filled_inputs
from components.tool_results import send_results, tool_results
from components.variant_editor import EXPANDED, editor

EXAMPLES = {
    "Creative: a poem": "Write a short poem about the sea.",
    "Creative: a story's opening": "Write the first three sentences of a story about a lighthouse keeper.",
    "Explain": "Explain to a ten-year-old why the sky is blue, in three short paragraphs.",
    "Facts": "List the planets of the solar system in order from the sun, one per line.",
    "Code": "Write a Python function that tells whether a text is a palindrome, with one example call.",
    "Extract": 'Extract name, date and amount as JSON: "On 3 May, Ada Lovelace paid 120 euros for the hall."',
}
"""Prompts that show something: the page begins with the first."""

# Lanes share a row while each keeps 360 px, and wrap to further rows of the same width then; one may take a
# row of its own. Four go two by two, five and six by threes, where one would be alone in the last row.
_LANES_CSS = """
<style>
.st-key-lanes {
  display: grid; gap: 0.6rem; align-items: start; --bp-lane-least: 360px;
  grid-template-columns: repeat(auto-fit, minmax(min(var(--bp-lane-least), 100%), 1fr));
  /* The prompt, the answers and what was measured are seen together on a laptop. */
  --bp-lane-height: clamp(18rem, 100vh - 37.5rem, 40rem);
}
/* Two rows of lanes: lower ones, so that the charts are not far away. */
.st-key-lanes:has(> div:nth-child(4)) { --bp-lane-height: 18rem; }
/* A third of the row and more, unless all four fit into one: 4 x 360 px and the gaps. */
.st-key-lanes:has(> div:nth-child(4):last-child) { --bp-lane-least: clamp(360px, (1470px - 100%) * 99, 34%); }
.st-key-lanes:has(> div:nth-child(5):last-child), .st-key-lanes:has(> div:nth-child(6):last-child) {
  --bp-lane-least: max(360px, 26%);
}
.st-key-lanes > div { width: auto !important; min-width: 0 !important; }
.st-key-lanes [class*="st-key-head_"] { flex-wrap: nowrap; }
.st-key-lanes [class*="st-key-head_"] > div:nth-child(2) { flex: 1 1 auto; min-width: 0; }
</style>
"""


def prompt_area(*, connection: Connection | None, comparison: Comparison | None) -> DeltaGenerator:
    """Draw the prompt and the row of actions under it.

    Args:
        connection: Where calls go; ``None`` while that is not ready, and Run has to wait.
        comparison: What is shown, if anything is.

    Returns:
        Where to say what Run would cost, once that is known.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        page_head("Compare", "One prompt, up to eight variants, side by side and live.")
        # Beside the actions one more button would make them wrap, and move the lanes.
        share_button()
        blind_view.toggle()
    st.session_state.setdefault(PROMPT, next(iter(EXAMPLES.values())))
    st.text_area(
        "Prompt",
        key=PROMPT,
        height=96,
        persist_state="session",
        # A rerun on every blur would only cost time: Run reads what stands there.
        on_change="ignore",
        placeholder="Ask every variant the same thing. Ctrl+Enter runs.",
    )
    with st.container():
        template_fields()
    running = comparison is not None and not comparison.done
    # None of these has `help`: Streamlit draws a button with a tooltip twice, which doubles it for keyboards
    # and screen readers too.
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="actions"):
        st.button(
            "Run",
            key="run",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Mod+Enter",
            disabled=connection is None,
            on_click=_run,
            args=(connection,),
        )
        st.button(
            "Stop",
            key="stop",
            icon=":material/stop:",
            disabled=not running,
            on_click=compare_state.stop_all,
        )
        _more_actions(comparison)
        keep_typed()
    # A row of its own: beside the actions it would wrap, and move the lanes, when one more button appears.
    cost = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="cost_line")
    with st.container():
        hidden = comparison is not None and compare_blind.hidden(comparison.id)
        ask(partial(_go_on, connection, comparison), hidden=hidden)
    if problem := compare_state.problem():
        st.warning(problem, icon=":material/info:")
    return cost


def _go_on(connection: Connection | None, comparison: Comparison | None, then: tuple[str, ...]) -> None:
    """Do what was wanted before somebody had to agree to it."""
    match then:
        case ("run",) if connection is not None:
            compare_state.start(connection)
        case ("rerun", letter):
            compare_state.rerun(letter)
        case ("rerun_as_sent", letter):
            compare_state.rerun_as_sent(letter)
        case ("follow_up", text):
            compare_state.follow_up(text)
        case ("results", letter, turn) if comparison is not None:
            send_results(comparison, letter, turn)


def _run(connection: Connection | None) -> None:
    if connection is not None:
        compare_state.start(connection)


def _more_actions(comparison: Comparison | None) -> None:
    system = st.session_state.get(SYSTEM) or ""
    with st.popover(
        "System ✓" if system.strip() else "System", icon=":material/psychology:", key="system_popover"
    ):
        st.text_area(
            "System prompt for all variants",
            key=SYSTEM,
            height=140,
            width=460,
            persist_state="session",
            placeholder="You are a helpful assistant that answers in one sentence.",
            help="Sent to every variant that has none of its own. Empty: none is sent.",
        )
    input_popovers()
    with st.popover(_repeat_label(), icon=":material/repeat:", key="repeat_popover"):
        st.number_input(
            "Times each variant answers",
            1,
            50,
            key=compare_state.REPEAT,
            persist_state="session",
            help="One after the other within a lane, so that repeats do not slow each other down.",
        )
    st.menu_button(
        "Examples",
        list(EXAMPLES),
        icon=":material/lightbulb:",
        key="examples",
        on_click=_use_example,
    )
    # Its lanes stand where the variants would be seen.
    hidden = comparison is not None and compare_blind.hidden(comparison.id)
    st.button(
        "Variant",
        key="add_variant",
        icon=":material/add:",
        disabled=hidden or not variants.letters() or len(variants.letters()) >= len(variants.LETTERS),
        on_click=_add_variant,
    )
    if comparison is not None:
        st.button(
            "New",
            key="new_comparison",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=compare_state.clear,
        )


def _repeat_label() -> str:
    times = int(st.session_state.get(compare_state.REPEAT) or 1)
    return "Repeat" if times == 1 else f"Repeat × {times}"


def _use_example() -> None:
    name = st.session_state["examples"]
    if name in EXAMPLES:
        st.session_state[PROMPT] = EXAMPLES[name]


def _add_variant() -> None:
    order = variants.letters()
    if order:
        variants.add(variants.read(order[-1]))


def model_list_problem(catalogue: Catalogue) -> None:
    """Say why the model list is short or empty, if it is."""
    if catalogue.problem:
        st.warning(catalogue.problem, icon=":material/info:")


def lanes(
    *, connection: Connection | None, catalogue: Catalogue, comparison: Comparison | None
) -> tuple[Prepared, ...]:
    """Draw the variants, each with its lane of the comparison.

    Args:
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: The models to offer.
        comparison: What is shown; a variant that was added since has an empty lane. While its names are
            hidden, its answers stand here instead, without the variants.

    Returns:
        What stands in the lanes, as it would be sent.
    """
    if comparison is not None and (blind := compare_blind.blind_of(comparison.id)) and blind.hidden:
        st.html(_LANES_CSS)
        blind_view.lanes(comparison, blind)
        return ()
    expanded = st.session_state.get(EXPANDED)
    css = _LANES_CSS
    if expanded in variants.letters():
        css += f"<style>.st-key-lanes > div:has(> .st-key-lane_{expanded}), "
        css += f".st-key-lanes > .st-key-lane_{expanded} {{ grid-column: 1 / -1; }}</style>"
    st.html(css)
    in_comparison = {lane.label for lane in comparison.lanes} if comparison else set()
    inputs = filled_inputs(read_inputs())
    standing = []
    with st.container(horizontal=True, key="lanes"):
        for letter in variants.letters():
            with st.container(border=True, key=f"lane_{letter}"):
                shown = letter in in_comparison
                prepared = editor(
                    letter,
                    catalogue=catalogue,
                    connection=connection,
                    inputs=inputs,
                    rerun=compare_state.rerun if shown else None,
                    next_request=compare_state.next_request if shown else None,
                )
                if comparison is not None and shown:
                    live.lane(
                        comparison.id,
                        letter,
                        key=f"live_{letter}",
                        expanded=expanded == letter,
                        on_rerun=partial(compare_state.rerun, letter),
                    )
                    tool_results(comparison, letter)
                    _calls(comparison, letter)
                elif prepared is None or not prepared.refusals:
                    st.caption("Press Run: the answer streams here.")
                if take_away_shown() == letter:
                    _take_away(letter, prepared, connection=connection, comparison=comparison)
            standing.append(prepared)
    return tuple(one for one in standing if one is not None)


def _calls(comparison: Comparison, letter: str) -> None:
    """Lead from a pattern's lane to what it did."""
    run = comparison.lane(letter).current
    if run is not None and is_pattern(run.request.model_id):
        from components.patterns_variant import calls_made  # noqa: PLC0415 - only where there is a pattern

        calls_made(comparison, letter)


def _take_away(
    letter: str, prepared: Prepared | None, *, connection: Connection | None, comparison: Comparison | None
) -> None:
    """Open the dialog for a lane: with the request that was sent, and with the settings of now."""
    runs = (
        [run for lane in comparison.lanes if lane.label == letter for run in lane.runs] if comparison else []
    )
    offers = offers_of(runs[-1].request if runs else None, prepared.built.request if prepared else None)
    if offers:
        region = runs[-1].identity.region if runs else connection.config.region if connection else None
        take_away_dialog(offers, connection=connection, region=region, name=f"compare-{letter.lower()}")


def under_the_lanes(comparison: Comparison, *, drawn_running: bool) -> None:
    """Draw the live charts: tokens over time, where the time goes, cost, and cost against latency.

    Args:
        comparison: What is shown.
        drawn_running: Whether it still ran when this page began to be drawn.
    """
    live.live_charts(comparison.id, key="live_charts", drawn_running=drawn_running)


def follow_up(comparison: Comparison) -> None:
    """Offer one more turn, to every lane on top of its own conversation.

    Args:
        comparison: What is shown; while it runs, the field waits.
    """
    # Inside a container it stands where it is written; pinned to the bottom it would scroll the page there.
    with st.container():
        st.chat_input(
            "Follow up in every lane …",
            key="follow_up",
            disabled=not comparison.done,
            on_submit=_follow_up,
        )


def _follow_up() -> None:
    compare_state.follow_up(st.session_state["follow_up"] or "")
