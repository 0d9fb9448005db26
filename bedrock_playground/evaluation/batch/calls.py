"""From a contender and what it is asked to the calls of its batch job; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bedrock_playground.evaluation.batch.fit import BatchRefused
from bedrock_playground.evaluation.batch.keys import RecordKey
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.backing import Shape
from bedrock_playground.patterns.members import Member, Solo


def calls_of(
    label: str,
    member: Member,
    asked: Iterable[tuple[int, InvocationRequest]],
    *,
    shape: Shape,
    repeats: Iterable[int] = (0,),
) -> Iterator[tuple[RecordKey, InvocationRequest]]:
    """Make the calls of one contender, one by one as they are asked for.

    Args:
        label: The contender's label.
        member: Who answers: a model with its settings.
        asked: The number of each case and what is asked of it; the request's ``model_id`` means nothing.
        shape: Makes the model's own request of it.
        repeats: Which repeats of each case.

    Raises:
        BatchRefused: The contender is a pattern, or its model's rules refuse a case.
    """
    if not isinstance(member, Solo):
        raise BatchRefused(
            f"{member.title} is a pattern: it decides from answer to answer what to call next, and a batch "
            "job gives its answers all at the end. Run it in real time, or take its models as contenders."
        )
    wanted = tuple(repeats)
    for number, request in asked:
        built = shape(member.variant, request)
        if built.refusals:
            raise BatchRefused(f"{label}, case {number}: {built.refusals[0]}", built.refusals)
        for repeat in wanted:
            yield RecordKey(label, number, repeat), built.request
