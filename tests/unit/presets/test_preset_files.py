"""Preset files: lossless both ways, and strict: whatever is wrong is refused, with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.presets import FileRefused, Preset, Variable, yaml_text
from bedrock_playground.presets.codec import document_of, presets_of
from bedrock_playground.presets.files import MAX_JSON_BYTES, MAX_YAML_BYTES, read_file
from bedrock_playground.presets.formats import file_formats
from bedrock_playground.presets.schema import schema, schema_text
from tests.unit.presets.preset_strategies import bundles, json_values

JSON, YAML, _ = file_formats()


# A preset is large: fewer of them say as much, and a busy machine draws them slowly.
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def same(left: Any, right: Any) -> bool:
    """Equal, and 0 is not 0.0, nor 1 true."""
    return repr(left) == repr(right)


@few
@given(bundles)
def test_json_and_yaml_give_back_the_same_presets(written: list[Preset]) -> None:
    for form in (JSON, YAML):
        back = read_file(f"presets{form.suffix}", form.write(written).text.encode()).presets
        assert back == tuple(written)
        assert same(back, tuple(written))


@few
@given(bundles)
def test_what_is_written_follows_the_published_schema(written: list[Preset]) -> None:
    jsonschema.Draft202012Validator(schema()).validate(document_of(written))


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A document in which something, somewhere, was replaced, taken away or added."""
    document = json.loads(json.dumps(document_of(draw(bundles))))
    place = document
    while True:
        inner = [key for key, value in _items(place) if isinstance(value, dict | list) and value]
        if not inner or draw(st.booleans()):
            break
        place = place[draw(st.sampled_from(inner))]
    kind = draw(st.sampled_from(["replace", "remove", "add"]))
    key = draw(st.sampled_from([key for key, _ in _items(place)]))
    if kind == "replace":
        place[key] = draw(json_values)
    elif kind == "remove":
        del place[key]
    elif isinstance(place, dict):
        place[draw(st.text(max_size=5))] = draw(json_values)
    else:
        place.append(draw(json_values))
    return document


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else list(enumerate(value))


@few
@given(damaged())
def test_what_the_schema_refuses_is_refused_and_says_where(document: Any) -> None:
    complaint = None
    try:
        presets_of(document)
    except FileRefused as error:
        complaint = error
    # What no schema can say is refused as well, so only one direction holds.
    if not jsonschema.Draft202012Validator(schema()).is_valid(document):
        assert complaint is not None
    assert complaint is None or complaint.message.endswith(".")


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def one(**members: Any) -> dict[str, Any]:
    return {
        "format": "bedrock-playground/presets",
        "version": 1,
        "presets": [{"name": "a", "model": "m"} | members],
    }


