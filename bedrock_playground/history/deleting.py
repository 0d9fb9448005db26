"""Deleting runs, and with them what is about them: calls inside, votes, scores, what they were asked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from bedrock_playground.history.asked import forget_asked_without_runs
from bedrock_playground.history.blind import forget_blind_without_runs
from bedrock_playground.history.evaluation_marks import forget_marks_on
from bedrock_playground.history.schema import runs
from bedrock_playground.history.votes import forget_votes_on


def delete_runs(connection: Connection, keys: Sequence[int]) -> int:
    """Delete runs for good, with the calls inside them and all that was about them; return how many.

    Args:
        connection: In a transaction that may write.
        keys: The keys of their rows.
    """
    keys = [*keys, *_inside(connection, keys)]
    these = runs.c.id.in_(keys)
    named = connection.execute(select(runs.c.run_id, runs.c.comparison_id).where(these)).all()
    run_ids = [run_id for run_id, _ in named]
    forget_votes_on(connection, run_ids)
    forget_marks_on(connection, run_ids)
    deleted = connection.execute(delete(runs).where(these)).rowcount
    comparisons = sorted({comparison_id for _, comparison_id in named})
    forget_blind_without_runs(connection, comparisons)
    forget_asked_without_runs(connection, comparisons)
    return deleted


def _inside(connection: Connection, keys: Sequence[int]) -> list[int]:
    """The calls inside the patterns of these runs, however deep: they go with them."""
    found: list[int] = []
    level = list(keys)
    while level:
        above = select(runs.c.run_id).where(runs.c.id.in_(level))
        inside = connection.execute(select(runs.c.id).where(runs.c.parent_id.in_(above))).scalars().all()
        level = [key for key in inside if key not in found and key not in keys]
        found += level
    return found
