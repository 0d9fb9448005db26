"""The criterion that a model agrees with itself."""

from __future__ import annotations

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.cascade import Criterion, Tried, Verdict
from bedrock_playground.patterns.exports.parts.gathering import ask_all
from bedrock_playground.patterns.exports.parts.votes import Ballot, count


def agrees(*, n: int, k: int, ballot: Ballot) -> Criterion:
    """Asked n times in all, the model gives the same answer k times; the answer most agree on is taken."""

    def check(tried: Tried, course: Course) -> Verdict:
        more = [(tried.role, lambda branch: tried.ask(tried.prompt, branch))] * (n - 1)
        replies = [reply for reply in (tried.reply, *ask_all(more, course)) if reply.ok]
        votes = [ballot.read(reply.text) for reply in replies]
        counted = count(votes)
        agreed = next(
            (reply for reply, vote in zip(replies, votes, strict=True) if vote == counted.winner), None
        )
        why = f"of {n} answers {counted.words}; {k} have to agree"
        return Verdict(met=counted.votes >= k, why=why, reply=agreed)

    return check
