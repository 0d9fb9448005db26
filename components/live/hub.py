"""The process-wide store of live comparisons: what the page starts, the socket finds.

It outlives reruns, page switches and closed tabs. It also outlives Streamlit's reloading of changed modules,
which forgets module globals: the instance hangs on a module of its own that has no file to watch.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType

from components.live.feed import LiveComparison
from components.live.rendered import Rendering

KEEP_FINISHED = 64
"""How many finished comparisons are kept; older ones are in the history."""
KEEP_SECONDS = 3600.0
"""How long a finished comparison is kept after it was last looked at."""

_HOLDER = "_bedrock_playground_live_state"


@dataclass(slots=True)
class Entry:
    """One comparison and what its viewers share."""

    comparison: LiveComparison
    """The comparison."""
    rendering: Rendering
    """Its Markdown, rendered once for all viewers."""
    touched: float
    """When somebody last looked, by the hub's clock."""
    viewers: int = field(default=0)
    """Open sockets."""


class LiveHub:
    """A bounded, thread-safe store of comparisons by id."""

    def __init__(
        self,
        *,
        keep_finished: int = KEEP_FINISHED,
        keep_seconds: float = KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[str, tuple[threading.Lock, int]] = {}
        self._keep_finished = keep_finished
        self._keep_seconds = keep_seconds
        self._clock = clock

    def register(self, comparison: LiveComparison) -> None:
        """Keep ``comparison``; the same id again replaces what was there."""
        with self._lock:
            entry = Entry(comparison=comparison, rendering=Rendering(), touched=self._clock())
            self._entries[comparison.id] = entry
            self._entries.move_to_end(comparison.id)
            self._evict()

    def get_or_register(
        self, comparison_id: str, make: Callable[[], LiveComparison | None]
    ) -> LiveComparison | None:
        """Return the comparison, making it first if it is not here; whoever asks at once gets the same one.

        Args:
            comparison_id: Its id.
            make: Makes it; called at most once at a time per id, while other ids go on undisturbed. What it
                returns must have this id. ``None`` says that there is no such comparison.

        Returns:
            The comparison, or ``None`` if ``make`` returned that; then nothing is kept.
        """
        with self._alone(comparison_id):
            found = self.get(comparison_id)
            if found is None:
                found = make()
                if found is not None:
                    self.register(found)
            return found

    @contextmanager
    def _alone(self, comparison_id: str) -> Iterator[None]:
        """Hold the lock of one id; it exists only as long as somebody holds it or waits for it."""
        with self._lock:
            lock, users = self._making.get(comparison_id, (threading.Lock(), 0))
            self._making[comparison_id] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._making.pop(comparison_id)
                if users > 1:
                    self._making[comparison_id] = (lock, users - 1)

    def get(self, comparison_id: str) -> LiveComparison | None:
        """Return the comparison, or ``None`` if it is not (or no longer) here."""
        entry = self.entry(comparison_id)
        return entry.comparison if entry else None

    def entry(self, comparison_id: str) -> Entry | None:
        """Return the comparison with what its viewers share."""
        with self._lock:
            entry = self._entries.get(comparison_id)
            if entry is not None:
                entry.touched = self._clock()
                self._entries.move_to_end(comparison_id)
            return entry

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    def _evict(self) -> None:
        """Forget finished comparisons that nobody watches: the stale, then the least recently used."""
        now = self._clock()
        idle = [key for key, entry in self._entries.items() if not entry.viewers and entry.comparison.done]
        surplus = len(idle) - self._keep_finished
        for place, key in enumerate(idle):
            if place < surplus or now - self._entries[key].touched > self._keep_seconds:
                del self._entries[key]


def get_hub() -> LiveHub:
    """Return the process's hub."""
    hub: LiveHub = _state().hub
    return hub


def process_secret() -> str:
    """Return the secret that signs this process's tickets; a restart makes them all invalid."""
    secret: str = _state().secret
    return secret


def _state() -> ModuleType:
    state = sys.modules.get(_HOLDER)
    if state is None:
        fresh = ModuleType(_HOLDER)
        fresh.hub = LiveHub()  # type: ignore[attr-defined]
        fresh.secret = secrets.token_urlsafe(32)  # type: ignore[attr-defined]
        state = sys.modules.setdefault(_HOLDER, fresh)
    return state
