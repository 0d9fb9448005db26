"""Asking first: before a model is called of which nobody knows what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.trace import is_pattern
from components.spending import estimator_at, session_account
from components.words import code, plain

_QUESTION = "spending_question"


def models_of(
    requests: Mapping[str, InvocationRequest], connection: Connection
) -> Mapping[str, InvocationRequest]:
    """Requests to models alone: a pattern's own is sent to nobody, and its members stand in its place.

    Args:
        requests: What would be sent, by lane.
        connection: Where.
    """
    if not any(is_pattern(request.model_id) for request in requests.values()):
        return requests
    # Only here: Compare's first page needs nothing of patterns.
    from components.patterns_cost import with_members  # noqa: PLC0415

    return with_members(requests, connection)


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be agreed to before something is sent."""

    endpoint: str | None
    """Where it would go."""
    models: tuple[tuple[str, str, str], ...]
    """Model id, the letters of its lanes, and why nobody knows what it costs."""
    then: tuple[str, ...]
    """What to do once that is agreed to, for whoever asked."""


def must_ask(
    requests: Mapping[str, InvocationRequest], *, connection: Connection | None, then: tuple[str, ...]
) -> bool:
    """Whether somebody has to agree first; the page asks then, and nothing is to be sent.

    Args:
        requests: What would be sent, by lane.
        connection: Where it would go; without one nothing is sent anyway.
        then: What was wanted.
    """
    st.session_state.pop(_QUESTION, None)
    if connection is None:
        return False
    account, estimator = session_account(), estimator_at(connection)
    found: dict[str, tuple[list[str], str]] = {}
    for letter, request in models_of(requests, connection).items():
        why = account.asks_first(estimator.estimate(request), estimator.endpoint)
        if why:
            found.setdefault(request.model_id, ([], why))[0].append(letter)
    if not found:
        return False
    models = tuple((model, ", ".join(letters), why) for model, (letters, why) in found.items())
    st.session_state[_QUESTION] = Question(estimator.endpoint, models, then)
    return True


def ask(go_on: Callable[[tuple[str, ...]], None], *, hidden: bool = False) -> None:
    """Draw the question, if there is one.

    Args:
        go_on: Does what was wanted, once it is agreed to.
        hidden: Whether the models' names are hidden (a blind comparison).
    """
    question: Question | None = st.session_state.get(_QUESTION)
    if question is None:
        return
    with st.container(border=True, key="spending_question"):
        names = "\n".join(
            "- A variant whose name is hidden: nobody knows its price, or its most tokens."
            if hidden
            else f"- **{plain(letters)}** · {code(model)}: {plain(why)}"
            for model, letters, why in question.models
        )
        count = len(question.models)
        what = "this model costs is not known" if count == 1 else "these models cost is not known"
        limited = session_account().limits.any
        st.markdown(
            f":orange[:material/help:] **Nothing was sent yet: what {what}.**\n\n{names}\n\n"
            + ("It cannot count against the spending limit. " if limited else "")
            + "If you agree, this holds for the rest of this session."
        )
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Send it all the same",
                key="spending_agree",
                icon=":material/send:",
                on_click=_agree,
                args=(question, go_on),
            )
            st.button("Do not send", key="spending_decline", type="tertiary", on_click=_forget)


def _agree(question: Question, go_on: Callable[[tuple[str, ...]], None]) -> None:
    _forget()
    for model_id, _, _ in question.models:
        session_account().agree(question.endpoint, model_id)
    go_on(question.then)


def _forget() -> None:
    st.session_state.pop(_QUESTION, None)
