"""GitHub's .prompt.yml: what both formats know goes through unchanged, and the rest is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.presets import FileRefused, Preset, Variable, yaml_text
from bedrock_playground.presets.files import read_file
from bedrock_playground.presets.formats import FileFormat, find_format
from bedrock_playground.presets.template import fill, names_in
from tests.unit.presets.preset_strategies import presets

# In the form of GitHub's documentation; the words are ours.
EXAMPLE = """\
name: Shorten
description: Shortens a text
model: openai/gpt-4o-mini
modelParameters:
  temperature: 0.5
  maxTokens: 200
messages:
  - role: system
    content: You shorten texts.
  - role: user
    content: |
      Shorten this, for {{reader}}:
      <text>
      {{text}}
      </text>
testData:
  - text: A long text.
    reader: a child
    expected: A text.
  - text: Another long text.
    reader: a judge
evaluators:
  - name: It is short
    string:
      startsWith: A
"""


def form() -> FileFormat:
    found = find_format("prompt-yml")
    assert isinstance(found, FileFormat)
    return found


def test_a_file_of_github_is_read_and_what_does_not_fit_is_told() -> None:
    imported = read_file("shorten.prompt.yml", EXAMPLE.encode())
    assert imported.presets == (
        Preset(
            name="Shorten",
            description="Shortens a text",
            variant=Variant(model="openai/gpt-4o-mini", temperature=0.5, max_tokens=200),
            system="You shorten texts.",
            prompt="Shorten this, for {{reader}}:\n<text>\n{{text}}\n</text>\n",
            variables=(
                Variable(name="reader", example="a child"), Variable(name="text", example="A long text."),
            ),
            rows=(
                {"text": "A long text.", "reader": "a child"},
                {"text": "Another long text.", "reader": "a judge"},
            ),
        ),
    )  # fmt: skip
    assert [note.partition(":")[0] for note in imported.notes] == [
        "testData[0].expected",
        "evaluators",
        "model",
    ]


def test_what_is_written_is_a_file_of_github() -> None:
    written = form().write(read_file("x.prompt.yml", EXAMPLE.encode()).presets)
    assert yaml_text.load(written.text) == {
        "name": "Shorten",
        "description": "Shortens a text",
        "model": "openai/gpt-4o-mini",
        "modelParameters": {"temperature": 0.5, "maxTokens": 200},
        "messages": [
            {"role": "system", "content": "You shorten texts."},
            {"role": "user", "content": "Shorten this, for {{reader}}:\n<text>\n{{text}}\n</text>\n"},
        ],
        "testData": [
            {"text": "A long text.", "reader": "a child"},
            {"text": "Another long text.", "reader": "a judge"},
        ],
    }
    assert written.notes == ()


def agreeing(preset: Preset) -> Preset:
    """What of a preset both formats can say."""
    kept = Variant(
        model=preset.variant.model.replace("/", "").strip(),
        temperature=preset.variant.temperature,
        top_p=preset.variant.top_p,
        max_tokens=preset.variant.max_tokens,
    )
    named = names_in(preset.prompt)
    variables = tuple(
        Variable(name=variable.name, type="string", example=f"{variable.name}!")
        for variable in preset.variables
        if variable.name in named
    )
    return replace(
        preset, variant=kept, tags=(), variables=variables, rows=(), tools=(), tool_choice=None, notes="",
        output_schema='{\n  "type": "object"\n}', name=preset.name.strip(),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(presets())
def test_what_both_formats_know_comes_back(preset: Preset) -> None:
    sent = agreeing(preset)
    written = form().write([sent])
    assert written.notes == ()
    (back,) = form().read(written.text).presets
    values = {variable.name: variable.example or "" for variable in sent.variables}
    for name in ("prompt", "system"):
        ours, theirs = getattr(sent, name) or "", getattr(back, name) or ""
        assert fill(ours, values) == fill(theirs, values)
    assert sorted(back.variables, key=str) == sorted(sent.variables, key=str)
    assert replace(back, prompt="", system=None, variables=()) == replace(
        sent, prompt="", system=None, variables=()
    )


@pytest.mark.parametrize(
    ("theirs", "sent"),
    [("{{ x }}", "{{ x }}"), (r"\{{x}}", "\\1"), ("{{x}}", "1"), (r"\\{{ x }}", r"\\{{ x }}")],
)
def test_their_variables_mean_what_they_mean_there(theirs: str, sent: str) -> None:
    text = yaml_text.dump({"model": "m", "messages": [{"role": "user", "content": theirs}]})
    (preset,) = form().read(text).presets
    assert fill(preset.prompt, dict.fromkeys(names_in(preset.prompt), 1)) == sent


def test_everything_that_does_not_fit_is_named() -> None:
    preset = Preset(
        name="x", tags=("t",), notes="n", prompt=r"{{v}} \{{w}}", tool_choice="auto",
        variant=Variant(model="m", top_k=5, stop=("END",), service_tier="flex"),
        variables=(Variable(name="v", type="integer"),),
    )  # fmt: skip
    notes = " ".join(form().write([preset]).notes)
    for words in ("tags", "notes", "service tier", "tool choice", "top_k, stop_sequences", "escape", "types"):
        assert words in notes


def test_a_schema_gets_the_name_that_the_format_wants() -> None:
    preset = Preset(
        name="Mein Café!", variant=Variant(model="m"), prompt="x", output_schema='{"type":"object"}'
    )
    document = yaml_text.load(form().write([preset]).text)
    assert document["responseFormat"] == "json_schema"
    assert json.loads(document["jsonSchema"]) == {"name": "Mein_Caf", "schema": {"type": "object"}}


def message(role: str = "user", content: object = "x") -> dict[str, object]:
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"messages": [message()], "modelparameters": {}}, "modelparameters"),
        ({"messages": [message()], "modelParameters": {"temperature": "x"}}, "modelParameters.temperature"),
        ({"messages": [message()], "modelParameters": {"topp": 1}}, "modelParameters.topp"),
        ({"messages": [message(content=1)]}, "messages[0].content"),
        ({"messages": [message("tool")]}, "messages[0].role"),
        ({"messages": [message(), message("assistant")]}, "messages[1]"),
        ({"messages": [message("system")]}, "messages"),
        ({"messages": "x"}, "messages"),
        ({}, "messages"),
        ({"messages": [message() | {"x": 1}]}, "messages[0].x"),
        ({"messages": [message(content="{{v}}")], "testData": [{"v": []}]}, "testData[0].v"),
        ({"messages": [message()], "responseFormat": "xml"}, "responseFormat"),
        ({"messages": [message()], "responseFormat": "json_schema", "jsonSchema": {}}, "jsonSchema"),
        ({"messages": [message()], "responseFormat": "json_schema", "jsonSchema": "{}"}, "jsonSchema"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(document: object, place: str) -> None:
    with pytest.raises(FileRefused) as refused:
        form().read(yaml_text.dump(document))
    assert refused.value.place == place


def test_a_bundle_does_not_fit_into_one_file() -> None:
    preset = Preset(name="x", variant=Variant(model="m"))
    with pytest.raises(FileRefused, match="there are 2"):
        form().write([preset, replace(preset, name="y")])
