"""What only an account knows of one id or one model, asked for when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.control import ERRORS, make_client, refusal
from bedrock_playground.catalog.resolution import Behind, Kind, behind_of, read_arn
from bedrock_playground.invocation.client import ClientConfig

_UNKNOWN_MODEL = "Which model stands behind it is not known."


def look_up(config: ClientConfig, model_id: str) -> Behind:
    """Ask the account what stands behind one of its ids.

    Args:
        config: Region, endpoint and credentials.
        model_id: An ARN whose resource does not name its model, or an application profile's bare id.

    Returns:
        What was told; a refusal is a ``problem`` in words.
    """
    arn = read_arn(model_id)
    kind: Kind = arn.kind if arn else "application_profile"
    operation, ask = _LOOK_UPS.get(kind, _LOOK_UPS["application_profile"])
    if arn is not None and arn.resource == "custom-model-deployment":
        operation, ask = "GetCustomModelDeployment", _custom_deployment
    service = "bedrock-agent" if kind == "prompt" else "bedrock"
    try:
        return ask(make_client(config, service), model_id)
    except ERRORS as error:
        return Behind(problem=refusal(operation, error, _UNKNOWN_MODEL))


def _inference_profile(client: Any, model_id: str) -> Behind:  # noqa: ANN401  # botocore's clients have no types
    told = client.get_inference_profile(inferenceProfileIdentifier=model_id)
    return behind_of((model["modelArn"] for model in told["models"]), name=told.get("inferenceProfileName"))


def _provisioned(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_provisioned_model_throughput(provisionedModelId=model_id)
    return behind_of([told["foundationModelArn"]], name=told.get("provisionedModelName"))


def _custom_model(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_custom_model(modelIdentifier=model_id)
    base = told.get("baseModelArn")
    if not base:
        return Behind(name=told.get("modelName"), problem="The account does not say what it was made from.")
    return behind_of([base], name=told.get("modelName"))


def _custom_deployment(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_custom_model_deployment(customModelDeploymentIdentifier=model_id)
    return _custom_model(client, told["modelArn"])


def _imported(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_imported_model(modelIdentifier=model_id)
    architecture = told.get("modelArchitecture")
    built = f" Its architecture is {architecture}." if architecture else ""
    return Behind(
        name=told.get("modelName"),
        problem=f"It is a model of the account's own: no rules and no token prices are known.{built}",
    )


def _prompt_router(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_prompt_router(promptRouterArn=model_id)
    models = [*told["models"], told["fallbackModel"]]
    return behind_of((model["modelArn"] for model in models), name=told.get("promptRouterName"))


def _marketplace(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    told = client.get_marketplace_model_endpoint(endpointArn=model_id)["marketplaceModelEndpoint"]
    source = told["modelSourceIdentifier"]
    return Behind(problem=f"It serves {source}, of which no rules and no token prices are known.")


def _prompt(client: Any, model_id: str) -> Behind:  # noqa: ANN401
    arn, _, version = model_id.partition(":prompt/")[2].partition(":")
    identifier = model_id.removesuffix(f":{version}") if version else model_id
    told = client.get_prompt(
        promptIdentifier=identifier, **({"promptVersion": version} if version and arn else {})
    )
    models = [variant["modelId"] for variant in told.get("variants", ()) if variant.get("modelId")]
    if not models:
        return Behind(name=told.get("name"), problem="The prompt names no model.")
    return behind_of(models, name=told.get("name"))


_LOOK_UPS: Mapping[Kind, tuple[str, Callable[[Any, str], Behind]]] = {
    "application_profile": ("GetInferenceProfile", _inference_profile),
    "provisioned": ("GetProvisionedModelThroughput", _provisioned),
    "custom": ("GetCustomModel", _custom_model),
    "imported": ("GetImportedModel", _imported),
    "prompt_router": ("GetPromptRouter", _prompt_router),
    "marketplace": ("GetMarketplaceModelEndpoint", _marketplace),
    "prompt": ("GetPrompt", _prompt),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the account may call a model in a Region."""

    allowed: bool | None
    """``None``: not known."""
    words: str
    """In a sentence, what is missing or that nothing is."""


def access_to(config: ClientConfig, base_id: str) -> Access:
    """Ask GetFoundationModelAvailability about one foundation model.

    Args:
        config: Region, endpoint and credentials.
        base_id: The foundation model's own id.
    """
    try:
        told = make_client(config).get_foundation_model_availability(modelId=base_id)
    except ERRORS as error:
        effect = "Whether the account may call it is not known before it is called."
        return Access(None, refusal("GetFoundationModelAvailability", error, effect))
    missing = [
        words
        for words, here in (
            ("this Region does not have it", told.get("regionAvailability") == "NOT_AVAILABLE"),
            ("the account is not authorised to use it", told.get("authorizationStatus") == "NOT_AUTHORIZED"),
            ("the account has no entitlement to it", told.get("entitlementAvailability") == "NOT_AVAILABLE"),
            (
                _agreement(told),
                told.get("agreementAvailability", {}).get("status") not in {None, "AVAILABLE"},
            ),
        )
        if here
    ]
    if not told.get("authorizationStatus"):
        return Access(allowed=None, words="The answer does not say whether the account may call it.")
    if missing:
        return Access(allowed=False, words=f"It cannot be called: {'; '.join(missing)}.")
    return Access(allowed=True, words="The account may call it in this Region.")


def _agreement(told: Mapping[str, Any]) -> str:
    status = told.get("agreementAvailability", {}).get("status")
    if status == "PENDING":
        return "its agreement is still being worked on"
    return "its agreement has not been accepted (Bedrock console, Model access)"


@dataclass(frozen=True, slots=True)
class GuardrailSummary:
    """A guardrail of the account."""

    guardrail_id: str
    """What is sent as ``guardrailIdentifier``."""
    name: str
    """What its owner calls it."""
    description: str | None = None
    """What it is for, in its owner's words."""
    status: str | None = None
    """``READY`` and others, in the service's words."""
    versions: tuple[str, ...] = ("DRAFT",)
    """Its versions, the draft first, then the newest."""


@dataclass(frozen=True, slots=True)
class Guardrails:
    """The account's guardrails."""

    items: tuple[GuardrailSummary, ...] = ()
    """Sorted by name."""
    problem: str | None = None
    """In words, why the list is empty or short."""


_MAX_VERSIONS_ASKED = 50


def list_guardrails(config: ClientConfig) -> Guardrails:
    """List the account's guardrails with their versions.

    Args:
        config: Region, endpoint and credentials.
    """
    items: list[GuardrailSummary] = []
    try:
        client = make_client(config)
        paginator = client.get_paginator("list_guardrails")
        drafts = [row for page in paginator.paginate() for row in page["guardrails"]]
        for draft in drafts:
            versions = ["DRAFT"]
            if len(items) < _MAX_VERSIONS_ASKED:
                # One call each, so not without an end; an older version can still be typed.
                pages = paginator.paginate(guardrailIdentifier=draft["id"])
                told = [row["version"] for page in pages for row in page["guardrails"]]
                versions += sorted({item for item in told if item.isdecimal()}, key=int, reverse=True)
            items.append(
                GuardrailSummary(
                    guardrail_id=draft["id"],
                    name=draft["name"],
                    description=draft.get("description"),
                    status=draft.get("status"),
                    versions=tuple(versions),
                )
            )
    except ERRORS as error:
        effect = "The account's guardrails cannot be offered; an id can be typed."
        return Guardrails(tuple(items), refusal("ListGuardrails", error, effect))
    return Guardrails(tuple(sorted(items, key=lambda item: item.name.lower())))
