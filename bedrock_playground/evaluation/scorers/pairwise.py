"""Which of two answers is better, asked in both orders: many judges prefer what they read first.

Source: L. Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena" (2023), section 3.4: a win
counts only if it is one in both orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.scorers.verdicts import (
    Form,
    ask,
    shown_to_judge,
    system_prompt,
    total_cost,
)
from bedrock_playground.evaluation.scoring import Desk
from bedrock_playground.evaluation.values import Case

Side: TypeAlias = Literal["first", "second", "tie"]
"""Which answer is better, as they were handed in."""
BETTER = Form("better", ("1", "2", "tie"))
RUBRIC = (
    "Which answer does better what the input asks for? If there is a reference, what an answer says has to "
    "agree with it. Say tie if neither is better."
)
_TASK = "You compare two answers of language models. The order in which they stand means nothing."
_SWAPPED: dict[Side, Side] = {"first": "second", "second": "first", "tie": "tie"}
_SIDES: dict[str, Side] = {"1": "first", "2": "second", "tie": "tie"}


@dataclass(frozen=True, slots=True)
class OrderVerdict:
    """What one judge said in one order."""

    judge: str
    """The judge's model."""
    swapped: bool
    """Whether it read the second answer first."""
    verdict: Side | None
    """What it said, in terms of the order in which the answers were handed in; ``None``: nothing readable."""
    rationale: str
    """Its reasons; there, answer 1 is what it read first. Or why there is no verdict."""


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Which of two answers is better."""

    verdict: Side | None
    """The majority of the judges; no majority is a tie. ``None``: too few gave a verdict in both orders."""
    by_judge: tuple[Side | None, ...]
    """Each judge's, in order; a tie where its two orders contradict each other."""
    inconsistent: tuple[str, ...]
    """The judges whose two orders contradict each other."""
    orders: tuple[OrderVerdict, ...]
    """Everything that was said: two per judge."""
    cost: Decimal | None
    """US dollars of all calls; ``None``: unknown, or nothing was asked."""

    def words(self, first: str, second: str) -> str:
        """Say it for people, with all rationales.

        Args:
            first: What the first answer is called.
            second: What the second is called.
        """
        told: dict[Side | None, str] = {
            "first": f"Better: {first}.",
            "second": f"Better: {second}.",
            "tie": "Neither is better.",
            None: "There is no verdict: too few judges gave one that can be read in both orders.",
        }
        said = [told[self.verdict]]
        if not self.orders:
            return f"{said[0]} Both are the same text."
        said += [
            f"{judge} contradicts itself when the order is swapped: a tie." for judge in self.inconsistent
        ]
        if self.cost is None:
            said.append("What judging cost is unknown.")
        names: dict[Side | None, str] = {"first": first, "second": second, "tie": "tie", None: "no verdict"}
        lines = [
            f"{one.judge}, {second if one.swapped else first} first: {names[one.verdict]}. {one.rationale}"
            for one in self.orders
        ]
        return "\n".join([" ".join(said), *lines])


def judge_pair(
    first: str,
    second: str,
    *,
    case: Case,
    desk: Desk,
    judges: Sequence[Variant],
    rubric: str = RUBRIC,
) -> PairVerdict:
    """Let judges say which of two answers is better, each in both orders.

    The same text twice is a tie without a call.

    Args:
        first: One answer.
        second: The other.
        case: What was asked, and the accepted answers if judges are to see them.
        desk: Who makes the calls.
        judges: One, or a panel.
        rubric: By what to compare.

    Raises:
        ValueError: There is no judge.
    """
    if not judges:
        raise ValueError("Somebody has to judge.")
    if first.strip() == second.strip():
        return PairVerdict("tie", (), (), (), None)
    system = system_prompt(_TASK, BETTER)
    orders: list[OrderVerdict] = []
    costs: list[Decimal | None] = []
    for judge in judges:
        for swapped in (False, True):
            texts = (second, first) if swapped else (first, second)
            shown = [(f"answer {place}", text) for place, text in enumerate(texts, 1)]
            told = ask(desk, judge, shown_to_judge(rubric, case, shown), system=system, form=BETTER)
            side = None if told.value is None else _SIDES[told.value]
            verdict = _SWAPPED[side] if side is not None and swapped else side
            orders.append(OrderVerdict(judge.model, swapped, verdict, told.rationale))
            costs.append(told.cost)
    pairs = [(orders[at], orders[at + 1]) for at in range(0, len(orders), 2)]
    by_judge = tuple(_of_both(*pair) for pair in pairs)
    return PairVerdict(
        verdict=majority(by_judge),
        by_judge=by_judge,
        inconsistent=tuple(one.judge for one, other in pairs if _contradict(one, other)),
        orders=tuple(orders),
        cost=total_cost(costs),
    )


def majority(verdicts: Sequence[Side | None]) -> Side | None:
    """What a panel decides, in whatever order it votes.

    More than half of it has to have given a verdict; of those, more than half has to agree, otherwise it is a
    tie.
    """
    told = [verdict for verdict in verdicts if verdict is not None]
    if 2 * len(told) <= len(verdicts):
        return None
    for side, votes in Counter(told).items():
        if 2 * votes > len(told):
            return side
    return "tie"


def _of_both(one: OrderVerdict, other: OrderVerdict) -> Side | None:
    if one.verdict is None or other.verdict is None:
        return None
    return one.verdict if one.verdict == other.verdict else "tie"


def _contradict(one: OrderVerdict, other: OrderVerdict) -> bool:
    return None not in {one.verdict, other.verdict} and one.verdict != other.verdict
