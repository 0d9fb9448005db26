"""Where answers are kept for the next time: bounded, by namespace, safe to use from any thread.

One store serves a whole process. What one namespace keeps, no other one sees: a session or an evaluation has
its own unless somebody says otherwise. In each, the answers that were not used for longest go first, and none
is given that is older than the store allows.
"""

from __future__ import annotations

import hashlib
import json
import threading
import unicodedata
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import fsum
from operator import mul
from time import monotonic

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.serialization import request_to_json
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Message, TextBlock
from bedrock_playground.measures import normalised

ENTRIES = 200
"""How many answers a namespace keeps."""
NAMESPACES = 200
"""How many namespaces there are at most; the one not used for longest goes."""
AGE = 3600.0
"""For how many seconds an answer may be given again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was kept."""

    run_id: str
    """The run that it comes from."""
    prompt: str
    """The prompt that it answered."""
    result: InvocationResult
    """What came of it."""
    cost: Cost
    """What it cost."""
    group: str = ""
    """With which answers it can be compared: :func:`group_of` its request, and the embedding model."""
    vector: Sequence[float] | None = None
    """The prompt's embedding; ``None``: it is found by the very same request alone."""


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest kept answer."""

    kept: Kept
    """The answer."""
    key: str
    """Its key."""
    similarity: float
    """The cosine of the two prompts, −1 to 1."""


class CacheStore:
    """Keeps answers by namespace and key."""

    def __init__(
        self,
        *,
        entries: int = ENTRIES,
        namespaces: int = NAMESPACES,
        age: float = AGE,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Make an empty one.

        Args:
            entries: How many answers a namespace keeps, at least 1.
            namespaces: How many namespaces there are at most, at least 1.
            age: For how many seconds an answer may be given again.
            clock: Tells seconds.
        """
        self._entries, self._namespaces, self._age, self._clock = entries, namespaces, age, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, OrderedDict[str, tuple[float, Kept]]] = OrderedDict()

    def get(self, namespace: str, key: str) -> Kept | None:
        """The answer to this very request; ``None``: there is none, or it is too old."""
        with self._lock:
            fresh = self._fresh(namespace)
            if key not in fresh:
                return None
            fresh.move_to_end(key)
            return fresh[key][1]

    def nearest(self, namespace: str, group: str, vector: Sequence[float]) -> Near | None:
        """The answer of a group whose prompt is nearest, however far that is; among equals the older one."""
        wanted = normalised(vector)
        with self._lock:
            kept = [(key, one) for key, (_, one) in self._fresh(namespace).items()]
        best: Near | None = None
        for key, one in kept:
            if one.group != group or one.vector is None or len(one.vector) != len(wanted):
                continue
            similarity = max(-1.0, min(1.0, fsum(map(mul, wanted, one.vector))))
            if best is None or similarity > best.similarity:
                best = Near(one, key, similarity)
        return best

    def put(self, namespace: str, key: str, kept: Kept) -> None:
        """Keep an answer, in the place of an earlier one with its key."""
        if kept.vector is not None:
            kept = replace(kept, vector=array("d", normalised(kept.vector)))
        with self._lock:
            answers = self._fresh(namespace)
            answers[key] = (self._clock(), kept)
            answers.move_to_end(key)
            while len(answers) > self._entries:
                answers.popitem(last=False)

    def clear(self, namespace: str) -> None:
        """Forget what a namespace keeps."""
        with self._lock:
            self._kept.pop(namespace, None)

    def count(self, namespace: str) -> int:
        """How many answers a namespace keeps that may still be given."""
        with self._lock:
            return len(self._fresh(namespace))

    def _fresh(self, namespace: str) -> OrderedDict[str, tuple[float, Kept]]:
        """A namespace's answers without those that are too old; it is now the one used last."""
        answers = self._kept.setdefault(namespace, OrderedDict())
        self._kept.move_to_end(namespace)
        while len(self._kept) > self._namespaces:
            self._kept.popitem(last=False)
        oldest = self._clock() - self._age
        for key in [key for key, (since, _) in answers.items() if since < oldest]:
            del answers[key]
        return answers


@cache
def shared_store() -> CacheStore:
    """The store of this process."""
    return CacheStore()


def key_of(request: InvocationRequest) -> str:
    r"""A hash of everything in a request that can change its answer.

    Texts are compared as they are read: Unicode in its composed form (NFC), line ends as ``\n``, without
    blanks at the ends of messages. Labels for AWS's log change no answer, and are left out.
    """
    messages = tuple(_written_one_way(message) for message in request.messages)
    told = request_to_json(replace(request, messages=messages, request_metadata=None))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def group_of(request: InvocationRequest) -> str:
    """A hash of a request without its last prompt: what must be the same for two prompts to be compared."""
    *before, last = request.messages
    blocks = tuple(block for block in last.content if not isinstance(block, TextBlock))
    bare = Message(role=last.role, content=blocks or (TextBlock(""),))
    return key_of(replace(request, messages=(*before, bare)))


def _written_one_way(message: Message) -> Message:
    content = tuple(
        TextBlock(unicodedata.normalize("NFC", block.text.replace("\r\n", "\n")).strip())
        if isinstance(block, TextBlock)
        else block
        for block in message.content
    )
    return replace(message, content=content)