@pytest.mark.parametrize(
    ("document", "place", "words"),
    [
        ([], "", "it is a list"),
        ({}, "format", "it does not say so"),
        (one() | {"format": "x"}, "format", "'x'"),
        (one() | {"version": 2}, "version", "A newer version of Bedrock Playground wrote this file"),
        (one() | {"version": "1"}, "version", "It must be 1"),
        (one() | {"presets": []}, "presets", "empty"),
        (one() | {"extra": 1}, "extra", "There is no such member. Known are: format, version, presets."),
        (one(temprature=1), "presets[0].temprature", "no such member"),
        (one(name=""), "presets[0].name", "empty"),
        (one(name=" a"), "presets[0].name", "spaces at its ends"),
        (one(name="a\nb"), "presets[0].name", "one line"),
        (one(name="a" * 121), "presets[0].name", "121 characters; at most 120"),
        (one(tags=["x", "x"]), "presets[0].tags", "twice"),
        (one(tags=["x\n"]), "presets[0].tags[0]", "one line"),
        (one(model=None), "presets[0].model", "It must be text; it is null."),
        (one(prompt="x" * 400_001), "presets[0].prompt", "400,001 characters"),
        (one(prompt="\ud800"), "presets[0].prompt", "half of a character"),
        (one(parameters={"temperature": "x"}), "presets[0].parameters.temperature", "must be a number"),
        (one(parameters={"temperature": True}), "presets[0].parameters.temperature", "it is true"),
        (one(parameters={"temperature": 1.5}), "presets[0].parameters.temperature", "at most 1"),
        (one(parameters={"temperature": float("nan")}), "presets[0].parameters.temperature", "not a number"),
        (one(parameters={"max_tokens": 5.0}), "presets[0].parameters.max_tokens", "must be a whole number"),
        (one(parameters={"reasoning": "maybe"}), "presets[0].parameters.reasoning", "one of on, off"),
        (one(parameters={"stop_sequences": ["x", ""]}), "presets[0].parameters.stop_sequences[1]", "empty"),
        (one(service={"guardrail": {"version": "1"}}), "presets[0].service.guardrail", "lacks identifier"),
        (
            one(service={"guardrail": {"identifier": "g", "version": "x"}}),
            "presets[0].service.guardrail.version",
            "DRAFT or a version's number",
        ),
        (one(variables=[{"name": "x y"}]), "presets[0].variables[0].name", "cannot be a variable's name"),
        (one(variables=[{"name": "x"}, {"name": "x"}]), "presets[0].variables[1].name", "there already"),
        (one(variables=[{"name": "x", "type": "choice"}]), "presets[0].variables[0]", "needs choices"),
        (one(variables=[{"name": "x", "choices": ["a"]}]), "presets[0].variables[0].choices", "no choices"),
        (
            one(variables=[{"name": "x", "type": "integer", "example": 1.5}]),
            "presets[0].variables[0].example",
            "a whole number",
        ),
        (one(rows=[{"x": 1}]), "presets[0].rows[0].x", "There is no variable 'x'"),
        (one(variables=[{"name": "x"}], rows=[{"x": 1}]), "presets[0].rows[0].x", "It takes text. It is 1."),
        (one(tools=[{"name": "t"}]), "presets[0].tools[0]", "It lacks input_schema."),
    ],
)  # fmt: skip
def test_a_refused_document_names_the_place(document: Any, place: str, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        presets_of(document)
    assert refused.value.place == place
    assert words in refused.value.message


def test_two_of_one_name_are_refused_whatever_the_case() -> None:
    document = one()
    document["presets"].append({"name": "A", "model": "m"})
    with pytest.raises(FileRefused, match=r"presets\[1\]\.name: 'A' is the name of presets\[0\] already"):
        presets_of(document)


def test_nothing_is_written_that_could_not_be_read_again() -> None:
    broken = Preset(name="x", variant=Variant(temperature=float("nan")))
    for form in (JSON, YAML):
        with pytest.raises(FileRefused, match=r"presets\[0\]\.parameters\.temperature"):
            form.write([broken])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.txt", b"", "Its name must end in one of"),
        ("x.json", b" \n", "It is empty"),
        ("x.json", b"\xff", "not UTF-8 text (byte 0)"),
        ("x.json", b"[" * 100_000, "nested too deeply"),
        ("x.json", b'{"a":1,"a":2}', "'a' is there twice in one object"),
        ("x.json", b'{"a":NaN}', "NaN is not JSON"),
        ("x.json", b'{"a":\n1,}', "line 2"),
        ("x.json", b'{"a":' + b"9" * 5000 + b"}", "cannot be read as JSON"),
        ("x.json", b" " * (MAX_JSON_BYTES + 1), "at most 5 MB of JSON are read"),
        ("x.yaml", b" " * (MAX_YAML_BYTES + 1), "at most 1 MB of YAML are read"),
        ("x.yaml", b"[" * 1500, "nested too deeply"),
        ("x.yaml", b"a: &a [1]\nb: *a", "anchors and aliases (& and *) are not taken (line 1, column 4)"),
        ("x.yaml", b"a: 1\na: 2", "'a' is there twice (line 2, column 1)"),
        ("x.yaml", b"a: !!python/object:os.system {}", "the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("x.yaml", b"a: !!binary aGk=", "the tag 'tag:yaml.org,2002:binary'"),
        ("x.yaml", b"1: a", "names must be text"),
        ("x.yaml", b"? [a]\n: b", "names must be text"),
        ("x.yaml", b"--- 1\n--- 2", "another document"),
        ("x.yaml", b"a: 1e999", "too large a number"),
        ("x.yaml", b"a: \x00", "special characters are not allowed"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_file(name, data)
    assert words in str(refused.value)


@given(json_values)
def test_yaml_says_what_json_says(value: Any) -> None:
    assert same(yaml_text.load(yaml_text.dump(value)), value)


def test_yaml_is_read_as_people_mean_it() -> None:
    text = (
        "reasoning: on\nday: 2026-11-29\nno: no\ntime: 12:30\nsmall: 1e-5\nzip: 0123\nnothing:\nbig: 1_000\n"
    )
    assert yaml_text.load(text) == {
        "reasoning": "on", "day": "2026-11-29", "no": "no", "time": "12:30", "small": 1e-5, "zip": 123,
        "nothing": None, "big": "1_000",
    }  # fmt: skip


def test_a_prompt_stands_in_yaml_as_a_block_that_can_be_edited() -> None:
    preset = Preset(
        name="x",
        variant=Variant(model="m"),
        prompt="Answer:\n  {{text}}\n\nEnd",
        variables=(Variable(name="text"),),
    )
    assert "    prompt: |-\n      Answer:\n        {{text}}\n\n      End\n" in YAML.write([preset]).text


@pytest.mark.parametrize("ending", [".json", ".JSON", ".yaml", ".yml"])
def test_the_ending_tells_the_format(ending: str) -> None:
    write: Callable[[list[Preset]], Any] = (JSON if "json" in ending.lower() else YAML).write
    preset = Preset(name="x", variant=Variant(model="m"))
    assert read_file(f"a{ending}", b"\xef\xbb\xbf" + write([preset]).text.encode()).presets == (preset,)
