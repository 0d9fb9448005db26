"""From what is asked of all runs to SQL: pure statements for SQLite and PostgreSQL, nothing is executed here.

Sums come from ``run_days``, which triggers keep. Quantiles come from the runs themselves: all of them, or
where these are too many a sample spread evenly by a multiplicative hash of the row's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, or_, select, type_coerce
from sqlalchemy.types import BigInteger

from bedrock_playground.history.analytics_values import AnalyticsFilter, Measure, Width
from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import Money, run_days, run_groups, runs, vote_entries, votes
from bedrock_playground.history.votes import Outcome
from bedrock_playground.invocation.values import RunState

Condition = ColumnElement[bool]

# Knuth's multiplicative hash (The Art of Computer Programming, volume 3, section 6.4): 2³² times the golden
# ratio's fraction. Every n-th run by its key would be the same lane of every comparison of n lanes.
_HASH, _SPACE = 2_654_435_761, 2**32
_LARGEST_KEY = 2**31 - 1


def group_conditions(which: AnalyticsFilter, *, tag_texts: Sequence[str]) -> list[Condition]:
    """What a group must meet to pass the filter; its dates are not the groups' business.

    Args:
        which: The filter.
        tag_texts: Every stored text of tags that has one of the filter's.
    """
    found: list[Condition] = []
    if which.model_ids:
        found.append(run_groups.c.model_id.in_([clean(model_id) for model_id in which.model_ids]))
    found += _named(
        (run_groups.c.user_name, which.users),
        (run_groups.c.preset_id, which.presets),
        (run_groups.c.endpoint, which.endpoints),
    )
    if which.tags:
        found.append(run_groups.c.tags.in_(tag_texts))
    return found


def _named(*wanted: tuple[ColumnElement[Any], Sequence[str | None]]) -> list[Condition]:
    """That each column has one of the names that are wanted of it; ``None`` is no name, nothing is any."""
    found: list[Condition] = []
    for column, names in wanted:
        if names:
            named = column.in_([clean(name) for name in names if name is not None])
            found.append(or_(named, column.is_(None)) if None in names else named)
    return found


def in_days(which: AnalyticsFilter) -> list[Condition]:
    """What a row of ``run_days`` must meet to be within the filter's dates."""
    found: list[Condition] = []
    if which.first is not None:
        found.append(run_days.c.day >= which.first)
    if which.last is not None:
        found.append(run_days.c.day <= which.last)
    return found


def in_moments(which: AnalyticsFilter) -> list[Condition]:
    """What a run must meet to be within the filter's dates."""
    found: list[Condition] = []
    if which.started_from is not None:
        found.append(runs.c.started_at >= which.started_from)
    if which.started_before is not None:
        found.append(runs.c.started_at < which.started_before)
    return found


def sampled(share: float) -> list[Condition]:
    """What a run must meet to be in a sample of this share."""
    if share >= 1:
        return []
    mixed = (runs.c.id % literal(_LARGEST_KEY, BigInteger)) * literal(_HASH, BigInteger)
    return [mixed % literal(_SPACE, BigInteger) < literal(int(share * _SPACE), BigInteger)]


def completed(groups: Sequence[Condition]) -> Condition:
    """That a run completed and its group passes."""
    passing = select(run_groups.c.id).where(run_groups.c.state == RunState.COMPLETED.value, *groups)
    return runs.c.group_id.in_(passing)


def day_sums() -> tuple[ColumnElement[Any], ...]:
    """What rows of ``run_days`` joined with their groups add up to, in the order of ``Sums``."""
    return _sums(
        runs_=run_days.c.runs,
        cost=run_days.c.cost,
        input_tokens=run_days.c.input_tokens,
        output_tokens=run_days.c.output_tokens,
        told=run_days.c.output_told,
        retries=run_days.c.retries,
    )


