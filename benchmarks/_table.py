"""What a benchmark reports, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside what it is compared with."""

    name: str
    """What was measured."""
    measured: str
    """The figure with its unit."""
    baseline: str
    """What it is compared with, with its unit; empty if with nothing."""
    ratio: float | None
    """Measured / baseline; ``None`` if there is none."""
    target: str
    """What it should be; empty if it is only for information."""
    ok: bool | None
    """Whether the target was met; ``None`` without one."""


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows as one aligned table."""
    cells = [("benchmark", "measured", "baseline", "ratio", "target", "")]
    cells += [
        (
            row.name,
            row.measured,
            row.baseline,
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.target,
            {True: "ok", False: "MISSED", None: ""}[row.ok],
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
