"""What ways of routing have in common: the routes, and a choice among them with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.patterns.members import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a request can go."""

    name: str
    """What rules, classifiers and examples call it; also its role in the trace."""
    member: Member
    """Who answers there."""
    description: str = ""
    """What belongs there, for a classifier: ``Questions that need several steps of reasoning``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a way of routing came to."""

    route: str | None
    """A route's name; ``None``: it cannot tell, so the default route takes the request."""
    why: str
    """The reason, in words."""