def run_sums() -> tuple[ColumnElement[Any], ...]:
    """The same of rows of ``runs`` joined with their groups."""
    return _sums(
        runs_=literal(1),
        cost=func.coalesce(type_coerce(runs.c.cost, BigInteger), 0),
        input_tokens=func.coalesce(runs.c.input_tokens, 0),
        output_tokens=func.coalesce(runs.c.output_tokens, 0),
        told=case((runs.c.output_tokens.is_(None), 0), else_=1),
        retries=case((runs.c.attempts > 1, runs.c.attempts - 1), else_=0),
    )


def _sums(
    *,
    runs_: ColumnElement[Any],
    cost: ColumnElement[Any],
    input_tokens: ColumnElement[Any],
    output_tokens: ColumnElement[Any],
    told: ColumnElement[Any],
    retries: ColumnElement[Any],
) -> tuple[ColumnElement[Any], ...]:
    def those(*conditions: Condition) -> ColumnElement[Any]:
        return whole(func.sum(case((and_(*conditions), runs_), else_=0)))

    state, pricing = run_groups.c.state, run_groups.c.pricing
    done = state == RunState.COMPLETED.value
    return (
        whole(func.sum(runs_)),
        *(those(state == one.value) for one in (RunState.COMPLETED, RunState.FAILED)),
        *(those(state == one.value) for one in (RunState.CANCELLED, RunState.INTERRUPTED)),
        type_coerce(whole(func.sum(type_coerce(cost, BigInteger))), Money),
        those(pricing == "priced"),
        those(pricing == "free"),
        those(pricing == "unknown", done),
        those(pricing == "unknown", ~done),
        whole(func.sum(input_tokens)),
        whole(func.sum(output_tokens)),
        whole(func.sum(told)),
        whole(func.sum(retries)),
        those(run_groups.c.retried_for.is_not(None)),
    )


