"""Kept answers: what is found again, for whom, how near is near enough, and what it saves; real boto3."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.invocation import InvocationRequest, InvocationResult, NotRecorded
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.trace import Lookup
from bedrock_playground.invocation.values import Message
from bedrock_playground.patterns.cache_figures import cache_figures
from bedrock_playground.patterns.cache_store import CacheStore
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.knobs import knobs, with_knob
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.shaping import prompt_of
from tests.wire.invocation.scripted import METADATA, Exchange, event_frame, text_event
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import ask, echo, play, solo

EXACT = Cache(member=solo("m"))
NEAR = Cache(member=solo("m"), semantic=Semantic(similarity=0.9, embedding_model="embed"))
VECTORS = {"cat": [1.0, 0.0], "kitten": [0.95, 0.3122498999], "dog": [0.0, 1.0], "cats": [3.0, 0.0]}


def says(model: str, prompt: str, exchange: Exchange) -> None:
    """Embed by a small table; answer with who was asked what; stop as a model is called."""
    if model == "embed":
        exchange.reply({"embedding": VECTORS[prompt], "inputTextTokenCount": 5})
    elif model == "broken":
        exchange.error(400, "ValidationException", "No.")
    elif model.startswith("stops-"):
        exchange.head()
        exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
        exchange.chunk(text_event("Text"))
        exchange.chunk(event_frame("messageStop", {"stopReason": model.removeprefix("stops-")}))
        exchange.chunk(METADATA)
        exchange.end()
    else:
        echo(model, prompt, exchange)


def looked(result: InvocationResult) -> tuple[Lookup, ...]:
    assert result.trace is not None
    return result.trace.lookups


def test_the_same_request_is_answered_without_a_call_and_costs_nothing(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    first, _ = play(EXACT, backing)
    second, shown = play(EXACT, backing)
    assert kitchen.asked == [("m", "Hello")]
    assert (second.text, shown, second.stop_reason) == (first.text, first.text, first.stop_reason)
    assert [look.found for look in (*looked(first), *looked(second))] == [None, "exact"]
    (hit,) = looked(second)
    assert hit.saved_cost == Decimal("0.03")
    original = kitchen.ended[0][2]
    assert hit.saved_seconds == original.timing.total
    assert second.trace is not None
    (given,) = second.trace.calls
    assert (given.cost, given.attempts, given.state) == (Decimal(0), 0, "completed")
    assert second.usage is not None
    assert (second.usage.input_tokens, second.usage.output_tokens) == (0, 0)
    assert second.content == first.content


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        (ask("  Hello \n"), True),
        (replace(ask(), request_metadata={"team": "a"}), True),
        (ask("hello"), False),
        (ask("Hello\nagain"), False),
        (replace(ask(), system="Be brief."), False),
        (replace(ask(), messages=(Message.user("Before"), Message.assistant("Yes"), *ask().messages)), False),
    ],
)
def test_what_cannot_change_the_answer_is_the_same_request(
    cook: Cook, asked: InvocationRequest, *, same: bool
) -> None:
    backing = cook(says).backing()
    play(EXACT, backing)
    result, _ = play(EXACT, backing, asked)
    assert [look.found for look in looked(result)] == ["exact" if same else None]


def test_unicode_and_line_ends_are_compared_as_they_are_read(cook: Cook) -> None:
    backing = cook(says).backing()
    play(EXACT, backing, "Caf\u00e9\nau lait")
    result, _ = play(EXACT, backing, "Cafe\u0301\r\nau lait")
    assert looked(result)[0].found == "exact"


def test_another_model_or_another_pattern_is_another_request(cook: Cook) -> None:
    backing = cook(says).backing()
    chains = [Cache(member=Chain(steps=(Step(name="a", member=solo(model)),))) for model in ("m", "n")]
    for pattern in (EXACT, Cache(member=solo("n")), *chains):
        result, _ = play(pattern, backing)
        assert looked(result)[0].found is None
    for pattern in chains:
        result, _ = play(pattern, backing)
        assert looked(result)[0].found == "exact"


def test_one_users_answers_are_nobody_elses(cook: Cook) -> None:
    kitchen = cook(says)
    store = CacheStore()
    ann, bob = kitchen.backing(cache=store), kitchen.backing(cache=store)
    play(EXACT, ann)
    result, _ = play(EXACT, bob)
    assert looked(result)[0].found is None
    together = replace(bob, namespace=ann.namespace)
    result, _ = play(EXACT, together)
    assert looked(result)[0].found == "exact"


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("end_turn", True),
        ("max_tokens", True),
        ("guardrail_intervened", False),
        ("content_filtered", False),
        ("tool_use", False),
    ],
)
def test_only_whole_answers_are_kept(cook: Cook, reason: str, *, kept: bool) -> None:
    backing = cook(says).backing()
    pattern = Cache(member=solo(f"stops-{reason}"))
    play(pattern, backing)
    result, _ = play(pattern, backing)
    assert (looked(result)[0].found == "exact") is kept


def test_a_failure_is_not_kept(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    for _ in range(2):
        result, _ = play(Cache(member=solo("broken")), backing)
        assert type(result.error).__name__ == "ValidationFailed"
    assert len(kitchen.asked) == 2


# Near prompts


def test_a_near_prompt_gets_the_answer_of_the_other_one(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    play(NEAR, backing, "cat")
    result, shown = play(NEAR, backing, "kitten")
    assert (result.text, shown) == ("m: cat", "m: cat")
    assert kitchen.asked == [("embed", "cat"), ("m", "cat"), ("embed", "kitten")]
    (hit,) = looked(result)
    assert (hit.found, hit.saved_cost) == ("similar", Decimal("0.03"))
    assert hit.similarity == pytest.approx(0.95)
    assert result.trace is not None
    assert [call.role for call in result.trace.calls] == ["embedding", "answer"]
    assert "similarity 0.950 (at least 0.9)" in result.trace.decisions[-1].text
    assert result.usage is not None
    assert result.usage.input_tokens == 5


def test_a_far_prompt_is_asked_and_the_nearest_is_told(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    play(NEAR, backing, "cat")
    result, _ = play(NEAR, backing, "dog")
    assert result.text == "m: dog"
    (miss,) = looked(result)
    assert (miss.found, miss.similarity, miss.saved_cost) == (None, 0.0, None)
    strict = replace(NEAR, semantic=Semantic(similarity=0.96, embedding_model="embed"))
    result, _ = play(strict, backing, "kitten")
    assert result.text == "m: kitten"


def test_the_length_of_a_vector_does_not_matter_and_1_is_the_same_direction(cook: Cook) -> None:
    backing = cook(says).backing()
    same = replace(NEAR, semantic=Semantic(similarity=1.0, embedding_model="embed"))
    play(same, backing, "cat")
    result, _ = play(same, backing, "cats")
    assert looked(result)[0].found == "similar"


def test_a_near_prompt_with_another_system_prompt_is_not_near(cook: Cook) -> None:
    backing = cook(says).backing()
    play(NEAR, backing, "cat")
    result, _ = play(NEAR, backing, replace(ask("kitten"), system="Answer in French."))
    assert (looked(result)[0].found, looked(result)[0].similarity) == (None, None)


def test_without_an_embedding_only_the_same_request_is_found_and_that_is_said(cook: Cook) -> None:
    backing = cook(says).backing()
    unnamed = Cache(member=solo("m"), semantic=Semantic())
    result, _ = play(unnamed, backing, "cat")
    assert result.text == "m: cat"
    assert result.trace is not None
    assert "could not be embedded" in result.trace.decisions[0].text
    again, _ = play(unnamed, backing, "cat")
    assert looked(again)[0].found == "exact"


# Replays


def test_a_replay_in_the_same_order_with_a_fresh_store_comes_to_the_same(cook: Cook) -> None:
    kitchen = cook(says)
    prompts = ("cat", "kitten", "dog", "cat", "cats")
    backing = kitchen.backing()
    results = [play(NEAR, backing, prompt)[0] for prompt in prompts]
    replays: list[list[InvocationResult]] = []
    for _ in range(2):
        fresh = kitchen.backing(journal=kitchen.journal(), cache=CacheStore())
        replays.append([play(NEAR, fresh, prompt)[0] for prompt in prompts])
    for again in replays:
        assert [one.text for one in again] == [one.text for one in results]
        found = [look.found for one in again for look in looked(one)]
        assert found == [look.found for one in results for look in looked(one)]
    assert [one.timing for one in replays[0]] == [one.timing for one in replays[1]]


def test_the_threshold_is_a_knob_and_turning_it_down_needs_no_new_call(cook: Cook) -> None:
    kitchen = cook(says)
    strict: Pattern = replace(NEAR, semantic=Semantic(similarity=0.99, embedding_model="embed"))
    backing = kitchen.backing()
    for prompt in ("cat", "kitten"):
        play(strict, backing, prompt)
    (knob,) = knobs(strict)
    assert (knob.name, knob.value) == ("semantic.similarity", 0.99)
    loose = with_knob(strict, knob.name, 0.9)
    assert isinstance(loose, Pattern)
    fresh = kitchen.backing(journal=kitchen.journal(), cache=CacheStore())
    texts = [play(loose, fresh, prompt)[0].text for prompt in ("cat", "kitten")]
    assert texts == ["m: cat", "m: cat"]
    # The other way round the call was never made, and that is said.
    kitchen.ended = [
        each for each in kitchen.ended if (each[0].role, prompt_of(each[1])) != ("answer", "kitten")
    ]
    fresh = kitchen.backing(journal=kitchen.journal(), cache=CacheStore())
    results = [play(strict, fresh, prompt)[0] for prompt in ("cat", "kitten")]
    assert isinstance(results[1].error, NotRecorded)
    assert knobs(EXACT) == ()


# Sums


class Priced:
    """An embedding costs a tenth of a cent; the rest is the kitchen's."""

    def __init__(self, kitchen: Any) -> None:
        self.kitchen = kitchen

    def cost(self, identity: Any, request: InvocationRequest, result: InvocationResult) -> Cost:
        if request.model_id == "embed":
            return Cost(Decimal("0.001"), confidence=Confidence.USER)
        cost: Cost = self.kitchen.cost(identity, request, result)
        return cost


