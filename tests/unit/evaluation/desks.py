"""Answers to be scored, and a desk whose models say what a test wants.

The runner's own desk calls models through the guard; what a judge may say is endless, so that here it is
scripted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.values import Answer, Case
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.values import InvocationResult, Json, Timing


def answer(
    text: str, *, cost: str | None = None, total: float | None = None, ttft: float | None = None
) -> Answer:
    """A completed answer."""
    timing = Timing(total=total, time_to_first_token=ttft)
    return Answer(InvocationResult(text=text, timing=timing), None if cost is None else Decimal(cost))


def case(*accepted: str, checks: dict[str, Json] | None = None, **inputs: str) -> Case:
    """A case with these answers."""
    return Case(
        number=1,
        inputs=inputs,
        expected=accepted[0] if accepted else None,
        references=accepted[1:],
        checks=checks or {},
    )


@dataclass
class Asked:
    """One call."""

    variant: Variant
    prompt: str
    system: str
    schema: str
    role: str


@dataclass
class ScriptedDesk:
    """A desk whose judge says what a function makes of what it is asked."""

    says: Callable[[Asked], str | InvocationError] = lambda _: ""
    price: str | None = "0.001"
    stop_reason: str = "end_turn"
    vectors: Callable[[Sequence[str]], Sequence[Sequence[float]]] = lambda texts: [[1.0] for _ in texts]
    asked: list[Asked] = field(default_factory=list)
    embedded: list[tuple[Sequence[str], str | None]] = field(default_factory=list)

    def ask(
        self,
        variant: Variant,
        prompt: str,
        *,
        system: str | None = None,
        output_schema: str | None = None,
        role: str = "judge",
    ) -> Answer:
        """Say it."""
        call = Asked(variant, prompt, system or "", output_schema or "", role)
        self.asked.append(call)
        said = self.says(call)
        cost = None if self.price is None else Decimal(self.price)
        if isinstance(said, InvocationError):
            return Answer(InvocationResult(error=said), cost)
        return Answer(InvocationResult(text=said, stop_reason=self.stop_reason), cost)

    def embed(self, texts: Sequence[str], *, model_id: str | None = None) -> Sequence[Sequence[float]]:
        """Embed them."""
        self.embedded.append((texts, model_id))
        return self.vectors(texts)


SILENT = ScriptedDesk()
"""For scorers that ask nobody."""
