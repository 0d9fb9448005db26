"""What analytics asks, as columns, groups and days; what was recorded before is converted."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from bedrock_playground.history.groups import group_ids
from bedrock_playground.history.migrations.counting_0004 import count_anew, install
from bedrock_playground.history.traits import traits_row
from bedrock_playground.invocation.serialization import request_from_json, result_from_json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 2000


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    for name in ("temperature", "top_p"):
        op.add_column("runs", sa.Column(name, sa.Float(53)))
    for name in ("top_k", "max_tokens", "thinking_budget"):
        op.add_column("runs", sa.Column(name, sa.Integer))
    for name in ("effort", "performance_latency", "retried_for"):
        op.add_column("runs", sa.Column(name, sa.Text))
    for name in ("request_key", "answer_key"):
        op.add_column("runs", sa.Column(name, sa.BigInteger))
    op.add_column("runs", sa.Column("group_id", key))
    _make_tables(key)
    _convert(op.get_bind())
    op.create_index(
        "ix_runs_measured",
        "runs",
        ["started_at", "group_id", "time_to_first_token", "total", "tokens_per_second", "id"],
    )
    count_anew(op.get_bind())
    install(op.get_bind())


def _make_tables(key: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "run_groups",
        sa.Column("id", key, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("model_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in _FREE),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error_type", sa.Text),
        sa.Column("retried_for", sa.Text),
        sa.Column("pricing", sa.Text, nullable=False),
        sa.Column("size_class", sa.Integer, nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
    )
    op.create_table(
        "run_days",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("group_id", key, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
    )
    op.create_index("ix_run_days_group_id", "run_days", ["group_id"])


def _convert(connection: sa.Connection) -> None:
    """Give every run what is recorded from now on: its parameters, its keys, its group."""
    last = -1
    while rows := connection.execute(_SELECT, {"last": last, "most": _BATCH}).mappings().all():
        last = rows[-1]["id"]
        converted = [{**row, **_traits(row)} for row in rows]
        groups = group_ids(connection, converted)
        connection.execute(
            _UPDATE,
            [
                {**{name: row[name] for name in _TRAITS}, "key": row["id"], "group_id": group}
                for row, group in zip(converted, groups, strict=True)
            ],
        )


def _traits(row: sa.RowMapping) -> dict[str, Any]:
    try:
        request = request_from_json(json.loads(row["request"]))
        result = None if row["result"] is None else result_from_json(json.loads(row["result"]))
    except ValueError:
        # What this version cannot read stays unknown; the run itself is kept as it is.
        return dict.fromkeys(_TRAITS)
    return traits_row(request, result, request_text=row["request"])


_FREE = (
    "invoked_model_id",
    "endpoint",
    "region",
    "service_tier",
    "performance_latency",
    "user_name",
    "preset_id",
)
_SUMS = (
    "runs",
    "cost",
    "retries",
    "input_told",
    "output_told",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
)
_TRAITS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "thinking_budget",
    "effort",
    "performance_latency",
    "retried_for",
    "request_key",
    "answer_key",
)
_SELECT = sa.text(
    "SELECT r.id, r.model_id, r.invoked_model_id, r.endpoint, r.region, r.service_tier, r.user_name, "
    "r.preset_id, r.tags, r.state, r.error_type, r.cost, r.price_confidence, r.input_tokens, "
    "r.cache_read_input_tokens, r.cache_write_input_tokens, r.cache_write_1h_input_tokens, "
    "d.request, d.result FROM runs AS r JOIN run_details AS d ON d.id = r.id "
    "WHERE r.id > :last ORDER BY r.id LIMIT :most"
)
_UPDATE = sa.text(
    f"UPDATE runs SET {', '.join(f'{name} = :{name}' for name in (*_TRAITS, 'group_id'))} "  # noqa: S608
    "WHERE id = :key"  # the names are ours
)
