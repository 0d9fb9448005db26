"""What is left to do for one contender, in order, and handed out to any number of workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bedrock_playground.evaluation.values import Case

PAGE = 250
"""Cases that are read at a time."""
PAGES = 3
"""Pages that are in memory, per contender: the one at work, the next, and that of whoever is slow."""

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

    So an evaluation that is stopped early is a whole one with fewer repeats. Cases are read a page at a time,
    and the next page by whoever takes a page's first item, before anybody wants it.
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
        self._pages: Mapping[tuple[int, int], Mapping[int, Case]] = {}
        self._lock = threading.Lock()
        self._reading = threading.Lock()

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
        index = self._taken()
        if index is None:
            return None
        repeat, place = divmod(index, len(self._order))
        return Item(self._case(place, repeat), repeat, Left(self._left[index]))

    def _taken(self) -> int | None:
        with self._lock:
            for index in range(self._next, len(self._left)):
                if self._left[index] != Left.NOTHING:
                    self._next = index + 1
                    return index
            self._next = len(self._left)
            return None

    def _case(self, place: int, repeat: int) -> Case:
        page = place // PAGE
        cases = self._pages.get((repeat, page)) or self._read(repeat, page)
        if place % PAGE == 0 and (page + 1) * PAGE < len(self._order):
            # Before it is wanted: where all workers wait for a page, nothing is called.
            self._read(repeat, page + 1)
        return cases[self._order[place]]

    def _read(self, repeat: int, page: int) -> Mapping[int, Case]:
        """Read a page, once, whoever asks for it."""
        with self._reading:
            cases = self._pages.get((repeat, page))
            if cases is None:
                first = repeat * len(self._order)
                places = range(page * PAGE, min((page + 1) * PAGE, len(self._order)))
                wanted = [self._order[place] for place in places if self._left[first + place] != Left.NOTHING]
                cases = {case.number: case for case in self._fetch(wanted)} if wanted else {}
                kept = list(self._pages.items())[1 - PAGES :]
                self._pages = {**dict(kept), (repeat, page): cases}
            return cases
