"""Exported modules against the real local endpoint: real text, real embeddings, and the decisions of here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.criteria_looking import Likely
from bedrock_playground.patterns.exports import Context, pattern_exports
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.merging import Judged
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from tests.wire.patterns.kitchen import ask, play
from tests.wire.patterns.test_patterns_local import EMBEDDER, JUDGE, ROUTES, SOLO, SURE, backing
from tests.wire.presets.exporting import run

pytestmark = [pytest.mark.real_model, pytest.mark.timeout(300)]

PATTERNS: dict[str, Pattern] = {
    "neighbours": Routing(
        routes=ROUTES,
        by=Neighbours(
            examples=(
                Example(text="What do dogs and cats eat?", route="animals"),
                Example(text="How do I open a bank account?", route="money"),
            ),
            k=1,
            threshold=0.2,
        ),
    ),
    "likelihood": Cascade(tiers=(Tier(member=SURE), Tier(member=SOLO)), criteria=(Likely(threshold=1.0),)),
    "judge": Aggregation(members=(Panelist(member=SOLO), Panelist(member=SURE)), by=Judged(judge=JUDGE)),
}

__all__ = ["backing"]


@pytest.mark.parametrize("name", PATTERNS)
def test_a_module_decides_as_here(
    local_endpoint: EndpointStatus, tmp_path: Path, request: pytest.FixtureRequest, *, name: str
) -> None:
    pattern = PATTERNS[name]
    result, _ = play(pattern, request.getfixturevalue("backing"), "How long do kittens sleep?")
    assert result.trace is not None
    context = Context(asked=ask(), region=local_endpoint.region, embedding_model=EMBEDDER)
    (tmp_path / "pattern.py").write_text(pattern_exports()["python"].make(pattern, context).text)
    done = run(
        [sys.executable, "pattern.py", "--json", "How long do kittens sleep?"],
        tmp_path,
        local_endpoint.url or "",
        AWS_ACCESS_KEY_ID=local_endpoint.access_key_id or "",
        AWS_SECRET_ACCESS_KEY=local_endpoint.secret_access_key or "",
    )
    told = json.loads(done.stdout)
    assert sorted(call["role"] for call in told["calls"]) == sorted(call.role for call in result.trace.calls)
    if isinstance(pattern, Aggregation):
        # Both members write at the same time, in one batch, and what a real model writes depends by a
        # rounding on what else is in its batch. The kitchen's models, which are exact, hold the texts.
        assert told["text"]
        return
    assert told["text"] == result.text
    assert [(each["role"], each["chosen"], each["text"].rstrip(".")) for each in told["decisions"]] == [
        (each.role, each.chosen, each.text.rstrip(".")) for each in result.trace.decisions
    ]
