"""Routing by embeddings: a request goes where the labelled examples most like it went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.embedding import Embed, cosine
from bedrock_playground.patterns.exports.parts.routing import Chooser


@dataclass(kw_only=True)
class Example:
    """A request of which somebody said where it belongs, with its vector."""

    text: str
    route: str
    vector: Sequence[float] = ()  # empty: embedded anew for every request


def by_neighbours(*examples: Example, embed: Embed, k: int, threshold: float) -> Chooser:
    """Choose by the votes of the nearest examples, each weighted by its similarity."""

    def choose(prompt: str, course: Course) -> tuple[str | None, str]:
        wanted = embed(prompt, course.within("embedding")).fields
        if not wanted:
            return None, "the request could not be embedded"
        known = [
            example.vector or embed(example.text, course.within(f"example {number}")).fields or ()
            for number, example in enumerate(examples, 1)
        ]
        if any(len(vector) != len(wanted) for vector in known):
            return None, "an example has no vector of this embedding model"
        found = nearest([cosine(wanted, vector) for vector in known], k)
        close = [(place, similarity) for place, similarity in found if similarity >= threshold]
        if not close:
            best = f"the nearest has {found[0][1]:.2f}" if found else "there are no examples"
            return None, f"no example is as similar as {threshold:.2f}: {best}"
        votes: dict[str, float] = defaultdict(float)
        for place, similarity in close:
            votes[examples[place].route] += similarity
        # The first to be counted is the nearest one's route, and wins a tie.
        route = max(votes, key=lambda name: round(votes[name], 9))
        like = examples[close[0][0]].text
        shown = ", ".join(f"{name} {weight:.2f}" for name, weight in votes.items())
        return route, f"its nearest example is “{like:.60}” ({close[0][1]:.2f}); votes: {shown}"

    return choose


def nearest(similarities: list[float], count: int) -> list[tuple[int, float]]:
    """Places and similarities of the nearest; those as near as the last one are found as well."""
    found = sorted(enumerate(similarities), key=lambda pair: -pair[1])
    if len(found) <= count:
        return found
    last = found[count - 1][1]
    return [pair for pair in found if pair[1] >= last - 1e-9]
