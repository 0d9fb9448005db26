"""Links of comparisons: what goes in comes out, and whatever else comes in is refused in words."""

from __future__ import annotations

import base64
import json
import random
import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.values import Guardrail, ImageBlock
from bedrock_playground.presets.template import value_problem
from bedrock_playground.presets.values import Variable
from bedrock_playground.sharing import SharedComparison, ShareRefused
from bedrock_playground.sharing.codec import MAX_BYTES, from_bytes, from_text, to_text
from bedrock_playground.sharing.link import _DICTIONARY, MAX_LINK, decode, encode
from bedrock_playground.sharing.values import LETTERS
from tests.unit.presets import preset_strategies as parts

models = st.sampled_from(["", "amazon.nova-lite-v1:0", "local.x", "arn:aws:bedrock:us-east-1:1:prompt/ABC"])
lanes = st.builds(
    lambda variant, model, system: replace(variant, model=model, system=system),
    parts.variants,
    models,
    st.none() | parts.texts,
)


@st.composite
def comparisons(draw: st.DrawFn) -> SharedComparison:
    preset = draw(parts.presets())
    letters = draw(st.permutations(LETTERS))[: draw(st.integers(1, 3))]
    values = {
        variable.name: value
        for variable in preset.variables
        if (value := draw(st.none() | st.just(variable.start) | parts.texts)) is not None
        and value_problem(variable, value) is None
    }
    return SharedComparison(
        inputs=Inputs(
            prompt=preset.prompt,
            system=preset.system,
            output_schema=draw(st.sampled_from([preset.output_schema, None, ""])),
            tools=preset.tools,
            tool_choice=preset.tool_choice,
        ),
        variants=tuple((letter, draw(lanes)) for letter in letters),
        variables=preset.variables,
        values=values,
        repeat=draw(st.integers(1, 50)),
        files_left_out=draw(st.integers(0, 25)),
    )


TWO = SharedComparison(
    inputs=Inputs(
        prompt="Say {{what}} to <script>alert(1)</script>.",
        system="Be brief.",
        output_schema='{\n  "type": "object"\n}',
        tools=(ToolDefinition("clock", "The time.", {"type": "object"}, "12:00"),),
        tool_choice="clock",
    ),
    variants=(
        ("B", Variant(model="us.amazon.nova-lite-v1:0", temperature=0.0, top_k=5, stop=("a\\n",))),
        ("A", Variant(model="nobody.knows-this-v1:0", system="", guardrail=Guardrail("g", "1"))),
    ),
    variables=(Variable(name="what", type="choice", choices=("hello", "bye")),),
    values={"what": "bye"},
    repeat=3,
    files_left_out=1,
)
# Made by the first version that made links, and read by every later one.
TWO_LINK = (
    "1.ePki-U0srZRLCsIwEECvErJSiDVxWYoLr6BLu0g1fmhpoC2UUubuTtqoE6kUxF3IYvLhvfe_SXvdsb5vb7oBYI1lyejvVh"
    "do-UItk7XfiOi37AzLqru5RFxMS-4GOsNG172zwi8GG5HwwuJW1hmeQir4TJKCUPhTTkhLjjPC6hzQEBTSuMuFRZmY-dkYtY"
    "ml5O4-YW3Go4DiMLwxHh4A4ic4KHXoIXXjZcQc8PIN-VT09LHE7w1Yp0iWNrPnLspL29Yr7GH9PJOU73vBrpQvrrBgVB1I4Q"
    "HtYOWS"
)


def small() -> SharedComparison:
    return SharedComparison(inputs=Inputs(prompt="Hello"), variants=(("A", Variant(model="m")),))


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_text(TWO))
    return found


def packed(data: bytes) -> str:
    packer = zlib.compressobj(level=9, zdict=_DICTIONARY)
    text = base64.urlsafe_b64encode(packer.compress(data) + packer.flush()).rstrip(b"=").decode()
    return f"1.{text}"


@given(comparisons())
@settings(max_examples=60, deadline=None)
def test_a_link_and_a_file_hold_all_of_a_comparison(comparison: SharedComparison) -> None:
    assert decode(encode(comparison)) == comparison
    assert from_bytes(to_text(comparison, pretty=True).encode()) == comparison


def test_links_of_the_first_version_are_read_for_good() -> None:
    assert decode(TWO_LINK) == TWO


def test_a_link_is_short() -> None:
    assert len(encode(TWO)) < 450
    assert len(encode(small())) < 60


def test_files_never_travel() -> None:
    image = ImageBlock("png", b"secret-picture")
    comparison = replace(small(), inputs=Inputs(prompt="Hello", attachments=(image,)), files_left_out=1)
    assert comparison.inputs.attachments == ()
    assert decode(encode(comparison)) == comparison
    assert "secret" not in to_text(comparison)


@given(
    st.text(max_size=80)
    | st.binary(max_size=80).map(lambda data: "1." + base64.urlsafe_b64encode(data).decode())
)
@settings(max_examples=150, deadline=None)
def test_whatever_else_is_behind_share_is_refused(text: str) -> None:
    with pytest.raises(ShareRefused):
        decode(text)


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_whatever_is_well_packed_and_no_comparison_is_refused(data: bytes) -> None:
    with pytest.raises(ShareRefused):
        decode(packed(data))


