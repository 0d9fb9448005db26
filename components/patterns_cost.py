"""What a pattern would cost before it runs: the sum over everybody who may be asked, each asked once."""

from __future__ import annotations

from collections.abc import Mapping

from bedrock_playground.catalog.embeddings import default_embedding_model
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.embeddings import embedding_request
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.patterns.asked import embedders, leaves, pattern_of, without_pattern
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.shaping import prompt_of, shape_by_catalogue
from components.resources import get_models, told_behind

ASSUMPTION = (
    "For the pattern: every role is asked once, with the prompt as it stands. What is asked on top (the "
    "answers before it) and roles that are asked more often make it more; roles that are not asked make it "
    "less."
)
"""What the sum rests on, in words."""


def with_members(
    requests: Mapping[str, InvocationRequest], connection: Connection
) -> Mapping[str, InvocationRequest]:
    """Put in a pattern's place what its members would be sent.

    Args:
        requests: What would be sent, by lane.
        connection: Where.

    Returns:
        Requests to models alone; a member's label is the lane's and its role: ``A · tier 1``.
    """
    shape = shape_by_catalogue(told_behind(connection.endpoint_label, connection.config.region))
    found: dict[str, InvocationRequest] = {}
    for label, request in requests.items():
        if not is_pattern(request.model_id):
            found[label] = request
            continue
        try:
            pattern = pattern_of(request)
        except MemberRefused:
            continue  # It cannot run either, and its lane says so.
        asked = without_pattern(request)
        for role, member in leaves(pattern) if pattern is not None else ():
            found[f"{label} · {role}"] = shape(member.variant, asked).request
        for number, model in enumerate(embedders(pattern) if pattern is not None else (), 1):
            model_id = model or default_embedding_model(get_models(connection))
            if model_id:
                found[f"{label} · embedding {number}"] = embedding_request(model_id, prompt_of(asked))
    return found
