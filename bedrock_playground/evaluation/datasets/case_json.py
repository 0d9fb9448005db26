"""A case as JSON, both ways, and the hash of cases: one writing per case, whatever its keys' order. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Json

ID_LENGTH = 32
"""Hexadecimal digits of a data set's id: 128 bits of a SHA-256."""


def case_to_json(case: Case) -> dict[str, Json]:
    """A case as a JSON object, without its number; what it does not have is left out."""
    document: dict[str, Json] = {"inputs": dict(case.inputs)}
    if case.expected is not None:
        document["expected"] = case.expected
    if case.references:
        document["references"] = list(case.references)
    if case.tags:
        document["tags"] = list(case.tags)
    if case.checks:
        document["checks"] = dict(case.checks)
    return document


def case_from_json(document: Mapping[str, Any], number: int) -> Case:
    """A case from what :func:`case_to_json` made; for what this program wrote, which is not checked again."""
    return Case(
        number=number,
        inputs=document["inputs"],
        expected=document.get("expected"),
        references=tuple(document.get("references", ())),
        tags=tuple(document.get("tags", ())),
        checks=document.get("checks", {}),
    )


def case_text(case: Case) -> str:
    """A case as the one JSON text that every equal case has: keys sorted, ASCII alone, no white space."""
    return json.dumps(case_to_json(case), sort_keys=True, separators=(",", ":"))


def case_from_text(text: str, number: int) -> Case:
    """A case from :func:`case_text`."""
    return case_from_json(strict_json(text), number)


def content_id(cases: Iterable[Case]) -> str:
    """Hash cases: the same ones in the same order have the same id, and anything else another.

    The prompt, the name and whatever else goes with cases is not among them: cases stay comparable when those
    are changed. SHA-256 over every case's text and a line end, its first 128 bits.

    Args:
        cases: The cases, in order; taken one by one. Their numbers do not matter, their order does.

    Returns:
        :data:`ID_LENGTH` hexadecimal digits.
    """
    digest = hashlib.sha256()
    for case in cases:
        digest.update(case_text(case).encode())
        digest.update(b"\n")
    return digest.hexdigest()[:ID_LENGTH]
