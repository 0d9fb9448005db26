"""Live discovery: the models and inference profiles that a Region lists for these credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args

import boto3
import botocore.exceptions
from botocore.config import Config

from bedrock_playground.catalog.models import Catalogue, Modality, ModelOption, ModelSpec, Scope
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.invocation.client import ClientConfig

_GEOGRAPHIES = ("us.", "us-gov.", "eu.", "apac.", "au.", "ca.", "jp.")


def discover(config: ClientConfig) -> Catalogue:
    """List what can be reached.

    A denied permission or an unreachable endpoint is a ``problem`` in words, never an exception: the picker
    still takes a typed id.

    Args:
        config: Region, endpoint and credentials.
    """
    problems: list[str] = []
    models: list[tuple[ModelOption, bool]] = []
    profiles: list[ModelOption] = []
    try:
        client = _control_client(config)
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        return Catalogue((), f"The model list could not be asked for: {error}")
    reads: tuple[tuple[str, Callable[[], None]], ...] = (
        ("ListFoundationModels", lambda: models.extend(_foundation_models(client))),
        ("ListInferenceProfiles", lambda: profiles.extend(_inference_profiles(client))),
    )
    for name, ask in reads:
        try:
            ask()
        except botocore.exceptions.ClientError as error:
            problems.append(_denied(name, error))
        except botocore.exceptions.BotoCoreError as error:
            problems.append(f"{name} failed: {error}.")
    behind = {spec.model_id: spec for spec, _ in models}
    offered = [
        # A model that only a profile reaches is offered by its profiles: its own id would be refused.
        *(spec for spec, on_demand in models if on_demand),
        *(_like_its_model(profile, behind.get(base_model_id(profile.model_id))) for profile in profiles),
    ]
    offered.sort(key=lambda spec: (spec.provider.lower(), spec.name.lower(), spec.model_id))
    return Catalogue(tuple(offered), " ".join(problems) or None)


def _control_client(config: ClientConfig) -> Any:  # noqa: ANN401  # botocore's clients have no types
    session = boto3.Session(
        aws_access_key_id=config.access_key_id,
        aws_secret_access_key=config.secret_access_key,
        aws_session_token=config.session_token,
        profile_name=config.profile,
        region_name=config.region,
    )
    options = Config(
        connect_timeout=min(config.connect_timeout, 5.0),
        read_timeout=15,
        # A page waits for this: one more try is enough, and the picker works without.
        retries={"total_max_attempts": 2, "mode": "standard"},
        # Explicit keys are meant: a Bedrock API key in the environment would beat them.
        auth_scheme_preference="sigv4" if config.access_key_id else None,
    )
    return session.client("bedrock", endpoint_url=config.endpoint_url, config=options)


def _denied(operation: str, error: botocore.exceptions.ClientError) -> str:
    code = error.response.get("Error", {}).get("Code", "an error")
    if code in {"AccessDeniedException", "UnauthorizedOperation", "AccessDenied"}:
        return f"{operation} was denied: it needs bedrock:{operation}. You can still type a model id."
    return (
        f"{operation} failed with {code}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
        + "."
    )


def _foundation_models(client: Any) -> Iterator[tuple[ModelOption, bool]]:  # noqa: ANN401  # botocore's clients have no types
    for summary in client.list_foundation_models()["modelSummaries"]:
        kinds = summary.get("inferenceTypesSupported", ())
        model_id = summary["modelId"]
        name = summary.get("modelName") or model_id
        provider = summary.get("providerName") or "unknown"
        option = ModelOption(
            model_id=model_id,
            name=name,
            provider=provider,
            scope="local" if model_id.startswith("local.") else "in_region",
            spec=ModelSpec(
                model_id=model_id,
                name=name,
                provider=provider,
                input_modalities=_modalities(summary.get("inputModalities", ())),
                output_modalities=_modalities(summary.get("outputModalities", ())),
                streaming=summary.get("responseStreamingSupported"),
            ),
            status=summary.get("modelLifecycle", {}).get("status"),
        )
        yield option, not kinds or "ON_DEMAND" in kinds


def _inference_profiles(client: Any) -> Iterator[ModelOption]:  # noqa: ANN401  # botocore's clients have no types
    for page in client.get_paginator("list_inference_profiles").paginate():
        for summary in page["inferenceProfileSummaries"]:
            profile_id = summary["inferenceProfileId"]
            application = summary.get("type") == "APPLICATION"
            yield ModelOption(
                model_id=summary["inferenceProfileArn"] if application else profile_id,
                name=summary.get("inferenceProfileName") or profile_id,
                provider=_provider_of(profile_id, application=application),
                scope="application" if application else _scope_of(profile_id),
                status=summary.get("status"),
            )


def _scope_of(profile_id: str) -> Scope:
    if profile_id.startswith("global."):
        return "global"
    return "geographic" if profile_id.startswith(_GEOGRAPHIES) else "in_region"


def _provider_of(profile_id: str, *, application: bool) -> str:
    # A system profile's id is scope.provider.model; an application profile's says nothing about its model.
    parts = profile_id.split(".")
    return "Application profile" if application or len(parts) < 3 else parts[1]


def _like_its_model(profile: ModelOption, model: ModelOption | None) -> ModelOption:
    """Give a profile what is known of the model behind it."""
    return replace(profile, provider=model.provider, spec=model.spec) if model else profile


def _modalities(told: Sequence[str]) -> tuple[Modality, ...]:
    known = get_args(Modality)
    return tuple(name.lower() for name in told if name.lower() in known)  # type: ignore[misc]
