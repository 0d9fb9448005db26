"""What is embedded once before an evaluation begins: the examples of routers by nearest neighbours.

Otherwise every case would pay for embedding them. The vectors are kept with the evaluation, so that going on
does not pay for them again; those of a process that died before it could keep them are read from its runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bedrock_playground.evaluation.journal import CallJournal
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.history.records import RunRecord
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
    calls_of: Callable[[str], list[RunRecord]],
) -> EvaluationSpec:
    """Embed what contenders need embedded; what cannot be stays as it is.

    Args:
        spec: What is run.
        evaluation_id: Which evaluation.
        backing: Who answers, records and prices.
        place: The endpoint and the Region that runs are recorded with.
        control: What ends it early.
        calls_of: Reads the runs below a run, by its id.

    Returns:
        The same, where nothing had to be embedded.
    """
    if not any(unprepared(contender.member) for contender in spec.contenders):
        return spec
    endpoint, region = place

    def ready(contender: Contender) -> Contender:
        identity = RunIdentity(
            run_id=_run_of(evaluation_id, contender),
            comparison_id=evaluation_id,
            label=contender.label,
            turn=0,
            repeat=0,
            started_at=datetime.now(UTC),
            region=region,
            endpoint=endpoint,
        )
        journaled = replace(backing, journal=CallJournal(calls_of(identity.run_id)))
        desk = Desk(journaled, identity, sheet=Sheet(ROLE), clock=Clock(), control=control)

        def embed(text: str, model_id: str | None) -> tuple[float, ...] | None:
            reply = desk.embed(text, role=ROLE, model_id=model_id)
            return vector(reply) if reply.ok else None

        return replace(
            contender, member=prepare(contender.member, embed, embedding_model=backing.embedding_model)
        )

    return replace(spec, contenders=tuple(ready(contender) for contender in spec.contenders))


def _run_of(evaluation_id: str, contender: Contender) -> str:
    """Below which run its embeddings are kept: always the same, so that whoever goes on finds them."""
    return hashlib.sha256(f"{evaluation_id}\n{contender.label}\n{ROLE}".encode()).hexdigest()[:32]
