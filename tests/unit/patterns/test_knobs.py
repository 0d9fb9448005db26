"""Thresholds are found wherever they are in a pattern, and turning one makes another pattern."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.knobs import knobs, with_knob
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours

SOLO = Solo(variant=Variant(model="m"))
ROUTES = (Route(name="one", member=SOLO),)
ROUTING = Routing(routes=ROUTES, by=Classifier(member=SOLO, threshold=0.7))


def test_a_knob_says_what_it_is_and_every_place_it_can_be_dragged_to() -> None:
    (found,) = knobs(ROUTING)
    assert (found.name, found.value, found.whole) == ("by.threshold", 0.7, False)
    assert found.label == "Least confidence of the classifier"
    values = found.values()
    assert (len(values), values[0], values[14], values[-1]) == (21, 0.0, 0.7, 1.0)


def test_turning_it_makes_another_pattern() -> None:
    turned = with_knob(ROUTING, "by.threshold", 0.2)
    assert turned == replace(ROUTING, by=Classifier(member=SOLO, threshold=0.2))
    assert ROUTING.by == Classifier(member=SOLO, threshold=0.7)


def test_knobs_of_patterns_inside_are_found_by_their_place() -> None:
    outer = Chain(steps=(Step(name="a", member=SOLO), Step(name="b", member=ROUTING)))
    (found,) = knobs(outer)
    assert found.name == "steps[1].member.by.threshold"
    turned = with_knob(outer, found.name, 0.1)
    assert knobs(turned)[0].value == 0.1
    assert isinstance(turned, Chain)
    assert turned.steps[0] == outer.steps[0]


def test_a_whole_knob_stays_whole_and_ends_where_its_pattern_does() -> None:
    examples = tuple(Example(text=str(n), route="one") for n in range(4))
    pattern = Routing(routes=ROUTES, by=Neighbours(examples=examples, k=2))
    k, threshold = knobs(pattern)
    assert (k.values(), k.whole, threshold.whole) == ((1, 2, 3, 4), True, False)
    turned = with_knob(pattern, k.name, 3.0)
    assert isinstance(turned, Routing)
    assert isinstance(turned.by, Neighbours)
    assert repr(turned.by.k) == "3"


def test_a_limit_that_is_not_set_stands_at_its_end() -> None:
    by = Measured(figures=(Figures(route="one", latency=2.3),))
    latency, errors = knobs(Routing(routes=ROUTES, by=by))
    assert (latency.value, latency.high, latency.values()[-1]) == (3.0, 3.0, 3.0)
    assert (errors.value, errors.high) == (1.0, 1.0)


def test_a_value_beyond_what_there_is_stands_at_the_end() -> None:
    by = Neighbours(examples=(Example(text="a", route="one"),), k=3)
    k, _ = knobs(Routing(routes=ROUTES, by=by))
    assert (k.value, k.values()) == (1, (1,))


def test_there_is_no_other_knob() -> None:
    assert knobs(SOLO) == ()
    with pytest.raises(KeyError):
        with_knob(ROUTING, "by.member", 1)
