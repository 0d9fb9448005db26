"""Which model: rules before scores, unknown never good, and every part of the score shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.recommend import Candidate, Ranking, rank
from bedrock_playground.catalog.requirements import RESIDENCIES, Measured, Scenario, requirements_of
from bedrock_playground.catalog.search import Capability, ModelRow, capabilities_of, options_of, rows_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.cost import Confidence

TODAY = date(2026, 11, 22)
SNAPSHOT = rows_of(options_of(load_models()), load_price_book())


def row(name: str, *, price: str | None = "1", scope: str = "in_region", **facts: object) -> ModelRow:
    known: dict[str, object] = {
        "context_window": 200_000,
        "max_output_tokens": 8_000,
        "input_modalities": ("text",),
        "output_modalities": ("text",),
        "lifecycle": "active",
    }
    spec = ModelSpec(model_id=name, name=name, provider="Maker", **(known | facts))  # type: ignore[arg-type]
    amount = None if price is None else Decimal(price)
    return ModelRow(
        model_id=name,
        base_id=name,
        name=name,
        provider="Maker",
        scope=scope,  # type: ignore[arg-type]
        spec=spec,
        capabilities=capabilities_of(spec),
        price=None
        if amount is None
        else Price(
            model_id=name,
            rates=Rates(input=amount, output=amount * 4),
            source="test",
            as_of=TODAY,
            confidence=Confidence.CONFIRMED,
        ),
    )


def names(ranking: Ranking) -> list[str]:
    return [candidate.row.model_id for candidate in ranking.candidates]


def only(ranking: Ranking) -> Candidate:
    (candidate,) = ranking.candidates
    return candidate


def test_a_hard_rule_excludes_and_says_why() -> None:
    ranking = rank(
        [row("m.blind-8b"), row("m.sees-8b", input_modalities=("text", "image"))],
        Scenario(needs=(Capability.IMAGES,)),
        today=TODAY,
    )
    assert names(ranking) == ["m.sees-8b"]
    (out,) = ranking.excluded
    assert out.row.model_id == "m.blind-8b"
    assert [requirement.name for requirement in out.failed] == ["needs:images"]
    assert "reads images" in out.reasons[0]
    assert ranking.exclusions_by_requirement() == (("reads images", 1),)


def test_what_is_not_known_stands_behind_and_is_labelled() -> None:
    ranking = rank(
        [
            row("m.mystery-1b", price="0.01", input_modalities=()),
            row("m.sees-70b", price="9", input_modalities=("text", "image")),
        ],
        Scenario(needs=(Capability.IMAGES,), price=10, accuracy=0),
        today=TODAY,
    )  # fmt: skip
    assert names(ranking) == ["m.sees-70b", "m.mystery-1b"]
    assert ranking.candidates[1].unproven == ("reads images",)
    assert any(
        reason.kind == "unknown" and "images" in reason.text for reason in ranking.candidates[1].reasons
    )


def test_an_unknown_price_is_never_cheap() -> None:
    ranking = rank(
        [row("m.unpriced-8b", price=None), row("m.dear-8b", price="500")],
        Scenario(accuracy=0, speed=0, price=10),
        today=TODAY,
    )
    assert names(ranking) == ["m.dear-8b", "m.unpriced-8b"]
    unpriced = ranking.candidates[1]
    assert unpriced.cost.amount is None
    assert [part.value for part in unpriced.parts if part.name == "price"] == [None]
    limited = rank([row("m.unpriced-8b", price=None)], Scenario(max_cost=Decimal(1)), today=TODAY)
    assert only(limited).unproven == ("at most $1.00 per request",)


def test_cost_is_reckoned_from_the_expected_tokens_and_a_limit_excludes() -> None:
    scenario = Scenario(input_tokens=2_000, output_tokens=1_000, max_cost=Decimal("0.006"))
    ranking = rank([row("m.a-8b", price="1")], scenario, today=TODAY)
    # 2,000 × $1 and 1,000 × $4 per million.
    assert only(ranking).cost.amount == Decimal("0.006")
    assert not rank(
        [row("m.a-8b", price="1")], replace(scenario, max_cost=Decimal("0.0059")), today=TODAY
    ).candidates


def test_latency_comes_from_three_own_runs_or_is_unknown() -> None:
    scenario = Scenario(max_latency=3.0, output_tokens=100)
    rows = [row("m.a-8b")]
    assert only(rank(rows, scenario, today=TODAY)).unproven == ("at most 3 s per request",)
    two = {"m.a-8b": Measured(2, 0.5, 100.0, 1.5)}
    assert only(rank(rows, scenario, today=TODAY, measured=two)).latency is None
    three = {"m.a-8b": Measured(3, 0.5, 100.0, 1.5)}
    met = only(rank(rows, scenario, today=TODAY, measured=three))
    assert met.latency == pytest.approx(1.5)
    assert not met.unproven
    assert [part.basis for part in met.parts if part.name == "speed"] == ["measured"]
    assert not rank(rows, replace(scenario, max_latency=1.0), today=TODAY, measured=three).candidates


def test_end_of_life_excludes_from_the_day_on() -> None:
    rows = [row("m.a-8b", end_of_life=date(2026, 11, 23))]
    soon = only(rank(rows, Scenario(), today=TODAY))
    assert any(reason.kind == "against" and "in 1 days" in reason.text for reason in soon.reasons)
    assert not rank(rows, Scenario(), today=date(2026, 11, 23)).candidates


def test_context_and_answer_length_are_rules_even_if_nobody_asks() -> None:
    short = row("m.a-8b", context_window=4_000)
    assert not rank([short], Scenario(input_tokens=4_000, output_tokens=1), today=TODAY).candidates
    assert not rank([row("m.a-8b")], Scenario(output_tokens=9_000), today=TODAY).candidates


def test_data_residency_takes_the_profile_that_stays() -> None:
    home = row("m.a-8b")
    ways = [
        replace(home, model_id=f"{where}.m.a-8b", scope="geographic", geography=where)
        for where in ("us", "eu")
    ]
    ways.append(replace(home, model_id="global.m.a-8b", scope="global", geography="global"))
    ranking = rank([home, *ways], Scenario(residency="eu"), today=TODAY)
    assert names(ranking) == ["eu.m.a-8b"]
    assert not only(ranking).unproven
    in_region = rank([home], Scenario(residency="eu"), today=TODAY)
    assert only(in_region).unproven == ("data stays in the European Union",), (
        "which Regions have it, nobody told"
    )
    listed = rank([replace(home, listed=True)], Scenario(residency="eu"), today=TODAY, listed_in="eu-west-1")
    assert not only(listed).unproven
    assert not rank(ways, Scenario(in_region_only=True), today=TODAY).candidates


def test_an_embedding_model_answers_no_questions_and_the_other_way_round() -> None:
    embeds = row("m.embed", output_modalities=("embedding",), max_output_tokens=None)
    writes = row("m.write-8b")
    assert names(rank([embeds, writes], Scenario(task="embeddings"), today=TODAY)) == ["m.embed"]
    assert names(rank([embeds, writes], Scenario(task="summarisation"), today=TODAY)) == ["m.write-8b"]


def test_an_older_model_of_a_line_yields_to_a_newer_one_that_costs_no_more() -> None:
    ranking = rank([row("m.thing-4-8b"), row("m.thing-5-8b")], Scenario(), today=TODAY)
    assert names(ranking) == ["m.thing-5-8b", "m.thing-4-8b"]
    assert any("m.thing-5-8b is newer" in reason.text for reason in ranking.candidates[1].reasons)
    dearer = rank([row("m.thing-4-8b", price="1"), row("m.thing-5-8b", price="2")], Scenario(), today=TODAY)
    assert not any(candidate.factors for candidate in dearer.candidates)


@given(weights=st.tuples(*[st.integers(0, 10)] * 3))
@settings(max_examples=25, deadline=None)
def test_scores_are_the_sum_of_their_parts_whatever_the_weights(weights: tuple[int, int, int]) -> None:
    accuracy, speed, price = weights
    scenario = Scenario(accuracy=accuracy, speed=speed, price=price)
    for candidate in rank(SNAPSHOT, scenario, today=TODAY).candidates:
        parts = [(part.weight if any(weights) else 1, part.value or 0.0) for part in candidate.parts]
        score = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
        for factor in candidate.factors:
            score *= factor.factor
        assert candidate.score == pytest.approx(score)
        assert 0 <= candidate.score <= 1


CONSTRAINTS = st.fixed_dictionaries(
    {},
    optional={
        "max_cost": st.sampled_from([Decimal("0.0001"), Decimal("0.001"), Decimal("0.02")]),
        "max_latency": st.sampled_from([0.5, 5.0]),
        "min_context": st.sampled_from([10_000, 200_000, 900_000]),
        "needs": st.lists(st.sampled_from(list(Capability)), unique=True, max_size=3).map(tuple),
        "region": st.sampled_from(["us-east-1", "eu-central-1", "ap-northeast-1"]),
        "residency": st.sampled_from(list(RESIDENCIES)),
        "in_region_only": st.just(True),
    },
)
OWN = {model_id: Measured(5, 0.5, 80.0, 2.0) for model_id in list(load_models())[::3]}


@given(asked=CONSTRAINTS, more=CONSTRAINTS)
@settings(max_examples=40, deadline=None)
def test_a_constraint_more_never_adds_a_candidate(asked: dict[str, object], more: dict[str, object]) -> None:
    stricter = {**more, **asked}
    if "needs" in asked and "needs" in more:
        stricter["needs"] = (*asked["needs"], *more["needs"])  # type: ignore[misc]
    before = rank(SNAPSHOT, Scenario(**asked), today=TODAY, measured=OWN)  # type: ignore[arg-type]
    after = rank(SNAPSHOT, Scenario(**stricter), today=TODAY, measured=OWN)  # type: ignore[arg-type]
    assert {one.row.base_id for one in after.candidates} <= {one.row.base_id for one in before.candidates}


@given(asked=CONSTRAINTS)
@settings(max_examples=40, deadline=None)
def test_no_candidate_is_known_to_break_a_rule_and_everybody_is_somewhere(asked: dict[str, object]) -> None:
    scenario = Scenario(**asked)  # type: ignore[arg-type]
    ranking = rank(SNAPSHOT, scenario, today=TODAY, measured=OWN)
    for candidate in ranking.candidates:
        spec = candidate.row.spec
        assert spec is not None
        for need in scenario.needs:
            assert candidate.row.capabilities.get(need) is not False
        if scenario.max_cost is not None and candidate.cost.amount is not None:
            assert candidate.cost.amount <= scenario.max_cost
        if scenario.min_context and spec.context_window is not None:
            assert spec.context_window >= scenario.min_context
        if scenario.residency and candidate.row.scope == "global":
            pytest.fail("a global profile may take data anywhere")
        assert spec.end_of_life is None or spec.end_of_life > TODAY
    unproven = [bool(candidate.unproven) for candidate in ranking.candidates]
    assert unproven == sorted(unproven), "what is proven stands before what is not"
    found = [candidate.row.base_id for candidate in ranking.candidates]
    found += [out.row.base_id for out in ranking.excluded]
    assert sorted(found) == sorted({one.base_id for one in SNAPSHOT})
    assert all(out.failed and len(out.failed) == len(out.reasons) for out in ranking.excluded)


def test_every_requirement_has_a_name_of_its_own() -> None:
    scenario = Scenario(
        max_cost=Decimal(1),
        max_latency=1.0,
        min_context=1,
        needs=tuple(Capability),
        region="us-east-1",
        residency="us",
        in_region_only=True,
    )
    found = [requirement.name for requirement in requirements_of(scenario, today=TODAY)]
    assert len(found) == len(set(found))
