"""Which failures a ladder goes on from, policy by policy."""

from __future__ import annotations

import pytest

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.patterns.policies import POLICIES, PolicyName, covering

RETURNED = "The model returned the following errors: "
SAID_TOO_LONG = (
    "Input is too long for requested model.",
    f"{RETURNED}prompt is too long: 200049 tokens > 200000 maximum",
    f"{RETURNED}input length and `max_tokens` exceed context limit: 196395 + 64000 > 204698",
    "too many total text bytes: 9000001 > 9000000",
    f"{RETURNED}Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
    "This model's maximum context length is 131072 tokens. Please reduce the length of the prompt",
)
OTHERWISE_WRONG = (
    "Malformed input request, please reformat your input and try again.",
    "The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.",
    "temperature and top_p cannot both be specified for this model",
    "Malformed input request: expected maxLength: 42000, actual: 46735",
)


@pytest.mark.parametrize("words", SAID_TOO_LONG)
def test_what_does_not_fit_the_context_is_known_by_its_words(words: str) -> None:
    assert covering(("context too long",), errors.ValidationFailed(words)) == "context too long"
    # The same words about something else are not.
    assert covering(("context too long",), errors.AccessDenied(words)) is None


@pytest.mark.parametrize("words", OTHERWISE_WRONG)
def test_another_wrong_request_is_not_too_long(words: str) -> None:
    assert covering(tuple(name for name in POLICIES if name != "any"), errors.ValidationFailed(words)) is None


@pytest.mark.parametrize(
    ("error", "policy"),
    [
        (errors.Throttled, "throttling"),
        (errors.QuotaExceeded, "throttling"),
        (errors.ModelNotReady, "capacity"),
        (errors.ServiceUnavailable, "capacity"),
        (errors.Overloaded, "capacity"),
        (errors.InternalServerError, "capacity"),
        (errors.ModelTimeout, "timeout"),
        (errors.ReadTimeout, "timeout"),
        (errors.ConnectTimeout, "timeout"),
        (errors.StallTimeout, "timeout"),
        (errors.ConnectionFailed, "broken"),
        (errors.StreamInterrupted, "broken"),
        (errors.StreamCorrupted, "broken"),
        (errors.ModelStreamError, "broken"),
        (errors.ModelError, "broken"),
        (errors.AccessDenied, "access"),
        (errors.NotFound, "access"),
        (errors.AccessFormNotFilled, "access"),
        (errors.ModelRetired, "access"),
        (errors.TlsFailed, "any"),
        (errors.SpendingLimitReached, "any"),
        (errors.InferenceProfileRequired, "any"),
        (errors.NoCredentials, "any"),
        (errors.Cancelled, None),
        (errors.NotRecorded, None),
    ],
)
def test_every_error_belongs_to_one_policy(error: type[InvocationError], policy: PolicyName | None) -> None:
    applying = [name for name, each in POLICIES.items() if each.applies(error("It failed."))]
    assert applying == ([] if policy is None else [policy, "any"] if policy != "any" else ["any"])
    assert covering(tuple(POLICIES), error("It failed.")) == policy


@pytest.mark.parametrize("error", [errors.CircuitOpen, errors.NobodyAnswered])
def test_a_skipped_target_and_an_inner_pattern_without_an_answer_are_always_gone_on_from(
    error: type[InvocationError],
) -> None:
    assert covering((), error("…")) == "always"