def test_figures_add_up_hits_and_savings_and_what_looking_cost(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing(pricer=Priced(kitchen))
    results = [play(NEAR, backing, prompt)[0] for prompt in ("cat", "kitten", "dog", "cat")]
    figures = cache_figures(result.trace for result in results if result.trace)
    assert (figures.lookups, figures.exact, figures.similar, figures.hits) == (4, 1, 1, 2)
    assert figures.rate.share == 0.5
    # Two answers of 3 cents saved; three embeddings were paid for.
    assert (figures.saved_cost, figures.embedding_cost) == (Decimal("0.06"), Decimal("0.003"))
    assert figures.net_cost == Decimal("0.057")
    cat = next(result for _, request, result, _ in kitchen.ended if request.model_id == "m")
    assert figures.saved_seconds == pytest.approx(2 * (cat.timing.total or 0.0))


def test_what_an_unpriced_answer_saves_is_unknown(cook: Cook) -> None:
    backing = cook(says).backing()
    pattern = Cache(member=solo("unpriced"))
    results = [play(pattern, backing)[0] for _ in range(2)]
    figures = cache_figures(result.trace for result in results if result.trace)
    assert (figures.hits, figures.saved_cost, figures.unknown_costs, figures.net_cost) == (1, None, 1, None)
    assert figures.saved_seconds is not None


def test_no_lookups_are_no_rate() -> None:
    figures = cache_figures([])
    assert (figures.lookups, figures.saved_cost, figures.embedding_cost) == (0, Decimal(0), Decimal(0))


def test_a_cache_inside_a_pattern_tells_the_outer_trace(cook: Cook) -> None:
    backing = cook(says).backing()
    pattern = Chain(steps=(Step(name="only", member=EXACT),))
    play(pattern, backing)
    result, _ = play(pattern, backing)
    assert [look.found for look in looked(result)] == ["exact"]


def test_many_at_once_are_answered_and_the_last_ones_without_a_call(cook: Cook) -> None:
    kitchen = cook(says)
    backing = kitchen.backing()
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(play(EXACT, backing)[0].text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert texts == ["m: Hello"] * 8
    asked = len(kitchen.asked)
    play(EXACT, backing)
    assert len(kitchen.asked) == asked
