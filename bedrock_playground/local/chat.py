"""What a chat request means: Converse's shape and the chat shape of InvokeModel, checked. Pure."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import cast

from bedrock_playground.local.errors import constraint, invalid
from bedrock_playground.local.fields import Fields, JsonObject, as_object, refuse_sent, wrong_type
from bedrock_playground.local.values import ChatRequest, Role, Turn

MAX_STOP_SEQUENCES = 2500
_MUST_START = (
    "A conversation must start with a user message. "
    "Try again with a conversation that starts with a user message."
)
_MUST_ALTERNATE = (
    "A conversation must alternate between user and assistant roles. "
    "Make sure the conversation alternates between user and assistant roles and try again."
)
_MUST_END = (
    "A conversation must end with a user message. "
    "Try again with a conversation that ends with a user message."
)
_UNSUPPORTED = {
    "toolConfig": "This model doesn't support tool use.",
    "guardrailConfig": "This model doesn't support guardrails.",
    "promptVariables": "Prompt variables can only be used with a prompt from Prompt management.",
}
_BLOCKS = {
    "image": "images",
    "document": "documents",
    "video": "video",
    "audio": "audio",
    "toolUse": "tool use",
    "toolResult": "tool use",
    "cachePoint": "prompt caching",
    "guardContent": "guardrails",
    "reasoningContent": "reasoning content in the conversation",
}
_EXTRA = ("top_k", "seed", "logprobs", "fault")


def from_converse(body: JsonObject, max_output_tokens: int) -> ChatRequest:
    """Read the body of Converse, ConverseStream or CountTokens' ``converse``.

    Args:
        body: The JSON body.
        max_output_tokens: The model's limit for ``maxTokens``.

    Raises:
        ApiError: Something does not fit; the message says what, in the service's words where known.
    """
    fields = Fields(body)
    refuse_sent(fields, _UNSUPPORTED)
    _only_default(fields.child("serviceTier"), "type", "default")
    _only_default(fields.child("performanceConfig"), "latency", "standard")
    config = fields.child("inferenceConfig")
    extra = fields.child("additionalModelRequestFields")
    unknown = sorted(set(extra.values) - set(_EXTRA))
    if unknown:
        raise invalid(
            f"The model returned the following errors: extraneous key [{unknown[0]}] is not permitted. "
            f"This model knows {', '.join(_EXTRA)}."
        )
    return ChatRequest(
        turns=_turns(fields),
        system="\n\n".join(_block_text(block) for block in fields.objects("system")) or None,
        max_tokens=_max_tokens(config, "maxTokens", max_output_tokens),
        temperature=config.number("temperature", low=0, high=1),
        top_p=config.number("topP", low=0, high=1),
        stop_sequences=_stop_sequences(config, "stopSequences"),
        top_k=extra.integer("top_k", low=0, high=500),
        seed=extra.integer("seed", low=0, high=2**32 - 2),
        logprobs=extra.flag("logprobs") or False,
        json_schema=_json_schema(fields.child("outputConfig")),
        fault=_fault(extra),
    )


def from_invoke(body: JsonObject, max_output_tokens: int) -> ChatRequest:
    """Read the chat shape of InvokeModel.

    ``{"messages": [{"role", "content"}], "max_tokens", "temperature", "top_p", "top_k", "seed", "stop",
    "fault"}``: content is a string or a list of ``{"type": "text", "text"}``; the first message may have the
    role ``system``; ``stop`` is a string or a list of them.

    Raises:
        ApiError: Something does not fit.
    """
    fields = Fields(body)
    messages = fields.objects("messages")
    system = None
    if messages and messages[0].get("role") == "system":
        system = _invoke_text(messages[0])
        messages = messages[1:]
    turns = tuple(Turn(_role(message), _invoke_text(message)) for message in messages)
    stop = fields.get("stop")
    stops = Fields({"stop": [stop]}) if isinstance(stop, str) else fields
    return ChatRequest(
        turns=_checked(turns),
        system=system,
        max_tokens=_max_tokens(fields, "max_tokens", max_output_tokens),
        temperature=fields.number("temperature", low=0, high=1),
        top_p=fields.number("top_p", low=0, high=1),
        stop_sequences=_stop_sequences(stops, "stop"),
        top_k=fields.integer("top_k", low=0, high=500),
        seed=fields.integer("seed", low=0, high=2**32 - 2),
        fault=_fault(fields),
    )


def _only_default(fields: Fields, name: str, default: str) -> None:
    value = fields.text(name)
    if value not in (None, default):
        raise invalid(
            f"This model doesn't support {fields.at(name)} {value!r}. Remove it or use {default!r}."
        )


def _turns(fields: Fields) -> tuple[Turn, ...]:
    return _checked(
        tuple(
            Turn(_role(message), "\n\n".join(_block_text(block) for block in _content(message)))
            for message in fields.objects("messages")
        )
    )


def _checked(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    if not turns or turns[0].role != "user":
        raise invalid(_MUST_START)
    if any(turn.role == before.role for before, turn in pairwise(turns)):
        raise invalid(_MUST_ALTERNATE)
    if turns[-1].role != "user":
        raise invalid(_MUST_END)
    return turns


def _role(message: Fields) -> Role:
    role = message.text("role")
    if role not in ("user", "assistant"):
        raise constraint(role, message.at("role"), "satisfy enum value set: [user, assistant]")
    return cast("Role", role)


def _content(message: Fields) -> list[Fields]:
    blocks = message.objects("content")
    if not blocks:
        raise invalid(
            f"The content field in the Message object at {message.path} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    return blocks


def _block_text(block: Fields) -> str:
    for name, what in _BLOCKS.items():
        if block.get(name) is not None:
            raise invalid(f"This model doesn't support {what}. Remove {block.at(name)} and try again.")
    text = block.text("text")
    if text is None:
        raise invalid(f"The ContentBlock object at {block.path} must set one of the following keys: text.")
    if not text.strip():
        raise invalid(
            f"The text field in the ContentBlock object at {block.path} is blank. "
            "Add text to the text field, and try again."
        )
    return text


def _invoke_text(message: Fields) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return _block_text(Fields({"text": content}, message.at("content")))
    return "\n\n".join(_block_text(block) for block in _content(message))


def _max_tokens(fields: Fields, name: str, limit: int) -> int | None:
    value = fields.integer(name, low=1)
    if value is not None and value > limit:
        raise invalid(
            f"The maximum tokens you requested exceeds the model limit of {limit}. "
            f"Try again with a maximum tokens value that is lower than {limit}."
        )
    return value


def _stop_sequences(fields: Fields, name: str) -> tuple[str, ...]:
    items = fields.items(name)
    if len(items) > MAX_STOP_SEQUENCES:
        raise constraint(
            f"[{len(items)} strings]",
            fields.at(name),
            f"have length less than or equal to {MAX_STOP_SEQUENCES}",
        )
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise wrong_type(f"{fields.at(name)}.{index + 1}.member", str)
        if not item:
            raise constraint(
                "", f"{fields.at(name)}.{index + 1}.member", "have length greater than or equal to 1"
            )
    return tuple(cast("list[str]", items))


def _json_schema(config: Fields) -> JsonObject | None:
    if config.get("effort") is not None:
        raise invalid("This model doesn't support the outputConfig.effort field. Remove it and try again.")
    form = config.child("textFormat")
    kind = form.text("type")
    if kind is None:
        return None
    if kind != "json_schema":
        raise constraint(kind, form.at("type"), "satisfy enum value set: [json_schema]")
    holder = form.child("structure").child("jsonSchema")
    text = holder.text("schema")
    if text is None:
        raise constraint(None, holder.at("schema"), "not be null")
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise invalid(f"The JSON schema at {holder.at('schema')} is not valid JSON: {error}.") from None
    return as_object(schema, holder.at("schema"))


def _fault(fields: Fields) -> JsonObject | None:
    return fields.child("fault").values if fields.get("fault") is not None else None
