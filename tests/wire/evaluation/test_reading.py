"""Results as they are looked at, over evaluations that were really run and scored."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bedrock_playground.evaluation.earlier import case_numbers, earlier_evaluations, regressions
from bedrock_playground.evaluation.files import answers_csv, answers_jsonl
from bedrock_playground.evaluation.finding import Look, find_cases, looks, means
from bedrock_playground.evaluation.people import agreement_with_people
from bedrock_playground.evaluation.reading import PEOPLE, Reading, Stars
from bedrock_playground.evaluation.report import sections, to_html, to_markdown
from bedrock_playground.evaluation.results import export_rows, read_results
from bedrock_playground.evaluation.statistics import case_means
from bedrock_playground.evaluation.values import DataSet
from bedrock_playground.history import RunStore
from tests.app.evaluated import PROMPT, cases, contenders, data_set, evaluate, says
from tests.wire.patterns.kitchen import Kitchen

CLASSES = "classification"


@dataclass
class Shelf:
    """Two evaluations of the same cases, and one of a version with two cases fewer."""

    store: RunStore
    first: str
    second: str
    other: str

    def reading(self, evaluation_id: str) -> Reading:
        reading = Reading(read_results(self.store, evaluation_id))
        return reading.with_ratings(self.store.evaluations.ratings.of(evaluation_id))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder: Path = tmp_path_factory.mktemp("shelf")
    old, new = Kitchen(says(salt="old")), Kitchen(says())
    two = contenders()[:2]
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        known = data_set(store, count=24)
        first = evaluate(store, old, data_set_id=known, contenders=two, name="First")
        second = evaluate(store, new, data_set_id=known, contenders=two, name="Second", repeat=2)
        fewer = DataSet(
            data_set_id="", name="Moods", cases=cases(26)[2:], task="classification", prompt=PROMPT
        )
        saved = store.data_sets.save(fewer).data_set_id
        other = evaluate(store, new, data_set_id=saved, contenders=two, name="Third")
        yield Shelf(store, first.evaluation_id, second.evaluation_id, other.evaluation_id)
    old.close()
    new.close()


def test_the_cases_found_are_those_whose_means_say_so(shelf: Shelf) -> None:
    reading = shelf.reading(shelf.second)
    told = {label: case_means(reading.results.outcomes(label, CLASSES)) for label in "AB"}
    wrong = {number for scores in told.values() for number, mean in scores.items() if mean < 0.5}
    differ = {number for number in told["A"] if (told["A"][number] >= 0.5) != (told["B"][number] >= 0.5)}
    assert find_cases(reading, CLASSES) == list(range(1, 25))
    assert set(find_cases(reading, CLASSES, look=Look.WRONG)) == wrong
    assert set(find_cases(reading, CLASSES, look=Look.DIFFER)) == differ
    assert differ
    hard = find_cases(reading, CLASSES, look=Look.WRONG, labels=["A"], tags=["hard"])
    assert hard == [number for number in sorted(wrong) if number % 3 == 0 and told["A"][number] < 0.5]
    assert means(reading, "A", CLASSES) == told["A"]
    # The kitchen answers the same each time.
    assert Look.UNSTEADY not in looks(reading, CLASSES)
    assert Look.RATED not in looks(reading, CLASSES)


def test_what_was_worked_out_is_not_worked_out_again_when_somebody_rates(shelf: Shelf) -> None:
    reading = Reading(read_results(shelf.store, shelf.second))
    point = reading.point("A", CLASSES)
    assert reading.with_ratings({}).point("A", CLASSES) is point


def test_people_stand_beside_scorers(shelf: Shelf) -> None:
    ratings = shelf.store.evaluations.ratings
    plain = shelf.reading(shelf.second)
    assert PEOPLE not in plain.scorers
    wrong = next(number for number, mean in means(plain, "A", CLASSES).items() if mean == 0)
    right = next(number for number, mean in means(plain, "A", CLASSES).items() if mean == 1)
    for number, stars, user in ((wrong, 5, None), (right, 5, None), (right, 4, "Ada")):
        ratings.rate(shelf.second, plain.rows_of("A")[number][0].run_id, stars, user=user)
    reading = shelf.reading(shelf.second)
    assert reading.scorers == (*plain.scorers, PEOPLE)
    assert reading.stars("A") == Stars(4.75, 2)
    # Five stars are 1, four and a half 0.875; answers that nobody rated say nothing.
    assert reading.summary("A", PEOPLE).accuracy.value == pytest.approx((1 + 0.875) / 2)
    assert reading.summary("B", PEOPLE).accuracy.value is None
    told = agreement_with_people(reading, CLASSES)
    assert (told.agree.share, told.agree.samples) == (0.5, 2)
    assert (told.too_strict, told.too_kind) == ((wrong,), ())
    assert set(find_cases(reading, CLASSES, look=Look.RATED)) == {wrong, right}
    with pytest.raises(ValueError, match="themselves"):
        agreement_with_people(reading, PEOPLE)


def test_three_stars_are_neither_good_nor_bad(shelf: Shelf) -> None:
    plain = shelf.reading(shelf.first)
    run_id = plain.result("B").rows[0].run_id
    shelf.store.evaluations.ratings.rate(shelf.first, run_id, 3)
    told = agreement_with_people(shelf.reading(shelf.first), CLASSES)
    assert (told.agree.samples, told.neither) == (0, 1)
    assert told.agree.share is None


def test_regressions_are_the_cases_that_turned(shelf: Shelf) -> None:
    found = earlier_evaluations(shelf.store, shelf.store.evaluations.found(shelf.second))
    assert [one.evaluation_id for one in found] == [shelf.first]
    then, now = shelf.reading(shelf.first), shelf.reading(shelf.second)
    turned = regressions(now, then, scorer=CLASSES)
    for one in turned:
        before, after = means(then, one.match.before, CLASSES), means(now, one.match.now, CLASSES)
        assert one.match.differs == ()
        assert [change.case for change in one.changes.worse] == [
            number for number in before if before[number] >= 0.5 > after[number]
        ]
        assert [change.case for change in one.changes.better] == [
            number for number in before if before[number] < 0.5 <= after[number]
        ]
        assert one.paired.left_out == 0
    assert any(one.changes.worse for one in turned)
    assert all("turned" in one.words or "No case" in one.words for one in turned)


def test_cases_of_another_version_are_found_by_what_they_hold(shelf: Shelf) -> None:
    found = earlier_evaluations(shelf.store, shelf.store.evaluations.found(shelf.other))
    assert [one.evaluation_id for one in found] == [shelf.second, shelf.first]
    now, then = shelf.reading(shelf.other), shelf.reading(shelf.second)
    same = case_numbers(shelf.store, now.spec.data_set_id, then.spec.data_set_id)
    # The first two cases are gone, and the last two are new.
    assert same == {number: number + 2 for number in range(1, 23)}
    for one in regressions(now, then, scorer=CLASSES, same=same):
        # The same models answered the same texts.
        assert not one.changes.worse
        assert not one.changes.better
        assert one.changes.still_right + one.changes.still_wrong == 22
        assert one.paired.p_value == 1


def test_every_answer_goes_into_the_files(shelf: Shelf) -> None:
    table = list(csv.DictReader(io.StringIO("".join(answers_csv(export_rows(shelf.store, shelf.second))))))
    lines = [json.loads(line) for line in answers_jsonl(export_rows(shelf.store, shelf.second))]
    assert len(table) == len(lines) == 96
    reading = shelf.reading(shelf.second)
    failed = [line for line in lines if line["state"] == "failed"]
    assert all(line[f"score: {CLASSES}"] is None for line in failed)
    right = sum(line[f"score: {CLASSES}"] or 0 for line in lines if line["label"] == "B") / 48
    assert right == pytest.approx(reading.summary("B", CLASSES).accuracy.value)
    assert {row["contender"] for row in table} == {"Nova Micro", "Sonnet 4.5"}
    assert "".join(answers_csv(iter(()))) == ""


class _Tags(HTMLParser):
    """What a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag in {"script", "link", "img", "iframe"} or names & {"src", "href"}:
            self.found.append(tag)


def test_the_summary_says_what_the_page_says_and_nothing_in_it_acts(shelf: Shelf) -> None:
    reading = shelf.reading(shelf.second)
    summary = shelf.store.data_sets.summary(reading.spec.data_set_id)
    parts = sections(reading, CLASSES, data_set=summary, made_at=datetime(2026, 11, 29, tzinfo=UTC))
    name = "<script>alert(1)</script> | *bold*"
    text, page = to_markdown(name, parts), to_html(name, parts)
    accuracy = f"{(reading.summary('B', CLASSES).accuracy.value or 0) * 100:.1f} %"
    for told in (text, page):
        assert accuracy in told
        assert "B · Sonnet 4.5" in told
        assert PROMPT.splitlines()[0] in told
    assert "## Macro-F1" in text
    assert r"\<script\>alert(1)\</script\> \| \*bold\*" in text
    parser = _Tags()
    parser.feed(page)
    assert not parser.found
