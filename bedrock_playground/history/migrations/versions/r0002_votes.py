"""Votes on answers, and which comparisons were run blind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "votes",
        sa.Column("id", key, primary_key=True),
        sa.Column("vote_id", sa.Text, nullable=False, unique=True),
        sa.Column("comparison_id", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("voted_at", moment, nullable=False),
        sa.Column("user_name", sa.Text),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
    )
    op.create_index("ix_votes_comparison_id", "votes", ["comparison_id", "turn"])
    op.create_index("ix_votes_voted_at", "votes", ["voted_at", "id"])
    op.create_table(
        "vote_entries",
        sa.Column("vote", key, sa.ForeignKey("votes.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("preset_id", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_index("ix_vote_entries_run_id", "vote_entries", ["run_id"])
    op.create_index("ix_vote_entries_model_id", "vote_entries", ["model_id", "outcome"])
    op.create_table(
        "blind_comparisons",
        sa.Column("comparison_id", sa.Text, primary_key=True),
        sa.Column("letters", sa.Text, nullable=False),
        sa.Column("hidden_at", moment, nullable=False),
        sa.Column("revealed_at", moment),
    )
