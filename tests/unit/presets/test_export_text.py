"""Texts as source: whatever stands in them, the language reads back the same, and nothing is hidden."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.presets.exports import Source, export, javascript_text, python_text, shell_text
from bedrock_playground.presets.exports.values import pretty_json
from tests.unit.invocation.strategies import json_values

_PIECES = (
    *("'", '"', "\\", "\n", "\r", "\t", " ", "$", "`", "{", "}", "%", "(", ")", "#", "\u202e", "\x00"),
    *("'''", '"""', "${", "%{", "$(", "{{", "}}", "\\n", "JSON", "EOF", "\U0001f9d1\u200d\U0001f680", "é"),
)
hostile = st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
texts = st.lists(hostile, max_size=30).map("".join)


def evaluated(source: str) -> Any:
    return ast.literal_eval(source)


@given(texts)
def test_python_reads_a_text_back(text: str) -> None:
    assert evaluated(python_text.string(text)) == text
    assert evaluated(python_text.block(text)) == text
    assert evaluated(python_text.value(text, indent=8)) == text


@given(texts)
def test_no_text_hides_anything_or_has_a_space_at_a_lines_end(text: str) -> None:
    for source in (python_text.block(text), python_text.value(text), javascript_text.block(text)):
        for line in source.split("\n"):
            assert line.replace("\t", "").isprintable()
            assert line == line.rstrip(" ")
    assert all(line.isprintable() for line in pretty_json({"text": text}).split("\n"))


@given(json_values)
def test_python_and_json_read_a_structure_back(value: Any) -> None:
    assert evaluated(python_text.value(value)) == value
    assert json.loads(pretty_json(value)) == value


# A process takes as long as the machine lets it.
@settings(max_examples=15, deadline=None)
@given(st.lists(texts.filter(lambda text: "\x00" not in text), min_size=1, max_size=30))
def test_a_shell_reads_words_back(words: list[str]) -> None:
    script = "printf '%s\\0' " + " ".join(shell_text.quoted(word) for word in words)
    read = subprocess.run(["sh", "-c", script], capture_output=True, check=True, timeout=30)
    assert read.stdout == b"".join(word.encode() + b"\0" for word in words)


# A process takes as long as the machine lets it.
@settings(max_examples=15, deadline=None)
@given(prompt=texts.filter(bool), system=texts.filter(bool))
def test_a_shell_script_hands_its_request_over_unchanged(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, system: str
) -> None:
    """With an ``aws`` in front of the real one that prints what it is given to read."""
    folder = tmp_path_factory.mktemp("script")
    stub = folder / "aws"
    stub.write_text('#!/bin/sh\nfor last; do :; done\ncat "${last#file://}"\n', encoding="utf-8")
    stub.chmod(0o755)
    request = InvocationRequest.from_prompt("amazon.nova-micro-v1:0", prompt, system=system)
    script = export("aws-cli", Source(request=request, region="eu-west-1")).text
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}, cwd=folder,
        capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    assert json.loads(done.stdout) == converse_arguments(request, streaming=False)
    assert [path.name for path in folder.iterdir()] == ["aws"]


@settings(deadline=None)
@given(prompt=texts.filter(bool), system=st.none() | texts)
def test_exported_python_calls_with_the_same_arguments(prompt: str, system: str | None) -> None:
    """Run it with a ``boto3`` that only notes its arguments: hundreds of processes would be too slow."""
    request = InvocationRequest.from_prompt("amazon.nova-micro-v1:0", prompt, system=system)
    code = export("boto3-stream", Source(request=request)).text
    noted: list[dict[str, Any]] = []

    class Client:
        def converse_stream(self, **arguments: Any) -> dict[str, Any]:
            noted.append(arguments)
            return {"stream": []}

    class Boto3:
        @staticmethod
        def client(service: str) -> Client:
            assert service == "bedrock-runtime"
            return Client()

    body = ast.parse(code).body
    kept = [node for node in body if not isinstance(node, ast.Import)]
    exec(compile(ast.Module(kept, []), "exported.py", "exec"), {"boto3": Boto3})  # noqa: S102 - what is tested
    assert noted == [converse_arguments(request)]


def test_long_texts_are_written_line_by_line() -> None:
    text = "First line of a prompt that is long enough to be cut,\nand a second one.\n\nEnd"
    assert python_text.block(text) == f'"""\\\n{text}"""'
    assert python_text.value([text]).count("\n") == 7
    assert javascript_text.block(text) == f"`{text}`"
    assert python_text.value(["\n\nHuman:"]) == '["\\n\\nHuman:"]'


def test_what_turns_the_direction_of_writing_is_seen() -> None:
    assert python_text.string("a\u202eb") == '"a\\u202eb"'
    assert javascript_text.string("a\u202eb") == '"a\\u{202e}b"'
    assert pretty_json("a\u202eb") == '"a\\u202eb"'


def test_a_prototype_is_a_key_like_any_other() -> None:
    assert javascript_text.value({"__proto__": 1, "a-b": 2, "c": 3}) == '{ ["__proto__"]: 1, "a-b": 2, c: 3 }'


@pytest.mark.parametrize("word", ["amazon.nova-micro-v1:0", "us-east-1"])
def test_plain_words_stay_unquoted(word: str) -> None:
    assert shell_text.quoted(word) == word
    assert shell_text.quoted("") == "''"
    assert shell_text.quoted("it's") == "'it'\\''s'"


@pytest.mark.parametrize("end", ['\\"', '\\\\"', '"\\"', '""\\"', '\\""', '"\\', "\\", '"'])
def test_a_quote_behind_a_backslash_does_not_end_a_text_of_several_lines(end: str) -> None:
    text = f"A path,\nC:{end}"
    assert evaluated(python_text.block(text)) == text
