"""Reading data sets: every format, every way to be wrong, by the numbers of the file itself."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from bedrock_playground.evaluation.datasets import (
    DataSetRefused,
    Limits,
    Pasted,
    RawTable,
    looks_like,
    read_file,
    read_pasted,
)


def _rows(table: RawTable) -> list[tuple[int, dict[str, Any]]]:
    return [(row.number, dict(row.values)) for row in table.rows]


def _parquet(columns: dict[str, list[Any]], **options: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, write_statistics=False, store_schema=False, **options)
    return buffer.getvalue()


# CSV


def test_csv_rows_are_numbered_by_the_line_they_begin_in() -> None:
    text = 'question,answer\r\n"Two\r\nlines",1\r\n\r\n"He said ""hi""",2\r\n'
    table = read_file("a.csv", text.encode())
    assert table.columns == ("question", "answer")
    assert _rows(table) == [
        (2, {"question": "Two\r\nlines", "answer": "1"}),
        (5, {"question": 'He said "hi"', "answer": "2"}),
    ]
    assert (table.unreadable, table.unit, table.format) == ((), "line", "csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_headers(delimiter: str) -> None:
    text = f'"a, b; c"{delimiter}d{delimiter}e\n1{delimiter}2{delimiter}3\n'
    assert _rows(read_file("a.csv", text.encode())) == [(2, {"a, b; c": "1", "d": "2", "e": "3"})]


def test_ragged_rows_are_told_by_line_and_the_others_are_read() -> None:
    table = read_file("a.csv", b"q,a\n1\n1,2,3\n1,2,\n,\n3,4\n")
    assert _rows(table) == [(4, {"q": "1", "a": "2"}), (6, {"q": "3", "a": "4"})]
    told = [(problem.row, problem.message, problem.left_out) for problem in table.unreadable]
    assert told == [
        (2, "It has 1 field; the header has 2. Add the missing ones, if only as empty fields.", True),
        (
            3,
            (
                "It has 3 fields; the header has 2. Put quotation marks around a field that has the "
                "delimiter in it."
            ),
            True,
        ),
        (5, "The row is empty.", True),
    ]


def test_broken_quoting_is_told_where_it_begins() -> None:
    table = read_file("a.csv", b'q,a\n"x"y,1\nok,2\n"never closed,3\nlost,4\n')
    assert _rows(table) == [(3, {"q": "ok", "a": "2"})]
    first, second = table.unreadable
    assert (first.row, second.row) == (2, 4)
    assert "closing quotation mark" in first.message
    assert "never closed" in second.message


def test_columns_without_or_with_the_same_name_get_one() -> None:
    table = read_file("a.csv", b"q,,q\n1,2,3\n")
    assert table.columns == ("q", "column 2", "q (2)")
    assert [(one.row, one.left_out) for one in table.unreadable] == [(1, False), (1, False)]


# Encodings


@pytest.mark.parametrize("data", ["q\nGrüße ☕\n".encode(), "q\nGrüße ☕\n".encode("utf-8-sig")])
def test_utf_8_is_read_with_and_without_a_mark(data: bytes) -> None:
    assert _rows(read_file("a.csv", data)) == [(2, {"q": "Grüße ☕"})]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("q\nok\nGrüße\n".encode("cp1252"), "line 3 has the byte FC"),
        ("q\nGrüße\n".encode("cp1252"), "Windows-1252"),
        ("q\nhi\n".encode("utf-16"), "UTF-16"),
        (b"q\nh\x00i\n", "NUL character in line 2"),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"\x1f\x8b....", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1....", "Parquet"),
        (b" \n", "empty"),
        (b"", "empty"),
    ],
)
def test_what_is_not_utf_8_text_is_named(data: bytes, words: str) -> None:
    with pytest.raises(DataSetRefused, match=words) as refused:
        read_file("a.csv", data)
    assert refused.value.advice.endswith(".")


# JSON


def test_json_lines_keep_their_types_and_name_bad_lines() -> None:
    text = '{"q": "a\u2028b", "n": 1}\n\nnot json\n[1]\n{"q": null, "tags": ["x"]}\n{"q": NaN}\n'
    table = read_file("a.jsonl", text.encode())
    assert table.columns == ("q", "n", "tags")
    assert _rows(table) == [(1, {"q": "a\u2028b", "n": 1}), (5, {"q": None, "tags": ["x"]})]
    assert [problem.row for problem in table.unreadable] == [3, 4, 6]
    assert "Expecting value at column 1" in table.unreadable[0].message
    assert "a list, not an object" in table.unreadable[1].message
    assert "NaN" in table.unreadable[2].message
    assert table.unreadable[0].place(table.unit) == "Line 3"


def test_what_is_nested_too_deeply_is_told() -> None:
    lines = [f'{{"q": {"[" * depth}{"]" * depth}}}' for depth in (50, 51, 987, 5000)]
    table = read_file("a.jsonl", "\n".join(lines).encode())
    assert [row.number for row in table.rows] == [1]
    assert [problem.row for problem in table.unreadable] == [2, 3, 4]
    assert "nested more than 50 levels" in table.unreadable[0].message


def test_a_json_array_is_read_and_numbered_by_its_members() -> None:
    table = read_file("a.json", b'[{"q": "1"}, "two", {"q": "3"}]')
    assert _rows(table) == [(1, {"q": "1"}), (3, {"q": "3"})]
    assert (table.unit, table.unreadable[0].row) == ("row", 2)
    # Under each other's name, too.
    assert _rows(read_file("a.jsonl", b'[{"q": "1"}]')) == [(1, {"q": "1"})]
    assert _rows(read_file("a.json", b'{"q": "1"}\n{"q": "2"}')) == [(1, {"q": "1"}), (2, {"q": "2"})]


