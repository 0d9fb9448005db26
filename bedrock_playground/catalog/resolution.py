"""From whatever Converse takes as ``modelId`` to the foundation model behind it, or to "nobody knows".

Pure: what only an account knows (:class:`Behind`) is handed in. An id says what it is by its form; what
stands behind it is looked up, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.catalog.models import ModelSpec, Profile, Scope

Kind: TypeAlias = Literal[
    "foundation_model",
    "inference_profile",
    "application_profile",
    "provisioned",
    "custom",
    "imported",
    "prompt_router",
    "prompt",
    "marketplace",
    "local",
    "unknown",
]
"""What sort of id it is."""

GEOGRAPHIES = ("us", "us-gov", "eu", "apac", "au", "ca", "jp", "in", "global")
"""The prefixes of system profiles as of 2026-11-22; those of the catalogue's profiles are known as well."""

LOCAL_PREFIXES = ("us", "eu")
"""Those under which the local endpoint's models answer as well, so that a fallback has where to go to."""

_ARN = re.compile(
    r"^arn:(?P<partition>aws[a-z-]*):(?P<service>bedrock|sagemaker):(?P<region>[a-z0-9-]*):(?P<account>\d*)"
    r":(?P<type>[a-z-]+)/(?P<rest>\S+)$"
)
_KINDS: Mapping[str, tuple[Kind, str]] = {
    "foundation-model": ("foundation_model", "a foundation model"),
    "inference-profile": ("inference_profile", "a system inference profile"),
    "application-inference-profile": ("application_profile", "an application inference profile"),
    "provisioned-model": ("provisioned", "Provisioned Throughput"),
    "custom-model": ("custom", "a custom model"),
    "custom-model-deployment": ("custom", "an on-demand deployment of a custom model"),
    "imported-model": ("imported", "an imported model"),
    "prompt-router": ("prompt_router", "a prompt router"),
    "default-prompt-router": ("prompt_router", "a default prompt router"),
    "prompt": ("prompt", "a prompt of Prompt management"),
    "endpoint": ("marketplace", "a Bedrock Marketplace endpoint"),
}
_MODEL_ID = re.compile(r"^[a-z0-9-]+\.[a-z0-9-]+[a-z0-9.:-]*$")
_NAME = re.compile(r"^[0-9A-Za-z]+(?:[_-][0-9A-Za-z]+)*$")
# Ids such as amazon.nova-lite-v1:0:300k name one model with one of its context lengths, and
# cohere.command-text-v14:7:4k the one that is called cohere.command-text-v14.
_SUFFIX = re.compile(r":(?:\d+(?:k|mm)?|mm)$")
_GEOGRAPHY_OF_REGION = {"us": ("us",), "eu": ("eu",), "ap": ("apac", "au", "jp", "in"), "ca": ("ca", "us")}
_OTHER_SCOPES: Mapping[Kind, Scope] = {"foundation_model": "in_region", "application_profile": "application"}


