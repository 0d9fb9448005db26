"""The ladder: who is asked after whom, what is waited for, skipped, hedged, held back; real boto3."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation import (
    BedrockInvoker,
    Cancelled,
    ClientConfig,
    InvocationResult,
    NobodyAnswered,
    NotRecorded,
    RequestRefused,
    RetryPolicy,
    StreamInterrupted,
    ValidationFailed,
)
from bedrock_playground.invocation.trace import cost_of_calls
from bedrock_playground.patterns.backing import Invokers
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.policies import POLICIES, PolicyName
from bedrock_playground.patterns.stream import PatternInvoker
from bedrock_playground.patterns.trying import Target
from tests.wire.invocation.scripted import Exchange, event_frame, text_event
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import FAILURES, Kitchen, ask, echo, play, solo

COVERED: dict[str, PolicyName] = {
    "throttled": "throttling",
    "unready": "capacity",
    "down": "capacity",
    "slow": "timeout",
    "denied": "access",
    "missing": "access",
    "long": "context too long",
    "cut": "broken",
}


def says(model: str, prompt: str, exchange: Exchange) -> None:
    """A model called ``throttled-2`` is throttled; one whose name is no failure answers."""
    kind = model.partition("-")[0]
    if kind == "cut":
        cut(exchange, "Half an ")
    elif kind in FAILURES:
        status, code, message = FAILURES[kind]
        exchange.error(status, code, f"{message} ({model})")
    else:
        echo(model, prompt, exchange)


def cut(exchange: Exchange, text: str) -> None:
    exchange.head()
    exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
    exchange.chunk(text_event(text))
    # Without messageStop. Closing the connection instead could lose what it has not read yet.
    exchange.end()


def ladder(*models: str, tries: int = 1, **fields: Any) -> Fallback:
    targets = tuple(Target(member=solo(model), tries=tries) for model in models)
    return Fallback(targets=targets, base_delay=0.01, **fields)


def decisions(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [decision.text for decision in result.trace.decisions]


def roles(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [call.role for call in result.trace.calls]


def test_the_first_that_answers_is_the_answer_and_nobody_behind_it_is_asked(cook: Cook) -> None:
    kitchen = cook(says)
    result, shown = play(ladder("good", "better"), kitchen.backing())
    assert (result.text, shown) == ("good: Hello", "good: Hello")
    assert [model for model, _ in kitchen.asked] == ["good"]
    assert decisions(result) == ["target 1 answered."]


@pytest.mark.parametrize(("kind", "policy"), COVERED.items())
def test_a_policy_goes_on_after_what_it_covers_and_no_other_one_does(
    cook: Cook, kind: str, policy: PolicyName
) -> None:
    kitchen = cook(says)
    result, _ = play(ladder(kind, "good", when=(policy,), hold=True), kitchen.backing())
    assert result.text == "good: Hello"
    assert decisions(result)[-1] == "target 2 answered."
    assert f": {policy}." in decisions(result)[0]
    others = tuple(name for name in POLICIES if name not in {policy, "any"})
    kitchen.asked.clear()
    result, _ = play(ladder(kind, "good", when=others, hold=True), kitchen.backing())
    assert result.error is not None
    assert not isinstance(result.error, NobodyAnswered)
    assert [model for model, _ in kitchen.asked] == [kind]
    assert "no policy goes on" in decisions(result)[-1]


def test_a_wrong_request_ends_the_ladder_unless_anything_goes(cook: Cook) -> None:
    kitchen = cook(says)
    result, _ = play(ladder("wrong", "good", when=("context too long", "access")), kitchen.backing())
    assert isinstance(result.error, ValidationFailed)
    result, _ = play(ladder("wrong", "good", when=("any",)), kitchen.backing())
    assert result.text == "good: Hello"


def test_when_nobody_answers_the_last_ones_words_are_told(cook: Cook) -> None:
    kitchen = cook(says)
    result, _ = play(ladder("throttled", "down"), kitchen.backing())
    assert isinstance(result.error, NobodyAnswered)
    assert "target 2" in result.error.message
    assert "Unavailable. (down)" in result.error.message
    assert result.error.code == "ServiceUnavailableException"


def test_a_target_is_tried_again_after_a_wait_and_each_try_is_a_run(cook: Cook) -> None:
    calls: dict[str, int] = defaultdict(int)

    def third_time(model: str, prompt: str, exchange: Exchange) -> None:
        calls[model] += 1
        says("throttled" if calls[model] < 3 else model, prompt, exchange)

    kitchen = cook(third_time)
    result, _ = play(ladder("moody", "good", tries=3), kitchen.backing())
    assert result.text == "moody: Hello"
    assert roles(result) == ["target 1"] * 3
    assert len(kitchen.ended) == 3
    assert all(len(each.attempts) == 1 for _, _, each, _ in kitchen.ended)
    assert [bool(re.search(r"tried again after 0\.0\d s", text)) for text in decisions(result)] == [
        True,
        True,
        False,
    ]


def test_whoever_asks_to_be_left_alone_for_long_is_left_for_the_next(cook: Cook) -> None:
    def busy(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "busy":
            exchange.error(429, "ThrottlingException", "Later.", headers={"Retry-After": "30"})
        else:
            echo(model, prompt, exchange)

    kitchen = cook(busy)
    result, _ = play(ladder("busy", "good", tries=3), kitchen.backing())
    assert [model for model, _ in kitchen.asked] == ["busy", "good"]
    assert result.text == "good: Hello"


def test_a_short_retry_after_is_sat_out_and_a_replay_waits_as_long(cook: Cook) -> None:
    calls: dict[str, int] = defaultdict(int)

    def busy(model: str, prompt: str, exchange: Exchange) -> None:
        calls[model] += 1
        if calls[model] == 1:
            exchange.error(429, "ThrottlingException", "Later.", headers={"Retry-After": "0.2"})
        else:
            echo(model, prompt, exchange)

    kitchen = cook(busy)
    pattern = ladder("busy", tries=2)
    result, _ = play(pattern, kitchen.backing())
    assert result.trace is not None
    one, two = result.trace.calls
    assert two.started - (one.ended or 0.0) >= 0.2
    again, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    other, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert again.timing == other.timing
    assert decisions(again) == decisions(result)
    assert again.trace is not None
    assert again.trace.calls[1].started - (again.trace.calls[0].ended or 0.0) >= 0.2


# Broken answers


def test_an_answer_that_breaks_off_stays_as_it_is_and_nobody_else_is_asked(cook: Cook) -> None:
    kitchen = cook(says)
    result, shown = play(ladder("cut", "good", tries=3), kitchen.backing())
    assert isinstance(result.error, StreamInterrupted)
    assert (result.text, shown) == ("Half an ", "Half an ")
    assert [model for model, _ in kitchen.asked] == ["cut"]
    assert "broke off" in decisions(result)[-1]


def test_text_that_is_held_back_can_be_replaced(cook: Cook) -> None:
    kitchen = cook(says)
    result, shown = play(ladder("cut", "good", tries=2, hold=True), kitchen.backing())
    assert (result.text, shown) == ("good: Hello", "good: Hello")
    assert [model for model, _ in kitchen.asked] == ["cut", "cut", "good"]
    assert result.error is None


# Regions


def regional(kitchen: Kitchen) -> Callable[[str], Invokers]:
    def find(region: str) -> Invokers:
        if region == "nowhere-1":
            raise RequestRefused("There is nothing in nowhere-1.")
        config = ClientConfig(
            region=region,
            endpoint_url=kitchen.server.url,
            access_key_id="AKIDTEST",
            secret_access_key="secret",
        )
        once = BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1))
        return Invokers(BedrockInvoker(config=config), once)

    return find


def test_a_target_in_another_region_is_called_recorded_and_priced_there(cook: Cook) -> None:
    def down_here(model: str, prompt: str, exchange: Exchange) -> None:
        here = "/us-east-1/" in exchange.headers["authorization"]
        says("down" if here else model, prompt, exchange)

    kitchen = cook(down_here)
    priced: list[str | None] = []

    class ByRegion:
        def cost(self, identity: Any, request: Any, result: Any) -> Any:
            priced.append(identity.region)
            return kitchen.cost(identity, request, result)

    pattern = Fallback(
        targets=(
            Target(member=solo("m"), tries=1),
            Target(member=solo("m"), region="eu-central-1", tries=1),
        )
    )
    result, _ = play(pattern, kitchen.backing(regions=regional(kitchen), pricer=ByRegion()))
    assert result.text == "m: Hello"
    assert [exchange.headers["authorization"].split("/")[2] for exchange in kitchen.server.exchanges] == [
        "us-east-1",
        "eu-central-1",
    ]
    assert [identity.region for identity, *_ in kitchen.ended] == [None, "eu-central-1"]
    assert priced == ["eu-central-1"]
    assert result.trace is not None
    assert [call.region for call in result.trace.calls] == [None, "eu-central-1"]


@pytest.mark.parametrize(("regions", "region"), [(None, "eu-west-1"), (regional, "nowhere-1")])
def test_a_region_that_cannot_be_reached_is_said_and_not_called(
    cook: Cook, regions: Callable[[Kitchen], Any] | None, region: str
) -> None:
    kitchen = cook(says)
    pattern = Fallback(targets=(Target(member=solo("m"), region=region),))
    result, _ = play(pattern, kitchen.backing(regions=regions and regions(kitchen)))
    assert isinstance(result.error, RequestRefused)
    assert region in result.error.message
    assert kitchen.asked == []


# The breaker


def test_a_breaker_that_opened_leaves_the_target_alone_in_the_next_request(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    pattern = ladder("down", "good", breaker=BreakerPolicy(failures=2, open_for=600))
    for _ in range(2):
        play(pattern, backing)
    kitchen.asked.clear()
    result, _ = play(pattern, backing)
    assert [model for model, _ in kitchen.asked] == ["good"]
    assert result.trace is not None
    skipped, asked = result.trace.calls
    assert (skipped.breaker, skipped.error_type) == ("open", "CircuitOpen")
    assert (skipped.attempts, skipped.cost) == (0, Decimal(0))
    assert (asked.breaker, asked.state) == ("closed", "completed")
    assert decisions(result)[0] == "target 1 was not asked: The circuit breaker of down is open."
    # The record says so too, and a replay of it comes to the same.
    again, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert again.text == "good: Hello"


def test_a_replay_of_a_skipped_target_skips_it(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    pattern = ladder("down", "good", breaker=BreakerPolicy(failures=1, open_for=600))
    play(pattern, backing)
    kitchen.ended.clear()
    result, _ = play(pattern, backing)
    again, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert decisions(again) == decisions(result)
    assert roles(again) == roles(result)


def test_a_probe_closes_the_breaker_again(cook: Cook) -> None:
    healthy = threading.Event()

    def recovering(model: str, prompt: str, exchange: Exchange) -> None:
        says("up" if healthy.is_set() else "down", prompt, exchange)

    kitchen = cook(recovering)
    backing = kitchen.backing()
    pattern = ladder("m", breaker=BreakerPolicy(failures=1, open_for=0.0))
    play(pattern, backing)
    healthy.set()
    result, _ = play(pattern, backing)
    assert result.trace is not None
    assert result.trace.calls[0].breaker == "half-open"
    (breaker,) = backing.breakers.all
    assert breaker.state == "closed"


def test_a_target_whose_breaker_opens_between_two_tries_is_not_tried_again(cook: Cook) -> None:
    kitchen = cook(says)
    pattern = ladder("down", "good", tries=3, breaker=BreakerPolicy(failures=1, open_for=600))
    result, _ = play(pattern, kitchen.backing())
    assert [model for model, _ in kitchen.asked] == ["down", "good"]
    assert result.text == "good: Hello"
    again, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert decisions(again) == decisions(result)


def test_a_wrong_request_says_nothing_of_the_targets_health(cook: Cook) -> None:
    backing = cook(says).backing()
    pattern = ladder("wrong", breaker=BreakerPolicy(failures=1, open_for=600))
    for _ in range(3):
        result, _ = play(pattern, backing)
        assert isinstance(result.error, ValidationFailed)


# Hedging


class Slow:
    """Answers at once, but for a model called ``slow``, which begins when told to."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.left = threading.Event()

    def __call__(self, model: str, prompt: str, exchange: Exchange) -> None:
        if model.startswith("slow"):
            if exchange.wait_for_client_to_leave(20):
                self.left.set()
            return
        says(model, prompt, exchange)


