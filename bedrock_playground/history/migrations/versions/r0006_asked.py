"""What comparisons were asked: the settings that no request holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_comparisons",
        sa.Column("comparison_id", sa.Text, primary_key=True),
        sa.Column("asked", sa.Text, nullable=False),
    )
