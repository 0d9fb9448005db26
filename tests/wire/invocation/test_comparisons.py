"""Comparisons over real boto3: independence of the lanes, records, cancel, turns and reruns."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.invocation import (
    AccessDenied,
    Cancelled,
    Comparison,
    InvocationRequest,
    InvocationResult,
    InvocationStream,
    NotReadyError,
    RunIdentity,
    RunState,
    UnexpectedError,
)
from bedrock_playground.invocation.cost import Cost
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import METADATA, STOP, Exchange, text_event

LETTERS = "ABCDEFGH"


def requests(count: int = 2) -> list[InvocationRequest]:
    return [InvocationRequest.from_prompt(f"model-{letter}", "Say hello") for letter in LETTERS[:count]]


def model(exchange: Exchange) -> str:
    return exchange.path.split("/")[2]


class Records:
    """A recorder that notes who called, and may fail."""

    def __init__(self, *, fail_on: str = "") -> None:
        self.calls: list[tuple[str, RunIdentity, Any]] = []
        self.fail_on = fail_on
        self.on_start: Any = lambda: None
        self.on_finish: Any = lambda: None

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        self.on_start()
        self.calls.append(("started", identity, request))
        if self.fail_on == "started":
            raise OSError("the disk is full")

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        self.on_finish()
        self.calls.append(("finished", identity, result))
        if self.fail_on == "finished":
            raise OSError("the disk is full")


def echo(exchange: Exchange) -> None:
    """Answer with the number of messages and the last one."""
    messages = exchange.json()["messages"]
    exchange.answer(f"{len(messages)}:", messages[-1]["content"][0]["text"])


class TestLanes:
    def test_eight_lanes_are_independent(self, serve: Serve) -> None:
        release = threading.Event()

        def handler(exchange: Exchange) -> None:
            match model(exchange):
                case "model-B":
                    exchange.head()
                    exchange.chunk(text_event("part"))
                    release.wait(60)
                case "model-D":
                    exchange.error(403, "AccessDeniedException", "no")
                case "model-F":
                    exchange.reset()
                case _:
                    exchange.answer()

        comparison = Comparison(invoker_for(serve(handler).url, stall=60))
        comparison.start(requests(8))
        others = [lane for lane in comparison.lanes if lane.label != "B"]
        deadline = time.monotonic() + 20
        while any(lane.busy for lane in others):
            assert time.monotonic() < deadline, "a hanging lane delays the others"
            time.sleep(0.01)
        assert [lane.label for lane in comparison.lanes] == list(LETTERS)
        states = {lane.label: lane.state for lane in comparison.lanes}
        assert states["B"] is RunState.RUNNING
        assert states["D"] is states["F"] is RunState.FAILED
        assert {states[letter] for letter in "ACEGH"} == {RunState.COMPLETED}
        run = comparison.lane("D").current
        assert run is not None
        assert run.result is not None
        assert isinstance(run.result.error, AccessDenied)
        assert not comparison.done
        assert not comparison.wait(0.01)
        comparison.cancel("B")
        assert comparison.wait(10)
        assert comparison.lane("B").state is RunState.CANCELLED
        release.set()

    def test_a_run_is_seen_growing(self, serve: Serve) -> None:
        steps = [threading.Event() for _ in range(3)]

        def handler(exchange: Exchange) -> None:
            exchange.head()
            for step, text in zip(steps, ("one ", "two ", "three"), strict=True):
                assert step.wait(10)
                exchange.chunk(text_event(text))
            exchange.chunk(STOP)
            exchange.chunk(METADATA)
            exchange.end()

        comparison = Comparison(invoker_for(serve(handler).url))
        comparison.start(requests(1))
        run = comparison.lanes[0].runs[0]
        versions, seen = [comparison.version], [run.text]
        for step, expected in zip(steps, ("one ", "one two ", "one two three"), strict=True):
            step.set()
            while run.text != expected:
                time.sleep(0.002)
            versions.append(comparison.version)
            seen.append(run.text)
        assert comparison.wait(10)
        assert versions == sorted(set(versions))
        assert [run.text[len(before) :] for before in seen[:2]] == ["one two three", "two three"]
        assert [characters for _, characters in run.arrivals] == [4, 8, 13]
        result = run.result
        assert result is not None
        assert tuple(at for at, _ in run.arrivals) == result.timing.arrivals
        assert run.time_to_first_token == result.timing.time_to_first_token
        assert run.elapsed == result.timing.total
        assert run.usage is not None
        assert run.usage.output_tokens == 3

    def test_repeats_run_one_after_the_other(self, serve: Serve) -> None:
        running, overlaps = [0], [0]

        def handler(exchange: Exchange) -> None:
            running[0] += 1
            overlaps[0] += running[0] > 1
            time.sleep(0.02)
            running[0] -= 1
            exchange.answer()

        comparison = Comparison(invoker_for(serve(handler).url))
        comparison.start(requests(1), repeat=3)
        assert comparison.wait(20)
        assert overlaps == [0]
        runs = comparison.lanes[0].runs
        assert [run.identity.repeat for run in runs] == [0, 1, 2]
        assert len({run.identity.run_id for run in runs}) == 3
        assert {run.state for run in runs} == {RunState.COMPLETED}

    def test_a_defect_of_an_invoker_fails_its_lane_alone(self, serve: Serve) -> None:
        class Broken:
            def stream(self, request: InvocationRequest) -> InvocationStream:
                raise ZeroDivisionError("oops")

        good = invoker_for(serve(Exchange.answer).url)
        comparison = Comparison(good)
        comparison.start(requests(2), invokers=[Broken(), good])
        assert comparison.wait(10)
        broken, fine = (lane.current for lane in comparison.lanes)
        assert broken is not None
        assert fine is not None
        assert broken.result is not None
        assert broken.result.error == UnexpectedError("ZeroDivisionError: oops")
        assert fine.state is RunState.COMPLETED

    @pytest.mark.parametrize(
        "arguments",
        [
            {"requests": []},
            {"requests": requests(2), "labels": ["A"]},
            {"requests": requests(2), "labels": ["A", "A"]},
            {"requests": requests(2), "invokers": []},
            {"requests": requests(2), "repeat": 0},
        ],
    )
    def test_what_cannot_be_started(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"needs at least one|Give one label"):
            Comparison(invoker_for("http://127.0.0.1:9")).start(**arguments)


class TestCancel:
    def test_what_waits_is_cancelled_too_and_not_sent(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        server = serve(handler)
        comparison = Comparison(invoker_for(server.url, stall=60))
        comparison.start(requests(2), repeat=3)
        while not all(lane.runs[0].text for lane in comparison.lanes):
            time.sleep(0.005)
        comparison.cancel()
        assert comparison.wait(10)
        assert len(server.exchanges) == 2
        for lane in comparison.lanes:
            assert [run.state for run in lane.runs] == [RunState.CANCELLED] * 3
            assert [run.text for run in lane.runs] == ["part", "", ""]
            assert lane.current is lane.runs[0], "the run that has something to show"
            for run in lane.runs:
                assert run.result is not None
                assert isinstance(run.result.error, Cancelled)

    def test_what_waited_is_recorded_too_exactly_once(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        records, server = Records(), serve(handler)
        comparison = Comparison(invoker_for(server.url, stall=60), recorder=records)
        comparison.start(requests(2), repeat=3)
        while not all(lane.runs[0].text for lane in comparison.lanes):
            time.sleep(0.005)
        comparison.cancel()
        comparison.cancel()
        assert comparison.wait(10), "done is: recorded"
        assert len(server.exchanges) == 2
        for lane in comparison.lanes:
            of_lane = [call for call in records.calls if call[1].label == lane.label]
            assert [(kind, identity) for kind, identity, _ in of_lane] == [
                (kind, run.identity) for run in lane.runs for kind in ("started", "finished")
            ]
            assert [found for kind, _, found in of_lane if kind == "finished"] == [
                run.result for run in lane.runs
            ]
        recorded = [(who, requests(1)[0], found) for kind, who, found in records.calls if kind == "finished"]
        again = Comparison.restore(invoker_for(server.url), runs=recorded).lanes[0]
        assert [run.identity.repeat for run in again.runs] == [0, 1, 2]
        assert again.current is again.runs[0], "the run that has something to show"

    def test_neither_stopping_nor_a_rerun_waits_for_a_slow_history(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        records, answers = Records(), threading.Event()
        comparison = Comparison(invoker_for(serve(handler, echo).url, stall=60), recorder=records)
        comparison.start(requests(1), repeat=3)
        lane = comparison.lanes[0]
        while not lane.runs[0].text:
            time.sleep(0.005)
        records.on_start = lambda: answers.wait(10)
        comparison.cancel()
        assert not answers.is_set()
        assert [run.state for run in lane.runs[1:]] == [RunState.CANCELLED] * 2
        assert lane.busy
        comparison.rerun("A")
        answers.set()
        assert comparison.wait(10)
        assert [run.state for run in lane.runs] == [RunState.CANCELLED] * 3 + [RunState.COMPLETED] * 3
        ended = [identity.run_id for kind, identity, _ in records.calls if kind == "finished"]
        assert sorted(ended) == sorted(run.identity.run_id for run in lane.runs)

    def test_a_recorder_that_fails_for_what_waited_harms_nothing(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        records = Records(fail_on="finished")
        comparison = Comparison(invoker_for(serve(handler, echo).url, stall=60), recorder=records)
        comparison.start(requests(1), repeat=3)
        lane = comparison.lanes[0]
        while not lane.runs[0].text:
            time.sleep(0.005)
        comparison.cancel()
        assert comparison.wait(10)
        assert [run.record_error for run in lane.runs] == ["OSError: the disk is full"] * 3
        comparison.rerun("A")
        assert comparison.wait(10)
        assert lane.state is RunState.COMPLETED

    def test_the_others_go_on(self, serve: Serve) -> None:
        go = threading.Event()

        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            go.wait(10)
            exchange.chunk(STOP)
            exchange.end()

        comparison = Comparison(invoker_for(serve(handler).url))
        comparison.start(requests(2))
        while not all(lane.runs[0].text for lane in comparison.lanes):
            time.sleep(0.005)
        comparison.cancel("A")
        go.set()
        assert comparison.wait(10)
        assert [lane.state for lane in comparison.lanes] == [RunState.CANCELLED, RunState.COMPLETED]


class TestRecords:
    def test_start_before_anything_is_sent_and_finish_exactly_once(self, serve: Serve) -> None:
        server = serve(lambda x: x.error(400, "ValidationException", "no"), Exchange.answer)
        records = Records()
        sent_before: list[int] = []
        records.on_start = lambda: sent_before.append(len(server.exchanges))
        comparison = Comparison(
            invoker_for(server.url), recorder=records, region="us-east-1", endpoint="local"
        )
        comparison.start(requests(1), repeat=2)
        assert comparison.wait(10)
        assert sent_before == [0, 1]
        assert [kind for kind, *_ in records.calls] == ["started", "finished"] * 2
        first, second = comparison.lanes[0].runs
        assert [identity for _, identity, _ in records.calls] == [
            first.identity, first.identity, second.identity, second.identity,
        ]  # fmt: skip
        assert records.calls[1][2] is first.result
        assert first.state is RunState.FAILED
        assert second.state is RunState.COMPLETED
        assert (first.identity.region, first.identity.endpoint) == ("us-east-1", "local")
        assert first.identity.comparison_id == comparison.id

    def test_a_run_is_settled_once_its_recorder_is_done_not_before(self, serve: Serve) -> None:
        recording, recorded = threading.Event(), threading.Event()
        records = Records()

        def hold() -> None:
            recording.set()
            recorded.wait(10)

        records.on_finish = hold
        comparison = Comparison(invoker_for(serve(Exchange.answer).url), recorder=records)
        comparison.start(requests(1))
        assert recording.wait(10)
        [run] = comparison.lanes[0].runs
        assert (run.state, run.settled) == (RunState.COMPLETED, False)
        recorded.set()
        assert comparison.wait(10)
        assert run.settled

    @pytest.mark.parametrize("fail_on", ["started", "finished"])
    def test_a_recorder_that_fails_harms_nothing_and_is_reported(self, serve: Serve, fail_on: str) -> None:
        records = Records(fail_on=fail_on)
        comparison = Comparison(invoker_for(serve(Exchange.answer).url), recorder=records)
        comparison.start(requests(1))
        assert comparison.wait(10)
        [run] = comparison.lanes[0].runs
        assert run.state is RunState.COMPLETED
        assert run.record_error == "OSError: the disk is full"
        assert [kind for kind, *_ in records.calls] == ["started", "finished"]


class TestTurns:
    def test_a_further_turn_carries_each_lanes_own_conversation(self, serve: Serve) -> None:
        server = serve(lambda exchange: exchange.answer(f"I am {model(exchange)}"))
        comparison = Comparison(invoker_for(server.url))
        comparison.start(requests(2))
        assert comparison.wait(10)
        assert comparison.follow_up("Sure?") == ()
        assert comparison.wait(10)
        for lane in comparison.lanes:
            assert [run.identity.turn for run in lane.runs] == [0, 1]
            assert [message.text for message in lane.runs[1].request.messages] == [
                "Say hello", f"I am model-{lane.label}", "Sure?",
            ]  # fmt: skip
            assert [message.role for message in lane.runs[1].request.messages] == [
                "user",
                "assistant",
                "user",
            ]

    def test_a_further_turn_can_be_changed_or_left_out_lane_by_lane(self, serve: Serve) -> None:
        server = serve(echo)
        comparison = Comparison(invoker_for(server.url))
        comparison.start(requests(2))
        assert comparison.wait(10)
        would = comparison.next_request("A", "More")
        out = comparison.follow_up(
            "More",
            change=lambda label, sent: replace(sent, system="Now") if label == "A" else None,
        )
        assert out == ("B",)
        assert comparison.wait(10)
        assert would
        assert [len(lane.runs) for lane in comparison.lanes] == [2, 1]
        assert comparison.lanes[0].runs[-1].request == replace(would, system="Now")
        assert comparison.lanes[0].runs[-1].text == "3:More"

    def test_not_while_a_lane_is_busy_nor_without_any_answer(self, serve: Serve) -> None:
        server = serve(lambda exchange: exchange.wait_for_client_to_leave(60) and None)
        comparison = Comparison(invoker_for(server.url))
        comparison.start(requests(1))
        with pytest.raises(NotReadyError, match="still answering"):
            comparison.follow_up("And?")
        comparison.cancel()
        assert comparison.wait(10)
        with pytest.raises(NotReadyError, match="No lane has an answer"):
            comparison.follow_up("And?")
        with pytest.raises(NotReadyError, match="has been started"):
            comparison.start(requests(1))

    def test_a_lane_without_an_answer_sits_out(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            if model(exchange) == "model-B":
                exchange.error(400, "ValidationException", "no")
            else:
                echo(exchange)

        server = serve(handler)
        comparison = Comparison(invoker_for(server.url))
        comparison.start(requests(2))
        assert comparison.wait(10)
        assert comparison.follow_up("More") == ("B",)
        assert comparison.wait(10)
        a, b = comparison.lanes
        assert a.runs[-1].text == "3:More"
        assert len(b.runs) == 1
        server.handlers[:] = [echo]
        comparison.rerun("B")
        assert comparison.wait(10)
        assert comparison.follow_up("And now") == ()
        assert comparison.wait(10)
        assert [lane.runs[-1].text for lane in comparison.lanes] == ["5:And now", "3:And now"]
        assert {lane.runs[-1].identity.turn for lane in comparison.lanes} == {2}

    def test_a_failed_turn_is_left_out_of_the_conversation(self, serve: Serve) -> None:
        server = serve(echo, lambda x: x.error(400, "ValidationException", "no"), echo)
        comparison = Comparison(invoker_for(server.url))
        comparison.start(requests(1))
        for prompt in ("fails", "works"):
            assert comparison.wait(10)
            comparison.follow_up(prompt)
        assert comparison.wait(10)
        messages = comparison.lanes[0].runs[-1].request.messages
        assert [message.text for message in messages] == ["Say hello", "1:Say hello", "works"]

    def test_an_answer_that_was_stopped_counts_by_its_text(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        comparison = Comparison(invoker_for(serve(handler, echo).url, stall=60))
        comparison.start(requests(1))
        while not comparison.lanes[0].runs[0].text:
            time.sleep(0.005)
        comparison.cancel()
        assert comparison.wait(10)
        comparison.follow_up("Go on")
        assert comparison.wait(10)
        messages = comparison.lanes[0].runs[-1].request.messages
        assert [message.text for message in messages] == ["Say hello", "part", "Go on"]

    def test_a_rerun_replaces_the_latest_turn_of_its_lane_alone(self, serve: Serve) -> None:
        comparison = Comparison(invoker_for(serve(echo).url))
        comparison.start(requests(2))
        assert comparison.wait(10)
        comparison.follow_up("More", repeat=2)
        assert comparison.wait(10)
        comparison.rerun("A")
        assert comparison.wait(10)
        a, b = comparison.lanes
        assert [(run.identity.turn, run.identity.repeat, run.superseded) for run in a.runs] == [
            (0, 0, False), (1, 0, True), (1, 1, True), (1, 0, False), (1, 1, False),
        ]  # fmt: skip
        assert a.current is a.runs[-1]
        assert a.runs[-1].request == a.runs[1].request
        assert a.runs[-1].identity.run_id != a.runs[2].identity.run_id
        assert len(b.runs) == 3
        assert not any(run.superseded for run in b.runs)

    def test_a_rerun_stops_what_still_runs(self, serve: Serve) -> None:
        def handler(exchange: Exchange) -> None:
            exchange.head()
            exchange.chunk(text_event("part"))
            exchange.wait_for_client_to_leave(60)

        comparison = Comparison(invoker_for(serve(handler, echo).url, stall=60))
        comparison.start(requests(1))
        while not comparison.lanes[0].runs[0].text:
            time.sleep(0.005)
        comparison.rerun("A")
        assert comparison.wait(10)
        old, new = comparison.lanes[0].runs
        assert (old.state, old.superseded) == (RunState.CANCELLED, True)
        assert (new.state, new.superseded) == (RunState.COMPLETED, False)


class TestRestore:
    def test_a_comparison_comes_back_and_goes_on(self, serve: Serve) -> None:
        invoker = invoker_for(serve(echo).url)
        comparison = Comparison(invoker, endpoint="local")
        comparison.start(requests(2))
        assert comparison.wait(10)
        comparison.rerun("B")
        assert comparison.wait(10)
        recorded = [(run.identity, run.request, run.result) for lane in comparison.lanes for run in lane.runs]
        again = Comparison.restore(invoker, runs=reversed(recorded))
        assert again.done
        assert again.wait(0)
        assert again.id == comparison.id
        assert [lane.label for lane in again.lanes] == ["A", "B"]
        assert [(run.superseded, run.text) for run in again.lanes[1].runs] == [
            (True, "1:Say hello"), (False, "1:Say hello"),
        ]  # fmt: skip
        shown = again.lanes[0].current
        assert shown is not None
        assert shown.result == recorded[0][2]
        again.follow_up("More")
        assert again.wait(10)
        assert [lane.runs[-1].text for lane in again.lanes] == ["3:More", "3:More"]
        assert again.lanes[0].runs[-1].identity.endpoint == "local"

    def test_a_run_whose_process_died_is_interrupted(self, serve: Serve) -> None:
        invoker = invoker_for(serve(echo).url)
        comparison = Comparison(invoker)
        comparison.start(requests(1))
        assert comparison.wait(10)
        [run] = comparison.lanes[0].runs
        again = Comparison.restore(invoker, runs=[(run.identity, run.request, None)])
        assert again.lanes[0].state is RunState.INTERRUPTED
        assert again.done

    def test_only_one_comparison_at_a_time(self) -> None:
        with pytest.raises(ValueError, match="not of 0"):
            Comparison.restore(invoker_for("http://127.0.0.1:9"), runs=[])
