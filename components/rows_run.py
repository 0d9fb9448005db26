"""Running a template once per row of a table of values: each row is a comparison of its own.

Rows run one after the other and the models of a row at once, so that a long table does not run into a quota
all at once. Every row is in the history like any other comparison, and can be opened in Compare. The run goes
on when its page is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bedrock_playground.catalog.variant import BuiltRequest
from bedrock_playground.invocation import Comparison
from bedrock_playground.invocation.lane_run import LaneRun
from bedrock_playground.presets.values import Value

MOST_ROWS = 100
"""How many rows are run at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, ready to be run."""

    values: Mapping[str, Value]
    """What fills the template."""
    built: Mapping[str, BuiltRequest]
    """The request of each variant, by its letter."""
    comparison: Comparison
    """Where it runs; not started yet."""

    @property
    def sent(self) -> dict[str, BuiltRequest]:
        """The variants that can be sent."""
        return {letter: one for letter, one in self.built.items() if not one.refusals}

    def run_of(self, letter: str) -> LaneRun | None:
        """A variant's run; ``None`` before it began, and where it sits out."""
        for lane in self.comparison.lanes:
            if lane.label == letter:
                return lane.runs[0] if lane.runs else None
        return None


class RowsRun:
    """A table of values that is being run."""

    def __init__(self, rows: Sequence[Row], *, begun: Callable[[Comparison], None]) -> None:
        """Make a run of rows; :meth:`start` begins it.

        Args:
            rows: The rows, in the order in which they are run.
            begun: Told of each comparison when its row begins, from another thread.
        """
        self._begun = begun
        self.rows = tuple(rows)
        """The rows, in the order in which they are run."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rows-run", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop what runs and begin no further row; what was answered is kept."""
        self._stopped.set()
        for row in self.rows:
            if row.comparison.lanes:
                row.comparison.cancel()

    @property
    def done(self) -> bool:
        """Whether nothing runs any more and nothing will."""
        return not self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stopped.is_set()

    @property
    def finished_rows(self) -> int:
        """How many rows have ended."""
        return sum(row.comparison.done for row in self.rows)

    def _work(self) -> None:
        for row in self.rows:
            if self._stopped.is_set():
                return
            sent = row.sent
            if sent:
                self._begun(row.comparison)
                row.comparison.start([one.request for one in sent.values()], labels=list(sent))
                if self._stopped.is_set():
                    # Stopped between the look above and the start.
                    row.comparison.cancel()
                row.comparison.wait()
