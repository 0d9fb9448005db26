"""Static routing: rules that somebody wrote, the first that fits decides.

No call, no cost, no delay, and everybody can say beforehand where a request goes: the right beginning, and
enough where requests differ by something plain to see. It does not understand what is asked.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock, InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.routes import Choice, Route
from bedrock_playground.patterns.shaping import prompt_of
from bedrock_playground.texts.expressions import compiled, found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition, and where it leads. What is not set does not matter; all that is set must hold."""

    route: str
    """The route's name."""
    contains: tuple[str, ...] = ()
    """The prompt has at least one of these texts in it, whatever their case."""
    regex: str | None = None
    """The prompt has something in it that this expression finds (RE2; ``(?i)`` for any case)."""
    min_characters: int | None = None
    """The prompt has at least so many characters."""
    max_characters: int | None = None
    """The prompt has at most so many characters."""
    script: str | None = None
    """Most letters of the prompt are of this script, by Unicode's names: ``latin``, ``cyrillic``, ``cjk``."""
    attachments: bool | None = None
    """Whether an image or a document comes with the prompt."""
    tools: bool | None = None
    """Whether tools are on offer."""
    schema: bool | None = None
    """Whether the answer must follow a JSON schema."""

    def __post_init__(self) -> None:
        """Refuse an expression that is none."""
        if self.regex is not None:
            compiled(self.regex)

    def holds(self, asked: InvocationRequest) -> str | None:
        """Say in words what of the request fits; ``None``: something does not."""
        told = list(self._conditions(asked))
        return "; ".join(words for _, words in told) if told and all(fits for fits, _ in told) else None

    def _conditions(self, asked: InvocationRequest) -> Iterator[tuple[bool, str]]:
        """Each condition that is set: whether it holds, and its words."""
        prompt = prompt_of(asked)
        if self.contains:
            said = [text for text in self.contains if text.casefold() in prompt.casefold()]
            yield bool(said), f"the prompt says “{said[0] if said else ''}”"
        if self.regex is not None:
            match = found(self.regex, prompt)
            yield match is not None, f"the prompt has “{(match or '')[:40]}” in it"
        if self.min_characters is not None:
            yield len(prompt) >= self.min_characters, f"the prompt is long: {len(prompt):,} characters"
        if self.max_characters is not None:
            yield len(prompt) <= self.max_characters, f"the prompt is short: {len(prompt):,} characters"
        if self.script is not None:
            yield script_of(prompt) == self.script.casefold(), f"it is written in {self.script} letters"
        for wanted, has, what in (
            (self.attachments, _has_files(asked), "files"),
            (self.tools, asked.tool_config is not None, "tools"),
            (self.schema, asked_schema(asked) is not None, "a schema for its answer"),
        ):
            if wanted is not None:
                yield wanted == has, f"it comes {'with' if wanted else 'without'} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules in order; the first that holds decides."""

    kind: ClassVar[str] = "rules"
    rules: tuple[Rule, ...]
    """The rules. A rule without any condition never holds: that is what the default route is for."""

    @property
    def names(self) -> tuple[str, ...]:
        """The routes that it names."""
        return tuple(rule.route for rule in self.rules)

    def choose(self, asked: InvocationRequest, routes: tuple[Route, ...], desk: Desk) -> Choice:  # noqa: ARG002
        """Go through the rules."""
        for number, rule in enumerate(self.rules, 1):
            if (why := rule.holds(asked)) is not None:
                return Choice(rule.route, f"rule {number} holds: {why}")
        return Choice(None, "no rule holds")


def script_of(text: str) -> str | None:
    """The script that most letters are of, by the first word of their Unicode names; ``None``: no letters."""
    letters = Counter(unicodedata.name(char, "").split(" ")[0].casefold() for char in text if char.isalpha())
    return letters.most_common(1)[0][0] if letters else None


def _has_files(asked: InvocationRequest) -> bool:
    blocks = (block for message in asked.messages for block in message.content)
    return any(isinstance(block, ImageBlock | DocumentBlock) for block in blocks)
