"""Messages in words, for people to read: text, attachments by name and size, tool results; pure."""

from __future__ import annotations

from bedrock_playground.invocation.attachments import attachment_words
from bedrock_playground.invocation.tool_calls import result_text
from bedrock_playground.invocation.values import (
    DocumentBlock,
    ImageBlock,
    InvocationRequest,
    Message,
    ToolResultBlock,
)


def said(request: InvocationRequest) -> str:
    """Return what the user said last, in words."""
    last = next((message for message in reversed(request.messages) if message.role == "user"), None)
    return "" if last is None else message_words(last)


def message_words(message: Message) -> str:
    """Return a message in words; tool calls are left to whoever draws them."""
    parts = [message.text] if message.text else []
    for block in message.content:
        if isinstance(block, ImageBlock | DocumentBlock):
            parts.append(f"Attached: {attachment_words(block)}")
        elif isinstance(block, ToolResultBlock):
            status = " (error)" if block.status == "error" else ""
            parts.append(f"Tool result{status}: {result_text(block)}")
    return "\n".join(parts)
