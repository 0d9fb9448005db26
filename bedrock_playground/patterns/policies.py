"""For which failures a fallback goes on to its next target: named policies, each with the errors it covers.

What no policy covers ends the ladder at once: a request that is wrong here is wrong in another Region too,
and whoever is told so early can repair it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.errors import InvocationError

PolicyName: TypeAlias = Literal[
    "throttling", "capacity", "timeout", "broken", "access", "context too long", "any"
]

TOO_LONG = (
    "input is too long",
    "prompt is too long",
    "exceed context limit",
    "too many total text bytes",
    "input tokens exceeded",
    "maximum context length",
)
"""How a ``ValidationException`` says that a request does not fit the model's context, in small letters.

Bedrock's own words ("Input is too long for requested model.", aws-samples/bedrock-chat#95), Anthropic's
("prompt is too long: 200049 tokens > 200000 maximum", daisuke-awaji/moca#254; "input length and `max_tokens`
exceed context limit", RooCodeInc/Roo-Code#3713; "too many total text bytes", the list in AWS's
strands-agents/sdk-python, ``models/bedrock.py``), Nova's ("Input Tokens Exceeded: Number of input tokens
exceeds maximum length.") and Llama's ("This model's maximum context length is …",
NousResearch/hermes-agent#98726)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A kind of failure that another target may do better with."""

    name: PolicyName
    """What it is called in files and on pages."""
    covers: tuple[type[InvocationError], ...]
    """The errors, their subclasses included."""
    why: str
    """Why another target may help, in words."""
    but: tuple[type[InvocationError], ...] = ()
    """Subclasses that it does not cover after all."""
    words: tuple[str, ...] = ()
    """It covers an error only if its message says one of these; empty: whatever it says."""

    def applies(self, error: InvocationError) -> bool:
        """Whether an error is one of its kind."""
        if not isinstance(error, self.covers) or isinstance(error, self.but):
            return False
        return not self.words or any(words in error.message.lower() for words in self.words)


POLICIES: dict[PolicyName, Policy] = {
    policy.name: policy
    for policy in (
        Policy(
            "throttling",
            (errors.Throttled, errors.QuotaExceeded),
            "Quotas are counted per account, Region and model: another model or Region has its own.",
        ),
        Policy(
            "capacity",
            (
                errors.ModelNotReady,
                errors.ServiceUnavailable,
                errors.Overloaded,
                errors.InternalServerError,
            ),
            "The service has no room or is down here and now; another Region or model may have some.",
        ),
        Policy(
            "timeout",
            (errors.ModelTimeout, errors.ReadTimeout, errors.ConnectTimeout, errors.StallTimeout),
            "It took too long; a quicker model or another Region may be in time.",
        ),
        Policy(
            "broken",
            (errors.ConnectionFailed, errors.StreamError, errors.ModelError),
            "The connection or the model failed on the way; the next attempt takes another way.",
            but=(errors.TlsFailed, errors.ReadTimeout, errors.ConnectTimeout, errors.StallTimeout),
        ),
        Policy(
            "access",
            (errors.AccessDenied, errors.NotFound),
            "This account may not call it, or it does not exist in this Region; another may be open to it.",
        ),
        Policy(
            "context too long",
            (errors.ValidationFailed,),
            "The request does not fit this model's context window; another model's may be larger.",
            words=TOO_LONG,
        ),
        Policy(
            "any",
            (InvocationError,),
            "Whatever it was, the next one is asked.",
            but=(errors.Cancelled, errors.NotRecorded),
        ),
    )
}
"""Every policy, in the order in which a page offers them."""

_ALWAYS = (errors.CircuitOpen, errors.NobodyAnswered)


def covering(names: Iterable[PolicyName], error: InvocationError) -> str | None:
    """Which policy says to go on after an error; ``None``: none of them.

    A target that was not asked because its breaker is open, and a pattern inside in which nobody answered,
    are always gone on from.
    """
    if isinstance(error, _ALWAYS):
        return "always"
    return next((name for name in names if POLICIES[name].applies(error)), None)
