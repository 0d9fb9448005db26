"""The store of live comparisons: bounded, and careful with what still runs or is watched."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from components.live.hub import LiveHub, get_hub
from tests.wire.live.scripted import ScriptedComparison


def finished() -> ScriptedComparison:
    comparison = ScriptedComparison(["x"], rate=None)
    comparison.start()
    return comparison


def test_finished_comparisons_go_oldest_first_running_ones_stay() -> None:
    hub = LiveHub(keep_finished=2)
    running = ScriptedComparison(["x"], rate=0)
    hub.register(running)
    comparisons = [finished() for _ in range(4)]
    for comparison in comparisons:
        hub.register(comparison)
    assert hub.get(running.id) is running
    assert [hub.get(comparison.id) is not None for comparison in comparisons] == [False, False, True, True]


def test_looking_at_one_keeps_it() -> None:
    hub = LiveHub(keep_finished=2)
    first, second, third = finished(), finished(), finished()
    hub.register(first)
    hub.register(second)
    assert hub.get(first.id) is first
    hub.register(third)
    assert hub.get(first.id) is first
    assert hub.get(second.id) is None


def test_stale_ones_go_unless_somebody_watches() -> None:
    now = [0.0]
    hub = LiveHub(keep_seconds=10, clock=lambda: now[0])
    stale, watched = finished(), finished()
    hub.register(stale)
    hub.register(watched)
    entry = hub.entry(watched.id)
    assert entry is not None
    entry.viewers = 1
    now[0] = 11
    hub.register(finished())
    assert hub.get(stale.id) is None
    assert hub.get(watched.id) is watched


def test_two_that_ask_for_the_same_id_at_once_get_the_same_one() -> None:
    hub, made, got = LiveHub(), [], []
    barrier = threading.Barrier(8)

    def make() -> ScriptedComparison:
        made.append(ScriptedComparison(["x"], rate=0, comparison_id="same"))
        time.sleep(0.05)  # as reading the history would take
        return made[-1]

    def ask() -> None:
        barrier.wait(10)
        got.append(hub.get_or_register("same", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert len(got) == 8
    assert all(found is made[0] for found in got)
    assert hub.get("same") is made[0]


def test_making_one_does_not_hold_up_another() -> None:
    hub = LiveHub()
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> ScriptedComparison:
        inside.set()
        assert go_on.wait(10)
        return ScriptedComparison(["x"], rate=0, comparison_id="slow")

    thread = threading.Thread(target=hub.get_or_register, args=("slow", slow))
    thread.start()
    assert inside.wait(10)
    quick = ScriptedComparison(["x"], rate=0, comparison_id="quick")
    assert hub.get_or_register("quick", lambda: quick) is quick
    assert hub.get("slow") is None
    go_on.set()
    thread.join(10)
    assert hub.get("slow") is not None


def test_what_cannot_be_made_is_not_kept_and_may_be_asked_for_again() -> None:
    hub = LiveHub()
    assert hub.get_or_register("x", lambda: None) is None

    def fail() -> None:
        raise OSError("The history is away.")

    with pytest.raises(OSError, match="away"):
        hub.get_or_register("x", fail)
    assert len(hub) == 0
    later = ScriptedComparison(["x"], rate=0, comparison_id="x")
    assert hub.get_or_register("x", lambda: later) is later


def test_the_hub_survives_a_reload_of_its_module() -> None:
    hub = get_hub()
    saved = {name: module for name, module in sys.modules.items() if name.startswith("components.live")}
    try:
        for name in saved:
            del sys.modules[name]
        from components.live import get_hub as again

        assert again() is hub
    finally:
        sys.modules.update(saved)
