"""One answer of several by a vote."""

from __future__ import annotations

from bedrock_playground.patterns.exports.parts.aggregation import Merge
from bedrock_playground.patterns.exports.parts.calling import Course, Reply
from bedrock_playground.patterns.exports.parts.votes import Ballot, majority


def by_vote(ballot: Ballot) -> Merge:
    """The answer that most give; of those who gave it, the one who is listed first is quoted."""

    def merge(prompt: str, replies: list[Reply], course: Course) -> Reply:
        del prompt
        counted, quoted = majority(replies, ballot)
        chosen = quoted or replies[0]
        what = counted.words if quoted else f"{counted.words}, so the first answer is taken"
        course.decide(f"{chosen.role} is taken: {what}", chosen.role, chosen=True)
        return chosen

    return merge
