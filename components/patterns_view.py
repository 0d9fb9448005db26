"""What the Patterns page is made of: the choice of a pattern, the prompt, the lanes."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bedrock_playground.catalog import Catalogue
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import Comparison
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.spending import total
from components import live
from components import patterns_draft as drafts
from components import patterns_state as state
from components.patterns_cost import ASSUMPTION, with_members
from components.patterns_examples import Example, cast_of, examples
from components.patterns_words import about
from components.spending import estimator_at
from components.spending_ask import ask
from components.spending_line import cost_words
from components.words import plain

_KIND = "pattern_kind"

_LANES_CSS = """
<style>
.st-key-pattern_lanes {
  display: grid; gap: 0.6rem; align-items: start; --bp-lane-height: 10rem;
  grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
}
.st-key-pattern_lanes > div { width: auto !important; min-width: 0 !important; }
</style>
"""


def ensure(catalogue: Catalogue, *, known: bool) -> None:
    """Have a pattern ready that can be run at once.

    Args:
        catalogue: Who can play.
        known: Whether anybody could be asked who can.
    """
    if drafts.draft() is None and known:
        kind = next(iter(pattern_kinds()))
        _use(examples(kind)[0], catalogue)


def _use(example: Example, catalogue: Catalogue) -> None:
    drafts.open_draft(example.make(cast_of(catalogue)))
    if example.prompt:
        st.session_state[state.PROMPT] = example.prompt
    st.session_state.pop(state.LEFT_OUT, None)


def choice(catalogue: Catalogue, *, known: bool) -> None:
    """Draw which kind of pattern it is and what that does.

    Args:
        catalogue: Who can play.
        known: Whether anybody could be asked who can.
    """
    document = drafts.draft()
    kind = str(document["kind"]) if document else next(iter(pattern_kinds()))
    st.session_state[_KIND] = kind
    st.segmented_control(
        "Kind of pattern",
        list(pattern_kinds()),
        format_func=lambda each: about(each).title,
        key=_KIND,
        label_visibility="collapsed",
        required=True,
        # Nobody could play yet.
        disabled=not known,
        on_change=_picked,
        args=(catalogue,),
    )
    told = about(kind)
    st.markdown(f"{told.icon} **{plain(told.what)}** {plain(told.when)}")


def _picked(catalogue: Catalogue) -> None:
    kind = st.session_state.get(_KIND)
    document = drafts.draft()
    if kind and (document is None or document["kind"] != kind):
        state.clear()
        _use(examples(kind)[0], catalogue)


def examples_menu(catalogue: Catalogue) -> None:
    """Offer the ready examples of the kind that stands here."""
    document = drafts.draft()
    if document is None:
        return
    offered = {each.title: each for each in examples(str(document["kind"]))}
    st.menu_button(
        "Examples",
        list(offered),
        icon=":material/lightbulb:",
        key="pattern_examples",
        on_click=_example,
        args=(offered, catalogue),
    )


def _example(offered: dict[str, Example], catalogue: Catalogue) -> None:
    title = st.session_state["pattern_examples"]
    if title in offered:
        state.clear()
        _use(offered[title], catalogue)


def prompt_area(
    *, connection: Connection | None, comparison: Comparison | None, catalogue: Catalogue
) -> tuple[bool, DeltaGenerator]:
    """Draw the prompt and the actions.

    Returns:
        Whether Run was pressed, and where to offer to keep what stands on the page.
    """
    st.session_state.setdefault(state.PROMPT, "")
    st.text_area(
        "Prompt",
        key=state.PROMPT,
        height=96,
        persist_state="session",
        on_change="ignore",
        placeholder="What the pattern is asked. Ctrl+Enter runs.",
    )
    running = comparison is not None and not comparison.done
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="pattern_actions"):
        pressed = st.button(
            "Run",
            key="pattern_run_button",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Mod+Enter",
            disabled=connection is None,
        )
        st.button(
            "Stop", key="pattern_stop", icon=":material/stop:", disabled=not running, on_click=state.stop
        )
        system = str(st.session_state.get(state.SYSTEM) or "")
        with st.popover(
            "System ✓" if system.strip() else "System",
            icon=":material/psychology:",
            key="pattern_system_popover",
        ):
            st.text_area(
                "System prompt",
                key=state.SYSTEM,
                height=120,
                width=420,
                persist_state="session",
                placeholder="You are a helpful assistant.",
                help="Sent to every role that has none of its own, and to the models alone.",
            )
        examples_menu(catalogue)
        keeping = st.container(width="content")
        if comparison is not None:
            st.button(
                "New", key="pattern_new", icon=":material/restart_alt:", type="tertiary", on_click=state.clear
            )
    return pressed, keeping


def form_place() -> DeltaGenerator:
    """Where the form stands: out of the way, for the examples run as they are."""
    return st.expander("Roles and settings", icon=":material/tune:", key="pattern_form")


def alone_picker(pattern: Pattern) -> None:
    """Let the models be chosen that run alone beside the pattern."""
    known = list(state.singles(pattern))
    if not known:
        return  # An embedding model answers nobody by itself.
    st.session_state[state.ALONE] = list(state.alone(pattern))
    st.pills(
        "The same prompt, beside it, to these models alone",
        known,
        key=state.ALONE,
        selection_mode="multi",
        on_change=_chosen,
        args=(known,),
        help="To see what the pattern is worth: each is a lane of its own. None: the pattern runs by itself.",
    )


def _chosen(known: list[str]) -> None:
    chosen = st.session_state[state.ALONE]
    out: set[str] = st.session_state.get(state.LEFT_OUT, set())
    st.session_state[state.LEFT_OUT] = (out - set(known)) | {one for one in known if one not in chosen}


def cost_line(pattern: Pattern, connection: Connection | None) -> None:
    """Say what Run would cost: everybody who may be asked, each asked once."""
    if connection is None:
        return
    sent = with_members(state.requests(pattern, connection), connection)
    if not sent:
        return
    estimator = estimator_at(connection, with_history=True)
    together = total({label: estimator.estimate(request) for label, request in sent.items()})
    st.markdown(f":small[{cost_words(together)}]", help=None if together.free else ASSUMPTION)


def question(pattern: Pattern | None, connection: Connection | None) -> None:
    """Ask what has to be agreed to before something is sent."""
    ask(partial(_go_on, pattern, connection))


def _go_on(pattern: Pattern | None, connection: Connection | None, then: tuple[str, ...]) -> None:
    match then:
        case ("run",) if pattern is not None and connection is not None:
            state.start(pattern, connection)
        case ("again", letter):
            state.rerun(letter)


def lanes(comparison: Comparison) -> None:
    """Draw the pattern's lane and, beside it, each model alone."""
    st.html(_LANES_CSS)
    shown = state.pattern_run(comparison)
    with st.container(key="pattern_lanes"):
        for lane in comparison.lanes:
            with st.container(border=True, key=f"pattern_lane_{lane.label}"):
                pattern = shown is not None and shown.identity.label == lane.label
                who = "The pattern" if pattern else "Beside it"
                st.markdown(f"**{lane.label}** · {who}")
                live.lane(
                    comparison.id,
                    lane.label,
                    key=f"pattern_live_{lane.label}",
                    on_rerun=partial(state.rerun, lane.label),
                )
