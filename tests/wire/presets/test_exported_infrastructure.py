"""Prompts for Prompt Management: boto3 is run, CloudFormation linted, Terraform parsed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml

from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.values import InferenceParameters, Message
from bedrock_playground.presets.exports import CannotExport, Source, export
from bedrock_playground.presets.exports.prompt_management import managed_prompt, resource_name
from tests.wire.invocation.scripted import Exchange, ScriptedServer
from tests.wire.presets.exporting import (
    CONVERSATION,
    EVERYTHING,
    PLAIN,
    TOOL_TURN,
    TUNED,
    WITH_FILES,
    isolated_python,
    run_python,
    unpack,
)

TEMPLATE = replace(
    CONVERSATION,
    messages=(
        Message.user(
            'Summarise {{text}} for {{audience}}.\n\nUse $${n} and ${m}, %%{a} and %{b}, $$ and "q"; ok?'
        ),
    ),
)
FITTING = {
    "plain": PLAIN,
    "tuned": TUNED,
    "everything": EVERYTHING,
    "conversation": CONVERSATION,
    "template": TEMPLATE,
}


def source(request: InvocationRequest, **more: Any) -> Source:
    return Source(request=request, region="us-east-1", **more)


@pytest.fixture
def agent() -> Iterator[ScriptedServer]:
    """Answers as Prompt Management does."""

    def answer(exchange: Exchange) -> None:
        version = "/versions" in exchange.path
        arn = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT1234" + (":1" if version else "")
        exchange.reply(
            {
                "id": "PROMPT1234",
                "arn": arn,
                "name": "n",
                "version": "1" if version else "DRAFT",
                "createdAt": "2026-11-29T00:00:00Z",
                "updatedAt": "2026-11-29T00:00:00Z",
            }
        )

    server = ScriptedServer(answer)
    yield server
    server.close()


def test_boto3_creates_the_prompt_and_a_version(agent: ScriptedServer, tmp_path: Path) -> None:
    scripts = []
    for name, request in FITTING.items():
        (tmp_path / name).mkdir()
        scripts.append(unpack(export("prompt-management", source(request)), tmp_path / name))
    printed = run_python(
        Path(sys.executable), scripts, "http://127.0.0.1:9", AWS_ENDPOINT_URL_BEDROCK_AGENT=agent.url
    )
    assert printed.count("prompt/PROMPT1234:1\n") == len(FITTING)
    created, versions = agent.exchanges[::2], agent.exchanges[1::2]
    assert {(one.method, one.path) for one in created} == {("POST", "/prompts/")}
    assert {one.path.rstrip("/") for one in versions} == {"/prompts/PROMPT1234/versions"}
    for exchange, request in zip(created, FITTING.values(), strict=True):
        body = exchange.json()
        assert body.pop("clientToken")
        assert body == managed_prompt(source(request)).arguments


def test_a_prompt_is_what_the_request_was() -> None:
    prompt = managed_prompt(source(EVERYTHING, name="Tuned: é!", description="d" * 300))
    (variant,) = prompt.arguments["variants"]
    chat = variant["templateConfiguration"]["chat"]
    assert (prompt.name, len(prompt.arguments["description"])) == ("Tuned", 200)
    assert variant["modelId"] == EVERYTHING.model_id
    assert variant["inferenceConfiguration"]["text"] == {
        "maxTokens": 200,
        "temperature": 0.2,
        "topP": 0.9,
        "stopSequences": list(EVERYTHING.parameters.stop_sequences or ()),
    }
    assert variant["additionalModelRequestFields"] == EVERYTHING.parameters.additional_model_request_fields
    assert chat["messages"] == [{"role": "user", "content": [{"text": EVERYTHING.messages[0].text}]}]
    assert chat["system"] == [{"text": EVERYTHING.system}, {"cachePoint": {"type": "default"}}]
    assert chat["toolConfiguration"] == EVERYTHING.tool_config
    told = " ".join(prompt.notes)
    for words in (
        "the guardrail, the service tier, the latency mode, the output settings",
        "the request metadata, the response fields",
        "no top-k",
        "time to live",
        "cut after 200",
        "It is called Tuned",
        "{{name}}",
    ):
        assert words in told


def test_a_lone_prompt_is_a_text_template() -> None:
    (variant,) = managed_prompt(source(PLAIN)).arguments["variants"]
    assert variant["templateType"] == "TEXT"
    assert variant["templateConfiguration"] == {"text": {"text": PLAIN.messages[0].text}}
    assert managed_prompt(source(PLAIN)).notes == ()


def test_the_arguments_are_botocores() -> None:
    model = botocore.session.get_session().get_service_model("bedrock-agent")
    limits = model.shape_for("PromptModelInferenceConfiguration").members["stopSequences"].metadata
    assert limits["max"] == 4
    variables = model.shape_for("TextPromptTemplateConfiguration").members["inputVariables"].metadata
    assert variables["max"] == 20
    assert "topK" not in model.shape_for("PromptModelInferenceConfiguration").members
    assert model.shape_for("CreatePromptRequest").members["description"].metadata["max"] == 200


@pytest.mark.parametrize(("count", "fits"), [(4, True), (5, False)])
def test_stop_sequences_are_counted(count: int, *, fits: bool) -> None:
    stops = tuple(f"stop {number}" for number in range(count))
    request = replace(PLAIN, parameters=InferenceParameters(stop_sequences=stops))
    if fits:
        (variant,) = managed_prompt(source(request)).arguments["variants"]
        assert variant["inferenceConfiguration"]["text"]["stopSequences"] == list(stops)
        return
    for form in ("prompt-management", "cloudformation", "terraform"):
        with pytest.raises(CannotExport, match="at most 4 stop sequences, and this request has 5"):
            export(form, source(request))


@pytest.mark.parametrize(("count", "fits"), [(20, True), (21, False)])
def test_variables_are_counted(count: int, *, fits: bool) -> None:
    request = InvocationRequest.from_prompt(
        "m.m", " ".join(f"{{{{v{number}}}}} {{{{v0}}}}" for number in range(count))
    )
    if fits:
        assert len(managed_prompt(source(request)).variables) == 20
        return
    with pytest.raises(CannotExport, match="at most 20 variables, and this prompt has 21"):
        managed_prompt(source(request))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (WITH_FILES, "holds something else: image"),
        (TOOL_TURN, "something else: reasoningContent"),
        (replace(PLAIN, messages=(Message.user(""),)), "empty"),
        (replace(PLAIN, messages=(Message.user("x" * 200_001),)), "200,000"),
        (
            replace(
                PLAIN, tool_config={"tools": [{"toolSpec": {"name": "a-b", "inputSchema": {"json": {}}}}]}
            ),
            "no tool called a-b",
        ),
        (replace(PLAIN, messages=()), "no message"),
    ],
)  # fmt: skip
def test_what_would_be_another_prompt_is_refused(request_: InvocationRequest, words: str) -> None:
    with pytest.raises(CannotExport, match=words):
        managed_prompt(source(request_))


def test_a_model_of_this_machine_is_told() -> None:
    local = replace(PLAIN, model_id="local.smollm2-135m-instruct-v1:0")
    assert "put a model of AWS's in its place" in " ".join(managed_prompt(source(local)).notes)


@pytest.mark.parametrize(
    ("name", "fit"), [("a b--c__d", "a-b-c_d"), ("-x-", "x"), ("é!", "prompt"), ("a" * 120, "a" * 100)]
)
def test_names_are_made_fit(name: str, fit: str) -> None:
    assert resource_name(name) == fit
    assert re.fullmatch(r"([0-9a-zA-Z][_-]?){1,100}", fit)


def test_cloudformation_passes_cfn_lint(tmp_path: Path) -> None:
    paths = []
    for name, request in FITTING.items():
        (tmp_path / name).mkdir()
        paths.append(
            unpack(export("cloudformation", source(request, description="It's a “test”")), tmp_path / name)
        )
    # What CreatePrompt would refuse, the linter refuses too: the check below can fail.
    broken = tmp_path / "broken.yaml"
    broken.write_text(paths[0].read_text(encoding="utf-8").replace("TEXT", "SPEECH"), encoding="utf-8")
    lint = isolated_python().parent / "cfn-lint"
    command = [str(lint), "--regions", "us-east-1", "--format", "json", "--", *map(str, [*paths, broken])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert {found["Filename"] for found in json.loads(done.stdout)} == {str(broken)}, done.stdout


@pytest.mark.parametrize("name", list(FITTING))
def test_cloudformation_holds_what_create_prompt_is_given(name: str) -> None:
    template = yaml.safe_load(export("cloudformation", source(FITTING[name])).text)
    held = template["Resources"]["Prompt"]["Properties"]
    (wanted,) = managed_prompt(source(FITTING[name])).arguments["variants"]
    (variant,) = held["Variants"]
    assert variant["ModelId"] == wanted["modelId"]
    assert variant.get("AdditionalModelRequestFields") == wanted.get("additionalModelRequestFields")
    assert _lower(variant["TemplateConfiguration"]) == wanted["templateConfiguration"]
    assert _lower(variant.get("InferenceConfiguration", {})) == wanted.get("inferenceConfiguration", {})


def _lower(value: Any, key: str | None = None) -> Any:
    if isinstance(value, dict) and key != "Json":
        return {name[0].lower() + name[1:]: _lower(item, name) for name, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def test_cloudformation_does_not_resolve_a_prompts_words() -> None:
    request = InvocationRequest.from_prompt("m.m", "Explain {{resolve:ssm:/name}} to me.")
    with pytest.raises(CannotExport, match="Use Terraform or boto3"):
        export("cloudformation", source(request))


@pytest.mark.parametrize(
    "fields",
    [
        {"a": [{"Ref": "AWS::AccountId"}]},
        {"a": {"Fn::Sub": "${AWS::AccountId}"}},
        {"{{resolve:ssm:/name}}": 1},
    ],
)
def test_cloudformation_works_nothing_out_of_a_requests_own_json(fields: dict[str, Any]) -> None:
    parameters = InferenceParameters(additional_model_request_fields=fields)
    request = InvocationRequest.from_prompt("m.m", "Hello", parameters=parameters)
    with pytest.raises(CannotExport, match=r"CloudFormation .*replaces"):
        export("cloudformation", source(request))


def test_terraform_takes_no_name_for_a_word_of_its_own() -> None:
    parameters = InferenceParameters(additional_model_request_fields={"for": 1, "null": 2, "format": 3})
    request = InvocationRequest.from_prompt("m.m", "Hello", parameters=parameters)
    text = export("terraform", source(request)).text
    assert '"for" = 1' in text
    assert '"null" = 2' in text
    assert " format = 3" in text


def test_terraform_tells_what_it_composes() -> None:
    two = export("terraform", source(InvocationRequest.from_prompt("m.m", "cafe\u0301")))
    one = export("terraform", source(InvocationRequest.from_prompt("m.m", "caf\u00e9")))
    assert "written as two" in " ".join(two.notes)
    assert "written as two" not in " ".join(one.notes)


def test_a_templates_names_are_read_back_whatever_is_in_them() -> None:
    fields: dict[str, Any] = {"a\x85": {"b\u2028": 1, "c\u202e": "d\x85"}}
    parameters = InferenceParameters(additional_model_request_fields=fields)
    request = InvocationRequest.from_prompt("m.m", "Hello", parameters=parameters)
    text = export("cloudformation", source(request)).text
    assert text.isascii()
    variant = yaml.safe_load(text)["Resources"]["Prompt"]["Properties"]["Variants"][0]
    assert variant["AdditionalModelRequestFields"] == fields


def test_a_templates_text_hides_nothing() -> None:
    text = export("cloudformation", source(replace(PLAIN, system="a\u202eb"))).text
    assert "\u202e" not in text
    assert yaml.safe_load(text)


_PARSE = """\
import hcl2, json, sys
print(json.dumps([hcl2.loads(text) for text in json.load(sys.stdin)]))
"""


def parsed(texts: list[str]) -> list[Any]:
    """Parse Terraform texts."""
    command = [str(isolated_python()), "-c", _PARSE]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|[^"A-Za-z_]+')


def hcl_value(raw: Any) -> Any:
    """Work out a parsed expression as Terraform would, as far as exports use any."""
    if not isinstance(raw, str):
        return raw
    if raw.startswith('"'):
        return _hcl_text(raw)
    call = re.fullmatch(r"\$\{(join|jsonencode)\((.*)\)\}", raw, re.DOTALL)
    assert call, raw
    if call[1] == "join":
        separator, lines = json.loads(f"[{_as_json(call[2])}]")
        return separator.join(lines)
    return json.loads(_as_json(call[2]))


def _hcl_text(literal: str) -> str:
    # Templates are looked for before escapes are read: a code that says $ begins none.
    assert not re.search(r"(?<![$])(?:[$]{2})*[$]\{", literal.replace("$${", "")), literal
    plain = literal.replace("$${", "${").replace("%%{", "%{")
    plain = re.sub(r"\\U([0-9a-f]{8})", lambda code: json.dumps(chr(int(code[1], 16)))[1:-1], plain)
    return str(json.loads(plain))


def _as_json(text: str) -> str:
    written = []
    for token in _TOKEN.findall(text):
        if token.startswith('"'):
            written.append(json.dumps(_hcl_text(token)))
        elif token[0].isalpha() or token[0] == "_":
            written.append(token if token in {"true", "false", "null"} else json.dumps(token))
        else:
            written.append(token.replace("=", ":"))
    return "".join(written)


def blocks(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The blocks of a name inside a parsed one."""
    return list(body.get(name, []))


