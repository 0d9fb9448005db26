"""Questions to all runs together, answered by the database.

How long they take grows little with the history: sums are read from ``run_days``, which has a row per day and
group of runs, and quantiles rest on about :data:`EXACT_RUNS` runs at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from math import floor
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from bedrock_playground.history import analytics_sql as sql
from bedrock_playground.history.analytics_values import (
    Agreement,
    AnalyticsFilter,
    Choices,
    Ended,
    Measure,
    Parameter,
    Period,
    Quantiles,
    Sampling,
    Setting,
    Sums,
    Width,
    WinRate,
)
from bedrock_playground.history.caching import CachedTokens
from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import run_days, run_groups, runs
from bedrock_playground.invocation.values import RunState
from bedrock_playground.measures import Quantile, needed, steady

EXACT_RUNS = 20_000
"""Up to how many runs quantiles are exact; of more, a sample of about as many is taken, and they say so."""

_HOURS_UP_TO, _DAYS_UP_TO = 3, 100
_NO_FILTER = AnalyticsFilter()


class Analytics:
    """Asks all runs together. Every method raises a ``HistoryError`` if the database refuses."""

    def __init__(
        self,
        read: Callable[[], AbstractContextManager[Connection]],
        *,
        sqlite: bool,
        exact_runs: int = EXACT_RUNS,
    ) -> None:
        """Use :meth:`bedrock_playground.history.RunStore.analytics`.

        Args:
            read: Opens a transaction that reads.
            sqlite: Whether it is SQLite's.
            exact_runs: Up to how many runs quantiles are exact.
        """
        self._read = read
        self._sqlite = sqlite
        self._exact_runs = exact_runs

    def choices(self) -> Choices:
        """Tell what there is to filter by."""
        columns = [run_groups.c[name] for name in ("model_id", "user_name", "preset_id", "tags", "endpoint")]
        # Groups whose runs were all deleted stay behind, and are no choice.
        counted = select(run_days.c.group_id).where(_OF_DAY).correlate(run_groups).exists()
        with self._read() as connection:
            found = connection.execute(select(*columns).where(counted).distinct()).all()
            first, last = connection.execute(select(func.min(run_days.c.day), func.max(run_days.c.day))).one()
        models, users, presets, tags, endpoints = ({row[place] for row in found} for place in range(5))
        return Choices(
            models=tuple(sorted(models)),
            users=_unknown_first(users),
            presets=_unknown_first(presets),
            tags=tuple(sorted({tag for text in tags for tag in _tags(text)})),
            endpoints=_unknown_first(endpoints),
            first=first,
            last=last,
        )

    def sums(self, which: AnalyticsFilter = _NO_FILTER) -> Sums:
        """Tell what all runs that pass the filter add up to."""
        with self._read() as connection:
            statement = select(*sql.day_sums()).select_from(run_days.join(run_groups, _OF_DAY))
            where = [*self._groups(connection, which), *sql.in_days(which)]
            return Sums(*connection.execute(statement.where(*where)).one())

    def width(self, which: AnalyticsFilter, choices: Choices) -> Width:
        """Choose how long a period is: few enough to see, many enough to show a course.

        Hours are added up from the runs themselves, so that they are chosen only where these are few.
        """
        first = max(filter(None, (which.first, choices.first)), default=None)
        last = min(filter(None, (which.last, choices.last)), default=None)
        days = (last - first).days + 1 if first and last else 1
        if days <= _HOURS_UP_TO and self.sums(which).runs <= self._exact_runs:
            return Width.HOUR
        return Width.DAY if days <= _DAYS_UP_TO else Width.WEEK

    def over_time(self, which: AnalyticsFilter, width: Width) -> list[Period]:
        """Tell what runs add up to by period and model, oldest first; periods without a run are left out."""
        with self._read() as connection:
            groups = self._groups(connection, which)
            if width is Width.HOUR:
                period = sql.period_of_run(width, sqlite=self._sqlite)
                statement = (
                    select(period.label("start"), run_groups.c.model_id, *sql.run_sums())
                    .select_from(runs.join(run_groups, _OF_RUN))
                    .where(*groups, *sql.in_moments(which))
                )
            else:
                period = sql.period_of_day(width, sqlite=self._sqlite)
                statement = (
                    select(period.label("start"), run_groups.c.model_id, *sql.day_sums())
                    .select_from(run_days.join(run_groups, _OF_DAY))
                    .where(*groups, *sql.in_days(which))
                )
            by = (statement.selected_columns.start, run_groups.c.model_id)
            rows = connection.execute(statement.group_by(*by).order_by(*by)).all()
        return [Period(moment_of(row[0]), row[1], Sums(*row[2:])) for row in rows]

    def sampling(self, which: AnalyticsFilter) -> Sampling:
        """Tell on how many of the completed runs quantiles rest."""
        return Sampling(self.sums(which).completed, self._exact_runs)

    def quantiles_over_time(
        self, which: AnalyticsFilter, measure: Measure, *, width: Width, ps: Sequence[float] = (0.5, 0.95)
    ) -> list[Quantiles]:
        """Tell quantiles of completed runs by period, oldest first.

        Args:
            which: Which runs.
            measure: Of what, in seconds, tokens or tokens per second.
            width: How long a period is.
            ps: Which quantiles.
        """
        period = sql.period_of_run(width, sqlite=self._sqlite)
        return self._quantiles(which, measure, part=period, ps=ps)

    def quantiles_by_model(
        self,
        which: AnalyticsFilter,
        measure: Measure,
        *,
        ps: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    ) -> list[Quantiles]:
        """Tell quantiles of completed runs by model, sorted by its id."""
        return self._quantiles(which, measure, part=run_groups.c.model_id, ps=ps)

    def failures(self, which: AnalyticsFilter) -> list[Ended]:
        """Tell which runs did not complete, by kind of error and model, most first."""
        ended = run_groups.c.state != RunState.COMPLETED.value
        kind = func.coalesce(run_groups.c.error_type, run_groups.c.state)
        return self._ended(which, kind=kind, where=ended)

    def retried(self, which: AnalyticsFilter) -> list[Ended]:
        """Tell which runs were tried more than once, by the errors that led to it and model, most first."""
        return self._ended(which, kind=run_groups.c.retried_for, where=run_groups.c.retried_for.is_not(None))

    def cached_tokens(self, which: AnalyticsFilter) -> list[CachedTokens]:
        """Add up the tokens of runs that a prompt cache had a part in, by all that prices depend on."""
        by = [run_groups.c[name] for name in _PRICED_BY]
        sums = [sql.whole(func.sum(run_days.c[name])) for name in ("runs", *_TOKENS)]
        with self._read() as connection:
            statement = (
                select(*by, *sums)
                .select_from(run_days.join(run_groups, _OF_DAY))
                .where(run_groups.c.cached, *self._groups(connection, which), *sql.in_days(which))
                .group_by(*by)
                .order_by(run_groups.c.model_id)
            )
            return [CachedTokens(*row) for row in connection.execute(statement)]

    def win_rates(self, which: AnalyticsFilter) -> list[WinRate]:
        """Tell what votes say of each model, sorted by its id; the filter's dates are those of the votes."""
        with self._read() as connection:
            rows = connection.execute(sql.win_rates(which)).all()
        found = []
        for model_id, won, lost, tied, bad, credit, chance in rows:
            judged = won + lost + tied
            expected = float(chance) / judged if judged else None
            found.append(WinRate(model_id, won, lost, tied, bad, float(credit), expected))
        return found

    def varied(self, which: AnalyticsFilter) -> dict[str, tuple[Parameter, ...]]:
        """Tell which parameters were run at more than one value, by model.

        Not sending a parameter is a value of its own.
        """
        counts: list[ColumnElement[Any]] = []
        for parameter in Parameter:
            column = runs.c[parameter.value]
            unsent = func.max(_one_if(column.is_(None)))
            counts.append(func.count(column.distinct()) + unsent)
        with self._read() as connection:
            where = self._completed(connection, which, share=self.sampling(which).share)
            statement = select(runs.c.model_id, *counts).where(*where).group_by(runs.c.model_id)
            rows = connection.execute(statement).all()
        return {
            row[0]: tuple(
                parameter for parameter, values in zip(Parameter, row[1:], strict=True) if values > 1
            )
            for row in rows
        }

    def by_parameter(self, which: AnalyticsFilter, parameter: Parameter, *, model_id: str) -> list[Setting]:
        """Tell what a model did at each value of a parameter, in the values' order, "not sent" first.

        Args:
            which: Which runs, of any model.
            parameter: The parameter.
            model_id: The model.
        """
        only = AnalyticsFilter(
            (model_id,), which.users, which.presets, which.tags, which.endpoints, which.first, which.last
        )
        part = runs.c[parameter.value]
        totals = self._quantiles(only, Measure.TOTAL, part=part, ps=(0.5, 0.95))
        lengths = {
            one.part: one for one in self._quantiles(only, Measure.LENGTH, part=part, ps=(0.05, 0.5, 0.95))
        }
        with self._read() as connection:
            where = [runs.c.model_id == clean(model_id), *self._completed(connection, only)]
            agreed = {
                row[0]: Agreement(row[1], row[2], float(row[3]))
                for row in connection.execute(sql.agreement(part, where=where))
            }
        untold = tuple(_quantile(p, 0, below=None, above=None) for p in (0.05, 0.5, 0.95))
        found = []
        for one in totals:
            length = lengths.get(one.part, Quantiles(one.part, 0, untold))
            found.append(Setting(one.part, one, length, agreed.get(one.part)))
        return sorted(found, key=lambda setting: (setting.value is not None, setting.value or 0))

    def _quantiles(
        self, which: AnalyticsFilter, measure: Measure, *, part: ColumnElement[Any], ps: Sequence[float]
    ) -> list[Quantiles]:
        share = self.sampling(which).share
        with self._read() as connection:
            where = self._completed(connection, which, share=share)
            statement = sql.order_statistics(part, measure, where=where, ps=ps)
            rows = connection.execute(statement).all()
        return [
            Quantiles(part_, samples, tuple(_told(ps, samples, bounds)))
            for part_, samples, *bounds in sorted(rows, key=lambda row: (row[0] is not None, row[0] or 0))
        ]

    def _ended(
        self, which: AnalyticsFilter, *, kind: ColumnElement[Any], where: ColumnElement[bool]
    ) -> list[Ended]:
        count = sql.whole(func.sum(run_days.c.runs))
        done = _one_if(run_groups.c.state == RunState.COMPLETED.value) * run_days.c.runs
        with self._read() as connection:
            statement = (
                select(
                    kind.label("kind"),
                    run_groups.c.model_id,
                    count,
                    sql.whole(func.sum(run_days.c.retries)),
                    sql.whole(func.sum(done)),
                )
                .select_from(run_days.join(run_groups, _OF_DAY))
                .where(where, *self._groups(connection, which), *sql.in_days(which))
                .group_by("kind", run_groups.c.model_id)
                .order_by(count.desc(), "kind", run_groups.c.model_id)
            )
            return [Ended(*row) for row in connection.execute(statement)]

    def _completed(
        self, connection: Connection, which: AnalyticsFilter, *, share: float = 1.0
    ) -> list[ColumnElement[bool]]:
        groups = self._groups(connection, which)
        return [*sql.in_moments(which), *sql.sampled(share), sql.completed(groups)]

    def _groups(self, connection: Connection, which: AnalyticsFilter) -> list[ColumnElement[bool]]:
        texts: list[str] = []
        if which.tags:
            stored = connection.execute(select(run_groups.c.tags).distinct()).scalars()
            texts = [text for text in stored if not set(_tags(text)).isdisjoint(which.tags)]
        return sql.group_conditions(which, tag_texts=texts)