@given(parts.json_values)
@settings(max_examples=100, deadline=None)
def test_other_json_is_refused(value: Any) -> None:
    with pytest.raises(ShareRefused):
        decode(packed(json.dumps(value).encode()))


def test_a_link_that_was_cut_off_anywhere_is_refused() -> None:
    link = encode(TWO)
    for end in range(len(link)):
        with pytest.raises(ShareRefused):
            decode(link[:end])
    with pytest.raises(ShareRefused, match="cut off"):
        decode(link[:-3])


def test_a_link_that_was_changed_anywhere_is_refused_or_says_the_same() -> None:
    link = encode(TWO)
    chance = random.Random(5)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(2, len(link)):
        other = chance.choice(letters.replace(link[place], ""))
        with pytest.raises(ShareRefused):
            decode(link[:place] + other + link[place + 1 :])
    for more in ("A", "AA", "AAA", "AAAA", "=", "=="):
        with pytest.raises(ShareRefused):
            decode(link + more)


# Where each value may stand: the walk changes one of them.
def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            found += _places(item, (*path, key))
    return found


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_document_that_was_changed_is_refused_or_read_as_a_comparison(data: st.DataObject) -> None:
    changed = document()
    path = data.draw(st.sampled_from(_places(changed)))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(parts.json_values | st.just("x" * 100) | st.sampled_from([[], {}, "9" * 30]))
    try:
        found = from_text(json.dumps(changed))
    except ShareRefused:
        return
    assert from_text(to_text(found)) == found


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"version": 2}, "version", "newer version"),
        ({"version": True}, "version", "must be 1"),
        ({"format": "x"}, "format", "no shared comparison"),
        ({"endpoint": "https://evil.example"}, "endpoint", "no such member"),
        ({"credentials": {}}, "credentials", "no such member"),
        ({"variants": []}, "variants", "1 to 8"),
        ({"variants": [{"letter": "A", "model": "m"}] * 2}, "variants[1].letter", "twice"),
        ({"variants": [{"letter": "Z", "model": "m"}]}, "variants[0].letter", "from A to H"),
        ({"variants": [{"letter": "A", "model": "<script>"}]}, "variants[0].model", "cannot be a model's id"),
        ({"variants": [{"letter": "A", "model": 5}]}, "variants[0].model", "must be text"),
        (
            {"variants": [{"letter": "A", "model": "m", "parameters": {"temperature": "hot"}}]},
            "variants[0].parameters.temperature",
            "must be a number",
        ),
        (
            {"variants": [{"letter": "A", "model": "m", "parameters": {"temprature": 1}}]},
            "variants[0].parameters.temprature",
            "no such member",
        ),
        ({"values": {"who": "x"}}, "values.who", "no such variable"),
        ({"values": {"what": "x"}}, "values.what", "one of: hello, bye"),
        ({"repeat": 0}, "repeat", "from 1 to 50"),
        ({"repeat": 1e9}, "repeat", "from 1 to 50"),
        ({"files_left_out": -1}, "files_left_out", "from 0 to 25"),
        ({"shared": {"prompt": "x", "rows": []}}, "shared.rows", "no such member"),
        ({"shared": {"prompt": ["x"]}}, "shared.prompt", "must be text"),
        ({"shared": {"prompt": "\ud800"}}, "shared.prompt", "half of a character"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ShareRefused, match=words) as refused:
        decode(packed(json.dumps({**document(), **change}).encode()))
    assert refused.value.place == place


def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ShareRefused, match="twice"):
        decode(packed(b'{"format": 1, "format": 2}'))


def test_script_in_text_is_text() -> None:
    assert decode(TWO_LINK).inputs.prompt == "Say {{what}} to <script>alert(1)</script>."


def test_a_link_of_another_version_says_so() -> None:
    with pytest.raises(ShareRefused, match="version 2"):
        decode("2." + encode(small())[2:])


def test_an_oversize_link_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(ShareRefused, match="too long"):
        decode("1." + "A" * MAX_LINK)
    with pytest.raises(ShareRefused, match="too large"):
        from_bytes(b" " * (MAX_BYTES + 1))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(b" " * 4_000_000)
    assert len(bomb) < MAX_LINK
    tracemalloc.start()
    try:
        with pytest.raises(ShareRefused, match="not unpacked any further"):
            decode(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The limit, and the copy that grows into it.
    assert peak < 3 * MAX_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3_000 + "]" * 3_000,
        '{"a":' * 3_000 + "1" + "}" * 3_000,
        json.dumps({"format": list(range(3_000))}),
        json.dumps({"format": {str(number): [[]] * 100 for number in range(300)}}),
        json.dumps({"choices": [{}, []] * 60}),
        "9" * 5_000,
        "1e999",
        "NaN",
    ],
)
def test_what_would_take_long_to_look_at_is_refused_first(text: str) -> None:
    with pytest.raises(ShareRefused):
        decode(packed(text.encode()))


def test_what_cannot_be_read_again_is_not_given_away() -> None:
    odd = replace(small(), variants=(("A", Variant(model="two words")),))
    with pytest.raises(ShareRefused, match="cannot be a model's id"):
        encode(odd)
