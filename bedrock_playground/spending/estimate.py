"""What a request would cost, before it is sent: to be expected, and at most.

*Expected* is the input as estimated (or counted) and the median of what this model's answers came to before.
*At most* is the input's upper bound and max tokens of output, at the dearest price that the service might
choose to echo: the tier that was asked for or the default one, and all input at the rate of cache writes if
the request has a cache point. Both are unknown, with the reason, where one of their parts is: never a part of
it, never 0. What guardrails cost is in neither: they are billed apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bedrock_playground.catalog.arithmetic import sentences, unknown
from bedrock_playground.catalog.embeddings import is_embedding_model
from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_book import LOCAL, RunPricer
from bedrock_playground.catalog.resolution import Resolution, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Json, RawBlock, Usage
from bedrock_playground.measures import Quantile
from bedrock_playground.spending.counting import TokenCounter
from bedrock_playground.spending.tokens import InputTokens, estimate_input_tokens

_NO_HISTORY = "How long this model's answers are is not known: the history has too few of them."
_NO_CEILING = "How many tokens it may answer with is not known: max tokens is not set. Set it."
_NO_OUTPUT = "An embedding has no output tokens."
_MAX_TOKENS = frozenset({
    "max_tokens", "maxTokens", "max_completion_tokens", "max_new_tokens", "max_gen_len", "maxTokenCount",
    "max_tokens_to_sample", "max_output_tokens",
})  # fmt: skip
"""What models' own APIs call it: a raw field may replace Converse's."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one request would cost."""

    model_id: str
    """What it would be sent to."""
    input: InputTokens
    """How many tokens go in."""
    output: int | None
    """How many tokens to expect out; ``None`` where that is not known."""
    output_note: str | None
    """In words, what that rests on, or why it is not known."""
    output_at_most: int | None
    """The most tokens that may come out; ``None`` where nobody knows."""
    expected: Cost
    """What to expect of it."""
    worst: Cost
    """What it costs at most."""
    priced: bool
    """Whether there is a price for its tokens, however many they may be."""

    @property
    def free(self) -> bool:
        """Whether it runs on this machine."""
        return self.worst is LOCAL

    @property
    def why_unknown(self) -> str | None:
        """In words, why nobody can say what it costs at most; ``None`` where somebody can."""
        if self.worst.amount is not None:
            return None
        return self.worst.note or f"No source has a price for {self.model_id}."


@dataclass(frozen=True, slots=True)
class Total:
    """What several requests would cost together; what is not known is named, never counted as 0."""

    expected: Decimal | None
    """US dollars to expect of those whose cost is known; ``None`` if of none."""
    worst: Decimal | None
    """US dollars at most, of those whose cost is known; ``None`` if of none."""
    without_expected: tuple[str, ...]
    """The labels of those of which no cost can be expected."""
    without_worst: tuple[str, ...]
    """The labels of those whose worst case is not known."""
    free: bool
    """Whether all of them run on this machine."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimates what requests cost at one place."""

    pricer: RunPricer
    """Who prices runs there."""
    endpoint: str | None
    """Where requests go, as runs record it."""
    region: str | None
    """The Region called."""
    usual_output: Callable[[str], Quantile | None] = lambda _model_id: None
    """The median of what a model's answers came to, from the history."""
    counter: TokenCounter | None = None
    """Who counted input tokens, where somebody did."""
    models: Mapping[str, ModelSpec] = field(default_factory=load_models)
    """What is known of models: their windows and ceilings."""

    def estimate(self, request: InvocationRequest, *, counted: InputTokens | None = None) -> Estimate:
        """Estimate one request.

        Args:
            request: What would be sent.
            counted: Its input as counted; by default what the counter remembers, else the estimate.
        """
        specs = self._specs(request.model_id)
        windows = [spec.context_window for spec in specs]
        most = max((size for size in windows if size), default=None) if all(windows) else None
        told = counted or (self.counter.known(self._countable(request)) if self.counter else None)
        tokens = told or estimate_input_tokens(request, context_window=most)
        if self._price(request, Usage(1, 1)) is LOCAL:
            return Estimate(request.model_id, tokens, None, None, None, LOCAL, LOCAL, priced=True)
        embeds = self._embeds(request.model_id)
        ceiling = 0 if embeds else _ceiling(request, specs)
        output, note = (0, _NO_OUTPUT) if embeds else self._output(request.model_id, ceiling)
        costs = self._worst_costs(request, tokens, ceiling)
        return Estimate(
            model_id=request.model_id,
            input=tokens,
            output=output,
            output_note=note,
            output_at_most=ceiling,
            expected=self._expected(request, tokens, usual=(output, note)),
            worst=_worst(costs, tokens, ceiling),
            priced=all(cost.amount is not None for cost in costs),
        )

    def is_free(self, request: InvocationRequest) -> bool:
        """Whether it runs on this machine, which is known without looking at it."""
        return self._price(request, Usage(1, 1)) is LOCAL

    def count(self, request: InvocationRequest) -> InputTokens | None:
        """Have the service count a request's input; blocks. ``None`` where it does not tell."""
        return self.counter.count(self._countable(request)) if self.counter else None

    def why_not_counted(self, request: InvocationRequest) -> str | None:
        """In words, why the service does not count this; ``None`` where that was not found."""
        return self.counter.why_not(self._countable(request).model_id) if self.counter else None

    def _countable(self, request: InvocationRequest) -> InvocationRequest:
        """The request as CountTokens takes it: to the model itself, not to a profile that reaches it."""
        found = self._resolved(request.model_id)
        if found.kind not in {"inference_profile", "application_profile"} or len(found.base_ids) != 1:
            return request
        return replace(request, model_id=found.base_ids[0])

    def _resolved(self, model_id: str) -> Resolution:
        return self.pricer.resolutions.get(model_id) or resolve(model_id, self.models)

    def _specs(self, model_id: str) -> tuple[ModelSpec, ...]:
        """What is known of the models behind an id; nothing unless it is of all of them."""
        found = self._resolved(model_id)
        specs = tuple(self.models[name] for name in found.base_ids if name in self.models)
        return specs if len(specs) == len(found.base_ids) else ()

    def _embeds(self, model_id: str) -> bool:
        """Whether an id is known to be an embedding model's, which is paid for by its input alone."""
        found = self._resolved(model_id).base_ids or (model_id,)
        return all(is_embedding_model(name) for name in found)

    def _output(self, model_id: str, ceiling: int | None) -> tuple[int | None, str]:
        usual = self.usual_output(model_id)
        if usual is None or usual.value is None:
            return None, _NO_HISTORY
        tokens = round(usual.value)
        told = sentences(f"The median of {usual.samples} answers of this model in the history.", usual.caveat)
        if ceiling is not None and ceiling < tokens:
            return ceiling, f"Max tokens: answers of this model have been longer ({tokens:,} tokens)."
        return tokens, told or ""

    def _expected(
        self, request: InvocationRequest, tokens: InputTokens, *, usual: tuple[int | None, str]
    ) -> Cost:
        output, note = usual
        usage = Usage(tokens.text, output or 0)
        priced = self._price(request, usage, tier=request.service_tier, latency=request.performance_latency)
        if priced.amount is None:
            return priced
        if tokens.expected is None:
            return unknown(tokens.note)
        return priced if output is not None else unknown(note)

    def _worst_costs(
        self, request: InvocationRequest, tokens: InputTokens, ceiling: int | None
    ) -> list[Cost]:
        """What it costs at most by each way in which the service may count and price it."""
        return [
            self._price(request, usage, tier=tier, latency=latency)
            for usage in _worst_usages(request, tokens.at_most or 1, 1 if ceiling is None else ceiling)
            for tier in dict.fromkeys(("default", request.service_tier or "default"))
            for latency in dict.fromkeys(("standard", request.performance_latency or "standard"))
        ]

    def _price(
        self,
        request: InvocationRequest,
        usage: Usage,
        *,
        tier: str | None = "default",
        latency: str | None = "standard",
    ) -> Cost:
        result = InvocationResult(
            usage=usage, service_tier=tier or "default", performance_latency=latency or "standard"
        )
        return self.pricer.cost_at(request, result, endpoint=self.endpoint, region=self.region)


