"""Static routing: the first rule that holds decides."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.expressions import found
from bedrock_playground.patterns.exports.parts.routing import Chooser


@dataclass(kw_only=True)
class Rule:
    """A condition, and where it leads. What is not set does not matter; all that is set must hold."""

    route: str
    contains: tuple[str, ...] = ()  # one of these texts, whatever their case
    regex: str | None = None
    min_characters: int | None = None
    max_characters: int | None = None
    script: str | None = None  # of most letters, by Unicode's names: latin, cyrillic, cjk
    given: tuple[tuple[bool, str], ...] = ()  # what is known of the request beside its prompt

    def holds(self, prompt: str) -> str | None:
        """Say what of the prompt fits; None: something does not."""
        conditions = list(self.conditions(prompt))
        if not conditions or not all(fits for fits, _ in conditions):
            return None
        return "; ".join(words for _, words in conditions)

    def conditions(self, prompt: str) -> Iterator[tuple[bool, str]]:
        """Each condition that is set: whether it holds, and its words."""
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
        yield from self.given


def by_rules(*rules: Rule) -> Chooser:
    """Choose by rules, in order."""

    def choose(prompt: str, course: Course) -> tuple[str | None, str]:
        del course  # it makes no call
        for number, rule in enumerate(rules, 1):
            if (why := rule.holds(prompt)) is not None:
                return rule.route, f"rule {number} holds: {why}"
        return None, "no rule holds"

    return choose


def script_of(text: str) -> str | None:
    """The script that most letters are of, by the first word of their Unicode names."""
    letters = Counter(unicodedata.name(char, "").split(" ")[0].casefold() for char in text if char.isalpha())
    return letters.most_common(1)[0][0] if letters else None
