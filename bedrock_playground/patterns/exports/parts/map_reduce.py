"""Map–reduce: a text that is too long for one prompt is read in pieces, and the findings are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply, failure
from bedrock_playground.patterns.exports.parts.gathering import Ask, ask_all
from bedrock_playground.patterns.exports.parts.splitting import grouped, split, tokens_of
from bedrock_playground.patterns.exports.parts.templates import fill


@dataclass(kw_only=True)
class MapReduce:
    """Reads a long text in pieces."""

    mapper: Member
    reducer: Member
    task: str  # empty: the prompt's first paragraph says it, and the text is what follows
    map_template: str
    reduce_template: str
    chunk_tokens: int  # the most tokens to a piece, about
    overlap_tokens: int
    parallel: int  # calls at a time

    def run(self, prompt: str, course: Course) -> Reply:
        """Cut, map, reduce; a piece that fails ends it, because an answer without it would mislead."""
        task, text = self.task_and_text(prompt)
        chunks = split(text, tokens=self.chunk_tokens, overlap=self.overlap_tokens)
        prompts = [self.map_prompt(task, chunk, n, len(chunks)) for n, chunk in enumerate(chunks, 1)]
        if len(prompts) == 1:
            course.decide("The text fits into one piece, so there is nothing to put together.", "map")
            return self.mapper(prompts[0], course.within("map"))
        course.decide(f"The text of about {tokens_of(text):,} tokens is read in {len(chunks)} pieces.", "map")
        parts = self.ask("map", self.mapper, prompts, course)
        while not isinstance(parts, Reply):
            groups = list(grouped(parts, tokens=self.chunk_tokens))
            prompts = [self.reduce_prompt(task, group) for group in groups]
            if len(prompts) == 1:
                return self.reducer(prompts[0], course.within("reduce"))
            long = f"{len(parts)} parts are too long for one prompt"
            course.decide(f"{long}: they are put together in {len(groups)} groups first.", "reduce")
            parts = self.ask("reduce", self.reducer, prompts, course)
        return parts

    def task_and_text(self, prompt: str) -> tuple[str, str]:
        """What to do, and with what."""
        if self.task:
            return self.task, prompt
        task, _, text = prompt.strip().partition("\n\n")
        return (task, text.strip()) if text.strip() else ("", prompt)

    def map_prompt(self, task: str, chunk: str, number: int, of: int) -> str:
        """What is asked of one piece."""
        values = {"task": task, "chunk": chunk, "number": str(number), "count": str(of)}
        return fill(self.map_template, values).strip()

    def reduce_prompt(self, task: str, parts: Sequence[str]) -> str:
        """What is asked of the parts."""
        told = "\n".join(f"<part {n}>\n{part}\n</part {n}>" for n, part in enumerate(parts, 1))
        return fill(self.reduce_template, {"task": task, "parts": told}).strip()

    def ask(self, role: str, member: Member, prompts: list[str], course: Course) -> list[str] | Reply:
        """Ask in waves; the texts, or the first reply that failed."""

        def asking(prompt: str) -> Ask:
            return role, lambda branch: member(prompt, branch)

        texts: list[str] = []
        for start in range(0, len(prompts), self.parallel):
            wave = [asking(prompt) for prompt in prompts[start:][: self.parallel]]
            replies = ask_all(wave, course, enough=lambda came: not all(reply.ok for reply in came))
            for number, reply in enumerate(replies, start + 1):
                if not reply.ok and not reply.late:
                    why = f"{role} {number} of {len(prompts)} failed, so there is no answer: {failure(reply)}"
                    course.decide(why, role, chosen=False)
                    return reply
            texts += (reply.text for reply in replies)
        return texts
