"""Criteria that look at an answer as it is: its form, how it ended, whether it refuses, how likely it was.

They cost nothing, so a cascade has them first. They tell a broken answer from a whole one, not a right one
from a wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.invocation.structured import asked_schema, check_answer, read_schema
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.likelihood import mean_probability
from bedrock_playground.patterns.verdicts import Tried, Verdict
from bedrock_playground.texts.expressions import compiled, found

REFUSALS = (
    "i can't", "i cannot", "i can not", "i am unable", "i'm unable", "i am not able", "i'm not able",
    "i won't", "i will not", "i don't know", "i do not know", "i'm sorry, but", "i am sorry, but", "as an ai",
    "i must decline", "i have to decline", "unfortunately, i can",
)  # fmt: skip
"""How a refusal begins, in small letters; after the keyword test of A. Zou et al. (2023)."""
REFUSING_STOPS = ("guardrail_intervened", "content_filtered")
"""Converse's stop reasons of an answer that was withheld."""
_BEGINNING = 200
"""Characters in which a refusal shows; further on, the words may be quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowsSchema:
    """The answer is JSON that follows a schema."""

    kind: ClassVar[str] = "schema"
    schema: str | None = None
    """The JSON schema, as text; ``None``: the one that the request asks for."""

    def __post_init__(self) -> None:
        """Refuse a schema that is none."""
        if self.schema is not None:
            read_schema(self.schema)

    def check(self, tried: Tried, desk: Desk) -> Verdict:  # noqa: ARG002 - not every criterion calls
        """Hold the answer against the schema."""
        schema = self.schema or asked_schema(tried.asked)
        if schema is None:
            return Verdict(None, "no schema is asked for")
        checked = check_answer(tried.reply.text, read_schema(schema))
        if checked.valid:
            return Verdict(met=True, why="its answer follows the schema")
        problem = checked.problems[0]
        return Verdict(
            met=False, why=f"its answer does not follow the schema at {problem.path}: {problem.message}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """A regular expression finds something in the answer."""

    kind: ClassVar[str] = "regex"
    regex: str
    """The expression (RE2; ``(?i)`` for any case, ``^…$`` for the whole answer)."""

    def __post_init__(self) -> None:
        """Refuse an expression that is none."""
        compiled(self.regex)

    def check(self, tried: Tried, desk: Desk) -> Verdict:  # noqa: ARG002
        """Look for it."""
        if found(self.regex, tried.reply.text.strip()) is None:
            return Verdict(met=False, why=f"its answer has nothing like “{self.regex}” in it")
        return Verdict(met=True, why=f"its answer matches “{self.regex}”")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The answer ended as it should, and was not cut off."""

    kind: ClassVar[str] = "stop-reason"
    reasons: tuple[str, ...] = ("end_turn", "stop_sequence", "tool_use")
    """Converse's stop reasons that will do."""

    def check(self, tried: Tried, desk: Desk) -> Verdict:  # noqa: ARG002
        """Look at the stop reason."""
        reason = tried.reply.result.stop_reason
        if reason is None:
            return Verdict(None, "its stop reason was not told")
        return Verdict(met=reason in self.reasons, why=f"its stop reason is {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRefused:
    """The answer is no refusal, by how it begins and by its stop reason."""

    kind: ClassVar[str] = "refusal"
    phrases: tuple[str, ...] = REFUSALS
    """How a refusal begins, whatever the case; looked for in the first 200 characters."""

    def check(self, tried: Tried, desk: Desk) -> Verdict:  # noqa: ARG002
        """Look for a refusal."""
        if tried.reply.result.stop_reason in REFUSING_STOPS:
            return Verdict(met=False, why=f"its answer was withheld: {tried.reply.result.stop_reason}")
        said = tried.reply.text.strip()[:_BEGINNING].casefold().replace("’", "'")
        refusal = next((phrase for phrase in self.phrases if phrase.casefold() in said), None)
        if refusal is not None:
            return Verdict(met=False, why=f"it refuses: “{refusal}”")
        return Verdict(met=bool(said), why="it does not refuse" if said else "its answer is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """The model found its own words likely: the geometric mean of its tokens' probabilities.

    Few models on Bedrock tell these, and Converse has no place for them but the model's own response fields.
    The local endpoint does: ask with ``{"logprobs": true}`` in the tier's additional fields.
    """

    kind: ClassVar[str] = "probability"
    threshold: float = knob(0.6, label="Least mean token probability", low=0.0, high=1.0)
    """The least, 0–1."""

    def check(self, tried: Tried, desk: Desk) -> Verdict:  # noqa: ARG002
        """Look at the probabilities."""
        mean = mean_probability(tried.reply.result.additional_model_response_fields)
        if mean is None:
            return Verdict(None, "its tokens' probabilities were not told")
        side = "at least" if mean >= self.threshold else "below"
        return Verdict(
            met=mean >= self.threshold,
            why=f"its mean token probability is {mean:.2f}, {side} {self.threshold:.2f}",
        )