@dataclass(frozen=True, slots=True)
class Behind:
    """What an account tells of an id of its own."""

    base_ids: tuple[str, ...] = ()
    """The foundation models behind it."""
    regions: tuple[str, ...] = ()
    """The Regions that requests may go to; an empty one stands for all of them (``global``)."""
    name: str | None = None
    """What its owner calls it."""
    problem: str | None = None
    """In words, why that is not known: a missing permission, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What an id stands for."""

    model_id: str
    """The id as it is sent."""
    kind: Kind
    """What sort of id it is."""
    scope: Scope
    """How it reaches the model."""
    base_ids: tuple[str, ...] = ()
    """The foundation models behind it; several behind a prompt router; empty where not known."""
    spec: ModelSpec | None = None
    """What is known of the one model behind it; ``None`` if none, several or an unknown one stand there."""
    priced_as: str | None = None
    """The id whose token price holds: a model's own or a system profile's. ``None`` where that is not known,
    or where tokens are not what is paid for (Provisioned Throughput, imported models)."""
    explanation: str
    """In words: what it is, and what stands behind it or why that is not known."""

    @property
    def resolved(self) -> bool:
        """Whether the model behind it is known to the catalogue."""
        return self.spec is not None


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN of something that Converse takes as ``modelId``."""

    region: str
    """The Region; empty where it names none."""
    kind: Kind
    """What it names."""
    what: str
    """The same in words."""
    resource: str
    """The type, such as ``custom-model-deployment``."""
    rest: str
    """What stands behind the type."""


def read_arn(model_id: str) -> Arn | None:
    """Take an ARN apart; ``None`` for what is none, or none of a kind that Converse takes."""
    match = _ARN.match(model_id)
    if match is None or match["type"] not in _KINDS:
        return None
    if (match["service"] == "sagemaker") != (match["type"] == "endpoint"):
        return None
    kind, what = _KINDS[match["type"]]
    return Arn(match["region"], kind, what, match["type"], match["rest"])


def base_model_id(model_id: str) -> str:
    """Strip an inference profile's scope and an ARN's head: ``us.amazon.nova…`` is ``amazon.nova…``.

    Application profiles, prompt routers and imported models keep their ARN: what is behind them is not in it.
    """
    arn = read_arn(model_id)
    bare = arn.rest if arn and arn.kind in {"foundation_model", "inference_profile"} else model_id
    prefix, _, rest = bare.partition(".")
    return rest if prefix in GEOGRAPHIES and rest else bare


def is_local(model_id: str) -> bool:
    """Whether an id is one of the local endpoint's, be it with a profile's prefix before it."""
    return base_model_id(model_id).startswith("local.")


def names_of(model_id: str) -> tuple[str, ...]:
    """Under which names an id may be known, the nearest first.

    ``cohere.command-text-v14:7:4k`` is itself, ``cohere.command-text-v14:7`` without its context length and
    ``cohere.command-text-v14`` without its version.
    """
    names = [model_id]
    while _SUFFIX.search(names[-1]):
        names.append(_SUFFIX.sub("", names[-1]))
    return tuple(names)


def behind_of(model_arns: Iterable[str], *, name: str | None = None) -> Behind:
    """Make the ARNs that the control plane tells (of models or profiles) into base ids and Regions."""
    arns = list(model_arns)
    read = [read_arn(arn) for arn in arns]
    return Behind(
        base_ids=tuple(dict.fromkeys(base_model_id(arn) for arn in arns)),
        regions=tuple(dict.fromkeys(arn.region for arn in read if arn)),
        name=name,
    )


def needs_asking(found: Resolution) -> bool:
    """Whether the account can know more of an id than the id itself tells."""
    if found.kind == "unknown":
        return _NAME.match(found.model_id) is not None
    return found.kind not in {"foundation_model", "inference_profile", "local"}


def resolve(
    model_id: str,
    models: Mapping[str, ModelSpec],
    *,
    behind: Mapping[str, Behind | Sequence[str]] | None = None,
) -> Resolution:
    """Find the model behind an id; pure: what only the account knows is handed in.

    Args:
        model_id: What is sent as ``modelId``.
        models: What is known, by foundation model id.
        behind: What the account tells of ids of its own; a bare list is foundation model ids.

    Returns:
        The resolution; never a guess.
    """
    sent = model_id.strip()
    told = (behind or {}).get(sent)
    if told is not None and not isinstance(told, Behind):
        told = Behind(tuple(told))
    arn = read_arn(sent)
    if arn is None and told is not None and told.base_ids:
        # The bare id of an application profile, which only the account can tell from other names.
        return _by_account(sent, *_KINDS["application-inference-profile"], models=models, told=told)
    if arn is None:
        return _by_form(sent, models)
    if arn.kind in {"foundation_model", "inference_profile"}:
        return _by_name(sent, arn.rest, models, is_profile=arn.kind == "inference_profile")
    if told is None and arn.resource == "custom-model":
        # A custom model's ARN names the model that it was made from, unless it was imported: custom-model/
        # imported/….
        made_from, _, _ = arn.rest.rpartition("/")
        told = Behind((made_from,)) if _MODEL_ID.match(made_from) else None
    return _by_account(sent, arn.kind, arn.what, models=models, told=told)


def _by_form(sent: str, models: Mapping[str, ModelSpec]) -> Resolution:
    if not sent:
        return _unknown(sent, "No model is named.")
    if sent.startswith("arn:"):
        return _unknown(sent, "This ARN is of no kind that Converse takes as a model. Check it for typos.")
    if _MODEL_ID.match(sent):
        return _by_name(sent, sent, models, is_profile=False)
    if _NAME.match(sent):
        return _unknown(
            sent,
            "This may be the name of an application profile or of Provisioned Throughput; only the account "
            "knows. Paste its ARN to have it looked up.",
        )
    return _unknown(sent, "Converse takes no such text as a model. Use a model id, a profile id or an ARN.")


def _by_name(sent: str, name: str, models: Mapping[str, ModelSpec], *, is_profile: bool) -> Resolution:
    """Resolve a foundation model's id or a system profile's."""
    spec = _find(name, models)
    if spec is not None and not is_profile:
        if spec.model_id.startswith("local."):
            text = f"{spec.name}, on this machine"
            return _made(sent, "local", "local", spec=spec, text=text, priced_as=name)
        return _made(
            sent, "foundation_model", "in_region", spec=spec, text=_called(spec), priced_as=spec.model_id
        )
    geography, scope, base = _profile_of(name, models)
    if geography is None:
        return _unknown(sent, _NOT_LISTED_HERE if name.startswith("local.") else _not_listed(name))
    spec = _find(base, models)
    reach = "from any Region to any other" if scope == "global" else f"within the geography “{geography}”"
    if spec is None:
        return Resolution(
            model_id=sent,
            kind="inference_profile",
            scope=scope,
            base_ids=(base,),
            explanation=f"A system profile that sends requests {reach}, to {base}; nothing is known of that.",
        )
    listed = any(profile.profile_id == name for profile in spec.profiles)
    if spec.model_id.startswith("local.") and geography in LOCAL_PREFIXES and not listed:
        text = f"{spec.name}, on this machine: under this id it is a target that can fail by itself"
        return _made(sent, "local", "local", spec=spec, text=text, priced_as=spec.model_id)
    doubt = "" if listed else " The catalogue does not list this profile; it may not exist."
    text = f"{_called(spec)}, through a system profile that sends requests {reach}.{doubt}"
    local = spec.model_id.startswith("local.")
    priced_as = spec.model_id if local else name
    return _made(sent, "inference_profile", scope, spec=spec, text=text, priced_as=priced_as)


_NOT_LISTED_HERE = (
    "This is the form of a local model's id. Which of those there are is told by the local endpoint on this "
    "machine; nothing else is known of this one."
)


def _not_listed(name: str) -> str:
    return (
        f"{name} has the form of a model's id, but the catalogue does not list it. It can be called if it "
        "exists; nothing is known of what it takes and costs."
    )


def _profile_of(name: str, models: Mapping[str, ModelSpec]) -> tuple[str | None, Scope, str]:
    """Tell a system profile's geography, scope and model from its id; no geography: it is none."""
    prefix, _, rest = name.partition(".")
    known = prefix in GEOGRAPHIES or any(
        profile.geography == prefix for spec in models.values() for profile in spec.profiles
    )
    if not rest or "." not in rest or not known:
        return None, "other", name
    return prefix, "global" if prefix == "global" else "geographic", rest


