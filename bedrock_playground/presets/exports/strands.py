"""Strands Agents: a ``BedrockModel`` and an ``Agent`` that sends the same request."""

from __future__ import annotations

from typing import Any

from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.boto3_code import FILES_NOTE, constants
from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, Call, call_of
from bedrock_playground.presets.exports.frameworks import hook, inference
from bedrock_playground.presets.exports.prompt_names import Named, with_names
from bedrock_playground.presets.exports.python_text import Name
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_TOOLS = (
    "The tools are told to the model as they were, but Strands has no function behind them: give the agent "
    "real ones (Agent(tools=[…])) before it is to act on a call."
)
_UNTOUCHED = frozenset({"text", "image", "document", "cachePoint", "toolUse", "toolResult"})


def make(source: Source) -> Exported:
    """Export as a Python script.

    Raises:
        CannotExport: The request could not be sent, or Strands would change it on the way.
    """
    call = call_of(source, streaming=True)
    _check(call)
    named = with_names(call.arguments)
    *before, last = named.arguments["messages"]
    text = (
        '"""One call of Amazon Bedrock, as Bedrock Playground sends it. Needs: pip install strands-agents\n\n'
        f"Credentials come from the environment or the AWS configuration; {ENDPOINT_VARIABLE}\n"
        'sends it elsewhere, for example to a local endpoint.\n"""\n\n'
        + ("import base64\n" if python_text.has_inline(call.arguments) else "")
        + ("from pathlib import Path\n\n" if call.files else "")
        + "from strands import Agent\nfrom strands.models import BedrockModel\n\n"
        + constants(named.texts)
        + f"model = BedrockModel(\n{python_text.arguments(_model(source, call))})\n"
        + hook(call, library="Strands", client="model.client")
        + f"agent = Agent(\n{python_text.arguments(_agent(named, before))})\n"
        + f"result = agent({python_text.value(_prompt(last))})\n"
        + 'print("\\nIt ended because of:", result.stop_reason)\n'
        + 'print("Tokens:", result.metrics.accumulated_usage)\n'
    )
    notes = [FILES_NOTE] if call.files else []
    notes += [_TOOLS] if "toolConfig" in call.arguments else []
    return Exported((ExportedFile("bedrock_strands.py", text, "python"), *call.files), tuple(notes))


def _check(call: Call) -> None:
    for message in call.arguments["messages"]:
        for block in message["content"]:
            if not _UNTOUCHED.issuperset(block):
                raise CannotExport(
                    f"The conversation holds {next(iter(block))}, which Strands rewrites by rules "
                    "of its own. Use boto3 for the same request."
                )
            if "ttl" in block.get("cachePoint", {}):
                raise CannotExport(
                    "A cache point in the prompt lives an hour; Strands sends such points without their "
                    "time. Use boto3 for the same request."
                )
    if call.arguments["messages"][-1]["role"] != "user":
        raise CannotExport("The last message is not the user's: Strands has nothing to be asked.")


def _model(source: Source, call: Call) -> dict[str, Any]:
    arguments = call.arguments
    model: dict[str, Any] = {"model_id": call.model_id}
    if source.region:
        model["region_name"] = source.region
    model |= inference(call)
    for name, key in (
        ("additionalModelRequestFields", "additional_request_fields"),
        ("additionalModelResponseFieldPaths", "additional_response_field_paths"),
    ):
        if name in arguments:
            model[key] = arguments[name]
    if "serviceTier" in arguments:
        model["service_tier"] = arguments["serviceTier"]["type"]
    if "guardrailConfig" in arguments:
        model |= _guardrail(arguments["guardrailConfig"])
    # What Strands has no name for is passed on to Converse as it is.
    others = ("toolConfig", "outputConfig", "performanceConfig", "requestMetadata")
    if more := {name: arguments[name] for name in others if name in arguments}:
        model["additional_args"] = more
    return model


def _guardrail(config: dict[str, Any]) -> dict[str, Any]:
    names = {
        "guardrailIdentifier": "guardrail_id",
        "guardrailVersion": "guardrail_version",
        "trace": "guardrail_trace",
        "streamProcessingMode": "guardrail_stream_processing_mode",
    }
    return {names[name]: value for name, value in config.items()}


def _agent(named: Named, before: list[dict[str, Any]]) -> dict[str, Any]:
    agent: dict[str, Any] = {"model": Name("model")}
    system = named.arguments.get("system")
    if system is not None:
        agent["system_prompt"] = system[0]["text"] if len(system) == 1 else system
    if before:
        agent["messages"] = before
    return agent


def _prompt(message: dict[str, Any]) -> Any:  # noqa: ANN401 - a text or content blocks
    content = message["content"]
    return content[0]["text"] if len(content) == 1 and "text" in content[0] else content
