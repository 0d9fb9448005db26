"""Ranking: an embedding model finds the passage that answers a question, and answers with its id.

An embedding model writes no text, so it cannot be asked. It can be held against language models all the same:
it embeds the question and each passage of the prompt (lines ``[id] text``), and the passage with the nearest
vector, by cosine similarity, is its answer. That is the retrieval step of retrieval-augmented generation, and
with a data set of questions it says which embedding model finds the right passage, and what that costs.

It is far cheaper and quicker than a language model that reads all passages, and knows nothing of what they
mean beyond how near they are: a passage on the question's subject that does not answer it can be nearer than
the one that does. Here every passage is embedded anew for each question, one call after the other, so that
each case stands for itself; in practice the passages are embedded once and kept in an index.

See Amazon Bedrock, *User Guide*, "Knowledge bases", and AWS Prescriptive Guidance, "Retrieval Augmented
Generation options and architectures on AWS".
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.errors import RequestRefused
from bedrock_playground.invocation.events import InvocationEvent, TextDelta
from bedrock_playground.invocation.values import InvocationRequest, Json
from bedrock_playground.measures.vectors import cosine, ranked
from bedrock_playground.patterns.desk import Desk, vector
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import prompt_of
from bedrock_playground.texts.passages import QUERY, passages_in, question_in

QUESTION = "question"
"""The role of the call that embeds the question."""
PASSAGES = "passages"
"""The role of the calls that embed a passage each."""
WORDING = f"Which passage answers this question? {QUERY}"
"""How the built-in data set of passages asks."""
FIELD = "ranking"
"""The further field of the result that has the whole ranking: ids and similarities, the nearest first."""
NO_PASSAGES = (
    "There are no passages to rank. Each is a line of the prompt that begins with its id: [p01] Its text."
)
_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Pattern):
    """An embedding model that answers with the id of the nearest passage."""

    kind: ClassVar[str] = "ranking"
    embedding_model: str | None = None
    """The embedding model's id; ``None``: the connection's own."""
    wording: str = WORDING
    """How the prompt puts the question, with ``{{query}}`` in its place: it alone is embedded. A prompt
    without these words is embedded whole, but for its passages."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        if QUERY not in self.wording:
            raise ValueError(f"wording says where the question stands: it needs {QUERY}.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Embed the question, then each passage; the nearest one's id is the answer."""
        prompt = prompt_of(asked)
        passages = passages_in(prompt)
        if not passages:
            return desk.give_up(asked, RequestRefused(NO_PASSAGES), role=QUESTION)
        question = desk.embed(question_in(prompt, self.wording), role=QUESTION, model_id=self.embedding_model)
        if (wanted := vector(question)) is None:
            return question
        vectors: dict[str, tuple[float, ...]] = {}
        for key, text in passages.items():
            reply = desk.embed(text, role=PASSAGES, model_id=self.embedding_model)
            if (found := vector(reply)) is None:
                desk.decide(f"The passage {key} could not be embedded, so none is chosen.", role=PASSAGES)
                return reply
            vectors[key] = found
        near = {key: cosine(wanted, vectors[key]) for key in ranked(wanted, vectors)}
        nearest = next(iter(near))
        told = ", ".join(f"{key} {similarity:.2f}" for key, similarity in list(near.items())[:_TOLD])
        more = f" and {len(near) - _TOLD} more" if len(near) > _TOLD else ""
        desk.decide(f"{nearest} is the nearest to the question: {told}{more}.", role=PASSAGES, chosen=True)
        yield TextDelta(at=desk.clock.now(), text=nearest)
        ranking: Json = [{"id": key, "similarity": similarity} for key, similarity in near.items()]
        result = replace(question.result, text=nearest, additional_model_response_fields={FIELD: ranking})
        return replace(question, result=result)

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """Nobody who writes text: an embedding model has no settings of a variant."""
        return ()
