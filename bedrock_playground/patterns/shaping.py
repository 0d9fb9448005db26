"""From what a pattern was asked to a member's own request, by the model's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Behind, resolve
from bedrock_playground.catalog.restored import inputs_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.values import InvocationRequest, Message
from bedrock_playground.patterns.backing import Shape


def shape_by_catalogue(behind: Mapping[str, Behind | Sequence[str]] | None = None) -> Shape:
    """Make requests as Compare does: the variant's settings, adjusted or refused by its model's rules.

    Args:
        behind: What the account tells of ids of its own.
    """

    def shape(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        built = build_request(variant, inputs_of(asked), resolve(variant.model, load_models(), behind=behind))
        if len(asked.messages) == 1:
            return built
        # The turns behind the first are sent as they were said.
        messages = (*built.request.messages[:1], *asked.messages[1:])
        return replace(built, request=replace(built.request, messages=messages))

    return shape


def asking(
    prompt: str, *, like: InvocationRequest | None = None, system: str | None = None
) -> InvocationRequest:
    """Make something to ask a member.

    Args:
        prompt: The user's text.
        like: Takes over system prompt, tools and schema of this request; ``None`` takes nothing.
        system: A system prompt instead.
    """
    made = like or InvocationRequest(model_id="", messages=())
    return replace(
        made, messages=(Message.user(prompt),), system=made.system if system is None else (system or None)
    )


def prompt_of(asked: InvocationRequest) -> str:
    """The last thing that the user said."""
    said = (message.text for message in reversed(asked.messages) if message.role == "user")
    return next(said, "")
