"""Votes on the answers of a comparison's turn: given, changed, taken back, listed.

A person (or, without sign-in, everybody together) has one vote per turn of a comparison. A vote says of each
answer that it was about what became of it, with the model and the preset as they were then, so that win
rates are counted from these two tables alone. A vote goes with the first of its runs that is deleted from
the history: what would be left compares nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import vote_entries, votes

Open = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction."""


class Verdict(StrEnum):
    """What somebody found."""

    BEST = "best"
    """One answer is better than all others."""
    TIE = "tie"
    """None is better than the others."""
    BAD = "bad"
    """All are bad."""


class Outcome(StrEnum):
    """What a vote says of one answer."""

    WON = "won"
    """It is the best one."""
    LOST = "lost"
    """Another one is the best."""
    TIED = "tied"
    """It is as good as the others."""
    BAD = "bad"
    """It is bad, and so are the others."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One answer that is voted on."""

    run_id: str
    """The run that gave it."""
    label: str
    """The variant's letter."""
    model_id: str
    """What was sent as ``modelId``."""
    preset_id: str | None = None
    """The preset that it was run from."""


@dataclass(frozen=True, slots=True)
class VoteEntry:
    """One answer and what became of it."""

    contender: Contender
    """The answer."""
    outcome: Outcome
    """What the vote says of it."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote on the answers of a turn."""

    comparison_id: str
    """The comparison."""
    turn: int
    """0 for the first prompt."""
    verdict: Verdict
    """What was found."""
    entries: tuple[VoteEntry, ...]
    """Every answer that stood there, in the order of letters."""
    voted_at: datetime
    """When, in UTC."""
    blind: bool = False
    """Whether the names were hidden from the voter until this vote was given."""
    user: str | None = None
    """Who voted; ``None`` without sign-in."""

    @property
    def vote_id(self) -> str:
        """The vote's id: the same for every vote of this person on this turn."""
        parts = (self.comparison_id, str(self.turn), "-" if self.user is None else f"u{clean(self.user)}")
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    @property
    def best(self) -> str | None:
        """The letter of the best answer; ``None`` where there is none."""
        won = (entry.contender.label for entry in self.entries if entry.outcome is Outcome.WON)
        return next(won, None)


def decide(
    contenders: Sequence[Contender],
    verdict: Verdict,
    *,
    comparison_id: str,
    turn: int,
    best: str | None = None,
    blind: bool = False,
    user: str | None = None,
) -> Vote:
    """Make a vote of what somebody found.

    Args:
        contenders: The answers, two at least, each of a letter of its own.
        verdict: What was found.
        comparison_id: The comparison.
        turn: The turn.
        best: The letter of the best one, exactly where the verdict is :attr:`Verdict.BEST`.
        blind: Whether the names were hidden until now.
        user: Who votes.

    Raises:
        ValueError: There is nothing to choose from, or the best is not among them.
    """
    labels = [one.label for one in contenders]
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ValueError("A vote needs two answers or more, of different variants.")
    if (verdict is Verdict.BEST) != (best is not None) or (best is not None and best not in labels):
        raise ValueError(
            f"{best!r} cannot be the best of {', '.join(labels)} in a vote of {verdict.value!r}."
        )
    entries = tuple(
        VoteEntry(one, _outcome(verdict, won=one.label == best))
        for one in sorted(contenders, key=lambda one: one.label)
    )
    return Vote(comparison_id, turn, verdict, entries, datetime.now(UTC), blind=blind, user=user)


def _outcome(verdict: Verdict, *, won: bool) -> Outcome:
    match verdict:
        case Verdict.BEST:
            return Outcome.WON if won else Outcome.LOST
        case Verdict.TIE:
            return Outcome.TIED
        case Verdict.BAD:
            return Outcome.BAD


