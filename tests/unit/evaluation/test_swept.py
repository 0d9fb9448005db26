"""Grids found among contenders, and contenders found again in an earlier evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.earlier import matches
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.swept import swept
from bedrock_playground.evaluation.taking import preset_of_contender
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.members import Member, Solo


def solo(model: str = "m", **settings: Any) -> Solo:
    return Solo(variant=Variant(model=model, **settings))


def contender(label: str, member: Member, **changes: Any) -> Contender:
    return replace(Contender(label=label, name=f"Contender {label}", member=member), **changes)


def spec(*contenders: Contender, **changes: Any) -> EvaluationSpec:
    made = EvaluationSpec(name="Test", data_set_id="d", contenders=contenders, prompt="{{text}}")
    return replace(made, **changes)


def test_settings_that_differ_are_the_axes_in_their_order() -> None:
    grid = [
        contender("A", solo(temperature=1.0, top_p=0.9)),
        contender("B", solo(temperature=0.0, top_p=0.9)),
        contender("C", solo(temperature=0.0, top_p=None)),
        contender("D", solo(temperature=1.0, top_p=None)),
    ]
    (found,) = swept(grid)
    assert [(axis.parameter, axis.values) for axis in found.sweep.axes] == [
        ("temperature", (0.0, 1.0)),
        ("top_p", (0.9, None)),
    ]
    assert found.labels == ("A", "B", "C", "D")
    assert found.sweep.points[2].settings == {"temperature": 0.0, "top_p": None}
    assert found.base == Variant(model="m")


def test_each_model_has_a_grid_of_its_own_and_patterns_have_none() -> None:
    pattern = Cascade(tiers=(Tier(member=solo("m")),))
    members: list[Member] = [
        *(solo(model, effort=effort) for model in ("m", "n") for effort in ("low", "high")),
        pattern,
    ]  # fmt: skip
    found = swept([contender(chr(65 + place), member) for place, member in enumerate(members)])
    assert [(one.base.model, one.labels) for one in found] == [("m", ("A", "B")), ("n", ("C", "D"))]


def test_other_prompts_are_no_sweep() -> None:
    assert not swept([contender("A", solo()), contender("B", solo(), prompt="Other: {{text}}")])
    assert not swept(
        [contender("A", solo(temperature=0.0)), contender("B", solo(temperature=1.0), prompt="X")]
    )


def test_contenders_are_found_again_by_their_settings_whatever_they_are_called() -> None:
    now = spec(contender("A", solo("one"), name="First"), contender("B", solo("two"), name="Second"))
    before = spec(contender("A", solo("two"), name="First"), contender("B", solo("one"), name="Other"))
    found = matches(now, before)
    assert [(one.now, one.before, one.differs) for one in found] == [("A", "B", ()), ("B", "A", ())]


def test_who_has_other_settings_is_found_by_name_and_what_differs_is_told() -> None:
    now = spec(contender("A", solo("one")), contender("B", solo("new")))
    before = spec(contender("A", solo("one")), prompt="Before: {{text}}", system="Be brief.")
    (one,) = matches(now, before)
    assert (one.now, one.before) == ("A", "A")
    assert one.differs == ("the prompt", "the system prompt")


def test_a_contender_becomes_a_preset_with_what_it_was_asked() -> None:
    asked = spec(contender("A", solo(system="Own {{tone}}")), system="Shared", prompt="Say: {{text}}")
    preset = preset_of_contender(asked, "A")
    assert preset.name == "Contender A (Test)"
    assert (preset.prompt, preset.system) == ("Say: {{text}}", "Own {{tone}}")
    assert [variable.name for variable in preset.variables] == ["tone", "text"]
    assert preset.variant.system is None
