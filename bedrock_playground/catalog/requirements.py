"""What somebody asks of a model, as hard requirements with three answers: met, not met, nobody knows.

Pure: no clock, environment or network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from bedrock_playground.catalog.models import ModelSpec, Task
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.search import Capability, ModelRow, reaches
from bedrock_playground.invocation.cost import Cost

NEED_WORDS = {
    Capability.TOOLS: "takes tools",
    Capability.JSON: "answers by a JSON schema",
    Capability.REASONING: "can reason before it answers",
    Capability.CACHING: "caches prompts",
    Capability.IMAGES: "reads images",
    Capability.DOCUMENTS: "reads documents",
    Capability.VIDEO: "takes video",
    Capability.AUDIO: "takes audio",
    Capability.STREAMING: "streams",
    Capability.SYSTEM: "takes a system prompt",
}
"""What a capability is called in a sentence about a model."""

RESIDENCIES = {
    "us": "the United States",
    "eu": "the European Union",
    "apac": "Asia-Pacific",
    "jp": "Japan",
    "au": "Australia",
    "ca": "Canada",
    "us-gov": "AWS GovCloud (US)",
}
"""Where data may have to stay, by the prefix of the inference profiles that keep it there."""

_WITHIN = {"apac": ("apac", "jp", "au", "in")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What somebody wants; ``None`` and empty ask for nothing."""

    task: Task | None = None
    """What the model is for."""
    input_tokens: int = 1000
    """Expected per request."""
    output_tokens: int = 500
    """Expected per request."""
    max_cost: Decimal | None = None
    """US dollars per request."""
    max_latency: float | None = None
    """Seconds until the whole answer is there."""
    min_context: int | None = None
    """Tokens."""
    needs: tuple[Capability, ...] = ()
    """What it must be able to do."""
    region: str | None = None
    """The AWS Region that calls come from."""
    residency: str | None = None
    """The geography that data must not leave, one of ``RESIDENCIES``."""
    in_region_only: bool = False
    """No cross-Region inference at all."""
    accuracy: int = 5
    """How much accuracy counts, 0-10."""
    speed: int = 5
    """How much speed counts, 0-10."""
    price: int = 5
    """How much the price counts, 0-10."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the user's own runs of a model say: medians."""

    runs: int
    """How many completed runs."""
    time_to_first_token: float | None = None
    """Seconds."""
    tokens_per_second: float | None = None
    """Output tokens per second after the first."""
    total: float | None = None
    """Seconds."""

    def latency(self, output_tokens: int) -> float | None:
        """How long an answer of so many tokens takes; ``None`` where that was not measured."""
        if self.time_to_first_token is not None and self.tokens_per_second:
            return self.time_to_first_token + output_tokens / self.tokens_per_second
        return self.total


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one id in one scenario."""

    row: ModelRow
    """The id and its model."""
    cost: Cost
    """What one request would cost."""
    measured: Measured | None = None
    """The user's own runs, if there are enough."""
    listed_in: str | None = None
    """The Region of the connection that lists it, if one does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an id meets a requirement."""

    met: bool | None
    """``None``: nobody knows."""
    text: str
    """In words, about this id."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that is not traded for anything else."""

    name: str
    """The field of :class:`Scenario`, with the capability behind a colon for needs."""
    label: str
    """What is required, in words."""
    check: Callable[[Facts], Finding]
    """Whether an id meets it."""
    asked: bool = True
    """Whether the user asked for it; else it goes without saying."""


