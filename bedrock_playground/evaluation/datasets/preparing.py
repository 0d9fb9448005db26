"""From a raw table and a mapping to cases; everything that is wrong is told at once, by the file's own rows.

A row that cannot be a case is left out and says why; what is merely worth knowing (no expected answer, the
same inputs as an earlier row) is told, and the row is a case. Nothing is shortened or filled in.

Pure: no clock, environment or network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bedrock_playground.evaluation.checks import check_problems
from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.mapping import Mapped
from bedrock_playground.evaluation.datasets.values import (
    LIMITS,
    Limits,
    Problem,
    Problems,
    RawTable,
    Row,
    Unit,
)
from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Json

MAX_TAG = 64
"""Characters of a tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of a table."""

    cases: tuple[Case, ...]
    """The cases, in the order of the file, numbered from 1."""
    rows: tuple[int, ...]
    """The row in the file of each case."""
    problems: Problems
    """What is wrong or worth knowing, in the order of the file."""
    left_out: int
    """Rows that are no case, unreadable ones among them."""
    duplicates: int
    """Rows with the same inputs as an earlier one, whether they were dropped or not."""
    dropped: int
    """Duplicates that were dropped."""
    unlabelled: int
    """Cases that nothing says the right answer of: no expected answer, no reference and no check."""


def prepare(
    table: RawTable, mapped: Mapped, *, drop_duplicates: bool = False, limits: Limits = LIMITS
) -> Prepared:
    """Make cases of a table's rows.

    Args:
        table: The table.
        mapped: Which column is what.
        drop_duplicates: Leave out rows with the same inputs as an earlier one.
        limits: How much is taken.

    Raises:
        DataSetRefused: The mapping cannot be used for this table.
    """
    wrong = mapped.problems(table.columns)
    if wrong:
        raise DataSetRefused(" ".join(wrong), "Change which column is what.")
    work = _Work(mapped=mapped, limits=limits, drop_duplicates=drop_duplicates, unit=table.unit)
    for row in table.rows:
        work.take(row)
    found = sorted([*table.unreadable, *work.problems], key=lambda one: one.row or 0)
    if mapped.expected is None and work.unlabelled:
        found.insert(0, Problem(_no_answers(work.unlabelled)))
    return Prepared(
        cases=tuple(work.cases),
        rows=tuple(work.rows),
        problems=Problems.of(found),
        left_out=work.left_out + sum(problem.left_out for problem in table.unreadable),
        duplicates=work.duplicates,
        dropped=work.dropped,
        unlabelled=work.unlabelled,
    )


def preview(table: RawTable, limit: int = 10) -> list[dict[str, str]]:
    """The first rows as texts, for a look before anything is mapped; a column that a row has not is empty."""
    return [{name: text_of(row.values.get(name)) for name in table.columns} for row in table.rows[:limit]]


def text_of(value: Json) -> str:
    """A value as the text that a case takes: texts as they are, null as nothing, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _no_answers(number: int) -> str:
    cases = "1 case has" if number == 1 else f"{number:,} cases have"
    return (
        f"{cases} no expected answer, because no column is one. Cost and latency can be measured; only "
        "scorers that need no answer, such as a judge, can score."
    )


