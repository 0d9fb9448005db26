"""Map–reduce over loopback: pieces in waves, rounds of putting together, and what becomes of a failure."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from bedrock_playground.invocation import InvocationResult, Json
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.patterns.map_reduce import MapReduce
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import play, solo

PATTERN = MapReduce(
    mapper=solo("reader"),
    reducer=solo("writer"),
    map_template="{{task}} {{number}}/{{count}}: {{chunk}}",
    reduce_template="{{task}}:\n{{parts}}",
    chunk_tokens=4,
    overlap_tokens=0,
)
TEXT = "Alpha one.\n\nBravo two.\n\nGamma six."


def words(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [decision.text for decision in result.trace.decisions]


def test_each_piece_gets_the_task_and_one_answer_is_made_of_the_parts(cook: Cook) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.answer(prompt[-4:-1] if model == "reader" else "All.")

    kitchen = cook(says)
    result, shown = play(replace(PATTERN, chunk_tokens=5), kitchen.backing(), f"Count\n\n{TEXT}")
    assert result.text == shown == "All."
    assert sorted(prompt for model, prompt in kitchen.asked if model == "reader") == [
        "Count 1/3: Alpha one.",
        "Count 2/3: Bravo two.",
        "Count 3/3: Gamma six.",
    ]
    parts = "<part 1>\none\n</part 1>\n<part 2>\ntwo\n</part 2>\n<part 3>\nsix\n</part 3>"
    assert kitchen.asked[-1] == ("writer", f"Count:\n{parts}")
    assert words(result) == ["The text of about 9 tokens is read in 3 pieces."]
    assert result.trace is not None
    assert [call.role for call in result.trace.calls] == ["map"] * 3 + ["reduce"]


def test_parts_that_are_too_long_are_put_together_in_rounds(cook: Cook) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.answer("A long part of sixteen." if model == "reader" else "Short.")

    kitchen = cook(says)
    result, _ = play(PATTERN, kitchen.backing(), f"Count\n\n{TEXT}")
    assert words(result)[1:] == [
        "3 parts are too long for one prompt: they are put together in 2 groups first."
    ]
    assert [model for model, _ in kitchen.asked].count("writer") == 3
    assert kitchen.asked[-1][1] == "Count:\n<part 1>\nShort.\n</part 1>\n<part 2>\nShort.\n</part 2>"


def test_a_short_text_is_read_at_once_and_shown(cook: Cook) -> None:
    kitchen = cook()
    result, shown = play(replace(PATTERN, task="Count", chunk_tokens=50), kitchen.backing(), TEXT)
    assert result.text == shown == f"reader: Count 1/1: {TEXT}"
    assert words(result) == ["The text fits into one piece, so there is nothing to put together."]


def test_not_more_calls_at_a_time_than_allowed(cook: Cook) -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        exchange.answer("Part.")
        with lock:
            running[0] -= 1

    kitchen = cook(says)
    text = "\n\n".join(f"Paragraph {n}" for n in range(7))
    play(replace(PATTERN, parallel=2, task="Count"), kitchen.backing(), text)
    assert most[0] <= 2
    assert [model for model, _ in kitchen.asked].count("reader") == 7


def test_a_piece_that_fails_ends_it_and_says_which(cook: Cook) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        if "Bravo" in prompt:
            exchange.error(400, "ValidationException", "Not that.")
        else:
            exchange.answer("Part.")

    kitchen = cook(says)
    result, _ = play(replace(PATTERN, parallel=1), kitchen.backing(), f"Count\n\n{TEXT}")
    assert isinstance(result.error, ValidationFailed)
    assert words(result)[-1] == "map 2 of 3 failed, so there is no answer: Not that."
    assert len(kitchen.asked) == 2


@pytest.mark.parametrize("changes", [{"chunk_tokens": 5, "overlap_tokens": 5}, {"parallel": 0}])
def test_sizes_that_leave_no_room_are_refused(changes: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match="longer than the overlap"):
        replace(PATTERN, **changes)  # type: ignore[arg-type]
