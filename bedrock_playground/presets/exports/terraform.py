"""Terraform: ``aws_bedrockagent_prompt`` of the AWS provider.

The provider's schema: ``internal/service/bedrockagent/prompt.go`` of hashicorp/terraform-provider-aws, read
on 2026-11-29. A message's content is one block there, and a tool needs a description. Terraform brings every
string into NFC (go-cty, ``cty.StringVal``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import is_normalized

from bedrock_playground.presets.exports.prompt_management import managed_prompt
from bedrock_playground.presets.exports.python_text import text_lines
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_DRAFT = (
    "The provider has no resource for a prompt's version: this ARN is that of the draft, which changes with "
    "each apply."
)
_COMPOSED = (
    "Terraform writes letters and their accents as one character (Unicode's NFC), and this request has some "
    "written as two: they look the same, and are sent otherwise. boto3 keeps them."
)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"for", "if", "in", "null", "true", "false"})


def make(source: Source) -> Exported:
    """Export as a Terraform resource.

    Raises:
        CannotExport: It does not fit a managed prompt, or the provider's narrower schema of it.
    """
    prompt = managed_prompt(source)
    variant = prompt.arguments["variants"][0]
    lines = ['resource "aws_bedrockagent_prompt" "prompt" {']
    lines += _attributes(
        {
            "name": prompt.name,
            "description": prompt.arguments.get("description"),
            "default_variant": variant["name"],
        },
        1,
    )
    lines += _block("variant", _variant(variant), 1)
    lines += ["}", "", 'output "prompt_arn" {', "  value = aws_bedrockagent_prompt.prompt.arn", "}", ""]
    text = "\n".join(lines)
    notes = (*prompt.notes, _DRAFT) if is_normalized("NFC", text) else (*prompt.notes, _DRAFT, _COMPOSED)
    return Exported((ExportedFile("prompt.tf", text, "hcl"),), notes)


def _variant(variant: dict[str, Any]) -> Iterator[str]:
    fields = variant.get("additionalModelRequestFields")
    attributes = {
        "name": variant["name"],
        "model_id": variant["modelId"],
        "template_type": variant["templateType"],
    }
    yield from _attributes(attributes, 2)
    if fields is not None:
        yield f"    additional_model_request_fields = jsonencode({expression(fields, indent=4)})"
    if "inferenceConfiguration" in variant:
        names = {"maxTokens": "max_tokens", "topP": "top_p", "stopSequences": "stop_sequences"}
        config = variant["inferenceConfiguration"]["text"]
        settings = {names.get(name, name): value for name, value in config.items()}
        yield from _block("inference_configuration", _block("text", _attributes(settings, 4), 3), 2)
    template = variant["templateConfiguration"]
    if "text" in template:
        inner = _block("text", _text_template(template["text"]), 3)
    else:
        inner = _block("chat", _chat_template(template["chat"]), 3)
    yield from _block("template_configuration", inner, 2)


def _text_template(text: dict[str, Any]) -> Iterator[str]:
    yield from _attributes({"text": text["text"]}, 4)
    yield from _variables(text)


def _chat_template(chat: dict[str, Any]) -> Iterator[str]:
    for block in chat.get("system", ()):
        yield from _block("system", _content(block, 5), 4)
    for message in chat["messages"]:
        if len(message["content"]) != 1:
            raise CannotExport(
                "Terraform's provider takes one block of content per message, and a message of this request "
                "has more (a cache point, say). Use CloudFormation."
            )
        inner = [*_attributes({"role": message["role"]}, 5)]
        inner += _block("content", _content(message["content"][0], 6), 5)
        yield from _block("message", inner, 4)
    yield from _variables(chat)
    if "toolConfiguration" in chat:
        yield from _block("tool_configuration", _tools(chat["toolConfiguration"]), 4)


def _variables(template: dict[str, Any]) -> Iterator[str]:
    for variable in template.get("inputVariables", ()):
        yield from _block("input_variable", _attributes({"name": variable["name"]}, 5), 4)


def _content(block: dict[str, Any], depth: int) -> Iterator[str]:
    if "text" in block:
        yield from _attributes({"text": block["text"]}, depth)
    else:
        yield from _block("cache_point", _attributes({"type": block["cachePoint"]["type"]}, depth + 1), depth)


def _tools(config: dict[str, Any]) -> Iterator[str]:
    for tool in config["tools"]:
        if "cachePoint" in tool:
            yield from _block("tool", _content(tool, 6), 5)
            continue
        spec = tool["toolSpec"]
        if not spec.get("description"):
            raise CannotExport(
                f"Terraform's provider wants a description of the tool {spec['name']}. Write one."
            )
        if "strict" in spec:
            raise CannotExport("Terraform's provider knows no strict tools. Use CloudFormation.")
        schema = f"json = jsonencode({expression(spec['inputSchema']['json'], indent=16)})"
        inner = [*_attributes({"name": spec["name"], "description": spec["description"]}, 7)]
        inner += _block("input_schema", [f"{'  ' * 8}{schema}"], 7)
        yield from _block("tool", _block("tool_spec", inner, 6), 5)
    for kind, value in config.get("toolChoice", {}).items():
        yield from _block("tool_choice", _block(kind, _attributes(value, 7), 6), 5)


def _attributes(values: Mapping[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    told = {name: value for name, value in values.items() if value is not None}
    width = max((len(name) for name in told), default=0)
    for name, value in told.items():
        yield f"{pad}{name:<{width}} = {expression(value, indent=len(pad))}"


def _block(name: str, inner: Iterator[str] | list[str], depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}{name} {{"
    yield from inner
    yield f"{pad}}}"


def expression(value: Any, *, indent: int) -> str:  # noqa: ANN401, PLR0911 - one return per kind
    """Write a value as HCL; texts of several lines are joined from their lines."""
    pad = " " * (indent + 2)
    end = " " * indent
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        lines = text_lines(value)
        if len(lines) == 1:
            return string(value)
        rows = "".join(f"{pad}{string(line)},\n" for line in value.split("\n"))
        return f'join("\\n", [\n{rows}{end}])'
    if isinstance(value, Mapping):
        rows = "".join(
            f"{pad}{_key(key)} = {expression(item, indent=indent + 2)}\n" for key, item in value.items()
        )
        return f"{{\n{rows}{end}}}" if rows else "{}"
    items = [expression(item, indent=indent + 2) for item in value]
    flat = f"[{', '.join(items)}]"
    if "\n" not in flat and len(flat) <= 80:
        return flat
    return "[\n" + "".join(f"{pad}{item},\n" for item in items) + f"{end}]"


def _key(key: str) -> str:
    # The words of the language are no names: {for …} is a loop.
    return key if _PLAIN_KEY.fullmatch(key) and key not in _WORDS else string(key)


def string(text: str) -> str:
    r"""Write a text as one quoted literal, in which nothing is interpolated.

    ``${`` and ``%{`` begin a template; doubled they do not. What doubling would make ambiguous (``$${``) is
    written by its code instead, which HCL looks at only after it looked for templates.
    """
    written = "".join(_ESCAPES.get(char) or _visible(char) for char in text)
    written = re.sub(r"\$\$+(?=\{)", lambda run: "\\u0024" * len(run[0]), written)
    written = re.sub(r"%%+(?=\{)", lambda run: "\\u0025" * len(run[0]), written)
    return '"' + re.sub(r"([$%])\{", r"\1\1{", written) + '"'


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
