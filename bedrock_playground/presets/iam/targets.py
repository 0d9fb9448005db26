"""From an id that is called to the ARNs that a policy has to name; pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from bedrock_playground.catalog.resolution import Resolution, read_arn, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.presets.exports.call import partition_of
from bedrock_playground.presets.iam.calls import Known

_OWN_ARN = frozenset({
    "application_profile", "provisioned", "custom", "imported", "prompt_router", "marketplace", "prompt"
})  # fmt: skip


@dataclass(slots=True)
class Gaps:
    """What is not known, gathered on the way."""

    problems: list[str] = field(default_factory=list)
    """In words, each with what to do."""
    destinations: list[str] = field(default_factory=list)
    """The profiles whose destination Regions are not known."""

    def destination(self, name: str, region: str) -> None:
        """Note that nobody told where a profile sends requests."""
        self.destinations.append(name)
        self.problems.append(
            f"To which Regions {name} sends requests is not known, and each needs a line. Type them in, or "
            "ask: aws bedrock get-inference-profile "
            f"--region {region} --inference-profile-identifier {name}"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What calls to one id in one Region touch."""

    model_id: str
    """The id."""
    region: str
    """The Region that is called."""
    own_arn: str | None
    """The ARN of the profile (or deployment, prompt …); ``None`` where the id is a model's own."""
    model_arns: tuple[str, ...]
    """The foundation models' ARNs, as far as known."""
    is_profile: bool
    """Whether the models are reached through a profile."""
    is_global: bool = False
    """Whether that profile sends requests to any Region."""
    kind: str = "foundation_model"
    """What sort of id it is."""


def target_of(model_id: str, region: str, *, known: Known, gaps: Gaps) -> Target | None:
    """Find the ARNs behind an id.

    Args:
        model_id: What is sent as ``modelId``.
        region: The Region that is called.
        known: The account's number, and where profiles send requests.
        gaps: Takes what is not known.

    Returns:
        ``None`` where the id is not one of AWS's.
    """
    found = resolve(model_id, load_models(), behind=known.models)
    if found.kind == "local" or model_id.startswith("local."):
        gaps.problems.append(f"{model_id} runs on this machine: IAM has nothing to say about it.")
        return None
    if found.kind in _OWN_ARN and read_arn(model_id):
        return _account_target(found, region, known=known, gaps=gaps)
    if found.kind == "inference_profile":
        return _profile_target(found, region, known=known, gaps=gaps)
    if found.kind == "unknown" and (model_id.startswith("arn:") or "." not in model_id):
        gaps.problems.append(f"{model_id}: {found.explanation} Without its ARN it cannot stand in a policy.")
        return None
    base = _base_of(found)
    arn = model_id if model_id.startswith("arn:") else model_arn(base, region, called_in=region)
    return Target(model_id, region, None, (arn,), is_profile=False)


def _base_of(found: Resolution) -> str:
    spec = found.spec
    bare = read_arn(found.model_id)
    name = bare.rest if bare else found.model_id
    # The id that is sent may have a context length behind it; the resource is the model.
    return spec.model_id if spec and found.kind == "foundation_model" else name


def _profile_target(found: Resolution, region: str, *, known: Known, gaps: Gaps) -> Target:
    arn = read_arn(found.model_id)
    name = arn.rest if arn else found.model_id
    own = (
        found.model_id
        if arn
        else f"arn:{partition_of(region)}:bedrock:{region}:{known.account}:inference-profile/{name}"
    )
    base = found.base_ids[0]
    if found.scope == "global":
        both = (model_arn(base, region, called_in=region), model_arn(base, "", called_in=region))
        return Target(found.model_id, region, own, both, is_profile=True, is_global=True, kind=found.kind)
    regions = known.destinations.get(found.model_id) or known.destinations.get(name)
    if not regions:
        gaps.destination(name, region)
    everywhere = dict.fromkeys((region, *(regions or ())))
    arns = tuple(model_arn(base, one, called_in=region) for one in everywhere)
    return Target(found.model_id, region, own, arns, is_profile=True, kind=found.kind)


def _account_target(found: Resolution, region: str, *, known: Known, gaps: Gaps) -> Target:
    """What only the account knows: its ARN is the resource; some reach foundation models besides."""
    through = found.kind in {"application_profile", "prompt_router", "prompt"}
    bases = found.base_ids if through else ()
    regions = known.destinations.get(found.model_id, ())
    if through and not bases:
        gaps.problems.append(f"{found.explanation} Connect to AWS to have it looked up, or name the model.")
    if found.kind == "application_profile" and not regions:
        gaps.destination(found.model_id, region)
    if found.kind == "prompt_router":
        gaps.problems.append(
            f"Whether {found.model_id} reaches its models through inference profiles is not known. If it "
            "does, allow each profile and its model in every Region too: aws bedrock get-prompt-router "
            f"--region {region} --prompt-router-arn {found.model_id} tells."
        )
    everywhere = dict.fromkeys((region, *regions))
    arns = tuple(model_arn(base, one, called_in=region) for base in bases for one in everywhere)
    is_profile = found.kind == "application_profile"
    return Target(
        found.model_id, region, found.model_id, arns,
        is_profile=is_profile, is_global="" in regions, kind=found.kind,
    )  # fmt: skip


def model_arn(model_id: str, region: str, *, called_in: str) -> str:
    """Name a foundation model in a Region; an empty one is the global resource.

    Args:
        model_id: The model's own id.
        region: The Region.
        called_in: The Region that is called, whose partition it is in.
    """
    return f"arn:{partition_of(called_in)}:bedrock:{region}::foundation-model/{model_id}"


def region_of_arn(model_id: str) -> str | None:
    """The Region that an ARN names; ``None`` where it names none, or the id is no ARN."""
    arn = read_arn(model_id)
    return arn.region or None if arn else None
