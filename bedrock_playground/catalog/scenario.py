"""From a scenario in words to settings, by cue words and numbers; each shown as what was inferred.

No model reads the text: whoever sees the answer can see which words did it, and change it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bedrock_playground.catalog.cues import CUES, LONG_DOCUMENTS, LONG_INPUT, REGION, Value
from bedrock_playground.catalog.requirements import NEED_WORDS, RESIDENCIES, Scenario
from bedrock_playground.catalog.search import Capability

TOKENS_PER_PAGE = 700
"""A page of text, roughly: an assumption that is said where it is used."""


@dataclass(frozen=True, slots=True)
class Inference:
    """One thing that was read from a scenario."""

    phrase: str
    """The words that did it, as they were written."""
    setting: str
    """The field of :class:`~bedrock_playground.catalog.requirements.Scenario`."""
    value: Value
    """What it is set to; for ``needs`` one capability more."""
    meaning: str
    """In words, such as ``price counts 9 of 10``."""
    skill: str | None = None
    """The exam guide's skill that it belongs to, where one fits."""

    @property
    def id(self) -> str:
        """What tells it from others of the same text."""
        return f"{self.phrase.casefold()}→{self.setting}={self.value}"


_NEED = "needs"
_REGION = re.compile(rf"\b{REGION}\b")
_SECONDS = re.compile(
    r"(?:under|below|within|less than|at most|no more than|max(?:imum)?(?: of)?|<|in"
    r"|(?:\bnot|n't|\bnever|\bcannot|\bwithout)\s(?:\w+\s){0,3}exceed(?:ing)?"
    r"|no longer than|not more than)\s*"
    r"(?P<number>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>ms|milliseconds?|s\b|secs?\b|seconds?)",
    re.IGNORECASE,
)
_DOLLARS = re.compile(
    r"(?:\$\s*(?P<dollars>\d+(?:\.\d+)?)|(?P<cents>\d+(?:\.\d+)?)\s*cents?)\s*(?:per|a|an|each|/|for each)\s*"
    r"(?:single )?(?:request|call|invocation|answer|document|message|query)",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"(?P<output>\b(?:answers?|responses?|outputs?|completions?|generat\w+) (?:of |is )?"
    r"(?:at most |up to |about |around )?)?"
    r"(?<!per )(?<![\d.,])(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>k|m|thousand|million)?"
    r"(?P<word>[- ](?:(?:input|output|prompt) )?tokens?\b)"
    # So many in a time is traffic, not one request.
    r"(?!\s*(?:per|a|an|each|every|/)\s*(?:s|secs?|second|min|minute|hour|day|week|month|year)\b)",
    re.IGNORECASE,
)
_PAGES = re.compile(r"(?P<number>\d[\d,]*)[- ]pages?\b", re.IGNORECASE)
_MAKES = re.compile(
    # Pictures and sounds that are to be made, which nothing here does; "captions for images" is text.
    r"\b(?:generat|creat|produc|draw|design|synthesi[sz])(?:e|es|ed|ing|s)?\s"
    r"(?:(?!(?:for|from|of|about|with|to|and|in|on|by|text|captions?|descriptions?|tags?|code)\b)\w[\w-]*\s){0,3}"
    r"(?:images?|pictures?|photos?|illustrations?|logos?|videos?|music|speech|audio)(?!\w)(?! (?:captions?"
    r"|descriptions?|tags?|labels?|metadata))"
    r"|\b(?:image|picture|video|music|speech) (?:generation|synthesis)\b"
    r"|\btext[- ]to[- ](?:image|video|speech)\b",
    re.IGNORECASE,
)
_UNITS = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
_NOT = re.compile(
    # "does not need any", "without", "no tools or": up to a few words before the cue.
    r"(?:\b(?:no|not|never|without|nor|neither)|n't)\b(?:(?:\s+(?:need|require|involve|have|use|contain|include|any|an?"
    r"|be|to|with|process|about|for|of|the)\w*){0,3}|(?:[\s,]+[\w-]+){1,6}\s+n?or)\s*$",
    re.IGNORECASE,
)


def infer(text: str) -> tuple[Inference, ...]:
    """Read a scenario.

    Args:
        text: What somebody wrote.

    Returns:
        What was inferred, in the order of the text.
    """
    text = _MAKES.sub(lambda made: "\0" * len(made[0]), text)
    found: list[tuple[int, Inference]] = []
    for cue in CUES:
        match = next((one for one in cue.pattern.finditer(text) if not _negated(text, one.start())), None)
        if match:
            found += [
                (match.start(), Inference(match[0].strip(), setting, value, says(setting, value), cue.skill))
                for setting, value in cue.sets
            ]
    found += [*_numbers(text)]
    found += _unmentioned(found)
    found.sort(key=lambda item: item[0])
    return tuple({inference.id: inference for _, inference in found}.values())


def cautions(text: str) -> tuple[str, ...]:
    """What a scenario asks for that no model here can answer for, in sentences."""
    made = next((one for one in _MAKES.finditer(text) if not _negated(text, one.start())), None)
    if made is None:
        return ()
    return (f"“{made[0]}”: no model that makes images, video or sound is among those ranked here.",)


_ACCURATE = 8
_YIELDS = 2


def _unmentioned(found: Sequence[tuple[int, Inference]]) -> list[tuple[int, Inference]]:
    """Where accuracy is what counts, speed and price count little unless something was said of them."""
    accurate = (one for one in found if one[1].setting == "accuracy" and int(one[1].value) >= _ACCURATE)
    place, cue = next(accurate, (0, None))
    if cue is None:
        return []
    said = {inference.setting for _, inference in found}
    return [
        (
            place,
            Inference(
                cue.phrase, setting, _YIELDS, f"{says(setting, _YIELDS)}, as nothing is said of it", cue.skill
            ),
        )
        for setting, limit in (("speed", "max_latency"), ("price", "max_cost"))
        if said.isdisjoint({setting, limit})
    ]


