"""Formats that a pattern can be taken away in; each is a pure function from a pattern to text."""

from __future__ import annotations

from bedrock_playground.patterns.exports import python_module, step_functions
from bedrock_playground.patterns.exports.values import CannotExport, Context, Exported, PatternExport

_EXPORTS = (
    PatternExport(
        id="python",
        title="Python (boto3)",
        hint="A module of its own: run it with a prompt, or import its answer().",
        language="python",
        mime="text/x-python",
        make=python_module.make,
    ),
    PatternExport(
        id="step-functions",
        title="AWS Step Functions",
        hint="A state machine that calls Bedrock itself, with the policies of its role beside it.",
        language="json",
        mime="application/json",
        make=step_functions.make,
    ),
)


def pattern_exports() -> dict[str, PatternExport]:
    """Every format by its id, in the order of display."""
    return {each.id: each for each in _EXPORTS}


__all__ = ["CannotExport", "Context", "Exported", "PatternExport", "pattern_exports"]
