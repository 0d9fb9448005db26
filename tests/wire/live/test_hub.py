"""The store of live comparisons: bounded, and careful with what still runs or is watched."""

from __future__ import annotations

import sys

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
