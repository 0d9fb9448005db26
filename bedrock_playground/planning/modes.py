"""What a workload costs a month, by model and mode: tiers, scopes (an id each) and prompt caching. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.catalog.arithmetic import unknown
from bedrock_playground.catalog.models import ModelSpec, Scope
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.planning.as_if import scope_of
from bedrock_playground.planning.offers import TIER_WORDS, Offers, Ttl, caches, callable_ids
from bedrock_playground.planning.pricing import CacheUse, mean_cost
from bedrock_playground.planning.workload import Workload

Standing: TypeAlias = Literal["priced", "unknown", "not_offered", "too_long"]
"""Whether there is a price, and if not, what is in the way."""

TTL_WORDS: dict[Ttl, str] = {"5m": "cached 5 min", "1h": "cached 1 h"}
"""What the prompt caches are called."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to pay by the token."""

    tier: str = "default"
    """Converse's tier, ``optimized`` or ``batch``."""
    ttl: Ttl | None = None
    """With prompt caching: how long the cache keeps an entry."""

    @property
    def name(self) -> str:
        """What it is called."""
        words = TIER_WORDS[self.tier]
        return f"{words}, {TTL_WORDS[self.ttl]}" if self.ttl else words


MODES = (
    Mode(),
    Mode(ttl="5m"),
    Mode(ttl="1h"),
    Mode("flex"),
    Mode("flex", "5m"),
    Mode("priority"),
    Mode("priority", "5m"),
    Mode("batch"),
    Mode("optimized"),
)
"""What can be planned with. Batch inference is reckoned without a cache: its jobs promise no order."""

USUAL_MODES = (MODES[0], MODES[1], MODES[2], MODES[3], MODES[5], MODES[7])
"""What a plan shows unless somebody picks otherwise."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a workload costs on one id in one mode."""

    model_id: str
    """What is sent as ``modelId``."""
    name: str
    """The model's name."""
    provider: str
    """Who made it."""
    scope: Scope
    """How it is reached."""
    mode: Mode
    """How it is paid for."""
    per_request: Cost
    """The mean cost of a request; unknown with the reason."""
    per_month: Decimal | None
    """US dollars in the first month; ``None`` where nobody knows."""
    standing: Standing = "priced"
    """Whether there is a price."""


def plan_row(
    spec: ModelSpec, model_id: str, *, mode: Mode, workload: Workload, offers: Offers, region: str | None
) -> PlanRow:
    """Price a workload on one id in one mode: the mean cost of a request × requests a month.

    Args:
        spec: The model.
        model_id: The id of it, which says how far requests travel.
        mode: How it is paid for.
        workload: What is asked of it.
        offers: The prices, and who is offered how.
        region: The Region.
    """
    in_the_way = _too_long(spec, workload) or _not_offered(spec, mode, offers)
    if in_the_way is not None:
        standing, why = in_the_way
        cost = unknown(why)
    else:
        cost = mean_cost(
            workload.sizes,
            model_id,
            offers=offers,
            tier=mode.tier,
            region=region,
            cache=cache_use(spec, mode.ttl, workload) if mode.ttl else None,
        )
        standing = "unknown" if cost.amount is None else "priced"
    month = None if cost.amount is None else cost.amount * workload.requests_per_month
    scope = scope_of(spec, model_id)
    return PlanRow(model_id, spec.name, spec.provider, scope, mode, cost, month, standing)


def plan(
    ids: Iterable[tuple[ModelSpec, str]],
    modes: Sequence[Mode],
    *,
    workload: Workload,
    offers: Offers,
    region: str | None = None,
) -> tuple[tuple[PlanRow, ...], tuple[PlanRow, ...]]:
    """Price a workload on ids × modes.

    Returns:
        What is known, cheapest first, and apart from it what is not, with the reasons.
    """
    rows = [
        plan_row(spec, model_id, mode=mode, workload=workload, offers=offers, region=region)
        for spec, model_id in ids
        for mode in modes
    ]
    known = [(row.per_month, row) for row in rows if row.per_month is not None]
    known.sort(key=lambda item: (item[0], item[1].name, item[1].model_id))
    return tuple(row for _, row in known), tuple(row for row in rows if row.per_month is None)


def cheapest_by_provider(
    models: Iterable[ModelSpec],
    *,
    workload: Workload,
    offers: Offers,
    region: str | None = None,
    most: int = 6,
) -> tuple[tuple[ModelSpec, str], ...]:
    """Pick who to begin with: each maker's cheapest model that takes the workload on demand.

    Args:
        models: The models.
        workload: What is asked of them.
        offers: The prices.
        region: The Region; ids that it cannot call are left out, as far as the id tells.
        most: How many, cheapest first.
    """
    best: dict[str, tuple[Decimal, str, ModelSpec]] = {}
    for spec in models:
        if spec.lifecycle == "legacy":
            continue
        for model_id in callable_ids(spec, region):
            row = plan_row(spec, model_id, mode=Mode(), workload=workload, offers=offers, region=region)
            mine = best.get(spec.provider)
            if row.per_month is not None and (mine is None or row.per_month < mine[0]):
                best[spec.provider] = (row.per_month, model_id, spec)
    chosen = sorted(best.values(), key=lambda item: (item[0], item[1]))[:most]
    return tuple((spec, model_id) for _, model_id, spec in chosen)


def cache_use(spec: ModelSpec, ttl: Ttl, workload: Workload) -> CacheUse:
    """How a workload uses a model's prompt cache."""
    minimum = spec.prompt_caching.minimum_tokens if spec.prompt_caching else None
    return CacheUse(ttl, workload.cached_share, workload.hits(ttl), minimum)


def _too_long(spec: ModelSpec, workload: Workload) -> tuple[Standing, str] | None:
    """Say where requests of some size are known not to fit."""
    window, most = spec.context_window, spec.max_output_tokens
    for one in workload.sizes:
        if window is not None and one.mean_input + one.mean_output > window:
            told = f"{one.mean_input:,} tokens in and {one.mean_output:,} out"
            return "too_long", f"{told} do not fit into its context of {window:,}."
        if most is not None and one.mean_output > most:
            return "too_long", f"It answers with {most:,} tokens at most; {one.mean_output:,} are asked for."
    return None


def _not_offered(spec: ModelSpec, mode: Mode, offers: Offers) -> tuple[Standing, str] | None:
    offered = offers.tier(spec, mode.tier)
    if offered is False:
        return "not_offered", f"{spec.name} is not offered in this mode: {TIER_WORDS[mode.tier]}."
    if offered is None:
        return (
            "unknown",
            f"No source says whether {spec.name} is offered in this mode: {TIER_WORDS[mode.tier]}.",
        )
    cached = caches(spec, mode.ttl) if mode.ttl else True
    if cached is False:
        return "not_offered", f"{spec.name} keeps no prompt cache for {mode.ttl}."
    if cached is None:
        return "unknown", f"No source says whether {spec.name} keeps a prompt cache for {mode.ttl}."
    return None
