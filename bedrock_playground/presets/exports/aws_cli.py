"""The AWS CLI: ``aws bedrock-runtime converse``. Neither version of it has ConverseStream."""

from __future__ import annotations

from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, call_of
from bedrock_playground.presets.exports.shell_text import REQUEST_FILE, quoted, request_document
from bedrock_playground.presets.exports.values import Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_NO_STREAM = (
    "The AWS CLI has no converse-stream: this is the same request to Converse, which answers in one piece."
)
_FILES = (
    "The request has binary content, which stands in its JSON as base64. That needs version 2 of the AWS "
    "CLI: version 1 would encode it twice, so the script refuses to run with it."
)
_TEMPORARY = """\
request=$(mktemp)
trap 'rm -f "$request"' EXIT
"""
_NEEDS_2 = """\
case "$(aws --version 2>&1)" in
aws-cli/1.*)
    echo "Version 1 of the AWS CLI would encode this request's files twice: use version 2." >&2
    exit 1
    ;;
esac
"""


def make(source: Source) -> Exported:
    """Export as a shell script.

    Raises:
        CannotExport: The request could not be sent.
    """
    call = call_of(source, streaming=False)
    # In the order of the arguments, with the model, as --cli-input-json wants it.
    request = {"modelId": call.model_id, **call.body()}
    binary = request != call.arguments
    options = f" --region {quoted(source.region)}" if source.region else ""
    document, files = request_document(call, request)
    # The CLI reads the file more than once, so it cannot be its standard input.
    path = f"file://{REQUEST_FILE}" if files else '"file://$request"'
    text = (
        "#!/bin/sh\n# One call of Amazon Bedrock, as Bedrock Playground sends it. Needs the AWS CLI.\n"
        "# Credentials come from the environment or the AWS configuration;\n"
        f"# {ENDPOINT_VARIABLE} sends it elsewhere, for example to a local endpoint.\n"
        "set -eu\n"
        + (_NEEDS_2 if binary else "")
        + ("" if files else f'{_TEMPORARY}cat >"$request"{document}\n')
        + f"aws bedrock-runtime converse{options} --output json --cli-input-json {path}\n"
    )
    notes = (_NO_STREAM, _FILES) if binary else (_NO_STREAM,)
    return Exported((ExportedFile("bedrock_converse_cli.sh", text, "bash"), *files), notes)
