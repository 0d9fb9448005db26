"""Map–reduce: a text that is too long for one prompt is read in pieces, and the findings are put together.

Every piece gets the same task (map), several at a time; then one model makes an answer of the parts (reduce),
in several rounds where these are too long as well. It costs a little more than reading the text once, and
takes as long as there are waves of calls. What can only be seen across pieces is easily lost: where the text
fits into a model's context window, ask it at once. The name is J. Dean and S. Ghemawat's, *MapReduce* (2004).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Ask, Reply
from bedrock_playground.patterns.shaping import asking, prompt_of
from bedrock_playground.patterns.splitting import split, tokens_of
from bedrock_playground.patterns.wording import failure, sentence
from bedrock_playground.presets.template import fill_known

MAP = """\
{{task}}

This is part {{number}} of {{count}} of a longer text. Do the task for this part alone.

<text>
{{chunk}}
</text>"""
REDUCE = """\
{{task}}

The text was too long to be read at once. Below is what came of the task for each of its parts, in order. Make
one answer for the whole text of it.

{{parts}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReduce(Pattern):
    """Reads a long text in pieces."""

    kind: ClassVar[str] = "map-reduce"
    mapper: Member
    """Who reads the pieces; small and cheap, because it reads the whole text."""
    reducer: Member
    """Who makes one answer of the parts."""
    task: str = ""
    """What to do with the text; empty: the prompt's first paragraph says it, and the text is what follows."""
    map_template: str = MAP
    """What the mapper is asked: ``{{task}}``, ``{{chunk}}``, ``{{number}}``, ``{{count}}``."""
    reduce_template: str = REDUCE
    """What the reducer is asked: ``{{task}}``, ``{{parts}}``."""
    chunk_tokens: int = 1500
    """The most tokens of text to a piece, about; well below the mapper's context window."""
    overlap_tokens: int = 50
    """How many tokens of the piece before each piece begins with."""
    parallel: int = 4
    """How many calls at a time."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        """Refuse sizes that leave no room."""
        if not 0 <= self.overlap_tokens < self.chunk_tokens or self.parallel < 1:
            raise ValueError("A piece must be longer than the overlap, and at least one call made at a time.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Cut, map, reduce; a piece that fails ends it, because an answer without it would mislead."""
        task, text = self._task(prompt_of(asked))
        chunks = split(text, tokens=self.chunk_tokens, overlap=self.overlap_tokens)
        prompts = [self._map(task, chunk, at=(n, len(chunks))) for n, chunk in enumerate(chunks, 1)]
        if len(prompts) == 1:
            desk.decide("The text fits into one piece, so there is nothing to put together.", role="map")
            return (yield from desk.show(self.mapper, asking(prompts[0], like=asked), role="map"))
        desk.decide(
            f"The text of about {tokens_of(text):,} tokens is read in {len(chunks)} pieces.", role="map"
        )
        parts = self._ask(self.mapper, prompts, asked, desk=desk, role="map")
        while not isinstance(parts, Reply):
            groups = tuple(grouped(parts, tokens=self.chunk_tokens))
            prompts = [self._reduce(task, group) for group in groups]
            if len(prompts) == 1:
                return (yield from desk.show(self.reducer, asking(prompts[0], like=asked), role="reduce"))
            long = f"{len(parts)} parts are too long for one prompt"
            desk.decide(f"{long}: they are put together in {len(groups)} groups first.", role="reduce")
            parts = self._ask(self.reducer, prompts, asked, desk=desk, role="reduce")
        return parts

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """Who reads, and who puts together."""
        return (("map", self.mapper), ("reduce", self.reducer))

    def _task(self, prompt: str) -> tuple[str, str]:
        if self.task:
            return self.task, prompt
        task, _, text = prompt.strip().partition("\n\n")
        return (task, text.strip()) if text.strip() else ("", prompt)

    def _map(self, task: str, chunk: str, *, at: tuple[int, int]) -> str:
        number, count = at
        known: dict[str, str | int | float | bool] = {"number": number, "count": count}
        return fill_known(self.map_template, {"task": task, "chunk": chunk, **known}).strip()

    def _reduce(self, task: str, parts: Sequence[str]) -> str:
        told = "\n".join(f"<part {n}>\n{part}\n</part {n}>" for n, part in enumerate(parts, 1))
        return fill_known(self.reduce_template, {"task": task, "parts": told}).strip()

    def _ask(
        self, member: Member, prompts: Sequence[str], asked: InvocationRequest, *, desk: Desk, role: str
    ) -> tuple[str, ...] | Reply:
        """Ask in waves; returns the texts, or the first reply that failed."""
        texts: list[str] = []
        for start in range(0, len(prompts), self.parallel):
            wave = [
                Ask(role, member, asking(prompt, like=asked)) for prompt in prompts[start:][: self.parallel]
            ]
            replies = desk.ask_all(wave, enough=lambda came: not all(reply.ok for reply in came))
            for number, reply in enumerate(replies, start + 1):
                if not reply.ok and not reply.late:
                    why = f"{role} {number} of {len(prompts)} failed, so there is no answer: {failure(reply)}"
                    desk.decide(sentence(why), role=role, chosen=False)
                    return reply
            texts += (reply.text for reply in replies)
        return tuple(texts)


def grouped(parts: Sequence[str], *, tokens: int) -> Iterator[tuple[str, ...]]:
    """Put neighbours together as long as they fit, but at least two: so that rounds come to an end."""
    group: list[str] = []
    for part in parts:
        if len(group) > 1 and sum(map(tokens_of, (*group, part))) > tokens:
            yield tuple(group)
            group = []
        group.append(part)
    yield tuple(group)
