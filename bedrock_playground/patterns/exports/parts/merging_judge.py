"""One answer of several by a judge's choice."""

from __future__ import annotations

from bedrock_playground.patterns.exports.parts.aggregation import Merge, only
from bedrock_playground.patterns.exports.parts.asking_json import JsonMember
from bedrock_playground.patterns.exports.parts.calling import Course, Reply
from bedrock_playground.patterns.exports.parts.judging import pick
from bedrock_playground.patterns.exports.parts.votes import Ballot, majority


def by_judge(judge: JsonMember, *, template: str, rubric: str, swap: bool, ballot: Ballot) -> Merge:
    """The answer that a judge prefers, in both orders where `swap`; else the answer that most give."""

    def merge(prompt: str, replies: list[Reply], course: Course) -> Reply:
        if len(replies) == 1:
            return only(replies[0], course)
        texts = [reply.text for reply in replies]
        told = pick(judge, course, request=prompt, answers=texts, template=template, rubric=rubric, swap=swap)
        place, why = told[0]
        if len({each for each, _ in told}) == 1 and place is not None:
            chosen, orders = replies[place], " in both orders" if swap else ""
            words = f"the judge prefers it{orders}: {why}".rstrip(": ")
        else:
            counted, quoted = majority(replies, ballot)
            sure = quoted is not None and counted.votes > 1 and not counted.tied
            chosen = quoted if sure and quoted else replies[0]
            failed = next((words for each, words in told if each is None), None)
            said = failed or "the judge prefers another one in each order"
            words = f"{said}, so {counted.words if sure else 'the first answer is taken'}"
        course.decide(f"{chosen.role} is taken: {words}", chosen.role, chosen=True)
        return chosen

    return merge
