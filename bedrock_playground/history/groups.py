"""Which group an ended run counts in: everything that analytics filters and splits by, under one number.

A group is a row of ``run_groups``; runs name theirs, so that a filter is answered by the few groups and not
by the many runs. A run that has not ended has none, and is not counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql, sqlite

from bedrock_playground.history.engine import is_sqlite
from bedrock_playground.history.schema import run_groups
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import RunState

SIZE_CLASSES = (100_001, 200_001, 272_001)
"""From how many input tokens on another price holds for some model: runs of one class share their rates."""

GROUPED_BY = tuple(column.name for column in run_groups.c if column.name not in {"id", "key"})
"""The columns that make a group."""

# Any number will do as long as every version takes the same one.
_ADVISORY_LOCK = 0x6265_6473


def group_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say which group an ended run belongs to; ``None`` for one that has not ended, and for a pattern's own.

    A pattern's tokens and money are those of its calls, which are runs of their own: nothing counts twice.

    Args:
        row: The run's columns; those that are missing are unknown.
    """
    if not RunState(row["state"]).is_final or is_pattern(row["model_id"]):
        return None
    cached = _number(row, "cache_read_input_tokens") + _number(row, "cache_write_input_tokens")
    cached = max(cached, _number(row, "cache_write_1h_input_tokens"))
    group = {name: row.get(name) for name in GROUPED_BY}
    group |= {
        "pricing": _pricing(row),
        "size_class": size_class(row["model_id"], _number(row, "input_tokens"), cached=cached),
        "cached": cached > 0,
    }
    return {"key": _key(group), **group}


def size_class(model_id: str, input_tokens: int, *, cached: int) -> int:
    """Between which of :data:`SIZE_CLASSES` a request's whole input lies.

    Args:
        model_id: What was sent as ``modelId``.
        input_tokens: As the service counts them.
        cached: Those that a cache had a part in.
    """
    # OpenAI's models count cached tokens in: bedrock_playground.catalog.arithmetic says how that is known.
    size = input_tokens + (0 if "openai." in model_id else cached)
    return sum(size >= start for start in SIZE_CLASSES)


def group_ids(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Find the groups of runs, making those that are new.

    Args:
        connection: In a transaction that may write.
        rows: The runs' columns.

    Returns:
        The key of each run's group, ``None`` for those that have not ended.
    """
    groups = [group_of(row) for row in rows]
    # In one order, whatever the runs' is: of two transactions that make the same groups none waits for the
    # other's.
    wanted = {group["key"]: group for group in groups if group}
    known = _known(connection, wanted)
    new = [wanted[key] for key in sorted(wanted) if key not in known]
    if new:
        dialect = sqlite if is_sqlite(connection.engine.url) else postgresql
        connection.execute(dialect.insert(run_groups).on_conflict_do_nothing(index_elements=["key"]), new)
        known |= _known(connection, [group["key"] for group in new])
    return [known[group["key"]] if group else None for group in groups]


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other process changes many runs at once.

    Triggers count every run in a row of ``run_days``: two transactions that touch many of them in different
    orders would wait for each other. One that touches a single run waits for nobody while it holds its row.
    SQLite has one writer at a time anyway.
    """
    if not is_sqlite(connection.engine.url):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _known(connection: Connection, keys: Any) -> dict[str, int]:  # noqa: ANN401 - any collection of keys
    found = connection.execute(select(run_groups.c.key, run_groups.c.id).where(run_groups.c.key.in_(keys)))
    return {row.key: row.id for row in found}


def _key(group: Mapping[str, Any]) -> str:
    said = json.dumps([group[name] for name in GROUPED_BY])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def _pricing(row: Mapping[str, Any]) -> str:
    if row.get("cost") is None:
        return "unknown"
    return "free" if row.get("price_confidence") == Confidence.EXACT.value else "priced"


def _number(row: Mapping[str, Any], name: str) -> int:
    return int(row.get(name) or 0)
