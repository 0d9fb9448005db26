"""How a pattern's roles follow each other, as stages: who is asked beside whom, and how one gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from bedrock_playground.patterns.aggregation import Aggregation
from bedrock_playground.patterns.caching import Cache
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.ranking import PASSAGES, QUESTION, Ranking
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_neighbours import EMBEDDING, Neighbours

Link: TypeAlias = Literal["then", "else", "one", "all"]
"""How one gets to a stage: always; if the one before did not do; to one of it; to all of it at once."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Roles that stand beside each other."""

    roles: tuple[tuple[str, Member | None], ...]
    """Role and who plays it; ``None``: no model of the pattern's own, such as an embedding."""
    link: Link
    """How one gets here."""
    word: str = ""
    """What the way here says beside itself."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The stages of a pattern, and which of them the answer can come from."""

    stages: tuple[Stage, ...]
    """In order."""
    answers: tuple[str, ...]
    """The roles whose answer can be the pattern's."""
    early: str = ""
    """What the way says from a stage that is not the last one straight to the answer."""
    aside: tuple[tuple[str, Member | None], ...] = ()
    """Who is asked about the answers, and never answers: a cascade's judge."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Where a role's calls go, by role; only where that is another Region than the connection's."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role, in order."""
        staged = (role for stage in self.stages for role, _ in stage.roles)
        return (*staged, *(role for role, _ in self.aside))


def arrangement(pattern: Pattern) -> Arrangement:
    """Say how a pattern's roles follow each other; of a kind that nobody drew yet, one after the other."""
    return _SHAPES.get(pattern.kind, _sequence)(pattern)


def _sequence(pattern: Pattern) -> Arrangement:
    """One after the other; the last one answers."""
    roles = pattern.roles()
    return Arrangement(tuple(Stage((pair,), "then") for pair in roles), tuple(role for role, _ in roles[-1:]))


def _ladder(roles: Sequence[tuple[str, Member | None]], *, word: str, early: str) -> Arrangement:
    """The next one if the one before did not do; each may answer."""
    stages = tuple(
        Stage((pair,), "else", word) if place else Stage((pair,), "then") for place, pair in enumerate(roles)
    )
    return Arrangement(stages, tuple(role for role, _ in roles), early)


def _cascade(pattern: Pattern) -> Arrangement:
    """Tier after tier; judges stand aside."""
    if not isinstance(pattern, Cascade):
        return _sequence(pattern)
    tiers = pattern.steps()
    drawn = _ladder(tiers, word="if not good enough", early="if it is good enough")
    return replace(drawn, aside=pattern.roles()[len(tiers) :])


def _fallback(pattern: Pattern) -> Arrangement:
    """Target after target; then a kept answer, then a shorter one, where these are wanted."""
    roles: list[tuple[str, Member | None]] = list(pattern.roles())
    if isinstance(pattern, Fallback) and pattern.cached:
        roles.insert(len(pattern.targets), ("kept", None))
    targets = pattern.targets if isinstance(pattern, Fallback) else ()
    where = {f"target {n}": each.region for n, each in enumerate(targets, 1) if each.region}
    return replace(_ladder(roles, word="if it fails", early="if it answers"), where=where)


def _routing(pattern: Pattern) -> Arrangement:
    """Whoever decides, if a model does; then one of the routes."""
    if not isinstance(pattern, Routing):
        return _sequence(pattern)
    names = tuple(route.name for route in pattern.routes)
    routes = tuple(pair for pair in pattern.roles() if pair[0] in names)
    first: tuple[tuple[str, Member | None], ...] = tuple(
        pair for pair in pattern.roles() if pair[0] not in names
    )
    if isinstance(pattern.by, Neighbours):
        first = ((EMBEDDING, None),)
    deciding = (Stage(first, "then"),) if first else ()
    return Arrangement((*deciding, Stage(routes, "one")), names)


def _aggregation(pattern: Pattern) -> Arrangement:
    """All at once; then whoever makes one answer of theirs, if a model does."""
    if not isinstance(pattern, Aggregation):
        return _sequence(pattern)
    panel, merging = pattern.panel(), pattern.roles()[len(pattern.panel()) :]
    after = (Stage(merging, "then"),) if merging else ()
    answers = merging or panel
    return Arrangement((Stage(panel, "all"), *after), tuple(role for role, _ in answers))


def _map_reduce(pattern: Pattern) -> Arrangement:
    """Read in pieces, then put together; what fits into one piece is not."""
    drawn = _sequence(pattern)
    return replace(drawn, answers=drawn.roles, early="if it fits in one piece")


def _cache(pattern: Pattern) -> Arrangement:
    """The prompt's embedding, where near prompts count; then the answer, kept or new."""
    drawn = _sequence(pattern)
    if isinstance(pattern, Cache) and pattern.semantic is not None:
        drawn = replace(drawn, stages=(Stage(((EMBEDDING, None),), "then"), *drawn.stages))
    return drawn


def _ranking(pattern: Pattern) -> Arrangement:  # noqa: ARG001 - as the others
    """The question's embedding, then each passage's; no model of its own takes part."""
    return Arrangement((Stage(((QUESTION, None),), "then"), Stage(((PASSAGES, None),), "then")), (PASSAGES,))


_SHAPES: Mapping[str, Callable[[Pattern], Arrangement]] = {
    Cascade.kind: _cascade,
    Fallback.kind: _fallback,
    Routing.kind: _routing,
    Aggregation.kind: _aggregation,
    MapReduce.kind: _map_reduce,
    Cache.kind: _cache,
    Ranking.kind: _ranking,
}
