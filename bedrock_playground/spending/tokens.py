"""How many input tokens a request comes to: estimated by a rule, or counted by the service. Pure.

The estimate is one token per four bytes of UTF-8 and a few tokens per message. Four characters of English to
a token is the usual rule of thumb; by bytes it also holds roughly for other scripts, whose characters take
two or three bytes and a half or a whole token. Three tokens per message and three for the answer's head are
what OpenAI's cookbook counts for a chat template.

What a request comes to at most rests on less: no tokeniser in use makes more tokens of a text than it has
bytes, and no model takes more input than its context window.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    InvocationRequest,
    Json,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)

BYTES_PER_TOKEN = 4
"""Bytes of UTF-8 to a token, by the rule of thumb."""
PER_MESSAGE = 3
"""Tokens that a chat template puts around a message."""
MOST_PER_MESSAGE = 32
"""The same, at most."""
MOST_PER_REQUEST = 512
"""What a template writes by itself at most: dates, default instructions, the answer's head."""
MOST_FOR_TOOLS = 1024
"""What a model's own instructions for tools come to at most; Anthropic's are 264 to 530 tokens."""

_READABLE = frozenset({"txt", "md", "csv", "html"})
"""Documents whose bytes are their text."""
_MEDIA = frozenset({"image", "document", "video", "audio"})
"""Content whose tokens its bytes do not tell."""


@dataclass(frozen=True, slots=True)
class InputTokens:
    """How many input tokens a request has, as far as that can be told before it is sent."""

    text: int
    """Tokens of everything that is text: by the rule, or all of them as the service counted."""
    at_most: int | None
    """An upper bound; ``None`` where nobody knows one."""
    counted: bool = False
    """Whether the service counted them (CountTokens)."""
    unknown: tuple[str, ...] = ()
    """What is not in ``text`` because its tokens cannot be estimated, in words."""

    @property
    def expected(self) -> int | None:
        """How many to expect; ``None`` where a part cannot be estimated."""
        return None if self.unknown else self.text

    @property
    def note(self) -> str:
        """In words, how that is known."""
        if self.counted:
            return "Counted by the service (CountTokens)."
        rule = f"An estimate: a token per {BYTES_PER_TOKEN} bytes of text."
        if not self.unknown:
            return rule
        return f"{rule} How many tokens {' and '.join(self.unknown)} come to is not known before it is sent."


def counted_tokens(tokens: int) -> InputTokens:
    """Say what the service counted.

    Args:
        tokens: CountTokens' answer.
    """
    return InputTokens(text=tokens, at_most=tokens, counted=True)


def estimate_input_tokens(request: InvocationRequest, *, context_window: int | None = None) -> InputTokens:
    """Estimate a request's input tokens by the module's rule: system prompt, conversation, tools and schema.

    Args:
        request: What would be sent.
        context_window: How many tokens the model takes, where known: the input cannot be more.
    """
    size, media = 0, []
    for piece in _pieces(request):
        if isinstance(piece, int):
            size += piece
        else:
            media.append(piece)
    count = len(request.messages) + (request.system is not None)
    bound: int | None = None
    if not media:
        tools = MOST_FOR_TOOLS if request.tool_config else 0
        bound = size + MOST_PER_REQUEST + MOST_PER_MESSAGE * count + tools
    known = [most for most in (bound, context_window) if most is not None]
    return InputTokens(
        text=ceil(size / BYTES_PER_TOKEN) + PER_MESSAGE * (count + 1),
        at_most=min(known, default=None),
        unknown=tuple(_counted(name, media.count(name)) for name in dict.fromkeys(media)),
    )


def _counted(name: str, count: int) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}" if count == 1 else f"{count} {name}s"


def _pieces(request: InvocationRequest) -> Iterator[int | str]:
    """The sizes of all texts, in bytes, and the names of what has no size in text."""
    yield _bytes(request.system or "")
    for part in (request.tool_config, request.output_config):
        if part:
            yield _json_bytes(part)
    for message in request.messages:
        for block in message.content:
            yield from _block(block)


def _block(block: ContentBlock) -> Iterator[int | str]:
    match block:
        case TextBlock(text):
            yield _bytes(text)
        case ReasoningBlock(text, _, redacted):
            yield _bytes(text) + len(redacted or b"")
        case ImageBlock():
            yield "image"
        case DocumentBlock(format_, name, data):
            yield _bytes(name)
            yield len(data) if format_ in _READABLE else "document"
        case ToolUseBlock(_, name, input_):
            yield _bytes(name) + _json_bytes(input_)
        case ToolResultBlock(_, content):
            for piece in content:
                yield from _raw(piece)
        case RawBlock(value):
            yield from _raw(value)


def _raw(value: Json) -> Iterator[int | str]:
    """A content block as JSON: text by its size, media by name, a cache point is nothing."""
    if not isinstance(value, Mapping):
        yield _json_bytes(value)
        return
    for key, item in value.items():
        if key in _MEDIA:
            yield key
        elif key != "cachePoint":
            yield _json_bytes(item)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _json_bytes(value: Json) -> int:
    return _bytes(json.dumps(value, ensure_ascii=False, default=str))
