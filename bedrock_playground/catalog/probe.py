"""What these credentials are and may do, found out without spending anything.

Each permission is tried by a call that is free; whether a model may be called is not among them, because a
call costs tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bedrock_playground.catalog.control import (
    ERRORS,
    credentials_advice,
    is_denied,
    keys_refused,
    make_client,
    refusal,
)
from bedrock_playground.invocation.client import ClientConfig
from bedrock_playground.invocation.error_words import error_words


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials belong to, or why that is not known."""

    account: str | None = None
    """The AWS account."""
    arn: str | None = None
    """The user or the role."""
    problem: str | None = None
    """In words, why nobody said."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission, tried."""

    action: str
    """As IAM names it, such as ``bedrock:ListFoundationModels``."""
    purpose: str
    """What this app does with it."""
    outcome: Literal["allowed", "denied", "unknown"]
    """What came of trying."""
    words: str = ""
    """What to know of it: how much was listed, or why it is not known."""
    advice: str | None = None
    """What to do, where the credentials themselves are at fault."""


def identify(config: ClientConfig) -> Identity:
    """Ask STS who is calling: free, and allowed to everybody.

    Args:
        config: Region, endpoint and credentials.
    """
    try:
        told = make_client(config, "sts").get_caller_identity()
    except ERRORS as error:
        effect = "Whose credentials these are is not known."
        problem = refusal("GetCallerIdentity", error, effect, service="sts")
        return Identity(problem=" ".join(filter(None, (problem, credentials_advice(error)))))
    return Identity(account=told.get("Account"), arn=told.get("Arn"))


def probe(config: ClientConfig) -> tuple[Permission, ...]:
    """Try every permission that can be tried for free.

    Args:
        config: Region, endpoint and credentials.
    """
    try:
        client, runtime = make_client(config), make_client(config, "bedrock-runtime")
    except ERRORS as error:
        problem = f"The client could not be made: {error_words(error).rstrip('.')}."
        advice = credentials_advice(error)
        return (Permission("bedrock:*", "Everything this app does", "unknown", problem, advice),)
    return tuple(_probe(client, runtime))


def _probe(client: Any, runtime: Any) -> Iterator[Permission]:  # noqa: ANN401  # botocore's clients have no types
    models: list[dict[str, Any]] = []
    profiles: list[dict[str, Any]] = []

    def list_models() -> str:
        models.extend(client.list_foundation_models()["modelSummaries"])
        return f"{_count(len(models), 'model')} in this Region."

    def list_profiles() -> str:
        pages = client.get_paginator("list_inference_profiles").paginate()
        profiles.extend(profile for page in pages for profile in page["inferenceProfileSummaries"])
        return f"{_count(len(profiles), 'inference profile')}."

    def list_guardrails() -> str:
        pages = client.get_paginator("list_guardrails").paginate()
        return f"{_count(sum(len(page['guardrails']) for page in pages), 'guardrail')}."

    yield _try("ListFoundationModels", "Which models this Region offers", list_models)
    yield _try("ListInferenceProfiles", "Which profiles reach them", list_profiles)
    yield _with_first(
        "GetInferenceProfile",
        "Which model an application profile reaches",
        candidates=[profile["inferenceProfileArn"] for profile in profiles],
        ask=lambda arn: client.get_inference_profile(inferenceProfileIdentifier=arn),
    )
    yield _with_first(
        "GetFoundationModelAvailability",
        "Whether the account has access to a model",
        candidates=[model["modelId"] for model in models],
        ask=lambda model_id: client.get_foundation_model_availability(modelId=model_id),
    )
    message = {"role": "user", "content": [{"text": "Hello"}]}
    yield _with_first(
        "CountTokens",
        "How many tokens a prompt has, before it is sent",
        candidates=sorted((model["modelId"] for model in models if _counts(model)), key=_rarely_counts),
        ask=lambda model_id: runtime.count_tokens(
            modelId=model_id, input={"converse": {"messages": [message]}}
        ),
    )
    yield _try("ListGuardrails", "Which guardrails can be applied", list_guardrails)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _counts(model: dict[str, Any]) -> bool:
    text = model.get("outputModalities") == ["TEXT"]
    return text and "ON_DEMAND" in model.get("inferenceTypesSupported", ("ON_DEMAND",))


def _rarely_counts(model_id: str) -> bool:
    # Of AWS's models, Claude is known to count.
    return not model_id.startswith("anthropic.claude")


def _with_first(
    operation: str, purpose: str, *, candidates: list[str], ask: Callable[[str], Any]
) -> Permission:
    if not candidates:
        nothing = "Not tried: nothing was listed to ask about."
        return Permission(f"bedrock:{operation}", purpose, "unknown", nothing)

    def ask_first() -> str:
        ask(candidates[0])
        return f"Tried with {candidates[0]}."

    return _try(operation, purpose, ask_first)


def _try(operation: str, purpose: str, ask: Callable[[], str]) -> Permission:
    action = f"bedrock:{operation}"
    try:
        return Permission(action, purpose, "allowed", ask())
    except ERRORS as error:
        if is_denied(error) and not keys_refused(error):
            return Permission(action, purpose, "denied", "The identity's policies do not allow it.")
        words = refusal(operation, error, "").strip()
        return Permission(action, purpose, "unknown", words, credentials_advice(error))
