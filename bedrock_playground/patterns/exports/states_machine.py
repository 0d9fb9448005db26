"""A state machine while it is written: its states' names, its texts, its calls and notes.

Whatever is asked, a reply is left at a place of its own (``$.tier_1``) with what :data:`REPLY` lists, also
when it failed: so whoever asked decides what follows. Texts of prompts stand in one state at the beginning,
because the intrinsic functions have their own rules for what stands inside their quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.exports.member_requests import (
    PROMPT,
    SCHEMA,
    arguments_of,
    takes_schema,
    with_schema,
)
from bedrock_playground.patterns.exports.states_values import (
    CONVERSE,
    REPLY,
    State,
    States,
    checked_keys,
    free_form,
    pascal,
    reachable,
    retriers,
)
from bedrock_playground.patterns.exports.values import Context
from bedrock_playground.patterns.members import Member, Pattern, Solo
from bedrock_playground.presets.iam.calls import PlannedCall
from bedrock_playground.presets.template import PLACEHOLDER

USUAL = retriers(tries=3, base=0.5, longest=20.0)
"""How a call is tried again that is no rung of a ladder."""


class Path(str):
    """A JSONPath or an intrinsic function, in place of a text."""

    __slots__ = ()


ASKED = Path("$.prompt")
"""Where the prompt is that the pattern is asked."""
Finish: TypeAlias = Callable[[str], str]
"""Told the place of the reply that is the answer, names the state that hands it on."""


class Write(Protocol):
    """Writes a pattern's states, and names the first of them."""

    def __call__(
        self, machine: Machine, states: States, pattern: Pattern, *, asked: InvocationRequest, finish: Finish
    ) -> str:
        """See :func:`bedrock_playground.patterns.exports.states_patterns.write`."""
        ...


