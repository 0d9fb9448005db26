"""Which comparisons were run blind, in what order their answers stand, and whether they are revealed.

Kept in the history, so that a comparison stays blind after a reload, in another session and after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, exists, insert, select, update

from bedrock_playground.history.rows import dump
from bedrock_playground.history.schema import blind_comparisons, runs
from bedrock_playground.history.votes import Open


@dataclass(frozen=True, slots=True)
class Blind:
    """How a comparison was hidden."""

    comparison_id: str
    """The comparison."""
    letters: tuple[str, ...]
    """The variants' letters in the shuffled order: the first is Answer 1."""
    revealed_at: datetime | None = None
    """When the names were shown, in UTC; ``None`` while they are hidden."""

    @property
    def hidden(self) -> bool:
        """Whether the names are hidden still."""
        return self.revealed_at is None


class BlindBook:
    """The blind comparisons of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.blind`."""
        self._read = read
        self._write = write

    def hide(self, comparison_id: str, letters: Sequence[str]) -> Blind:
        """Keep a comparison's names hidden, before anything of it is shown.

        Args:
            comparison_id: A comparison that is not kept here yet.
            letters: Its variants' letters in the order in which their answers are to stand.
        """
        row = {"comparison_id": comparison_id, "letters": dump(list(letters)), "hidden_at": datetime.now(UTC)}
        with self._write() as connection:
            connection.execute(insert(blind_comparisons).values(row))
        return Blind(comparison_id, tuple(letters))

    def get(self, comparison_id: str) -> Blind | None:
        """How a comparison was hidden; ``None`` if it never was."""
        kept = select(blind_comparisons).where(blind_comparisons.c.comparison_id == comparison_id)
        with self._read() as connection:
            row = connection.execute(kept).mappings().first()
        return Blind(comparison_id, tuple(json.loads(row["letters"])), row["revealed_at"]) if row else None

    def reveal(self, comparison_id: str) -> bool:
        """Show a comparison's names from now on; return whether they were hidden until now."""
        shown = (
            update(blind_comparisons)
            .where(blind_comparisons.c.comparison_id == comparison_id)
            .where(blind_comparisons.c.revealed_at.is_(None))
            .values(revealed_at=datetime.now(UTC))
        )
        with self._write() as connection:
            return connection.execute(shown).rowcount > 0


def forget_blind_without_runs(connection: Connection, comparison_ids: Sequence[str]) -> None:
    """Delete what is kept of these comparisons where no run of them is left."""
    left = exists().where(runs.c.comparison_id == blind_comparisons.c.comparison_id)
    connection.execute(
        delete(blind_comparisons).where(blind_comparisons.c.comparison_id.in_(comparison_ids)).where(~left)
    )
