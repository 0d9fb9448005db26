"""What was spent and what is reserved, for the spending guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("entry", sa.Text, nullable=False, unique=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("process_id", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_spending_day", "spending", ["day", "state", "amount"])
    op.create_index("ix_spending_session", "spending", ["session_id", "state", "amount"])
    op.create_index("ix_spending_process", "spending", ["state", "process_id"])
