"""Run an export and see what it sends: nothing here knows how an export is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.invocation import BedrockInvoker, InvocationRequest
from bedrock_playground.invocation.values import (
    DocumentBlock,
    Guardrail,
    ImageBlock,
    InferenceParameters,
    Message,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from bedrock_playground.presets.exports.values import Exported
from tests.wire.invocation.conftest import invoker_for
from tests.wire.invocation.scripted import Exchange, ScriptedServer

ROOT = Path(__file__).resolve().parents[3]
ISOLATED = ROOT / ".cache" / "exports" / "venv" / "bin"
NODE_MODULES = ROOT / ".cache" / "exports" / "node" / "node_modules"

HOSTILE = (
    'It\'s "quoted", $HOME ${HOME} $(touch pwned) `touch pwned` \\ \\n %s %% {{name}} {0}\n'
    "'''\n\"\"\"\nJSON\nEOF\n</script><!-- -->\n"
    "trailing space \n\ttab, CR\rhere, NUL-less \x07 bell, \u202eturned\u202c, \u2028separator\n"
    "emoji 🧑‍🚀 é e\u0301 \U0001f600 \\u0041 \\x41 #{x} @{y} *not* <b>\n\n"
)
"""Everything that a quoting mistake would show, in one text."""


@dataclass(frozen=True)
class Sent:
    """A request as it arrived."""

    method: str
    path: str
    body: Any


def answer(exchange: Exchange) -> None:
    """Answer as Converse or ConverseStream, by the path."""
    if exchange.path.endswith("/converse-stream"):
        exchange.answer("Hello", " there")
        return
    exchange.reply({
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello there"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
        "metrics": {"latencyMs": 42},
    })  # fmt: skip


def sent(exchange: Exchange) -> Sent:
    """What arrived, its body parsed."""
    return Sent(exchange.method, exchange.path, exchange.json())


def sent_by_lane(server: ScriptedServer, request: InvocationRequest, *, streaming: bool = True) -> Sent:
    """Send a request as a lane does, and return what arrived."""
    invoker: BedrockInvoker = invoker_for(server.url, streaming=streaming)
    for _ in invoker.stream(request):
        pass
    return sent(server.exchanges[-1])


def environment(url: str, **more: str) -> dict[str, str]:
    """An environment with dummy keys and nothing of this machine's AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BEDROCK_"))}
    return kept | {
        "PATH": f"{ISOLATED}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "OTEL_SDK_DISABLED": "true",
        "LANGSMITH_TRACING": "false",
        **more,
    }


def unpack(exported: Exported, folder: Path) -> Path:
    """Write an export's files; return the main one."""
    for file in exported.files:
        (folder / file.name).write_bytes(file.data)
    return folder / exported.files[0].name


def run(
    command: list[str], folder: Path, url: str, *, check: bool = True, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder against a server; it must succeed unless ``check`` is off."""
    done = subprocess.run(
        command, cwd=folder, env=environment(url, **more), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=90, check=False,
    )  # fmt: skip
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def node_command(script: Path) -> list[str]:
    """Node, where the machine has it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("This machine has no node to run JavaScript with.")
    assert NODE_MODULES.exists(), "Run scripts/setup_exports.sh: the AWS SDK for JavaScript is not here."
    (script.parent / "node_modules").symlink_to(NODE_MODULES)
    return [node, script.name]


PLAIN = InvocationRequest.from_prompt("amazon.nova-micro-v1:0", "What is the capital of France?")
TUNED = InvocationRequest.from_prompt(
    "us.amazon.nova-lite-v1:0",
    HOSTILE,
    system="Answer in \"one\" sentence.\nNever say 'no'; ${stop} \\ done.",
    parameters=InferenceParameters(
        max_tokens=200,
        temperature=0.2,
        top_p=0.9,
        stop_sequences=("\n\nHuman:", "END'\"`$x", "é"),
        additional_model_request_fields={
            "inferenceConfig": {"topK": 5},
            "__proto__": {"a": True},
            "a-key": [],
        },
    ),
)
EVERYTHING = replace(
    TUNED,
    system_cache_ttl="1h",
    service_tier="flex",
    performance_latency="optimized",
    guardrail=Guardrail("abc123", "1", stream_processing_mode="sync"),
    request_metadata={"team": "a'b\"c"},
    additional_model_response_field_paths=("/stop_sequence",),
    output_config={
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"a": 1}'}}}
    },
    tool_config={
        "tools": [
            {
                "toolSpec": {
                    "name": "weather",
                    "description": 'Tells the weather; it\'s "good".',
                    "inputSchema": {"json": {"type": "object", "properties": {"a_city": {"type": "string"}}}},
                }
            }
        ],
        "toolChoice": {"auto": {}},
    },
)
WITH_FILES = replace(
    PLAIN,
    messages=(
        Message(
            "user",
            (
                ImageBlock("png", bytes(range(256))),
                DocumentBlock("txt", "It's a report", "Gewinn: 5 €\r\n".encode()),
                ImageBlock("jpeg", b"\xff\xd8second"),
                TextBlock("What do these say?"),
            ),
        ),
    ),
)
CONVERSATION = replace(
    PLAIN,
    system="Be brief.",
    messages=(
        Message.user("Hello"),
        Message.assistant("Hello! What can I do?"),
        Message.user("Tell me about\nthe \"sea\" in two lines, please, and then of 'ships' and more."),
    ),
)
TOOL_TURN = replace(
    EVERYTHING,
    messages=(
        Message.user("What's the weather in Oslo?"),
        Message(
            "assistant",
            (
                ReasoningBlock("I should look.", "c2ln"),
                ReasoningBlock(redacted_content=b"\x00\x01opaque"),
                ToolUseBlock("t1", "weather", {"a_city": "Oslo", "n": 1.5, "none": None}),
            ),
        ),
        Message("user", (ToolResultBlock("t1", ({"json": {"sky": "grey"}}, {"text": "ok"}), "success"),)),
    ),
)
REQUESTS = {
    "plain": PLAIN,
    "tuned": TUNED,
    "everything": EVERYTHING,
    "files": WITH_FILES,
    "conversation": CONVERSATION,
    "tool turn": TOOL_TURN,
}

_ONE_AFTER_ANOTHER = """\
import os, runpy, sys
# Importing a framework takes seconds; each script is run as by hand all the same, in its own folder.
for script in sys.argv[1:]:
    os.chdir(os.path.dirname(script))
    runpy.run_path(script, run_name="__main__")
    print("\\n--- ended", flush=True)
"""


def run_python(python: Path, scripts: Sequence[Path], url: str, **more: str) -> str:
    """Run scripts one after another in one process; return what they printed."""
    command = [str(python), "-c", _ONE_AFTER_ANOTHER, *map(str, scripts)]
    return run(command, scripts[0].parent, url, check=True, **more).stdout


def isolated_python() -> Path:
    """The interpreter with LangChain, Strands and the parsers of templates."""
    python = ISOLATED / "python"
    assert python.exists(), "Run scripts/setup_exports.sh: what exports are tested with is not here."
    return python
