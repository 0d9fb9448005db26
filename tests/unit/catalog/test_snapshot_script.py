"""``make catalog``: how sources are settled, what is said of a change, and that old prices stay."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.snapshot import MODELS_FILE, PRICES_FILE, load_models, load_prices
from scripts.catalog import differences, environment, extract, facts, files, overlay, pricing
from scripts.catalog.build import build
from scripts.catalog.merge import PREFERENCE, Fact, Record, merge, words
from scripts.catalog.overlay import Overlay

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 11, 22)
NOTHING = Overlay({})


def settled(claims: dict[str, Any], *, rules: Overlay = NOTHING, model_id: str = "amazon.x-v1:0") -> Record:
    return merge(model_id, claims, overlay=rules, profiles={}, on=DAY)


# -------------------- facts of a source


def test_the_model_s_own_row_speaks_first() -> None:
    rows = {"global.a.b": {"n": 3}, "eu.a.b": {"n": 2}, "a.b": {"n": 1}, "c.d": {"n": 4}}
    grouped = facts.by_model(rows)
    assert [row["n"] for _, row in grouped["a.b"]] == [1, 3, 2]
    assert set(grouped) == {"a.b", "c.d"}


def test_an_end_of_life_date_that_only_a_profile_has_is_not_taken() -> None:
    lone = [("a.b", {}), ("eu.a.b", {"deprecation_date": "2026-10-15"})]
    told = [("a.b", {"deprecation_date": "2027-01-01"}), ("us.a.b", {"deprecation_date": "2027-01-01"})]
    torn = [("a.b", {"deprecation_date": "2027-01-01"}), ("us.a.b", {"deprecation_date": "2027-02-01"})]
    assert "end_of_life" not in facts.from_litellm(lone)
    assert facts.lone_dates(lone) == [("eu.a.b", "2026-10-15")]
    assert facts.from_litellm(told)["end_of_life"] == "2027-01-01"
    assert facts.lone_dates(told) == []
    assert "end_of_life" not in facts.from_litellm(torn)
    assert len(facts.lone_dates(torn)) == 2


def test_what_a_source_does_not_say_is_not_there() -> None:
    assert facts.from_litellm([("a.b", {"mode": "chat"})]) == {}
    assert facts.from_pydantic_ai(None) == {}
    assert facts.from_modelparams(None) == {}
    assert facts.from_genai(None) == {}


def test_names_lose_their_geography() -> None:
    profile = {"name": "Claude Haiku 4.5 (US)", "text_inputs": True, "text_outputs": True}
    assert facts.from_langchain([("us.a.b", profile)])["name"] == "Claude Haiku 4.5"


def clause(**parts: Any) -> Any:
    return SimpleNamespace(**parts)


def test_ids_that_only_a_price_list_s_patterns_spell_out() -> None:
    pattern = clause(
        or_=[
            clause(equals="global.anthropic.claude-new"),
            clause(contains="us.anthropic.claude-new-v1"),
            clause(starts_with="claude-new"),
            clause(ends_with="/us.zai.glm"),
        ]
    )
    assert extract._names_in(pattern) == ["global.anthropic.claude-new"]
    entry = clause(match=pattern)
    speaks = {
        model_id: extract._names_scope(model_id, entry)
        for model_id in ("anthropic.claude-new", "us.zai.glm", "eu.anthropic.claude-new")
    }
    assert speaks == {"anthropic.claude-new": True, "us.zai.glm": True, "eu.anthropic.claude-new": False}


def test_of_a_profile_what_json_can_say_is_kept() -> None:
    profile = {"flag": True, "levels": frozenset({"b", "a"}), "ttls": ("5m", "1h"), "kind": object()}
    assert extract._plain(profile) == {"flag": True, "levels": ["a", "b"], "ttls": ["5m", "1h"]}
    assert extract._plain(None) is None


def priced(**buckets: Any) -> Any:
    names = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
    price = SimpleNamespace(**{f"{name}_mtok": buckets.get(name) for name in names})
    return SimpleNamespace(id="entry", get_prices=lambda on: price)


def test_a_price_with_a_step_keeps_both_sides_of_it() -> None:
    step = SimpleNamespace(base=Decimal(2), tiers=[SimpleNamespace(start=272_000, price=Decimal(4))])
    found = extract._genai_price(
        priced(input=step, output=Decimal("1.50")), datetime(2026, 11, 22, tzinfo=UTC)
    )
    assert found == {
        "entry": "entry",
        "base": {"input": "2", "output": "1.50"},
        "long": {"input": "4", "output": "1.50"},
        "long_above": 272_000,
    }


# -------------------- settling


def test_the_preferred_source_is_taken_and_the_other_s_word_kept() -> None:
    record = settled({"langchain-aws": {"context_window": 200_000}, "litellm": {"context_window": 1_000_000}})
    fact = record.facts["context_window"]
    assert (fact.value, fact.source, fact.note) == (200_000, "langchain-aws", "litellm says 1,000,000")
    (conflict,) = record.conflicts
    assert (conflict.field, conflict.others) == ("context_window", (("litellm", 1_000_000),))


@pytest.mark.parametrize(
    ("one", "other", "longest"),
    [
        (131_072, 128_000, 8_000),  # rounded
        (1_050_000, 922_000, 128_000),  # the largest input, which leaves room for the longest answer
    ],
)
def test_what_means_the_same_is_no_contradiction(one: int, other: int, longest: int) -> None:
    record = settled(
        {
            "langchain-aws": {"context_window": one, "max_output_tokens": longest},
            "litellm": {"context_window": other, "max_output_tokens": longest},
        }
    )
    assert record.conflicts == []
    assert record.facts["context_window"] == Fact(one, "langchain-aws")


def test_a_ceiling_is_the_larger_one_unless_somebody_checked() -> None:
    said = {"langchain-aws": {"max_output_tokens": 4_096}, "litellm": {"max_output_tokens": 32_000}}
    loose = settled(said).facts["max_output_tokens"]
    assert (loose.value, loose.note) == (32_000, "langchain-aws says 4,096")
    checked = settled({**said, "pydantic-ai": {"max_output_tokens": 8_000}}).facts["max_output_tokens"]
    assert (checked.value, checked.source) == (8_000, "pydantic-ai")


def test_the_overlay_fills_gaps_and_wins_only_where_it_says_so() -> None:
    rules = Overlay(
        {
            "rule": [
                {
                    "models": "amazon\\.x-.*",
                    "source": "page",
                    "note": "read",
                    "gives": {"tools": True, "streaming": True},
                },
                {
                    "models": "amazon\\..*",
                    "source": "page",
                    "overrules": {"system_prompt": False, "streaming": False},
                },
            ]
        }
    )
    record = settled({"litellm": {"tools": False, "system_prompt": True}}, rules=rules)
    assert record.facts["tools"] == Fact(value=False, source="litellm")
    assert record.facts["streaming"] == Fact(value=True, source="page", note="read")
    assert record.facts["system_prompt"] == Fact(value=False, source="page", note="litellm says yes")


def test_profiles_name_who_lists_them() -> None:
    listed = {
        "us.amazon.x-v1:0": "litellm",
        "eu.amazon.x-v1:0": "litellm",
        "in.amazon.x-v1:0": "langchain-aws",
    }
    record = merge("amazon.x-v1:0", {}, overlay=NOTHING, profiles=listed, on=DAY)
    assert record.facts["profiles"] == Fact(list(listed), "litellm", "in.amazon.x-v1:0 is from langchain-aws")


def test_sources_that_are_even_about_reasoning_leave_it_unknown() -> None:
    record = settled({"langchain-aws": {"reasoning": True}, "pydantic-ai": {"reasoning": False}})
    assert "reasoning" not in record.facts
    assert [conflict.field for conflict in record.conflicts] == ["reasoning"]


def test_reasoning_that_nobody_can_ask_for_takes_more_than_one_witness() -> None:
    alone = settled({"langchain-aws": {"reasoning": True}})
    both = settled({"langchain-aws": {"reasoning": True}, "litellm": {"reasoning": True}})
    assert "reasoning" not in alone.facts
    assert both.facts["reasoning"].value == {"kind": "always"}
    assert both.facts["reasoning"].note


def test_a_dispute_about_turning_reasoning_off_leaves_that_open() -> None:
    claims = {
        "langchain-aws": {"reasoning": True, "effort_levels": ["low", "high"]},
        "litellm": {"reasoning": True, "always_reasons": True},
        "pydantic-ai": {"variant": "anthropic", "adaptive": True, "always_reasons": False},
    }
    fact = settled(claims).facts["reasoning"]
    assert fact.value == {"kind": "adaptive", "effort_levels": ["low", "high"]}
    assert "contradict" in (fact.note or "")


@pytest.mark.parametrize(("ends", "state"), [("2026-11-22", "end_of_life"), ("2026-11-23", "legacy")])
def test_the_snapshot_s_day_tells_past_from_coming(ends: str, state: str) -> None:
    facts_ = settled({"litellm": {"end_of_life": ends}, "langchain-aws": {"status": "active"}}).facts
    assert facts_["lifecycle"].value == state


def test_a_lifecycle_that_nobody_tells_stays_unknown() -> None:
    assert "lifecycle" not in settled({"litellm": {"context_window": 8_000}}).facts


@pytest.mark.parametrize(
    ("rows", "mantle", "caches"),
    [
        ([("a", False)], [], False),
        ([("a", True)], [("m", True)], True),
        ([("a", None)], [], None),
        ([("us.a", False)], [("m", True)], "yes for m; no for us.a"),
        ([("a", True), ("us.a", False)], [], "yes for a; no for us.a"),
        ([("a", "priced")], [], "no for a; a price of cache reads for a"),
    ],
)
def test_a_source_that_contradicts_itself_about_caching_says_nothing(
    rows: list[tuple[str, Any]], mantle: list[tuple[str, Any]], caches: Any
) -> None:
    def told(flag: Any) -> dict[str, Any]:
        if flag == "priced":
            return {"supports_prompt_caching": False, "cache_read_input_token_cost": "1e-07"}
        return {"supports_prompt_caching": flag}

    said = facts.from_litellm(
        [(key, told(flag)) for key, flag in rows], mantle=[(key, told(flag)) for key, flag in mantle]
    )
    disputed = caches if isinstance(caches, str) else None
    assert said.get("caches") is (None if disputed else caches)
    assert said.get("caches_disputed") == disputed
    record = settled({"litellm": said, "pydantic-ai": {"caches": True}})
    assert ("prompt_caching" in record.facts) is (caches is True or caches is False)
    assert [each.others for each in record.conflicts] == ([(("litellm", disputed),)] if disputed else [])


# -------------------- prices


@given(st.decimals(min_value=0, max_value=1, allow_nan=False, places=14))
def test_dollars_per_million_are_exact(per_token: Decimal) -> None:
    text = pricing.per_million(str(per_token))
    assert Decimal(text) == per_token * 1_000_000
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


def litellm_row(**columns: str) -> dict[str, Any]:
    return {"mode": "chat", **columns}


def test_tiers_regions_caches_and_long_requests_are_read() -> None:
    rows = {
        "a.b": litellm_row(
            input_cost_per_token="3e-06",
            output_cost_per_token="1.5e-05",
            cache_creation_input_token_cost_above_1hr="6e-06",
            input_cost_per_token_flex="1.5e-06",
            input_cost_per_token_above_200k_tokens="6e-06",
            output_cost_per_token_above_200k_tokens="2.25e-05",
        ),
        "bedrock/eu-west-1/a.b": litellm_row(input_cost_per_token="4e-06"),
        "bedrock/eu-west-1/1-month-commitment/a.b": litellm_row(input_cost_per_token="9e-06"),
        "a.embed": {"mode": "embedding", "input_cost_per_token": "2e-08", "output_cost_per_token": "0.0"},
        "not.wanted": litellm_row(input_cost_per_token="1e-06"),
    }
    found = {
        (row["id"], row["tier"], row.get("region")): row
        for row in pricing.litellm_rows(rows, {"a.b", "a.embed"})
    }
    assert set(found) == {
        ("a.b", "default", None),
        ("a.b", "flex", None),
        ("a.b", "default", "eu-west-1"),
        ("a.embed", "default", None),
    }
    own = found["a.b", "default", None]
    assert own["rates"] == {"input": "3", "output": "15", "cache_write_1h": "6"}
    assert (own["long_from"], own["long"]) == (200_001, {"input": "6", "output": "22.5"})
    assert found["a.embed", "default", None]["rates"] == {"input": "0.02"}


def test_the_other_endpoint_s_regions_and_names_fill_gaps_and_overrule_nothing() -> None:
    def cost(price: str) -> dict[str, Any]:
        return litellm_row(input_cost_per_token=price)

    rows = {
        "bedrock_mantle/us-gov-west-1/a.b": cost("2e-06"),
        "bedrock_mantle/us-gov-east-1/a.b": cost("3e-06"),
        "bedrock_mantle/a.b": cost("9e-06"),
        "bedrock_mantle/only.there": cost("4e-06"),
        "bedrock/us-gov-west-1/a.b": cost("1e-06"),
        "a.b": cost("5e-06"),
        "bedrock/eu-west-1/other.name": cost("6e-06"),
        "bedrock_mantle/other.name": cost("9e-06"),
    }
    aliases = {"other.name": "a.b"}
    found = {
        (each["id"], each.get("region")): each["rates"]["input"]
        for each in pricing.litellm_rows(rows, {"a.b", "only.there"}, aliases)
    }
    assert found == {
        ("a.b", "us-gov-west-1"): "1",
        ("a.b", "us-gov-east-1"): "3",
        ("a.b", None): "5",
        ("a.b", "eu-west-1"): "6",
        ("only.there", None): "4",
    }
    assert [len(each) for each in pricing.regional_rows(rows, aliases).values()] == [2]
    assert [key for key, _ in pricing.mantle_rows(rows, aliases)["only.there"]] == [
        "bedrock_mantle/only.there"
    ]


def genai_entry(*, names_scope: bool = True, **rates: str) -> dict[str, Any]:
    return {"entry": "e", "base": rates, "long": {}, "long_above": None, "names_scope": names_scope}


def test_a_price_of_the_name_alone_says_nothing_of_a_geography() -> None:
    prices = {
        "eu.a.b": genai_entry(names_scope=False, input="1"),
        "us.a.b": genai_entry(names_scope=False, input="1"),
        "jp.a.b": genai_entry(input="1.0"),
    }
    found = pricing.genai_rows(prices, {"eu.a.b", "us.a.b", "jp.a.b"})
    assert set(found) == {"us.a.b", "jp.a.b"}
    assert found["jp.a.b"]["rates"] == {"input": "1"}


def test_agreement_confirms_and_disagreement_is_settled_by_the_overlay() -> None:
    def ours(model_id: str) -> dict[str, Any]:
        rates = {"input": "1", "output": "5"}
        return {"id": model_id, "tier": "default", "rates": rates, "from": "litellm"}

    def theirs(model_id: str, price: str) -> dict[str, Any]:
        return {**ours(model_id), "rates": {"input": price, "cache_read": "0.1"}, "from": "genai-prices"}

    rules = Overlay({"price": [{"ids": "b", "takes": "genai-prices", "reason": "it knows better"}]})
    rows, disagreements = pricing.settle(
        [ours("a"), ours("b"), ours("c"), ours("d")],
        {"a": theirs("a", "1"), "b": theirs("b", "1.1"), "c": theirs("c", "2"), "e": theirs("e", "3")},
        rules,
    )
    a, b, c, d, e = rows
    assert (a["confidence"], a["rates"]) == ("confirmed", {"input": "1", "output": "5", "cache_read": "0.1"})
    assert a["note"] == "Confirmed but for output, cache read, which one source has."
    assert (b["rates"]["input"], b["note"]) == ("1.1", "litellm has $1 in, $5 out: it knows better.")
    assert b["against"] == {"from": "litellm", "rates": {"input": "1", "output": "5"}}
    written = files.price_row(b, "g 1", DAY, versions={"litellm": "litellm 1"})
    assert written["against"] == {"from": "litellm 1", "input": "1", "output": "5"}
    assert (c["rates"]["input"], c["note"]) == ("1", "genai-prices has $2 in.")
    assert {row["confidence"] for row in (b, c, d, e)} == {"single_source"}
    assert [(each.model_id, each.reason) for each in disagreements] == [("b", "it knows better"), ("c", None)]


@pytest.mark.parametrize("known_otherwise", [False, True])
def test_a_global_price_that_is_repeated_for_the_own_id_is_not_taken(known_otherwise: bool) -> None:
    """In no tier, whether or not another source knows better of the default one."""

    def ours(model_id: str, price: str, tier: str = "default") -> dict[str, Any]:
        return {"id": model_id, "tier": tier, "rates": {"input": price}, "from": "litellm"}

    priced_ = [
        *(ours("a", "1"), ours("global.a", "1"), ours("us.a", "1.1")),
        *(ours("a", ".5", "batch"), ours("global.a", ".5", "batch"), ours("us.a", ".55", "batch")),
        ours("a", "2", "priority"),
        *(ours("b", "1"), ours("global.b", "1")),
        *(ours("c", "1"), ours("global.c", ".9"), ours("us.c", "1.1")),
        {**ours("a", "1"), "region": "us-gov-west-1"},
    ]
    genai = {"a": {**ours("a", "1.1"), "from": "genai-prices"}} if known_otherwise else {}
    rules = Overlay({"price": [{"ids": "a", "takes": "genai-prices", "reason": "it knows"}]})
    rows, _ = pricing.settle(priced_, genai, rules)
    own = {each["tier"]: each for each in rows if each["id"] == "a" and "region" not in each}
    assert own["default"]["rates"] == {"input": "1.1"}
    assert own["default"]["confidence"] == ("single_source" if known_otherwise else "estimate")
    assert (own["batch"]["rates"], own["batch"]["confidence"]) == ({"input": ".55"}, "estimate")
    assert own["batch"]["note"].startswith("litellm has $.5 in, the global profile's price. This is the us")
    assert own["batch"]["against"] == {"from": "litellm", "rates": {"input": ".5"}}
    # The us profile has no price in that tier to take.
    assert (own["priority"]["rates"], own["priority"]["confidence"]) == ({"input": "2"}, "estimate")
    others = [each for each in rows if each["id"] != "a" or "region" in each]
    assert {each.get("note") for each in others} == {None}
    assert {each["confidence"] for each in others} == {"single_source"}


def row(price: str, day: str, **more: str) -> dict[str, str]:
    said = {"from": f"litellm of {day}", "as_of": day, "confidence": "single_source"}
    return {"id": "a.b", "input": price, **said, **more}


def test_a_changed_price_is_added_and_the_old_one_stays() -> None:
    old, new = row("1", "2026-11-22"), row("2", "2026-12-24")
    rows = differences.lay_under([old], [new])
    assert rows == [old, new]
    assert differences.prices_in_words([old], rows) == [
        "a.b: input $1 → input $2 (litellm of 2026-12-24, 2026-12-24)"
    ]


def test_an_unchanged_price_moves_its_date_on_and_a_lost_one_keeps_it() -> None:
    lost = {**row("7", "2026-11-22"), "id": "z"}
    rows = differences.lay_under([row("1", "2026-11-22"), lost], [row("1", "2026-12-24")])
    assert rows == [row("1", "2026-12-24"), lost]
    assert differences.prices_in_words([row("1", "2026-11-22"), lost], rows) == []


def test_what_the_same_reading_does_not_give_any_more_was_a_mistake() -> None:
    mistaken = {**row("7", "2026-11-22"), "id": "z"}
    rows = differences.lay_under([mistaken], [row("1", "2026-11-22")])
    assert rows == [row("1", "2026-11-22")]
    assert differences.prices_in_words([mistaken], rows) == [
        "Price dropped: z input $7",
        "New price: a.b input $1 (litellm of 2026-11-22)",
    ]


def test_a_price_that_is_trusted_more_or_remarked_on_is_told() -> None:
    old = row("1", "2026-11-22")
    trusted, remarked = {**old, "confidence": "confirmed"}, {**old, "note": "doubtful"}
    assert differences.prices_in_words([old], [trusted]) == [
        "a.b: single source → confirmed at the same price (litellm of 2026-11-22)"
    ]
    assert differences.prices_in_words([old], [remarked]) == ["a.b: says now 'doubtful'"]


def test_the_same_reading_understood_differently_replaces_itself() -> None:
    rows = differences.lay_under([row("1", "2026-11-22")], [row("1.1", "2026-11-22")])
    assert rows == [row("1.1", "2026-11-22")]


PRICE_ROWS = st.lists(
    st.builds(
        lambda model_id, tier, region, price: {
            **row(price, "2026-11-22", tier=tier),
            "id": model_id,
            **({"region": region} if region else {}),
        },
        st.sampled_from(["a.b", "us.a.b", "c.d"]),
        st.sampled_from(["default", "flex", "batch"]),
        st.sampled_from(["", "eu-west-1"]),
        st.sampled_from(["1", "2", "3"]),
    ),
    unique_by=differences.key_of,
)


@given(PRICE_ROWS, PRICE_ROWS)
def test_no_dated_price_is_ever_lost(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    later = [{**each, "as_of": "2026-12-24", "from": "later"} for each in new]
    rows = differences.lay_under(old, later)
    newest = {differences.key_of(each): each for each in rows}
    assert all(newest[differences.key_of(each)] == each for each in later)
    told = {(differences.key_of(each), each["input"]) for each in rows}
    assert {(differences.key_of(each), each["input"]) for each in old} <= told
    assert differences.lay_under(rows, later) == rows


# -------------------- in words


def test_changes_are_told_in_words() -> None:
    def model(**fields: Any) -> dict[str, Any]:
        return {"model_id": "a.x", "name": {"value": "Claude X", "from": "s"}, **fields}

    sources = {"s": {"name": "litellm 1.110", "as_of": "2026-12-24"}}
    old = {"sources": sources, "models": [model(max_output_tokens={"value": 64_000, "from": "s"})]}
    new = {
        "sources": sources,
        "models": [
            model(max_output_tokens={"value": 128_000, "from": "s"}, tools={"value": True, "from": "s"}),
            {"model_id": "a.y", "name": {"value": "Claude Y", "from": "s"}},
        ],
    }
    assert differences.models_in_words(old, new) == [
        "New model: Claude Y (a.y)",
        "Claude X: max output tokens 64,000 → 128,000 (litellm 1.110)",
        "Claude X: tools unknown → yes (litellm 1.110)",
    ]
    assert differences.models_in_words(new, old)[0] == "Gone: Claude Y (a.y)"
    assert differences.models_in_words(new, new) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (True, "yes"),
        (1_000_000, "1,000,000"),
        (["text", "image"], "text, image"),
        ([], "none"),
        ({"kind": "effort", "effort_levels": ["low"]}, "kind effort, effort levels low"),
        ("2027-01-01", "2027-01-01"),
    ],
)
def test_values_as_a_reader_writes_them(value: Any, text: str) -> None:
    assert words(value) == text


def test_facts_of_one_version_are_not_signed_with_another() -> None:
    sources = {"pydantic-ai": {"distribution": "pydantic-ai-slim", "version": "2.68.0"}}
    environment.check_versions({"pydantic-ai-slim": "2.68.0"}, sources)
    with pytest.raises(SystemExit, match=re.escape("pydantic-ai 2.69.0 is installed")):
        environment.check_versions({"pydantic-ai-slim": "2.69.0"}, sources)


# -------------------- the whole, in small


def report(price: str) -> dict[str, Any]:
    cost = str(Decimal(price) / 1_000_000)
    litellm = {
        "amazon.tiny-v1:0": {"mode": "chat", "input_cost_per_token": cost, "output_cost_per_token": cost},
        "us.amazon.tiny-v1:0": {"mode": "chat", "input_cost_per_token": cost},
        "amazon.alias": {"mode": "chat"},
        "amazon.pictures-v1": {"mode": "image_generation"},
    }
    genai = {
        "prices": {"amazon.tiny-v1:0": genai_entry(input=price)},
        "models": {"e": {"name": "Tiny", "context": 128_000}},
    }
    nothing: dict[str, Any] = {"langchain-aws": {}, "modelparams": {}, "pydantic-ai": {}}
    return {"litellm": litellm, "genai-prices": genai, **nothing}


def test_a_small_snapshot_from_start_to_end() -> None:
    rules = Overlay({"excluded": {"amazon.alias": "an alias"}, "providers": {"amazon": "Amazon"}})
    first_sources = {name: {"version": "1", "as_of": "2026-11-22"} for name in ("litellm", "genai-prices")}
    first = build(report("1"), sources=first_sources, overlay=rules, day=DAY, old_prices={})
    (model,) = first.models["models"]
    assert model["name"] == {"value": "Tiny", "from": "genai-prices"}
    assert model["profiles"]["value"] == ["us.amazon.tiny-v1:0"]
    assert "`amazon.alias`: an alias" in first.conflicts
    assert [row["confidence"] for row in first.prices["prices"]] == ["confirmed", "single_source"]
    # Read again a month later, dearer: both stand there, each with the version that said so.
    later_sources = {name: {"version": "2", "as_of": "2026-12-24"} for name in first_sources}
    later = build(
        report("2"), sources=later_sources, overlay=rules, day=date(2026, 12, 24), old_prices=first.prices
    )
    own = [row for row in later.prices["prices"] if row["id"] == "amazon.tiny-v1:0"]
    assert [(row["input"], row["as_of"], row["from"]) for row in own] == [
        ("1", "2026-11-22", "litellm 1, genai-prices 1"),
        ("2", "2026-12-24", "litellm 2, genai-prices 2"),
    ]
    assert set(later.prices["sources"]) >= {row["from"] for row in later.prices["prices"]}


def test_what_is_priced_and_not_known_to_be_offered_is_listed() -> None:
    said = report("1")
    tiny = said["litellm"]["us.amazon.tiny-v1:0"]
    tiny |= {"cache_read_input_token_cost": "1e-07"}
    sources = {name: {"version": "1", "as_of": "2026-11-22"} for name in ("litellm", "genai-prices")}
    found = build(said, sources=sources, overlay=NOTHING, day=DAY, old_prices={})
    assert found.unoffered == (("amazon.tiny-v1:0", "prompt caching"),)
    assert "- `amazon.tiny-v1:0`: prompt caching\n" in found.conflicts


def test_models_that_only_the_overlay_has_are_asked_about() -> None:
    asked = environment.command(Path("python"), DAY, ["b.c", "a.b"])
    assert asked[-3:] == ["2026-11-22", "a.b", "b.c"]
    rules = Overlay({"added": {"amazon.extra-v1:0": "page", "us.amazon.extra-v1:0": "page"}})
    said = report("1")
    said["genai-prices"]["prices"]["us.amazon.extra-v1:0"] = genai_entry(input="7")
    sources = {name: {"version": "1", "as_of": "2026-11-22"} for name in ("litellm", "genai-prices")}
    found = build(said, sources=sources, overlay=rules, day=DAY, old_prices={})
    assert [row["input"] for row in found.prices["prices"] if row["id"] == "us.amazon.extra-v1:0"] == ["7"]
    extra = next(row for row in found.models["models"] if row["model_id"] == "amazon.extra-v1:0")
    assert extra["profiles"]["from"] == "page"


def test_the_written_files_read_back_as_they_were() -> None:
    models, prices = json.loads(MODELS_FILE.read_bytes()), json.loads(PRICES_FILE.read_bytes())
    assert files.models_text(models).encode() == MODELS_FILE.read_bytes()
    assert files.prices_text(prices).encode() == PRICES_FILE.read_bytes()


# -------------------- the hand-kept parts


def test_every_rule_of_the_overlay_has_a_source_and_a_use() -> None:
    content = overlay.load().content
    every_id = {spec.model_id for spec in load_models().values()}
    sent = every_id | {price.model_id for price in load_prices()}
    for rule in content["rule"]:
        assert rule["source"] in content["sources"]
        assert any(re.fullmatch(rule["models"], model_id) for model_id in every_id), rule["models"]
    for rule in content["price"]:
        assert rule["takes"] in {"litellm", "genai-prices"}
        assert any(re.fullmatch(rule["ids"], model_id) for model_id in sent)
    assert set(content["names"]) <= every_id
    assert not set(content["excluded"]) & every_id
    profiles = {each.profile_id for spec in load_models().values() for each in spec.profiles}
    assert set(content["added"]) <= every_id | profiles
    for source in content["sources"].values():
        assert source.keys() == {"name", "url", "as_of"}


def test_the_snapshot_was_written_with_this_overlay() -> None:
    """An edit of the overlay does nothing until `make catalog` has run."""
    rules = overlay.load()
    document = json.loads(MODELS_FILE.read_bytes())
    for row in document["models"]:
        for name, statement in rules.statements(row["model_id"]).items():
            fact = row.get(name)
            assert fact is not None, (row["model_id"], name)
            if name == "lifecycle" and "end_of_life" in row:
                continue  # follows from the date
            if statement.overrules or fact["from"] in rules.content["sources"]:
                assert (fact["value"], fact["from"]) == (statement.value, statement.source), row["model_id"]
    for name, source in document["sources"].items():
        assert source == rules.content["sources"].get(name, source)


def test_the_overlay_s_answer_comes_from_the_first_rule_that_speaks() -> None:
    statements = overlay.load().statements("amazon.titan-text-premier-v1:0")
    assert statements["input_modalities"].value == ["text"]
    assert statements["system_prompt"].value is False


def test_sources_and_requirements_name_the_same_versions() -> None:
    _, sources = environment.read_sources()
    pinned = {
        found["name"]: found["version"]
        for name in ("catalog.lock", "catalog-data.lock")
        for found in re.finditer(
            r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)",
            (ROOT / "requirements" / name).read_text(),
            re.MULTILINE,
        )
    }
    for name, source in sources.items():
        assert pinned[source.get("distribution", name)] == source["version"]


def test_the_heavy_sources_are_no_dependencies_of_ours() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [each for group in groups for each in group]
    names = {re.split(r"[\[<>=~ ]", each)[0] for each in wanted}
    assert not names & {"litellm", "langchain-aws", "pydantic-ai-slim", "modelparams"}


def test_only_sources_that_exist_are_preferred() -> None:
    _, sources = environment.read_sources()
    assert {source for order in PREFERENCE.values() for source in order} <= set(sources)


def test_the_review_list_is_the_one_of_this_snapshot() -> None:
    text = (ROOT / "scripts" / "catalog" / "conflicts.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \| (\w+) \|", text.partition("## Prices")[0], re.MULTILINE))
    noted = {
        (spec.model_id, name)
        for spec in load_models().values()
        for name, provenance in spec.provenance.items()
        if re.search(r"\bsays\b", provenance.note or "")
    }
    # A remark of the overlay's own about how a model is reached may say "says" too.
    noted = {each for each in noted if each[1] != "on_demand"}
    assert noted <= listed
    assert "nobody looked into it yet" not in text
