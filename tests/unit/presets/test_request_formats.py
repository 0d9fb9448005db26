"""A preset in the formats that say one request: the registry, and templates that stay templates."""

from __future__ import annotations

import json

import pytest
import yaml

from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.presets import FileRefused, Preset, Value, Variable
from bedrock_playground.presets.building import request_of
from bedrock_playground.presets.exports import FORMATS, Source, export
from bedrock_playground.presets.formats import RequestFormat, RequestSource, find_format, request_formats

MODEL = "amazon.nova-micro-v1:0"
PRESET = Preset(
    name="Summarise for somebody",
    description="Short, and for whom it is meant.",
    variant=Variant(model=MODEL, temperature=0.2, max_tokens=200, stop=("\\n\\n",)),
    system="You write for {{ audience }}.",
    prompt="Summarise in {{count}} sentences, keeping \\{{this}}:\n{{text}}",
    variables=(Variable(name="audience"), Variable(name="count", type="integer"), Variable(name="text")),
)
VALUES: dict[str, Value] = {"audience": "children", "count": 2, "text": "A long text with {{braces}}."}


def source() -> RequestSource:
    built = request_of(PRESET, VALUES, resolve(MODEL, load_models()))
    return RequestSource(request=built.request, name=PRESET.name, region="us-east-1", preset=PRESET)


def form(name: str) -> RequestFormat:
    found = find_format(name)
    assert isinstance(found, RequestFormat)
    return found


def test_the_registry_names_every_format_once() -> None:
    assert [one.name for one in request_formats()] == list(FORMATS)
    for one in request_formats():
        assert one.label
        assert one.about
        main = export(one.name, Source(request=source().request)).files[0]
        assert main.name.endswith(one.suffix)
        assert main.language == one.language


@pytest.mark.parametrize("name", [key for key, one in FORMATS.items() if one.group != "infrastructure"])
def test_code_says_the_request_that_the_preset_makes(name: str) -> None:
    wanted = export(name, Source(request=source().request, region="us-east-1", name=PRESET.name))
    made = form(name).write_request(source())
    assert (made.text, made.notes, made.beside) == (wanted.text, wanted.notes, wanted.files[1:])
    assert "{{text}}" not in made.text


def test_a_managed_prompt_keeps_the_variables() -> None:
    made = form("cloudformation").write_request(source())
    properties = yaml.safe_load(made.text)["Resources"]["Prompt"]["Properties"]
    (variant,) = properties["Variants"]
    chat = variant["TemplateConfiguration"]["Chat"]
    assert chat["System"] == [{"Text": "You write for {{audience}}."}]
    assert chat["Messages"][0]["Content"] == [
        {"Text": "Summarise in {{count}} sentences, keeping {{this}}:\n{{text}}"}
    ]
    names = [variable["Name"] for variable in chat["InputVariables"]]
    # Prompt Management has no way to write braces that are no variable; that is told.
    assert sorted(names) == ["audience", "count", "text", "this"]
    assert "{{this}}" in " ".join(made.notes)
    assert properties["Description"] == PRESET.description
    assert properties["Name"] == "Summarise-for-somebody"
    assert "A long text" not in made.text


def test_what_does_not_fit_is_refused_as_other_formats_refuse() -> None:
    many = Variant(model=MODEL, stop=tuple("abcde"))
    preset = Preset(name="Many", variant=many, prompt="Hello")
    built = request_of(preset, {}, resolve(MODEL, load_models()))
    with pytest.raises(FileRefused, match="at most 4 stop sequences"):
        form("terraform").write_request(RequestSource(request=built.request, preset=preset))


def test_a_configuration_comes_with_the_file_that_it_reads() -> None:
    made = form("appconfig").write_request(source())
    (beside,) = made.beside
    assert beside.name == "model.json"
    config = json.loads(beside.data)
    assert (config["modelId"], config["inferenceConfig"]["maxTokens"]) == (MODEL, 200)
