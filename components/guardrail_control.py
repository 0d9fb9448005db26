"""The guardrail of a variant: one that the account lists, or any that is typed."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.rules import Rule
from components.connection import current_connection
from components.parameter_controls import unavailable
from components.resources import get_guardrails
from components.variants import guardrail_of, key
from components.words import plain


def guardrail(letter: str, rule: Rule) -> None:
    """Draw the switch, and the list of the account's guardrails where it is on.

    The account is asked only then: it is a call that needs a permission of its own.

    Args:
        letter: Which variant.
        rule: What the model takes.
    """
    with st.container(key=f"control_{letter}_guardrail", gap="xsmall"):
        if not rule.usable:
            unavailable(letter, "guardrail", label="Guardrail", rule=rule)
            return
        if st.toggle(
            "Guardrail",
            key=key(letter, "guardrail_on"),
            persist_state="session",
            help="Checks prompt and answer by rules of the account. Its verdict is shown with the answer. "
            "Guardrails are billed apart.",
        ):
            _pick(letter)
        if rule.warning:
            st.caption(f":material/warning: {plain(rule.warning)}")


def _pick(letter: str) -> None:
    connection = current_connection()
    listing = get_guardrails(connection) if connection else None
    names = {
        f"{item.guardrail_id}:{version}": f"{item.name} · {version}"
        for item in (listing.items if listing else ())
        for version in item.versions
    }
    typed = st.session_state.get(key(letter, "guardrail"))
    st.selectbox(
        f"Guardrail of variant {letter}",
        [*names, *([typed] if typed and typed not in names else [])],
        index=0 if typed else None,
        format_func=lambda text: names.get(text, text),
        key=key(letter, "guardrail"),
        accept_new_options=True,
        persist_state="session",
        label_visibility="collapsed",
        placeholder="Pick one, or type its id or ARN, a colon and the version",
    )
    if listing and listing.problem:
        st.caption(f":material/info: {plain(listing.problem)}")
    chosen = guardrail_of(typed)
    if chosen:
        st.caption(f"Id {plain(chosen.identifier)}, version {chosen.version}.")
    else:
        st.caption("None is picked, so none is applied.")
