"""A browser's part of the live protocol in Python, for tests: the mirror of live/assets/connection.js."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from bedrock_playground.rendering import Template, expand_template

_MARKS = [chr(code) for code in range(1, 30) if code not in {9, 10, 13}]
_PIECE = re.compile("(\x1f.|[\x01-\x08\x0b\x0c\x0e-\x1d])([^\x01-\x08\x0b\x0c\x0e-\x1f]*)", re.DOTALL)


@dataclass
class SeenRun:
    head: dict[str, Any]
    text: str = ""
    reasoning: str = ""
    blocks: list[str] = field(default_factory=list)
    source_end: int = 0  # UTF-16 units
    tail: tuple[int, Template] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> list[int]:
        return [len(self.text), len(self.blocks), len(self.reasoning)]

    @property
    def html(self) -> str:
        return "".join(self.blocks)

    def rest(self) -> str:
        return self.text.encode("utf-16-le")[2 * self.source_end :].decode("utf-16-le")


class LiveClient:
    """Applies frames; keeps what it has over reconnects."""

    def __init__(self) -> None:
        self.runs: dict[str, SeenRun] = {}
        self.numbers: dict[int, SeenRun] = {}
        self.labels: list[str] = []
        self.ended: list[str] = []
        self.bytes = 0

    def known(self) -> dict[str, list[int]]:
        self.numbers = {}
        return {run_id: run.known for run_id, run in self.runs.items()}

    def of(self, label: str, turn: int = 0) -> SeenRun:
        found = [r for r in self.runs.values() if r.head["label"] == label and r.head["turn"] == turn]
        return found[-1]

    def apply(self, frame: str) -> None:
        self.bytes += len(frame.encode())
        texts, _, rest = frame.partition("\x1e")
        operations = json.loads(rest) if rest else []
        for operation in operations:
            if operation[0] == "l":
                self.labels = operation[1]
            elif operation[0] == "r":
                self._announce(*operation[1:])
        pieces = _PIECE.findall(texts)
        assert "".join(mark + text for mark, text in pieces) == texts
        for mark, text in pieces:
            number = ord(mark[1]) - 33 if len(mark) > 1 else _MARKS.index(mark)
            self.numbers[number].text += text
        for operation in operations:
            self._operation(*operation)

    def _announce(self, number: int, head: dict[str, Any], chars: int, *anew: int) -> None:
        if anew:
            self.runs.pop(head["id"], None)
        run = self.runs.setdefault(head["id"], SeenRun(head))
        assert len(run.text) == chars, "the server would leave a gap or double text"
        run.tail = None
        self.numbers[number] = run

    def _operation(self, kind: str, *rest: Any) -> None:
        if kind == "e":
            self.ended.append(rest[0])
        if kind not in {"t", "b", "h", "c", "g", "m"}:
            return
        run = self.numbers[rest[0]]
        if kind == "t":
            run.text += rest[1]
        elif kind == "g":
            run.reasoning += rest[1]
        elif kind == "m":
            run.facts |= rest[1]
        elif kind == "h":
            run.tail = (rest[1], self._whole(run, rest[2:]))
        else:
            units, template = (rest[1], self._whole(run, rest[2:])) if kind == "b" else run.tail or (0, None)
            assert template is not None
            run.blocks.append(expand_template(template, run.rest()))
            run.source_end += units
            run.tail = None

    @staticmethod
    def _whole(run: SeenRun, template: tuple[str, ...]) -> Template:
        code, literals = template[0], tuple(template[1:])
        reference = re.match(r"~(\d+),(\d+)~", code)
        if reference is None:
            return Template(code, literals)
        assert run.tail is not None
        old = run.tail[1]
        signs, shared = int(reference[1]), int(reference[2])
        return Template(old.code[:signs] + code[reference.end() :], old.literals[:shared] + literals)
