"""What patterns did over many answers, in words and counted by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedrock_playground.evaluation.inside import _cached, _escalated
from bedrock_playground.measures.intervals import wilson
from bedrock_playground.patterns.cache_figures import CacheFigures
from bedrock_playground.patterns.cascade_figures import Escalation


def test_escalations_are_told_by_tier_with_their_interval() -> None:
    told = Escalation((("tier 1", 30), ("tier 2", 10)), untold=1, escalated=10, rate=wilson(10, 40))
    assert _escalated(told) == (
        "It escalated 25.0 % of 40 answers (14.2 to 40.2 % with 95 % confidence): tier 1 answered 30, tier 2 "
        "answered 10. 1 answer came from no tier: they failed."
    )
    assert "No tier" in _escalated(Escalation((("tier 1", 0),), untold=3, escalated=0, rate=wilson(0, 0)))


@pytest.mark.parametrize(
    ("cost", "saved", "looking"),
    [
        (Decimal("0.5"), "saved $0.500 and 12.00 s", "Looking cost $0.0100."),
        (None, "nobody knows how much", ""),
    ],
)
def test_what_a_cache_saved_is_unknown_as_soon_as_one_call_is(
    cost: Decimal | None, saved: str, looking: str
) -> None:
    told = CacheFigures(
        lookups=8,
        exact=1,
        similar=1,
        rate=wilson(2, 8),
        saved_cost=cost,
        saved_seconds=12.0,
        unknown_costs=0 if cost else 1,
        embedding_cost=Decimal("0.01") if cost else None,
    )
    said = _cached(told)
    assert "an answer to 25.0 % of 8 questions" in said
    assert "1 the same, 1 alike" in said
    assert saved in said
    assert looking in said