@dataclass(slots=True)
class Machine:
    """A state machine while it is written."""

    context: Context
    write: Write
    notes: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    calls: list[PlannedCall] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _places: set[str] = field(default_factory=set)

    def note(self, words: str) -> None:
        """Note something to be known."""
        if words not in self.notes:
            self.notes.append(words)

    def named(self, title: str) -> str:
        """A name that no other state has, of at most 80 characters."""
        kept = " ".join(re.sub(r"[^\w .,:+?–-]+", " ", title).split())[:70] or "state"
        name, number = kept[:1].upper() + kept[1:], 2
        while name in self._names:
            name, number = f"{kept[:1].upper()}{kept[1:]} {number}", number + 1
        self._names.add(name)
        return name

    def place(self, title: str) -> str:
        """A place for a reply that nobody else has: ``tier_1``."""
        stem = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40] or "reply"
        name, number = stem, 2
        while name in self._places or name in {"prompt", "texts"}:
            name, number = f"{stem}_{number}", number + 1
        self._places.add(name)
        return name

    def text(self, text: str, hint: str) -> Path:
        """Keep a text for the beginning, and say where it will be."""
        key = next((key for key, known in self.texts.items() if known == text), None)
        if key is None:
            stem = re.sub(r"[^a-z0-9]+", "_", hint.lower()).strip("_") or "text"
            key, number = stem, 2
            while key in self.texts:
                key, number = f"{stem}_{number}", number + 1
            self.texts[key] = text
        return Path(f"$.texts.{key}")

    def joined(self, pieces: Sequence[str], hint: str) -> Path:
        """One text of several pieces, paths and literals."""
        told = [piece if isinstance(piece, Path) else self.text(piece, hint) for piece in pieces if piece]
        if len(told) == 1:
            return told[0]
        return Path(f"States.Format('{'{}' * len(told)}', {', '.join(told)})")

    def filled(self, template: str, values: Mapping[str, Path | str], hint: str) -> Path:
        """A prompt template with paths in its places, by the rules of the app's templates."""
        pieces: list[str] = []
        literal, at = "", 0
        for match in PLACEHOLDER.finditer(template):
            backslashes = match["backslashes"]
            literal += template[at : match.start()] + backslashes[: len(backslashes) // 2]
            at = match.end()
            if len(backslashes) % 2 or match["name"] not in values:
                literal += match[0][len(backslashes) :]
                continue
            value = values[match["name"]]
            if not isinstance(value, Path):
                literal += value
                continue
            pieces += [literal, value]
            literal = ""
        pieces.append(literal + template[at:])
        return self.joined(pieces, hint) if any(pieces) else self.text("", hint)

    def ask(  # noqa: PLR0913 - who, what, where to, and what happens when it fails
        self,
        states: States,
        member: Member,
        asked: InvocationRequest,
        *,
        role: str,
        place: str,
        then: str,
        prompt: Path = ASKED,
        schema: str | None = None,
        retry: list[State] | None = None,
        catch: Sequence[State] = (),
        timeout: int | None = None,
    ) -> str:
        """Write what asks a member, and name its first state.

        Args:
            states: Where it is written.
            member: Who.
            asked: What, but for the prompt.
            role: What for.
            place: Where the reply is left.
            then: The state that follows, whatever came of it.
            prompt: Where the prompt is.
            schema: The JSON schema of the answer, where one is wanted.
            retry: How a model is tried again.
            catch: Where to go on after some errors instead; these leave no reply, but Error and Cause.
            timeout: Seconds after which it has failed.
        """
        if isinstance(member, Pattern):
            return self._inside(states, member, asked, role=role, place=place, then=then, prompt=prompt)
        name, failed = self.named(role), self.named(f"{role} failed")
        retry = USUAL if retry is None else retry
        all_caught = any(each["ErrorEquals"] == ["States.ALL"] for each in catch)
        rest = {"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{place}", "Next": failed}
        states[name] = {
            "Type": "Task",
            "Resource": CONVERSE,
            "Parameters": self._parameters(member, asked, prompt=prompt, schema=schema),
            "ResultSelector": {
                "ok": True,
                "text.$": "States.ArrayGetItem($.Output.Message.Content[*].Text, 0)",
                "stop.$": "$.StopReason",
                "by": role,
                "error": "",
                "cause": "",
            },
            "ResultPath": f"$.{place}",
            **({"TimeoutSeconds": timeout} if timeout else {}),
            **({"Retry": retry} if retry else {}),
            "Catch": [*catch, *([] if all_caught else [rest])],
            "Next": then,
        }
        if not all_caught:
            states[failed] = self.failure(role, place, then)
        return name

    def failure(self, role: str, place: str, then: str) -> State:
        """Make a reply of an error that was caught."""
        told = {"ok": False, "text": "", "stop": "", "by": role}
        caught = {"error.$": f"$.{place}.Error", "cause.$": f"$.{place}.Cause"}
        return {"Type": "Pass", "Parameters": told | caught, "ResultPath": f"$.{place}", "Next": then}

    def branch(self, pattern: Pattern, asked: InvocationRequest, *, role: str) -> State:
        """A pattern as a branch of a Parallel state; what it hands on is its reply."""
        states: States = {}
        prefix = self.text(f"{role} > ", "role")

        def finish(place: str) -> str:
            name = self.named(f"{role}: {place.replace('_', ' ')} is the reply")
            told: dict[str, Any] = {f"{key}.$": f"$.{place}.{key}" for key in REPLY if key != "by"}
            told["by.$"] = f"States.Format('{{}}{{}}', {prefix}, $.{place}.by)"
            states[name] = {"Type": "Pass", "Parameters": told, "End": True}
            return name

        start = self.write(self, states, pattern, asked=asked, finish=finish)
        return {"StartAt": start, "States": reachable(states, start)}

    def _inside(
        self, states: States, pattern: Pattern, asked: InvocationRequest, *, role: str, place: str, then: str,
        prompt: Path,
    ) -> str:  # fmt: skip
        name, out = self.named(f"{role}: {pattern.title}"), self.named(f"{role}: its reply")
        states[name] = {
            "Type": "Parallel",
            "Parameters": {"prompt.$": prompt, "texts.$": "$.texts"},
            "Branches": [self.branch(pattern, asked, role=role)],
            "ResultSelector": {"reply.$": "$[0]"},
            "ResultPath": f"$.{place}",
            "Next": out,
        }
        states[out] = {
            "Type": "Pass",
            "InputPath": f"$.{place}.reply",
            "ResultPath": f"$.{place}",
            "Next": then,
        }
        return name

    def _parameters(
        self, solo: Solo, asked: InvocationRequest, *, prompt: Path, schema: str | None
    ) -> dict[str, Any]:
        takes = schema is not None and takes_schema(solo, self.context)
        arguments = arguments_of(solo, with_schema(asked) if takes else asked, self.context, streaming=False)
        if "outputConfig" in arguments or "serviceTier" in arguments:
            self.note(
                "OutputConfig and ServiceTier are young members of Converse: where Step Functions does not "
                "know one yet, take it out of the definition."
            )
        guardrail = self.context.shape(solo.variant, asked).request.guardrail
        self.calls.append(PlannedCall("Converse", arguments["modelId"], self.context.region, guardrail))
        return self._cased(arguments, prompt=prompt, schema=schema or "")

    def _cased(self, arguments: Mapping[str, Any], *, prompt: Path, schema: str) -> dict[str, Any]:
        """Arguments in Step Functions' case, with paths where the stand-ins are."""
        cased: dict[str, Any] = {}
        for name, value in arguments.items():
            if free_form(name):
                cased[pascal(name)] = checked_keys(value)
            elif name == "inputSchema":
                cased[pascal(name)] = {"Json": checked_keys(value["json"])}
            else:
                told = self._cased_value(value, prompt=prompt, schema=schema)
                cased[f"{pascal(name)}.$" if isinstance(told, Path) else pascal(name)] = told
        return cased

    def _cased_value(self, value: Any, *, prompt: Path, schema: str) -> Any:  # noqa: ANN401 - of the arguments
        match value:
            case Mapping():
                return self._cased(value, prompt=prompt, schema=schema)
            case list() | tuple():
                return [self._cased_value(item, prompt=prompt, schema=schema) for item in value]
            case str() if value == json.dumps(SCHEMA):
                return schema
            case str() if PROMPT in value:
                before, _, behind = value.partition(PROMPT)
                return self.joined((before, prompt, behind), "around")
            case _:
                return value