def _negated(text: str, start: int) -> bool:
    return _NOT.search(text[max(0, start - 80) : start]) is not None


def _stricter(new: Inference, old: Inference) -> bool:
    if new.setting in {"max_cost", "max_latency"}:
        return Decimal(str(new.value)) < Decimal(str(old.value))
    if new.setting in {"min_context", "input_tokens", "output_tokens"}:
        # A number was meant; "long documents" is a guess.
        return int(new.value) > int(old.value) or old.value == _GUESSES.get(old.setting)
    if new.setting in {"accuracy", "speed", "price"}:
        # Whatever is farther from the middle was said with more force.
        return abs(int(new.value) - 5) > abs(int(old.value) - 5)
    if new.setting == "task":
        return _TASK_FORCE.get(str(new.value), 0) > _TASK_FORCE.get(str(old.value), 0)
    return False


_GUESSES = {"min_context": LONG_DOCUMENTS, "input_tokens": LONG_INPUT}
_TASK_FORCE = {"embeddings": 3, "classification": 2, "summarisation": 2, "question_answering": 1}
"""Which task is meant where several are named: generating text is part of most of them."""


def _numbers(text: str) -> Iterable[tuple[int, Inference]]:
    for match in _REGION.finditer(text):
        yield match.start(), _inference(match[0], "region", match[0], skill="1.2.3")
    for match in _SECONDS.finditer(text):
        seconds = float(match["number"]) / (1000 if match["unit"].lower().startswith("m") else 1)
        if seconds > 0:
            yield match.start(), _inference(match[0], "max_latency", seconds, skill="4.2.1")
    for match in _DOLLARS.finditer(text):
        dollars = Decimal(match["dollars"]) if match["dollars"] else Decimal(match["cents"]) / 100
        if dollars > 0:
            yield match.start(), _inference(match[0], "max_cost", dollars, skill="4.1.2")
    yield from _sizes(text)


def _sizes(text: str) -> Iterable[tuple[int, Inference]]:
    """How long inputs, answers and contexts are."""
    for match in _TOKENS.finditer(text):
        tokens = int(float(match["number"].replace(",", "")) * _UNITS.get((match["unit"] or "").lower(), 1))
        if tokens <= 0:
            continue
        if match["output"] or "output" in match["word"].casefold():
            yield match.start(), _inference(match[0], "output_tokens", tokens, skill="4.1.1")
            continue
        if tokens >= _WORTH_A_RULE:
            yield match.start(), _inference(match[0], "min_context", tokens, skill="1.2.1")
        if not _CONTEXT.search(text[max(0, match.start() - _NEAR) : match.end() + _NEAR]):
            yield match.start(), _inference(match[0], "input_tokens", tokens, skill="4.1.1")
    for match in _PAGES.finditer(text):
        tokens = int(match["number"].replace(",", "")) * TOKENS_PER_PAGE
        if tokens >= _WORTH_A_RULE:
            yield match.start(), _inference(match[0], "min_context", tokens, skill="1.2.1")
        if tokens:
            yield match.start(), _inference(match[0], "input_tokens", tokens, skill="4.1.1")


_WORTH_A_RULE = 1000
_NEAR = 30
# "A context window of 200K tokens" is a room, not what is sent each time.
_CONTEXT = re.compile(r"\b(?:context|window)", re.IGNORECASE)


def _inference(phrase: str, setting: str, value: Value, *, skill: str | None) -> Inference:
    meaning = says(setting, value)
    if setting in {"min_context", "input_tokens"} and "page" in phrase.casefold():
        meaning += f" (at about {TOKENS_PER_PAGE} a page)"
    return Inference(phrase.strip(), setting, value, meaning, skill)


_SAYS: Mapping[str, str] = {
    "accuracy": "accuracy counts {} of 10",
    "speed": "speed counts {} of 10",
    "price": "price counts {} of 10",
    "min_context": "context of at least {:,} tokens",
    "input_tokens": "input of {:,} tokens",
    "output_tokens": "answers of {:,} tokens",
    "max_latency": "at most {:g} s",
    "max_cost": "at most ${} per request",
    "region": "called from {}",
}
_TASK_WORDS = {
    "generation": "generation",
    "summarisation": "summarisation",
    "classification": "classification",
    "question_answering": "question answering",
    "embeddings": "embeddings",
}


def says(setting: str, value: Value) -> str:
    """What a setting means, in words."""
    if setting == "task":
        return f"task: {_TASK_WORDS.get(str(value), value)}"
    if setting == _NEED:
        return NEED_WORDS[Capability(str(value))]
    if setting == "residency":
        return f"data stays in {RESIDENCIES.get(str(value), value)}"
    if setting == "in_region_only":
        return "no cross-Region inference"
    return _SAYS[setting].format(value)


def apply(scenario: Scenario, inferences: Iterable[Inference]) -> Scenario:
    """Lay what was inferred over a scenario; of two inferences for one setting the stricter stands.

    Args:
        scenario: What it starts from.
        inferences: What was read, and not taken away again.
    """
    strictest: dict[str, Inference] = {}
    needs = list(scenario.needs)
    for inference in inferences:
        setting = inference.setting
        if setting == _NEED:
            needs.append(Capability(str(inference.value)))
        elif setting not in strictest or _stricter(inference, strictest[setting]):
            strictest[setting] = inference
    changes: dict[str, Any] = {setting: inference.value for setting, inference in strictest.items()}
    return replace(scenario, needs=tuple(dict.fromkeys(needs)), **changes)
