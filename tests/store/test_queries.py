"""Filters, search and pages, against the same questions asked of plain Python lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bedrock_playground.history import CursorInvalid, RunFilter, RunRecord, RunStore, RunUnreadable
from bedrock_playground.history.rows import fold
from bedrock_playground.invocation.values import RunState
from tests.store.builders import MODEL, NOON, identity, record, request
from tests.store.conftest import Place

_MODELS = ("local.a", "local.b", "anthropic.c")
_STATES = (RunState.COMPLETED, RunState.CANCELLED, RunState.INTERRUPTED)
_WORDS = ("100%", "a_b", "Äther", "STRASSE", "straße", "it's", "back\\slash", "日本", "plain")

_records = st.lists(
    st.builds(
        lambda second, model, state, label, words: record(
            second,
            model_id=model,
            state=state,
            prompt=words[0],
            answer=words[1],
            identity_changes={"label": label, "comparison_id": f"of {model}"},
        ),
        # Few moments, so that several runs start at the same one.
        st.integers(0, 4),
        st.sampled_from(_MODELS),
        st.sampled_from(_STATES),
        st.sampled_from("AB"),
        st.tuples(st.sampled_from(_WORDS), st.sampled_from(_WORDS)),
    ),
    max_size=12,
)
_filters = st.builds(
    RunFilter,
    model_ids=st.lists(st.sampled_from(_MODELS), max_size=2).map(tuple),
    states=st.lists(st.sampled_from(_STATES), max_size=2).map(tuple),
    text=st.none()
    | st.sampled_from((*_WORDS, "%", "_", "ÄTHER", "ss", "", "nowhere", "'; DROP TABLE runs;--")),
    started_from=st.none() | st.integers(0, 5).map(lambda second: NOON + timedelta(seconds=second)),
    started_before=st.none() | st.integers(0, 5).map(lambda second: NOON + timedelta(seconds=second)),
    comparison_id=st.none() | st.just("of local.a"),
    labels=st.sampled_from([(), ("A",), ("A", "B")]),
)


def _passes(run: RunRecord, which: RunFilter) -> bool:
    texts = [run.request.messages[-1].text, run.result.text if run.result else ""]
    return all(
        (
            not which.model_ids or run.request.model_id in which.model_ids,
            not which.states or run.state in which.states,
            not which.text or any(fold(which.text) in fold(text) for text in texts),
            which.started_from is None or run.identity.started_at >= which.started_from,
            which.started_before is None or run.identity.started_at < which.started_before,
            which.comparison_id is None or run.identity.comparison_id == which.comparison_id,
            not which.labels or run.identity.label in which.labels,
        )
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_records, which=_filters, limit=st.integers(1, 5))
def test_filters_pages_and_counts_agree_with_plain_python(
    store: RunStore, *, records: list[RunRecord], which: RunFilter, limit: int
) -> None:
    store.delete(RunFilter())
    assert store.add(records) == len(records)
    # Newest first; of two at the same moment, the one recorded later.
    order = sorted(enumerate(records), key=lambda pair: (pair[1].identity.started_at, pair[0]), reverse=True)
    expected = [run.run_id for _, run in order if _passes(run, which)]

    pages, cursor = [], None
    while True:
        page = store.list_runs(which, limit=limit, cursor=cursor)
        pages.append([run.run_id for run in page.runs])
        assert (page.newer is None) == (cursor is None)
        if page.older is None:
            break
        cursor = page.older
    assert [run_id for ids in pages for run_id in ids] == expected
    assert all(len(ids) == limit for ids in pages[:-1])
    assert store.count(which) == len(expected)
    assert [row["run_id"] for row in store.export_rows(which)] == expected

    back = []
    while page.newer is not None:
        page = store.list_runs(which, limit=limit, cursor=page.newer)
        back.append([run.run_id for run in page.runs])
    assert back == pages[:-1][::-1]
    assert store.models() == tuple(sorted({run.request.model_id for run in records}))


def test_a_new_run_does_not_shift_the_older_pages(store: RunStore) -> None:
    store.add(record(number, prompt=str(number)) for number in range(6))
    first = store.list_runs(limit=3)
    store.add([record(99, prompt="new")])
    second = store.list_runs(limit=3, cursor=first.older)
    assert [run.prompt_start for run in (*first.runs, *second.runs)] == ["5", "4", "3", "2", "1", "0"]
    newest = store.list_runs(limit=3, cursor=first.newer or second.newer)
    assert [run.prompt_start for run in newest.runs] == ["5", "4", "3"]
    assert newest.newer is not None
    assert [run.prompt_start for run in store.list_runs(limit=3, cursor=newest.newer).runs] == ["new"]


@pytest.mark.parametrize(
    "cursor", ["x", "older", "older.1", "older.1.x", "aside.1.1", "older.-1.1", "older.1.9" + "9" * 30]
)
def test_a_cursor_that_is_not_ours_is_refused(store: RunStore, cursor: str) -> None:
    with pytest.raises(CursorInvalid, match="does not exist"):
        store.list_runs(cursor=cursor)


def test_search_knows_no_wildcards_and_no_case(store: RunStore) -> None:
    store.add([
        record(1, prompt="100% sure", answer="Grüße aus KÖLN"),
        record(2, prompt="100 per cent", answer="GRÜSSE aus Köln"),
        record(3, prompt="a_b", answer="axb"),
        record(4, prompt="nothing", answer="else"),
    ])  # fmt: skip

    def found(text: str) -> list[str]:
        return [run.prompt_start for run in store.list_runs(RunFilter(text=text)).runs]

    assert found("100%") == ["100% sure"]
    assert found("%") == ["100% sure"]
    assert found("A_B") == ["a_b"]
    assert found("köln") == found("grüsse") == ["100 per cent", "100% sure"]
    assert found("Köln") == ["100 per cent", "100% sure"], "decomposed letters are the same letters"
    assert found("nothing\nelse ") == []


def test_moments_are_compared_across_zones(store: RunStore) -> None:
    store.add([record(0)])
    tokyo = timezone(timedelta(hours=9))
    same = NOON.astimezone(tokyo)
    assert store.count(RunFilter(started_from=same)) == 1
    assert store.count(RunFilter(started_before=same)) == 0
    assert store.list_runs().runs[0].started_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    with pytest.raises(Exception, match="time zone"):
        store.count(RunFilter(started_from=datetime(2026, 11, 22)))  # noqa: DTZ001 - that is the point


def test_a_comparison_comes_in_the_order_of_its_turns(store: RunStore) -> None:
    places = [(1, "B", 0), (0, "B", 0), (0, "A", 1), (1, "A", 0), (0, "A", 0)]
    store.add(
        record(
            number, identity_changes={"comparison_id": "x", "turn": turn, "label": label, "repeat": repeat}
        )
        for number, (turn, label, repeat) in enumerate(places)
    )
    store.add([record(9, identity_changes={"comparison_id": "other"})])
    found = [(r.identity.turn, r.identity.label, r.identity.repeat) for r in store.comparison("x")]
    assert found == sorted(places)
    assert store.comparison("nowhere") == []


def test_every_field_of_a_record_comes_back(store: RunStore) -> None:
    given_record = record(
        user="ada",
        preset_id="preset",
        tags=("first", "zweite, mit Komma"),
        cost=Decimal("0.000000123456"),
        price_source="AWS price list",
        price_as_of=date(2026, 11, 1),
        price_confidence="list price",
        price_note="Half of it is assumed.",
    )
    store.add([given_record])
    assert store.get(given_record.run_id) == given_record
    assert store.list_runs().runs[0].cost == given_record.cost
    assert store.get("nowhere") is None


def test_a_run_whose_details_cannot_be_read_is_named_and_still_exported(store: RunStore) -> None:
    broken, fine = record(1), record(2)
    store.add([broken, fine])
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE run_details SET result = '{\"text\": 7}' WHERE id = 1"))
    with pytest.raises(RunUnreadable, match=broken.run_id):
        store.get(broken.run_id)
    assert [run.run_id for run in store.list_runs().runs] == [fine.run_id, broken.run_id]
    assert [row["answer"] for row in store.export_rows()] == ["Because of Rayleigh scattering.", 7]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cost=st.decimals(0, 1_000_000, places=12))
def test_money_is_exact(store: RunStore, cost: Decimal) -> None:
    stored = record(cost=cost)
    store.add([stored])
    found = store.get(stored.run_id)
    assert found is not None
    assert found.cost == cost


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompt=st.text(min_size=1, max_size=300), answer=st.text(max_size=300))
def test_any_text_is_kept_and_found(store: RunStore, prompt: str, answer: str) -> None:
    stored = record(prompt=prompt, answer=answer)
    store.add([stored])
    assert store.get(stored.run_id) == stored
    assert store.list_runs(RunFilter(text=prompt), limit=1000).runs
    if fold(prompt):
        ids = {run.run_id for run in store.list_runs(RunFilter(text=prompt), limit=1000).runs}
        assert stored.run_id in ids


class TestDelete:
    def test_by_ids(self, store: RunStore) -> None:
        records = [record(number) for number in range(4)]
        store.add(records)
        assert store.delete([records[0].run_id, records[2].run_id, records[2].run_id, "nowhere"]) == 2
        assert {run.run_id for run in store.list_runs().runs} == {records[1].run_id, records[3].run_id}
        assert store.get(records[0].run_id) is None
        assert store.delete([]) == 0

    def test_by_filter_in_several_batches(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bedrock_playground.history.store._BATCH", 7)
        with place.open() as store:
            store.add(record(number, model_id="gone" if number % 3 else "kept") for number in range(45))
            assert store.delete(RunFilter(model_ids=("gone",))) == 30
            assert (store.count(), store.models()) == (15, ("kept",))
            assert sum(1 for _ in store.export_rows()) == 15
            assert store.delete(RunFilter()) == 15

    def test_the_details_go_too_and_running_runs_stay(self, store: RunStore) -> None:
        store.add([record(state=RunState.COMPLETED)])
        going = identity(run_id="going")
        store.recorder().run_started(going, request())
        assert store.delete(RunFilter()) == 1
        assert store.delete(["going"]) == 0
        with store._engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM run_details")).scalar() == 1

    def test_sqlite_gives_the_room_back(self, new_place: Callable[[], Place]) -> None:
        with new_place().open() as store:
            store.add(record(number, answer="long " * 1000) for number in range(300))
            store.delete(RunFilter())
            if store._engine.dialect.name == "sqlite":
                with store._engine.connect() as connection:
                    assert connection.exec_driver_sql("PRAGMA freelist_count").scalar() == 0
                    assert connection.exec_driver_sql("PRAGMA page_count").scalar_one() < 100
            assert store.count(RunFilter(model_ids=(MODEL,))) == 0
