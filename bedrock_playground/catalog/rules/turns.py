"""Whose turn it is in a conversation: the user's first, then each other's, and the user's last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bedrock_playground.catalog.rules.case import Case
from bedrock_playground.catalog.rules.values import ControlState, Rule
from bedrock_playground.invocation.values import Message

_SOURCE = "Converse's own refusals; AWS, Amazon Nova user guide"


def turn_rule(case: Case) -> Rule:
    """Say what a conversation must look like; the same for every model that Converse serves."""
    return Rule(
        parameter="turns",
        state=ControlState.FREE,
        reason=f"A conversation with {case.name_within} begins with the user’s turn; then the model and the "
        "user take turns, and the user’s is the last.",
        path=("messages",),
        source=_SOURCE,
    )


def turn_refusals(messages: Sequence[Message]) -> Iterator[str]:
    """Say what is wrong with the order of a conversation; nothing if Converse takes it.

    Args:
        messages: The turns in the order in which they are sent.
    """
    if not messages or messages[0].role != "user":
        yield "The first turn must be the user’s. Begin with a prompt."
        return
    if any(message.role == before.role for before, message in pairwise(messages)):
        yield "User and model must take turns: two turns of the same one stand together. Join them."
    if messages[-1].role != "user":
        yield "The last turn must be the user’s: it is what the model answers."
