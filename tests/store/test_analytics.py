"""Analytics against plain Python over the same runs, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bedrock_playground.history import AnalyticsFilter, RunFilter, RunRecord, RunStore
from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.analytics_values import Measure, Parameter, Sums, Width
from bedrock_playground.history.migrations import counting_0004
from bedrock_playground.history.schema import run_days
from bedrock_playground.history.schema import runs as table
from bedrock_playground.history.votes import Contender, Verdict, Vote, decide
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.values import (
    Attempt,
    InferenceParameters,
    InvocationRequest,
    RunState,
    Timing,
    Usage,
)
from bedrock_playground.measures import quantile, wilson
from tests.store.builders import NOON, cancelled, history_as_of, identity, request, result
from tests.store.conftest import Place

_DAY = 86_400
_MODELS = ("anthropic.a", "openai.b", "local.c")
_PS = (0.05, 0.5, 0.95)


def _attempts(tries: int) -> tuple[Attempt, ...]:
    failed = [Attempt(number, 0.0, 0.1, error_type="Throttled") for number in range(1, tries)]
    return (*failed, Attempt(tries, 0.0, 1.0, status=200))


def _run(
    second: int,
    *,
    model: str = "anthropic.a",
    state: RunState = RunState.COMPLETED,
    total: float = 1.0,
    tokens: tuple[int, int] | None = (10, 20),
    cost: Decimal | None = None,
    tries: int = 1,
    user: str | None = None,
    preset: str | None = None,
    tags: tuple[str, ...] = (),
    temperature: float | None = None,
    answer: str = "Blue",
    cached: tuple[int, int] = (0, 0),
) -> RunRecord:
    usage = tokens and Usage(
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cache_read_input_tokens=cached[0] or None,
        cache_write_input_tokens=cached[1] or None,
    )
    outcome = {
        RunState.COMPLETED: result(
            answer,
            usage=usage,
            timing=Timing(time_to_first_token=total / 4, total=total),
            attempts=_attempts(tries),
        ),
        RunState.FAILED: result("", usage=None, error=Throttled("Too many."), attempts=_attempts(tries)),
        RunState.CANCELLED: cancelled(),
    }.get(state)
    confidence = "exact" if model.startswith("local.") else "single_source"
    return RunRecord(
        identity=identity(second),
        request=InvocationRequest.from_prompt(
            model, "Why?", parameters=InferenceParameters(temperature=temperature)
        ),
        state=state,
        result=outcome,
        user=user,
        preset_id=preset,
        tags=tags,
        cost=cost,
        price_confidence=None if cost is None else confidence,
    )


_runs = st.lists(
    st.builds(
        _run,
        # Days apart, and around midnight, where a day in another zone than UTC would show.
        st.builds(
            lambda day, second: day * _DAY + second, st.integers(0, 16), st.sampled_from((0, 43_199, 43_200))
        ),
        model=st.sampled_from(_MODELS),
        state=st.sampled_from((RunState.COMPLETED, *RunState)),
        total=st.floats(0.01, 100, allow_nan=False),
        tokens=st.none() | st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)),
        cost=st.none() | st.decimals(0, 1000, places=9),
        tries=st.integers(1, 3),
        user=st.sampled_from((None, "ada", "grace")),
        preset=st.sampled_from((None, "p")),
        tags=st.sampled_from(((), ("x",), ("x", "y"), ('"z', "ä"))),
        temperature=st.sampled_from((None, 0.0, 0.5)),
        answer=st.sampled_from(("Blue", " blue\n", "Red")),
        cached=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    ),
    max_size=30,
)
_filters = st.builds(
    AnalyticsFilter,
    model_ids=st.sampled_from(((), ("anthropic.a",), ("openai.b", "local.c"))),
    users=st.sampled_from(((), (None,), ("ada",), (None, "grace"))),
    presets=st.sampled_from(((), ("p",), (None,))),
    tags=st.sampled_from(((), ("x",), ("y", "ä"), ("none",))),
    endpoints=st.sampled_from(((), ("local",), ("bedrock",))),
    first=st.none() | st.integers(0, 17).map(lambda day: (NOON + timedelta(days=day)).date()),
    last=st.none() | st.integers(0, 17).map(lambda day: (NOON + timedelta(days=day)).date()),
)


def _passes(run: RunRecord, which: AnalyticsFilter) -> bool:
    day = run.identity.started_at.astimezone(UTC).date()
    return all(
        (
            run.state.is_final,
            not which.model_ids or run.request.model_id in which.model_ids,
            not which.users or run.user in which.users,
            not which.presets or run.preset_id in which.presets,
            not which.tags or set(which.tags) & set(run.tags),
            not which.endpoints or run.identity.endpoint in which.endpoints,
            which.first is None or day >= which.first,
            which.last is None or day <= which.last,
        )
    )


def _sums(runs: Iterable[RunRecord]) -> Sums:
    total = Sums()
    for run in runs:
        usage = run.result.usage if run.result else None
        tries = len(run.result.attempts) if run.result else 1
        done, known = run.state is RunState.COMPLETED, run.cost is not None
        free = known and run.price_confidence == "exact"
        total += Sums(
            runs=1,
            completed=int(done),
            failed=int(run.state is RunState.FAILED),
            cancelled=int(run.state is RunState.CANCELLED),
            interrupted=int(run.state is RunState.INTERRUPTED),
            cost=run.cost or Decimal(0),
            priced=int(known and not free),
            free=int(free),
            unknown=int(done and not known),
            unknown_ended=int(not done and not known),
            input_tokens=(usage.input_tokens if usage else None) or 0,
            output_tokens=(usage.output_tokens if usage else None) or 0,
            told=int(usage is not None),
            retries=tries - 1,
            retried=int(tries > 1),
        )
    return total


def _value(run: RunRecord, measure: Measure) -> float | None:
    assert run.result is not None
    timing, usage = run.result.timing, run.result.usage
    output = usage.output_tokens if usage else None
    return {
        Measure.TTFT: timing.time_to_first_token,
        Measure.TOTAL: timing.total,
        Measure.SPEED: timing.tokens_per_second(output),
        Measure.LENGTH: output,
    }[measure]


def _start(run: RunRecord, width: Width) -> datetime:
    moment = run.identity.started_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if width is Width.HOUR:
        return moment
    day = moment.replace(hour=0)
    return day if width is Width.DAY else day - timedelta(days=day.weekday())


def _write(width: Width, moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H}" if width is Width.HOUR else f"{moment:%Y-%m-%d}"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=_runs, which=_filters, width=st.sampled_from(list(Width)), measure=st.sampled_from(list(Measure)))
def test_sums_and_quantiles_agree_with_plain_python(
    store: RunStore, *, runs: list[RunRecord], which: AnalyticsFilter, width: Width, measure: Measure
) -> None:
    _empty(store)
    store.add(runs)
    analytics, mine = store.analytics(), [run for run in runs if _passes(run, which)]
    assert analytics.sums(which) == _sums(mine)

    by_period: dict[Any, list[RunRecord]] = defaultdict(list)
    for run in mine:
        by_period[_start(run, width), run.request.model_id].append(run)
    periods = analytics.over_time(which, width)
    assert [(one.start, one.model_id) for one in periods] == sorted(by_period)
    assert [one.sums for one in periods] == [_sums(by_period[key]) for key in sorted(by_period)]

    for told, key in (
        (
            analytics.quantiles_over_time(which, measure, width=width, ps=_PS),
            lambda run: _write(width, _start(run, width)),
        ),
        (analytics.quantiles_by_model(which, measure, ps=_PS), lambda run: run.request.model_id),
    ):
        values: dict[str, list[float]] = defaultdict(list)
        for run in mine:
            if run.state is RunState.COMPLETED and (value := _value(run, measure)) is not None:
                values[key(run)].append(value)
        assert [one.part for one in told] == sorted(values)
        for one in told:
            assert one.samples == len(values[str(one.part)])
            assert one.told == tuple(quantile(values[str(one.part)], p) for p in _PS)

    retried = analytics.retried(which)
    assert sum(one.runs for one in retried) == _sums(mine).retried
    assert sum(one.retries for one in retried) == _sums(mine).retries
    failures = analytics.failures(which)
    assert sum(one.runs for one in failures) == len(mine) - _sums(mine).completed
    assert sum(one.runs for one in analytics.cached_tokens(which)) == sum(
        bool(usage.cache_read_input_tokens or usage.cache_write_input_tokens)
        for run in mine
        if run.result and (usage := run.result.usage)
    )


def _empty(store: RunStore) -> None:
    """Everything, runs that are still going included."""
    with store._write() as connection:
        connection.execute(text("DELETE FROM runs"))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=_runs, deleted=st.sets(st.integers(0, 29)))
def test_what_triggers_count_is_what_counting_anew_gives(
    store: RunStore, *, runs: list[RunRecord], deleted: set[int]
) -> None:
    _empty(store)
    store.add(runs)
    store.delete([runs[place].run_id for place in deleted if place < len(runs)])
    store.mark_interrupted()
    kept = _days(store)
    with store._write() as connection:
        counting_0004.count_anew(connection)
    assert _days(store) == kept
    assert all(row["runs"] > 0 for row in kept)


def _days(store: RunStore) -> list[dict[str, Any]]:
    with store._read() as connection:
        order = run_days.c.day, run_days.c.group_id
        return [dict(row) for row in connection.execute(run_days.select().order_by(*order)).mappings()]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=_runs)
def test_agreement_is_the_share_of_equal_pairs(store: RunStore, *, runs: list[RunRecord]) -> None:
    _empty(store)
    store.add(runs)
    for model in _MODELS:
        by_value: dict[str | float | None, list[RunRecord]] = defaultdict(list)
        for run in runs:
            if run.request.model_id == model and run.state is RunState.COMPLETED:
                by_value[run.request.parameters.temperature].append(run)
        told = store.analytics().by_parameter(AnalyticsFilter(), Parameter.TEMPERATURE, model_id=model)
        assert [one.value for one in told] == sorted(
            by_value, key=lambda value: -1 if value is None else value
        )
        for one in told:
            mine = by_value[one.value]
            totals = [value for run in mine if (value := _value(run, Measure.TOTAL)) is not None]
            assert one.total.told == tuple(quantile(totals, p) for p in (0.5, 0.95))
            lengths = [value for run in mine if (value := _value(run, Measure.LENGTH)) is not None]
            assert one.length.told == tuple(quantile(lengths, p) for p in _PS)
            # There is one prompt: runs of a model at a temperature are repeats of one request.
            answers = [run.result.text.strip().casefold() for run in mine if run.result]
            pairs = list(combinations(answers, 2))
            if not pairs:
                assert one.agreement is None
                continue
            assert one.agreement is not None
            assert (one.agreement.requests, one.agreement.runs) == (1, len(answers))
            assert one.agreement.share == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


def test_agreement_by_hand(store: RunStore) -> None:
    # Three repeats of a request, two of them the same: 1 pair of 3. Two of another, the same: 1 of 1.
    store.add([_run(0, answer="Yes."), _run(1, answer=" YES. "), _run(2, answer="No.")])
    other = request("Another?", model_id="anthropic.a")
    store.add(
        RunRecord(identity(number), other, RunState.COMPLETED, result("Ä", timing=Timing(total=1.0)))
        for number in range(2)
    )
    told = store.analytics().by_parameter(AnalyticsFilter(), Parameter.TOP_P, model_id="anthropic.a")
    assert [one.value for one in told] == [None]
    assert told[0].agreement is not None
    assert (told[0].agreement.requests, told[0].agreement.runs) == (2, 5)
    assert told[0].agreement.share == pytest.approx((1 / 3 + 1) / 2)


def test_a_sample_is_spread_over_lanes_and_told(store: RunStore) -> None:
    # Four lanes by turns, each model with a time of its own: every 4th run by its key would be one model's.
    store.add(_run(number, model=f"m{number % 4}", total=1.0 + number % 4) for number in range(800))
    analytics = Analytics(store._read, sqlite=store._engine.dialect.name == "sqlite", exact_runs=200)
    sampling = analytics.sampling(AnalyticsFilter())
    assert (sampling.runs, sampling.share) == (800, 0.25)
    told = analytics.quantiles_by_model(AnalyticsFilter(), Measure.TOTAL, ps=(0.5,))
    assert [(one.part, one.told[0].value) for one in told] == [(f"m{n}", 1.0 + n) for n in range(4)]
    assert all(40 <= one.samples <= 60 for one in told), [one.samples for one in told]
    narrowed = analytics.quantiles_by_model(AnalyticsFilter(model_ids=("m1",)), Measure.TOTAL, ps=(0.5,))
    assert [one.samples for one in narrowed] == [200], "200 are few enough to look at all"


def test_recorded_runs_are_counted_as_they_end(store: RunStore) -> None:
    recorder, who, what = store.recorder(user="ada"), identity(), request()
    recorder.run_started(who, what)
    assert store.analytics().sums() == Sums(), "a run that goes on is not counted"
    recorder.run_finished(who, what, result(), cost=Cost(Decimal("0.5"), Confidence.USER))
    told = store.analytics().sums(AnalyticsFilter(users=("ada",)))
    assert (told.runs, told.completed, told.known_cost, told.output_tokens) == (1, 1, Decimal("0.5"), 21)
    assert store.analytics().choices().users == ("ada",)
    store.delete(RunFilter())
    assert store.analytics().sums() == Sums()
    assert store.analytics().choices().first is None


def test_an_interrupted_run_is_counted_once(store: RunStore) -> None:
    who, what = identity(), request()
    store.add([RunRecord(who, what, RunState.RUNNING)])
    assert store.mark_interrupted() == 1
    assert store.mark_interrupted() == 0
    told = store.analytics().sums()
    assert (told.runs, told.interrupted, told.unknown_ended, told.known_cost) == (1, 1, 1, None)
    # Its process lived after all: what it tells in the end counts instead.
    store.recorder().run_finished(who, what, result())
    told = store.analytics().sums()
    assert (told.runs, told.interrupted, told.completed) == (1, 0, 1)


def test_widths_follow_the_dates(store: RunStore) -> None:
    analytics, noon = store.analytics(), NOON.date()
    store.add([_run(0), _run(2 * _DAY)])
    assert analytics.width(AnalyticsFilter(), analytics.choices()) is Width.HOUR
    store.add([_run(3 * _DAY)])
    assert analytics.width(AnalyticsFilter(), analytics.choices()) is Width.DAY
    assert analytics.width(AnalyticsFilter(first=noon, last=noon), analytics.choices()) is Width.HOUR
    store.add([_run(100 * _DAY)])
    assert analytics.width(AnalyticsFilter(), analytics.choices()) is Width.WEEK
    few = Analytics(store._read, sqlite=store._engine.dialect.name == "sqlite", exact_runs=0)
    assert few.width(AnalyticsFilter(first=noon, last=noon), few.choices()) is Width.DAY


def test_parameters_that_varied(store: RunStore) -> None:
    store.add([
        _run(0, temperature=0.0), _run(1, temperature=1.0), _run(2),
        _run(3, model="openai.b", temperature=0.5), _run(4, model="openai.b", temperature=0.5),
    ])  # fmt: skip
    assert store.analytics().varied(AnalyticsFilter()) == {
        "anthropic.a": (Parameter.TEMPERATURE,),
        "openai.b": (),
    }


def test_text_of_any_kind_and_length_is_counted(store: RunStore) -> None:
    # PostgreSQL refuses an index entry of more than 2,704 bytes: none may hold text of the user's.
    long = "ü" * 4000
    store.add([_run(0, model=long[:2000], user=long, preset=long, tags=(long, "x"))])
    told = store.analytics().sums(AnalyticsFilter(users=(long,), presets=(long,), tags=(long,)))
    assert told.runs == 1


def test_what_was_recorded_before_is_converted(new_place: Callable[[], Place]) -> None:
    made = [
        _run(0, cost=Decimal("0.25"), tries=2, temperature=0.5, cached=(3, 4), user="ada", tags=("x",)),
        _run(1, state=RunState.FAILED),
        _run(2 * _DAY, model="local.c", cost=Decimal(0)),
        _run(3, state=RunState.PENDING),
    ]
    old = new_place()
    history_as_of("0003", old.url, made)
    fresh = new_place()
    with old.open() as before, fresh.open() as after:
        after.add(made)
        assert before.analytics().sums() == after.analytics().sums()
        assert _light(before) == _light(after)
        assert _days(before) == _days(after)
        before.add([_run(9)])
        assert before.analytics().sums().runs == 4, "the triggers are there"


def _light(store: RunStore) -> list[dict[str, Any]]:
    """Every column of ``runs``."""
    with store._read() as connection:
        return [dict(row) for row in connection.execute(table.select().order_by(table.c.id)).mappings()]


def _vote(number: int, *models: str, verdict: Verdict, best: str | None = None) -> Vote:
    contenders = [
        Contender(f"{number}-{label}", label, model) for label, model in zip("ABC", models, strict=False)
    ]
    return decide(contenders, verdict, comparison_id=str(number), turn=0, best=best)


def test_win_rates_by_hand(store: RunStore) -> None:
    for vote in (
        _vote(0, "a", "b", verdict=Verdict.BEST, best="A"),
        _vote(1, "a", "b", "c", verdict=Verdict.BEST, best="B"),
        _vote(2, "a", "b", verdict=Verdict.TIE),
        _vote(3, "a", "b", "c", verdict=Verdict.BAD),
        _vote(4, "a", "c", verdict=Verdict.BAD),
    ):
        store.votes.record(vote)
    a, b, c = store.analytics().win_rates(AnalyticsFilter())
    assert [(one.model_id, one.won, one.lost, one.tied, one.bad) for one in (a, b, c)] == [
        ("a", 1, 1, 1, 2),
        ("b", 1, 1, 1, 1),
        ("c", 0, 1, 0, 2),
    ]
    # A win and half of a tie between two, in three votes.
    assert a.credit == pytest.approx(1.5)
    assert a.chance == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    assert a.rate == wilson(1.5, 3)
    assert c.credit == 0
    assert c.chance == pytest.approx(1 / 3)
    (only,) = store.analytics().win_rates(AnalyticsFilter(model_ids=("c",), users=(None,)))
    assert only == c
    assert store.analytics().win_rates(AnalyticsFilter(users=("ada",))) == []
    assert store.analytics().win_rates(AnalyticsFilter(last=date(2000, 1, 1))) == []
