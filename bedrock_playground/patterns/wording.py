"""Words that several patterns need for their reasons."""

from __future__ import annotations

from bedrock_playground.patterns.replies import Reply


def failure(reply: Reply) -> str:
    """Why a reply does not count, to go on from “it failed: …”."""
    if reply.late or reply.error is None:
        return "it was not waited for"
    return reply.error.message


def sentence(text: str) -> str:
    """A reason as a sentence: with one full stop at its end, whatever it quotes there."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
