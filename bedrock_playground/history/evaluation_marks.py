"""What scorers and people say of an evaluation's answers, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from bedrock_playground.history.bulk import upsert_scores
from bedrock_playground.history.evaluation_records import Rating, ScoreRow
from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import evaluation_ratings, evaluation_scores
from bedrock_playground.history.votes import Open


def insert_scores(connection: Connection, rows: Sequence[tuple[str, ScoreRow]]) -> None:
    """Write scores, each with its evaluation's id; of one answer and scorer the last one stays."""
    if not rows:
        return
    values = [
        row._asdict()
        | {
            "evaluation_id": evaluation_id,
            "note": clean(row.note),
            "class_label": None if row.class_label is None else clean(row.class_label),
        }
        for evaluation_id, row in rows
    ]
    # The last one of an answer and a scorer stays, in one statement as well as in several.
    upsert_scores(connection, list({(row["run_id"], row["scorer"]): row for row in values}.values()))


def forget_marks_of(connection: Connection, evaluation_id: str) -> None:
    """Delete the scores and ratings of an evaluation."""
    for table in (evaluation_scores, evaluation_ratings):
        connection.execute(delete(table).where(table.c.evaluation_id == clean(evaluation_id)))


def forget_marks_on(connection: Connection, run_ids: Sequence[str]) -> None:
    """Delete the scores and ratings of runs that are deleted."""
    for table in (evaluation_scores, evaluation_ratings):
        connection.execute(delete(table).where(table.c.run_id.in_(run_ids)))


class RatingBook:
    """What people say of an evaluation's answers, 1 to 5."""

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`EvaluationBook.ratings`."""
        self._read = read
        self._write = write

    def rate(
        self, evaluation_id: str, run_id: str, rating: int, *, note: str = "", user: str | None = None
    ) -> None:
        """Rate an answer; a person's second rating takes the place of the first.

        Args:
            evaluation_id: The evaluation.
            run_id: The run that gave the answer.
            rating: 1 (bad) to 5 (excellent).
            note: Why.
            user: Who, where known.

        Raises:
            ValueError: The rating is not between 1 and 5.
        """
        if not 1 <= rating <= 5:
            raise ValueError(f"A rating is 1 to 5; {rating} is not.")
        mine = (evaluation_ratings.c.run_id == run_id) & (evaluation_ratings.c.user_name == clean(user or ""))
        row = {
            "run_id": run_id,
            "user_name": clean(user or ""),
            "evaluation_id": evaluation_id,
            "rating": rating,
            "note": clean(note),
            "rated_at": datetime.now(UTC),
        }
        with self._write() as connection:
            connection.execute(delete(evaluation_ratings).where(mine))
            connection.execute(insert(evaluation_ratings).values(row))

    def take_back(self, run_id: str, *, user: str | None = None) -> bool:
        """Take a rating back; return whether there was one."""
        mine = (evaluation_ratings.c.run_id == run_id) & (evaluation_ratings.c.user_name == clean(user or ""))
        with self._write() as connection:
            return connection.execute(delete(evaluation_ratings).where(mine)).rowcount > 0

    def of(self, evaluation_id: str) -> dict[str, tuple[Rating, ...]]:
        """Read the ratings of an evaluation, by run, the oldest first."""
        statement = (
            select(evaluation_ratings)
            .where(evaluation_ratings.c.evaluation_id == clean(evaluation_id))
            .order_by(evaluation_ratings.c.rated_at)
        )
        found: dict[str, tuple[Rating, ...]] = {}
        with self._read() as connection:
            for row in connection.execute(statement).mappings():
                rating = Rating(
                    row["run_id"], row["rating"], row["note"], row["user_name"] or None, row["rated_at"]
                )
                found[rating.run_id] = (*found.get(rating.run_id, ()), rating)
        return found
