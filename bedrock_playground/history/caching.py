"""What prompt caches saved or cost: cached tokens at their prices against the same tokens without a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bedrock_playground.catalog.arithmetic import MILLION, uncached
from bedrock_playground.catalog.price_book import RunPricer
from bedrock_playground.history.groups import SIZE_CLASSES, size_class
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.trace import Trace
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Usage

_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CachedTokens:
    """The tokens of runs that share every rate, and that a prompt cache had a part in."""

    model_id: str
    """What was sent as ``modelId``."""
    invoked_model_id: str | None
    """The model that a prompt router chose."""
    endpoint: str | None
    """Where they went."""
    region: str | None
    """The Region called."""
    service_tier: str | None
    """The tier that was echoed."""
    performance_latency: str | None
    """The latency mode that was echoed."""
    size_class: int
    """Between which of :data:`~bedrock_playground.history.groups.SIZE_CLASSES` each run's input lies."""
    runs: int
    """How many runs."""
    input_tokens: int
    """As the service counts them: with the cached ones or without."""
    output_tokens: int
    """Generated tokens."""
    cache_read: int
    """Input tokens read from a cache."""
    cache_write: int
    """Input tokens written to a cache, those for an hour included."""
    cache_write_1h: int
    """Those for an hour."""


@dataclass(frozen=True, slots=True)
class CacheLedger:
    """What one model's cached tokens cost, and would have cost."""

    model_id: str
    """The model."""
    runs: int = 0
    """How many runs a cache had a part in."""
    read: int = 0
    """Tokens read from a cache."""
    written: int = 0
    """Tokens written to one."""
    input_in_all: int = 0
    """All input tokens of those runs, each counted once."""
    paid: Decimal = Decimal(0)
    """US dollars for reading and writing, where the rates are known."""
    without: Decimal = Decimal(0)
    """US dollars for the same tokens as plain input."""
    unknown_runs: int = 0
    """How many of the runs have no known rates; in neither sum."""
    free_runs: int = 0
    """How many ran on this machine, where a cache saves time and no money."""
    estimated: bool = False
    """Whether some rate or the way of counting is an estimate."""
    why_unknown: str | None = None
    """Why rates are unknown, in words."""

    @property
    def saved(self) -> Decimal | None:
        """What the cache saved, below 0 what it cost; ``None`` where nobody knows."""
        return self.without - self.paid if self.runs > self.unknown_runs else None

    @property
    def read_share(self) -> float | None:
        """The part of the runs' input that was read from a cache."""
        return self.read / self.input_in_all if self.input_in_all else None


def cached_tokens(trace: Trace, *, endpoint: str | None) -> list[CachedTokens]:
    """What prompt caches had a part in, of the calls that one request's pattern made; for :func:`ledgers`.

    Calls of which the service told no tokens are left out; so are kept answers, for which nothing was sent.

    Args:
        trace: What the pattern did.
        endpoint: Where its calls went, as runs record it.
    """
    found = []
    for call in trace.leaves:
        usage = call.usage
        if usage is None or not call.sent:
            continue
        read, written = usage.cache_read_input_tokens or 0, usage.cache_write_input_tokens or 0
        written_1h = usage.cache_write_1h_input_tokens or 0
        cached = max(read + written, written_1h)
        if not cached:
            continue
        told = usage.input_tokens or 0
        found.append(
            CachedTokens(
                model_id=call.model_id,
                invoked_model_id=call.invoked_model_id,
                endpoint=endpoint,
                region=call.region,
                # A trace does not say which tier was echoed: the default one's rates stand in for it.
                service_tier=None,
                performance_latency=None,
                size_class=size_class(call.model_id, told, cached=cached),
                runs=1,
                input_tokens=told,
                output_tokens=usage.output_tokens or 0,
                cache_read=read,
                cache_write=written,
                cache_write_1h=written_1h,
            )
        )
    return found


def ledgers(
    tokens: Iterable[CachedTokens], pricer: Callable[[str | None, str | None], RunPricer]
) -> list[CacheLedger]:
    """Price cached tokens by today's prices, a ledger per model, most tokens first.

    Args:
        tokens: What was measured.
        pricer: Who prices runs of an endpoint and a Region.
    """
    found: dict[str, CacheLedger] = {}
    for one in tokens:
        ledger = found.get(one.model_id, CacheLedger(one.model_id))
        found[one.model_id] = _entered(ledger, one, pricer(one.endpoint, one.region))
    return sorted(found.values(), key=lambda ledger: (-ledger.read - ledger.written, ledger.model_id))


def _entered(ledger: CacheLedger, one: CachedTokens, pricer: RunPricer) -> CacheLedger:
    cost, counted_by = _one_request(one, pricer)
    written = max(one.cache_write, one.cache_write_1h)
    usage = Usage(
        input_tokens=one.input_tokens,
        cache_read_input_tokens=one.cache_read,
        cache_write_input_tokens=written,
        cache_write_1h_input_tokens=one.cache_write_1h,
    )
    in_all = uncached(usage, counted_by)[0].input_tokens or 0
    free = cost.amount is not None and not cost.parts
    rates = {part.bucket: part.usd_per_million for part in cost.parts}
    counted = {
        "cache_read": one.cache_read,
        "cache_write": written - one.cache_write_1h,
        "cache_write_1h": one.cache_write_1h,
    }
    paid = sum((_at(rates, bucket, tokens) for bucket, tokens in counted.items()), Decimal(0))
    return CacheLedger(
        model_id=ledger.model_id,
        runs=ledger.runs + one.runs,
        read=ledger.read + one.cache_read,
        written=ledger.written + written,
        input_in_all=ledger.input_in_all + in_all,
        paid=ledger.paid + paid,
        without=ledger.without + _at(rates, "input", one.cache_read + written),
        unknown_runs=ledger.unknown_runs + (one.runs if cost.amount is None else 0),
        free_runs=ledger.free_runs + (one.runs if free else 0),
        estimated=ledger.estimated or cost.confidence is Confidence.ESTIMATE,
        why_unknown=ledger.why_unknown or (cost.note if cost.amount is None else None),
    )


def _at(rates: Mapping[str, Decimal], bucket: str, tokens: int) -> Decimal:
    return tokens * rates.get(bucket, Decimal(0)) / MILLION


def _one_request(one: CachedTokens, pricer: RunPricer) -> tuple[Cost, str]:
    """Price a request with a token of each kind and the runs' size: its rates hold for all of them."""
    size = SIZE_CLASSES[one.size_class - 1] if one.size_class else 0
    usage = Usage(
        # A little more than the others, so that it holds whether or not the model counts them in.
        input_tokens=size + 10,
        output_tokens=1,
        cache_read_input_tokens=1 if one.cache_read else 0,
        cache_write_input_tokens=_kinds(one),
        cache_write_1h_input_tokens=1 if one.cache_write_1h else 0,
    )
    identity = RunIdentity("", "", "", 0, 0, _MOMENT, one.region, one.endpoint)
    request = InvocationRequest(one.model_id, ())
    result = InvocationResult(
        usage=usage,
        service_tier=one.service_tier,
        performance_latency=one.performance_latency,
        invoked_model_id=one.invoked_model_id,
    )
    return pricer.cost(identity, request, result), pricer.counted_by(request, result)


def _kinds(one: CachedTokens) -> int:
    """How many kinds of writing there were."""
    return int(max(one.cache_write, one.cache_write_1h) > one.cache_write_1h) + int(one.cache_write_1h > 0)
