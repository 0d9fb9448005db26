"""Several calls at the same time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Reply

Ask: TypeAlias = tuple[str, Callable[[Course], Reply]]
"""The role of a call, and the call."""


def ask_all(
    asks: Sequence[Ask],
    course: Course,
    *,
    enough: Callable[[Sequence[Reply]], bool] = lambda _: False,
    deadline: float | None = None,
) -> list[Reply]:
    """Make all calls, and wait for enough of them; a reply for each, in their order.

    Who is not waited for any more makes no further try. A call that is under way cannot be called back: it
    ends by itself, unseen, and is billed.
    """
    came: queue.SimpleQueue[tuple[int, Reply]] = queue.SimpleQueue()
    branches = [course.within(role).branch() for role, _ in asks]

    def work(index: int) -> None:
        role, call = asks[index]
        came.put((index, replace(call(branches[index]), role=role)))

    for index in range(len(asks)):
        threading.Thread(target=work, args=(index,), daemon=True).start()
    until, in_time = None if deadline is None else time.monotonic() + deadline, dict[int, Reply]()
    while len(in_time) < len(asks):
        try:
            index, reply = came.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        in_time[index] = reply
        if enough(tuple(in_time.values())):
            break
    for index, branch in enumerate(branches):
        if index not in in_time:
            branch.end()
    return [
        in_time[index] if index in in_time else Reply(role=role, late=True)
        for index, (role, _) in enumerate(asks)
    ]
