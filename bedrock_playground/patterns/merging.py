"""How one answer is made of several: a vote, a judge's choice, or a synthesis."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.judging import RUBRIC, pick
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import asking, prompt_of
from bedrock_playground.patterns.votes import WHOLE, Ballot, Count, count
from bedrock_playground.patterns.wording import sentence
from bedrock_playground.presets.template import fill_known

Merging: TypeAlias = Generator[InvocationEvent, None, Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The answer that most give; no further call. For answers that can be equal: labels, numbers, fields."""

    kind: ClassVar[str] = "vote"
    ballot: Ballot = WHOLE
    """What of an answer is the vote."""

    def merge(self, asked: InvocationRequest, replies: tuple[Reply, ...], desk: Desk) -> Merging:  # noqa: ARG002
        """Count; of those who gave the answer that won, the one who is listed first is quoted."""
        counted, quoted = majority(replies, self.ballot)
        chosen = quoted or replies[0]
        what = counted.words if quoted else f"{counted.words}, so the first answer is taken"
        desk.decide(sentence(f"{chosen.call.role} is taken: {what}"), role=chosen.call.role, chosen=True)
        yield from ()
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The answer that a judge prefers; two calls, one per order of the answers."""

    kind: ClassVar[str] = "judged"
    judge: Member
    """Who judges; best of another family than the members."""
    rubric: str = RUBRIC
    """What makes an answer good."""
    swap: bool = True
    """Ask in both orders, and believe the judge only where it prefers the same answer in both."""
    ballot: Ballot = WHOLE
    """Where the judge is not believed, the answer that most give is taken, read by this; else the first."""

    def merge(self, asked: InvocationRequest, replies: tuple[Reply, ...], desk: Desk) -> Merging:
        """Ask the judge; a single answer needs none."""
        yield from ()
        if len(replies) == 1:
            return _only(replies[0], desk)
        opinions = pick(
            desk,
            self.judge,
            request=prompt_of(asked),
            answers=[reply.text for reply in replies],
            rubric=self.rubric,
            swap=self.swap,
        )
        places = {opinion.value for opinion in opinions}
        place = opinions[0].value
        if len(places) == 1 and place is not None:
            chosen, orders = replies[place], " in both orders" if self.swap else ""
            why = f"the judge prefers it{orders}: {opinions[0].why}".rstrip(": ")
        else:
            counted, quoted = majority(replies, self.ballot)
            sure = quoted is not None and counted.votes > 1 and not counted.tied
            chosen = quoted if sure and quoted else replies[0]
            failed = next((opinion.why for opinion in opinions if opinion.value is None), None)
            said = failed or "the judge prefers another one in each order"
            why = f"{said}, so {counted.words if sure else 'the first answer is taken'}"
        desk.decide(sentence(f"{chosen.call.role} is taken: {why}"), role=chosen.call.role, chosen=True)
        return chosen


TEMPLATE = """\
Several models answered the same request. Write the best answer from theirs: keep what is right and what most
agree on, leave out what is wrong, and do not mention that there were several answers.

<request>
{{prompt}}
</request>
{{answers}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """A new answer that a model writes from all of them; one call, with all answers as input."""

    kind: ClassVar[str] = "synthesis"
    member: Member
    """Who writes it; as capable as the best of the others."""
    template: str = TEMPLATE
    """What it is asked: ``{{prompt}}`` is the request, ``{{answers}}`` are the answers."""

    def merge(self, asked: InvocationRequest, replies: tuple[Reply, ...], desk: Desk) -> Merging:
        """Have it written, and show it while it comes."""
        if len(replies) == 1:
            return _only(replies[0], desk)
        answers = "\n".join(
            f"<answer {n}>\n{reply.text}\n</answer {n}>" for n, reply in enumerate(replies, 1)
        )
        prompt = fill_known(self.template, {"prompt": prompt_of(asked), "answers": answers})
        desk.decide(f"The answer is written from {len(replies)} answers.", role="synthesis", chosen=True)
        return (yield from desk.show(self.member, asking(prompt, like=asked), role="synthesis"))


Merge: TypeAlias = Vote | Judged | Synthesis
"""How one answer is made of several."""


def majority(replies: tuple[Reply, ...], ballot: Ballot) -> tuple[Count, Reply | None]:
    """Count replies as votes; also the first that gave the answer which won, if anything could be read."""
    votes = [ballot.read(reply.text) for reply in replies]
    counted = count(votes)
    if counted.winner is None:
        return counted, None
    return counted, replies[votes.index(counted.winner)]


def _only(reply: Reply, desk: Desk) -> Reply:
    role = reply.call.role
    desk.decide(f"{role} is taken: no other answer came.", role=role, chosen=True)
    return reply