def test_terraform_holds_what_create_prompt_is_given() -> None:
    requests = [request for request in FITTING.values() if request is not EVERYTHING] + [WITH_TOOLS]
    for text, request in zip(
        parsed([export("terraform", source(request)).text for request in requests]), requests, strict=True
    ):
        (wanted,) = managed_prompt(source(request)).arguments["variants"]
        body = text["resource"][0]['"aws_bedrockagent_prompt"']['"prompt"']
        (variant,) = blocks(body, "variant")
        assert hcl_value(variant["model_id"]) == wanted["modelId"]
        assert hcl_value(variant.get("additional_model_request_fields")) == wanted.get(
            "additionalModelRequestFields"
        )
        _check_inference(variant, wanted.get("inferenceConfiguration", {}).get("text"))
        (template,) = blocks(variant, "template_configuration")
        _check_template(template, wanted["templateConfiguration"])


WITH_TOOLS = replace(TUNED, tool_config=EVERYTHING.tool_config)


def _check_inference(variant: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    held = blocks(variant, "inference_configuration")
    if wanted is None:
        assert held == []
        return
    (text,) = blocks(held[0], "text")
    names = {"max_tokens": "maxTokens", "top_p": "topP", "stop_sequences": "stopSequences"}
    found = {names.get(key, key): value for key, value in text.items() if not key.startswith("__")}
    if "stopSequences" in found:
        found["stopSequences"] = [hcl_value(stop) for stop in found["stopSequences"]]
    assert found == wanted


def _check_template(template: dict[str, Any], wanted: dict[str, Any]) -> None:
    if "text" in wanted:
        (text,) = blocks(template, "text")
        assert hcl_value(text["text"]) == wanted["text"]["text"]
        return
    (chat,) = blocks(template, "chat")
    system = [{"text": hcl_value(block["text"])} for block in blocks(chat, "system")]
    assert system == wanted["chat"].get("system", [])
    messages = [
        {
            "role": hcl_value(message["role"]),
            "content": [{"text": hcl_value(block["text"])} for block in blocks(message, "content")],
        }
        for message in blocks(chat, "message")
    ]
    assert messages == wanted["chat"]["messages"]
    variables = [{"name": hcl_value(block["name"])} for block in blocks(chat, "input_variable")]
    assert variables == wanted["chat"].get("inputVariables", [])
    if "toolConfiguration" in wanted["chat"]:
        (config,) = blocks(chat, "tool_configuration")
        (spec,) = blocks(blocks(config, "tool")[0], "tool_spec")
        expected = wanted["chat"]["toolConfiguration"]["tools"][0]["toolSpec"]
        assert hcl_value(spec["description"]) == expected["description"]
        assert hcl_value(blocks(spec, "input_schema")[0]["json"]) == expected["inputSchema"]["json"]
        assert "auto" in blocks(config, "tool_choice")[0]


def test_terraform_takes_one_block_of_content_per_message() -> None:
    from bedrock_playground.invocation.values import TextBlock

    two = replace(CONVERSATION, messages=(Message("user", (TextBlock("a"), TextBlock("b"))),))
    with pytest.raises(CannotExport, match="one block of content per message"):
        export("terraform", source(two))
