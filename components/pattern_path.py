"""What a finished pattern's run did: its way, what was decided and why, and when what happened."""

from __future__ import annotations

from bedrock_playground.history import RunRecord
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.picture.layout import Course
from components.patterns_results import decisions, diagram, times


def pattern_path(record: RunRecord, pattern: Pattern | None, *, key: str) -> None:
    """Draw what a pattern's run did; nothing where it has no trace.

    Args:
        record: The run.
        pattern: The pattern that answered; ``None``: it is not known any more, and its picture is left out.
        key: The picture's key; letters, digits, ``-`` and ``_``.
    """
    result = record.result
    if result is None or result.trace is None:
        return
    course = Course(result.trace, record.run_id, over=True, failed=result.error is not None)
    if pattern is not None:
        diagram(pattern, key=key, course=course)
    decisions(result.trace.decisions, over=True)
    times(course, now=result.timing.total)