def test_a_hedge_asks_the_next_one_and_ends_the_slow_one(cook: Cook) -> None:
    slow = Slow()
    kitchen = cook(slow)
    pattern = ladder("slow", "good", "other", hedge=Hedge(after=0.05))
    result, shown = play(pattern, kitchen.backing())
    assert (result.text, shown) == ("good: Hello", "good: Hello")
    assert slow.left.wait(20)
    assert sorted(model for model, _ in kitchen.asked) == ["good", "slow"]
    states = {request.model_id: each.error for _, request, each, _ in kitchen.ended}
    assert states["good"] is None
    assert isinstance(states["slow"], Cancelled)
    # Both count: what the one that was ended cost is not told, so that the sum is not known either.
    assert result.trace is not None
    cost = cost_of_calls(result.trace.calls)
    assert cost.amount is None
    assert cost.note == "What 1 of its calls cost is not known. The others came to $0.03."
    assert [text.split(" (")[0] for text in decisions(result)] == [
        "target 1 had not begun after 0.05 s",
        "target 2 began first, so the other was ended.",
        "target 2 answered.",
    ]


def test_a_quick_first_one_is_not_hedged(cook: Cook) -> None:
    kitchen = cook(says)
    result, _ = play(ladder("good", "other", hedge=Hedge(after=15)), kitchen.backing())
    assert [model for model, _ in kitchen.asked] == ["good"]
    assert result.text == "good: Hello"


