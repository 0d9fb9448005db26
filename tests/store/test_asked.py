"""What comparisons were asked is kept as long as a run of them is."""

from __future__ import annotations

from sqlalchemy import update

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.history import RunStore
from bedrock_playground.history.schema import asked_comparisons
from tests.store.builders import record

LANES = (("A", Variant(model="a", stop=("\x00\ud800",))), ("B", Variant(model="b", temperature=0.0)))


def test_it_comes_back_and_the_last_word_counts(store: RunStore) -> None:
    assert store.asked.get("one") is None
    store.asked.keep("one", Inputs("Hello"), LANES[:1])
    store.asked.keep("one", Inputs("Hello", system="Be brief."), LANES)
    store.asked.keep("two", Inputs("Bye"), ())
    assert store.asked.get("one") == (Inputs("Hello", system="Be brief."), LANES)
    assert store.asked.get("two") == (Inputs("Bye"), ())


def test_it_goes_with_the_last_run_of_its_comparison(store: RunStore) -> None:
    first, second = (
        record(number, identity_changes={"comparison_id": "one", "repeat": number}) for number in (0, 1)
    )
    store.add([first, second])
    store.asked.keep("one", Inputs("Hello"), LANES)
    store.delete([first.run_id])
    assert store.asked.get("one") is not None
    store.delete([second.run_id])
    assert store.asked.get("one") is None


def test_what_a_newer_version_wrote_is_left_alone(store: RunStore) -> None:
    store.asked.keep("one", Inputs("Hello"), LANES)
    with store._write() as connection:
        connection.execute(update(asked_comparisons).values(asked='{"version": 99}'))
    assert store.asked.get("one") is None
