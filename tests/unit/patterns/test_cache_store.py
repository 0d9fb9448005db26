"""The store of kept answers: bounded, aged, by namespace; whatever is done in whatever order."""

from __future__ import annotations

import threading
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.values import InvocationResult
from bedrock_playground.patterns.cache_store import CacheStore, Kept


def kept(text: str, *, vector: tuple[float, ...] | None = None, group: str = "") -> Kept:
    return Kept(text, text, InvocationResult(text=text), Cost(None), group=group, vector=vector)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_was_not_used_for_longest_goes_first() -> None:
    store = CacheStore(entries=2)
    store.put("n", "a", kept("a"))
    store.put("n", "b", kept("b"))
    assert store.get("n", "a") is not None
    store.put("n", "c", kept("c"))
    assert [store.get("n", key) is not None for key in "abc"] == [True, False, True]


def test_too_old_is_gone() -> None:
    clock = Time()
    store = CacheStore(age=10, clock=clock)
    store.put("n", "a", kept("a", vector=(1.0,)))
    clock.now = 10.0
    assert store.get("n", "a") is not None
    clock.now = 10.1
    assert store.get("n", "a") is None
    assert store.nearest("n", "", (1.0,)) is None
    assert store.count("n") == 0


def test_namespaces_see_nothing_of_each_other_and_are_bounded_too() -> None:
    store = CacheStore(namespaces=2)
    for name in ("one", "two"):
        store.put(name, "key", kept(name, vector=(1.0, 0.0)))
    found = store.get("one", "key")
    assert found is not None
    assert found.result.text == "one"
    near = store.nearest("two", "", (1.0, 0.0))
    assert near is not None
    assert near.kept.result.text == "two"
    store.put("three", "key", kept("three"))
    assert [store.count(name) for name in ("two", "three")] == [1, 1]
    assert store.get("one", "key") is None


def test_the_nearest_of_its_own_group_and_dimension_is_found() -> None:
    store = CacheStore()
    store.put("n", "far", kept("far", vector=(0.0, 1.0), group="g"))
    store.put("n", "near", kept("near", vector=(2.0, 0.2), group="g"))
    store.put("n", "other", kept("other", vector=(1.0, 0.0), group="h"))
    store.put("n", "longer", kept("longer", vector=(1.0, 0.0, 0.0), group="g"))
    store.put("n", "bare", kept("bare", group="g"))
    near = store.nearest("n", "g", (1.0, 0.0))
    assert near is not None
    assert near.key == "near"
    assert near.similarity == pytest.approx(0.99504, abs=1e-5)
    assert store.nearest("n", "nobody", (1.0, 0.0)) is None


def test_clearing_forgets_one_namespace() -> None:
    store = CacheStore()
    store.put("one", "key", kept("a"))
    store.put("two", "key", kept("b"))
    store.clear("one")
    assert (store.count("one"), store.count("two")) == (0, 1)


_STEPS = st.lists(st.tuples(st.sampled_from(["put", "get"]), st.sampled_from("abcdef")), max_size=40)


@given(steps=_STEPS, entries=st.integers(1, 4))
def test_it_keeps_what_a_plain_model_of_it_keeps(steps: list[tuple[str, str]], entries: int) -> None:
    store, model = CacheStore(entries=entries), OrderedDict[str, None]()
    for step, key in steps:
        if step == "put":
            store.put("n", key, kept(key))
            model[key] = None
            model.move_to_end(key)
            if len(model) > entries:
                model.popitem(last=False)
        else:
            assert (store.get("n", key) is not None) is (key in model)
            if key in model:
                model.move_to_end(key)
    assert store.count("n") == len(model)


def test_threads_do_not_disturb_each_other() -> None:
    store = CacheStore(entries=10, namespaces=3)
    wrong: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(300):
                store.put(name, f"{number % 15}", kept(f"{number}", vector=(1.0, number)))
                store.nearest(name, "", (1.0, 1.0))
                assert store.count(name) <= 10
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"n{number % 4}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
