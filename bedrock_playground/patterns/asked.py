"""A pattern and what it is asked as one request, as a lane has it and the history keeps it.

Nothing of it is sent: the request names the pattern (``pattern:cascade``) and carries it whole, so that a
recorded run can be made again whatever became of the pattern since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.invocation.trace import PATTERN_PREFIX, is_pattern
from bedrock_playground.invocation.values import InferenceParameters, InvocationRequest
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.members import Member, Pattern, Solo
from bedrock_playground.patterns.walking import parts_of

DOCUMENT = "pattern"
"""Where a request carries its pattern: among the fields that would be a model's own."""


def pattern_request(pattern: Pattern, inputs: Inputs, *, shelf_id: str | None = None) -> InvocationRequest:
    """Make the request of a pattern's own run.

    Args:
        pattern: The pattern.
        inputs: What it is asked.
        shelf_id: Under which id it is kept; ``None`` where it is not.
    """
    model_id = f"{PATTERN_PREFIX}{shelf_id}" if shelf_id else pattern.model_id
    built = build_request(Variant(model=model_id), inputs, resolve(model_id, load_models()))
    carried = InferenceParameters(additional_model_request_fields={DOCUMENT: member_to_json(pattern)})
    return replace(built.request, parameters=carried)


def pattern_of(request: InvocationRequest) -> Pattern | None:
    """Read the pattern that a request carries; ``None`` where it is no pattern's, or carries none.

    Raises:
        MemberRefused: It carries something that this version cannot read.
    """
    fields = request.parameters.additional_model_request_fields or {}
    if not is_pattern(request.model_id) or DOCUMENT not in fields:
        return None
    member = member_from_json(fields[DOCUMENT])
    if isinstance(member, Solo):
        raise MemberRefused("The request of a pattern carries a single model.")
    return member


def without_pattern(request: InvocationRequest) -> InvocationRequest:
    """The same request as its members may see it: what was asked, and nothing of who is asked."""
    return replace(request, parameters=InferenceParameters())


def leaves(pattern: Pattern, *, before: str = "") -> Iterator[tuple[str, Solo]]:
    """Every model that takes part, by its role; inside a pattern the roles are joined: ``tier 2 / judge``."""
    for role, member in pattern.roles():
        yield from _leaves(f"{before}{role}", member)


def embedders(member: Member) -> Iterator[str | None]:
    """The embedding models that take part, once for each part that embeds a prompt; ``None``: the default."""
    for part in parts_of(member):
        if hasattr(part, "embedding_model"):
            yield part.embedding_model


def _leaves(role: str, member: Member) -> Iterator[tuple[str, Solo]]:
    if isinstance(member, Solo):
        yield role, member
    else:
        yield from leaves(member, before=f"{role} / ")
