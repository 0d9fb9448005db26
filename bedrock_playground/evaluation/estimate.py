"""What an evaluation would cost, before anything is sent: to be expected, and at most.

Cases are estimated one by one up to :data:`SAMPLE` of them; beyond, a sample of the order in which they are
asked stands for all. A pattern is taken to ask each of its members once, with the case's own prompt: how many
it really asks depends on the answers. So there is an upper end only for those that never ask one more than
once nor anything else. Judges are taken to read the case, and an answer as long as the usual
ones of the contender. Where a part is unknown, the whole is, and the reason is told; it is never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.asking import RememberedShape, asked_of
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.scorers.judge import PairwiseJudge, RubricJudge
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.embeddings import embedding_request
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.asked import embedders
from bedrock_playground.patterns.backing import Shape
from bedrock_playground.patterns.caching import Semantic
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.shaping import asking, prompt_of
from bedrock_playground.patterns.walking import parts_of
from bedrock_playground.presets.errors import TemplateUnfilled
from bedrock_playground.spending.estimate import Estimate, Estimator
from bedrock_playground.spending.tokens import BYTES_PER_TOKEN

SAMPLE = 200
"""Cases that are estimated one by one."""
_RUBRIC = "x" * 2000
"""About as long as what a judge is told besides the case and the answer."""
_AT_MOST_ONCE = frozenset({
    "routing", "rules", "measured", "cascade", "schema", "regex", "stop-reason", "refusal", "probability",
    "aggregation", "vote", "cache",
})  # fmt: skip
"""Kinds of patterns and of their parts that ask each member once at most, with the case's own prompt."""
_USUAL_ANSWER = 300
"""Tokens of an answer where nobody knows how long they are, for what judges read."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What something costs."""

    expected: Decimal | None
    """US dollars to expect; ``None`` is unknown."""
    worst: Decimal | None
    """US dollars at most; ``None`` is unknown."""
    free: bool = False
    """Whether all of it runs on this machine."""


@dataclass(frozen=True, slots=True)
class ContenderEstimate:
    """What one contender would cost."""

    label: str
    """Its letter."""
    name: str
    """What it is called."""
    answers: int
    """How many answers it gives: cases × repeats."""
    amount: Amount
    """What they cost together."""
    unpriced: tuple[str, ...] = ()
    """Models of which nobody knows what they cost at most: calling them has to be agreed to."""
    notes: tuple[str, ...] = ()
    """What is unknown and why, and what was assumed, in words."""
    refusals: tuple[str, ...] = ()
    """Why it cannot be asked, in words: every case would fail."""


