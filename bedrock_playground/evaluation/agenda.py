"""What is left to do for one contender, in order, and handed out to any number of workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bedrock_playground.evaluation.values import Case

PAGE = 100
"""Cases that are in memory at a time, per contender."""

Fetch = Callable[[Sequence[int]], Sequence[Case]]
"""Reads some cases by their numbers."""


class Left(IntEnum):
    """What is left to do of one case and repeat."""

    ANSWER = 0
    """It is to be asked, and then scored."""
    SCORES = 1
    """It was answered; some scorers have not looked at that."""
    NOTHING = 2
    """It has its outcome."""


@dataclass(frozen=True, slots=True)
class Item:
    """One case to be dealt with once."""

    case: Case
    """The case."""
    repeat: int
    """0 for the first of the repeats."""
    left: Left
    """What is to be done."""


class Agenda:
    """One contender's items: all cases once, then all of them again, as often as they are repeated.

    So an evaluation that is stopped early is a whole one with fewer repeats. Cases are read a page at a time.
    """

    def __init__(self, order: Sequence[int], *, repeat: int, fetch: Fetch) -> None:
        """Put everything on the agenda.

        Args:
            order: The numbers of the cases, in the order in which they are asked.
            repeat: How often each is asked.
            fetch: Reads cases.
        """
        self._order = order
        self._repeat = repeat
        self._fetch = fetch
        self._place = {number: place for place, number in enumerate(order)}
        # A byte per item: 50,000 cases are 50 KB, whatever became of them.
        self._left = bytearray(len(order) * repeat)
        self._next = 0
        self._page: Mapping[int, Case] = {}
        self._lock = threading.Lock()

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self._left)

    def knows(self, number: int, repeat: int) -> bool:
        """Whether this case and repeat are on it."""
        return number in self._place and 0 <= repeat < self._repeat

    def note(self, number: int, repeat: int, left: Left) -> None:
        """Note what is left to do of an item, before anything is handed out."""
        self._left[repeat * len(self._order) + self._place[number]] = left

    def left_of(self, number: int, repeat: int) -> Left:
        """What is left to do of an item."""
        return Left(self._left[repeat * len(self._order) + self._place[number]])

    def count(self, left: Left) -> int:
        """How many items have this left to do."""
        return self._left.count(left)

    def take(self) -> Item | None:
        """Hand out the next item, to one worker alone; ``None``: there is none left.

        Raises:
            HistoryError: The cases cannot be read.
        """
        with self._lock:
            while self._next < len(self._left):
                index = self._next
                left = Left(self._left[index])
                if left is Left.NOTHING:
                    self._next += 1
                    continue
                repeat, place = divmod(index, len(self._order))
                case = self._case(place, repeat)
                self._next += 1
                return Item(case, repeat, left)
            return None

    def _case(self, place: int, repeat: int) -> Case:
        number = self._order[place]
        if number not in self._page:
            first = repeat * len(self._order)
            ahead = [
                self._order[other]
                for other in range(place, min(place + PAGE, len(self._order)))
                if self._left[first + other] != Left.NOTHING
            ]
            self._page = {case.number: case for case in self._fetch(ahead)}
        return self._page[number]
