"""The snapshot's two files: that nobody edits them by hand, and that each holds what it should."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from bedrock_playground.catalog.models import Lifecycle, Modality, ModelSpec, ReasoningKind, Task
from bedrock_playground.catalog.snapshot import (
    MODELS_FILE,
    PRICES_FILE,
    load_models,
    load_prices,
    snapshot_date,
    snapshot_sources,
)
from bedrock_playground.invocation.cost import Confidence

# Of what `make catalog` wrote: it prints these once it has changed a file.
DIGESTS = {
    "models.json": "1ae43720f2116940d49326fd6642bba5cfb82ed169535b7ba9859ae0d3c9a08b",
    "prices.json": "d0104e9f0a592c9cc06b115351464b173cec8a8ffbe9a85df1828d8998b0a5a6",
}
FLAGS = (
    "streaming",
    "system_prompt",
    "tools",
    "forced_tool_choice",
    "structured_output",
    "latency_optimized",
    "on_demand",
)
EFFORTS = ["low", "medium", "high", "xhigh", "max"]
GEOGRAPHIES = {"us", "eu", "apac", "au", "ca", "in", "jp", "us-gov", "global"}
AMOUNT = re.compile(r"^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$")
MODELS: dict[str, Any] = json.loads(MODELS_FILE.read_bytes())
PRICES: dict[str, Any] = json.loads(PRICES_FILE.read_bytes())


@pytest.mark.parametrize("path", [MODELS_FILE, PRICES_FILE], ids=lambda path: path.name)
def test_the_files_are_as_the_script_wrote_them(path: Any) -> None:
    assert hashlib.sha256(path.read_bytes()).hexdigest() == DIGESTS[path.name], (
        "The snapshot changed. If `make catalog` did that, and you read what it said, put its digests here; "
        "if you edited it by hand, put the fact into scripts/catalog/overlay.toml and run `make catalog`."
    )


def test_every_field_is_one_of_the_models_and_names_a_source() -> None:
    known = set(ModelSpec.__dataclass_fields__) - {"model_id", "provenance"}
    for row in MODELS["models"]:
        assert row.keys() - {"model_id"} <= known
        for name, fact in row.items():
            if name != "model_id":
                assert fact.keys() <= {"value", "from", "note"}
                assert fact["from"] in MODELS["sources"], (row["model_id"], name)
                assert fact["value"] is not None, "unknown is left out, not written down"
    for row in PRICES["prices"]:
        assert row["from"] in PRICES["sources"]


def test_every_loaded_field_has_its_provenance() -> None:
    for spec in load_models().values():
        for name in ModelSpec.__dataclass_fields__:
            value = getattr(spec, name)
            if name in {"model_id", "provenance"} or value is None or value in ((), {}):
                continue
            assert spec.provenance[name].source, (spec.model_id, name)
            assert spec.provenance[name].as_of <= snapshot_date()


def test_the_files_are_sorted_and_nothing_is_in_them_twice() -> None:
    ids = [row["model_id"] for row in MODELS["models"]]
    assert ids == sorted(set(ids))
    keys = [
        (row["id"], row.get("tier", "default"), row.get("region"), row["as_of"]) for row in PRICES["prices"]
    ]
    assert max(Counter(keys).values()) == 1
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)


def test_words_are_the_ones_that_the_code_knows() -> None:
    for spec in load_models().values():
        assert {*spec.input_modalities, *spec.output_modalities} <= {*get_args(Modality)}, spec.model_id
        assert spec.lifecycle in {None, *get_args(Lifecycle)}
        assert set(spec.good_for) <= {*get_args(Task)}
        assert all(getattr(spec, flag) in {None, True, False} for flag in FLAGS)
        if spec.reasoning is not None:
            assert spec.reasoning.kind in get_args(ReasoningKind)
            assert list(spec.reasoning.effort_levels) == [
                each for each in EFFORTS if each in spec.reasoning.effort_levels
            ]
        if spec.prompt_caching is not None:
            assert set(spec.prompt_caching.ttls) <= {"5m", "1h"}
            assert bool(spec.prompt_caching.ttls) is spec.prompt_caching.supported
        if spec.service_tiers is not None:
            assert spec.service_tiers[0] == "default"
            assert set(spec.service_tiers) <= {"default", "flex", "priority", "reserved"}


def test_numbers_are_in_a_range_that_a_model_can_have() -> None:
    for spec in load_models().values():
        if spec.context_window is not None:
            assert 64 <= spec.context_window <= 10_000_000, spec.model_id
        if spec.max_output_tokens is not None:
            assert 1_000 <= spec.max_output_tokens <= 600_000, spec.model_id
            assert spec.context_window is None or spec.max_output_tokens <= spec.context_window, spec.model_id
        if spec.embedding is not None:
            assert spec.output_modalities == ("embedding",)
            assert all(64 <= size <= 4096 for size in spec.embedding.dimensions)
        if "embedding" in spec.output_modalities:
            assert set(spec.good_for) == {"embeddings"}
            assert spec.reasoning is None
            assert not spec.tools
        if spec.prompt_caching is not None and spec.prompt_caching.minimum_tokens is not None:
            assert 256 <= spec.prompt_caching.minimum_tokens <= 8192


def test_profiles_reach_the_model_that_has_them() -> None:
    for spec in load_models().values():
        for profile in spec.profiles:
            assert profile.profile_id == f"{profile.geography}.{spec.model_id}"
            assert profile.geography in GEOGRAPHIES
            assert profile.scope == ("global" if profile.geography == "global" else "geographic")


def test_lifecycle_and_end_of_life_go_together() -> None:
    for spec in load_models().values():
        if spec.end_of_life is not None:
            past = spec.end_of_life <= snapshot_date()
            assert spec.lifecycle == ("end_of_life" if past else "legacy"), spec.model_id


def test_everything_that_a_picker_shows_is_there() -> None:
    for spec in load_models().values():
        assert spec.name
        assert spec.name != spec.model_id
        assert spec.provider
        assert spec.family
        assert spec.good_for
        assert spec.output_modalities


def test_no_two_models_of_one_provider_have_one_name() -> None:
    names = Counter((spec.provider, spec.name) for spec in load_models().values())
    assert [name for name, count in names.items() if count > 1] == []


def test_amounts_are_exact_decimals_without_trailing_zeros() -> None:
    buckets = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
    for row in PRICES["prices"]:
        for rates in (row, row.get("long", {})):
            for bucket in buckets:
                if bucket in rates:
                    assert isinstance(rates[bucket], str)
                    assert AMOUNT.match(rates[bucket]), row
                    assert 0 < Decimal(rates[bucket]) < 1000, row
        assert any(bucket in row for bucket in buckets)
        assert ("long" in row) is ("long_from" in row)


def test_prices_are_for_ids_that_the_models_have() -> None:
    ids = {spec.model_id for spec in load_models().values()}
    ids |= {profile.profile_id for spec in load_models().values() for profile in spec.profiles}
    for price in load_prices():
        assert price.model_id in ids, price.model_id
        assert price.tier in {"default", "flex", "priority", "batch"}
        assert price.region is None or re.fullmatch(r"[a-z]{2}(-gov)?-[a-z]+-\d", price.region)
        assert price.confidence in {Confidence.CONFIRMED, Confidence.SINGLE_SOURCE, Confidence.ESTIMATE}
        assert price.note or price.confidence is not Confidence.ESTIMATE
        assert price.as_of <= snapshot_date()


def test_the_sources_are_named_with_version_and_day() -> None:
    sources = snapshot_sources()
    assert {"litellm", "langchain-aws", "pydantic-ai", "modelparams", "genai-prices"} <= set(sources)
    for provenance in sources.values():
        assert provenance.source
        assert date(2026, 1, 1) <= provenance.as_of <= snapshot_date()


def test_what_is_loaded_cannot_be_changed() -> None:
    """It is shared by every session of a process."""
    models: Any = load_models()
    spec = models["amazon.nova-micro-v1:0"]
    with pytest.raises(TypeError):
        models["x"] = spec
    with pytest.raises(TypeError):
        spec.provenance["name"] = spec.provenance["family"]
    with pytest.raises(TypeError):
        spec.good_for["generation"] = "everything"
    assert load_models() is models
