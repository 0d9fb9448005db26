"""From tables to cases and back: guesses, problems by row, duplicates, round trips, the hash of contents."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from bedrock_playground.evaluation.datasets import (
    MAX_PROBLEMS,
    DataSetRefused,
    Limits,
    Mapped,
    Prepared,
    content_id,
    guess,
    prepare,
    preview,
    read_file,
    read_pasted,
    to_csv,
    to_jsonl,
    variables_in,
)
from bedrock_playground.evaluation.datasets.case_json import case_from_text, case_text
from bedrock_playground.evaluation.datasets.mapping import variables
from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.values import Json
from bedrock_playground.presets.template import NAME

# Guessing


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ("question answer", Mapped(inputs={"question": "question"}, expected="answer")),
        (
            "id Context Question Ground_Truth difficulty",
            Mapped(
                inputs={"context": "Context", "question": "Question"},
                expected="Ground_Truth",
                tags=("difficulty",),
            ),
        ),
        ("prompt referenceResponse category", Mapped(
            inputs={"prompt": "prompt"}, expected="referenceResponse", tags=("category",))),
        ("text label answer", Mapped(inputs={"text": "text"}, expected="label")),
        ("text summary reference-summary", Mapped(
            inputs={"text": "text"}, expected="summary", references=("reference-summary",))),
        ("inputs.aB inputs.expected expected references tags checks", Mapped(
            inputs={"aB": "inputs.aB", "expected": "inputs.expected"}, expected="expected",
            references=("references",), tags=("tags",), checks="checks")),
        ("topic checks", Mapped(inputs={"topic": "topic"}, checks="checks")),
        ("id label", Mapped(inputs={"id": "id"}, expected="label")),
        ("label", Mapped(inputs={"label": "label"})),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(columns: str, wanted: Mapped) -> None:
    assert guess(columns.split()) == wanted
    assert guess(columns.split()).problems(columns.split()) == []


def test_variables_get_names_that_a_template_takes() -> None:
    columns = ["Customer text", "customer-text", "2nd", "Größe", "…", "x" * 80, "x" * 90]
    assert list(variables(columns)) == [
        "customer_text", "customer_text_2", "_2nd", "gr_e", "input", "x" * 64, "x" * 62 + "_2",
    ]  # fmt: skip


@given(st.lists(st.text(min_size=1, max_size=70), min_size=1, max_size=8, unique=True))
def test_any_guess_can_be_used(columns: list[str]) -> None:
    mapped = guess(columns)
    assert mapped.problems(columns) == []
    assert all(NAME.fullmatch(name) for name in mapped.inputs)
    assert len(set(mapped.columns)) == len(mapped.columns)


def test_a_mapping_that_cannot_be_used_says_everything_at_once() -> None:
    table = read_pasted("question,answer\nWhy?,Because\n")
    with pytest.raises(DataSetRefused) as refused:
        prepare(table, Mapped(inputs={"a b": "answer", "c": "gone"}, expected="answer"))
    for words in ("no column “gone”", "“a b” cannot be a variable", "both an input and the expected answer"):
        assert words in refused.value.message
    with pytest.raises(DataSetRefused, match="No column is an input"):
        prepare(table, Mapped(expected="answer"))


# Rows


_BAD = """question,answer,tags,checks
Why?,Because,easy; short,
,nobody,,
Why?,Because,,
Why?,It is,,
How?,,,
What?,x,,"{""max_word"": 3}"
Who?,x,,[1]
When?,x,{tag},
Where?,x,,"{""max_words"": 3}"
One field
""".replace("{tag}", "t" * 65)


def _told(prepared: Prepared) -> list[tuple[int | None, str | None, bool, str]]:
    return [(one.row, one.column, one.left_out, one.message) for one in prepared.problems.listed]


def test_everything_that_is_wrong_is_told_by_the_rows_of_the_file() -> None:
    table = read_file("a.csv", _BAD.encode())
    prepared = prepare(table, guess(table.columns))
    expected = [
        (3, None, True, "Its input is empty."),
        (4, None, False, "It has the same inputs as line 2."),
        (5, None, False, "It has the same inputs as line 2, but another expected answer"),
        (6, "answer", False, "It has no expected answer"),
        (7, "checks", True, "There is no check “max_word”."),
        (8, "checks", True, "Checks are a JSON object"),
        (9, "tags", True, "A tag has 65 characters; at most 64"),
        (11, None, True, "It has 1 field; the header has 4."),
    ]
    told = _told(prepared)
    assert [one[:3] for one in told] == [one[:3] for one in expected]
    for found, wanted in zip(told, expected, strict=True):
        assert found[3].startswith(wanted[3])
    assert [case.number for case in prepared.cases] == [1, 2, 3, 4, 5]
    assert prepared.rows == (2, 4, 5, 6, 10)
    assert (prepared.left_out, prepared.duplicates, prepared.dropped, prepared.unlabelled) == (5, 2, 0, 1)
    assert prepared.cases[0].tags == ("easy", "short")
    assert prepared.cases[4].checks == {"max_words": 3}


def test_duplicates_are_dropped_where_that_is_wanted() -> None:
    table = read_pasted("question,answer\nWhy?,Because\nWhy?,Because\nHow?,So\nWhy?,Not so\n")
    prepared = prepare(table, guess(table.columns), drop_duplicates=True)
    assert [(case.number, case.inputs["question"]) for case in prepared.cases] == [(1, "Why?"), (2, "How?")]
    assert (prepared.duplicates, prepared.dropped, prepared.left_out) == (2, 2, 0)
    assert [(one.row, one.left_out) for one in prepared.problems.listed] == [(3, True), (5, True)]


def test_cases_without_answers_are_told_once_where_no_column_is_one() -> None:
    prepared = prepare(table := read_pasted("one\ntwo\n"), guess(table.columns))
    (problem,) = prepared.problems.listed
    assert (problem.row, problem.left_out) == (None, False)
    assert problem.message.startswith("2 cases have no expected answer")
    assert prepared.unlabelled == 2


def test_beyond_the_limit_problems_are_counted() -> None:
    rows = "".join(f"q{n},\n" for n in range(MAX_PROBLEMS + 7))
    prepared = prepare(table := read_pasted(f"question,answer\n{rows}"), guess(table.columns))
    assert (len(prepared.problems.listed), prepared.problems.more) == (MAX_PROBLEMS, 7)
    assert len(prepared.problems) == prepared.unlabelled == len(prepared.cases) == MAX_PROBLEMS + 7


def test_what_no_database_or_model_takes_is_told() -> None:
    lines = [{"text": text} for text in ("a\ud800", "b\0", "c" * 11, "d" * 10)]
    table = read_file("a.jsonl", "\n".join(map(json.dumps, lines)).encode())
    prepared = prepare(table, guess(table.columns), limits=Limits(max_characters=10, max_tags=1))
    assert [problem.row for problem in prepared.problems.listed if problem.left_out] == [1, 2, 3]
    assert [case.inputs["text"] for case in prepared.cases] == ["d" * 10]


def test_json_values_become_texts_lists_and_checks() -> None:
    line = {
        "text": {"a": [1, "ü"]}, "answer": 3.5, "references": ["x", 2, ""], "tags": ["a, b", True],
        "category": "c; d", "checks": {"lines": 1},
    }  # fmt: skip
    table = read_file("a.jsonl", json.dumps(line).encode())
    (case,) = prepare(table, guess(table.columns)).cases
    assert case == Case(
        number=1,
        inputs={"text": '{"a": [1, "ü"]}'},
        expected="3.5",
        references=("x", "2"),
        tags=("a, b", "true", "c", "d"),
        checks={"lines": 1},
    )
    assert preview(table, 1) == [
        {
            "text": '{"a": [1, "ü"]}', "answer": "3.5", "references": '["x", 2, ""]',
            "tags": '["a, b", true]', "category": "c; d", "checks": '{"lines": 1}',
        }
    ]  # fmt: skip


# Round trips


# What can stand in a data set: no half characters, no NUL.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_FULL = _TEXT.filter(lambda text: bool(text.strip()))
_TAG = _FULL.map(str.strip)
_CHECKS: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {}, optional={"max_words": st.integers(0, 99), "must_include": st.lists(_FULL, min_size=1, max_size=2)}
)


@st.composite
def _data_sets(draw: st.DrawFn) -> tuple[Case, ...]:
    names = draw(
        st.lists(
            st.from_regex(NAME, fullmatch=True).map(lambda n: n[:64]), min_size=1, max_size=3, unique=True
        )
    )
    first = draw(st.lists(_FULL, min_size=1, max_size=5))
    return tuple(
        Case(
            number=number,
            inputs={names[0]: text} | {name: draw(_TEXT) for name in names[1:]},
            expected=draw(st.none() | _FULL),
            references=tuple(draw(st.lists(_FULL, max_size=2))),
            tags=tuple(draw(st.lists(_TAG, max_size=3, unique=True))),
            checks=draw(_CHECKS),
        )
        for number, text in enumerate(first, 1)
    )  # fmt: skip


def _read_again(name: str, data: bytes) -> tuple[Case, ...]:
    table = read_file(name, data)
    assert table.unreadable == ()
    return prepare(table, guess(table.columns)).cases


@settings(max_examples=50)
@given(_data_sets())
def test_cases_come_back_from_jsonl_as_they_were(cases: tuple[Case, ...]) -> None:
    assert _read_again("a.jsonl", "".join(to_jsonl(cases)).encode()) == cases


@settings(max_examples=50)
@given(_data_sets())
def test_cases_come_back_from_csv_as_they_were(cases: tuple[Case, ...]) -> None:
    assert _read_again("a.csv", "".join(to_csv(cases, variables_in(cases))).encode()) == cases


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    case = Case(number=1, inputs={"text": "=1+1"}, expected="'-1", tags=("-x",))
    written = "".join(to_csv([case], ["text"]))
    assert written == "inputs.text,expected,references,tags,checks\r\n'=1+1,''-1,,'-x,\r\n"
    assert _read_again("a.csv", written.encode()) == (case,)
    # Somebody else's file keeps its apostrophes.
    table = read_file("a.csv", b"text\n'=1\n")
    assert table.rows[0].values == {"text": "'=1"}


def test_parquet_of_the_same_columns_gives_the_same_cases() -> None:
    cases = (
        Case(number=1, inputs={"text": "a"}, expected="1", tags=("x",)),
        Case(number=2, inputs={"text": "b"}, references=("2", "3")),
    )
    buffer = io.BytesIO()
    columns = {
        "inputs": [{"text": "a"}, {"text": "b"}],
        "expected": ["1", None],
        "references": [[], ["2", "3"]],
        "tags": [["x"], []],
    }
    parquet.write_table(pa.table(columns), buffer)
    assert _read_again("a.parquet", buffer.getvalue()) == cases


# The hash


@settings(max_examples=50)
@given(_data_sets(), st.randoms())
def test_the_hash_knows_contents_and_order_and_nothing_else(
    cases: tuple[Case, ...], chance: random.Random
) -> None:
    def shuffled(case: Case) -> Case:
        inputs, checks = list(case.inputs.items()), list(case.checks.items())
        chance.shuffle(inputs)
        chance.shuffle(checks)
        return replace(case, number=case.number + 5, inputs=dict(inputs), checks=dict(checks))

    assert content_id(map(shuffled, cases)) == content_id(cases)
    assert content_id((*cases, cases[0])) != content_id(cases)
    changed = replace(cases[-1], tags=(*cases[-1].tags, "another tag"))
    assert content_id((*cases[:-1], changed)) != content_id(cases)
    if cases[::-1] != cases and [case_text(one) for one in cases[::-1]] != [case_text(one) for one in cases]:
        assert content_id(cases[::-1]) != content_id(cases)


def test_the_hash_is_what_it_always_was() -> None:
    # Stored data sets are found by it: it must not change with the program's version.
    case = Case(number=1, inputs={"text": "Grüße"}, expected="x", tags=("a",), checks={"max_words": 3})
    line = r'{"checks":{"max_words":3},"expected":"x","inputs":{"text":"Gr\u00fc\u00dfe"},"tags":["a"]}'
    assert case_text(case) == line
    assert content_id([case]) == "638ebfeda261e726bc1ac0ae7a6fee6a"
    assert case_from_text(line, 1) == case
