"""The test-only models' parts that need no wire: the cache's clock, samples of schemas, what is listed."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from bedrock_playground.local.fixtures.cache import Point, PromptCache, prefix_of
from bedrock_playground.local.fixtures.sample import sample
from bedrock_playground.local.registry import Registry


def test_an_entry_lives_as_long_as_asked_for_and_anew_when_read() -> None:
    now = [0.0]
    cache = PromptCache(clock=lambda: now[0])
    short, long = Point("a", 10, "5m"), Point("b", 25, "1h")
    assert cache.use("me", [short, long]).written == (("5m", 10), ("1h", 15))
    now[0] = 299
    assert cache.use("me", [short]).read == 10
    now[0] = 299 + 299
    assert cache.use("me", [short]).read == 10, "a hit renews it"
    now[0] = 299 + 299 + 301
    assert cache.use("me", [short]).write == 10, "it is over"
    assert cache.use("me", [Point("a", 10, "5m"), long]).read == 25
    now[0] += 3601
    assert cache.use("me", [short, long]).read == 0


def test_the_longest_prefix_is_read_and_only_the_rest_written() -> None:
    cache = PromptCache(clock=lambda: 0.0)
    cache.use("me", [Point("a", 10, "5m")])
    use = cache.use("me", [Point("a", 10, "5m"), Point("ab", 30, "5m")])
    assert (use.read, use.write) == (10, 20)
    assert cache.use("somebody else", [Point("a", 10, "5m")]).read == 0


def test_prefixes_differ_in_any_part() -> None:
    assert prefix_of([["system", {"text": "a"}]]) == prefix_of([["system", {"text": "a"}]])
    assert prefix_of([["system", {"text": "a"}]]) != prefix_of([["user", {"text": "a"}]])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"const": 7}}},
        {"type": ["null", "integer"], "exclusiveMinimum": 4},
        {"type": "number", "maximum": -2},
        {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        {"type": "string", "format": "date"},
        {"type": "string", "minLength": 30},
        {"type": "string", "maxLength": 2},
        {"type": "array", "items": {"enum": ["x"]}, "minItems": 3},
        {"type": "null"},
    ],
)
def test_a_sample_fits_its_schema(schema: dict[str, Any]) -> None:
    jsonschema.validate(sample(schema), schema)


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}}
    assert isinstance(sample(schema), dict)


def test_test_only_models_are_listed_with_the_faults_alone() -> None:
    hidden, shown = Registry(None), Registry(None, list_faults=True)
    assert not [model for model in hidden.listed() if model.model_id.startswith("local.test-")]
    assert hidden.profiles() == []
    assert {"local.test-free-v1:0", "local.test-effort-v1:0"} <= {model.model_id for model in shown.listed()}
    assert hidden.find("us.local.test-free-v1:0").fixture
