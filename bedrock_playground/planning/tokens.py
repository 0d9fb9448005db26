"""Tokens to be priced: sums over requests that are alike in what a price goes by. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bedrock_playground.catalog.arithmetic import Buckets, fresh_input
from bedrock_playground.invocation.values import Usage


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """The tokens of runs that one model counted and that are of one size, as far as prices go by size.

    Prices are linear in tokens but for one thing: from some input size on another price may hold for the
    whole request. So sums over runs on the same side of every such size are priced exactly as the runs one
    by one.
    """

    counted_by: str
    """The model that counted: families count cached tokens differently."""
    runs: int
    """How many runs."""
    usage: Usage
    """The sums of what the service told."""
    size: int
    """Input tokens of one run, cached ones included, or the lower end of what they lie between."""
    region: str | None = None
    """Where they were called."""


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Requests of about one size: a piece of a distribution, or all of it where a size was typed."""

    requests: int
    """How many requests stand for it: its weight."""
    input_tokens: int
    """Sum of their input tokens, cached ones included."""
    output_tokens: int
    """Sum of their output tokens."""

    @property
    def mean_input(self) -> int:
        """Input tokens of one request, rounded down: still between the bin's edges."""
        return self.input_tokens // self.requests

    @property
    def mean_output(self) -> int:
        """Output tokens of one request, rounded up: what has to fit."""
        return -(-self.output_tokens // self.requests)


def group_of(usage: Usage, *, counted_by: str, region: str | None = None) -> TokenGroup:
    """Make one run's tokens into a group.

    Args:
        usage: What the service told.
        counted_by: The model that counted.
        region: Where it was called.
    """
    alone = TokenGroup(counted_by, 1, usage, size=0, region=region)
    told = counted(alone)
    return alone if told is None else replace(alone, size=told.input_in_all)


def typed(input_tokens: int, output_tokens: int) -> tuple[SizeBin, ...]:
    """Make the distribution of requests that are all alike.

    Args:
        input_tokens: Of each.
        output_tokens: Of each.
    """
    return (SizeBin(1, input_tokens, output_tokens),)


def bins_of(groups: Iterable[TokenGroup]) -> tuple[SizeBin, ...]:
    """Make measured runs into a distribution of sizes, smallest first; runs that told no counts are left out.

    Args:
        groups: The runs' tokens, by size.
    """
    sums: dict[int, list[int]] = {}
    for group in groups:
        told = counted(group)
        if told is None or group.usage.output_tokens is None or not group.runs:
            continue
        one = sums.setdefault(group.size, [0, 0, 0])
        one[0] += group.runs
        one[1] += told.input_in_all
        one[2] += told.output
    return tuple(SizeBin(*sums[size]) for size in sorted(sums))


def counted(group: TokenGroup) -> Buckets | None:
    """Count every token of a group once; ``None`` where the service did not tell the input."""
    usage = group.usage
    if usage.input_tokens is None:
        return None
    read = usage.cache_read_input_tokens or 0
    hour = usage.cache_write_1h_input_tokens or 0
    written = max(usage.cache_write_input_tokens or 0, hour)
    fresh, note = fresh_input(usage.input_tokens, read + written, group.counted_by)
    return Buckets(fresh, usage.output_tokens or 0, read, written - hour, hour, note)
