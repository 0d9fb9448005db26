"""boto3, streaming and not: the call word for word."""

from __future__ import annotations

from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, Call, call_of
from bedrock_playground.presets.exports.prompt_names import with_names
from bedrock_playground.presets.exports.values import Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_STREAM_LOOP = """\
for event in response["stream"]:
    if "contentBlockDelta" in event:
        print(event["contentBlockDelta"]["delta"].get("text", ""), end="", flush=True)
    elif "messageStop" in event:
        print("\\n\\nIt ended because of:", event["messageStop"]["stopReason"])
    elif "metadata" in event:
        print("Tokens:", event["metadata"]["usage"])
"""
_WHOLE = """\
for block in response["output"]["message"]["content"]:
    # What is no text, such as a tool call, is shown as it came.
    print(block.get("text", block))
print("\\nIt ended because of:", response["stopReason"])
print("Tokens:", response["usage"])
"""
FILES_NOTE = "The files beside it are read from the folder that it is run in."


def streaming(source: Source) -> Exported:
    """Export as a call of ``converse_stream``: the request that the app sends.

    Raises:
        CannotExport: The request could not be sent.
    """
    return _script(source, call_of(source, streaming=True), method="converse_stream", ending=_STREAM_LOOP)


def whole(source: Source) -> Exported:
    """Export as a call of ``converse``, which answers in one piece.

    Raises:
        CannotExport: The request could not be sent.
    """
    return _script(source, call_of(source, streaming=False), method="converse", ending=_WHOLE)


def _script(source: Source, call: Call, *, method: str, ending: str) -> Exported:
    named = with_names(call.arguments)
    text = (
        '"""One call of Amazon Bedrock, as Bedrock Playground sends it. Needs: pip install boto3\n\n'
        f"Credentials come from the environment or the AWS configuration; {ENDPOINT_VARIABLE}\n"
        'sends it elsewhere, for example to a local endpoint.\n"""\n\n'
        + imports(call)
        + constants(named.texts)
        + f"client = boto3.client({', '.join(client_arguments(source))})\n"
        + f"response = client.{method}(\n{python_text.arguments(named.arguments)})\n"
        + ending
    )
    main = ExportedFile(f"bedrock_{method}.py", text, "python")
    return Exported((main, *call.files), (FILES_NOTE,) if call.files else ())


def imports(call: Call, *modules: str) -> str:
    """Write the import lines: boto3 and what the call's values need."""
    standard = (["base64"] if python_text.has_inline(call.arguments) else []) + list(modules)
    lines = [f"import {name}" for name in sorted(standard)]
    lines += ["from pathlib import Path"] if call.files else []
    return "".join(f"{line}\n" for line in lines) + ("\n" if lines else "") + "import boto3\n\n"


def constants(texts: dict[str, str]) -> str:
    """Write the texts that people edit as constants."""
    written = [f"{name} = {python_text.block(text)}\n" for name, text in texts.items()]
    return "".join(written) + ("\n" if written else "")


def client_arguments(source: Source) -> list[str]:
    """Write the arguments of ``boto3.client``; without a Region boto3 looks for one itself."""
    service = [python_text.string("bedrock-runtime")]
    return service + ([f"region_name={python_text.string(source.region)}"] if source.region else [])
