"""What a browser is sent of a comparison whose names are hidden: held against everything that could tell."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import AccessDenied, Cancelled
from bedrock_playground.invocation.values import (
    Attempt,
    InvocationRequest,
    InvocationResult,
    ReasoningBlock,
    RunState,
    TextBlock,
    ToolUseBlock,
    Usage,
)
from components.live.hub import LiveHub
from components.live.masked import MaskedComparison, mask
from components.live.rendered import Rendering
from components.live.viewer import Viewer
from tests.wire.live.client import LiveClient
from tests.wire.live.scripted import ScriptedComparison

MODELS = {"A": "vendor.alpha-v1:0", "B": "vendor.beta-v1:0", "C": "vendor.gamma-v1:0"}
ORDER = ("C", "A", "B")
TELLING = ("alpha", "beta", "gamma", "vendor", "$0.0421", "req-", "4321", "flex", "prod-guardrail", "thought")


class Watched:
    """A browser that keeps every byte it was sent."""

    def __init__(self, comparison: MaskedComparison) -> None:
        self.client = LiveClient()
        self.sent = ""
        self._rendering = Rendering(lambda: 0.0)
        self._viewer = Viewer(comparison, self._rendering)

    def look(self) -> LiveClient:
        for _ in range(20):
            self._rendering.render(self._rendering.due(self._viewer.runs()))
            frame = self._viewer.next_frame()
            if frame is None:
                break
            self.sent += frame
            self.client.apply(frame)
        return self.client


def three() -> ScriptedComparison:
    comparison = ScriptedComparison(["One, two.", "Three.", "Four, five, six."], rate=0)
    for lane in comparison.lanes:
        for run in lane.runs:
            run.request = InvocationRequest.from_prompt(MODELS[lane.label], "Count.", system="You are alpha.")
            run.request = replace(run.request, service_tier="flex")
    return comparison


def end(comparison: ScriptedComparison, letter: str, **changes: Any) -> None:
    """End a lane's last run as a real one ends: with everything that a service tells."""
    run = next(lane for lane in comparison.lanes if lane.label == letter).runs[-1]
    if run.state is RunState.PENDING:
        run.begin()
    run.grow(run.script)
    run.reasoning = "I thought as gamma does."
    run.cost = Cost(Decimal("0.0421"), Confidence.CONFIRMED, "vendor list")
    run.usage = Usage(input_tokens=4321, output_tokens=4321)
    run.attempts = (Attempt(1, 0.0, 0.4321, "Throttled", "ThrottlingException", f"{MODELS[letter]} is busy"),)
    values: dict[str, Any] = {
        "text": run.script,
        "reasoning": run.reasoning,
        "content": (ReasoningBlock(run.reasoning, signature="gamma"), TextBlock(run.script)),
        "stop_reason": "end_turn",
        "usage": run.usage,
        "attempts": run.attempts,
        "request_id": "req-1",
        "service_tier": "flex",
        "invoked_model_id": MODELS[letter],
        "guardrail_trace": {"modelOutput": ["prod-guardrail"]},
        **changes,
    }
    run.result = InvocationResult(**values)
    run.state = run.result.state


def test_answers_are_held_back_until_all_have_ended_and_tell_nothing_then() -> None:
    comparison = three()
    masked = MaskedComparison(comparison, ORDER)
    watched = Watched(masked)
    assert watched.look().labels == ["1", "2", "3"]
    end(comparison, "A")
    end(comparison, "C")
    client = watched.look()
    assert [client.of(number).text for number in "123"] == ["", "", ""]
    assert {client.of(number).facts["state"] for number in "123"} == {"running"}
    assert client.ended == []
    end(comparison, "B", error=AccessDenied(f"{MODELS['B']} is not allowed", request_id="req-2"))
    client = watched.look()
    assert [client.of(number).text for number in "123"] == ["Four, five, six.", "One, two.", "Three."]
    assert [client.of(number).facts["state"] for number in "123"] == ["completed", "completed", "failed"]
    assert "names" in client.of("3").facts["error"]["what"]
    assert len(client.ended) == 1
    for number in "123":
        facts = client.of(number).facts
        known = {name for name, value in facts.items() if value is not None}
        assert known <= {"state", "stop", "error"}, facts
    for word in TELLING:
        assert word not in watched.sent, word
    real_ids = [run.identity.run_id for lane in comparison.lanes for run in lane.runs]
    assert not [run_id for run_id in real_ids if run_id in watched.sent]
    assert not [letter for letter in "ABC" if json.dumps(letter) in watched.sent]


def test_a_tool_call_shows_without_its_id() -> None:
    comparison = three()
    for letter in "ABC":
        end(comparison, letter, content=(ToolUseBlock(f"toolu_bdrk_{letter}", "weather", {"city": "Oslo"}),))
    watched = Watched(MaskedComparison(comparison, ORDER))
    [call] = watched.look().of("1").facts["tools"]
    assert call["name"] == "weather"
    assert "toolu" not in watched.sent


def test_a_stopped_answer_says_so_and_keeps_its_text() -> None:
    comparison = three()
    for letter in "ABC":
        end(comparison, letter, error=Cancelled("alpha was stopped"))
    client = Watched(MaskedComparison(comparison, ORDER)).look()
    assert client.of("1").facts["state"] == "cancelled"
    assert client.of("1").text == "Four, five, six."
    assert "alpha" not in str(client.of("2").facts)


def test_what_was_seen_stays_while_one_runs_again_and_while_a_turn_follows() -> None:
    comparison = three()
    for letter in "ABC":
        end(comparison, letter)
    masked = MaskedComparison(comparison, ORDER)
    watched = Watched(masked)
    watched.look()
    masked.rerun("1")
    assert comparison.commands == [("rerun", "C")]
    client = watched.look()
    assert (client.of("1").text, client.of("1").facts["state"]) == ("", "running")
    assert client.of("2").text == "One, two."
    end(comparison, "C")
    assert watched.look().of("1").text == "Four, five, six."
    comparison.follow_up("And on?", ["Seven.", "Eight.", "Nine."])
    client = watched.look()
    assert client.of("2").text == "One, two."
    assert client.of("2", 1).text == ""
    end(comparison, "A")
    end(comparison, "B")
    assert watched.look().of("2", 1).text == ""
    end(comparison, "C")
    assert [watched.look().of(number, 1).text for number in "123"] == ["Nine.", "Seven.", "Eight."]


def test_a_stop_reaches_the_lane_behind_the_number() -> None:
    comparison = three()
    masked = MaskedComparison(comparison, ORDER)
    masked.cancel("3")
    masked.cancel()
    assert comparison.commands == [("stop", "B"), ("stop", None)]
    with pytest.raises(KeyError):
        masked.rerun("A")


def test_the_hub_has_one_mask_per_comparison_and_a_new_one_for_a_new_object() -> None:
    hub, comparison = LiveHub(), three()
    first = mask(hub, comparison, ORDER)
    assert mask(hub, comparison, ORDER) is first
    assert hub.get(first.id) is first
    assert first.id != comparison.id
    again = ScriptedComparison(["x"], rate=None, comparison_id=comparison.id)
    assert mask(hub, again, ORDER).real is again