def whole(sum_: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum of whole numbers as one: 0 of nothing, and no decimal on PostgreSQL."""
    return cast(func.coalesce(sum_, 0), BigInteger)


def period_of_day(width: Width, *, sqlite: bool) -> ColumnElement[str]:
    """The beginning of a day's period, as text that sorts."""
    if sqlite:
        return _sqlite_period(run_days.c.day, width)
    return _postgres_period(cast(run_days.c.day, run_days.c.day.type), width)


def period_of_run(width: Width, *, sqlite: bool) -> ColumnElement[str]:
    """The beginning of a run's period, as text that sorts."""
    if sqlite:
        return _sqlite_period(runs.c.started_at, width)
    return _postgres_period(func.timezone("UTC", runs.c.started_at), width)


def _sqlite_period(column: ColumnElement[Any], width: Width) -> ColumnElement[str]:
    if width is Width.WEEK:
        return func.date(column, "weekday 0", "-6 days", type_=Text())
    return func.substr(column, 1, 13 if width is Width.HOUR else 10, type_=Text())


def _postgres_period(column: ColumnElement[Any], width: Width) -> ColumnElement[str]:
    form = "YYYY-MM-DD HH24" if width is Width.HOUR else "YYYY-MM-DD"
    return func.to_char(func.date_trunc(width.value, column), form, type_=Text())


def order_statistics(
    part: ColumnElement[Any], measure: Measure, *, where: Sequence[Condition], ps: Sequence[float]
) -> Select[Any]:
    """Select the samples that quantiles lie between, and how many there are, for each part.

    Between the two, the caller interpolates by definition 7 of Hyndman and Fan (1996), as
    :func:`bedrock_playground.measures.quantile` does.

    Args:
        part: What to split by, over ``runs`` (joined with ``run_groups`` where it is one of its columns).
        measure: Of what.
        where: Which runs.
        ps: Which quantiles.

    Returns:
        Rows of the part, the number of samples, and for each quantile the sample below it and the one above.
    """
    value = runs.c[measure.value]
    found = select(
        part.label("part"),
        value.label("value"),
        (func.row_number().over(partition_by=part, order_by=value) - 1).label("place"),
        func.count().over(partition_by=part).label("samples"),
    ).where(value.is_not(None), *where)
    if getattr(part, "table", None) is run_groups:
        found = found.join(run_groups, run_groups.c.id == runs.c.group_id)
    ranked = found.subquery()
    bounds: list[ColumnElement[Any]] = []
    for p in ps:
        place = (ranked.c.samples - 1) * p
        bounds.append(func.max(case((ranked.c.place <= place, ranked.c.value))))
        bounds.append(func.min(case((ranked.c.place >= place, ranked.c.value))))
    return select(ranked.c.part, func.max(ranked.c.samples), *bounds).group_by(ranked.c.part)


def agreement(part: ColumnElement[Any], *, where: Sequence[Condition]) -> Select[Any]:
    """Select for each part how often two repeats of one request gave the same answer.

    Of one request's ``n`` answers, ``c`` of each kind, it is ``Σ c (c - 1) / (n (n - 1))``: the chance that
    two of them, drawn without putting back, are the same; the mean over the requests is the agreement of
    J. L. Fleiss, "Measuring Nominal Scale Agreement among Many Raters", Psychological Bulletin 76 (1971),
    378-382, with repeats for raters and answers for categories.
    """
    same = (
        select(part.label("part"), runs.c.request_key, func.count().label("same"))
        .where(runs.c.request_key.is_not(None), runs.c.answer_key.is_not(None), *where)
        .group_by(part, runs.c.request_key, runs.c.answer_key)
        .subquery()
    )
    count = func.sum(same.c.same)
    requests = (
        select(
            same.c.part,
            whole(count).label("answers"),
            whole(func.sum(same.c.same * (same.c.same - 1))).label("pairs"),
        )
        .group_by(same.c.part, same.c.request_key)
        .having(count > 1)
        .subquery()
    )
    answers = requests.c.answers
    return select(
        requests.c.part,
        func.count(),
        whole(func.sum(answers)),
        func.avg(requests.c.pairs * literal(1.0) / (answers * (answers - 1))),
    ).group_by(requests.c.part)


def win_rates(which: AnalyticsFilter) -> Select[Any]:
    """Select for each model its votes by outcome, its credit, and what chance would give.

    Votes know neither tags nor endpoints, which are passed over.
    """
    sizes = select(vote_entries.c.vote, func.count().label("size")).group_by(vote_entries.c.vote).subquery()
    share = literal(1.0) / sizes.c.size
    where: list[Condition] = [sizes.c.vote == votes.c.id, vote_entries.c.vote == votes.c.id]
    if which.model_ids:
        where.append(vote_entries.c.model_id.in_([clean(model_id) for model_id in which.model_ids]))
    where += _named((votes.c.user_name, which.users), (vote_entries.c.preset_id, which.presets))
    if which.started_from is not None:
        where.append(votes.c.voted_at >= which.started_from)
    if which.started_before is not None:
        where.append(votes.c.voted_at < which.started_before)
    outcome = vote_entries.c.outcome

    def sum_of(value: ColumnElement[Any], *outcomes: Outcome) -> ColumnElement[Any]:
        return func.sum(case((outcome.in_([one.value for one in outcomes]), value), else_=literal(0)))

    one = literal(1)
    counts = [whole(sum_of(one, kind)) for kind in (Outcome.WON, Outcome.LOST, Outcome.TIED, Outcome.BAD)]
    credit = case((outcome == Outcome.WON.value, literal(1.0)), else_=share)
    return (
        select(
            vote_entries.c.model_id,
            *counts,
            sum_of(credit, Outcome.WON, Outcome.TIED),
            sum_of(share, Outcome.WON, Outcome.LOST, Outcome.TIED),
        )
        .where(*where)
        .group_by(vote_entries.c.model_id)
        .order_by(vote_entries.c.model_id)
    )
