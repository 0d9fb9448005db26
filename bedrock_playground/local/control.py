"""The ``bedrock`` control plane: what models there are; and who the caller is."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from xml.sax.saxutils import escape

from bedrock_playground.local.errors import ApiError, constraint, invalid
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.fixtures.models import ACCOUNT
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


def list_inference_profiles(registry: Registry, query: str) -> JsonObject:
    """Answer ListInferenceProfiles, page by page; one machine is one Region, so only tests have any.

    Raises:
        ApiError: A parameter is none the API has.
    """
    wanted = dict(urllib.parse.parse_qsl(query))
    kind = wanted.get("type")
    if kind not in (None, "SYSTEM_DEFINED", "APPLICATION"):
        raise constraint(kind, "typeEquals", "satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]")
    found = [item for item in registry.profiles() if item["type"] == (kind or item["type"])]
    start, size = wanted.get("nextToken", "0"), wanted.get("maxResults", "1000")
    if not start.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise invalid("nextToken or maxResults is not valid.")
    end = int(start) + int(size)
    more: JsonObject = {"nextToken": str(end)} if end < len(found) else {}
    return {"inferenceProfileSummaries": found[int(start) : end], **more}


def get_inference_profile(registry: Registry, identifier: str) -> JsonObject:
    """Answer GetInferenceProfile by id or ARN.

    Raises:
        ApiError: There is no such profile.
    """
    for profile in registry.profiles():
        if identifier in (profile["inferenceProfileId"], profile["inferenceProfileArn"]):
            return profile
    raise ApiError(
        "ResourceNotFoundException", f"The inference profile {identifier} was not found.", status=404
    )


def foundation_model_availability(registry: Registry, identifier: str) -> JsonObject:
    """Answer GetFoundationModelAvailability: whatever is here may be called.

    Raises:
        ApiError: There is no such model.
    """
    model = _find(registry, identifier)
    return {
        "modelId": model.model_id,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }


def caller_identity(form: Mapping[str, str], caller: str, request_id: str) -> str:
    """Answer STS's GetCallerIdentity in its XML.

    Args:
        form: What was sent.
        caller: The caller's access key id.
        request_id: The request's.

    Raises:
        ApiError: It asks for something else.
    """
    if form.get("Action") != "GetCallerIdentity":
        raise ApiError("UnknownOperationException", "The requested operation is not recognized.", status=404)
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<GetCallerIdentityResult>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:user/local</Arn>"
        f"<UserId>{escape(caller)}</UserId>"
        f"<Account>{ACCOUNT}</Account>"
        "</GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
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
