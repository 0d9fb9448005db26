"""Tokens added up in SQL, against the same sums over plain Python lists."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.history import RunFilter, RunRecord, RunStore
from bedrock_playground.invocation.values import RunState, Usage
from bedrock_playground.measures import quantile
from tests.store.builders import record, result
from tests.store.conftest import Place

EDGES = (100, 1_000)


def run(number: int, usage: Usage | None, **changes: object) -> RunRecord:
    return record(number, result=result(usage=usage), **changes)  # type: ignore[arg-type]


def test_runs_are_added_up_by_model_region_and_size(store: RunStore) -> None:
    store.add(
        [
            run(0, Usage(50, 5), cost=Decimal("0.1")),
            run(1, Usage(60, 6), cost=Decimal("0.2")),
            run(2, Usage(60, 6, 50, 20, 10), cost=None),
            run(3, Usage(100, 7), model_id="anthropic.c"),
            run(4, Usage(60, 6), identity_changes={"region": "eu-west-1"}),
        ]
    )
    found = {
        (one.model_id, one.region, one.told_from, one.all_from): one
        for one in store.usage.totals(RunFilter(), edges=EDGES)
    }
    assert len(found) == 4
    local = "local.smollm2-135m-instruct-v1:0"
    both = found[local, "us-east-1", 0, 0]
    assert (both.runs, both.priced, both.cost) == (2, 2, Decimal("0.3"))
    assert (both.usage.input_tokens, both.usage.output_tokens) == (110, 11)
    # 60 as told, 60 + 50 + 20 with what was cached; the hour's 10 are part of the 20.
    cached = found[local, "us-east-1", 0, 100]
    assert cached.usage == Usage(60, 6, 50, 20, 10)
    assert (cached.priced, cached.cost) == (0, None)
    assert found["anthropic.c", "us-east-1", 100, 100].runs == 1
    assert found[local, "eu-west-1", 0, 0].runs == 1


def test_what_was_not_told_is_not_nothing_and_what_still_runs_does_not_count(store: RunStore) -> None:
    store.add(
        [
            run(0, Usage(50, 5)),
            run(1, None),
            run(2, Usage(input_tokens=7)),
            record(3, state=RunState.RUNNING),
            record(4, state=RunState.INTERRUPTED),
        ]
    )
    found = store.usage.totals(RunFilter())
    assert sorted(
        (one.runs, one.usage.input_tokens or -1, one.usage.output_tokens or -1) for one in found
    ) == [
        (1, 7, -1),
        (1, 50, 5),
        (2, -1, -1),
    ]
    assert store.usage.totals(RunFilter(model_ids=("nobody.knows",))) == ()


def test_the_filter_narrows_by_what_is_written_too(store: RunStore) -> None:
    store.add([run(0, Usage(1, 2), prompt="One thing"), run(1, Usage(3, 4), prompt="Another")])
    (one,) = store.usage.totals(RunFilter(text="another"))
    assert one.usage == Usage(3, 4)


def test_a_quantile_is_told_where_there_are_runs_enough(store: RunStore) -> None:
    store.add([run(number, Usage(number * 10, 3)) for number in range(10)])
    into, out = store.usage.spread(RunFilter())
    assert (into.median.value, into.median.rough) == (45, False)
    assert (into.high.value, into.high.samples) == (None, 10)
    assert out.median.value == 3
    store.add([run(number, Usage(number * 10, 3)) for number in range(10, 30)])
    into, _ = store.usage.spread(RunFilter())
    assert into.high == quantile([number * 10.0 for number in range(30)], 0.95)


_counts = st.none() | st.integers(0, 3_000)
_usages = st.none() | st.builds(Usage, _counts, _counts, _counts, _counts)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_usages, st.sampled_from(("a.x", "b.y"))), max_size=12))
def test_no_token_and_no_run_is_lost(place: Place, drawn: list[tuple[Usage | None, str]]) -> None:
    with place.open() as store:
        store.delete(RunFilter())
        store.add([run(number, usage, model_id=model) for number, (usage, model) in enumerate(drawn)])
        found = store.usage.totals(RunFilter(), edges=EDGES)
    assert sum(one.runs for one in found) == len(drawn)
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_write_input_tokens"):
        told = sum(getattr(usage, name) or 0 for usage, _ in drawn if usage)
        assert sum(getattr(one.usage, name) or 0 for one in found) == told
