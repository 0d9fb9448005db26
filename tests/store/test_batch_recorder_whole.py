"""Runs that are kept when they are over, many at a time, on both databases."""

from __future__ import annotations

from dataclasses import replace

from bedrock_playground.history import RunStore
from bedrock_playground.invocation.values import RunState
from tests.store.builders import identity, request, result


def test_runs_are_written_whole_many_at_a_time_and_once(store: RunStore) -> None:
    who = [replace(identity(run_id=f"run{number}"), comparison_id="c") for number in range(600)]
    store.recorder().run_finished(who[3], request("first"), result("first"))
    for text in ("one", "two"):
        recorder = store.batch_recorder()
        for one in who:
            recorder.run_finished(one, request(text), result(text))
        # Twice in the same breath: the last word counts.
        recorder.run_finished(replace(who[-1], run_id=f"twice {text}"), request(text), result("early"))
        recorder.run_finished(replace(who[-1], run_id=f"twice {text}"), request(text), result(text))
        recorder.close()
        kept = {record.run_id: record for record in store.comparison("c")}
        assert {kept[one.run_id].result for one in who} == {result(text)}
        twice = kept[f"twice {text}"].result
        assert twice is not None
        assert twice.text == text
    assert len(kept) == 602
    assert {record.state for record in kept.values()} == {RunState.COMPLETED}
    # What is kept by day and group counts each of them once.
    assert store.count() == 602
