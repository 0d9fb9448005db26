"""Going through a pattern's parts: the sources that a page shows, and examples that are embedded once."""

from __future__ import annotations

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria_asking import Agrees
from bedrock_playground.patterns.criteria_looking import Ended
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.patterns.preparing import prepare, unprepared
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.routing_rules import Rules
from bedrock_playground.patterns.sources import sources_of

SOLO = Solo(variant=Variant(model="m"))
ROUTES = (Route(name="r", member=SOLO),)


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        (Chain(steps=(Step(name="a", member=Routing(routes=ROUTES, by=Rules(rules=()))),)), ["chain.py"]),
        (Routing(routes=ROUTES, by=Rules(rules=())), ["routing.py", "routes.py", "routing_rules.py"]),
        (
            Cascade(tiers=(Tier(member=SOLO),), criteria=(Ended(), Agrees())),
            ["cascade.py", "criteria_looking.py", "criteria_asking.py", "votes.py"],
        ),
    ],
)
def test_the_sources_are_those_of_what_is_set_up(pattern: Pattern, files: list[str]) -> None:
    found = sources_of(pattern)
    assert [source.name for source in found] == files
    assert all(source.summary and source.text.startswith(f'"""{source.summary}') for source in found)


def test_each_pattern_can_be_read_in_one_sitting() -> None:
    import sys

    for kind in pattern_kinds().values():
        text = sys.modules[kind.__module__].__doc__ or ""
        assert len(text.split()) > 30, f"{kind.kind} says when to use it and what it costs"


def test_examples_are_embedded_once_wherever_they_are() -> None:
    by = Neighbours(
        examples=(
            Example(text="a", route="r"),
            Example(text="b", route="r", vector=(1.0,)),
            Example(text="c", route="r"),
        ),
        embedding_model="embedder",
    )
    inner = Routing(routes=ROUTES, by=by)
    outer = Chain(steps=(Step(name="s", member=SOLO), Step(name="t", member=inner)))
    asked: list[tuple[str, str | None]] = []

    def embed(text: str, model: str | None) -> tuple[float, ...] | None:
        asked.append((text, model))
        return (2.0,) if text == "a" else None

    assert unprepared(outer) == 2
    done = prepare(outer, embed, embedding_model="own")
    assert asked == [("a", "embedder"), ("c", "embedder")]
    assert unprepared(done) == 1
    assert unprepared(outer) == 2
    assert isinstance(done, Chain)
    assert done.steps[0] is outer.steps[0]


def test_the_model_that_made_the_vectors_is_named_from_then_on() -> None:
    bare = Routing(routes=ROUTES, by=Neighbours(examples=(Example(text="a", route="r"),)))
    ready = prepare(bare, lambda text, model: (1.0,), embedding_model="own")
    assert isinstance(ready, Routing)
    assert ready.by == Neighbours(
        examples=(Example(text="a", route="r", vector=(1.0,)),), embedding_model="own"
    )
