"""Criteria that ask again: the same model, whether it agrees with itself, or another one, as judge.

They cost calls, so a cascade has them last; in return they come closer to whether an answer is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.judging import HIGHEST, LOWEST, RUBRIC, score
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.replies import Ask
from bedrock_playground.patterns.shaping import prompt_of
from bedrock_playground.patterns.verdicts import Tried, Verdict
from bedrock_playground.patterns.votes import WHOLE, Ballot, count


@dataclass(frozen=True, slots=True, kw_only=True)
class Agrees:
    """Self-consistency: asked several times, the model gives the same answer often enough.

    Costs ``n - 1`` further calls, made at the same time. The answer that most agree on is the one taken
    (X. Wang et al., *Self-Consistency Improves Chain of Thought Reasoning in Language Models*, 2022). At
    temperature 0 a model agrees with itself without knowing better: use one above.
    """

    kind: ClassVar[str] = "agreement"
    n: int = 3
    """How many answers in all, at least 2."""
    k: int = knob(2, label="Answers that agree", low=1, high=lambda own: own.n, step=1)
    """How many of them have to be the same."""
    ballot: Ballot = WHOLE
    """What of an answer is compared."""

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be reached."""
        if not 1 <= self.k <= self.n or self.n < 2:
            raise ValueError(f"{self.k} of {self.n} answers cannot agree.")

    def check(self, tried: Tried, desk: Desk) -> Verdict:
        """Ask again and count."""
        more = [Ask(tried.role, tried.member, tried.asked)] * (self.n - 1)
        replies = [reply for reply in (tried.reply, *desk.ask_all(more)) if reply.ok]
        votes = [self.ballot.read(reply.text) for reply in replies]
        counted = count(votes)
        agreed = next(
            (reply for reply, vote in zip(replies, votes, strict=True) if vote == counted.winner), None
        )
        return Verdict(
            met=counted.votes >= self.k,
            why=f"of {self.n} answers {counted.words}; {self.k} have to agree",
            reply=agreed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A judge gives the answer a good enough score. Costs a call of the judge's.

    A judge that fails, or whose verdict cannot be read, vouches for nothing: the criterion is then not met.
    """

    kind: ClassVar[str] = "judge"
    judge: Member
    """Who judges."""
    threshold: float = knob(4, label="Least score of the judge", low=LOWEST, high=HIGHEST, step=1)
    """The least score that will do, 1–5."""
    rubric: str = RUBRIC
    """What makes an answer good."""
    name: str = "judge"
    """The role of its calls."""

    def check(self, tried: Tried, desk: Desk) -> Verdict:
        """Ask the judge."""
        said = score(
            desk,
            self.judge,
            request=prompt_of(tried.asked),
            answer=tried.reply.text,
            rubric=self.rubric,
            role=self.name,
        )
        if said.value is None:
            return Verdict(met=False, why=said.why)
        because = f": {said.why}" if said.why else ""
        side = "at least" if said.value >= self.threshold else "below"
        return Verdict(
            met=said.value >= self.threshold,
            why=f"the judge's score is {said.value}, {side} {self.threshold:g}{because}",
        )
