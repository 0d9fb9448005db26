"""AppConfig: the model and its settings as configuration, and the few lines that read it.

Another model is another configuration; the code stays as it is. That is what AWS AppConfig is for, and its
agent serves the configuration as JSON over HTTP on the same machine, where a Lambda extension or a container
beside the application runs it.
"""

from __future__ import annotations

from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.boto3_code import client_arguments, constants
from bedrock_playground.presets.exports.call import ENDPOINT_VARIABLE, call_of
from bedrock_playground.presets.exports.prompt_names import with_names
from bedrock_playground.presets.exports.values import Exported, Source, pretty_json
from bedrock_playground.presets.formats.values import ExportedFile

CONFIG_FILE = "model.json"
"""The configuration: everything of the call but the messages."""

_READ = """\
# AppConfig's agent serves it here: http://localhost:2772/applications/…/environments/…/configurations/…
source = os.environ.get("BEDROCK_CONFIG_URL") or Path("model.json").resolve().as_uri()
with urllib.request.urlopen(source) as response:
    config = json.load(response)
"""
_ASK = """\
response = client.converse_stream(messages=messages, **config)
for event in response["stream"]:
    print(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""), end="", flush=True)
print()
"""
_NOTE = (
    "Store model.json as a freeform configuration in AppConfig; deploy another to switch the model without a "
    "change of code. The system prompt is part of it, the messages are not."
)


def make(source: Source) -> Exported:
    """Export as a configuration and the code that reads it.

    Raises:
        CannotExport: The request could not be sent.
    """
    call = call_of(source, streaming=True)
    config = {name: value for name, value in call.arguments.items() if name != "messages"}
    named = with_names({"messages": call.arguments["messages"]})
    inline = "import base64\n" if python_text.has_inline(call.arguments) else ""
    text = (
        '"""Ask Amazon Bedrock by a configuration that lies outside the code. Needs: pip install boto3\n\n'
        f"Credentials come from the environment or the AWS configuration; {ENDPOINT_VARIABLE}\n"
        'sends it elsewhere, for example to a local endpoint.\n"""\n\n'
        f"{inline}import json\nimport os\nimport urllib.request\nfrom pathlib import Path\n\nimport boto3\n\n"
        + constants(named.texts)
        + f"messages = {python_text.value(named.arguments['messages'])}\n\n"
        + _READ
        + f"client = boto3.client({', '.join(client_arguments(source))})\n"
        + _ASK
    )
    files = (
        ExportedFile("ask_by_configuration.py", text, "python"),
        ExportedFile(CONFIG_FILE, pretty_json(config) + "\n", "json"),
        *call.files,
    )
    return Exported(files, (_NOTE,))