def requirements_of(scenario: Scenario, *, today: date) -> tuple[Requirement, ...]:
    """List the hard requirements of a scenario.

    Args:
        scenario: What is wanted.
        today: The day on which the model is to be called.
    """
    embeddings = scenario.task == "embeddings"
    needed = scenario.input_tokens if embeddings else scenario.input_tokens + scenario.output_tokens
    context = max(needed, scenario.min_context or 0)
    found = [
        Requirement(
            "task",
            "makes embeddings" if embeddings else "answers in text",
            _embeds if embeddings else _answers,
            asked=False,
        ),
        Requirement("end_of_life", "can still be called", partial(_alive, today=today), asked=False),
        Requirement(
            "min_context",
            f"a context of at least {context:,} tokens",
            partial(_context, tokens=context),
            asked=scenario.min_context is not None,
        ),
        *(
            Requirement(f"needs:{need}", NEED_WORDS[need], partial(_can, need=need))
            for need in dict.fromkeys(scenario.needs)
        ),
    ]
    if not embeddings:
        found.append(
            Requirement(
                "output_tokens",
                f"answers of {scenario.output_tokens:,} tokens",
                partial(_output, tokens=scenario.output_tokens),
                asked=False,
            )
        )
    return (*found, *_limits(scenario), *_places(scenario))


def _limits(scenario: Scenario) -> list[Requirement]:
    found = []
    if scenario.max_cost is not None:
        label = f"at most {format_usd(scenario.max_cost)} per request"
        found.append(Requirement("max_cost", label, partial(_cost, limit=scenario.max_cost)))
    if scenario.max_latency is not None:
        check = partial(_latency, limit=scenario.max_latency, tokens=scenario.output_tokens)
        found.append(Requirement("max_latency", f"at most {scenario.max_latency:g} s per request", check))
    return found


def _places(scenario: Scenario) -> list[Requirement]:
    found = []
    if scenario.region:
        label = f"can be called from {scenario.region}"
        found.append(Requirement("region", label, partial(_region, region=scenario.region)))
    if scenario.residency:
        where = RESIDENCIES.get(scenario.residency, scenario.residency)
        check = partial(_residency, geography=scenario.residency, region=scenario.region)
        found.append(Requirement("residency", f"data stays in {where}", check))
    if scenario.in_region_only:
        found.append(Requirement("in_region_only", "no cross-Region inference", _in_region))
    return found


def _met(text: str) -> Finding:
    return Finding(met=True, text=text)


def _not_met(text: str) -> Finding:
    return Finding(met=False, text=text)


def _nobody_knows(text: str) -> Finding:
    return Finding(met=None, text=text)


def _embeds(facts: Facts) -> Finding:
    spec = facts.row.spec
    if spec is None or (spec.embedding is None and not spec.output_modalities):
        return _nobody_knows("Whether it makes embeddings is not known")
    embeds = spec.embedding is not None or "embedding" in spec.output_modalities
    return Finding(embeds, "Makes embeddings" if embeds else "Does not make embeddings")


def _answers(facts: Facts) -> Finding:
    spec = facts.row.spec
    if spec is not None and (spec.embedding is not None or "embedding" in spec.output_modalities):
        return _not_met("Makes embeddings, not text")
    if spec is None or not spec.output_modalities:
        return _nobody_knows("Whether it answers in text is not known")
    text = "text" in spec.output_modalities
    return Finding(text, "Answers in text" if text else "Does not answer in text")


def _alive(facts: Facts, *, today: date) -> Finding:
    if facts.row.refused:
        return _not_met("Not callable by Converse: neither its own id nor a known inference profile is")
    end = facts.row.end_of_life
    if end is not None and end <= today:
        return _not_met(f"Reached its end of life on {end}")
    if facts.row.lifecycle == "end_of_life":
        return _not_met("Reached its end of life")
    return _met(f"Can be called until {end}" if end else "No end of life is announced")


def _can(facts: Facts, *, need: Capability) -> Finding:
    can = facts.row.capabilities.get(need)
    words = NEED_WORDS[need]
    if can is None:
        return _nobody_knows(f"Whether it {words} is not known")
    if can and need is Capability.REASONING and (doubt := _reasoning_doubt(facts.row.spec)):
        return _nobody_knows(f"Sources contradict each other about whether it {words}: {doubt}")
    return Finding(can, words[0].upper() + words[1:] if can else f"It is known not to: {words}")


