"""Which calls the switchboard makes fail, and who may set it."""

from __future__ import annotations

from typing import Any

import pytest

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.fault_plan import FaultPlan
from bedrock_playground.local.guard import Guard, owner_signature, region_of
from bedrock_playground.local.switchboard import ANY, MAX_RULES, FaultRule, Switchboard, read_rule

PLAN = FaultPlan("throttling")


def test_the_rate_is_kept_over_many_calls_and_its_ends_are_exact() -> None:
    for rate in (0.0, 25.0, 100.0):
        board = Switchboard()
        board.set(FaultRule("m", PLAN, rate=rate, seed=1))
        struck = sum(board.strike("m", None) is not None for _ in range(4_000))
        assert abs(struck - 40 * rate) <= (0 if rate in {0.0, 100.0} else 120)


def test_the_nearest_rule_decides_in_this_order() -> None:
    board = Switchboard()
    plans = {name: FaultPlan(name) for name in ("throttling", "overloaded", "model-error", "cut")}
    board.set(FaultRule(ANY, plans["cut"]))
    board.set(FaultRule(ANY, plans["model-error"], "eu"))
    board.set(FaultRule("m", plans["overloaded"]))
    board.set(FaultRule("m", plans["throttling"], "eu"))
    kinds = [
        plan.kind
        for where in (("m", "eu"), ("m", "us"), ("n", "eu"), ("n", None))
        if (plan := board.strike(*where))
    ]
    assert kinds == ["throttling", "overloaded", "model-error", "cut"]
    board.clear("m", "eu")
    assert board.strike("m", "eu") is plans["overloaded"]
    board.clear_all()
    assert board.strike("m", "eu") is None
    assert board.listing() == {"faults": []}


def test_setting_a_rule_anew_begins_its_counts_and_dice_anew() -> None:
    board = Switchboard()
    rule = FaultRule("m", PLAN, rate=50, seed=3)
    runs = []
    for _ in range(2):
        board.set(rule)
        runs.append([board.strike("m", None) is not None for _ in range(20)])
    assert runs[0] == runs[1]
    assert board.listing() == {
        "faults": [
            {
                "modelId": "m",
                "region": None,
                "rate": 50,
                "seed": 3,
                "fault": {
                    "kind": "throttling",
                    "after_tokens": 5,
                    "delay_ms": 0,
                    "tokens_per_second": None,
                    "retry_after": None,
                },
                "calls": 20,
                "struck": sum(runs[0]),
            }
        ]
    }


def test_there_is_an_end_to_rules() -> None:
    board = Switchboard()
    for number in range(MAX_RULES):
        board.set(FaultRule(f"m{number}", PLAN))
    board.set(FaultRule("m0", PLAN, rate=1))
    with pytest.raises(ApiError, match="Clear some"):
        board.set(FaultRule("one more", PLAN))


def test_a_rule_is_read_strictly() -> None:
    fault: dict[str, object] = {"kind": "cut", "after_tokens": 3}
    assert read_rule({"modelId": "m", "fault": fault}) == FaultRule("m", FaultPlan("cut", after_tokens=3))
    bad: tuple[tuple[dict[str, object], str], ...] = (
        ({"modelId": "m", "fault": fault, "rat": 1}, "rat is not known"),
        ({"modelId": "m", "fault": {"kind": "cut", "times": 2}}, "times is not known"),
        ({"modelId": "m"}, "fault.kind is None"),
        ({"modelId": "m", "fault": fault, "seed": -1}, "seed"),
        ({"modelId": "m", "fault": fault, "rate": "half"}, "Expected Float"),
    )
    for body, words in bad:
        with pytest.raises(ApiError, match=words):
            read_rule(body)


def test_the_region_is_the_signature_s() -> None:
    signed = "AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-west-1/bedrock/aws4_request, SignedHeaders=host"
    assert region_of({"authorization": signed}) == "eu-west-1"
    assert region_of({"authorization": "Bearer key"}) is None
    assert region_of({}) is None


def check(
    guard: Guard,
    *,
    now: float = 1_200,
    method: str = "PUT",
    target: str = "/local/faults?a=b",
    body: bytes = b"{}",
    **headers: str,
) -> None:
    """Check a request that was signed for these defaults."""
    proof = owner_signature("secret", method="PUT", target="/local/faults?a=b", date="1000", body=b"{}")
    told = {"x-local-date": "1000", "authorization": f"X Credential=KEY/local, Signature={proof}"}
    guard.check_owner(told | headers, now=now, method=method, target=target, body=body)


def test_only_a_fresh_signature_by_the_secret_proves_the_owner() -> None:
    guard = Guard("KEY", "secret")
    check(guard)
    refused: tuple[tuple[Guard, dict[str, Any]], ...] = (
        (guard, {"now": 1_301}),
        (guard, {"body": b"{ }"}),
        (guard, {"method": "GET"}),
        (guard, {"target": "/local/faults"}),
        (guard, {"x-local-date": "soon"}),
        (guard, {"authorization": "X Credential=KEY/local"}),
        (Guard("KEY", "other"), {}),
        (Guard("KEY"), {}),
        (Guard(None, "secret"), {}),
    )
    for who, changed in refused:
        with pytest.raises(ApiError) as caught:
            check(who, **changed)
        assert caught.value.status == 403
