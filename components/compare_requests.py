"""What a comparison that is shown would send next: each lane's conversation, with the settings of now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bedrock_playground.catalog import Catalogue
from bedrock_playground.invocation import Comparison, InvocationRequest, Message, ReasoningBlock
from components.compare_asked import asked_of, where
from components.inputs_state import read_inputs
from components.prepared import Prepared, prepare
from components.resources import get_models
from components.template_state import filled_inputs


def as_set(comparison: Comparison, letter: str) -> Prepared | None:
    """What a lane is sent with the settings that stand in it now.

    It is asked what it was asked before, whatever stands in the prompt now; only the shared system prompt is
    taken as it stands.

    Returns:
        ``None`` where no model is picked, or the variant was taken away.
    """
    connection = where(comparison).connection()
    asked = replace(asked_of(comparison), system=filled_inputs(read_inputs()).system)
    catalogue = get_models(connection) if connection else Catalogue(())
    return prepare(letter, asked, connection=connection, catalogue=catalogue)


def in_conversation(request: InvocationRequest, sent: InvocationRequest) -> InvocationRequest:
    """A request's settings, and the conversation after its first message from what was sent."""
    return replace(request, messages=(*request.messages[:1], *_later(sent, model_id=request.model_id)))


def next_request(comparison: Comparison, letter: str, text: str) -> InvocationRequest | None:
    """The request that a follow-up would send; ``None`` where there is no answer to go on from."""
    sent = comparison.next_request(letter, text)
    prepared = as_set(comparison, letter) if sent is not None else None
    return in_conversation(prepared.built.request, sent) if sent is not None and prepared else None


def _later(sent: InvocationRequest, *, model_id: str) -> Iterator[Message]:
    """The conversation after its first message, as another model can be sent it.

    Reasoning is signed by the model that reasoned; another one refuses it.
    """
    for message in sent.messages[1:]:
        content = tuple(block for block in message.content if not isinstance(block, ReasoningBlock))
        same = sent.model_id == model_id or not content
        yield message if same else replace(message, content=content)
