"""Live discovery: what a Region lists for these credentials, laid over the snapshot.

What AWS tells wins over the snapshot; what it does not tell (context windows, prices, rules) stays. A denied
permission or an unreachable endpoint is a ``problem`` in words, never an exception: the snapshot is offered
then, and any id can be typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, cast, get_args

from bedrock_playground.catalog.catalogue import Catalogue
from bedrock_playground.catalog.control import ERRORS, make_client, refusal
from bedrock_playground.catalog.models import (
    Lifecycle,
    Modality,
    ModelOption,
    ModelSpec,
    Profile,
    Provenance,
)
from bedrock_playground.catalog.resolution import Behind, behind_of
from bedrock_playground.catalog.snapshot import load_models, snapshot_date
from bedrock_playground.invocation.client import ClientConfig

# Converse takes documents for many models; the control plane has no word for them.
_UNTOLD_MODALITIES = ("document",)
_CONTEXT_SUFFIX = re.compile(r":\d+(?:k|mm)$")


@dataclass(slots=True)
class _Told:
    """What the account told, and what stood in the way."""

    summaries: list[dict[str, Any]] = field(default_factory=list)
    profiles: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def discover(config: ClientConfig, *, snapshot: Mapping[str, ModelSpec] | None = None) -> Catalogue:
    """List what can be reached, and what else is known.

    Args:
        config: Region, endpoint and credentials.
        snapshot: What is known without asking; by default what the package brings.
    """
    known = load_models() if snapshot is None else snapshot
    told = _ask(config)
    return _lay_over(known, told, today=datetime.now(UTC).date())


def without_asking(problem: str | None = None) -> Catalogue:
    """What the snapshot knows, where nobody can be asked."""
    return _lay_over(load_models(), _Told(problems=[problem] if problem else []), today=snapshot_date())


_EFFECTS = {
    "ListFoundationModels": "Which models this Region has is not known.",
    "ListInferenceProfiles": "Which inference profiles the account has is not known.",
}


def _ask(config: ClientConfig) -> _Told:
    told = _Told()
    try:
        client = make_client(config)
    except ERRORS as error:
        told.problems.append(f"The account's models could not be asked for: {error}")
        return told
    failures: dict[str, Exception] = {}
    for operation in _EFFECTS:
        try:
            if operation == "ListFoundationModels":
                told.summaries = list(client.list_foundation_models()["modelSummaries"])
            else:
                told.profiles = list(_inference_profiles(client))
        except ERRORS as error:
            failures[operation] = error
    told.problems = list(_in_words(failures))
    return told


def _in_words(failures: Mapping[str, Exception]) -> Iterator[str]:
    """Say what failed; where both calls did for one reason (no credentials, no network), say it once."""
    if not failures:
        return
    if len(failures) > 1 and len({str(error) for error in failures.values()}) == 1:
        error = next(iter(failures.values()))
        yield refusal(" and ".join(failures), error, "Which models and profiles there are is not known.")
    else:
        for operation, error in failures.items():
            yield refusal(operation, error, _EFFECTS[operation])
    yield f"What is offered comes from the snapshot of {snapshot_date():%d %B %Y}; any id can be typed."


def _inference_profiles(client: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # botocore's clients have no types
    # By type: what the service lists without one is not documented.
    paginator = client.get_paginator("list_inference_profiles")
    for kind in ("SYSTEM_DEFINED", "APPLICATION"):
        for page in paginator.paginate(typeEquals=kind):
            yield from page["inferenceProfileSummaries"]


def _lay_over(known: Mapping[str, ModelSpec], told: _Told, *, today: date) -> Catalogue:
    models = dict(known)
    listed: dict[str, ModelOption] = {}
    for summary in told.summaries:
        spec = _spec(summary, known, today=today)
        if spec.model_id == summary["modelId"]:
            models[spec.model_id] = spec
        if spec.on_demand is not False:
            # A model that only a profile reaches is offered by its profiles: its own id would be refused.
            listed[spec.model_id] = _option(spec, status=summary.get("modelLifecycle", {}).get("status"))
    behind: dict[str, Behind] = {}
    for profile in told.profiles:
        option = _profile(profile, models, behind)
        listed.setdefault(option.model_id, option)
    unlisted = [option for spec in known.values() for option in _ways(spec) if option.model_id not in listed]
    return Catalogue(
        options=(*sorted(listed.values(), key=_place), *sorted(unlisted, key=_place)),
        problem=" ".join(told.problems) or None,
        models=models,
        behind=behind,
    )


def _spec(summary: Mapping[str, Any], known: Mapping[str, ModelSpec], *, today: date) -> ModelSpec:
    """What is known of a listed model: the service's word over the snapshot's."""
    model_id: str = summary["modelId"]
    before = known.get(model_id) or known.get(_CONTEXT_SUFFIX.sub("", model_id))
    if before is not None and before.model_id != model_id:
        # One of a model's context lengths, for Provisioned Throughput alone.
        return replace(before, on_demand=False) if _on_demand(summary) is False else before
    facts = {name: value for name, value in _facts(summary, before).items() if value not in (None, ())}
    told = {name: Provenance("ListFoundationModels", today) for name in facts}
    if before is None:
        names = {"name": model_id, "provider": "unknown"}
        return ModelSpec(model_id=model_id, provenance=told, **{**names, **facts})
    return replace(before, provenance={**before.provenance, **told}, **facts)


def _facts(summary: Mapping[str, Any], before: ModelSpec | None) -> dict[str, Any]:
    lifecycle = summary.get("modelLifecycle", {})
    ends = lifecycle.get("endOfLifeTime")
    return {
        "name": summary.get("modelName"),
        "provider": summary.get("providerName"),
        "input_modalities": _modalities(
            summary.get("inputModalities", ()), before.input_modalities if before else ()
        ),
        "output_modalities": _modalities(
            summary.get("outputModalities", ()), before.output_modalities if before else ()
        ),
        "streaming": summary.get("responseStreamingSupported"),
        "lifecycle": _lifecycle(lifecycle.get("status")),
        "end_of_life": ends.date() if isinstance(ends, datetime) else None,
        "on_demand": _on_demand(summary),
    }


def _lifecycle(status: str | None) -> Lifecycle | None:
    word = (status or "").lower()
    return cast("Lifecycle", word) if word in get_args(Lifecycle) else None


def _on_demand(summary: Mapping[str, Any]) -> bool | None:
    kinds = summary.get("inferenceTypesSupported")
    return "ON_DEMAND" in kinds if kinds else None


def _modalities(told: Sequence[str], before: Sequence[Modality]) -> tuple[Modality, ...]:
    named = [name.lower() for name in told if name.lower() in get_args(Modality)]
    untold = [name for name in before if named and name in _UNTOLD_MODALITIES and name not in named]
    return cast("tuple[Modality, ...]", (*named, *untold))


def _profile(
    summary: Mapping[str, Any], models: dict[str, ModelSpec], behind: dict[str, Behind]
) -> ModelOption:
    """Make an inference profile an option, and note what stands behind it."""
    profile_id: str = summary["inferenceProfileId"]
    name = summary.get("inferenceProfileName") or profile_id
    told = behind_of((model["modelArn"] for model in summary.get("models", ())), name=name)
    if summary.get("type") == "APPLICATION":
        arn: str = summary["inferenceProfileArn"]
        spec = models.get(told.base_ids[0]) if len(told.base_ids) == 1 else None
        if told.base_ids:
            behind[arn] = behind[profile_id] = told
        return ModelOption(
            model_id=arn,
            name=name,
            provider=spec.provider if spec else "Application profile",
            scope="application",
            spec=spec,
            status=summary.get("status"),
        )
    # A system profile's id is its geography and the model's own id.
    geography, _, named = profile_id.partition(".")
    base = told.base_ids[0] if len(told.base_ids) == 1 else named
    spec = models.get(base)
    if spec is not None and all(profile.profile_id != profile_id for profile in spec.profiles):
        scope: Literal["geographic", "global"] = "global" if geography == "global" else "geographic"
        spec = replace(spec, profiles=(*spec.profiles, Profile(profile_id, scope, geography)))
        models[base] = spec
    parts = profile_id.split(".")
    return ModelOption(
        model_id=profile_id,
        name=name,
        provider=spec.provider if spec else parts[1] if len(parts) > 2 else profile_id,
        scope="global" if geography == "global" else "geographic",
        spec=spec,
        status=summary.get("status"),
    )


def _ways(spec: ModelSpec) -> Iterator[ModelOption]:
    """The ids by which a model of the snapshot is called."""
    if spec.on_demand is not False or not spec.profiles:
        yield replace(_option(spec), listed=False)
    for profile in spec.profiles:
        yield ModelOption(
            model_id=profile.profile_id,
            name=spec.name,
            provider=spec.provider,
            scope=profile.scope,
            spec=spec,
            listed=False,
        )


def _option(spec: ModelSpec, *, status: str | None = None) -> ModelOption:
    return ModelOption(
        model_id=spec.model_id,
        name=spec.name,
        provider=spec.provider,
        scope="local" if spec.model_id.startswith("local.") else "in_region",
        spec=spec,
        status=status,
    )


def _place(option: ModelOption) -> tuple[str, str, str]:
    return option.provider.lower(), option.name.lower(), option.model_id
