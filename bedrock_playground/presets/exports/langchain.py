"""LangChain: ``ChatBedrockConverse``."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.boto3_code import FILES_NOTE, constants
from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, Call, call_of
from bedrock_playground.presets.exports.frameworks import has_null, hook, inference
from bedrock_playground.presets.exports.prompt_names import with_names
from bedrock_playground.presets.exports.python_text import Name
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_PASSED_ON = frozenset({"text", "image", "document", "cachePoint"})
_NAMES = {
    "guardrailConfig": "guardrail_config",
    "additionalModelRequestFields": "additional_model_request_fields",
    "additionalModelResponseFieldPaths": "additional_model_response_field_paths",
    "performanceConfig": "performance_config",
    "requestMetadata": "request_metadata",
    "outputConfig": "output_config",
}


def make(source: Source) -> Exported:
    """Export as a Python script.

    Raises:
        CannotExport: The request could not be sent, or LangChain would change it on the way.
    """
    call = call_of(source, streaming=True)
    _check(call)
    named = with_names(call.arguments)
    messages = _messages(named.arguments)
    classes = sorted({str(row).partition("(")[0] for row in messages})
    text = (
        '"""One call of Amazon Bedrock, as Bedrock Playground sends it. Needs: pip install langchain-aws\n\n'
        f"Credentials come from the environment or the AWS configuration; {ENDPOINT_VARIABLE}\n"
        'sends it elsewhere, for example to a local endpoint.\n"""\n\n'
        + ("from pathlib import Path\n\n" if call.files else "")
        + "from langchain_aws import ChatBedrockConverse\n"
        + f"from langchain_core.messages import {', '.join(classes)}\n\n"
        + constants(named.texts)
        + f"model = ChatBedrockConverse(\n{python_text.arguments(_model(source, call))})\n"
        + hook(call, library="LangChain", client="model.client")
        + f"messages = {python_text.value(messages)}\n"
        + f"for chunk in {_bound(call)}.stream(messages):\n"
        + '    print(chunk.text, end="", flush=True)\n'
        + "    if chunk.usage_metadata:\n"
        + '        print("\\n\\nTokens:", chunk.usage_metadata)\n'
    )
    main = ExportedFile("bedrock_langchain.py", text, "python")
    return Exported((main, *call.files), (FILES_NOTE,) if call.files else ())


def _check(call: Call) -> None:
    messages = call.arguments["messages"]
    for message in messages:
        for block in message["content"]:
            if not _PASSED_ON.issuperset(block):
                raise CannotExport(
                    f"The conversation holds {next(iter(block))}, which LangChain rebuilds by rules "
                    "of its own. Use boto3 for the same request."
                )
    if any(one["role"] == other["role"] for one, other in pairwise(messages)):
        raise CannotExport(
            "Two messages of one role follow each other, which LangChain joins to one. Use boto3 for the "
            "same request."
        )
    texts = [block["text"] for message in messages for block in message["content"] if "text" in block]
    instructions = [block["text"] for block in call.arguments.get("system", ()) if "text" in block]
    if any(not text.strip() for text in (*instructions, *texts)):
        raise CannotExport("A text of the request is blank; LangChain puts another in its place. Use boto3.")
    if messages[-1]["role"] == "assistant" and texts[-1] != texts[-1].rstrip():
        raise CannotExport(
            "The conversation ends with the model's words and a space, which LangChain takes away."
        )
    fields = call.arguments.get("additionalModelRequestFields", {})
    reasoning = fields.get("reasoningConfig")
    high = isinstance(reasoning, dict) and reasoning.get("maxReasoningEffort") == "high"
    if high and "maxTokens" in call.arguments.get("inferenceConfig", {}):
        raise CannotExport("With high effort LangChain takes maxTokens out of the request. Use boto3.")
    if has_null(call.arguments):
        raise CannotExport("LangChain leaves out every null, and this request holds one. Use boto3.")


def _model(source: Source, call: Call) -> dict[str, Any]:
    model: dict[str, Any] = {"model": call.model_id}
    if source.region:
        model["region_name"] = source.region
    model |= inference(call)
    model |= {_NAMES[name]: value for name, value in call.arguments.items() if name in _NAMES}
    if "serviceTier" in call.arguments:
        model["service_tier"] = call.arguments["serviceTier"]["type"]
    return model


def _messages(arguments: dict[str, Any]) -> list[Name]:
    system = arguments.get("system")
    rows = [Name(f"SystemMessage({python_text.value(_content(system), indent=4)})")] if system else []
    for message in arguments["messages"]:
        cls = "HumanMessage" if message["role"] == "user" else "AIMessage"
        rows.append(Name(f"{cls}({python_text.value(_content(message['content']), indent=4)})"))
    return rows


def _content(blocks: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - a text or content blocks
    if len(blocks) == 1 and "text" in blocks[0]:
        return blocks[0]["text"]
    return [{"type": "text", **block} if "text" in block else block for block in blocks]


def _bound(call: Call) -> str:
    if "toolConfig" not in call.arguments:
        return "model"
    return f"model.bind(tool_config={python_text.value(call.arguments['toolConfig'])})"
