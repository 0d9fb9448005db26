"""Where boxes stand, which way was taken, and what the SVG says: values of golden traces."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.trace import Decision, Trace, TracedCall
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria_asking import Scored
from bedrock_playground.patterns.criteria_looking import Ended
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Member, Pattern, Solo
from bedrock_playground.patterns.merging import Synthesis, Vote
from bedrock_playground.patterns.picture.arrangement import arrangement
from bedrock_playground.patterns.picture.layout import ANSWER, PROMPT, Axis, Box, Course, Drawing, draw
from bedrock_playground.patterns.picture.path import Fate
from bedrock_playground.patterns.picture.svg import in_words, to_svg
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.trying import Target

RUN = "run"


def solo(model: str) -> Solo:
    return Solo(variant=Variant(model=model))


def call(role: str, start: float, end: float | None, *, parent: str = RUN, **more: object) -> TracedCall:
    made = TracedCall(
        run_id=f"{parent}/{role}/{start}",
        parent_id=parent,
        role=role,
        model_id=f"model-of-{role}",
        started=start,
        ended=end,
        state="running" if end is None else "completed",
        attempts=1,
        cost=Decimal("0.001"),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # a call's fields


def decided(role: str, *, chosen: bool | None, parent: str = RUN) -> Decision:
    return Decision(at=0.0, parent_id=parent, text=f"{role}.", role=role, chosen=chosen)


def course(
    calls: Sequence[TracedCall], *decisions: Decision, over: bool = True, failed: bool = False
) -> Course:
    trace = Trace(pattern="any", calls=tuple(calls), decisions=decisions)
    return Course(trace, RUN, over, failed)


CASCADE = Cascade(
    tiers=(Tier(member=solo("small")), Tier(member=solo("medium")), Tier(member=solo("large"))),
    criteria=(Ended(), Scored(judge=solo("judge"))),
)
ROUTING = Routing(
    routes=(Route(name="easy", member=solo("small")), Route(name="easy but long", member=solo("large"))),
    by=Classifier(member=solo("tiny")),
)
PANEL = (Panelist(member=solo("a")), Panelist(member=solo("b")), Panelist(member=solo("c")))
FALLBACK = Fallback(
    targets=(Target(member=solo("first")), Target(member=solo("second"))), cached=True, shorter=solo("tiny")
)
CHAIN = Chain(steps=(Step(name="one", member=solo("a")), Step(name="two", member=solo("b"))))
EVERY: tuple[Pattern, ...] = (
    CASCADE,
    ROUTING,
    Aggregation(members=PANEL, by=Vote()),
    Aggregation(members=PANEL, by=Synthesis(member=solo("writer"))),
    FALLBACK,
    CHAIN,
    MapReduce(mapper=solo("a"), reducer=solo("b")),
    Cache(member=solo("a"), semantic=Semantic()),
    Ranking(),
    Chain(steps=(Step(name="inside", member=CASCADE), Step(name="after", member=ROUTING))),
)


def fates(drawing: Drawing) -> dict[str, Fate]:
    return {box.key: box.seen.fate for box in drawing.boxes if box.seen is not None}


def taken(drawing: Drawing) -> list[bool | None]:
    return [arrow.taken for arrow in drawing.arrows]


def test_there_is_a_picture_of_every_kind() -> None:
    assert {pattern.kind for pattern in EVERY} == set(pattern_kinds())


@pytest.mark.parametrize("axis", ["across", "down"])
@pytest.mark.parametrize("pattern", EVERY, ids=lambda pattern: pattern.title)
def test_every_role_has_a_box_and_no_two_boxes_overlap(pattern: Pattern, axis: Axis) -> None:
    drawing = draw(pattern, axis=axis)
    roles = {box.role for box in drawing.boxes}
    assert {role for role, _ in pattern.roles()} <= roles
    assert {PROMPT, ANSWER} <= {box.key for box in drawing.boxes}
    leaves = [box for box in drawing.boxes if not box.group]
    for place, one in enumerate(leaves):
        assert min(one.x, one.y) >= 0
        assert one.x + one.width <= drawing.width + 0.01
        assert one.y + one.height <= drawing.height + 0.01
        for other in leaves[place + 1 :]:
            assert not overlap(one, other), (one.key, other.key)
    assert taken(drawing) == [None] * len(drawing.arrows)


def overlap(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    below = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not beside and not below


@pytest.mark.parametrize("pattern", EVERY, ids=lambda pattern: pattern.title)
def test_whoever_can_answer_is_a_role(pattern: Pattern) -> None:
    plan = arrangement(pattern)
    assert set(plan.answers) <= set(plan.roles)
    assert plan.answers


def test_a_group_holds_what_is_inside_it() -> None:
    boxes = {box.key: box for box in draw(EVERY[-1]).boxes}
    group, inside = boxes["inside"], boxes["inside/tier 1"]
    assert group.group
    assert (group.x, group.y) < (inside.x, inside.y)
    assert inside.x + inside.width < group.x + group.width
    assert inside.y + inside.height < group.y + group.height


def test_a_cascade_that_escalated_once() -> None:
    drawing = draw(
        CASCADE,
        course(
            [call("tier 1", 0, 1), call("judge", 1, 1.5), call("tier 2", 1.5, 3), call("judge", 3, 3.5)],
            decided("tier 1", chosen=False),
            decided("tier 2", chosen=True),
        ),
    )
    assert fates(drawing) == {
        "tier 1": "refused", "tier 2": "taken", "tier 3": "skipped", "judge": "answered",
    }  # fmt: skip
    # Prompt to tier 1, to tier 2, to tier 3; then to the answer: the last tier straight, the others round.
    assert taken(drawing) == [True, True, False, False, True, False]
    judge = next(box for box in drawing.boxes if box.key == "judge")
    assert judge.seen is not None
    assert (judge.seen.seconds, judge.seen.cost, judge.seen.tries) == (2.5, Decimal("0.002"), 2)


def test_a_route_is_not_taken_for_another_one_that_begins_with_its_name() -> None:
    drawing = draw(
        ROUTING,
        course(
            [call("classifier", 0, 1), call("easy but long", 1, 2)], decided("easy but long", chosen=True)
        ),
    )
    assert fates(drawing) == {"classifier": "answered", "easy": "skipped", "easy but long": "taken"}


def test_members_who_were_late_are_told_from_those_who_failed() -> None:
    names = [role for role, _ in arrangement(EVERY[2]).stages[0].roles]
    calls = [
        call(names[0], 0, 1),
        call(names[1], 0, 1, state="cancelled", error_type="Cancelled"),
        call(names[2], 0, 0.5, state="failed", error_type="ThrottlingError"),
    ]
    drawing = draw(EVERY[2], course(calls, decided(names[0], chosen=True)))
    assert list(fates(drawing).values()) == ["taken", "late", "failed"]


def test_while_it_runs_nothing_is_skipped_yet() -> None:
    drawing = draw(FALLBACK, course([call("target 1", 0, None)], over=False))
    assert fates(drawing) == {
        "target 1": "running", "target 2": "waiting", "kept": "waiting", "shorter": "waiting",
    }  # fmt: skip
    assert taken(drawing).count(True) == 1


def test_what_failed_reaches_no_answer_and_what_was_stopped_says_so() -> None:
    failed = [call("target 1", 0, 1, state="failed"), call("target 2", 1, 2, state="failed")]
    drawing = draw(FALLBACK, course(failed, failed=True))
    assert list(fates(drawing).values()) == ["failed", "failed", "skipped", "skipped"]
    assert taken(drawing).count(True) == 2
    stopped = [call("one", 0, 1, state="cancelled")]
    assert fates(draw(CHAIN, course(stopped, failed=True))) == {"one": "stopped", "two": "skipped"}


def test_the_last_step_of_a_chain_answers_without_a_decision() -> None:
    drawing = draw(CHAIN, course([call("one", 0, 1), call("two", 1, 2)], decided("one", chosen=True)))
    assert fates(drawing) == {"one": "taken", "two": "taken"}
    assert taken(drawing) == [True, True, True]


def test_a_text_that_fitted_into_one_piece_is_answered_by_who_read_it() -> None:
    drawing = draw(EVERY[6], course([call("map", 0, 1)]))
    assert fates(drawing) == {"map": "taken", "reduce": "skipped"}


def test_what_a_pattern_inside_did_is_drawn_inside() -> None:
    nested = Chain(steps=(Step(name="inside", member=CASCADE), Step(name="after", member=solo("x"))))
    group = replace(call("inside", 0, 3), model_id="pattern:cascade")
    inner = group.run_id
    drawing = draw(
        nested,
        course(
            [group, call("tier 1", 0, 3, parent=inner), call("after", 3, 4)],
            decided("tier 1", chosen=True, parent=inner),
        ),
    )
    assert fates(drawing)["inside/tier 1"] == "taken"
    assert fates(drawing)["inside/tier 2"] == "skipped"


def test_what_is_in_no_role_stands_aside() -> None:
    drawing = draw(CHAIN, course([call("embedding", 0, 1), call("one", 1, None)], over=False))
    assert fates(drawing) == {"one": "running", "two": "waiting", "embedding": "answered"}


@pytest.mark.parametrize("axis", ["across", "down"])
def test_the_svg_is_well_formed_and_every_text_is_escaped(axis: Axis) -> None:
    evil = "<script>alert(1)</script>&\"'"
    member: Member = Solo(variant=Variant(model=evil), name=evil)
    pattern = Chain(steps=(Step(name=evil, member=member),), name=evil)
    calls = [call(evil, 0, 1, state="failed", error_type="X", error_message=evil)]
    drawing = draw(pattern, course(calls, failed=True), axis=axis)
    svg = to_svg(drawing, title=evil, words=in_words(drawing), name="x")
    assert "<script" not in svg
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    texts = "".join(root.itertext())
    assert "failed" in texts
    assert evil in texts


def test_what_it_shows_is_told_in_words() -> None:
    drawing = draw(
        FALLBACK,
        course(
            [
                call(
                    "target 1",
                    0,
                    1,
                    state="failed",
                    error_type="ModelError",
                    error_message="down",
                    attempts=2,
                ),
                call("target 2", 1, 3, breaker="closed"),
            ],
            decided("target 1", chosen=False),
            decided("target 2", chosen=True),
        ),
    )
    assert in_words(drawing).startswith(
        "target 1: first. failed · 1.00 s · $0.00100. 2 tries. ModelError: down. "
        "target 2: second. taken · 2.00 s · $0.00100. circuit breaker closed. "
        "kept: an answer from before. not asked. shorter: tiny. not asked."
    )


def test_a_role_says_its_region_and_its_settings_before_a_run() -> None:
    first = Solo(variant=Variant(model="m", temperature=0.5, max_tokens=1200))
    pattern = Fallback(targets=(Target(member=first), Target(member=solo("m"), region="us-west-2")))
    assert in_words(draw(pattern)) == "target 1: m. temperature 0.5 · max 1,200. target 2: m in us-west-2."
    assert "us-west-2" in to_svg(draw(pattern), title="", words="", name="x")