def moment_of(period: str) -> datetime:
    """Read the beginning of a period as SQL writes it, in UTC."""
    form = "%Y-%m-%d %H" if " " in period else "%Y-%m-%d"
    return datetime.strptime(period, form).replace(tzinfo=UTC)


def _told(ps: Sequence[float], samples: int, bounds: Sequence[Any]) -> Iterator[Quantile]:
    for place, p in enumerate(ps):
        yield _quantile(p, samples, below=bounds[2 * place], above=bounds[2 * place + 1])


def _quantile(p: float, samples: int, *, below: float | None, above: float | None) -> Quantile:
    """A quantile between two samples, told by the rule of :mod:`bedrock_playground.measures`."""
    if samples < needed(p) or below is None or above is None:
        return Quantile(p, None, samples, rough=False)
    place = (samples - 1) * p
    value = below if below == above else below + (above - below) * (place - floor(place))
    return Quantile(p, min(max(value, below), above), samples, rough=samples < steady(p))


def _unknown_first(names: set[str | None]) -> tuple[str | None, ...]:
    return tuple(sorted(names, key=lambda name: (name is not None, name or "")))


def _tags(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, literal(1)), else_=literal(0))


_OF_DAY = run_groups.c.id == run_days.c.group_id
_OF_RUN = run_groups.c.id == runs.c.group_id
_PRICED_BY = (
    "model_id",
    "invoked_model_id",
    "endpoint",
    "region",
    "service_tier",
    "performance_latency",
    "size_class",
)
_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
)