@dataclass(frozen=True, slots=True)
class EvaluationEstimate:
    """What an evaluation would cost."""

    contenders: tuple[ContenderEstimate, ...]
    """Each contender."""
    scoring: tuple[ContenderEstimate, ...]
    """Each scorer that asks models, over all contenders; by its name."""
    cases: int
    """How many cases are asked."""
    sampled: int | None
    """On how many cases it rests, where that are not all; ``None``: on all."""

    @property
    def total(self) -> Amount:
        """All of it together; unknown as soon as a part is."""
        parts = [one.amount for one in (*self.contenders, *self.scoring)]
        return _added(parts)

    @property
    def known_worst(self) -> Decimal:
        """US dollars at most, of the parts of which that is known."""
        parts = (one.amount.worst for one in (*self.contenders, *self.scoring))
        return sum((amount for amount in parts if amount is not None), Decimal(0))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Models of which nobody knows what they cost at most."""
        found = (model for one in (*self.contenders, *self.scoring) for model in one.unpriced)
        return tuple(dict.fromkeys(found))


def estimate(
    spec: EvaluationSpec,
    cases: Sequence[Case],
    *,
    total_cases: int,
    place: Place,
    scorers: Sequence[Scorer] = (),
) -> EvaluationEstimate:
    """Estimate an evaluation; nothing is sent.

    Args:
        spec: What is run.
        cases: The cases in the order in which they are asked, the first :data:`SAMPLE` of them at least.
        total_cases: How many cases are asked.
        place: Where.
        scorers: Who scores.
    """
    taken = cases[:SAMPLE]
    shape, estimator = RememberedShape(place.shape), place.estimator()
    each = _Each(
        spec, taken, shape, estimator, times=total_cases * spec.repeat, embedding_model=place.embedding_model
    )
    contenders = tuple(each.contender(one) for one in spec.contenders)
    scoring = tuple(found for scorer in scorers if (found := each.scorer(scorer)) is not None)
    sampled = len(taken) if len(taken) < total_cases else None
    return EvaluationEstimate(contenders, scoring, total_cases, sampled)


@dataclass(frozen=True, slots=True)
class _Each:
    """Estimates contenders and scorers over the same cases."""

    spec: EvaluationSpec
    cases: Sequence[Case]
    shape: Shape
    estimator: Estimator
    times: int
    embedding_model: str | None

    def contender(self, contender: Contender) -> ContenderEstimate:
        """What a contender's answers cost."""
        leaves = list(_leaves(contender.member))
        embedding = [model or self.embedding_model for model in embedders(contender.member)]
        found: list[Estimate] = []
        refusals: dict[str, None] = {}
        for case in self.cases:
            try:
                asked = asked_of(self.spec, contender, case)
            except TemplateUnfilled as error:
                refusals[f"Case {case.number}: {error}"] = None
                continue
            for leaf in leaves:
                built = self.shape(leaf.variant, asked)
                refusals |= dict.fromkeys(f"{leaf.title}: {why}" for why in built.refusals)
                found.append(self.estimator.estimate(built.request))
            if None in embedding:
                refusals["No embedding model is known here. Name one in the pattern."] = None
            text = prompt_of(asked)
            found += [self.estimator.estimate(embedding_request(each, text)) for each in embedding if each]
        notes = [] if isinstance(contender.member, Solo) else [_assumed(len(leaves) + len(embedding))]
        told = self._told(contender.label, contender.name, found, notes=notes, refusals=tuple(refusals))
        if told.amount.free or _bounded(contender.member):
            return told
        return replace(told, amount=replace(told.amount, worst=None), notes=(*told.notes, _UNBOUNDED))

    def scorer(self, scorer: Scorer) -> ContenderEstimate | None:
        """What a scorer's calls cost; ``None`` if it makes none."""
        if not scorer.calls_models:
            return None
        if not isinstance(scorer, RubricJudge | PairwiseJudge):
            return ContenderEstimate(
                scorer.name,
                scorer.name,
                self.times * len(self.spec.contenders),
                Amount(None, None),
                notes=(f"What {scorer.name} calls is not known before it scores.",),
            )
        told, amount = self._judging(scorer, self._usual_answer()), None
        if not told.amount.free:
            longest = self._longest_answer()
            most = None if longest is None else self._judging(scorer, longest).amount.worst
            amount = replace(told.amount, worst=most)
        count = len(self.spec.contenders)
        return ContenderEstimate(
            told.label,
            told.name,
            told.answers * count,
            _times(amount or told.amount, Decimal(count)),
            told.unpriced,
            told.notes,
        )

    def _judging(self, scorer: RubricJudge | PairwiseJudge, tokens: float) -> ContenderEstimate:
        """What judging one contender's answers costs, if they are so long."""
        both_ways = 2 if isinstance(scorer, PairwiseJudge) else 1
        found = [
            self.estimator.estimate(request)
            for case in self.cases
            for judge in scorer.judges
            for request in [self._judged(case, judge, tokens)] * both_ways
        ]
        notes = ["Judges are taken to read the case and an answer of the usual length; at most, the longest."]
        return self._told(scorer.name, scorer.name, found, notes=notes, refusals=())

    def _usual_answer(self) -> float:
        """Tokens of the contenders' usual answers, of those that write most."""
        lengths = [
            self.estimator.usual_output(leaf.variant.model)
            for one in self.spec.contenders
            for leaf in _leaves(one.member)
        ]
        known = [told.value for told in lengths if told is not None and told.value is not None]
        return max(known, default=_USUAL_ANSWER)

    def _longest_answer(self) -> int | None:
        """Tokens that an answer of the contenders has at most; ``None``: that of some is not known."""
        ends = [
            self.estimator.estimate(self.shape(leaf.variant, asking("x")).request).output_at_most
            for one in self.spec.contenders
            for leaf in _leaves(one.member)
        ]
        known = [end for end in ends if end is not None]
        return max(known, default=None) if len(known) == len(ends) else None

    def _judged(self, case: Case, judge: Variant, tokens: float) -> InvocationRequest:
        """About what a judge is asked about an answer of so many tokens."""
        answer = "x" * round(tokens * BYTES_PER_TOKEN)
        prompt = "\n".join((*case.inputs.values(), case.expected or "", answer, _RUBRIC))
        return self.shape(judge, asking(prompt)).request

    def _told(
        self,
        label: str,
        name: str,
        found: Sequence[Estimate],
        *,
        notes: Sequence[str],
        refusals: tuple[str, ...],
    ) -> ContenderEstimate:
        asked = max(len(self.cases), 1)
        amount = _times(
            _added(
                Amount(one.expected.amount, None if one.why_unknown else one.worst.amount, one.free)
                for one in found
            ),
            Decimal(self.times) / asked,
        )
        unknown = {one.model_id: one.why_unknown for one in found if one.why_unknown}
        why = [f"{model}: {told}" for model, told in unknown.items()]
        if amount.expected is None and not unknown:
            why += {one.expected.note or "": None for one in found if one.expected.amount is None}
        return ContenderEstimate(
            label,
            name,
            self.times,
            amount,
            unpriced=tuple(unknown),
            notes=(*notes, *filter(None, why)),
            refusals=refusals,
        )


def _leaves(member: Member) -> Iterator[Solo]:
    """The models that take part, each as often as it has a role."""
    if isinstance(member, Solo):
        yield member
        return
    for _, inside in member.roles():
        yield from _leaves(inside)


_UNBOUNDED = (
    "What it costs at most is not known: it may ask more, and longer prompts. A limit holds all the same."
)


def _bounded(member: Member) -> bool:
    """Whether asking each member once, with the case's own prompt, is the most that it does."""
    parts = tuple(parts_of(member))
    kinds = {kind for part in parts if (kind := getattr(part, "kind", None)) is not None}
    return kinds <= _AT_MOST_ONCE and not any(isinstance(part, Semantic) for part in parts)


def _assumed(count: int) -> str:
    members = "1 member, which is" if count == 1 else f"{count} members: each is"
    return (
        f"A pattern of {members} taken to be asked once, with the case's own prompt. It may ask fewer, or "
        "some more often."
    )


def _added(parts: Iterable[Amount]) -> Amount:
    listed = list(parts)
    return Amount(
        _sum(one.expected for one in listed),
        _sum(one.worst for one in listed),
        bool(listed) and all(one.free for one in listed),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _times(amount: Amount, factor: Decimal) -> Amount:
    def scaled(value: Decimal | None) -> Decimal | None:
        return None if value is None else value * factor

    return Amount(scaled(amount.expected), scaled(amount.worst), amount.free)
