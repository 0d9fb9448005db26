"""Where an evaluation calls models, and with what: the one thing that whoever starts it has to bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bedrock_playground.invocation.protocol import Invoker
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.patterns.backing import Invokers, Shape
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.spending.estimate import Estimator
from bedrock_playground.spending.guard import Account
from bedrock_playground.spending.ledger import Limits

RETRY = RetryPolicy(max_attempts=8, max_delay=30.0)
"""How often an evaluation tries: more often than a person would wait, because a failure counts as wrong."""
ONCE = RetryPolicy(max_attempts=1)
"""For patterns that try again by their own rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where calls go, who pays and who knows the prices."""

    guarded: Callable[[Account], Invoker]
    """Makes what answers, guarded for an account: ``lambda account: GuardedInvoker(…, account=account, …)``.
    Should try as often as :data:`RETRY` says."""
    estimator: Callable[[], Estimator]
    """Finds who estimates and prices there."""
    guarded_once: Callable[[Account], Invoker] | None = None
    """The same with a single try, for patterns that try again by their own rules."""
    regions: Callable[[Account, str], Invokers] | None = None
    """Finds what answers in another Region, guarded for an account; ``None``: nothing is sent elsewhere."""
    shape: Shape = field(default_factory=shape_by_catalogue)
    """Makes requests by the models' rules."""
    ceiling: Limits = field(default_factory=Limits)
    """What may be spent at most, whatever the evaluation allows itself: the settings' limits, and what is
    left of the session's."""
    agreed: tuple[str, ...] = ()
    """Models that may be called although nobody knows what they cost."""
    embedding_model: str | None = None
    """The embedding model to use where none is named."""

    @property
    def endpoint(self) -> str | None:
        """Where runs are recorded to have gone."""
        return self.estimator().endpoint

    @property
    def region(self) -> str | None:
        """The Region called."""
        return self.estimator().region
