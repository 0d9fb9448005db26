"""What comparisons were asked, beside the requests that were sent: a variant that sat out stands in none."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select, update

from bedrock_playground.catalog.asked_json import asked_from_json, asked_to_json
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.history.rows import dump
from bedrock_playground.history.schema import asked_comparisons, runs
from bedrock_playground.history.votes import Open
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.filled import Template, template_from_json, template_to_json


class AskedBook:
    """What the comparisons of a store were asked. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.asked`."""
        self._read = read
        self._write = write

    def keep(
        self,
        comparison_id: str,
        inputs: Inputs,
        variants: Sequence[tuple[str, Variant]],
        *,
        template: Template | None = None,
    ) -> None:
        """Keep what a comparison was asked, in place of what was kept of it before.

        Args:
            comparison_id: The comparison.
            inputs: What all variants share; files are not kept, for the requests have them.
            variants: Every variant by its letter, in the order of display.
            template: The texts that were filled in, and with what.
        """
        told = None if template is None else template_to_json(template)
        # Dumped in ASCII, so that any text survives in any database.
        row = {"asked": dump(asked_to_json(inputs, variants) | {"template": told})}
        this = asked_comparisons.c.comparison_id == comparison_id
        with self._write() as connection:
            if connection.execute(update(asked_comparisons).where(this).values(row)).rowcount == 0:
                connection.execute(insert(asked_comparisons).values(comparison_id=comparison_id, **row))

    def get(self, comparison_id: str) -> tuple[Inputs, tuple[tuple[str, Variant], ...]] | None:
        """What a comparison was asked; ``None`` if nobody kept it, or a newer version did."""
        text = self._text(comparison_id)
        try:
            return None if text is None else asked_from_json(json.loads(text))
        except ValueError:
            # The requests still tell most of it.
            return None

    def template(self, comparison_id: str) -> Template | None:
        """The texts that were filled in, and with what; ``None`` if nobody kept them."""
        text = self._text(comparison_id)
        try:
            told = None if text is None else json.loads(text).get("template")
            return None if told is None else template_from_json(told)
        except (ValueError, AttributeError, FileRefused):
            return None

    def _text(self, comparison_id: str) -> str | None:
        kept = select(asked_comparisons.c.asked).where(asked_comparisons.c.comparison_id == comparison_id)
        with self._read() as connection:
            return connection.execute(kept).scalar_one_or_none()


def forget_asked_without_runs(connection: Connection, comparison_ids: Sequence[str]) -> None:
    """Delete what is kept of these comparisons where no run of them is left."""
    left = exists().where(runs.c.comparison_id == asked_comparisons.c.comparison_id)
    connection.execute(
        delete(asked_comparisons).where(asked_comparisons.c.comparison_id.in_(comparison_ids)).where(~left)
    )