def test_a_first_one_that_fails_before_the_hedge_is_simply_followed(cook: Cook) -> None:
    kitchen = cook(says)
    result, _ = play(ladder("down", "good", hedge=Hedge(after=15)), kitchen.backing())
    assert result.text == "good: Hello"
    assert not any("is asked too" in text for text in decisions(result))


def test_a_hedge_that_breaks_off_while_held_back_gives_the_overtaken_one_its_turn(cook: Cook) -> None:
    calls: dict[str, int] = defaultdict(int)

    def once_slow(model: str, prompt: str, exchange: Exchange) -> None:
        calls[model] += 1
        if model == "slow" and calls[model] == 1:
            exchange.wait_for_client_to_leave(20)
        elif model == "slow":
            echo(model, prompt, exchange)
        else:
            says(model, prompt, exchange)

    kitchen = cook(once_slow)
    result, _ = play(ladder("slow", "cut", hold=True, hedge=Hedge(after=0.05)), kitchen.backing())
    assert result.text == "slow: Hello"
    assert calls == {"slow": 2, "cut": 1}


def test_stopping_a_race_ends_both(cook: Cook) -> None:
    slow = Slow()
    kitchen = cook(slow)
    pattern = ladder("slow-1", "slow-2", hedge=Hedge(after=0.01))
    stream = PatternInvoker(pattern, kitchen.backing()).stream(ask())
    worker = threading.Thread(target=lambda: list(stream))
    worker.start()
    while len(kitchen.asked) < 2:
        assert not slow.left.wait(0.01)
    stream.cancel()
    worker.join(20)
    assert not worker.is_alive()
    assert all(isinstance(each.error, Cancelled) for _, _, each, _ in kitchen.ended)
    assert len(kitchen.ended) == 2


