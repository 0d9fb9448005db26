"""Eight lanes and two sessions at once against a small limit: real boto3 over loopback, a real ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bedrock_playground.history import RunStore
from bedrock_playground.invocation import (
    BedrockInvoker,
    ClientConfig,
    Comparison,
    RetryPolicy,
    RunState,
    SpendingLimitReached,
)
from bedrock_playground.invocation.values import InferenceParameters
from bedrock_playground.spending import Account, GuardedInvoker, Limits
from tests.unit.spending.test_spending_estimate import asked, estimator
from tests.wire.invocation.scripted import Exchange, ScriptedServer

WORST = (944 * Decimal(3) + 100 * Decimal(15)) / 1_000_000
"""What one of the lanes' requests costs at most."""
ACTUAL = (7 * Decimal(3) + 3 * Decimal(15)) / 1_000_000
"""What it costs: the scripted server tells 7 tokens in and 3 out."""
LANES = 8
REPEAT = 3


class Watched:
    """A server that looks at the ledger while it answers, and counts what it was sent."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look
        self.sent = 0
        self.lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        with self.lock:
            self.sent += 1
        self.look()
        exchange.answer("Hi")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as opened:
        yield opened


def guarded(url: str, account: Account) -> GuardedInvoker:
    config = ClientConfig(
        region="us-east-1", endpoint_url=url, access_key_id="AKIDTEST", secret_access_key="s", read_timeout=20
    )
    by = estimator()
    return GuardedInvoker(
        BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1)),
        account=account,
        estimator=lambda: by,
    )


@pytest.mark.parametrize("affordable", [1, 3, 10])
def test_two_sessions_of_eight_lanes_never_overspend(store: RunStore, affordable: int) -> None:
    limit = WORST * affordable + ACTUAL
    accounts = [Account(store.ledger, session=name, ceiling=Limits(day=limit)) for name in ("one", "two")]
    seen: list[Decimal] = []
    watched = Watched(lambda: seen.append(store.ledger().totals("one").day.counted))
    server = ScriptedServer(watched)
    request = replace(asked(), parameters=InferenceParameters(max_tokens=100))
    try:
        comparisons = [
            Comparison(guarded(server.url, account), recorder=store.recorder(), endpoint="bedrock")
            for account in accounts
        ]
        for comparison in comparisons:
            comparison.start([request] * LANES, repeat=REPEAT)
        assert all(comparison.wait(60) for comparison in comparisons)
    finally:
        server.close()
    runs = [run for comparison in comparisons for lane in comparison.lanes for run in lane.runs]
    done = [run for run in runs if run.state is RunState.COMPLETED]
    refused = [run.result.error for run in runs if run.result is not None and run.result.error is not None]
    assert len(runs) == 2 * LANES * REPEAT == len(done) + len(refused)
    assert all(isinstance(error, SpendingLimitReached) for error in refused)
    # What was refused was never sent, and while anything ran the limit held.
    assert watched.sent == len(done) >= affordable
    assert max(seen) <= limit
    totals = store.ledger().totals("one")
    assert totals.day.counted == totals.day.spent == ACTUAL * len(done) <= limit
    assert refused, "the limit was never reached, so nothing was tested"


def test_a_session_s_limit_is_its_own(store: RunStore) -> None:
    server = ScriptedServer(Exchange.answer)
    request = replace(asked(), parameters=InferenceParameters(max_tokens=100))
    states = {}
    try:
        for name, limit in (("poor", WORST / 2), ("rich", WORST * LANES)):
            account = Account(store.ledger, session=name, ceiling=Limits(session=limit))
            comparison = Comparison(guarded(server.url, account), endpoint="bedrock")
            comparison.start([request] * LANES)
            assert comparison.wait(60)
            states[name] = {run.state for lane in comparison.lanes for run in lane.runs}
    finally:
        server.close()
    assert states == {"poor": {RunState.FAILED}, "rich": {RunState.COMPLETED}}
