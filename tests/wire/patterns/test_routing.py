"""Routing over loopback: by rules, a classifier, neighbours and figures; each choice with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation import InvocationRequest, InvocationResult
from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.values import ImageBlock, Message, TextBlock
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing, Way
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured, measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours, prepared
from bedrock_playground.patterns.routing_rules import Rule, Rules
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import Kitchen, Says, echo, plain, play, solo

ROUTES = (
    Route(name="small", member=solo("small"), description="Short questions"),
    Route(name="large", member=solo("large"), description="Reasoning"),
)


def routing(by: Way, default: str = "small") -> Routing:
    return Routing(routes=ROUTES, by=by, default=default)


def gone_to(kitchen: Kitchen, pattern: Routing, prompt: str) -> tuple[str, str]:
    """Where a prompt went, and why."""
    result, shown = play(pattern, kitchen.backing(), prompt)
    assert result.text == shown == f"{result.text.split(':')[0]}: {prompt}"
    assert result.trace is not None
    (decision,) = result.trace.decisions
    return decision.role or "", decision.text


# Rules


RULES = Rules(
    rules=(
        Rule(route="large", contains=("prove", "Derive")),
        Rule(route="large", regex=r"(?i)\bsql\b", min_characters=10),
        Rule(route="large", script="cyrillic"),
        Rule(route="large", attachments=True),
        Rule(route="small"),
    )
)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("PROVE it", ("large", "rule 1 holds: the prompt says “prove”")),
        (
            "Write me SQL",
            ("large", "rule 2 holds: the prompt has “SQL” in it; the prompt is long: 12"),
        ),
        ("SQL", ("small", "the default: no rule holds")),
        ("Как дела?", ("large", "rule 3 holds: it is written in cyrillic letters")),
        ("Hello", ("small", "the default: no rule holds")),
    ],
)
def test_the_first_rule_that_holds_decides(cook: Cook, prompt: str, expected: tuple[str, str]) -> None:
    kitchen = cook()
    to, told = gone_to(kitchen, routing(RULES), prompt)
    assert (to, expected[1] in told) == (expected[0], True), told
    assert kitchen.asked == [(to, prompt)]


def test_a_rule_sees_what_comes_with_a_prompt() -> None:
    image = Message("user", (ImageBlock("png", b"x"), TextBlock("What is it?")))
    asked = InvocationRequest("", (image,), tool_config={"tools": []})
    assert (
        Rule(route="r", attachments=True, tools=True).holds(asked)
        == "it comes with files; it comes with tools"
    )
    assert Rule(route="r", schema=False).holds(asked) == "it comes without a schema for its answer"
    assert Rule(route="r", attachments=False).holds(asked) is None
    assert Rule(route="r", max_characters=11).holds(asked) == "the prompt is short: 11 characters"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"default": "huge"}, "no route 'huge'"),
        ({"routes": ()}, "at least one route"),
        ({"routes": (*ROUTES, ROUTES[0])}, "no two of the same name"),
        ({"by": Rules(rules=(Rule(route="huge"),))}, "no route 'huge'"),
    ],
)
def test_routes_that_nobody_could_take_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(routing(RULES), **changes)


def test_an_expression_that_could_run_away_is_refused() -> None:
    with pytest.raises(ValueError, match="is no expression"):
        Rule(route="small", regex=r"(a)\1")


# A classifier


def says_json(answer: str) -> Says:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "judge":
            exchange.answer(answer)
        else:
            echo(model, prompt, exchange)

    return says


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            '{"route": "large", "confidence": 0.9, "reason": "Steps."}',
            ("large", "0.90 sure of “large”: Steps."),
        ),
        ('Sure!\n```json\n{"route": "LARGE", "confidence": 1}\n```', ("large", "1.00 sure")),
        ('I say {"route": "large", "confidence": 0.8} because', ("large", "0.80 sure")),
        ('{"route": "large", "confidence": 0.5}', ("small", "which is below 0.60")),
        ('{"route": "huge", "confidence": 1}', ("small", "names no route")),
        ('{"route": "large"}', ("small", "but not how sure")),
        ("large", ("small", "names no route")),
    ],
)
def test_a_classifier_names_the_route(cook: Cook, answer: str, expected: tuple[str, str]) -> None:
    kitchen = cook(says_json(answer))
    to, told = gone_to(kitchen, routing(Classifier(member=solo("judge"))), "Why?")
    assert (to, expected[1] in told) == (expected[0], True), told
    assert kitchen.asked[1][0] == to
    assert "- large: Reasoning" in kitchen.asked[0][1]
    assert "<request>\nWhy?\n</request>" in kitchen.asked[0][1]


def test_a_classifier_that_fails_leaves_it_to_the_default(cook: Cook) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "judge":
            exchange.error(400, "ValidationException", "No.")
        else:
            echo(model, prompt, exchange)

    to, told = gone_to(cook(says), routing(Classifier(member=solo("judge")), default="large"), "Why?")
    assert to == "large"
    assert "the classifier failed: No." in told


def test_the_schema_is_sent_where_the_model_takes_one(cook: Cook) -> None:
    def picky(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        built = plain(variant, asked)
        refuses = variant.model == "judge" and asked_schema(asked) is not None
        return replace(built, refusals=("It takes no schema.",) if refuses else ())

    kitchen = cook(says_json('{"route": "large", "confidence": 1}'))
    pattern = routing(Classifier(member=solo("judge")))
    for backing in (kitchen.backing(), kitchen.backing(shape=picky)):
        play(pattern, backing, "Why?")
    with_schema, _, without, _ = (request for _, request, _, _ in kitchen.ended)
    schema = json.loads(asked_schema(with_schema) or "")
    assert schema["properties"]["route"]["enum"] == ["small", "large"]
    assert asked_schema(without) is None


# Neighbours


def embeds(model: str, prompt: str, exchange: Exchange) -> None:
    """Embed by what is said of cats and of logic."""
    if model == "embedder":
        vector = [prompt.count("cat") + 0.01, prompt.count("logic") + 0.01]
        exchange.reply({"embedding": vector, "inputTextTokenCount": 5})
    else:
        echo(model, prompt, exchange)


NEIGHBOURS = Neighbours(
    examples=(
        Example(text="a cat", route="small", vector=(1.01, 0.01)),
        Example(text="the logic", route="large", vector=(0.01, 1.01)),
        Example(text="logic, logic", route="large", vector=(0.01, 2.01)),
    ),
    k=1,
    threshold=0.9,
    embedding_model="embedder",
)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("cat or cat", ("small", "its nearest example is “a cat” (1.00)")),
        ("logic of logic", ("large", "votes: large 2.00")),
        ("cat logic", ("small", "the default: no example is as similar as 0.90: the nearest has 0.7")),
    ],
)
def test_the_nearest_examples_decide(cook: Cook, prompt: str, expected: tuple[str, str]) -> None:
    kitchen = cook(embeds)
    by = replace(NEIGHBOURS, k=2) if "votes" in expected[1] else NEIGHBOURS
    to, told = gone_to(kitchen, routing(by), prompt)
    assert (to, expected[1] in told) == (expected[0], True), told
    assert [model for model, _ in kitchen.asked] == ["embedder", to]


def test_an_example_without_a_vector_is_embedded_and_the_trace_shows_it(cook: Cook) -> None:
    bare = replace(NEIGHBOURS, examples=tuple(replace(each, vector=()) for each in NEIGHBOURS.examples))
    kitchen = cook(embeds)
    result, _ = play(routing(bare), kitchen.backing(), "cat")
    assert result.trace is not None
    roles = [call.role for call in result.trace.calls]
    assert roles == ["embedding", "example 1", "example 2", "example 3", "small"]
    known = {each.text: each.vector for each in NEIGHBOURS.examples}
    assert prepared(bare, lambda text, _: known[text]) == NEIGHBOURS


def test_without_an_embedding_the_default_takes_it(cook: Cook) -> None:
    to, told = gone_to(cook(), routing(replace(NEIGHBOURS, embedding_model=None)), "cat")
    assert (to, "could not be embedded" in told) == ("small", True)


# Figures


FIGURES = (
    Figures(route="small", cost=Decimal("0.001"), latency=2.0, error_rate=0.05, requests=100),
    Figures(route="large", cost=Decimal("0.02"), latency=1.0, error_rate=0.0, requests=40),
)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            Measured(figures=FIGURES),
            ("small", "of 2 within the limits small has the least cost: $0.001 over 100"),
        ),
        (Measured(figures=FIGURES, best="latency"), ("large", "the least P95 latency: 1.00 s over 40")),
        (
            Measured(figures=FIGURES, max_error_rate=0.01),
            ("large", "small is out: its error rate is 5.0%"),
        ),
        (Measured(figures=FIGURES, max_latency=0.5), ("small", "the default: no route's figures will do")),
        (Measured(figures=FIGURES[1:]), ("large", "small is out: nothing was measured")),
        (
            Measured(figures=(replace(FIGURES[0], cost=None), FIGURES[1])),
            ("large", "small is out: its cost is not known"),
        ),
    ],
)
def test_figures_decide_and_unknown_ones_are_never_taken_for_good(
    cook: Cook, by: Measured, expected: tuple[str, str]
) -> None:
    to, told = gone_to(cook(), routing(by), "Hello")
    assert (to, expected[1] in told) == (expected[0], True), told


def test_figures_are_worked_out_of_requests() -> None:
    cents = [Decimal("0.01")] * 19 + [Decimal("0.03")]
    found = measured("small", latencies=[float(n) for n in range(20)], costs=cents, failed=5)
    assert (found.cost, found.error_rate, found.requests) == (Decimal("0.011"), 0.2, 25)
    assert found.latency == pytest.approx(18.05)
    few = measured("small", latencies=[1.0], costs=[None], failed=0)
    assert (few.cost, few.latency, few.error_rate) == (None, None, 0.0)
    assert measured("small", latencies=[], costs=[], failed=0).error_rate is None


# Bedrock's own router


def test_bedrocks_prompt_router_is_a_model_whose_choice_is_in_the_trace(cook: Cook) -> None:
    from bedrock_playground.invocation.serialization import result_from_json, result_to_json
    from bedrock_playground.patterns.shaping import shape_by_catalogue
    from tests.wire.invocation.scripted import STOP, USAGE, event_frame, text_event

    arn = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1"
    chosen = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.head()
        for frame in (
            event_frame("messageStart", {"role": "assistant"}),
            text_event("Hi"),
            event_frame("contentBlockStop", {"contentBlockIndex": 0}),
            STOP,
            event_frame(
                "metadata",
                {
                    "usage": USAGE,
                    "metrics": {"latencyMs": 42},
                    "trace": {"promptRouter": {"invokedModelId": chosen}},
                },
            ),
        ):
            exchange.chunk(frame)
        exchange.end()

    kitchen = cook(says)
    pattern = Routing(routes=(Route(name="router", member=solo(arn)),), by=Rules(rules=()))
    result, _ = play(pattern, kitchen.backing(shape=shape_by_catalogue()))
    assert result.trace is not None
    (call,) = result.trace.calls
    assert (call.model_id, call.invoked_model_id) == (arn, chosen)
    again: InvocationResult = result_from_json(result_to_json(result))
    assert again.trace == result.trace
