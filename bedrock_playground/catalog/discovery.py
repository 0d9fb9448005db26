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

from botocore.exceptions import HTTPClientError

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
from bedrock_playground.invocation.error_words import error_words

# Converse takes documents for many models; the control plane has no word for them.
_UNTOLD_MODALITIES = ("document",)
# What reading an entry fails with that is not in AWS's shape.
_SHAPE = (LookupError, TypeError, ValueError, AttributeError)
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


def _ask(config: ClientConfig) -> _Told:
    told = _Told()
    try:
        client = make_client(config)
    except ERRORS as error:
        told.problems.append(
            f"The account's models could not be asked for: {error_words(error).rstrip('.')}."
        )
        return told
    failures = [failure for failure in (_ask_models(client, told), *_ask_profiles(client, told)) if failure]
    told.problems.extend(_in_words(failures, something=bool(told.summaries or told.profiles)))
    return told


@dataclass(frozen=True, slots=True)
class _Failure:
    """A call that was not answered, or not to its end."""

    operation: str
    error: Exception
    effect: str


def _ask_models(client: Any, told: _Told) -> _Failure | None:  # noqa: ANN401  # botocore's clients have no types
    try:
        told.summaries.extend(client.list_foundation_models()["modelSummaries"])
    except ERRORS as error:
        return _Failure("ListFoundationModels", error, "Which models this Region has is not known.")
    return None


_PROFILE_TYPES = {"SYSTEM_DEFINED": "system inference profiles", "APPLICATION": "application profiles"}


def _ask_profiles(client: Any, told: _Told) -> Iterator[_Failure]:  # noqa: ANN401
    """List the profiles, by type: what the service lists without one is not documented.

    What came before a failure is kept, and one type's failure says nothing of the other.
    """
    failed: dict[str, _Failure] = {}
    for kind, name in _PROFILE_TYPES.items():
        before = len(told.profiles)
        try:
            for page in client.get_paginator("list_inference_profiles").paginate(typeEquals=kind):
                told.profiles.extend(page["inferenceProfileSummaries"])
        except ERRORS as error:
            short = len(told.profiles) > before
            effect = f"The list of {name} is short." if short else f"Which {name} there are is not known."
            failed[kind] = _Failure("ListInferenceProfiles", error, effect)
            if isinstance(error, HTTPClientError) and not told.profiles:
                # Nobody answers: a page would only wait twice as long to learn no more.
                break
    if failed and not told.profiles and len({str(failure.error) for failure in failed.values()}) == 1:
        first = next(iter(failed.values()))
        yield replace(first, effect="Which inference profiles the account has is not known.")
    else:
        yield from failed.values()


def _in_words(failures: Sequence[_Failure], *, something: bool) -> Iterator[str]:
    """Say what failed; where all calls did for one reason (no credentials, no network), say it once."""
    if not failures:
        return
    operations = tuple(dict.fromkeys(failure.operation for failure in failures))
    reasons = {str(failure.error) for failure in failures}
    if len(operations) > 1 and len(reasons) == 1 and not something:
        error = failures[0].error
        yield refusal(" and ".join(operations), error, "Which models and profiles there are is not known.")
    else:
        for failure in failures:
            yield refusal(failure.operation, failure.error, failure.effect)
    what = "What is offered beyond what was listed" if something else "What is offered"
    yield f"{what} comes from the snapshot of {snapshot_date():%d %B %Y}; any id can be typed."


def _lay_over(known: Mapping[str, ModelSpec], told: _Told, *, today: date) -> Catalogue:
    models = dict(known)
    listed: dict[str, ModelOption] = {}
    left_out = 0
    for summary in told.summaries:
        try:
            spec = _spec(summary, known, today=today)
            option = _option(spec, status=_text(summary.get("modelLifecycle", {}), "status"))
        except _SHAPE:
            left_out += 1
            continue
        if spec.model_id == summary["modelId"]:
            models[spec.model_id] = spec
        if spec.on_demand is not False:
            # A model that only a profile reaches is offered by its profiles: its own id would be refused.
            listed[spec.model_id] = option
    behind: dict[str, Behind] = {}
    for profile in told.profiles:
        try:
            option = _profile(profile, models, behind)
        except _SHAPE:
            left_out += 1
            continue
        listed.setdefault(option.model_id, option)
    unlisted = [option for spec in known.values() for option in _ways(spec) if option.model_id not in listed]
    return Catalogue(
        options=(*sorted(listed.values(), key=_place), *sorted(unlisted, key=_place)),
        problem=" ".join((*told.problems, *_left_out(left_out))) or None,
        models=models,
        behind=behind,
    )


def _left_out(count: int) -> Iterator[str]:
    if count:
        rows = "One listed entry is" if count == 1 else f"{count} listed entries are"
        yield f"{rows} left out: without an id, or in a shape that is not AWS's. Is this Bedrock's endpoint?"


def _needed(summary: Mapping[str, Any], name: str) -> str:
    """Read a text without which an entry is none."""
    value = _text(summary, name)
    if not value:
        raise KeyError(name)
    return value


def _text(summary: Mapping[str, Any], name: str) -> str | None:
    """Read a text; botocore passes on whatever stands there."""
    value = summary.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(name)
    return value


def _spec(summary: Mapping[str, Any], known: Mapping[str, ModelSpec], *, today: date) -> ModelSpec:
    """What is known of a listed model: the service's word over the snapshot's."""
    model_id = _needed(summary, "modelId")
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
        "name": _text(summary, "modelName"),
        "provider": _text(summary, "providerName"),
        "input_modalities": _modalities(
            summary.get("inputModalities", ()), before.input_modalities if before else ()
        ),
        "output_modalities": _modalities(
            summary.get("outputModalities", ()), before.output_modalities if before else ()
        ),
        "streaming": summary.get("responseStreamingSupported"),
        "lifecycle": _lifecycle(_text(lifecycle, "status")),
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
    profile_id = _needed(summary, "inferenceProfileId")
    name = _text(summary, "inferenceProfileName") or profile_id
    status = _text(summary, "status")
    told = behind_of((model["modelArn"] for model in summary.get("models", ())), name=name)
    if summary.get("type") == "APPLICATION":
        arn = _needed(summary, "inferenceProfileArn")
        spec = models.get(told.base_ids[0]) if len(told.base_ids) == 1 else None
        if told.base_ids:
            behind[arn] = behind[profile_id] = told
        return ModelOption(
            model_id=arn,
            name=name,
            provider=spec.provider if spec else "Application profile",
            scope="application",
            spec=spec,
            status=status,
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
        status=status,
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
