"""A model as judge: it scores one answer, or picks the best of several.

Judges are fast and cheap beside people, and have habits: they favour the answer that stands first, long ones,
and those of their own family. The first habit cancels out when the answers are shown in both orders, and a
choice counts only where both agree (L. Zheng et al., *Judging LLM-as-a-Judge with MT-Bench and Chatbot
Arena*, 2023). Use a judge from another family than the models that it judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.asking_json import ask_for_json, for_json, read_object
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.replies import Ask, Reply
from bedrock_playground.patterns.wording import failure
from bedrock_playground.presets.template import fill_known

RUBRIC = "Is the answer correct, complete, and to the point?"
LOWEST, HIGHEST = 1, 5

SCORE_PROMPT = """\
Score the answer to a request. Do not answer the request yourself.

<request>
{{request}}
</request>
<answer>
{{answer}}
</answer>

Rubric: {{rubric}}
1 is useless, 3 has flaws that matter, 5 leaves nothing to be desired.

Answer with JSON alone: {"score": a whole number from 1 to 5, "reason": one sentence}"""

PICK_PROMPT = """\
Pick the best answer to a request. Their order means nothing. Do not answer the request yourself.

<request>
{{request}}
</request>
{{answers}}

Rubric: {{rubric}}

Answer with JSON alone: {"best": the number of the best answer, "reason": one sentence}"""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge said."""

    value: int | None
    """A score from 1 to 5, or the place of the best answer, from 0; ``None``: no use can be made of it."""
    why: str
    """The judge's reason, or why there is no use in what it said."""


def score(desk: Desk, judge: Member, *, request: str, answer: str, rubric: str, role: str) -> Opinion:
    """Have an answer scored, from 1 to 5.

    Args:
        desk: Makes the call.
        judge: Who judges.
        request: What was asked.
        answer: The answer.
        rubric: What makes it good.
        role: The call's role.
    """
    prompt = fill_known(SCORE_PROMPT, {"request": request, "answer": answer, "rubric": rubric})
    reply, told = ask_for_json(desk, judge, prompt, schema=verdict_schema("score", HIGHEST), role=role)
    return _opinion(reply, told, name="score", most=HIGHEST)


def pick(
    desk: Desk, judge: Member, *, request: str, answers: Sequence[str], rubric: str, swap: bool
) -> list[Opinion]:
    """Have the best of several answers picked.

    Args:
        desk: Makes the calls.
        judge: Who judges.
        request: What was asked.
        answers: The answers.
        rubric: What makes one good.
        swap: Ask twice at the same time, the second time in the reverse order.

    Returns:
        One opinion per order; their values are places in ``answers`` as given.
    """
    forward = list(range(len(answers)))
    orders = [forward, forward[::-1]] if swap else [forward]
    asks = [
        Ask(
            "judge",
            judge,
            for_json(
                desk,
                judge,
                fill_known(PICK_PROMPT, _shown(request, [answers[place] for place in order], rubric)),
                schema=verdict_schema("best", len(answers)),
            ),
        )
        for order in orders
    ]
    opinions = []
    for order, reply in zip(orders, desk.ask_all(asks), strict=True):
        told = read_object(reply.text) if reply.ok else None
        said = _opinion(reply, told, name="best", most=len(answers))
        opinions.append(said if said.value is None else Opinion(order[said.value - 1], said.why))
    return opinions


def _shown(request: str, answers: Sequence[str], rubric: str) -> dict[str, str | int | float | bool]:
    each = "\n".join(f"<answer {n}>\n{answer}\n</answer {n}>" for n, answer in enumerate(answers, 1))
    return {"request": request, "answers": each, "rubric": rubric}


def _opinion(reply: Reply, told: Mapping[str, Json] | None, *, name: str, most: int) -> Opinion:
    if not reply.ok:
        return Opinion(None, f"the judge failed: {failure(reply)}")
    value, reason = (told or {}).get(name), (told or {}).get("reason")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= most:
        return Opinion(None, f"the judge's answer has no {name} from 1 to {most}")
    return Opinion(round(value), reason.strip() if isinstance(reason, str) else "")


def verdict_schema(name: str, most: int) -> Mapping[str, Json]:
    """The JSON schema of a verdict.

    Args:
        name: What the number is called.
        most: The largest it can be; the least is 1.
    """
    return {
        "type": "object",
        "properties": {
            name: {"type": "integer", "enum": list(range(1, most + 1))},
            "reason": {"type": "string"},
        },
        "required": [name],
        "additionalProperties": False,
    }
