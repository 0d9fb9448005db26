"""Presets and their versions, and which version a run comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "presets",
        sa.Column("id", key, primary_key=True),
        sa.Column("preset_id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.Column("deleted_at", moment),
        sa.Column("user_name", sa.Text),
    )
    here = sa.text("deleted_at IS NULL")
    op.create_index(
        "ix_presets_name_key", "presets", ["name_key"], unique=True, sqlite_where=here, postgresql_where=here
    )
    op.create_table(
        "preset_versions",
        sa.Column("preset", key, sa.ForeignKey("presets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("saved_at", moment, nullable=False),
        sa.Column("user_name", sa.Text),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.add_column("runs", sa.Column("preset_version", sa.Integer))


_TEXTS = ("name", "name_key", "description", "tags", "model_id", "search_text")
