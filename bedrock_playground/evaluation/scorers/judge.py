"""LLM judges: a grade from 1 to 5 by a rubric, or better or worse than the expected answer.

Several judges are a panel: the median of their grades counts, or the majority of their verdicts, once more
than half of them gave one. What they said is kept in the note, and what they cost in the score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, shown
from bedrock_playground.evaluation.scorers.pairwise import judge_pair
from bedrock_playground.evaluation.scorers.verdicts import (
    Form,
    Verdict,
    ask,
    judge_variant,
    shown_to_judge,
    system_prompt,
    total_cost,
)
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score

GRADE = Form("grade", ("1", "2", "3", "4", "5"), numeric=True)
RUBRICS: Mapping[str, str] = {
    "rubric": (
        "How well does the answer do what the input asks for? If there is a reference, what the answer says "
        "has to agree with it; the wording may be another.\n5: right and complete.\n4: right, with a small "
        "flaw.\n3: partly right.\n2: mostly wrong.\n1: wrong, or no answer to this."
    ),
    "faithful": (
        "Does the answer say only what the input supports? What is true but not in the input counts against "
        "it.\n5: everything is supported.\n4: one small detail is not.\n3: some is not.\n2: much is not.\n"
        "1: it contradicts the input or is made up."
    ),
    "clear": (
        "Is the answer clear, well ordered and without words that say nothing? Whether it is right is not "
        "the question.\n5: nothing could be clearer.\n4: clear, with a small flaw.\n3: it takes effort.\n2: "
        "hard to follow.\n1: not to be understood."
    ),
}
"""By what to grade; each says what 1 to 5 mean."""
_PAIRWISE = "pairwise"
_TASK = "You grade answers of language models by a rubric, from 1 to 5."
_EMPTY = "The answer is empty."


@dataclass(frozen=True, slots=True)
class RubricJudge:
    """A grade from 1 to 5 as 0 to 1: ``(grade - 1) / 4``."""

    judges: tuple[Variant, ...]
    """Who judges; at least one."""
    aspect: str = "rubric"
    """What the rubric is called."""
    rubric: str = RUBRICS["rubric"]
    """By what to grade, and what 1 to 5 mean."""
    calls_models: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return _name(self.aspect, self.judges)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
        """Score an answer."""
        if not answer.text.strip():
            return Score(0.0, _EMPTY)
        prompt = shown_to_judge(self.rubric, case, [("answer", answer.text)])
        system = system_prompt(_TASK, GRADE)
        verdicts = [ask(desk, judge, prompt, system=system, form=GRADE) for judge in self.judges]
        return _panel(self.judges, verdicts)


@dataclass(frozen=True, slots=True)
class PairwiseJudge:
    """1 if the answer is judged better than the expected one, 0.5 as good, 0 worse; in both orders."""

    judges: tuple[Variant, ...]
    """Who judges; at least one."""
    calls_models: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return _name(_PAIRWISE, self.judges)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
        """Score an answer."""
        if case.expected is None:
            return UNLABELLED
        if not answer.text.strip():
            return Score(0.0, _EMPTY)
        # The reference is what it is judged against, and must not be shown as one.
        bare = Case(number=case.number, inputs=case.inputs)
        found = judge_pair(answer.text, case.expected, case=bare, desk=desk, judges=self.judges)
        values = {"first": 1.0, "tie": 0.5, "second": 0.0}
        value = None if found.verdict is None else values[found.verdict]
        return Score(value, found.words("the answer", "the expected one"), cost=found.cost)


def _panel(judges: Sequence[Variant], verdicts: Sequence[Verdict]) -> Score:
    """What several grades come to."""
    cost = total_cost(verdict.cost for verdict in verdicts)
    unknown = "" if cost is not None else " What judging cost is unknown."
    grades = [int(verdict.value) for verdict in verdicts if verdict.value is not None]
    if len(judges) == 1:
        grade = f"{grades[0]} of 5. " if grades else ""
        value = (grades[0] - 1) / 4 if grades else None
        return Score(value, f"{grade}{verdicts[0].rationale}{unknown}".strip(), cost=cost)
    said = "\n".join(
        f"{judge.model}: {verdict.value or 'no verdict'}. {verdict.rationale}"
        for judge, verdict in zip(judges, verdicts, strict=True)
    )
    if 2 * len(grades) <= len(judges):
        told = f"Only {len(grades)} of {len(judges)} judges gave a verdict that can be read."
        return Score(None, f"{told}{unknown}\n{said}", cost=cost)
    middle = median(grades)
    head = f"Median {middle:g} of 5 from {len(grades)} of {len(judges)} judges."
    return Score((middle - 1) / 4, f"{head}{unknown}\n{said}", cost=cost)


def _name(aspect: str, judges: Sequence[Variant]) -> str:
    return f"judge:{aspect}:{','.join(judge.model for judge in judges)}"


def _make(settings: str) -> Scorer:
    head, _, rest = settings.partition(":")
    known = {*RUBRICS, _PAIRWISE}
    # A model's id has a colon too: without an aspect, the whole is models.
    aspect, models = (head, rest) if head in known else ("rubric", settings)
    ids = [part.strip() for part in models.split(",")]
    if not all(ids):
        raise BadScorer(
            "“judge” needs a model: “judge:rubric:MODEL”, or several with commas between them as a panel. "
            f"Instead of “rubric” one can write {', '.join(sorted(known - {'rubric'}))}."
        )
    if len(set(ids)) < len(ids):
        raise BadScorer(f"A panel has each judge once; “{shown(models)}” names one twice.")
    judges = tuple(judge_variant(one) for one in ids)
    return PairwiseJudge(judges) if aspect == _PAIRWISE else RubricJudge(judges, aspect, RUBRICS[aspect])


JUDGE = Kind(
    "judge",
    "LLM judge",
    "A model grades the answer from 1 to 5: “judge:rubric:MODEL”, or “faithful” or “clear” instead of "
    "“rubric”; “judge:pairwise:MODEL” holds it against the expected answer in both orders. Several models "
    "with commas between them vote. It costs calls; take a capable model that is no contender, for models "
    "prefer their own answers.",
    _make,
)