@dataclass(slots=True)
class _Work:
    """The cases so far, and what was found."""

    mapped: Mapped
    limits: Limits
    drop_duplicates: bool
    unit: Unit
    cases: list[Case] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0
    duplicates: int = 0
    dropped: int = 0
    unlabelled: int = 0
    first_seen: dict[tuple[str, ...], tuple[int, str | None]] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Make a case of a row, or say why it is none."""
        found = list(_row_problems(row, self.mapped, self.limits))
        self.problems += found
        if any(problem.left_out for problem in found):
            self.left_out += 1
            return
        case = _case(row, self.mapped, number=len(self.cases) + 1)
        if self._is_dropped(case, row.number):
            return
        if not case.accepted and not case.checks:
            self.unlabelled += 1
            if self.mapped.expected is not None:
                words = "It has no expected answer; scorers that need one cannot score it."
                self.problems.append(Problem(words, row.number, self.mapped.expected))
        self.cases.append(case)
        self.rows.append(row.number)

    def _is_dropped(self, case: Case, number: int) -> bool:
        key = tuple(case.inputs.values())
        if key not in self.first_seen:
            self.first_seen[key] = (number, case.expected)
            return False
        earlier, expected = self.first_seen[key]
        self.duplicates += 1
        words = f"It has the same inputs as {self.unit} {earlier:,}"
        if expected != case.expected:
            words += ", but another expected answer: one of the two can never be met"
        if self.drop_duplicates:
            self.dropped += 1
            words += "; it is dropped"
        self.problems.append(Problem(f"{words}.", number, left_out=self.drop_duplicates))
        return self.drop_duplicates


# One row


def _row_problems(row: Row, mapped: Mapped, limits: Limits) -> Iterator[Problem]:
    texts = {column: text_of(row.values.get(column)) for column in mapped.inputs.values()}
    if not any(text.strip() for text in texts.values()):
        what = "Its input is empty." if len(texts) == 1 else "All its inputs are empty."
        yield Problem(what, row.number, left_out=True)
        return
    for column, text in texts.items():
        if not text.strip():
            yield Problem("It is empty; the prompt will have nothing in its place.", row.number, column)
    for column in mapped.columns:
        problem = _text_problem(text_of(row.values.get(column)), limits)
        if problem:
            yield Problem(problem, row.number, column, left_out=True)
    yield from _tag_problems(row, mapped, limits)
    if mapped.checks is not None:
        for problem in _wrong_checks(row.values.get(mapped.checks)):
            yield Problem(problem, row.number, mapped.checks, left_out=True)


def _text_problem(text: str, limits: Limits) -> str:
    if len(text) > limits.max_characters:
        return (
            f"It has {len(text):,} characters; at most {limits.max_characters:,} are taken. Shorten it, or "
            "split the text into several cases."
        )
    if "\x00" in text:
        return "It has a NUL character in it. Take it out."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "It has half of a character in it (a single surrogate). Write the file as UTF-8 anew."
    return ""


def _tag_problems(row: Row, mapped: Mapped, limits: Limits) -> Iterator[Problem]:
    for column in mapped.tags:
        tags = _split(row.values.get(column))
        longest = max(map(len, tags), default=0)
        if longest > MAX_TAG:
            words = f"A tag has {longest:,} characters; at most {MAX_TAG} are taken. Is it an input instead?"
            yield Problem(words, row.number, column, left_out=True)
    number = len(_tags(row, mapped))
    if number > limits.max_tags:
        words = f"It has {number:,} tags; at most {limits.max_tags} are taken."
        yield Problem(words, row.number, mapped.tags[0], left_out=True)


def _wrong_checks(value: Json) -> list[str]:
    checks = _checks(value)
    if checks is None:
        return ['Checks are a JSON object, such as {"max_words": 40}.']
    return check_problems(checks)


def _case(row: Row, mapped: Mapped, *, number: int) -> Case:
    expected = None if mapped.expected is None else text_of(row.values.get(mapped.expected))
    references = [text for column in mapped.references for text in _listed(row.values.get(column))]
    checks = None if mapped.checks is None else _checks(row.values.get(mapped.checks))
    return Case(
        number=number,
        inputs={name: text_of(row.values.get(column)) for name, column in mapped.inputs.items()},
        expected=expected if expected and expected.strip() else None,
        references=tuple(references),
        tags=_tags(row, mapped),
        checks=checks or {},
    )


def _tags(row: Row, mapped: Mapped) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for column in mapped.tags for tag in _split(row.values.get(column))))


def _split(value: Json) -> list[str]:
    """Tags: a list's texts, or what stands between ``;`` or ``,``."""
    listed = _as_list(value)
    texts = [text_of(one) for one in listed] if listed is not None else _pieces(text_of(value))
    return [text.strip() for text in texts if text.strip()]


def _pieces(text: str) -> list[str]:
    return text.replace(",", ";").split(";")


def _listed(value: Json) -> list[str]:
    """References: a list's texts, or the one text."""
    listed = _as_list(value)
    texts = [text_of(one) for one in listed] if listed is not None else [text_of(value)]
    return [text for text in texts if text.strip()]


def _as_list(value: Json) -> Sequence[Json] | None:
    if isinstance(value, str):
        if not (value.lstrip().startswith("[") and value.rstrip().endswith("]")):
            return None
        try:
            value = strict_json(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, list | tuple) else None


def _checks(value: Json) -> Mapping[str, Json] | None:
    """Checks, read from JSON text where they are text; nothing is no checks, ``None`` is no object."""
    if isinstance(value, str):
        try:
            value = strict_json(value) if value.strip() else {}
        except (ValueError, RecursionError):
            return None
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else None