def _by_account(
    sent: str, kind: Kind, what: str, *, models: Mapping[str, ModelSpec], told: Behind | None
) -> Resolution:
    """Resolve what only the account knows."""
    scope: Scope = _OTHER_SCOPES.get(kind, "other")
    a_name = f"“{told.name}”, {what}" if told and told.name else _capital(what)
    if told is None or not told.base_ids:
        why = (told.problem if told else None) or _NOT_ASKED[kind]
        return Resolution(model_id=sent, kind=kind, scope=scope, explanation=f"{a_name}. {why}")
    known = {spec.model_id: spec for spec in (_find(base, models) for base in told.base_ids) if spec}
    names = " or ".join(known[base].name if base in known else base for base in told.base_ids)
    spec = next(iter(known.values())) if len(told.base_ids) == 1 and known else None
    if kind == "prompt_router":
        text = f"{a_name}: it sends each request to {names}. Which one answers is told with the answer."
    elif spec is None:
        text = f"{a_name} over {names}, of which the catalogue knows nothing."
    else:
        text = f"{a_name} over {_called(spec)}."
    return Resolution(
        model_id=sent,
        kind=kind,
        scope=scope,
        base_ids=tuple(known) if spec else told.base_ids,
        spec=spec,
        priced_as=_priced_as(spec, told.regions) if spec and kind == "application_profile" else None,
        explanation=text,
    )


_NOT_ASKED: Mapping[Kind, str] = {
    "application_profile": "Which model it reaches is not in its ARN; bedrock:GetInferenceProfile tells.",
    "provisioned": "Which model it serves is not in its ARN; bedrock:GetProvisionedModelThroughput tells.",
    "custom": "Which model it was made from is not in its ARN; bedrock:GetCustomModel tells.",
    "imported": "It is a model of the account's own: no rules and no token prices are known.",
    "prompt_router": "Between which models it chooses is not in its ARN; bedrock:GetPromptRouter tells.",
    "prompt": "It brings its own model and parameters, which are not in its ARN.",
    "marketplace": "It is a model on the account's own endpoint: no rules and no token prices are known.",
}


def _priced_as(spec: ModelSpec, regions: Sequence[str]) -> str | None:
    """The id whose price holds for an application profile that reaches a model in these Regions."""
    if len(regions) == 1 and regions[0]:
        return spec.model_id
    profiles: list[Profile] = []
    if "" in regions:
        profiles = [profile for profile in spec.profiles if profile.scope == "global"]
    elif regions:
        partition = "us-gov" if regions[0].startswith("us-gov-") else regions[0].split("-")[0]
        names = _GEOGRAPHY_OF_REGION.get(partition, (partition,))
        profiles = [profile for profile in spec.profiles if profile.geography in names]
    return profiles[0].profile_id if len(profiles) == 1 else None


def _find(name: str, models: Mapping[str, ModelSpec]) -> ModelSpec | None:
    return next((spec for known in names_of(name) if (spec := models.get(known))), None)


def _called(spec: ModelSpec) -> str:
    return f"{spec.name} by {spec.provider}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _made(sent: str, kind: Kind, scope: Scope, *, spec: ModelSpec, text: str, priced_as: str) -> Resolution:
    return Resolution(
        model_id=sent,
        kind=kind,
        scope=scope,
        base_ids=(spec.model_id,),
        spec=spec,
        priced_as=priced_as,
        explanation=text if text.endswith(".") else f"{text}.",
    )


def _unknown(sent: str, why: str) -> Resolution:
    return Resolution(model_id=sent, kind="unknown", scope="other", explanation=why)
