"""What will be sent: a variant's exact Converse request, before the run, and what was changed on the way."""

from __future__ import annotations

import json

import streamlit as st

from bedrock_playground.catalog.build import request_as_json
from bedrock_playground.catalog.variant import Adjustment, BuiltRequest
from bedrock_playground.invocation import InvocationRequest
from components.prepared import Prepared
from components.variant_summary import NAMES, value_words
from components.words import plain

NEXT_MESSAGE = "(your next message)"
"""What stands in a follow-up's request where the message will be that nobody has written yet."""
_OPEN = "request_shown"
_COLOURS = {"dropped": "orange", "clamped": "orange", "translated": "blue", "added": "green"}


def request_button(letter: str) -> None:
    """Draw the button that shows the request of a variant."""
    st.button(
        "Request", key=f"request_{letter}", icon=":material/data_object:", on_click=_open, args=(letter,)
    )


def _open(letter: str) -> None:
    st.session_state[_OPEN] = letter


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def request_shown() -> str | None:
    """The letter of the variant whose request is looked at, if one is."""
    letter: str | None = st.session_state.get(_OPEN)
    return letter


def forget_request(letter: str) -> None:
    """Close the request of a variant that is taken away."""
    if request_shown() == letter:
        _close()


# It stays open while lanes finish and rerun the page, until somebody closes it.
@st.dialog("What will be sent", width="large", icon=":material/data_object:", on_dismiss=_close)
def request_dialog(prepared: Prepared, *, follow_up: InvocationRequest | None = None) -> None:
    """Show the exact request, and beside it what is not as it was set.

    Args:
        prepared: The variant and what becomes of it.
        follow_up: What a follow-up would send, with the conversation so far; ``None`` where there is none.
    """
    st.markdown(f"**{prepared.letter}** · `{prepared.variant.model}`")
    st.caption(plain(prepared.resolution.explanation))
    for refusal in prepared.refusals:
        st.error(f"**It sits out.** {plain(refusal)}", icon=":material/block:")
    if not prepared.built.request.messages[0].text.strip():
        st.info("There is no prompt yet: nothing is sent before there is one.", icon=":material/info:")
    request, changes = st.columns([3, 2])
    with request:
        st.caption("The arguments of `converse_stream`, word for word; binary data is only described.")
        if follow_up is None:
            _arguments(prepared.built.request)
        else:
            on_run, on_follow_up = st.tabs(["Run", "Follow-up"])
            with on_run:
                _arguments(prepared.built.request)
            with on_follow_up:
                st.caption(
                    "The lane's conversation so far, with the settings of now. A re-run of the lane takes "
                    "these too; the results of tools go on with those of the call."
                )
                _arguments(follow_up)
    with changes:
        _changes(prepared.built)


def request_view(built: BuiltRequest) -> None:
    """Draw a request that would be sent, and what is not as it was set; for whoever has no lane."""
    request, changes = st.columns([3, 2])
    with request:
        st.caption("The arguments of `converse_stream`, word for word.")
        _arguments(built.request)
    with changes:
        _changes(built)


def _changes(built: BuiltRequest) -> None:
    st.caption("What is not as it was set")
    for adjustment in built.adjustments:
        _change(adjustment)
    if not built.adjustments:
        st.markdown("Everything is sent as it was set.")
    for warning in built.warnings:
        st.warning(plain(warning), icon=":material/warning:")


def _arguments(request: InvocationRequest) -> None:
    arguments = request_as_json(request)
    st.code(json.dumps(arguments, indent=2, ensure_ascii=False), language="json", wrap_lines=True)


def _change(adjustment: Adjustment) -> None:
    name = NAMES.get(adjustment.parameter, adjustment.parameter)
    values = [plain(value_words(value)) for value in (adjustment.given, adjustment.sent) if value is not None]
    told = " → ".join(values)
    st.markdown(
        f":{_COLOURS[adjustment.action]}-badge[{adjustment.action}] **{plain(name)}** {told}  \n"
        f"{plain(adjustment.reason)}"
    )
