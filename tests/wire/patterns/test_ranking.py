"""An embedding model answers with the nearest passage: what is embedded, in which order, at what cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedrock_playground.invocation import RequestRefused
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.trace import cost_of_calls
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.codec import member_from_json, member_to_json
from bedrock_playground.patterns.ranking import Ranking
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import Kitchen, play

PROMPT = (
    "[a] Of dogs.\n[b] Of cats.\n[c] Of both.\n\n"
    "Which passage answers this question? Who purrs?\n\nReply with its id alone, such as [p00]."
)
VECTORS = {"Of dogs.": [0.0, 1.0], "Of cats.": [2.0, 0.2], "Of both.": [1.0, 1.0], "Who purrs?": [1.0, 0.0]}
RANKING = Ranking(embedding_model="embed")


def says(_: str, prompt: str, exchange: Exchange) -> None:
    if prompt in VECTORS:
        exchange.reply({"embedding": VECTORS[prompt], "inputTextTokenCount": 5})
    else:
        exchange.error(400, "ValidationException", "No vector of this.")


class PerCall:
    """One cent for each embedding."""

    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        assert result.usage is not None
        return Cost(Decimal("0.01"), confidence=Confidence.USER)


def test_the_nearest_passages_id_is_the_answer(cook: Cook) -> None:
    kitchen: Kitchen = cook(says)
    result, shown = play(RANKING, kitchen.backing(pricer=PerCall()), PROMPT)
    assert (result.error, result.text, shown) == (None, "b", "b")
    # The question as the wording has it, then each passage, once.
    assert [text for _, text in kitchen.asked] == ["Who purrs?", "Of dogs.", "Of cats.", "Of both."]
    fields = result.additional_model_response_fields
    assert isinstance(fields, dict)
    told = fields["ranking"]
    assert [one["id"] for one in told] == ["b", "c", "a"]
    assert [one["similarity"] for one in told] == pytest.approx([0.99503719, 0.70710678, 0.0])
    assert result.trace is not None
    assert [call.role for call in result.trace.calls] == ["question", "passages", "passages", "passages"]
    assert result.trace.decisions[0].text == "b is the nearest to the question: b 1.00, c 0.71, a 0.00."
    assert result.usage is not None
    assert result.usage.input_tokens == 20
    assert cost_of_calls(result.trace.calls).amount == Decimal("0.04")


def test_a_replay_sends_nothing_and_answers_the_same(cook: Cook) -> None:
    kitchen = cook(says)
    first, _ = play(RANKING, kitchen.backing(), PROMPT)
    calls = len(kitchen.asked)
    again, _ = play(RANKING, kitchen.backing(journal=kitchen.journal()), PROMPT)
    assert len(kitchen.asked) == calls
    assert (again.text, again.additional_model_response_fields) == (
        first.text,
        first.additional_model_response_fields,
    )


def test_a_prompt_without_passages_is_refused_and_nothing_is_sent(cook: Cook) -> None:
    kitchen = cook(says)
    result, shown = play(RANKING, kitchen.backing(), "Who purrs?")
    assert isinstance(result.error, RequestRefused)
    assert "no passages to rank" in result.error.message
    assert (shown, kitchen.asked) == ("", [])


@pytest.mark.parametrize("prompt", [PROMPT.replace("Who purrs?", "Who?"), PROMPT.replace("cats", "birds")])
def test_what_cannot_be_embedded_fails_the_answer(cook: Cook, prompt: str) -> None:
    kitchen = cook(says)
    result, shown = play(RANKING, kitchen.backing(), prompt)
    assert result.error is not None
    assert "No vector of this." in result.error.message
    assert (result.text, shown) == ("", "")


def test_without_an_embedding_model_nothing_is_made_up(cook: Cook) -> None:
    result, _ = play(Ranking(), cook(says).backing(), PROMPT)
    assert isinstance(result.error, RequestRefused)
    assert "Name one" in result.error.message


def test_it_is_written_and_read_like_any_pattern() -> None:
    assert member_to_json(Ranking()) == {"kind": "ranking"}
    made = Ranking(embedding_model="embed", wording="Q: {{query}}", name="Mine")
    assert member_from_json(member_to_json(made)) == made
    with pytest.raises(ValueError, match="wording says where"):
        Ranking(wording="Which one?")