def _reasoning_doubt(spec: ModelSpec | None) -> str | None:
    """Which source says that it does not reason, where another says that it does."""
    origin = spec.provenance.get("reasoning") if spec else None
    if origin is None or origin.note is None:
        return None
    # These are the words in which the snapshot's script writes such a contradiction down.
    return origin.note if "says does not reason" in origin.note else None


def reasons_for_sure(row: ModelRow) -> bool:
    """Whether it is known to reason, and no source says otherwise."""
    known = row.capabilities.get(Capability.REASONING)
    return bool(known) and _reasoning_doubt(row.spec) is None


def _context(facts: Facts, *, tokens: int) -> Finding:
    window = facts.row.context_window
    if window is None:
        return _nobody_knows(f"Its context window is not known ({tokens:,} tokens are needed)")
    return Finding(window >= tokens, f"Its context is {window:,} tokens")


def _output(facts: Facts, *, tokens: int) -> Finding:
    limit = facts.row.max_output_tokens
    if limit is None:
        return _nobody_knows("How long its answers may be is not known")
    return Finding(limit >= tokens, f"Answers with at most {limit:,} tokens")


def _cost(facts: Facts, *, limit: Decimal) -> Finding:
    amount = facts.cost.amount
    if amount is None:
        return _nobody_knows(f"Its price is unknown, so {format_usd(limit)} per request cannot be checked")
    return Finding(amount <= limit, f"About {format_usd(amount)} per request")


def _latency(facts: Facts, *, limit: float, tokens: int) -> Finding:
    took = facts.measured.latency(tokens) if facts.measured else None
    if took is None or facts.measured is None:
        return _nobody_knows(f"Latency unknown: you have not measured it, so {limit:g} s cannot be checked")
    return Finding(
        took <= limit, f"About {took:.1f} s for {tokens:,} tokens, from {facts.measured.runs} runs of yours"
    )


def _region(facts: Facts, *, region: str) -> Finding:
    row = facts.row
    if row.scope == "local":
        return _met("Runs on this machine")
    reached = reaches(row.geography, region)
    if reached is False:
        return _not_met(f"The {row.geography} profile is not for calls from {region}")
    if reached:
        return _met(f"The {row.geography} profile is for calls from {region}")
    if facts.listed_in == region:
        return _met(f"Your connection lists it in {region}")
    if row.price is not None and row.price.region == region:
        return _met(f"It has a price of its own in {region}")
    return _nobody_knows(f"Whether {region} offers it is not known here; a connection with credentials tells")


def _residency(facts: Facts, *, geography: str, region: str | None) -> Finding:
    row = facts.row
    where = RESIDENCIES.get(geography, geography)
    if row.scope == "local":
        return _met("Data stays on this machine")
    if row.geography is not None:
        stays = row.geography in _WITHIN.get(geography, (geography,))
        text = "keeps data in" if stays else "may take data out of"
        return Finding(stays, f"The {row.geography} profile {text} {where}")
    if row.scope == "in_region":
        there = [name for name in (facts.listed_in, region) if name and reaches(geography, name)]
        if facts.listed_in in there or (row.price and row.price.region in there):
            return _met(f"Called in-Region in {there[0]}, data stays in {where}")
        return _nobody_knows(
            f"In-Region calls stay where they go; whether a Region of {where} offers it is not known"
        )
    return _nobody_knows("Where this id takes data is not known")


def _in_region(facts: Facts) -> Finding:
    scope = facts.row.scope
    if scope in {"in_region", "local"}:
        return _met("Answers in the Region that is called" if scope == "in_region" else "Runs here")
    if scope in {"geographic", "global"}:
        return _not_met("Its profile sends requests to other Regions too")
    return _nobody_knows("Where this id takes requests is not known")
