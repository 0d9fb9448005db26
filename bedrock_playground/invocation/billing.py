"""What a run that told no tokens may have been billed for, and what a run costs that was never sent.

Standard library only.
"""

from __future__ import annotations

from decimal import Decimal

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import Attempt, InvocationResult

NEVER_SENT = Cost(Decimal(0), confidence=Confidence.EXACT, note="Never sent: no charge.")
"""What a run cost that was stopped while it waited, or that the spending guard refused."""
REFUSED = Cost(Decimal(0), confidence=Confidence.EXACT, note="The service refused it: no charge.")
"""What a run cost that the service turned away before anything was generated."""

_UNBILLED: tuple[type[errors.InvocationError], ...] = (
    errors.SetupError,
    errors.SpendingRefused,
    errors.ConnectTimeout,
    errors.TlsFailed,
    errors.ServiceError,
)
"""After these nothing is billed, unless an answer had begun: nothing was sent, or the service refused."""
_PERHAPS_BILLED: tuple[type[errors.InvocationError], ...] = (
    errors.ModelTimeout,
    errors.ModelError,
    errors.InternalServerError,
    errors.UnknownServiceError,
)
"""But for these: the model may have worked for money."""


def was_billed(result: InvocationResult) -> bool:
    """Whether the last try of a run without token counts may have cost something."""
    if result.error is None or result.text or result.reasoning or result.content:
        # Whatever broke it off, even a refusal in mid-stream: what was generated until then may be billed.
        return True
    return bool(result.attempts) and perhaps_billed(result.attempts[-1])


def perhaps_billed(attempt: Attempt) -> bool:
    """Whether a try that failed may have cost something."""
    if attempt.sent is False:
        return False
    kind = getattr(errors, attempt.error_type or "", errors.InvocationError)
    return issubclass(kind, _PERHAPS_BILLED) or not issubclass(kind, _UNBILLED)
