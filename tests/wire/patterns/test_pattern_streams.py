"""What every pattern relies on: runs, accounts, nesting, cancelling, replaying; real boto3 over loopback."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from bedrock_playground.invocation import (
    Cancelled,
    Comparison,
    InvocationEvent,
    InvocationRequest,
    RequestRefused,
    RunState,
    TextDelta,
)
from bedrock_playground.invocation.events import Failed
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Ask, Reply
from bedrock_playground.patterns.stream import PatternInvoker, PatternStream
from tests.wire.invocation.scripted import Exchange, event_frame, text_event
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import Kitchen, ask, play, solo

POLISH = Chain(
    steps=(
        Step(name="draft", member=solo("small"), template="Draft: {{prompt}}"),
        Step(name="final", member=solo("large"), template="Polish: {{draft}}"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOf(Pattern):
    """Asks all at once and takes the first that answers."""

    kind: ClassVar[str] = "first-of"
    members: tuple[Member, ...]
    deadline: float | None = None
    name: str = ""

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        asks = [Ask(f"member {n}", member, asked) for n, member in enumerate(self.members, 1)]
        replies = desk.ask_all(asks, enough=lambda came: any(r.ok for r in came), deadline=self.deadline)
        yield from ()
        return next((reply for reply in replies if reply.ok), replies[0])

    def roles(self) -> tuple[tuple[str, Member], ...]:
        return tuple((f"member {n}", member) for n, member in enumerate(self.members, 1))


def test_each_call_is_a_run_with_the_pattern_as_its_parent_and_the_accounts_add_up(cook: Cook) -> None:
    kitchen = cook()
    result, shown = play(POLISH, kitchen.backing())
    assert kitchen.asked == [("small", "Draft: Hello"), ("large", "Polish: small: Draft: Hello")]
    assert result.text == shown == "large: Polish: small: Draft: Hello"
    assert result.trace is not None
    draft, final = result.trace.calls
    assert [identity.run_id for identity, *_ in kitchen.ended] == [draft.run_id, final.run_id]
    assert {identity.parent_id for identity, *_ in kitchen.ended} == {draft.parent_id}
    assert [identity.role for identity, *_ in kitchen.ended] == ["draft", "final"]
    assert result.usage is not None
    assert (result.usage.input_tokens, result.usage.output_tokens) == (14, 6)
    # Six tokens of two calls were not written in the time of the second one.
    assert result.timing.tokens_per_second(result.usage.output_tokens) is None
    assert [call.cost for call in result.trace.calls] == [Decimal("0.03"), Decimal("0.03")]
    assert result.timing.total is not None
    assert draft.started <= (draft.ended or 0) <= final.started <= (final.ended or 0) <= result.timing.total
    assert [decision.role for decision in result.trace.decisions] == ["draft"]


def test_a_comparison_prices_a_pattern_by_its_calls_and_gives_them_its_letter(cook: Cook) -> None:
    kitchen = cook()
    comparison = Comparison(PatternInvoker(POLISH, kitchen.backing()), recorder=kitchen, pricer=kitchen)
    comparison.start([replace(ask(), model_id=POLISH.model_id)])
    assert comparison.wait(20)
    (run,) = comparison.lanes[0].runs
    assert run.state is RunState.COMPLETED
    assert run.cost is not None
    assert run.cost.amount == Decimal("0.06")
    inner = [identity for identity, *_ in kitchen.ended if identity.parent_id]
    assert {(each.parent_id, each.label, each.comparison_id) for each in inner} == {
        (run.identity.run_id, "A", run.identity.comparison_id)
    }


def test_a_pattern_inside_a_pattern_is_one_call_with_calls_of_its_own(cook: Cook) -> None:
    kitchen = cook()
    outer = Chain(steps=(Step(name="inner", member=POLISH), Step(name="last", member=solo("other"))))
    result, _ = play(outer, kitchen.backing())
    assert result.trace is not None
    inner, draft, final, last = result.trace.calls
    assert (inner.model_id, inner.cost) == ("pattern:chain", Decimal("0.06"))
    assert {draft.parent_id, final.parent_id} == {inner.run_id}
    assert inner.parent_id == last.parent_id
    assert result.usage is not None
    assert result.usage.output_tokens == 9
    # Times of what is inside are told by the outer clock.
    assert inner.started <= draft.started <= final.started <= (inner.ended or 0)


def test_an_unknown_price_makes_the_sum_unknown(cook: Cook) -> None:
    kitchen = cook()
    pattern = Chain(steps=(Step(name="a", member=solo("unpriced")), Step(name="b", member=solo("b"))))
    comparison = Comparison(PatternInvoker(pattern, kitchen.backing()), pricer=kitchen)
    comparison.start([replace(ask(), model_id=pattern.model_id)])
    assert comparison.wait(20)
    cost = comparison.lanes[0].runs[0].cost
    assert cost is not None
    assert cost.amount is None
    assert "1 of its calls" in (cost.note or "")


def test_what_the_models_rules_refuse_is_not_sent_and_costs_nothing(cook: Cook) -> None:
    kitchen = cook()
    pattern = Chain(steps=(Step(name="a", member=solo("refused")), Step(name="b", member=solo("b"))))
    result, _ = play(pattern, kitchen.backing())
    assert isinstance(result.error, RequestRefused)
    assert kitchen.asked == []
    assert result.trace is not None
    assert result.trace.calls[0].cost == 0


def test_cancelling_ends_the_call_that_runs_and_keeps_its_text(cook: Cook) -> None:
    began = threading.Event()

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
        exchange.chunk(text_event("Half"))
        began.wait(20)

    kitchen = cook(says)
    stream = PatternInvoker(Chain(steps=(Step(name="only", member=solo("m")),)), kitchen.backing()).stream(
        ask()
    )
    events: list[InvocationEvent] = []
    for event in stream:
        events.append(event)
        if isinstance(event, TextDelta):
            stream.cancel()
    began.set()
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, Cancelled)
    assert last.result.text == "Half"
    assert [result.state for _, _, result, _ in kitchen.ended] == [RunState.CANCELLED]


def test_who_is_not_waited_for_is_ended_and_recorded_all_the_same(cook: Cook) -> None:
    release = threading.Event()

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "slow":
            release.wait(20)
        exchange.answer(model)

    kitchen = cook(says)
    result, shown = play(FirstOf(members=(solo("slow"), solo("fast"))), kitchen.backing())
    release.set()
    assert (result.text, shown) == ("fast", "fast")
    assert sorted(result.state.value for _, _, result, _ in kitchen.ended) == ["cancelled", "completed"]


def test_a_replay_sends_nothing_and_comes_to_the_same(cook: Cook) -> None:
    kitchen = cook()
    backing = kitchen.backing()
    result, _ = play(POLISH, backing)
    sent = len(kitchen.asked)
    again, shown = play(POLISH, replace(backing, journal=kitchen.journal()))
    assert len(kitchen.asked) == sent
    assert (again.text, shown, again.usage) == (result.text, result.text, result.usage)
    assert again.trace is not None
    assert all(call.replayed for call in again.trace.calls)
    totals = [recorded.timing.total or 0.0 for _, _, recorded, _ in kitchen.ended]
    assert again.timing.total == sum(totals)


def test_a_replay_says_what_was_never_called(cook: Cook) -> None:
    kitchen = cook()
    play(POLISH, kitchen.backing())
    result, _ = play(POLISH, kitchen.backing(journal=kitchen.journal()), "Another prompt")
    assert type(result.error).__name__ == "NotRecorded"


def test_a_replay_waits_for_the_slowest_that_counts(cook: Cook) -> None:
    kitchen = cook()
    play(Chain(steps=(Step(name="a", member=solo("a")),)), kitchen.backing())
    play(Chain(steps=(Step(name="b", member=solo("b")),)), kitchen.backing())
    _time(kitchen, 3.0, 2.0)
    both = FirstOf(members=(solo("a"), solo("b")))
    result, _ = play(both, kitchen.backing(journal=kitchen.journal()))
    assert (result.text, result.timing.total) == ("b: Hello", 2.0)
    late, _ = play(replace(both, deadline=1.5), kitchen.backing(journal=kitchen.journal()))
    assert late.timing.total == 1.5


def _time(kitchen: Kitchen, *totals: float) -> None:
    for index, total in enumerate(totals):
        identity, request, result, cost = kitchen.ended[index]
        timed = replace(result, timing=replace(result.timing, total=total))
        kitchen.ended[index] = (identity, request, timed, cost)


def test_its_trace_can_be_looked_at_while_it_runs(cook: Cook) -> None:
    stream = PatternInvoker(POLISH, cook().backing()).stream(ask())
    assert isinstance(stream, PatternStream)
    assert not stream.trace.calls
    for event in stream:
        if isinstance(event, TextDelta):
            assert stream.trace.calls[0].state == "completed"
