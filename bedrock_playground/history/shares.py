"""Stored shares: the settings of comparisons under ids that nobody can guess, until somebody deletes them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import shares
from bedrock_playground.history.votes import Open

_COLUMNS = select(
    shares.c.share_id, shares.c.created_at, shares.c.title, shares.c.document, shares.c.user_name
)


@dataclass(frozen=True, slots=True)
class StoredShare:
    """Something that is kept to be shared."""

    share_id: str
    """Whoever knows it may open it."""
    created_at: datetime
    """When, in UTC."""
    title: str
    """What to find it by in a list."""
    document: str
    """The document, as it was given."""
    user: str | None = None
    """Who stored it; ``None`` without sign-in."""


class ShareBook:
    """The stored shares of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.shares`."""
        self._read = read
        self._write = write

    def keep(self, document: str, *, title: str, user: str | None = None) -> StoredShare:
        """Store a document under a new id of 128 random bits.

        Args:
            document: What is shared.
            title: What to find it by in a list.
            user: Who stores it, where known.
        """
        share = StoredShare(secrets.token_urlsafe(16), datetime.now(UTC), clean(title), document, user)
        self.put_back(share)
        return share

    def put_back(self, share: StoredShare) -> None:
        """Keep again what was deleted, under the id that it had."""
        row = {
            "share_id": share.share_id,
            "created_at": share.created_at,
            "user_name": share.user,
            "title": share.title,
            "document": clean(share.document),
        }
        with self._write() as connection:
            connection.execute(insert(shares).values(row))

    def get(self, share_id: str) -> StoredShare | None:
        """Get a stored share; ``None`` if there is none of that id."""
        with self._read() as connection:
            row = connection.execute(_COLUMNS.where(shares.c.share_id == clean(share_id))).one_or_none()
        return None if row is None else StoredShare(*row)

    def find(self, *, limit: int = 100) -> list[StoredShare]:
        """List what is stored, the newest first."""
        newest = _COLUMNS.order_by(shares.c.created_at.desc(), shares.c.share_id).limit(limit)
        with self._read() as connection:
            return [StoredShare(*row) for row in connection.execute(newest)]

    def delete(self, share_id: str) -> bool:
        """Delete a stored share; return whether it was there. Links to it open nothing from now on."""
        with self._write() as connection:
            gone = connection.execute(delete(shares).where(shares.c.share_id == clean(share_id)))
        return gone.rowcount > 0
