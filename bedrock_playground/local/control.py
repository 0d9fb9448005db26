"""The ``bedrock`` control plane: what models there are."""

from __future__ import annotations

import urllib.parse

from bedrock_playground.local.errors import ApiError, constraint
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.registry import Model, Registry

_ENUMS = {
    "byOutputModality": ["TEXT", "IMAGE", "EMBEDDING"],
    "byInferenceType": ["ON_DEMAND", "PROVISIONED"],
    "byCustomizationType": ["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"],
}
_MEMBERS = {
    "byOutputModality": "outputModalities",
    "byInferenceType": "inferenceTypesSupported",
    "byCustomizationType": "customizationsSupported",
}


def list_foundation_models(registry: Registry, query: str) -> JsonObject:
    """Answer ListFoundationModels with its four filters.

    Raises:
        ApiError: A filter has a value the API does not have.
    """
    wanted = dict(urllib.parse.parse_qsl(query))
    summaries = [model.summary() for model in registry.listed()]
    provider = wanted.get("byProvider")
    if provider is not None:
        summaries = [item for item in summaries if str(item["providerName"]).lower() == provider.lower()]
    for name, member in _MEMBERS.items():
        value = wanted.get(name)
        if value is None:
            continue
        if value not in _ENUMS[name]:
            raise constraint(value, name, f"satisfy enum value set: [{', '.join(_ENUMS[name])}]")
        summaries = [item for item in summaries if value in _as_list(item[member])]
    return {"modelSummaries": summaries}


def get_foundation_model(registry: Registry, identifier: str) -> JsonObject:
    """Answer GetFoundationModel.

    Raises:
        ApiError: There is no such model.
    """
    return {"modelDetails": _find(registry, identifier).summary()}


def list_inference_profiles(query: str) -> JsonObject:
    """Answer ListInferenceProfiles: one machine is one Region, so there are none.

    Raises:
        ApiError: The type is none the API has.
    """
    kind = dict(urllib.parse.parse_qsl(query)).get("type")
    if kind not in (None, "SYSTEM_DEFINED", "APPLICATION"):
        raise constraint(kind, "typeEquals", "satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]")
    return {"inferenceProfileSummaries": []}


def get_inference_profile(identifier: str) -> JsonObject:
    """Answer GetInferenceProfile: always that there is none."""
    raise ApiError(
        "ResourceNotFoundException", f"The inference profile {identifier} was not found.", status=404
    )


def _find(registry: Registry, identifier: str) -> Model:
    try:
        return registry.find(identifier)
    except ApiError:
        raise ApiError(
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the provided model identifier.",
            status=404,
        ) from None


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
