"""Which call of an evaluation a record is: as a ``recordId`` and back, and many in little room; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

LABEL = re.compile(r"[A-Za-z0-9]{1,32}")
"""What a contender's label may be: a record's id has letters and digits alone."""
_RECORD_ID = re.compile(r"(?P<label>[A-Za-z0-9]{1,32})C(?P<case>\d{6,})R(?P<repeat>\d{2,})")


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """Which call a record is."""

    label: str
    """The contender's label."""
    case: int
    """The case's number, from 1."""
    repeat: int
    """0 for the first of the repeats."""

    @property
    def record_id(self) -> str:
        """The key as a ``recordId``: ``AC000042R00``."""
        return f"{self.label}C{self.case:06d}R{self.repeat:02d}"

    @classmethod
    def of(cls, record_id: object) -> RecordKey | None:
        """The key of a ``recordId``; ``None`` where it is not one of ours."""
        match = _RECORD_ID.fullmatch(record_id) if isinstance(record_id, str) else None
        if match is None:
            return None
        key = cls(match["label"], int(match["case"]), int(match["repeat"]))
        return key if key.record_id == record_id else None


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Consecutive cases of one repeat."""

    repeat: int
    """Which repeat."""
    first: int
    """The first case's number."""
    last: int
    """The last case's number."""


def spans_of(keys: Iterable[RecordKey]) -> tuple[KeySpan, ...]:
    """Say keys of one label in little room: by repeat, as runs of consecutive cases."""
    ordered = sorted((key.repeat, key.case) for key in keys)
    spans: list[KeySpan] = []
    for (repeat, _), run in groupby(enumerate(ordered), lambda item: (item[1][0], item[1][1] - item[0])):
        cases = [case for _, (_, case) in run]
        spans.append(KeySpan(repeat, cases[0], cases[-1]))
    return tuple(spans)


def keys_of(label: str, spans: Iterable[KeySpan]) -> Iterator[RecordKey]:
    """The keys again, by repeat and case."""
    for span in spans:
        for case in range(span.first, span.last + 1):
            yield RecordKey(label, case, span.repeat)
