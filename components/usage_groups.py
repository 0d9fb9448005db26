"""From what was recorded to tokens that can be priced: of a run, of a comparison, of a filtered history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from bedrock_playground.catalog.arithmetic import counts_cached_in
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.history import RunFilter, RunRecord, RunStore, UsageTotals
from bedrock_playground.planning.tokens import TokenGroup, group_of

_SIZES = tuple(2**power for power in range(9, 18))
"""Edges of the sizes that a distribution is told in: each twice the one before."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Measured tokens, and what they cost where they were used."""

    groups: tuple[TokenGroup, ...]
    """Those whose counts the service told, input and output."""
    runs: int
    """How many runs that are."""
    untold: int = 0
    """How many runs more told no counts: nothing can be said of them."""
    paid: Decimal | None = None
    """What the priced ones of all runs cost; ``None`` where none had a price."""
    priced: int = 0
    """How many runs that are."""

    @property
    def region(self) -> str | None:
        """The Region, if it was one and the same."""
        regions = {group.region for group in self.groups}
        return next(iter(regions)) if len(regions) == 1 else None


def of_record(record: RunRecord) -> Measured:
    """Take one run's tokens."""
    result = record.result
    usage = result.usage if result else None
    counter = result.invoked_model_id if result and result.invoked_model_id else record.request.model_id
    known = usage is not None and usage.input_tokens is not None and usage.output_tokens is not None
    groups = (
        (
            group_of(
                usage,
                counted_by=counter,
                region=_aws_region(record.identity.endpoint, record.identity.region),
            ),
        )
        if known and usage is not None
        else ()
    )
    return Measured(groups, len(groups), 1 - len(groups), record.cost, int(record.cost is not None))


def of_history(store: RunStore, which: RunFilter, book: PriceBook, *, by_size: bool = False) -> Measured:
    """Take the tokens of the runs that pass a filter, added up in SQL.

    Args:
        store: The history.
        which: The filter.
        book: The prices: from which sizes on they differ.
        by_size: Whether to tell sizes apart that cost the same too: a distribution, not only a sum.

    Raises:
        HistoryError: It cannot be read.
    """
    return _measured(
        _totals(store, store.location, which=which, edges=_edges(book, _SIZES if by_size else ()))
    )


@st.cache_data(show_spinner="Adding up the tokens …", ttl=20, max_entries=32)
def _totals(
    _store: RunStore,
    location: str,  # noqa: ARG001  # it is the cache's key
    *,
    which: RunFilter,
    edges: tuple[int, ...],
) -> tuple[UsageTotals, ...]:
    return _store.usage.totals(which, edges=edges)


def _edges(book: PriceBook, sizes: tuple[int, ...]) -> tuple[int, ...]:
    starts = {
        price.long_context_from
        for layer in (book.own, *book.listed)
        for price in layer
        if price.long_context_from is not None
    }
    return tuple(sorted({*sizes, *starts}))


def _measured(totals: Iterable[UsageTotals]) -> Measured:
    groups: list[TokenGroup] = []
    runs = untold = priced = 0
    paid: Decimal | None = None
    for one in totals:
        if one.cost is not None:
            paid = (paid or Decimal(0)) + one.cost
        priced += one.priced
        if one.usage.input_tokens is None or one.usage.output_tokens is None:
            untold += one.runs
            continue
        runs += one.runs
        counter = one.invoked_model_id or one.model_id
        size = one.told_from if counts_cached_in(counter) else one.all_from
        region = _aws_region(one.endpoint, one.region)
        groups.append(TokenGroup(counter, one.runs, one.usage, size=size, region=region))
    return Measured(tuple(groups), runs, untold, paid, priced)


def _aws_region(endpoint: str | None, region: str | None) -> str | None:
    """The AWS Region; none for models on this machine, whatever their runs say."""
    return None if endpoint == "local" else region
