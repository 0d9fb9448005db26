"""Kept data sets, on both databases: once by contents, in versions by name, read a page at a time."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text, update

from bedrock_playground.evaluation.builtin import builtin_sets
from bedrock_playground.evaluation.datasets import content_id
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import (
    DataSetGone,
    DataSetInUse,
    DataSetInvalid,
    DataSetUnreadable,
    RunStore,
)
from bedrock_playground.history.datasets import PAGE
from bedrock_playground.history.schema import data_set_cases, evaluations
from tests.store.conftest import Place


def _cases(number: int, word: str = "question") -> tuple[Case, ...]:
    return tuple(
        Case(
            number=n,
            inputs={"question": f"{word} {n}", "context": "ü\0\ud800"},
            expected=f"{n}" if n % 2 else None,
            references=("one",) if n % 4 == 0 else (),
            tags=("even",) if n % 2 == 0 else ("odd", "Prime?"),
            checks={"max_words": n, "must_include": ["a"]} if n % 3 == 0 else {},
        )
        for n in range(1, number + 1)
    )


def _data_set(cases: Sequence[Case], name: str = "Mine") -> DataSet:
    return DataSet(
        data_set_id=content_id(cases),
        name=name,
        cases=tuple(cases),
        task="question-answering",
        description="What they ask.",
        origin="Support desk",
        prompt="{{question}}",
        system="Be brief.",
        output_schema="{}",
        scorers=("exact", "rouge:l"),
    )


def test_a_data_set_comes_back_as_it_was_saved(place: Place) -> None:
    wanted = _data_set(_cases(5))
    with place.open() as store:
        kept = store.data_sets.save(wanted, user="ada")
        assert store.data_sets.get(wanted.data_set_id) == wanted
    with place.open() as store:
        assert store.data_sets.get(wanted.data_set_id) == wanted
        assert store.data_sets.summary(wanted.data_set_id) == kept
    assert (kept.name, kept.version, kept.versions, kept.user, kept.builtin) == ("Mine", 1, 1, "ada", False)
    # Cases 1, 3 and 5 have an answer, 4 a reference, 3 a check; 2 has nothing.
    assert (kept.cases, kept.labelled) == (5, 4)
    assert (kept.variables, kept.tags) == (("question", "context"), ("even", "odd", "Prime?"))
    assert kept.size > 300


def test_the_same_cases_are_kept_once(store: RunStore) -> None:
    first = store.data_sets.save(_data_set(_cases(3)))
    again = store.data_sets.save(_data_set([replace(case, number=case.number + 9) for case in _cases(3)]))
    assert again == first
    # What goes with them may change; the name that they are known by stays.
    changed = store.data_sets.save(replace(_data_set(_cases(3)), name=" mINE ", prompt="Q: {{question}}"))
    assert changed == replace(first, name="mINE", prompt="Q: {{question}}")
    assert store.data_sets.save(_data_set(_cases(3), "Another")) == changed
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM data_sets")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM data_set_cases")).scalar() == 3


def test_other_cases_under_a_name_are_its_next_version(store: RunStore) -> None:
    shelf = store.data_sets
    first = shelf.save(_data_set(_cases(3)))
    second = shelf.save(_data_set(_cases(4), "MINE"))
    other = shelf.save(_data_set(_cases(2), "a first one"))
    assert (second.version, second.versions) == (2, 2)
    assert [one.data_set_id for one in shelf.versions("mine")] == [second.data_set_id, first.data_set_id]
    assert [one for one in shelf.find() if not one.builtin] == [other, second]
    assert shelf.named("Mine") == second
    assert shelf.get(first.data_set_id) == _data_set(_cases(3))
    # A deleted version's number is not given away while there is a newer one.
    assert shelf.delete(first.data_set_id)
    assert shelf.save(_data_set(_cases(5))).version == 3


def test_saving_at_the_same_moment_loses_nothing(store: RunStore) -> None:
    sets = [_data_set(_cases(2, word)) for word in ("a", "b", "c", "c")]
    barrier = threading.Barrier(len(sets))

    def save(one: DataSet) -> None:
        barrier.wait(30)
        store.data_sets.save(one)

    with ThreadPoolExecutor(len(sets)) as threads:
        list(threads.map(save, sets))
    kept = store.data_sets.versions("Mine")
    assert [one.version for one in kept] == [3, 2, 1]
    assert {one.data_set_id for one in kept} == {one.data_set_id for one in sets}
    assert all(len(list(store.data_sets.iter_cases(one.data_set_id))) == 2 for one in kept)


def test_cases_are_read_in_order_from_anywhere(store: RunStore) -> None:
    cases = _cases(2 * PAGE + 1)
    kept = store.data_sets.save(_data_set(cases))
    shelf = store.data_sets
    assert tuple(shelf.iter_cases(kept.data_set_id)) == cases
    assert tuple(shelf.iter_cases(kept.data_set_id, after=PAGE - 1)) == cases[PAGE - 1 :]
    assert list(shelf.iter_cases(kept.data_set_id, after=len(cases))) == []
    assert shelf.cases(kept.data_set_id, [700, 3, 3, 9999]) == [cases[2], cases[699]]
    assert shelf.cases("another", [1]) == []


def test_fifty_thousand_cases_are_read_in_the_memory_of_a_page(store: RunStore) -> None:
    word = "x" * 200
    kept = store.data_sets.save(
        _data_set([Case(number=n, inputs={"question": f"{n} {word}"}) for n in range(1, 50_001)])
    )
    assert (kept.cases, kept.labelled) == (50_000, 0)
    reading = store.data_sets.iter_cases(kept.data_set_id)
    assert next(reading).number == 1
    tracemalloc.start()
    try:
        last = 1
        for case in reading:
            last = case.number
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last == 50_000
    # All of them together come to more than 20 MB.
    assert peak < 4_000_000


def test_a_data_set_that_an_evaluation_uses_is_not_deleted(store: RunStore) -> None:
    kept = store.data_sets.save(_data_set(_cases(3)))
    row = {
        "evaluation_id": "e1",
        "name": "Small against large",
        "state": "completed",
        "created_at": datetime.now(UTC),
        "data_set_id": kept.data_set_id,
        "total": 3,
        "document": "{}",
    }
    with store._write() as connection:
        connection.execute(insert(evaluations).values(row))
    with pytest.raises(DataSetInUse, match="“Small against large” uses this data set"):
        store.data_sets.delete(kept.data_set_id)
    with store._write() as connection:
        connection.execute(insert(evaluations).values(row | {"evaluation_id": "e2"}))
    with pytest.raises(DataSetInUse, match="2 evaluations use"):
        store.data_sets.delete(kept.data_set_id)
    assert store.data_sets.get(kept.data_set_id) is not None


def test_a_deleted_data_set_is_gone_with_its_cases(store: RunStore) -> None:
    kept = store.data_sets.save(_data_set(_cases(PAGE + 1)))
    reading = store.data_sets.iter_cases(kept.data_set_id)
    assert next(reading).number == 1
    assert store.data_sets.delete(kept.data_set_id)
    assert not store.data_sets.delete(kept.data_set_id)
    assert store.data_sets.get(kept.data_set_id) is None
    assert store.data_sets.summary("\0") is None
    assert store.data_sets.named("Mine") is None
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM data_set_cases")).scalar() == 0
    with pytest.raises(DataSetGone):
        list(reading)
    with pytest.raises(DataSetGone):
        next(store.data_sets.iter_cases(kept.data_set_id))


def test_a_name_and_a_case_are_needed(store: RunStore) -> None:
    with pytest.raises(DataSetInvalid, match="at least one case"):
        store.data_sets.save(_data_set([]))
    for name in ("", "  ", "x" * 121):
        with pytest.raises(DataSetInvalid, match="1 to 120 characters"):
            store.data_sets.save(_data_set(_cases(1), name))


def test_what_a_newer_version_wrote_is_told(store: RunStore) -> None:
    kept = store.data_sets.save(_data_set(_cases(2)))
    with store._write() as connection:
        connection.execute(update(data_set_cases).values(document='{"version": 9}'))
    with pytest.raises(DataSetUnreadable):
        list(store.data_sets.iter_cases(kept.data_set_id))


def test_the_sets_that_come_with_the_program_stand_on_the_shelf(store: RunStore) -> None:
    shelf = store.data_sets
    builtin = next(iter(builtin_sets().values()))
    assert [one.data_set_id for one in shelf.find()] == list(builtin_sets())
    listed = shelf.named(builtin.name.upper())
    assert listed == shelf.summary(builtin.data_set_id)
    assert listed is not None
    assert (listed.builtin, listed.saved_at, listed.cases) == (True, None, len(builtin.cases))
    assert shelf.get(builtin.data_set_id) == builtin
    assert tuple(shelf.iter_cases(builtin.data_set_id, after=2)) == builtin.cases[2:]
    assert shelf.cases(builtin.data_set_id, [2]) == [builtin.cases[1]]
    assert not shelf.delete(builtin.data_set_id)
    with pytest.raises(DataSetInvalid, match="came with the program"):
        shelf.save(_data_set(_cases(2), f" {builtin.name.lower()}"))
    # Once an evaluation uses it, it is kept as it was, and still listed once.
    kept = shelf.save(builtin)
    assert (kept.builtin, kept.saved_at is not None) == (True, True)
    assert sorted(one.data_set_id for one in shelf.find()) == sorted(builtin_sets())
    assert shelf.get(builtin.data_set_id) == builtin