@pytest.mark.parametrize(("data", "words"), [(b'[{"q": 1},]', "line 1, column 1"), (b'"text"', "no list")])
def test_json_that_is_no_list_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(DataSetRefused, match=words):
        read_file("a.json", data)


# Parquet


def test_parquet_is_read_with_its_types() -> None:
    data = _parquet({
        "q": ["a", None],
        "n": [1, 2],
        "x": [1.5, float("nan")],
        "when": [date(2026, 1, 2), None],
        "price": [Decimal("1.10"), Decimal("0.00")],
        "tags": [["a", "b"], []],
        "inputs": [{"text": "t"}, {"text": "u"}],
    })  # fmt: skip
    table = read_file("a.parquet", data)
    assert table.unit == "row"
    assert _rows(table) == [
        (1, {"q": "a", "n": 1, "x": 1.5, "when": "2026-01-02", "price": "1.10", "tags": ["a", "b"],
             "inputs.text": "t"}),
        (2, {"q": None, "n": 2, "x": None, "when": None, "price": "0.00", "tags": [], "inputs.text": "u"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"q\n1\n", "no Parquet file"),
        (_parquet({"q": ["a"]})[:-8], "cannot be read as Parquet"),
        (b"PAR1" + bytes(40) + b"PAR1", "cannot be read as Parquet"),
        (_parquet({"picture": [b"\x89PNG"]}), "“picture” holds bytes"),
    ],
)
def test_parquet_that_cannot_be_used_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(DataSetRefused, match=words):
        read_file("a.parquet", data)


# Limits


_SMALL = Limits(max_bytes=2000, max_cases=3, max_columns=2)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"q\n" + b"x" * 2000, "at most 0.002 MB"),
        ("a.csv", b"q\n1\n2\n3\n4\n", "more than 3 rows"),
        ("a.jsonl", b'{"q": 1}\n' * 4, "more than 3 rows"),
        ("a.json", b'[{"q": 1}, {"q": 1}, {"q": 1}, {"q": 1}]', "more than 3 rows"),
        ("a.txt", b"1\n2\n3\n4\n", "more than 3 rows"),
        ("a.parquet", _parquet({"q": [1, 2, 3, 4]}), "more than 3 rows"),
        # What it says of itself, and a value that it has once and in every row.
        ("a.parquet", _parquet({"q": [f"{n}" * 900 for n in range(3)]}, compression="zstd"), "when unpacked"),
        ("a.parquet", _parquet({"q": ["x" * 900] * 3}, compression="zstd"), "when unpacked"),
        ("a.csv", b"a,b,c\n1,2,3\n", "3 columns; at most 2"),
        ("a.jsonl", b'{"a": 1, "b": 2, "c": 3}', "more than 2 different members"),
        ("a.csv", b"q\n", "no case"),
        ("a.csv", b",\n,\n", "no line with column names"),
        ("a.xlsx", b"PK\x03\x04...", "Excel workbook"),
        ("a.doc", b"q", "of no kind that is read"),
        ("a.csv", b"a,b\n1\n", "Its only row cannot be read. Line 2: It has 1 field"),
        ("a.jsonl", b"x\n" * 5, "None of its 5 rows can be read. Line 1: .* Line 3: "),
    ],
)
def test_limits_are_told_and_nothing_is_cut_off(name: str, data: bytes, words: str) -> None:
    with pytest.raises(DataSetRefused, match=words):
        read_file(name, data, limits=_SMALL)


def test_at_the_limit_everything_is_taken() -> None:
    assert len(read_file("a.csv", b"q\n1\n2\n3\n\n", limits=_SMALL).rows) == 3
    assert str(Limits()) == (
        "At most 50 MB, 50,000 cases, 200 columns, 100,000 characters per field, and 20 tags per case."
    )


# Pasted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("question,answer\nWhy?,Because\n", "csv"),
        ("Question;Ground truth\nWhy?;Because\n", "csv"),
        ("some\tthing\na\tb\n", "tsv"),
        ('\ufeff{"q": 1}\n', "jsonl"),
        ('[{"q": 1}]', "json"),
        ("Hello, world\nGood bye, world\n", "lines"),
        ("Is it late?\nText, answer: both\n", "lines"),
        ("text,text\na,b\n", "lines"),
        ("one\ntwo", "lines"),
    ],
)
def test_pasted_text_is_told_by_its_looks(text: str, kind: str) -> None:
    assert read_pasted(text).format == kind


def test_a_text_file_is_what_it_looks_like() -> None:
    assert read_file("a.txt", b"question\tanswer\na\tb\n").format == "tsv"
    assert read_file("a.txt", b"one, two\nthree").format == "lines"


def test_one_case_per_line_and_a_kind_that_the_user_chose() -> None:
    table = read_pasted("a, b\r\n\r\nc, d\n")
    assert _rows(table) == [(1, {"text": "a, b"}), (3, {"text": "c, d"})]
    assert _rows(read_pasted("a, b\nc, d\n", kind="csv")) == [(2, {"a": "c", "b": " d"})]


@given(st.text(min_size=1, max_size=200))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    looks_like(text)
    for kind in get_args(Pasted):
        try:
            table = read_pasted(text, kind=kind)
        except DataSetRefused:
            continue
        assert table.rows
        numbers = [row.number for row in table.rows]
        assert numbers == sorted(set(numbers))


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.txt"]))
def test_any_bytes_are_a_table_or_refused(data: bytes, name: str) -> None:
    try:
        table = read_file(name, data)
    except DataSetRefused:
        return
    assert table.rows
