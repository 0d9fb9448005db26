"""The ranking as a trainer of AIP-C01 would judge it: who may lead in typical scenarios, and who must not.

Lines of models are named, not single ones: which generation leads is the snapshot's affair.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.recommend import Ranking, rank
from bedrock_playground.catalog.requirements import Scenario
from bedrock_playground.catalog.scenario import apply, infer
from bedrock_playground.catalog.search import options_of, rows_of
from bedrock_playground.catalog.snapshot import load_models

ROWS = rows_of(options_of(load_models()), load_price_book())

TOP_TIER = r"claude-(opus|sonnet|mythos|fable)|gpt-(5|6)(?!.*luna)|nova-(pro|premier)"
LIGHT = r"nova-(micro|lite)|nova-2-lite|ministral|haiku|luna|gemma|nano|mini|flash|qwen3-next"
EMBEDS = r"embed"


def ranking_of(text: str) -> Ranking:
    return rank(ROWS, apply(Scenario(), infer(text)), today=date(2026, 11, 22))


def leaders(text: str, count: int) -> list[str]:
    return [candidate.row.model_id for candidate in ranking_of(text).candidates[:count]]


@pytest.mark.parametrize(
    ("text", "leads", "somewhere"),
    [
        ("A law firm summarizes contracts of 300 pages; highest accuracy required.", TOP_TIER, "claude-opus"),
        ("Medical records must be analysed in us-east-1; accuracy is critical.", TOP_TIER, "claude-opus"),
        ("A multi-step reasoning agent calls internal APIs.", TOP_TIER, "claude-opus"),
        ("Complex reasoning over financial reports; cost is not a concern.", TOP_TIER, "claude-opus"),
        ("Generate code with the most capable model.", TOP_TIER, "claude-opus"),
        ("Mission-critical legal review, EU data residency.", r"^eu\.", "claude-(opus|sonnet)"),
        ("Classify millions of support tickets per day; cost-sensitive, simple task.", LIGHT, "nova-micro"),
        ("A real-time chatbot with strict latency.", LIGHT, "nova-micro"),
        ("Simple FAQs, inexpensive.", LIGHT, "nova-micro"),
        ("Simple sentiment analysis of 10 million reviews at the lowest cost.", LIGHT, "nova-micro"),
        ("RAG over a knowledge base; GDPR applies, cost-sensitive.", r"^eu\.", "nova-(micro|lite)"),
        ("Photos of damage are read with low latency at low cost.", LIGHT, "nova-lite"),
        ("Nightly batch summarization of long documents, least expensive.", LIGHT, "nova-(micro|lite)"),
        ("Generate product descriptions in the brand voice at low cost.", LIGHT, "nova-micro"),
        ("Semantic search at low cost.", EMBEDS, "titan-embed-text-v2"),
    ],
)  # fmt: skip
def test_who_leads_is_whom_the_exam_expects(text: str, leads: str, somewhere: str) -> None:
    assert re.search(leads, leaders(text, 1)[0]), leaders(text, 5)
    assert any(re.search(somewhere, model_id) for model_id in leaders(text, 5)), leaders(text, 8)


@pytest.mark.parametrize(
    "text",
    [
        "A multi-step reasoning agent calls internal APIs.",
        "Complex reasoning; cost is not a concern.",
        "Highest accuracy for clinical reports.",
        "A chatbot that answers quickly at low cost.",
    ],
)
def test_policy_classifiers_and_previews_do_not_lead(text: str) -> None:
    assert not [one for one in leaders(text, 8) if re.search("safeguard|preview", one)]


def test_the_words_for_the_input_make_the_cost() -> None:
    text = "Summarize contracts of up to 300 pages, at most $0.001 per request."
    ranking = ranking_of(text)
    assert not [candidate for candidate in ranking.candidates if not candidate.unproven]
    dearer = apply(Scenario(), infer(text))
    dearer = replace(dearer, max_cost=Decimal(1))
    best = rank(ROWS, dearer, today=date(2026, 11, 22)).candidates[0]
    # 210,000 tokens: the cheapest that can read them cost a cent, not a hundredth of one.
    assert best.cost.amount is not None
    assert best.cost.amount > Decimal("0.005")


def test_what_sources_contradict_each_other_about_is_not_known() -> None:
    qwen = next(row for row in ROWS if row.base_id == "qwen.qwen3-235b-a22b-2507-v1:0")
    (candidate,) = rank(
        [qwen], apply(Scenario(), infer("complex reasoning")), today=date(2026, 11, 22)
    ).candidates
    assert candidate.unproven == ("can reason before it answers",)
    assert any("does not reason" in reason.text for reason in candidate.reasons if reason.kind == "unknown")


def test_an_older_generation_of_embeddings_stands_behind_the_newer_ones() -> None:
    found = leaders("semantic search over documents in many languages", 5)
    old = [place for place, one in enumerate(found) if re.search("embed-g1|embed-text-v1", one)]
    new = [place for place, one in enumerate(found) if re.search("embed-v4|embed-text-v2", one)]
    assert new
    assert not old or max(new) < min(old), found


def test_what_is_made_for_recordings_is_put_forward_for_recordings_alone() -> None:
    def told(text: str) -> list[str]:
        candidates = [one for one in ranking_of(text).candidates if "pegasus" in one.row.model_id]
        assert candidates
        return [factor.text for candidate in candidates for factor in candidate.factors]

    assert "Made for video or sound" in told("Summarize contracts.")
    assert not [text for text in told("Analyse videos of matches.") if text.startswith("Made for")]
