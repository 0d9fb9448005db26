"""Which models are to fail, how and how often, without anything in the requests: set while it runs. Pure.

A rule names a model by the id that is sent (``*``: any) and, where it should, the Region that requests are
signed for: on one machine the Region is only a word, so that one model can be down in one Region and well in
another. It lives as long as the process.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from bedrock_playground.local.errors import invalid
from bedrock_playground.local.fault_plan import HTTP_FAULTS, FaultPlan, read_fault
from bedrock_playground.local.fields import Fields, JsonObject

ANY = "*"
"""The model id that stands for all."""
SWITCHED = (*HTTP_FAULTS, "cut", "reset", "checksum", "empty-body", "stall", "slow-first-token", "paced")
"""What can be switched on for any model; the fault models have a few kinds more."""
MAX_RULES = 200
_FAULT_FIELDS = ("kind", "after_tokens", "delay_ms", "tokens_per_second", "retry_after")
_RULE_FIELDS = frozenset({"modelId", "region", "rate", "seed", "fault"})
_Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One model that is to fail."""

    model_id: str
    """The id as it is sent, or :data:`ANY`."""
    plan: FaultPlan
    """How it fails."""
    region: str | None = None
    """Only requests signed for this Region; ``None``: all."""
    rate: float = 100.0
    """Of how many calls in a hundred, 0–100."""
    seed: int | None = None
    """Which calls: the same seed strikes the same ones, counted from when it was set. ``None``: any."""


class _Standing:
    """A rule and what it did so far."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.calls = self.struck = 0
        seeded = random.Random(rule.seed)  # noqa: S311 - which calls fail is no secret
        self._roll: Callable[[], float] = seeded.random

    def strikes(self) -> bool:
        self.calls += 1
        hit = self._roll() * 100 < self.rule.rate
        self.struck += hit
        return hit

    def as_json(self) -> JsonObject:
        rule = self.rule
        return {
            "modelId": rule.model_id,
            "region": rule.region,
            "rate": rule.rate,
            "seed": rule.seed,
            "fault": {name: getattr(rule.plan, name) for name in _FAULT_FIELDS},
            "calls": self.calls,
            "struck": self.struck,
        }


class Switchboard:
    """The rules of one endpoint."""

    def __init__(self) -> None:
        self._rules: dict[_Key, _Standing] = {}

    def set(self, rule: FaultRule) -> None:
        """Set a rule in place of the one for the same model and Region; its counts begin anew.

        Raises:
            ApiError: There are too many.
        """
        key = rule.model_id, rule.region
        if key not in self._rules and len(self._rules) >= MAX_RULES:
            raise invalid(f"There are {MAX_RULES} fault rules already. Clear some.")
        self._rules[key] = _Standing(rule)

    def clear(self, model_id: str, region: str | None) -> None:
        """Take one rule away; harmless where there is none."""
        self._rules.pop((model_id, region), None)

    def clear_all(self) -> None:
        """Take all rules away."""
        self._rules.clear()

    def listing(self) -> JsonObject:
        """What is set, and how many calls each rule has seen and struck."""
        return {"faults": [standing.as_json() for standing in self._rules.values()]}

    def strike(self, model_id: str, region: str | None) -> FaultPlan | None:
        """Decide whether a call fails; the nearest rule alone decides.

        Args:
            model_id: The id as it was sent.
            region: The Region that the request is signed for.
        """
        for key in ((model_id, region), (model_id, None), (ANY, region), (ANY, None)):
            standing = self._rules.get(key)
            if standing is not None:
                return standing.rule.plan if standing.strikes() else None
        return None


def read_rule(body: JsonObject) -> FaultRule:
    """Read a rule: ``{"modelId", "region", "rate", "seed", "fault": {"kind", "retry_after" …}}``.

    Raises:
        ApiError: Something in it does not fit.
    """
    fields = Fields(body)
    for name in sorted(set(body) - _RULE_FIELDS):
        raise invalid(f"{name} is not known. Known: {', '.join(sorted(_RULE_FIELDS))}.")
    model_id = fields.text("modelId")
    if not model_id:
        raise invalid(f"modelId is missing: an id as it is sent, or {ANY} for all.")
    rate = fields.number("rate", low=0, high=100)
    return FaultRule(
        model_id=model_id,
        plan=_read_plan(fields.child("fault")),
        region=fields.text("region") or None,
        rate=100.0 if rate is None else rate,
        seed=fields.integer("seed", low=0),
    )


def _read_plan(fault: Fields) -> FaultPlan:
    for name in sorted(set(fault.values) - set(_FAULT_FIELDS)):
        raise invalid(f"{fault.at(name)} is not known. Known: {', '.join(_FAULT_FIELDS)}.")
    kind = fault.text("kind")
    if kind not in SWITCHED:
        raise invalid(f"{fault.at('kind')} is {kind!r}. Known: {', '.join(SWITCHED)}.")
    plan = read_fault(fault.values, kind)
    assert plan is not None  # noqa: S101 - there is a kind
    if plan.kind == "paced" and plan.tokens_per_second is None:
        raise invalid(f"{fault.at('tokens_per_second')} is missing: how slow paced is.")
    return plan