def test_a_percentile_hedges_by_what_was_measured_once_there_is_enough(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    pattern = ladder("good", "other", hedge=Hedge(after=15, percentile=0.9))
    assert pattern.hedge is not None
    for _ in range(9):
        play(pattern, backing)
    (target, _) = pattern.targets
    assert backing.first_tokens.quantile(target.key, 0.9).value is None
    for _ in range(11):
        play(ladder("good", "other"), backing)
    measured = backing.first_tokens.quantile(target.key, 0.9)
    assert measured.samples == 20
    assert measured.value is not None
    assert measured.value < 15


def test_a_replay_of_a_race_comes_to_the_same_and_takes_the_time_of_then(cook: Cook) -> None:
    kitchen = cook(Slow())
    pattern = ladder("slow", "good", hedge=Hedge(after=0.05))
    result, _ = play(pattern, kitchen.backing())
    again, shown = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert (again.text, shown) == (result.text, result.text)
    assert decisions(again) == decisions(result)
    good = next(each for _, request, each, _ in kitchen.ended if request.model_id == "good")
    assert again.timing.total == pytest.approx(0.05 + (good.timing.total or 0.0))
    assert again.timing.time_to_first_token == pytest.approx(0.05 + (good.timing.time_to_first_token or 0.0))


def test_a_replay_without_a_recorded_hedge_waits_for_the_first(cook: Cook) -> None:
    kitchen = cook(says)
    play(ladder("good", "other"), kitchen.backing())
    identity, request, each, cost = kitchen.ended[0]
    slower = replace(each, timing=replace(each.timing, time_to_first_token=3.0, total=4.0))
    kitchen.ended[0] = (identity, request, slower, cost)
    pattern = ladder("good", "other", hedge=Hedge(after=1.0))
    result, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert (result.text, result.timing.total) == ("good: Hello", 4.0)
    assert roles(result) == ["target 1"]


# The end of the ladder


def test_a_kept_answer_is_given_when_all_fail_and_that_is_said(cook: Cook) -> None:
    healthy = threading.Event()
    healthy.set()

    def ailing(model: str, prompt: str, exchange: Exchange) -> None:
        says(model if healthy.is_set() else "down", prompt, exchange)

    kitchen = cook(ailing)
    backing = kitchen.backing()
    pattern = ladder("one", "two", cached=True)
    play(pattern, backing)
    healthy.clear()
    result, shown = play(pattern, backing)
    assert (result.text, shown, result.error) == ("one: Hello", "one: Hello", None)
    assert result.trace is not None
    kept = result.trace.calls[-1]
    assert (kept.role, kept.cost, kept.attempts) == ("kept", Decimal(0), 0)
    assert "given to the same request before" in (kept.note or "")
    other, _ = play(pattern, backing, "Another prompt")
    assert isinstance(other.error, NobodyAnswered)
    stranger, _ = play(pattern, replace(backing, namespace="somebody else"))
    assert isinstance(stranger.error, NobodyAnswered)


def test_a_shorter_answer_is_asked_for_last_and_that_is_said(cook: Cook) -> None:
    kitchen = cook(says)
    result, shown = play(ladder("down", shorter=solo("small")), kitchen.backing())
    assert (result.text, shown) == ("small: Hello", "small: Hello")
    assert result.trace is not None
    assert result.trace.calls[-1].note == "Every target failed: this is the shorter answer."
    failed, _ = play(ladder("down", shorter=solo("denied")), kitchen.backing())
    assert isinstance(failed.error, NobodyAnswered)
    assert "shorter" in failed.error.message


def test_a_ladder_inside_a_ladder_in_which_nobody_answered_is_gone_on_from(cook: Cook) -> None:
    kitchen = cook(says)
    inner = ladder("down", "throttled")
    pattern = Fallback(targets=(Target(member=inner, tries=1), Target(member=solo("good"))))
    result, _ = play(pattern, kitchen.backing())
    assert result.text == "good: Hello"


def test_a_replay_says_what_was_never_called_by_it(cook: Cook) -> None:
    kitchen = cook(says)
    play(ladder("down"), kitchen.backing())
    result, _ = play(ladder("down", "good"), kitchen.backing(journal=kitchen.journal()))
    assert isinstance(result.error, NotRecorded)


# Properties

KITCHEN: list[Kitchen] = []


@pytest.fixture(scope="module")
def shared_kitchen() -> Any:
    kitchen = Kitchen(says)
    yield kitchen
    kitchen.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    models=st.lists(st.sampled_from([*COVERED, "good", "unpriced"]), min_size=1, max_size=4),
    tries=st.integers(1, 2),
    hedged=st.booleans(),
)
def test_whatever_fails_in_whatever_order_the_first_success_or_the_last_words_end_it(
    shared_kitchen: Kitchen, *, models: list[str], tries: int, hedged: bool
) -> None:
    kitchen = shared_kitchen
    kitchen.ended.clear()
    names = [f"{model}-{number}" for number, model in enumerate(models, 1)]
    pattern: Pattern = replace(
        ladder(*names, tries=tries, when=("any",), hold=True, hedge=Hedge(after=20) if hedged else None),
        base_delay=0.0,
    )
    result, shown = play(pattern, kitchen.backing())
    answers = [name for name in names if name.partition("-")[0] in {"good", "unpriced"}]
    if answers:
        assert result.text == shown == f"{answers[0]}: Hello"
        assert result.error is None
    else:
        assert isinstance(result.error, NobodyAnswered)
        words = FAILURES.get(models[-1], (0, "", "messageStop"))[2]
        assert words in result.error.message
    assert result.trace is not None
    ended = {identity.run_id: (each, cost) for identity, _, each, cost in kitchen.ended}
    assert set(ended) == {call.run_id for call in result.trace.calls}
    costs = [cost.amount for _, cost in ended.values() if cost]
    parent = replace(kitchen.ended[0][0], run_id=kitchen.ended[0][0].parent_id or "")
    own = kitchen.backing().price(parent, ask(), result)
    assert own.amount == (None if None in costs else sum((c for c in costs if c is not None), Decimal(0)))
    told = [each.usage.output_tokens for each, _ in ended.values() if each.usage]
    if result.usage is not None:
        assert result.usage.output_tokens == sum(count for count in told if count is not None)
    again, shown = play(pattern, kitchen.backing(journal=kitchen.journal()))
    assert (again.text, shown, again.error, again.usage) == (
        result.text,
        result.text if result.error is None else "",
        result.error,
        result.usage,
    )
    assert decisions(again) == decisions(result)
