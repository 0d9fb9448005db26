"""Bedrock Prompt Management: what CreatePrompt takes of a request, and boto3 that creates it; pure.

CreatePrompt is narrower than Converse. What it has no place for is left out and told where the prompt stays
itself without it (a guardrail, a service tier: settings of a call); where it would be another prompt, nothing
is exported. Limits: botocore 1.44.5, ``bedrock-agent`` CreatePrompt, and the CloudFormation schema of
``AWS::Bedrock::Prompt`` (cfn-lint 1.58.0), read on 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.call import Call, call_of
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

VARIANT = "default"
"""The name of the one variant."""
MAX_STOP_SEQUENCES = 4
MAX_VARIABLES = 20
MAX_DESCRIPTION = 200
MAX_TEXT = 200_000

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"(?:[0-9a-zA-Z][_-]?){1,100}")
_TOOL_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_OF_A_CALL = {
    "guardrailConfig": "the guardrail",
    "serviceTier": "the service tier",
    "performanceConfig": "the latency mode",
    "outputConfig": "the output settings (JSON schema, effort)",
    "requestMetadata": "the request metadata",
    "additionalModelResponseFieldPaths": "the response fields that are asked for",
}


@dataclass(frozen=True, slots=True)
class ManagedPrompt:
    """A prompt as CreatePrompt takes it."""

    arguments: dict[str, Any]
    """boto3's keyword arguments of ``create_prompt``."""
    notes: tuple[str, ...]
    """What was left out or changed, in sentences."""

    @property
    def name(self) -> str:
        """The prompt's name."""
        return str(self.arguments["name"])

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that a call has to fill in."""
        template = self.arguments["variants"][0]["templateConfiguration"]
        held = template.get("text") or template["chat"]
        return tuple(variable["name"] for variable in held.get("inputVariables", ()))


def managed_prompt(source: Source) -> ManagedPrompt:
    """Make what CreatePrompt takes of a request.

    Raises:
        CannotExport: It does not fit: too many stop sequences or variables, files, tool calls.
    """
    call = call_of(source, streaming=True)
    notes: list[str] = []
    template = _template(call, notes)
    variant: dict[str, Any] = {
        "name": VARIANT,
        "templateType": "TEXT" if "text" in template else "CHAT",
        "templateConfiguration": template,
        "modelId": call.model_id,
    }
    variant |= _settings(call, notes)
    arguments: dict[str, Any] = {"name": _name(source.name, notes)}
    if source.description:
        arguments["description"] = _description(source.description, notes)
    arguments |= {"defaultVariant": VARIANT, "variants": [variant]}
    if is_local(call.model_id):
        notes.append(f"{call.model_id} runs on one machine alone: put a model of AWS's in its place.")
    left_out = [words for name, words in _OF_A_CALL.items() if name in call.arguments]
    if left_out:
        notes.append(
            f"Left out, because a managed prompt does not hold it: {', '.join(left_out)}. Set it where the "
            "prompt is called."
        )
    return ManagedPrompt(arguments, tuple(notes))


def resource_name(name: str) -> str:
    """Make a name that CreatePrompt takes: letters and digits, single hyphens or underscores between them."""
    fit = re.sub(r"[^0-9a-zA-Z_-]+", "-", name)
    fit = re.sub(r"([_-])[_-]+", r"\1", fit).strip("-_")[:100].strip("-_")
    return fit or "prompt"


def _name(name: str, notes: list[str]) -> str:
    fit = resource_name(name)
    if fit != name:
        notes.append(f"It is called {fit}: a name here has letters, digits, hyphens and underscores alone.")
    return fit


def _description(text: str, notes: list[str]) -> str:
    if len(text) > MAX_DESCRIPTION:
        notes.append(f"The description is cut after {MAX_DESCRIPTION} characters, the most that it may have.")
    return text[:MAX_DESCRIPTION]


def _settings(call: Call, notes: list[str]) -> dict[str, Any]:
    config = dict(call.arguments.get("inferenceConfig", {}))
    stops = config.get("stopSequences", ())
    if len(stops) > MAX_STOP_SEQUENCES:
        raise CannotExport(
            f"CreatePrompt takes at most {MAX_STOP_SEQUENCES} stop sequences, and this request has "
            f"{len(stops)}. Remove some, or take it away as code."
        )
    settings: dict[str, Any] = {"inferenceConfiguration": {"text": config}} if config else {}
    fields = call.arguments.get("additionalModelRequestFields")
    if fields is not None:
        settings["additionalModelRequestFields"] = fields
        if _has_top_k(fields):
            notes.append(
                "CreatePrompt's inference settings have no top-k: it stands in additionalModelRequestFields, "
                "by the model's own name."
            )
    return settings


def _has_top_k(fields: Any) -> bool:  # noqa: ANN401 - the model's own fields
    if not isinstance(fields, dict):
        return False
    return any(key in {"top_k", "topK", "k"} or _has_top_k(value) for key, value in fields.items())


def _template(call: Call, notes: list[str]) -> dict[str, Any]:
    messages = [
        {"role": message["role"], "content": [_block(block, notes) for block in message["content"]]}
        for message in call.arguments["messages"]
    ]
    system = [_block(block, notes) for block in call.arguments.get("system", ())]
    tools = _tools(call.arguments.get("toolConfig"), notes)
    variables = _variables([*_texts(messages), *_texts([{"content": system}])], notes)
    declared = {"inputVariables": [{"name": name} for name in variables]} if variables else {}
    content = messages[0]["content"]
    if len(messages) == 1 and len(content) == 1 and not system and not tools:
        return {"text": {"text": content[0]["text"], **declared}}
    chat: dict[str, Any] = {"messages": messages}
    if system:
        chat["system"] = system
    return {"chat": {**chat, **declared, **tools}}


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        yield from (block["text"] for block in message["content"] if "text" in block)


def _block(block: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    if "text" in block:
        if not block["text"]:
            raise CannotExport("A text of this request is empty, which CreatePrompt refuses. Write one.")
        if len(block["text"]) > MAX_TEXT:
            raise CannotExport(
                f"A text of this request has more than {MAX_TEXT:,} characters, the most here."
            )
        return {"text": block["text"]}
    if "cachePoint" in block:
        if "ttl" in block["cachePoint"]:
            note = "A cache point's time to live is left out: a managed prompt's lives as long as by default."
            notes += [] if note in notes else [note]
        return {"cachePoint": {"type": block["cachePoint"]["type"]}}
    kind = next(iter(block))
    raise CannotExport(
        f"A managed prompt holds text alone, and this request holds something else: {kind}. Remove it, or "
        "take the request away as code."
    )


def _tools(config: dict[str, Any] | None, notes: list[str]) -> dict[str, Any]:
    if config is None:
        return {}
    for tool in config.get("tools", ()):
        name = tool.get("toolSpec", {}).get("name", "")
        if "toolSpec" in tool and not _TOOL_NAME.fullmatch(name):
            raise CannotExport(
                f"CreatePrompt takes no tool called {name}: letters, digits and underscores alone. Rename it."
            )
        if not {"toolSpec", "cachePoint"}.issuperset(tool):
            raise CannotExport("A managed prompt takes no system tools. Remove them, or export code.")
    cache_point = {"cachePoint": {"type": "default"}}
    tools = [cache_point if "cachePoint" in tool else tool for tool in config["tools"]]
    if any("ttl" in tool.get("cachePoint", {}) for tool in config["tools"]):
        notes.append("The time to live of the tools' cache point is left out: a managed prompt has none.")
    return {"toolConfiguration": {**config, "tools": tools}}


def _variables(texts: list[str], notes: list[str]) -> list[str]:
    found = list(dict.fromkeys(match[1] for text in texts for match in _VARIABLE.finditer(text)))
    names = [name for name in found if _NAME.fullmatch(name)]
    if len(names) > MAX_VARIABLES:
        raise CannotExport(
            f"CreatePrompt takes at most {MAX_VARIABLES} variables, and this prompt has {len(names)}. Fill "
            "some in, or take it away as code."
        )
    if names:
        braces = ", ".join(f"{{{{{name}}}}}" for name in names)
        notes.append(f"What stands in double braces becomes a variable, filled in by the call: {braces}.")
    if len(names) < len(found):
        odd = next(name for name in found if name not in names)
        notes.append(f"{{{{{odd}}}}} is no name of a variable here; Prompt Management may refuse the prompt.")
    return names


def boto3_script(source: Source) -> Exported:
    """Export as boto3 code that creates the prompt and its first version.

    Raises:
        CannotExport: It does not fit a managed prompt.
    """
    prompt = managed_prompt(source)
    region = f", region_name={python_text.string(source.region)}" if source.region else ""
    filled = {name: {"text": "…"} for name in prompt.variables}
    variables = f"\n#       promptVariables={python_text.value(filled)}," if filled else ""
    text = (
        '"""Create a prompt in Bedrock Prompt Management, and a version of it. Needs: pip install boto3\n\n'
        "Credentials come from the environment or the AWS configuration; AWS_ENDPOINT_URL_BEDROCK_AGENT\n"
        'sends it elsewhere.\n"""\n\nimport boto3\n\n'
        f'client = boto3.client("bedrock-agent"{region})\n'
        f"prompt = client.create_prompt(\n{python_text.arguments(prompt.arguments)})\n"
        'version = client.create_prompt_version(promptIdentifier=prompt["id"])\n'
        'print(version["arn"])\n\n'
        "# A call names the version's ARN in place of a model, and brings nothing that the prompt holds:\n"
        '#   boto3.client("bedrock-runtime").converse(\n'
        f'#       modelId=version["arn"],{variables}\n'
        "#   )\n"
    )
    return Exported((ExportedFile("create_prompt.py", text, "python"),), prompt.notes)
