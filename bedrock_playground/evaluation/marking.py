"""Scoring an answer: each scorer once, what it asks of models recorded, guarded and priced like any call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.asking import schema_config
from bedrock_playground.evaluation.recording import HALTING
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score
from bedrock_playground.history.evaluation_records import SCORING_TURN, ScoreRow
from bedrock_playground.invocation.errors import Cancelled, UnexpectedError
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.books import Clock, Control, Sheet
from bedrock_playground.patterns.desk import Desk, vector
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import asking

_NO_VALUE = (*HALTING, Cancelled)


class ScoringDesk:
    """What scorers may ask; implements :class:`bedrock_playground.evaluation.scoring.Desk`.

    Its calls are runs whose parent is the answer's run, and whose ``turn`` tells them from the calls that
    made the answer.
    """

    def __init__(self, backing: Backing, answered: RunIdentity, *, control: Control) -> None:
        """Make the desk of one answer.

        Args:
            backing: Who answers, records and prices.
            answered: The run that gave the answer.
            control: What ends it early.
        """
        self._backing = backing
        self._desk = Desk(
            backing,
            replace(answered, turn=SCORING_TURN),
            sheet=Sheet("scoring"),
            clock=Clock(),
            control=control,
        )
        self.stopped = False
        """Whether a call was ended, or stood back for something that stands in the way of all: then there is
        no score yet."""

    def ask(
        self,
        variant: Variant,
        prompt: str,
        *,
        system: str | None = None,
        output_schema: str | None = None,
        role: str = "judge",
    ) -> Answer:
        """Call a model and wait for its whole answer; see the protocol."""
        asked = asking(prompt, system=system or "")
        if output_schema is not None:
            with_schema = replace(asked, output_config=schema_config(output_schema))
            if not self._backing.shape(variant, with_schema).refusals:
                asked = with_schema
        reply = self._noted(self._desk.ask(Solo(variant=variant), asked, role=role))
        return Answer(reply.result, reply.call.cost)

    def embed(self, texts: Sequence[str], *, model_id: str | None = None) -> Sequence[Sequence[float]]:
        """Embed texts; see the protocol.

        Raises:
            InvocationError: It failed.
        """
        return [self._embed(text, model_id) for text in texts]

    def _embed(self, text: str, model_id: str | None) -> tuple[float, ...]:
        reply = self._noted(self._desk.embed(text, role="embedding", model_id=model_id))
        if reply.error is not None:
            raise reply.error
        found = vector(reply)
        if found is None:
            raise UnexpectedError("The embedding model gave no vector.")
        return found

    def _noted(self, reply: Reply) -> Reply:
        self.stopped = self.stopped or isinstance(reply.error, _NO_VALUE)
        return reply


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer and the run that gave it, as scorers get to see them."""

    identity: RunIdentity
    """The run."""
    answer: Answer
    """The answer."""
    case: Case
    """The case that it answers."""


def mark(
    marked: Marked, scorers: Sequence[Scorer], backing: Backing, *, control: Control
) -> list[ScoreRow] | None:
    """Have scorers look at an answer.

    Args:
        marked: The answer.
        scorers: Who looks.
        backing: Who answers what they ask.
        control: What ends it early.

    Returns:
        A row per scorer; ``None`` if it was ended early, so that it has to be done again.
    """
    desk = ScoringDesk(backing, marked.identity, control=control)
    rows = []
    for scorer in scorers:
        score = _score(scorer, marked, desk)
        if desk.stopped or control.cancelled:
            return None
        rows.append(_row(marked, scorer.name, score))
    return rows


def _score(scorer: Scorer, marked: Marked, desk: ScoringDesk) -> Score:
    try:
        score = scorer.score(marked.answer, marked.case, desk)
    except Exception as error:  # noqa: BLE001 - a plug-in's defect is no reason to lose the answer
        return Score(None, f"The scorer failed: {type(error).__name__}: {error}")
    if score.value is not None and not 0 <= score.value <= 1:
        return Score(None, f"The scorer gave {score.value}, which is not between 0 and 1.", cost=score.cost)
    return score


def _row(marked: Marked, scorer: str, score: Score) -> ScoreRow:
    identity = marked.identity
    return ScoreRow(
        run_id=identity.run_id,
        scorer=scorer,
        label=identity.label,
        case_number=marked.case.number,
        repeat=identity.repeat,
        value=score.value,
        class_label=score.label,
        note=score.note,
        cost=score.cost,
    )
