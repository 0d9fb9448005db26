"""Every call of a pattern in time: rows, ticks, CSV and bars."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.trace import Trace, TracedCall
from bedrock_playground.invocation.values import Usage
from bedrock_playground.patterns.picture.timeline import in_words, rows, ticks, to_csv, to_html

FIRST = TracedCall(
    run_id="1", parent_id="run", role="tier 1", model_id="small", started=0.0, first_token=0.25, ended=1.0,
    state="completed", attempts=1, usage=Usage(10, 20), cost=Decimal("0.001"),
)  # fmt: skip
INSIDE = TracedCall(
    run_id="2", parent_id="run", role="tier 2", model_id="pattern:chain", started=1.0, ended=3.0,
    state="completed", cost=Decimal("0.002"),
)  # fmt: skip
STEP = replace(FIRST, run_id="3", parent_id="2", role="=draft", started=1.0, first_token=None, ended=2.0)
FAILED = TracedCall(
    run_id="4", parent_id="2", role="polish", model_id="large", started=2.0, ended=3.0, state="failed",
    attempts=3, error_type="ModelError", error_message="It is down.", breaker="half-open",
)  # fmt: skip
TRACE = Trace(pattern="cascade", calls=(FAILED, STEP, FIRST, INSIDE))


def test_calls_stand_in_order_and_those_of_a_pattern_behind_it() -> None:
    found = rows(TRACE, "run")
    assert [(row.role, row.depth, row.group) for row in found] == [
        ("tier 1", 0, False),
        ("tier 2", 0, True),
        ("tier 2 / =draft", 1, False),
        ("tier 2 / polish", 1, False),
    ]
    first, *_, failed = found
    assert (first.ttft, first.seconds, first.input_tokens, first.output_tokens) == (0.25, 1.0, 10, 20)
    assert failed.remarks == ("failed", "3 tries", "breaker half-open")
    assert failed.error == "ModelError: It is down."
    assert failed.cost is None


def test_what_was_not_sent_or_comes_from_records_says_so() -> None:
    unsent = replace(FAILED, attempts=0, breaker="open", parent_id="run")
    recorded, kept = replace(FIRST, run_id="9", replayed=True), replace(FIRST, run_id="8", attempts=0)
    told = rows(Trace(pattern="x", calls=(unsent, recorded, kept)), "run")
    assert [row.remarks for row in told] == [
        ("from records",),
        ("from the cache",),
        ("failed", "not sent", "breaker open"),
    ]


def test_the_csv_leaves_unknown_empty_and_disarms_formulas() -> None:
    read = list(csv.DictReader(io.StringIO(to_csv(rows(TRACE, "run")))))
    assert read[0]["cost_usd"] == "0.001"
    assert (read[3]["cost_usd"], read[3]["input_tokens"], read[3]["tries"]) == ("", "", "3")
    disarmed = to_csv(rows(Trace(pattern="x", calls=(replace(STEP, parent_id="run"),)), "run"))
    assert "\n'=draft," in disarmed


def test_bars_are_shares_of_the_whole() -> None:
    html = to_html(rows(TRACE, "run"))
    assert "left:33.333%;width:33.333%" in html
    assert "left:0.000%;width:33.333%;--bpp-wait:25.0%" in html
    assert 'class="bpp-call bpp-completed bpp-inside"' in html
    assert html.count('role="listitem"') == 4


def test_a_call_that_runs_reaches_as_far_as_now() -> None:
    running = replace(FIRST, ended=None, first_token=None, state="running", cost=None)
    html = to_html(rows(Trace(pattern="x", calls=(running,)), "run"), now=4.0)
    assert "left:0.000%;width:100.000%;--bpp-wait:100.0%" in html
    assert "is answering" in html


def test_texts_are_escaped() -> None:
    evil = replace(FAILED, role='"><script>', model_id="<img>", error_message="<b>", parent_id="run")
    html = to_html(rows(Trace(pattern="x", calls=(evil,)), "run"))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;b&gt;" in html


def test_a_call_is_told_in_a_sentence() -> None:
    assert in_words(rows(TRACE, "run")[0]) == (
        "tier 1, small: answered, from 0 ms, to 1.00 s, first token after 250 ms, cost $0.00100"
    )


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0.0, (0.0,)),
        (3.0, (0.0, 1.0, 2.0, 3.0)),
        (0.4, (0.0, 0.1, 0.2, 0.3, 0.4)),
        (17.0, (0.0, 5.0, 10.0, 15.0)),
    ],
)
def test_ticks_are_round(total: float, expected: tuple[float, ...]) -> None:
    assert ticks(total) == expected


@given(st.floats(min_value=1e-3, max_value=1e5))
def test_ticks_are_few_and_never_beyond_the_end(total: float) -> None:
    found = ticks(total)
    assert 2 <= len(found) <= 7
    assert found[0] == 0.0
    assert found[-1] <= total * (1 + 1e-6)
