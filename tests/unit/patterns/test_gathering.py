"""Members whose requests cannot even be made: the pattern ends, and says why."""

from __future__ import annotations

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.errors import NobodyAnswered
from bedrock_playground.invocation.events import Failed
from bedrock_playground.invocation.protocol import InvocationStream
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.merging import Vote
from bedrock_playground.patterns.stream import PatternInvoker


class Nobody:
    def stream(self, request: InvocationRequest) -> InvocationStream:
        raise AssertionError(f"{request.model_id} was called")


def broken(_: Variant, __: InvocationRequest) -> BuiltRequest:
    raise LookupError("no such model")


def test_members_that_cannot_be_asked_end_the_pattern_rather_than_hold_it_for_ever() -> None:
    panel = Aggregation(members=(Panelist(member=Solo(variant=Variant(model="a"))),) * 2, by=Vote())
    backing = Backing(invoker=Nobody(), shape=broken)
    *_, last = PatternInvoker(panel, backing).stream(InvocationRequest.from_prompt("", "Hello"))
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, NobodyAnswered)
    assert "no such model" in last.result.error.message
