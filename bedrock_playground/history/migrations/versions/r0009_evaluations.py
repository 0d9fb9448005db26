"""Calls inside patterns, runs of evaluations, and what the evaluations found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("parent_id", sa.Text))
    op.add_column("runs", sa.Column("role", sa.Text))
    op.add_column("runs", sa.Column("case_number", sa.Integer))
    op.create_index("ix_runs_parent_id", "runs", ["parent_id"])
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "evaluations",
        sa.Column("id", key, primary_key=True),
        sa.Column("evaluation_id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("process_id", sa.Text),
        sa.Column("user_name", sa.Text),
        sa.Column("data_set_id", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_evaluations_created_at", "evaluations", ["created_at", "id"])
    op.create_index("ix_evaluations_data_set_id", "evaluations", ["data_set_id"])
    op.create_table(
        "evaluation_scores",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("scorer", sa.Text, primary_key=True),
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("case_number", sa.Integer, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("class_label", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("cost", sa.BigInteger),
    )
    op.create_index(
        "ix_evaluation_scores_evaluation", "evaluation_scores", ["evaluation_id", "label", "case_number"]
    )
    op.create_table(
        "evaluation_ratings",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("user_name", sa.Text, primary_key=True),
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("rated_at", moment, nullable=False),
    )
    op.create_index("ix_evaluation_ratings_evaluation", "evaluation_ratings", ["evaluation_id"])
