"""Lanes price themselves as they end, tell the recorder, and keep what was recorded when they come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation import Comparison, InvocationRequest, InvocationResult, RunIdentity
from bedrock_playground.invocation.cost import Confidence, Cost
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import STOP, Exchange, event_frame, text_event

MODEL = "anthropic.claude-x-v1:0"
PRICE = Price(
    model_id=MODEL,
    rates=Rates(
        input=Decimal(3), output=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"),
        cache_write_1h=Decimal(6),
    ),
    source="a source 1",
    as_of=date(2026, 11, 22),
    confidence=Confidence.CONFIRMED,
)  # fmt: skip
FLEX = replace(PRICE, tier="flex", rates=Rates(input=Decimal(1), output=Decimal(2)))
BOOK = PriceBook(listed=((PRICE, FLEX),))


class Records:
    """A recorder that keeps what each run cost."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost | None] = {}

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        self.costs[identity.run_id] = None

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        self.costs[identity.run_id] = cost


def serving(usage: dict[str, Any] | None, tier: str | None = None) -> Callable[[Exchange], None]:
    """Answer with these token counts and this echoed tier."""
    told: dict[str, Any] = {"metrics": {"latencyMs": 5}}
    told |= {"usage": usage} if usage is not None else {}
    told |= {"serviceTier": {"type": tier}} if tier is not None else {}

    def handler(exchange: Exchange) -> None:
        exchange.head()
        for frame in (text_event("Hi"), STOP, event_frame("metadata", told)):
            exchange.chunk(frame)
        exchange.end()

    return handler


def run_once(serve: Serve, handler: Callable[[Exchange], None], **more: Any) -> tuple[Comparison, Records]:
    records = Records()
    comparison = Comparison(
        invoker_for(serve(handler).url), recorder=records, pricer=BOOK.pricer(), endpoint="bedrock"
    )
    comparison.start([replace(InvocationRequest.from_prompt(MODEL, "Hi"), **more)])
    assert comparison.wait(20)
    return comparison, records


USAGE = {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100}
CACHED = {
    **USAGE,
    "cacheReadInputTokens": 2000,
    "cacheWriteInputTokens": 400,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 100}, {"ttl": "5m", "inputTokens": 300}],
}


@pytest.mark.parametrize(
    ("usage", "tier", "amount"),
    [
        (USAGE, None, "0.0045"),
        (USAGE, "default", "0.0045"),
        (USAGE, "flex", "0.0012"),
        # 3,000 + 1,500 + 2,000 x 0.3 + 300 x 3.75 + 100 x 6, each in millionths.
        (CACHED, None, "0.006825"),
    ],
)
def test_a_lane_prices_itself_by_what_came_over_the_wire(
    *, serve: Serve, usage: dict[str, Any], tier: str | None, amount: str
) -> None:
    comparison, records = run_once(serve, serving(usage, tier), service_tier="flex" if tier else None)
    run = comparison.lane("A").runs[0]
    assert run.cost is not None
    assert run.cost.amount == Decimal(amount)
    assert run.cost.confidence is Confidence.CONFIRMED
    assert records.costs == {run.identity.run_id: run.cost}


@pytest.mark.parametrize(
    "handler",
    [serving(None), lambda exchange: exchange.error(403, "AccessDeniedException", "no")],
    ids=["no usage told", "refused"],
)
def test_without_token_counts_the_cost_is_unknown(serve: Serve, handler: Callable[[Exchange], None]) -> None:
    comparison, records = run_once(serve, handler)
    cost = comparison.lane("A").runs[0].cost
    assert cost is not None
    assert cost.amount is None
    assert "no token counts" in (cost.note or "")
    assert list(records.costs.values()) == [cost]


def test_a_run_that_was_never_sent_cost_nothing(serve: Serve) -> None:
    sent = threading.Event()

    def handler(exchange: Exchange) -> None:
        sent.set()
        exchange.wait_for_client_to_leave(60)

    comparison = Comparison(
        invoker_for(serve(handler).url, stall=60), pricer=BOOK.pricer(), endpoint="bedrock"
    )
    comparison.start([InvocationRequest.from_prompt(MODEL, "Hi")], repeat=2)
    assert sent.wait(20)
    comparison.cancel()
    assert comparison.wait(20)
    first, second = (run.cost for run in comparison.lane("A").runs)
    assert first is not None
    assert first.amount is None
    assert second is not None
    assert (second.amount, second.confidence) == (Decimal(0), Confidence.EXACT)


def test_a_pricer_that_fails_leaves_the_answer_alone(serve: Serve) -> None:
    class Broken:
        def cost(self, *_: object) -> Cost:
            raise ArithmeticError("no")

    comparison = Comparison(invoker_for(serve(serving(USAGE)).url), pricer=Broken())
    comparison.start([InvocationRequest.from_prompt(MODEL, "Hi")])
    assert comparison.wait(20)
    run = comparison.lane("A").runs[0]
    assert run.text == "Hi"
    assert run.cost is not None
    assert run.cost.amount is None
    assert "ArithmeticError: no" in (run.cost.note or "")


def test_a_restored_comparison_shows_what_was_recorded_and_prices_what_comes(serve: Serve) -> None:
    handler = serving(USAGE)
    comparison, _ = run_once(serve, handler)
    run = comparison.lane("A").runs[0]
    then = Cost(Decimal("0.5"), Confidence.USER, "the price of that day", date(2025, 1, 1))
    again = Comparison.restore(
        invoker_for(serve(handler).url),
        runs=[(run.identity, run.request, run.result)],
        costs={run.identity.run_id: then},
        pricer=BOOK.pricer(),
    )
    assert again.lane("A").runs[0].cost == then
    again.follow_up("And?")
    assert again.wait(20)
    follow_up = again.lane("A").runs[1].cost
    assert follow_up is not None
    assert follow_up.amount == Decimal("0.0045")
