"""Why a cost is unknown, or what was assumed for it, in words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_details", sa.Column("price_note", sa.Text))
