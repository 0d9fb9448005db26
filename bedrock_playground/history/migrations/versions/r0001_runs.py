"""Runs, their details and the processes that record them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "runs",
        sa.Column("id", key, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False, unique=True),
        sa.Column("comparison_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("process_id", sa.Text),
        sa.Column("model_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("region", "endpoint", "user_name", "preset_id")),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("prompt_start", sa.Text, nullable=False),
        *(sa.Column(name, sa.Float(53)) for name in _SECONDS),
        *(sa.Column(name, sa.BigInteger) for name in _TOKENS),
        sa.Column("stop_reason", sa.Text),
        sa.Column("error_type", sa.Text),
        sa.Column("attempts", sa.Integer),
        sa.Column("service_tier", sa.Text),
        sa.Column("invoked_model_id", sa.Text),
        sa.Column("cost", sa.BigInteger),
        sa.Column("price_source", sa.Text),
        sa.Column("price_as_of", sa.Date),
        sa.Column("price_confidence", sa.Text),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at", "id"])
    op.create_index("ix_runs_model_id", "runs", ["model_id", "started_at", "id"])
    op.create_index("ix_runs_state", "runs", ["state", "started_at", "id"])
    op.create_index("ix_runs_comparison_id", "runs", ["comparison_id"])
    op.create_table(
        "run_details",
        sa.Column(
            "id", key, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("heartbeat_at", moment, nullable=False),
    )


_SECONDS = (
    "time_to_first_token",
    "time_to_first_reasoning_token",
    "total",
    "server_latency",
    "tokens_per_second",
)
_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
    "reasoning_tokens",
    "total_tokens",
)
