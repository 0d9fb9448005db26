"""What can be set of a pattern, as its own code tells it."""

from __future__ import annotations

import pytest

from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.codec import member_from_json, member_to_json
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.forms import blank_part, fields_of, humanised, told_of
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier

MEMBER: dict[str, Json] = {"kind": "solo", "variant": {"model": "small"}}


@pytest.mark.parametrize("kind", pattern_kinds())
def test_every_field_of_every_pattern_has_words_and_a_way_to_be_set(kind: str) -> None:
    waiting: list[type] = [pattern_kinds()[kind]]
    looked_at: set[type] = set()
    while waiting:
        cls = waiting.pop()
        if cls in looked_at:
            continue
        looked_at.add(cls)
        for field in fields_of(cls):
            # Vectors are the one thing that nobody types.
            assert field.form != "hidden" or field.name == "vector", (cls, field.name)
            assert field.help, (cls, field.name)
            waiting += field.kinds.values()


@pytest.mark.parametrize("kind", [kind for kind in pattern_kinds() if kind != "routing"])
def test_a_blank_pattern_can_be_read_and_written(kind: str) -> None:
    blank = blank_part(pattern_kinds()[kind], member=MEMBER)
    pattern = member_from_json(blank)
    assert isinstance(pattern, Pattern)
    assert member_from_json(member_to_json(pattern)) == pattern


def test_fields_say_what_they_take() -> None:
    by = next(field for field in fields_of(Routing) if field.name == "by")
    assert (by.form, by.required) == ("choice", True)
    assert list(by.kinds) == ["rules", "classifier", "neighbours", "measured"]
    threshold = next(field for field in fields_of(Classifier) if field.name == "threshold")
    assert (threshold.low, threshold.high, threshold.default) == (0.0, 1.0, 0.6)
    when = next(field for field in fields_of(Fallback) if field.name == "when")
    assert when.form == "several words"
    assert "throttling" in when.words
    breaker = next(field for field in fields_of(Fallback) if field.name == "breaker")
    assert (breaker.form, breaker.optional, list(breaker.kinds.values())) == ("part", True, [BreakerPolicy])


def test_names_and_texts_become_words() -> None:
    assert humanised("max_error_rate") == "Max error rate"
    assert told_of(Routing)["by"] == "How the route is chosen."
