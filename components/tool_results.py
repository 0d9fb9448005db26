"""Under a lane whose model called tools: the form in which their results are typed and sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from bedrock_playground.invocation import Comparison, NotReadyError
from bedrock_playground.invocation.tool_calls import calculate, result_block
from bedrock_playground.invocation.values import ToolUseBlock
from components import compare_state, inputs_state
from components.compare_asked import where
from components.spending import pay_from_here
from components.spending_ask import must_ask
from components.words import plain


def tool_results(comparison: Comparison, letter: str) -> None:
    """Draw the form, if the lane waits for results.

    Args:
        comparison: What is shown.
        letter: Which lane.
    """
    calls = comparison.pending_calls(letter)
    if not calls:
        return
    turn = comparison.lane(letter).runs[-1].identity.run_id
    with st.container(key=f"tool_results_{letter}"):
        st.markdown(
            "**It waits for the result.**" if len(calls) == 1 else f"**It waits for {len(calls)} results.**"
        )
        for place, call in enumerate(calls):
            nth = f" ({place + 1} of {len(calls)})" if len(calls) > 1 else ""
            _one(call, f"Result of {plain(call.name)}{nth}", _keys(letter, turn, place))
        st.button(
            "Send the result and go on" if len(calls) == 1 else "Send the results and go on",
            key=f"send_results_{letter}",
            icon=":material/send:",
            on_click=send_results,
            args=(comparison, letter, turn),
        )


def _keys(letter: str, turn: str, place: int) -> tuple[str, str]:
    return f"result_{letter}_{place}_{turn}", f"failed_{letter}_{place}_{turn}"


def _one(call: ToolUseBlock, label: str, keys: tuple[str, str]) -> None:
    text_key, failed_key = keys
    text, failed = proposed(call)
    st.session_state.setdefault(text_key, text)
    st.session_state.setdefault(failed_key, failed)
    st.text_area(
        label,
        key=text_key,
        height=68,
        persist_state="session",
        placeholder="Text, or a JSON object",
    )
    st.toggle(
        "The tool failed",
        key=failed_key,
        persist_state="session",
        help="Sends the result with the status “error”, so that the model can try something else.",
    )


def proposed(call: ToolUseBlock) -> tuple[str, bool]:
    """Return what a call's result could be, and whether it is an error: worked out, canned, or nothing."""
    for tool in inputs_state.tool_definitions():
        if tool.name == call.name and tool.canned_result:
            return tool.canned_result, False
    match call.input:
        case {"expression": str(expression)} if call.name == "calculator":
            try:
                return calculate(expression), False
            except ValueError as error:
                return str(error), True
        case Mapping():
            return "", False
        case _:
            return "The arguments are not a JSON object. Send them as one.", True


def send_results(comparison: Comparison, letter: str, turn: str) -> None:
    """Let a lane go on with the results that were typed.

    Args:
        comparison: What is shown.
        letter: Which lane.
        turn: The run that waits for them.
    """
    calls = comparison.pending_calls(letter)
    results = []
    for place, call in enumerate(calls):
        text_key, failed_key = _keys(letter, turn, place)
        text = st.session_state.get(text_key) or ""
        if not text.strip():
            compare_state.tell(f"The result of {call.name} for {letter} is empty. Type one, then send it.")
            return
        # Not every model takes a status; success goes without saying.
        status: Literal["error"] | None = "error" if st.session_state.get(failed_key) else None
        results.append(result_block(call.tool_use_id, text, status=status))
    asked = {letter: comparison.lane(letter).runs[-1].request}
    if must_ask(asked, connection=where(comparison).connection(), then=("results", letter, turn)):
        return
    pay_from_here(comparison.id, letter)
    try:
        comparison.answer_calls(letter, results)
    except NotReadyError as error:
        compare_state.tell(str(error))
