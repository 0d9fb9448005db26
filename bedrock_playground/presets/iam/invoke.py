"""Statements that allow a model to be called, counted for and guarded; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.presets.exports.call import partition_of
from bedrock_playground.presets.iam.calls import ACTIONS, Known, Operation, PlannedCall
from bedrock_playground.presets.iam.statements import Statement
from bedrock_playground.presets.iam.targets import Target

PROFILE_KEY = "bedrock:InferenceProfileArn"
GUARDRAIL_KEY = "bedrock:GuardrailIdentifier"
REGION_KEY = "aws:RequestedRegion"
UNSPECIFIED = "unspecified"
"""What ``aws:RequestedRegion`` says of the model behind a global profile."""

_THROUGH = "Only through this profile: the model itself cannot be called directly."


def invocation(target: Target, calls: list[PlannedCall], known: Known) -> Iterator[Statement]:
    """Allow calls of one id in one Region."""
    actions = _actions(calls, but="CountTokens")
    if not actions:
        return
    guardrail = _common_guardrail(target, calls, known)
    if target.own_arn is None:
        yield _direct(target, actions, guardrail)
        return
    yield _own(target, actions, guardrail)
    if target.kind == "marketplace":
        yield _marketplace(target)
    if target.kind == "prompt":
        yield Statement(
            sid="UsePrompt",
            actions=("bedrock:RenderPrompt",),
            resources=(target.own_arn,),
            why="A call that names a managed prompt has it filled in first.",
            about={target.own_arn: "The prompt, in the version that is called."},
        )
    yield from _behind(target, actions)


def _direct(target: Target, actions: tuple[str, ...], guardrail: tuple[str, str] | None) -> Statement:
    about = {
        arn: f"{arn.partition('/')[2]} in {target.region}, called by its own id." for arn in target.model_arns
    }
    return Statement(
        sid="CallModel",
        actions=actions,
        resources=target.model_arns,
        conditions=_when(guardrail),
        why="The model that is called directly, in the Region that is called.",
        about=about | _guardrail_words(guardrail),
    )


def _own(target: Target, actions: tuple[str, ...], guardrail: tuple[str, str] | None) -> Statement:
    own = target.own_arn or ""
    conditions = _when(guardrail)
    about = {own: _OWN_WORDS.get(target.kind, "What is named as modelId.")} | _guardrail_words(guardrail)
    if target.is_global:
        conditions = {"StringEquals": {REGION_KEY: target.region, **conditions.get("StringEquals", {})}}
        about[REGION_KEY] = f"Called in {target.region} alone."
    return Statement(
        sid="UseProfile" if target.is_profile else "CallModel",
        actions=actions,
        resources=(own,),
        conditions=conditions,
        why=_WHY_PROFILE if target.is_profile else "What the calls name as their model.",
        about=about,
    )


_OWN_WORDS = {
    "inference_profile": "The inference profile in the Region that is called; your account's own copy of it.",
    "application_profile": "The application inference profile.",
    "provisioned": "The Provisioned Throughput; the model behind it needs no line of its own.",
    "custom": "The custom model's deployment.",
    "imported": "The imported model.",
    "prompt_router": "The prompt router.",
    "marketplace": "The Marketplace model's endpoint.",
    "prompt": "The prompt.",
}
_WHY_PROFILE = "The profile that the calls name: without it, the models behind it are not enough."


def _behind(target: Target, actions: tuple[str, ...]) -> Iterator[Statement]:
    if not target.model_arns:
        return
    if not target.is_profile:
        yield Statement(
            sid="ModelsBehind",
            actions=actions,
            resources=target.model_arns,
            why="The models that it may send a request to.",
            about={arn: _model_words(arn) for arn in target.model_arns},
        )
        return
    own = target.own_arn or ""
    if not target.is_global:
        yield Statement(
            sid="ModelsBehindProfile",
            actions=actions,
            resources=target.model_arns,
            conditions={"StringEquals": {PROFILE_KEY: own}},
            why="The profile sends each request to one of these Regions; the model must be allowed in each.",
            about={PROFILE_KEY: _THROUGH} | {arn: _model_words(arn) for arn in target.model_arns},
        )
        return
    for arn in target.model_arns:
        here = not arn.split(":")[3]
        region = UNSPECIFIED if here else target.region
        words = (
            "A global profile chooses the Region itself, so AWS tells none: literally “unspecified”."
            if here
            else "The Region that is called."
        )
        yield Statement(
            sid="GlobalModelBehindProfile" if here else "RegionalModelBehindProfile",
            actions=actions,
            resources=(arn,),
            conditions={"StringEquals": {REGION_KEY: region, PROFILE_KEY: own}},
            why="The model behind a global profile, "
            + ("in whichever Region it runs." if here else "in the Region that is called."),
            about={PROFILE_KEY: _THROUGH, REGION_KEY: words, arn: _model_words(arn)},
        )


def _model_words(arn: str) -> str:
    region, name = arn.split(":")[3], arn.partition("/")[2]
    return f"{name} in {region}." if region else f"{name} without a Region: meant so, it is the global one."


def _marketplace(target: Target) -> Statement:
    own = target.own_arn or ""
    return Statement(
        sid="ReachMarketplaceEndpoint",
        actions=("sagemaker:InvokeEndpoint",),
        resources=(own,),
        conditions={"StringEquals": {"aws:CalledViaLast": "bedrock.amazonaws.com"}},
        why="A Marketplace model runs on a SageMaker endpoint, which Bedrock calls in the caller's name.",
        about={"aws:CalledViaLast": "Only by way of Bedrock.", own: "The endpoint."},
    )


def token_counts(target: Target, calls: list[PlannedCall]) -> Iterator[Statement]:
    """Allow tokens to be counted for one id in one Region."""
    if all(call.operation != "CountTokens" for call in calls):
        return
    resources = tuple(filter(None, (target.own_arn, *target.model_arns[:1])))
    about = dict.fromkeys(resources, "What tokens are counted for.")
    yield Statement(
        sid="CountTokens",
        actions=(ACTIONS["CountTokens"],),
        resources=resources,
        why="Counting tokens is an action of its own.",
        about=about,
    )


def _actions(calls: Iterable[PlannedCall], *, but: Operation) -> tuple[str, ...]:
    return tuple(sorted({ACTIONS[call.operation] for call in calls if call.operation != but}))


# Guardrails


def guardrail_arn(call: PlannedCall, region: str, known: Known) -> str:
    """Name the guardrail of a call that has one."""
    assert call.guardrail is not None  # noqa: S101 - the caller looked
    identifier = call.guardrail.identifier
    if identifier.startswith("arn:"):
        return identifier
    return f"arn:{partition_of(region)}:bedrock:{region}:{known.account}:guardrail/{identifier}"


def _common_guardrail(target: Target, calls: list[PlannedCall], known: Known) -> tuple[str, str] | None:
    """The one guardrail, with its version, that every call to a model applies; ``None`` where not all do."""
    asked = [call for call in calls if call.operation != "CountTokens"]
    if any(call.guardrail is None for call in asked):
        return None
    arns = {
        (guardrail_arn(call, target.region, known), call.guardrail.version)
        for call in asked
        if call.guardrail
    }
    return next(iter(arns)) if len(arns) == 1 else None


def _when(guardrail: tuple[str, str] | None) -> dict[str, dict[str, str]]:
    if guardrail is None:
        return {}
    arn, version = guardrail
    return {"StringEquals": {GUARDRAIL_KEY: arn if version == "DRAFT" else f"{arn}:{version}"}}


def _guardrail_words(guardrail: tuple[str, str] | None) -> dict[str, str]:
    words = "Only with this guardrail: a call without it, or with another version of it, is refused."
    return {} if guardrail is None else {GUARDRAIL_KEY: words}


def guardrails(calls: Iterable[PlannedCall], known: Known) -> Iterator[Statement]:
    """Allow the guardrails that calls apply."""
    arns = dict.fromkeys(
        guardrail_arn(call, call.region, known)
        for call in calls
        if call.guardrail is not None and call.region is not None and not is_local(call.model_id)
    )
    if arns:
        yield Statement(
            sid="ApplyGuardrail",
            actions=("bedrock:ApplyGuardrail",),
            resources=tuple(arns),
            why="A call with a guardrail needs the guardrail to be allowed as well as the model.",
            about=dict.fromkeys(arns, "The guardrail."),
        )
