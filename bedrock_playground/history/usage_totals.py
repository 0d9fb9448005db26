"""The tokens of many runs, added up in SQL: by model, Region and size, so that they can be priced anew.

Prices are linear in tokens but for the size of a request's input, so sums over runs of one size are enough.
Two sizes are told of each run: families count cached tokens differently, which SQL need not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Select, case, func, select

from bedrock_playground.history.queries import conditions
from bedrock_playground.history.records import RunFilter
from bedrock_playground.history.schema import runs
from bedrock_playground.invocation.values import RunState, Usage
from bedrock_playground.measures import Quantile, needed, steady

_GOING = (RunState.PENDING.value, RunState.RUNNING.value)
_BUCKETS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
)
_WHO = ("model_id", "invoked_model_id", "region", "endpoint")


@dataclass(frozen=True, slots=True)
class UsageTotals:
    """What ended runs of one model, Region and size used together."""

    model_id: str
    """What was sent as ``modelId``."""
    invoked_model_id: str | None
    """The model that a prompt router chose, where told."""
    region: str | None
    """The Region called."""
    endpoint: str | None
    """Where they went."""
    told_from: int
    """The lower edge of the sizes that each run's input tokens are in, as the service told them."""
    all_from: int
    """The same with tokens read from and written to a cache added."""
    runs: int
    """How many runs."""
    usage: Usage
    """The sums; ``None`` where these runs' service did not tell the input, or the output."""
    cost: Decimal | None
    """What those of them cost that had a price, together; ``None`` where none had."""
    priced: int
    """How many of them had a price."""


@dataclass(frozen=True, slots=True)
class TokenSpread:
    """How large the runs were."""

    median: Quantile
    """The median."""
    high: Quantile
    """P95."""


@dataclass(frozen=True, slots=True)
class UsageBook:
    """What the runs of a history used."""

    read: Callable[[], AbstractContextManager[Connection]]
    """Opens a connection for reading."""
    sqlite: bool
    """Whether it is SQLite."""

    def totals(self, which: RunFilter, *, edges: Sequence[int] = ()) -> tuple[UsageTotals, ...]:
        """Add up the tokens of the ended runs that pass the filter.

        Args:
            which: The filter.
            edges: Numbers of input tokens that part the sizes; a size is named by its lower edge.

        Raises:
            HistoryError: The database refuses.
        """
        statement = _totals(conditions(which, sqlite=self.sqlite), tuple(sorted(set(edges))))
        with self.read() as connection:
            return tuple(_read(row) for row in connection.execute(statement).mappings())

    def spread(self, which: RunFilter) -> tuple[TokenSpread, TokenSpread]:
        """Tell median and P95 of input and of output tokens, as the service told them.

        Args:
            which: The filter.

        Raises:
            HistoryError: The database refuses.
        """
        where = conditions(which, sqlite=self.sqlite)
        with self.read() as connection:
            told = [_spread(connection, column, where) for column in (_INPUT, _OUTPUT)]
        return told[0], told[1]


_INPUT, _OUTPUT = runs.c.input_tokens, runs.c.output_tokens


def _totals(where: list[ColumnElement[bool]], edges: tuple[int, ...]) -> Select[Any]:
    read, written, hour = (
        func.coalesce(runs.c[name], 0)
        for name in ("cache_read_input_tokens", "cache_write_input_tokens", "cache_write_1h_input_tokens")
    )
    # What is kept for an hour is part of what was written, where both are told.
    whole = _INPUT + read + case((hour > written, hour), else_=written)
    each = (
        select(
            *(runs.c[name] for name in (*_WHO, *_BUCKETS, "cost")),
            _edge(_INPUT, edges).label("told_from"),
            _edge(whole, edges).label("all_from"),
            case((_INPUT.is_(None), 0), else_=1).label("has_input"),
            case((_OUTPUT.is_(None), 0), else_=1).label("has_output"),
        )
        .where(*where)
        .where(runs.c.state.not_in(_GOING))
        .subquery()
    )
    # From a subquery: PostgreSQL would not see that a grouped expression with parameters is the selected one.
    keys = [each.c[name] for name in (*_WHO, "told_from", "all_from", "has_input", "has_output")]
    sums = [func.sum(each.c[name]).label(name) for name in _BUCKETS]
    return (
        select(
            *keys,
            *sums,
            func.count().label("runs"),
            func.count(each.c.cost).label("priced"),
            func.sum(each.c.cost).label("cost"),
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _edge(tokens: Any, edges: tuple[int, ...]) -> ColumnElement[int]:  # noqa: ANN401 - any SQL number
    """The last edge that is not above a number of tokens; 0 below all of them and for what was not told."""
    ends = (0, *(edge for edge in edges if edge > 0))
    # Upwards: most requests are small, and the first step that holds ends the search.
    steps = [(tokens < above, edge) for edge, above in pairwise(ends)]
    return case((tokens.is_(None), 0), *steps, else_=ends[-1])


def _read(row: RowMapping) -> UsageTotals:
    sums = {name: None if row[name] is None else int(row[name]) for name in _BUCKETS}
    if not row["has_input"]:
        sums["input_tokens"] = None
    return UsageTotals(
        **{name: row[name] for name in _WHO},
        told_from=row["told_from"],
        all_from=row["all_from"],
        runs=row["runs"],
        usage=Usage(**sums),
        cost=row["cost"],
        priced=row["priced"],
    )


def _spread(connection: Connection, column: Column[Any], where: list[ColumnElement[bool]]) -> TokenSpread:
    told = [*where, column.is_not(None)]
    count = connection.execute(select(func.count()).select_from(runs).where(*told)).scalar_one()
    ordered = select(column).where(*told).order_by(column)

    def quantile(p: float) -> Quantile:
        if count < needed(p):
            return Quantile(p, None, count, rough=False)
        # As bedrock_playground.measures.quantile does, without fetching what it does not look at.
        place = (count - 1) * p
        near = connection.execute(
            ordered.offset(floor(place)).limit(ceil(place) - floor(place) + 1)
        ).scalars()
        ends = [int(value) for value in near]
        value = ends[0] + (ends[-1] - ends[0]) * (place - floor(place))
        return Quantile(p, value, count, rough=count < steady(p))

    return TokenSpread(quantile(0.5), quantile(0.95))