class VoteBook:
    """The votes of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.votes`."""
        self._read = read
        self._write = write

    def record(self, vote: Vote) -> None:
        """Keep a vote; it takes the place of the same person's earlier one on the same turn."""
        row = {
            "vote_id": vote.vote_id,
            "comparison_id": clean(vote.comparison_id),
            "turn": vote.turn,
            "voted_at": vote.voted_at,
            "user_name": None if vote.user is None else clean(vote.user),
            "verdict": vote.verdict.value,
            "blind": vote.blind,
        }
        with self._write() as connection:
            key = _upsert(connection, row)
            connection.execute(delete(vote_entries).where(vote_entries.c.vote == key))
            connection.execute(insert(vote_entries), [_entry_row(key, entry) for entry in vote.entries])

    def take_back(self, comparison_id: str, turn: int, *, user: str | None = None) -> bool:
        """Forget a person's vote on a turn; return whether there was one."""
        gone = delete(votes).where(
            votes.c.comparison_id == clean(comparison_id), votes.c.turn == turn, _of_user(user)
        )
        with self._write() as connection:
            return connection.execute(gone).rowcount > 0

    def of_comparison(self, comparison_id: str) -> list[Vote]:
        """Every vote on a comparison, in the order of turns and then of time."""
        return self._votes([votes.c.comparison_id == clean(comparison_id)])

    def of_run(self, run_id: str) -> list[Vote]:
        """Every vote that was about a run, in the order of time."""
        about = select(vote_entries.c.vote).where(vote_entries.c.run_id == run_id)
        return self._votes([votes.c.id.in_(about)])

    def outcomes(self, run_ids: Sequence[str]) -> dict[str, list[tuple[Outcome, bool]]]:
        """What votes say of these runs, and whether each was blind, in the order of time."""
        statement = (
            select(vote_entries.c.run_id, vote_entries.c.outcome, votes.c.blind)
            .join(votes, votes.c.id == vote_entries.c.vote)
            .where(vote_entries.c.run_id.in_(run_ids))
            .order_by(votes.c.voted_at, votes.c.id)
        )
        found: dict[str, list[tuple[Outcome, bool]]] = {}
        with self._read() as connection:
            for run_id, outcome, blind in connection.execute(statement):
                found.setdefault(run_id, []).append((Outcome(outcome), blind))
        return found

    def _votes(self, where: Iterable[ColumnElement[bool]]) -> list[Vote]:
        statement = (
            select(votes, vote_entries)
            .join(vote_entries, vote_entries.c.vote == votes.c.id)
            .where(*where)
            .order_by(votes.c.turn, votes.c.voted_at, votes.c.id, vote_entries.c.label)
        )
        with self._read() as connection:
            rows = connection.execute(statement).mappings().all()
        grouped: dict[int, list[Any]] = {}
        for row in rows:
            grouped.setdefault(row["id"], []).append(row)
        return [_vote_of(group) for group in grouped.values()]


def forget_votes_on(connection: Connection, run_ids: Sequence[str]) -> None:
    """Delete every vote that was about one of these runs, for they are deleted too."""
    about = select(vote_entries.c.vote).where(vote_entries.c.run_id.in_(run_ids))
    connection.execute(delete(votes).where(votes.c.id.in_(about)))


def _upsert(connection: Connection, row: dict[str, Any]) -> int:
    """Write a vote's row and hold it until the end of the transaction; return its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    changes = {name: value for name, value in row.items() if name != "vote_id"}
    statement = (
        dialect.insert(votes)
        .values(row)
        .on_conflict_do_update(index_elements=["vote_id"], set_=changes)
        .returning(votes.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def _of_user(user: str | None) -> ColumnElement[bool]:
    return votes.c.user_name.is_(None) if user is None else votes.c.user_name == clean(user)


def _entry_row(key: int, entry: VoteEntry) -> dict[str, Any]:
    one = entry.contender
    return {
        "vote": key,
        "run_id": one.run_id,
        "label": clean(one.label),
        "model_id": clean(one.model_id),
        "preset_id": None if one.preset_id is None else clean(one.preset_id),
        "outcome": entry.outcome.value,
    }


def _vote_of(rows: Sequence[Any]) -> Vote:
    first = rows[0]
    return Vote(
        comparison_id=first["comparison_id"],
        turn=first["turn"],
        verdict=Verdict(first["verdict"]),
        entries=tuple(
            VoteEntry(
                Contender(row["run_id"], row["label"], row["model_id"], row["preset_id"]),
                Outcome(row["outcome"]),
            )
            for row in rows
        ),
        voted_at=first["voted_at"],
        blind=first["blind"],
        user=first["user_name"],
    )
