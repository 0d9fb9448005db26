"""One answer of one contender, and what scorers say of it: what a worker does for an item."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bedrock_playground.evaluation.agenda import Item
from bedrock_playground.evaluation.asking import asked_of
from bedrock_playground.evaluation.journal import CallJournal, calls_below
from bedrock_playground.evaluation.marking import Marked, mark
from bedrock_playground.evaluation.recording import Key
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.standing import Again, Standing
from bedrock_playground.evaluation.values import Answer
from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.history.evaluation_records import SCORING_TURN, ScoreRow
from bedrock_playground.invocation.billing import NEVER_SENT
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import RequestRefused
from bedrock_playground.invocation.protocol import InvocationStream, RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.books import Control
from bedrock_playground.patterns.calling import invoke
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.stream import PatternStream
from bedrock_playground.presets.errors import TemplateUnfilled


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an item."""

    identity: RunIdentity
    """Its run."""
    result: InvocationResult
    """What came of it."""
    cost: Cost
    """What it cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where workers work: everything that an item takes."""

    evaluation_id: str
    """Which evaluation."""
    spec: EvaluationSpec
    """What is run."""
    store: RunStore
    """The history."""
    backing: Backing
    """Who answers, records and prices."""
    scorers: Sequence[Scorer]
    """Who scores."""
    standing: Standing
    """What there was when it began."""
    again: frozenset[Again]
    """What is asked for once more."""
    place: tuple[str | None, str | None]
    """The endpoint and the Region that runs are recorded with."""

    def answer(self, contender: Contender, item: Item, control: Control) -> Answered:
        """Have a contender answer a case; its run is recorded, whatever comes of it.

        Args:
            contender: Who.
            item: What.
            control: What ends it early.
        """
        identity = self._identity(contender, item)
        try:
            asked = asked_of(self.spec, contender, item.case)
        except TemplateUnfilled as error:
            nothing = InvocationRequest(model_id=_model_of(contender), messages=())
            return self._refused(identity, nothing, str(error))
        if not isinstance(contender.member, Solo):
            pattern, backing = contender.member, self._remembering(item_key(contender, item))
            request = replace(asked, model_id=pattern.model_id)
            return _called(
                backing,
                identity,
                request,
                start=lambda run: PatternStream(pattern, asked, backing, identity=run),
                control=control,
            )
        built = self.backing.shape(contender.member.variant, asked)
        if built.refusals:
            return self._refused(identity, built.request, " ".join(built.refusals))
        return _called(
            self.backing,
            identity,
            built.request,
            start=lambda _: self.backing.invoker.stream(built.request),
            control=control,
        )

    def mark(self, answered: Answered, item: Item, control: Control) -> list[ScoreRow] | None:
        """Have the scorers look at an answer; ``None`` if that was ended early."""
        answer = Answer(answered.result, answered.cost.amount)
        marked = Marked(answered.identity, answer, item.case)
        return mark(marked, self.scorers, self.backing, control=control)

    def mark_again(self, record: RunRecord, item: Item, control: Control) -> list[ScoreRow] | None:
        """Have the scorers look at an answer of earlier; what they called before is not called again."""
        result = record.result or InvocationResult()
        marked = Marked(record.identity, Answer(result, record.priced.amount), item.case)
        backing = self.backing
        if any(scorer.calls_models for scorer in self.scorers):
            calls = self.store.calls_of(record.run_id)
            scoring = [call for call in calls if call.identity.turn == SCORING_TURN]
            journal = CallJournal(scoring, interrupted_fail="interrupted" not in self.again)
            backing = replace(backing, journal=journal)
        return mark(marked, self.scorers, backing, control=control)

    def _remembering(self, key: Key) -> Backing:
        """What stands behind a pattern that may have begun before; a contender sees its own kept answers."""
        backing = replace(self.backing, namespace=f"{self.evaluation_id}:{key[0]}")
        earlier = self.standing.earlier.get(key)
        if not earlier:
            return backing
        return replace(backing, journal=CallJournal(calls_below(self.store.calls_of, earlier)))

    def _refused(self, identity: RunIdentity, request: InvocationRequest, why: str) -> Answered:
        """An outcome for which nothing is sent."""
        result = InvocationResult(error=RequestRefused(why))
        if self.backing.recorder is not None:
            self.backing.recorder.run_finished(identity, request, result, cost=NEVER_SENT)
        return Answered(identity, result, NEVER_SENT)

    def _identity(self, contender: Contender, item: Item) -> RunIdentity:
        endpoint, region = self.place
        return RunIdentity(
            run_id=secrets.token_urlsafe(16),
            comparison_id=self.evaluation_id,
            label=contender.label,
            turn=0,
            repeat=item.repeat,
            started_at=datetime.now(UTC),
            region=region,
            endpoint=endpoint,
            case_number=item.case.number,
        )


def item_key(contender: Contender, item: Item) -> Key:
    """Which answer this is."""
    return (contender.label, item.case.number, item.repeat)


def _model_of(contender: Contender) -> str:
    member = contender.member
    return member.variant.model if isinstance(member, Solo) else member.model_id


def _called(
    backing: Backing,
    identity: RunIdentity,
    request: InvocationRequest,
    *,
    start: Callable[[RunIdentity], InvocationStream],
    control: Control,
) -> Answered:
    events = invoke(backing, identity, request, start=start, control=control)
    while True:
        try:
            next(events)
        except StopIteration as over:
            result, cost = over.value
            return Answered(identity, result, cost)
