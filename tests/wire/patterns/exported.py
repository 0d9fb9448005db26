"""Run an exported module in a process of its own, and hold what it does against the live pattern."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bedrock_playground.invocation.trace import Trace, is_pattern
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.exports import Context, pattern_exports
from bedrock_playground.patterns.members import Pattern
from tests.wire.invocation.scripted import METADATA, USAGE, Exchange, event_frame, text_event
from tests.wire.patterns.kitchen import Kitchen, Says, ask, plain, play
from tests.wire.presets.exporting import environment

_WORKER = """\
import importlib.util, json, os, sys
for number, line in enumerate(sys.stdin):
    told = json.loads(line)
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = told["url"]
    spec = importlib.util.spec_from_file_location(f"pattern_{number}", told["file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.BASE_DELAY = 0.01
    try:
        answers = [module.answer(prompt) for prompt in told["prompts"]]
    except Exception as error:
        answers = repr(error)
    print(json.dumps(answers), flush=True)
"""
"""Importing boto3 takes longer than most tests, so one process imports the modules one after another."""


class Worker:
    """A Python without this project, into which exported modules are imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=environment("", AWS_DEFAULT_REGION="us-east-1"),
        )  # fmt: skip

    def run(self, text: str, url: str, prompts: Sequence[str]) -> list[dict[str, Any]]:
        """Import a module and have it answer, one prompt after another."""
        self.number += 1
        file = self.folder / f"pattern_{self.number}.py"
        file.write_text(text)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        told = {"file": str(file), "url": url, "prompts": list(prompts)}
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        assert isinstance(answers, list), answers
        return answers

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@dataclass
class Done:
    """What was done for some prompts: here, or by the export."""

    texts: list[str] = field(default_factory=list)
    errors: list[bool] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The bodies that arrived, in order, by who was asked."""
    calls: list[list[tuple[str, str]]] = field(default_factory=list)
    """By prompt, role and model of each call that was sent, sorted: parallel ones begin in any order."""
    decisions: list[list[tuple[str | None, bool | None, str]]] = field(default_factory=list)
    """By prompt, each decision's role, outcome and words; seconds that were waited are left out."""


def live(kitchen: Kitchen, pattern: Pattern, prompts: Sequence[str], *, backing: Backing) -> Done:
    """Play a pattern here."""
    done = Done()
    for prompt in prompts:
        result, _ = play(pattern, backing, prompt)
        assert result.trace is not None
        done.texts.append(result.text)
        done.errors.append(result.error is not None)
        done.calls.append(_calls(result.trace))
        done.decisions.append([_decision(*each) for each in _decisions(result.trace)])
    _note_sent(done, kitchen)
    return done


def exported(kitchen: Kitchen, worker: Worker, text: str, *, prompts: Sequence[str]) -> Done:
    """Have the export answer."""
    done = Done()
    for told in worker.run(text, kitchen.server.url, prompts):
        done.texts.append(told["text"])
        done.errors.append(told["error"] is not None)
        done.calls.append(sorted((call["role"], call["model"]) for call in told["calls"]))
        done.decisions.append(
            [_decision(each["role"], each["chosen"], each["text"]) for each in told["decisions"]]
        )
    _note_sent(done, kitchen)
    return done


def compare(
    kitchen: Kitchen,
    worker: Worker,
    pattern: Pattern,
    *prompts: str,
    says: Callable[[], Says],
    words: bool = True,
    in_order: bool = True,
    **changes: Any,
) -> Done:
    """Play a pattern and its export against the same answers; they must do the same.

    Args:
        kitchen: Who answers.
        worker: Where the export runs.
        pattern: The pattern.
        prompts: What both are asked, one after another.
        says: Makes the answers, anew for each of the two.
        words: Whether decisions must be told in the same words too.
        in_order: Whether each model must be asked in the same order; parallel calls of one are not.
        changes: Of the backing.
    """
    kitchen.begin(says())
    wanted = live(kitchen, pattern, prompts, backing=kitchen.backing(**changes))
    text = module_text(pattern)
    kitchen.begin(says())
    found = exported(kitchen, worker, text, prompts=prompts)
    assert found.texts == wanted.texts
    assert found.errors == wanted.errors
    assert _bodies(found, in_order=in_order) == _bodies(wanted, in_order=in_order)
    assert found.calls == wanted.calls
    assert _outcomes(found, words=words) == _outcomes(wanted, words=words)
    return found


def module_text(pattern: Pattern, asked: InvocationRequest | None = None, **context: Any) -> str:
    """The exported module."""
    made = Context(
        **{"asked": asked or ask(), "shape": plain, "body_of": lambda _, text: {"inputText": text}, **context}
    )
    return pattern_exports()["python"].make(pattern, made).text


def _bodies(done: Done, *, in_order: bool) -> dict[str, list[str]]:
    return {who: bodies if in_order else sorted(bodies) for who, bodies in done.sent.items()}


def _outcomes(done: Done, *, words: bool) -> list[list[tuple[Any, ...]]]:
    return [[each if words else each[:2] for each in one] for one in done.decisions]


def _calls(trace: Trace) -> list[tuple[str, str]]:
    paths = _paths(trace)
    return sorted((" > ".join(paths[call.run_id]), call.model_id) for call in trace.leaves if call.attempts)


def _decisions(trace: Trace) -> list[tuple[str | None, bool | None, str]]:
    paths = _paths(trace)
    told = []
    for each in trace.decisions:
        names = [*paths.get(each.parent_id, ()), *([each.role] if each.role else [])]
        told.append((" > ".join(names) or None, each.chosen, each.text))
    return told


def _paths(trace: Trace) -> dict[str, tuple[str, ...]]:
    """Each call's roles from the outside in."""
    paths: dict[str, tuple[str, ...]] = {}
    for call in trace.calls:
        paths[call.run_id] = (*paths.get(call.parent_id, ()), call.role)
    assert all(is_pattern(call.model_id) or call.run_id in paths for call in trace.calls)
    return paths


def _decision(role: str | None, chosen: bool | None, text: str) -> tuple[str | None, bool | None, str]:
    words = re.sub(r"\d+\.\d\d s( \([^)]*\))?", "… s", text)
    return role, chosen, words.rstrip(".")


def _note_sent(done: Done, kitchen: Kitchen) -> None:
    for exchange in kitchen.server.exchanges:
        model = exchange.path.split("/")[2]
        region = exchange.headers["authorization"].split("/")[2]
        done.sent[f"{model} in {region}"].append(json.dumps(exchange.json(), sort_keys=True))


def reply(exchange: Exchange, text: str, *, stop: str = "end_turn", fields: object = None) -> None:
    """Answer with a stop reason or the model's own fields, as a stream or in one piece."""
    more = {} if fields is None else {"additionalModelResponseFields": fields}
    if exchange.path.endswith("/converse"):
        message = {"role": "assistant", "content": [{"text": text}]}
        told = {"output": {"message": message}, "stopReason": stop, "usage": USAGE, **more}
        exchange.reply(told | {"metrics": {"latencyMs": 1}})
        return
    exchange.head()
    for frame in (
        event_frame("messageStart", {"role": "assistant"}),
        text_event(text),
        event_frame("messageStop", {"stopReason": stop, **more}),
        METADATA,
    ):
        exchange.chunk(frame)
    exchange.end()
