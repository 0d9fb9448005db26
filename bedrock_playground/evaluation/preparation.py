"""What is embedded once before an evaluation begins: the examples of routers by nearest neighbours.

Otherwise every case would pay for embedding them. The vectors are kept with the evaluation, so that going on
does not pay for them again.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.books import Clock, Control, Sheet
from bedrock_playground.patterns.desk import Desk, vector
from bedrock_playground.patterns.preparing import prepare, unprepared

ROLE = "preparation"
"""What such a call is recorded as; it belongs to a contender and to no case."""


def prepared_spec(
    spec: EvaluationSpec,
    evaluation_id: str,
    backing: Backing,
    *,
    place: tuple[str | None, str | None],
    control: Control,
) -> EvaluationSpec:
    """Embed what contenders need embedded; what cannot be stays as it is.

    Args:
        spec: What is run.
        evaluation_id: Which evaluation.
        backing: Who answers, records and prices.
        place: The endpoint and the Region that runs are recorded with.
        control: What ends it early.

    Returns:
        The same, where nothing had to be embedded.
    """
    if not any(unprepared(contender.member) for contender in spec.contenders):
        return spec
    endpoint, region = place

    def ready(contender: Contender) -> Contender:
        def embed(text: str, model_id: str | None) -> tuple[float, ...] | None:
            identity = RunIdentity(
                run_id=secrets.token_urlsafe(16),
                comparison_id=evaluation_id,
                label=contender.label,
                turn=0,
                repeat=0,
                started_at=datetime.now(UTC),
                region=region,
                endpoint=endpoint,
            )
            desk = Desk(backing, identity, sheet=Sheet(ROLE), clock=Clock(), control=control)
            reply = desk.embed(text, role=ROLE, model_id=model_id)
            return vector(reply) if reply.ok else None

        return replace(
            contender, member=prepare(contender.member, embed, embedding_model=backing.embedding_model)
        )

    return replace(spec, contenders=tuple(ready(contender) for contender in spec.contenders))
