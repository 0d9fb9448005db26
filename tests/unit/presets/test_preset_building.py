"""From a preset to its request and back, and the starter set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.resolution import Resolution, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.values import ImageBlock, InvocationRequest, Message, TextBlock
from bedrock_playground.presets import Preset, TemplateUnfilled, Value, Variable
from bedrock_playground.presets.building import example_values, preset_of, request_of
from bedrock_playground.presets.files import read_file
from bedrock_playground.presets.formats import file_formats
from bedrock_playground.presets.starter import starters
from bedrock_playground.presets.template import names_in, variables_of
from tests.unit.presets.preset_strategies import presets

MODELS = (
    "local.smollm2-135m-instruct-v1:0",
    "amazon.nova-lite-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "us.anthropic.claude-sonnet-5-5",
    "openai.gpt-oss-20b-1:0",
    "nobody.knows-this",
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def resolution(model: str) -> Resolution:
    return resolve(model, load_models())


def on(preset: Preset, model: str) -> Preset:
    return replace(preset, variant=replace(preset.variant, model=model))


def any_values(preset: Preset) -> dict[str, Value]:
    """A value for every variable that the templates have, whether somebody described it or not."""
    known = example_values(preset)
    typed: dict[str, Value] = {"number": 0.5, "integer": 3, "boolean": True}
    return {
        variable.name: known.get(variable.name, typed.get(variable.type, "x"))
        for variable in variables_of((preset.system, preset.prompt), preset.variables)
    }


@few
@given(presets(), st.sampled_from(MODELS))
def test_a_preset_comes_back_from_a_file_as_the_identical_request(preset: Preset, model: str) -> None:
    sent = on(preset, model)
    values = any_values(sent)
    made = request_of(sent, values, resolution(model))
    for form in (file for file in file_formats() if file.many):
        (back,) = read_file(f"x{form.suffix}", form.write([sent]).text.encode()).presets
        assert repr(request_of(back, values, resolution(model))) == repr(made)


@few
@given(presets(), st.sampled_from(MODELS))
def test_a_preset_of_a_request_makes_that_request_or_says_what_is_not_the_same(
    preset: Preset, model: str
) -> None:
    sent = on(preset, model)
    request = request_of(sent, any_values(sent), resolution(model)).request
    found, notes = preset_of(request, resolution(model), name="x")
    assert names_in(found.system, found.prompt) == ()
    if not notes:
        assert request_of(found, {}, resolution(model)).request == request


def test_what_of_a_request_no_preset_holds_is_told() -> None:
    picture = Message("user", (ImageBlock("png", b"x"), TextBlock("What is {{this}}?")))
    request = InvocationRequest(
        "amazon.nova-lite-v1:0", (picture, Message.assistant("A."), Message.user("More?"))
    )
    preset, notes = preset_of(request, resolution(request.model_id), name="x")
    assert preset.prompt == r"What is \{{this}}?"
    assert notes == (
        "The files beside the prompt are not kept: a preset has none.",
        "Only the first message is kept, not the conversation after it.",
    )


def test_a_request_is_not_made_of_a_template_with_holes() -> None:
    preset = Preset(
        name="x",
        variant=Variant(model=MODELS[0]),
        prompt="{{a}} {{b}}",
        variables=(Variable(name="a", example="1"),),
    )
    with pytest.raises(TemplateUnfilled, match=r"\{\{b\}\} has no value"):
        request_of(preset, example_values(preset), resolution(MODELS[0]))


@pytest.mark.parametrize("key", list(starters()))
@pytest.mark.parametrize("model", MODELS[:3])
def test_each_starter_says_why_and_can_be_run_as_it_is(key: str, model: str) -> None:
    preset = starters()[key]
    assert preset.notes.startswith("Why these settings\n- ")
    assert preset.description
    assert {variable.name for variable in preset.variables} == set(names_in(preset.system, preset.prompt))
    assert all(set(row) == {variable.name for variable in preset.variables} for row in preset.rows)
    built = request_of(on(preset, model), example_values(preset), resolution(model))
    takes_no_schema = preset.output_schema is not None and "nova" in model
    assert bool(built.refusals) == takes_no_schema, built.refusals
    assert built.request.parameters.max_tokens == preset.variant.max_tokens


def test_the_starter_set_covers_what_parameters_govern() -> None:
    settings_of = {preset.name: preset.variant for preset in starters().values()}
    assert {name for name, variant in settings_of.items() if variant.temperature == 0} == {
        "Extract facts", "JSON to a schema", "Classify", "Answer from a text",
    }  # fmt: skip
    assert settings_of["Creative writing"].temperature == 0.9
    assert settings_of["Classify"].stop == ("\\n", ".")
    assert starters()["starter:json-to-a-schema"].output_schema
