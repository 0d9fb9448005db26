"""Quotas: how many requests and tokens a minute a workload needs at its peak. Pure.

Source of the rules: Bedrock user guide, "How tokens are counted in Amazon Bedrock" (quotas-token-burndown).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.planning.pricing import CacheUse, is_cached
from bedrock_playground.planning.workload import Workload

_OLD_CLAUDE = re.compile(r"anthropic\.claude-(v\d|instant|3-(?!7))")


def burndown(model_id: str) -> int:
    """How many tokens of the quota an output token takes: five for Claude from 3.7 on, else one.

    Args:
        model_id: Any id of the model.
    """
    base = base_model_id(model_id)
    return 5 if base.startswith("anthropic.claude-") and not _OLD_CLAUDE.match(base) else 1


@dataclass(frozen=True, slots=True)
class QuotaNeed:
    """What a workload needs of the quotas in its busiest minute."""

    requests_per_minute: Decimal
    """Requests that begin in it."""
    reserved: Decimal
    """Tokens of the quota that a request takes when it begins, on average."""
    counted: Decimal
    """Tokens of the quota that it has taken when it has ended, on average."""
    output_burndown: int
    """How many tokens of the quota an output token takes."""

    @property
    def tokens_per_minute(self) -> Decimal:
        """The larger of both × requests: requests may all begin within the minute, or all end in it."""
        return self.requests_per_minute * max(self.reserved, self.counted)


def quota_need(
    workload: Workload,
    *,
    output_burndown: int = 1,
    cache: CacheUse | None = None,
    share: Decimal = Decimal(1),
) -> QuotaNeed:
    """Reckon what the busiest minute needs.

    Requests: ``requests a day / (active hours × 60) × peak factor``. When a request begins, input + tokens
    read from and written to a cache + ``maxTokens`` are taken from the quota; when it ends, that is replaced
    by input + cache writes + output × burndown (cache reads are given back).

    Args:
        workload: The traffic and the sizes.
        output_burndown: See :func:`burndown`.
        cache: How a prompt cache is used, if one is.
        share: Share of the traffic that this model is asked, in a mix.
    """
    minutes = workload.active_hours * 60
    requests = Decimal(workload.requests_per_day) / minutes * workload.peak_factor * share
    read = Decimal(0)
    if cache is not None:
        kept = sum(one.input_tokens for one in workload.sizes if is_cached(one, cache))
        read = kept * cache.share * cache.hits / sum(one.requests for one in workload.sizes)
    return QuotaNeed(
        requests_per_minute=requests,
        reserved=workload.mean_input + workload.max_tokens,
        counted=workload.mean_input - read + workload.mean_output * output_burndown,
        output_burndown=output_burndown,
    )
