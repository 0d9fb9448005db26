"""What the page calls patterns and their settings, and when to take which; in words for whoever learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_playground.patterns.forms import FieldForm, first_lines, humanised
from bedrock_playground.patterns.kinds import pattern_kinds


@dataclass(frozen=True, slots=True)
class About:
    """A kind of pattern in words."""

    title: str
    """What it is called."""
    what: str
    """What it does, in a sentence."""
    when: str
    """When to take it."""
    icon: str
    """Its Material symbol."""


_ABOUT: Mapping[str, About] = {
    "routing": About(
        "Routing",
        "Looks at each request and sends it to the one model that suits it.",
        "Take it when easy and hard requests come mixed, and can be told apart beforehand.",
        ":material/alt_route:",
    ),
    "cascade": About(
        "Cascade",
        "Asks the cheapest model first, and a stronger one only if the answer will not do.",
        "Take it when most requests are easy and a bad answer can be recognised.",
        ":material/stairs:",
    ),
    "aggregation": About(
        "Aggregation",
        "Asks several at once and makes one answer of theirs: by vote, by a judge, or by synthesis.",
        "Take it when being right is worth several calls.",
        ":material/how_to_vote:",
    ),
    "fallback": About(
        "Fallback",
        "Asks the first target, and the next one when it fails, throttles or is too slow.",
        "Take it when an answer has to come whatever fails: other models, Regions and scopes stand in.",
        ":material/escalator_warning:",
    ),
    "chain": About(
        "Chain",
        "Splits a task into steps; each step’s prompt may use the answers before it.",
        "Take it when one prompt is too much for one go: outline, then draft, then polish.",
        ":material/link:",
    ),
    "map-reduce": About(
        "Map–reduce",
        "Cuts a long text into pieces, works on each, and puts the results together.",
        "Take it when a text is longer than a model’s context window, or than it reads well.",
        ":material/call_merge:",
    ),
    "cache": About(
        "Cache",
        "Answers what was asked before from what was answered then: the same words, or the same meaning.",
        "Take it when many people ask the same things.",
        ":material/cached:",
    ),
    "ranking": About(
        "Ranking",
        "Lets an embedding model find the passage that answers a question, by how near their vectors are.",
        "Take it to find out which embedding model finds the right passage.",
        ":material/manage_search:",
    ),
}
_LABELS: Mapping[tuple[str, str], str] = {
    ("Chain", "steps"): "Steps",
    ("Step", "template"): "Prompt of this step",
    ("Step", "name"): "Name",
    ("Step", "member"): "Model",
    ("Routing", "by"): "Choose the route by",
    ("Routing", "default"): "Where nothing else is decided",
    ("Route", "member"): "Model",
    ("Classifier", "member"): "Classifier",
    ("Classifier", "template"): "What the classifier is asked",
    ("Neighbours", "k"): "Neighbours that vote",
    ("Tier", "member"): "Model",
    ("Cascade", "criteria"): "Good enough, if all of these hold",
    ("Matches", "regex"): "The answer has this in it (regular expression)",
    ("FollowsSchema", "schema"): "JSON schema; empty: the one that was asked for",
    ("Ended", "reasons"): "It ended by one of these",
    ("NotRefused", "phrases"): "Words that make it a refusal",
    ("Agrees", "n"): "Answers that are asked for",
    ("Agrees", "k"): "Of which must agree",
    ("Panelist", "member"): "Model",
    ("Aggregation", "members"): "Asked at once",
    ("Aggregation", "by"): "Make one answer by",
    ("Aggregation", "quorum"): "Enough, once so many have answered",
    ("Aggregation", "deadline"): "Wait at most (seconds)",
    ("Judged", "swap"): "Ask twice, with the order turned round",
    ("Ballot", "labels"): "One of these words",
    ("Ballot", "regex"): "What this expression finds",
    ("Ballot", "field"): "This field of a JSON answer",
    ("Target", "member"): "Model",
    ("Target", "region"): "Region, if another one",
    ("Target", "tries"): "Tries",
    ("Fallback", "when"): "Go on to the next target after",
    ("Fallback", "base_delay"): "First wait between tries (seconds)",
    ("Fallback", "longest_wait"): "Longest wait (seconds)",
    ("Fallback", "breaker"): "Circuit breaker",
    ("Fallback", "hedge"): "Hedge: ask the next one as well when one is slow to begin",
    ("Fallback", "hold"): "Show nothing until it is certain whose answer it is",
    ("Fallback", "cached"): "If all fail: give the answer that was kept from before",
    ("Fallback", "shorter"): "If all fail: ask this one for a shorter answer",
    ("BreakerPolicy", "failures"): "Opens after so many failures in a row",
    ("BreakerPolicy", "open_for"): "Stays open (seconds)",
    ("Hedge", "after"): "After (seconds)",
    ("Hedge", "percentile"): "Or after this percentile of what was measured",
    ("MapReduce", "mapper"): "Reads each piece",
    ("MapReduce", "reducer"): "Puts the findings together",
    ("MapReduce", "task"): "Task; empty: the prompt’s first paragraph",
    ("MapReduce", "chunk_tokens"): "Tokens in a piece",
    ("MapReduce", "overlap_tokens"): "Tokens that two pieces share",
    ("MapReduce", "parallel"): "Pieces at a time",
    ("Cache", "member"): "Who answers what is not kept yet",
    ("Cache", "semantic"): "Near prompts count too",
    ("Ranking", "wording"): "How the prompt puts the question",
    ("Semantic", "similarity"): "How similar a prompt has to be",
}
AT_ONCE = frozenset({
    ("Step", "template"), ("Route", "description"), ("Rule", "contains"), ("Cascade", "criteria"),
    ("Ended", "reasons"), ("Agrees", "n"), ("Agrees", "k"), ("Vote", "ballot"), ("Ballot", "labels"),
    ("Judged", "rubric"), ("Scored", "rubric"), ("Target", "region"), ("Target", "tries"),
    ("Fallback", "hedge"), ("Fallback", "breaker"), ("Hedge", "after"), ("BreakerPolicy", "failures"),
    ("BreakerPolicy", "open_for"), ("MapReduce", "chunk_tokens"), ("Cache", "semantic"),
    ("Ranking", "embedding_model"), ("Ranking", "wording"),
})  # fmt: skip
"""Settings that are worth seeing although they could be left alone."""
_WORDS: Mapping[str, str] = {
    "rules": "Rules",
    "classifier": "A classifier model",
    "neighbours": "The most similar examples",
    "measured": "Measured price, speed and errors",
    "error_rate": "Error rate",
    "cost": "Cost",
    "latency": "Latency",
    "schema": "It follows a JSON schema",
    "regex": "It matches an expression",
    "stop-reason": "It ended by itself",
    "refusal": "It is no refusal",
    "probability": "Its tokens are likely",
    "agreement": "Several answers agree",
    "judge": "A judge scores it well",
    "vote": "Majority vote",
    "judged": "A judge’s choice",
    "synthesis": "Synthesis: one answer written from all",
    "broken": "Broken off",
}
_ONE: Mapping[str, str] = {
    "Figures": "Figures",
    "Good enough, if all of these hold": "Criterion",
    "Asked at once": "Member",
}


def about(kind: str) -> About:
    """A kind in words; one that nobody described says of itself what its code says."""
    if (known := _ABOUT.get(kind)) is not None:
        return known
    told = first_lines(pattern_kinds()[kind])
    return About(humanised(kind), told, "", ":material/schema:")


def label_of(owner: type[Any], field: FieldForm) -> str:
    """What a field is called."""
    return _LABELS.get((owner.__name__, field.name), field.label)


def word(name: str) -> str:
    """What a kind of part, or a word of a setting, is called."""
    return _WORDS.get(name, humanised(name))


def one_of_several(label: str) -> str:
    """One of several: ``Steps`` is ``Step``."""
    return _ONE.get(label, label.removesuffix("s"))
