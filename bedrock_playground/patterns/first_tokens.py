"""How soon targets began to answer, remembered from one request to the next."""

from __future__ import annotations

import threading
from collections import deque

from bedrock_playground.measures import Quantile, quantile

WINDOW = 200
"""How many times of a target are remembered, the newest ones."""


class FirstTokens:
    """Times to the first token by target; any thread may use it."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}

    def add(self, target: str, seconds: float) -> None:
        """Note how long a target took to its first token."""
        with self._lock:
            self._seen.setdefault(target, deque(maxlen=WINDOW)).append(seconds)

    def quantile(self, target: str, p: float) -> Quantile:
        """A quantile of a target's remembered times, in seconds; untold where there are too few of them."""
        with self._lock:
            seen = tuple(self._seen.get(target, ()))
        return quantile(seen, p)
