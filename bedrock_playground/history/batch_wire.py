"""How what is recorded travels to the process that writes it: short, and made in few steps.

Each call is told twice, when it begins and when it ends; the second time names it and tells what is new.
Python pickles a frozen dataclass field by field in Python; the hot ones are told here by their fields at
once, which takes a fraction of the time.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import struct
from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import IO, Any, TypeAlias

from bedrock_playground.history.batch_writer import Begun, Ended, Problem, Scored, Work
from bedrock_playground.history.begun import heard
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Message,
    TextBlock,
    Timing,
    Usage,
)

_LENGTH = struct.Struct(">Q")
Told: TypeAlias = Work | tuple[Any, ...]
"""A work as it travels: itself; of a run that was told of before its id and what it came to; of one that a
book has, the book's own words."""


class Teller:
    """Says works shortly; remembers which runs the other side knows."""

    def __init__(self) -> None:
        """Know of no run."""
        self._known: set[str] = set()

    def told(self, batch: Sequence[Work]) -> list[Told]:
        """Shorten a batch."""
        return [self._short(work) for work in batch]

    def written(self, batch: Sequence[Work], problems: Sequence[Problem]) -> None:
        """Note which runs the other side knows now."""
        for work, problem in zip(batch, problems, strict=True):
            if isinstance(work, Begun) and problem is None:
                self._known.add(work.identity.run_id)
            elif isinstance(work, Ended):
                self._known.discard(work.identity.run_id)

    def _short(self, work: Work) -> Told:
        if isinstance(work, Ended) and work.told is not None:
            return work.told
        if isinstance(work, Ended) and work.identity.run_id in self._known:
            return (work.identity.run_id, work.result, work.cost, work.at)
        return work


class Listener:
    """Makes works of what was told; the other end of a :class:`Teller`."""

    def __init__(self) -> None:
        """Know of no run."""
        self._begun: dict[str, Begun] = {}

    def heard(self, batch: Sequence[Told]) -> list[Work]:
        """Make works again."""
        found: list[Work] = []
        for told in batch:
            if isinstance(told, tuple) and isinstance(told[0], bytes):
                found.append(heard((told[0], told[1])))
                continue
            if isinstance(told, tuple):
                run_id, result, cost, at = told
                begun = self._begun.pop(run_id)
                found.append(Ended(begun.identity, begun.request, result, cost, at, begun.origin))
                continue
            if isinstance(told, Begun):
                self._begun[told.identity.run_id] = told
            found.append(told)
        return found


def send(pipe: IO[bytes], value: object) -> None:
    """Say something through a pipe."""
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(value)
    data = buffer.getvalue()
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:  # noqa: ANN401 - whatever the other process said
    """Wait for what is said next.

    Raises:
        EOFError: Nothing more will be.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("its pipe has ended")
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError("its pipe has ended in the middle")
    # Nobody else has this pipe: it leads to the process that started this one, or that this one started.
    return pickle.loads(data)  # noqa: S301 - as said


def _by_fields(cls: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    take = attrgetter(*(field.name for field in fields(cls)))
    single = len(fields(cls)) == 1

    def reduced(value: Any) -> tuple[type[Any], tuple[Any, ...]]:  # noqa: ANN401 - one of the class
        return cls, ((take(value),) if single else take(value))

    return reduced


_HOT = (
    Attempt,
    Begun,
    Cost,
    Ended,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Message,
    RunIdentity,
    Scored,
    TextBlock,
    Timing,
    Usage,
)
"""What nearly every message holds; each is made by its fields in order."""


class _Pickler(pickle.Pickler):
    dispatch_table = copyreg.dispatch_table | {cls: _by_fields(cls) for cls in _HOT}
