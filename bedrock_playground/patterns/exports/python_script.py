"""A module while it is written: its functions, constants, parts and notes, and names that nobody else has."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.exports.assembly import top_names
from bedrock_playground.patterns.exports.member_requests import (
    BARE,
    PROMPT,
    arguments_of,
    takes_schema,
    with_schema,
)
from bedrock_playground.patterns.exports.parts_list import PARTS
from bedrock_playground.patterns.exports.python_requests import opened_up
from bedrock_playground.patterns.exports.values import CannotExport, Context
from bedrock_playground.patterns.exports.writing import CallOf, written
from bedrock_playground.patterns.members import Member, Pattern, Solo
from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.python_text import Name

_LONG = 60
Arrange = Callable[["Script", Pattern, InvocationRequest], CallOf]
"""Writes the call that plays a pattern; told the script, the pattern, and what it is asked."""


@dataclass(slots=True)
class Script:
    """A module while it is written."""

    context: Context
    arrange: Arrange
    """Writes patterns."""
    streaming: bool = False
    """Whether the beginning of an answer has to be seen, so that ConverseStream is called."""
    functions: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    """Long texts by their names."""
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=lambda: set(_reserved()))
    _known: dict[tuple[Member, InvocationRequest, bool], str] = field(default_factory=dict)

    def use(self, *parts: str) -> None:
        """Note that parts are needed."""
        self.parts += [part for part in parts if part not in self.parts]

    def note(self, words: str) -> None:
        """Note something to be known."""
        if words not in self.notes:
            self.notes.append(words)

    def text(self, text: str, hint: str) -> Name | str:
        """A text as it stands in an expression: long ones become constants, so that they can be edited."""
        if isinstance(text, Name) or ("\n" not in text and len(text) <= _LONG):
            return text
        name = next((name for name, known in self.constants.items() if known == text), None)
        if name is None:
            name = self.named(hint, upper=True)
            self.constants[name] = text
        return Name(name)

    def named(self, title: str, *, upper: bool = False) -> str:
        """Make a name that nobody else has."""
        words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40].rstrip("_") or "member"
        words = f"model_{words}" if words[0].isdigit() else words
        stem = words.upper() if upper else words
        name, number = stem, 2
        while name in self._taken or keyword.iskeyword(name):
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name)
        return name

    def member(self, member: Member, asked: InvocationRequest, role: str = "") -> Name:
        """Write the function that asks a member, once, and name it: by the role that it has first."""
        return self._written(member, asked, json=False, role=role)

    def json_member(self, member: Member, role: str) -> Name:
        """Write the function that asks a member for JSON: it is told the schema as well."""
        return self._written(member, BARE, json=True, role=role)

    def _written(self, member: Member, asked: InvocationRequest, *, json: bool, role: str) -> Name:
        key = member, asked, json
        if key not in self._known:
            if isinstance(member, Solo):
                self._known[key] = self._solo(member, asked, json=json, role=role)
            elif json:
                inner = self._written(member, asked, json=False, role=role)
                self._known[key] = self._without_schema(inner, member)
            else:
                self._known[key] = self._pattern(member, asked)
        return Name(self._known[key])

    def _solo(self, solo: Solo, asked: InvocationRequest, *, json: bool, role: str) -> str:
        name = self.named(solo.name or role or solo.title)
        takes = json and takes_schema(solo, self.context)
        arguments = arguments_of(
            solo, with_schema(asked) if takes else asked, self.context, streaming=self.streaming
        )
        arguments = opened_up(arguments)
        call = "converse_stream" if self.streaming else "converse"
        self.use("streaming" if self.streaming else "calling")
        who = f"{solo.name}: {solo.variant.model}" if solo.name else solo.variant.model
        about = f"Ask {one_line(who)}"
        body = CallOf(call, (Name("course"), self._shortened(arguments)))
        self._function(name, about, body, json=json, takes=takes)
        return name

    def _pattern(self, pattern: Pattern, asked: InvocationRequest) -> str:
        name = self.named(pattern.name or f"the_{pattern.kind}")
        call = self.arrange(self, pattern, asked)
        kind = pattern.kind.capitalize()
        self._function(name, one_line(f"{kind}: {pattern.name}" if pattern.name else kind), call)
        return name

    def _without_schema(self, inner: str, member: Member) -> str:
        name = self.named(f"{inner}_in_words")
        about = one_line(f"{member.title}, which is told in words alone which JSON is wanted")
        self._function(name, about, CallOf(inner, (Name("prompt"), Name("course"))), json=True)
        return name

    def _function(
        self, name: str, about: str, body: CallOf, *, json: bool = False, takes: bool = False
    ) -> None:
        schema = ", schema: str" if json else ""
        unused = "    del schema  # the prompt says it in words\n" if json and not takes else ""
        self.functions.append(
            f"def {name}(prompt: str, course: Course{schema}) -> Reply:\n"
            f'    """{about}."""\n{unused}'
            f"    return {written(body, indent=4, before=7)}\n"
        )

    def _shortened(self, value: Any, hint: str = "text") -> Any:  # noqa: ANN401 - any of the arguments
        """The same with long texts as constants."""
        if isinstance(value, dict):
            hints = {"system": "system prompt"}
            return {key: self._shortened(item, hints.get(key, hint)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._shortened(item, hint) for item in value]
        return self.text(value, hint) if isinstance(value, str) else value

    def embedding(self, model_id: str | None) -> Name:
        """Write the function that embeds a text, and name it.

        Raises:
            CannotExport: No model is named, or how it wants its text is not known.
        """
        model = model_id or self.context.embedding_model
        if not model:
            raise CannotExport("No embedding model is known here. Name one in the pattern.")
        body = self.context.body_of(model, PROMPT)
        if body is None:
            raise CannotExport(f"How {model} wants a text to embed is not known here. Take another model.")
        self.use("embedding")
        name = f"embed_{re.sub(r'[^a-z0-9]+', '_', model.lower()).strip('_')}"
        if name not in self._taken:
            self._taken.add(name)
            keywords = {"model": model, "body": opened_up(body, prompt="text"), "text": Name("text")}
            call = CallOf("invoke", (Name("course"),), keywords)
            self.functions.append(
                f"def {name}(text: str, course: Course) -> Reply:\n"
                f'    """Embed a text by {one_line(model)}."""\n'
                f"    return {written(call, indent=4, before=7)}\n"
            )
        return Name(name)

    def constants_text(self) -> str:
        """The constants as source."""
        return "".join(f"{name} = {python_text.block(text)}\n" for name, text in self.constants.items())


def one_line(text: str) -> str:
    """A title for a docstring."""
    kept = "".join(char if char.isprintable() and char not in '\\"' else " " for char in text)
    return " ".join(kept.split())[:80].rstrip(". ")


def _reserved() -> set[str]:
    names = {name for part in PARTS for name in top_names(part)}
    own = {"answer", "main", "prompt", "course", "schema", "text", "argparse", "json", "sys", "annotations"}
    modules = {"random", "threading", "time", "boto3", "botocore", "urllib3", "queue", "re", "unicodedata"}
    return names | own | modules | set(dir(builtins)) | {"array", "deque", "cache", "field", "replace", "mul"}
