"""How faults are asked for and counted."""

from __future__ import annotations

from typing import Any

import pytest

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.fault_plan import KINDS, fault_model_id, read_fault
from bedrock_playground.local.faults import FaultCounter
from bedrock_playground.local.registry import Registry


def test_no_fault_is_no_plan() -> None:
    assert read_fault(None, None) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_id_that_answers_but_is_listed_only_when_asked(kind: str) -> None:
    model_id = fault_model_id(kind)
    quiet, teaching = Registry(None), Registry(None, list_faults=True)
    assert quiet.find(model_id).fault_kind == kind
    assert model_id not in [model.model_id for model in quiet.listed()]
    assert model_id in [model.model_id for model in teaching.listed()]
    assert teaching.find(model_id).provider == "Test fixture"


def test_the_field_overrides_the_ids_kind_and_its_defaults() -> None:
    plan = read_fault(
        {"kind": "cut", "after_tokens": 0, "delay_ms": 5, "text": "abc", "clock": True}, "stall"
    )
    assert plan is not None
    assert (plan.kind, plan.after_tokens, plan.delay_ms, plan.text, plan.clock) == ("cut", 0, 5, "abc", True)
    stall = read_fault(None, "stall")
    assert stall is not None
    assert stall.delay_ms == 3_600_000


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"kind": "earthquake"}, "Known: throttling"),
        ({"kind": "stall", "after": 3}, "fault.after is not known"),
        ({"kind": "stall", "after_tokens": -1}, "greater than or equal to 0"),
        ({"kind": "paced", "tokens_per_second": 0}, "greater than or equal to 0.1"),
        ({"kind": "paced", "clock": 1}, "Expected Boolean"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused(field: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_fault(field, None)
    assert words in caught.value.message


def test_times_fails_so_often_then_succeeds_then_starts_anew() -> None:
    plan = read_fault({"kind": "throttling", "times": 2}, None)
    assert plan is not None
    counter = FaultCounter()
    kinds = [counter.due(plan, caller="a", model_id="m").kind for _ in range(6)]
    assert kinds == ["throttling", "throttling", "paced", "throttling", "throttling", "paced"]


def test_times_is_counted_per_caller_and_key() -> None:
    counter = FaultCounter()
    for caller, key in (("a", ""), ("b", ""), ("a", "lane-2")):
        plan = read_fault({"kind": "quota", "times": 1, "key": key}, None)
        assert plan is not None
        assert counter.due(plan, caller=caller, model_id="m").kind == "quota"


def test_retry_after_is_sent_when_asked() -> None:
    plan = read_fault({"kind": "throttling", "retry_after": 1.5}, None)
    assert plan is not None
    error = plan.http_error()
    assert error is not None
    assert (error.status, error.headers) == (429, {"Retry-After": "1.5"})
