"""How what is recorded travels to the process that writes it: short, and made in few steps.

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

from bedrock_playground.history.batch_writer import Begun, Ended, Scored, Work
from bedrock_playground.history.begun import ended_of
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
Told: TypeAlias = Work | tuple[bytes, bytes]
"""A work as it travels: itself, or the words of the book that noted it."""


def told(batch: Sequence[Work]) -> list[Told]:
    """Say works shortly: what a book noted in the book's own words, which are made already."""
    return [work.told if isinstance(work, Ended) and work.told is not None else work for work in batch]


def heard(batch: Sequence[Told]) -> list[Work]:
    """Make works of what was told."""
    return [ended_of(one) if isinstance(one, tuple) else one for one in batch]


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
