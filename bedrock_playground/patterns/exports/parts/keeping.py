"""Kept answers: in this process's memory, bounded, and never older than an hour."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import Reply

ENTRIES = 200  # the answers not used for longest go first
AGE = 3600.0  # seconds for which an answer may be given again
WHOLE = ("end_turn", "stop_sequence", "max_tokens")  # stop reasons of answers that may be given again


@dataclass(kw_only=True)
class Kept:
    """An answer, who gave it, and the prompt's vector where it is looked for by likeness."""

    who: str
    reply: Reply
    vector: Sequence[float] | None
    since: float


class Answers:
    """Keeps answers; any thread may use it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def get(self, who: str, prompt: str) -> Reply | None:
        """The answer to this very request."""
        with self.lock:
            self.forget_old()
            if (kept := self.kept.get(key_of(who, prompt))) is None:
                return None
            self.kept.move_to_end(key_of(who, prompt))
            return kept.reply

    def put(self, who: str, prompt: str, reply: Reply, *, vector: Sequence[float] | None = None) -> None:
        """Keep an answer for the next time, if it is one that may be given again."""
        if not reply.ok or not reply.text or reply.stop_reason not in WHOLE:
            return
        with self.lock:
            self.forget_old()
            key = key_of(who, prompt)
            self.kept[key] = Kept(who=who, reply=reply, vector=vector, since=time.monotonic())
            self.kept.move_to_end(key)
            while len(self.kept) > ENTRIES:
                self.kept.popitem(last=False)

    def of(self, who: str) -> list[Kept]:
        """Everything that somebody's answers are kept as."""
        with self.lock:
            self.forget_old()
            return [kept for kept in self.kept.values() if kept.who == who]

    def forget_old(self) -> None:
        """Forget what is too old."""
        oldest = time.monotonic() - AGE
        for key in [key for key, kept in self.kept.items() if kept.since < oldest]:
            del self.kept[key]


def key_of(who: str, prompt: str) -> tuple[str, str]:
    r"""What is the same request: the same member, the same words (composed, line ends as \n, trimmed)."""
    return who, unicodedata.normalize("NFC", prompt.replace("\r\n", "\n")).strip()


ANSWERS = Answers()
