"""Calls written to files as they come, one for each contender; nothing of them is held but a few numbers."""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import IO, TypeAlias

from bedrock_playground.evaluation.batch.fit import BatchRefused, Part, why_not
from bedrock_playground.evaluation.batch.keys import LABEL, RecordKey
from bedrock_playground.evaluation.batch.records import record_line
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.spending.estimate import Estimate
from bedrock_playground.spending.ledger import rounded

Estimating: TypeAlias = Callable[[InvocationRequest], Estimate]
"""Says what a call would cost."""

_MOST_PROBLEMS = 20
_CHUNK = 1 << 20
_PER_DOLLAR = Decimal("1e12")
_UNKNOWN = -1


@dataclass(slots=True)
class Spool:
    """One contender's records, on disk."""

    model_id: str
    """The model that answers all of them."""
    file: IO[bytes]
    """The records."""
    sizes: array[int] = field(default_factory=lambda: array("q"))
    """Bytes of each."""
    cases: array[int] = field(default_factory=lambda: array("q"))
    """The case of each."""
    repeats: array[int] = field(default_factory=lambda: array("q"))
    """The repeat of each."""
    worsts: array[int] = field(default_factory=lambda: array("q"))
    """What each costs at most, in 1e-12 US dollars, where that was asked for; -1 where nobody knows."""
    sample: Estimate | None = None
    """An estimate; one whose worst case is unknown rather than one where it is known."""

    def add(self, key: RecordKey, line: bytes, estimate: Estimate | None) -> None:
        """Add a record."""
        self.file.write(line)
        self.sizes.append(len(line))
        self.cases.append(key.case)
        self.repeats.append(key.repeat)
        if estimate is None:
            return
        amount = estimate.worst.amount
        self.worsts.append(_UNKNOWN if amount is None else int(rounded(amount) * _PER_DOLLAR))
        if self.sample is None or (amount is None and self.sample.worst.amount is not None):
            self.sample = estimate

    def keys(self, label: str, part: Part) -> list[RecordKey]:
        """The calls of a part."""
        return [RecordKey(label, self.cases[place], self.repeats[place]) for place in part]

    def estimate(self, part: Part) -> Estimate | None:
        """A part's calls as one estimate, to be reserved together; ``None``: not asked for."""
        if self.sample is None or self.sample.free:
            return self.sample
        worsts = self.worsts[part.start : part.stop]
        amount = None if _UNKNOWN in worsts else Decimal(sum(worsts)) / _PER_DOLLAR
        return replace(self.sample, worst=replace(self.sample.worst, amount=amount, parts=()))

    def copy(self, part: Part, target: IO[bytes]) -> str:
        """Copy a part's records; parts are copied in order, each once. Returns their digest."""
        if part.start == 0:
            self.file.seek(0)
        left = sum(self.sizes[part.start : part.stop])
        digest = hashlib.sha256()
        while left > 0:
            chunk = self.file.read(min(left, _CHUNK))
            digest.update(chunk)
            target.write(chunk)
            left -= len(chunk)
        target.seek(0)
        return digest.hexdigest()


def spooled(
    requests: Iterable[tuple[RecordKey, InvocationRequest]],
    stack: ExitStack,
    *,
    estimating: Estimating | None = None,
) -> dict[str, Spool]:
    """Write all records to files, one for each label.

    Args:
        requests: The calls.
        stack: Closes the files.
        estimating: Says what each would cost, where that is asked for.

    Raises:
        BatchRefused: Some call cannot be a record, or there is none.
    """
    spools: dict[str, Spool] = {}
    seen: set[RecordKey] = set()
    problems: list[str] = []
    wrong = 0
    for key, request in requests:
        spool = spools.get(key.label)
        if spool is None:
            spool = spools[key.label] = Spool(
                request.model_id,
                stack.enter_context(tempfile.TemporaryFile()),  # noqa: SIM115 - the stack closes it
            )
        problem = _problem(key, request, spool, twice=key in seen)
        seen.add(key)
        if problem is None:
            try:
                line = record_line(key, request)
                spool.add(key, line, estimating(request) if estimating else None)
                continue
            except ValidationFailed as error:
                problem = error.message
        wrong += 1
        if len(problems) < _MOST_PROBLEMS:
            problems.append(f"{key.label}, case {key.case}, repeat {key.repeat + 1}: {problem}")
    if wrong:
        calls = "1 call" if wrong == 1 else f"{wrong:,} calls"
        raise BatchRefused(f"{calls} cannot be made by batch inference. {problems[0]}", problems)
    if not spools:
        raise BatchRefused("There is nothing to submit.")
    return spools


def _problem(key: RecordKey, request: InvocationRequest, spool: Spool, *, twice: bool) -> str | None:
    if not LABEL.fullmatch(key.label):
        return "A label in batch inference has letters and digits alone."
    if twice:
        return "It is there twice."
    if request.model_id != spool.model_id:
        return f"A batch job has one model: {spool.model_id}, not {request.model_id} as well."
    return why_not(request)
