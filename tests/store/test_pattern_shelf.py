"""The shelf of patterns, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import PatternNameInvalid, PatternNameTaken, PatternUnreadable, RunStore
from bedrock_playground.history.schema import patterns
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.members import Solo
from tests.store.conftest import Place

SMALL = Solo(variant=Variant(model="small", temperature=0.0))
CHAIN = Chain(steps=(Step(name="draft", member=SMALL), Step(name="polish", member=SMALL)))
NESTED = Chain(steps=(Step(name="inside", member=CHAIN),))


def test_a_pattern_is_kept_under_an_id_that_can_be_read(place: Place) -> None:
    with place.open() as store:
        kept = store.patterns.add(NESTED, name="  Käse   first! ", user="ada")
    assert kept.summary.pattern_id == "kase-first"
    assert (kept.summary.name, kept.summary.kind) == ("Käse first!", "chain")
    assert kept.pattern == replace(NESTED, name="Käse first!")
    with place.open() as store:
        assert store.patterns.get("kase-first") == kept
        assert store.patterns.find() == [kept.summary]
        assert store.patterns.get("\0") is None


def test_ids_are_never_a_kind_nor_taken(store: RunStore) -> None:
    ids = [store.patterns.add(CHAIN, name=name).summary.pattern_id for name in ("Chain", "chain!", "日本")]
    assert ids == ["chain-2", "chain-3", "pattern"]


def test_a_name_is_given_once_whatever_its_case(store: RunStore) -> None:
    first = store.patterns.add(CHAIN, name="Cheap first")
    with pytest.raises(PatternNameTaken, match="CHEAP FIRST"):
        store.patterns.add(NESTED, name="CHEAP FIRST")
    other = store.patterns.add(NESTED, name="Other")
    with pytest.raises(PatternNameTaken):
        store.patterns.save(other.summary.pattern_id, NESTED, name="cheap First")
    with pytest.raises(PatternNameInvalid, match="has 0"):
        store.patterns.add(CHAIN, name=" \n ")
    assert [each.name for each in store.patterns.find()] == ["Cheap first", "Other"]
    assert store.patterns.get(first.summary.pattern_id) == first


def test_saving_keeps_the_id_and_deleting_can_be_undone(store: RunStore) -> None:
    kept = store.patterns.add(CHAIN, name="One")
    saved = store.patterns.save("one", NESTED)
    assert saved is not None
    assert (saved.summary.pattern_id, saved.pattern) == ("one", replace(NESTED, name="One"))
    assert saved.summary.saved_at >= kept.summary.saved_at
    assert store.patterns.save("another", NESTED) is None
    assert store.patterns.delete("one")
    assert not store.patterns.delete("one")
    store.patterns.put_back(saved)
    assert store.patterns.get("one") == saved


def test_what_cannot_be_read_is_said_and_does_not_hide_the_others(store: RunStore) -> None:
    for name in ("Good", "Bad"):
        store.patterns.add(CHAIN, name=name)
    with store._write() as connection:
        connection.execute(
            update(patterns).where(patterns.c.pattern_id == "bad").values(document='{"kind": "spell"}')
        )
    with pytest.raises(PatternUnreadable, match=r"'Bad'.*spell"):
        store.patterns.get("bad")
    assert [each.pattern_id for each in store.patterns.find()] == ["bad", "good"]