def _worst(costs: list[Cost], tokens: InputTokens, ceiling: int | None) -> Cost:
    # Where there is no price, nothing else matters.
    for cost in costs:
        if cost.amount is None:
            return cost
    if ceiling is None:
        return unknown(_NO_CEILING)
    if tokens.at_most is None:
        return unknown(tokens.note)
    return max(costs, key=lambda cost: cost.amount or Decimal(0))


def total(estimates: Mapping[str, Estimate], *, repeat: int = 1) -> Total:
    """Add up what lanes would cost.

    Args:
        estimates: One per lane, by its label.
        repeat: How often each is sent.
    """
    return Total(
        expected=_sum((one.expected.amount for one in estimates.values()), repeat),
        worst=_sum((one.worst.amount for one in estimates.values()), repeat),
        without_expected=tuple(
            label for label, one in estimates.items() if one.expected.amount is None and not one.why_unknown
        ),
        without_worst=tuple(label for label, one in estimates.items() if one.why_unknown),
        free=bool(estimates) and all(one.free for one in estimates.values()),
    )


def _sum(amounts: Iterable[Decimal | None], repeat: int) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) * repeat if known else None


def _ceiling(request: InvocationRequest, specs: tuple[ModelSpec, ...]) -> int | None:
    """The most output tokens: what the request asks for, else what the models behind it can."""
    asked = list(_raw_max_tokens(request.parameters.additional_model_request_fields))
    if request.parameters.max_tokens is not None:
        asked.append(request.parameters.max_tokens)
    if asked:
        return max(asked)
    ceilings = [spec.max_output_tokens for spec in specs]
    return max((most for most in ceilings if most), default=None) if all(ceilings) else None


def _raw_max_tokens(value: Json) -> Iterator[int]:
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        if key in _MAX_TOKENS and isinstance(item, int) and not isinstance(item, bool):
            yield item
        else:
            yield from _raw_max_tokens(item)


def _worst_usages(request: InvocationRequest, input_tokens: int, output: int) -> Iterator[Usage]:
    """How the input may be counted: as it is, or all of it as written to a cache."""
    yield Usage(input_tokens, output)
    points: list[str] = [request.system_cache_ttl] if request.system_cache_ttl else []
    points += [ttl for message in request.messages for block in message.content for ttl in _cache(block)]
    if request.tool_config and "cachePoint" in repr(request.tool_config):
        points.append("1h")
    if points:
        yield Usage(0, output, cache_write_input_tokens=input_tokens)
    if "1h" in points:
        yield Usage(
            0, output, cache_write_input_tokens=input_tokens, cache_write_1h_input_tokens=input_tokens
        )


def _cache(block: object) -> Iterator[str]:
    if isinstance(block, RawBlock) and isinstance(point := block.value.get("cachePoint"), Mapping):
        yield str(point.get("ttl") or "5m")
