"""The AWS SDK for JavaScript v3, streaming and not."""

from __future__ import annotations

from bedrock_playground.presets.exports import javascript_text
from bedrock_playground.presets.exports.boto3_code import FILES_NOTE
from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, Call, call_of
from bedrock_playground.presets.exports.prompt_names import with_names
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_CLIENT = """\
// The SDK speaks HTTP/2 to AWS; a local endpoint without TLS needs HTTP/1.1.
const local = process.env.{variable}?.startsWith("http:");
const client = new BedrockRuntimeClient({{
{options}  ...(local && {{ requestHandler: new NodeHttpHandler() }}),
}});
"""
_STREAM_LOOP = """\
for await (const event of response.stream) {
  if (event.contentBlockDelta) {
    process.stdout.write(event.contentBlockDelta.delta?.text ?? "");
  } else if (event.messageStop) {
    console.log("\\n\\nIt ended because of:", event.messageStop.stopReason);
  } else if (event.metadata) {
    console.log("Tokens:", event.metadata.usage);
  }
}
"""
_WHOLE = """\
for (const block of response.output.message.content) {
  // What is no text, such as a tool call, is shown as it came.
  console.log(block.text ?? block);
}
console.log("\\nIt ended because of:", response.stopReason);
console.log("Tokens:", response.usage);
"""


def streaming(source: Source) -> Exported:
    """Export as a ``ConverseStreamCommand``: the request that the app sends.

    Raises:
        CannotExport: The request could not be sent, or JavaScript would change a number in it.
    """
    return _module(source, call_of(source, streaming=True), operation="ConverseStream", ending=_STREAM_LOOP)


def whole(source: Source) -> Exported:
    """Export as a ``ConverseCommand``, which answers in one piece.

    Raises:
        CannotExport: The request could not be sent, or JavaScript would change a number in it.
    """
    return _module(source, call_of(source, streaming=False), operation="Converse", ending=_WHOLE)


def _module(source: Source, call: Call, *, operation: str, ending: str) -> Exported:
    if javascript_text.has_unsafe_number(call.arguments):
        raise CannotExport(
            "A whole number in this request has more digits than JavaScript's numbers keep (2^53): it would "
            "be sent rounded. Use Python or the AWS CLI."
        )
    named = with_names(call.arguments)
    command = f"{operation}Command"
    region = f"  region: {javascript_text.string(source.region)},\n" if source.region else ""
    constants = "".join(
        f"const {name} = {javascript_text.block(text)};\n" for name, text in named.texts.items()
    )
    text = (
        "// One call of Amazon Bedrock, as Bedrock Playground sends it.\n"
        "// Needs: npm install @aws-sdk/client-bedrock-runtime @smithy/node-http-handler\n"
        f"// Credentials come from the environment or the AWS configuration; {ENDPOINT_VARIABLE}\n"
        "// sends it elsewhere, for example to a local endpoint.\n"
        + ('import { readFile } from "node:fs/promises";\n' if call.files else "")
        + f'import {{ BedrockRuntimeClient, {command} }} from "@aws-sdk/client-bedrock-runtime";\n'
        + 'import { NodeHttpHandler } from "@smithy/node-http-handler";\n\n'
        + constants
        + ("\n" if constants else "")
        + _CLIENT.format(variable=ENDPOINT_VARIABLE, options=region)
        + f"const response = await client.send(new {command}({javascript_text.value(named.arguments)}));\n"
        + ending
    )
    main = ExportedFile(f"bedrock_{operation.lower()}.mjs", text, "javascript")
    return Exported((main, *call.files), (FILES_NOTE,) if call.files else ())
