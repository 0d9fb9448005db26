"""The scorers that ask no model, by what each is for and by what could fool it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.evaluation.scorers.normal import normalised
from bedrock_playground.evaluation.scorers.registry import make_scorer, scorer_kinds
from bedrock_playground.evaluation.scorers.rouge import words_of
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.values import Case, DataSet, Score
from bedrock_playground.invocation.errors import Throttled
from tests.unit.evaluation.desks import SILENT, ScriptedDesk, answer, case

SCHEMA = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'
WITHOUT_MODELS = (
    "exact", "normalised", "contains", "contains:all", "regex", "regex:(a|b)+$", "classification",
    "classification:exact", "classification:json:label", f"json-schema:{SCHEMA}", "fields", "fields:a,b.c",
    "rouge:1", "rouge:2", "rouge:l", "constraints", "constraints:share", "latency:2", "latency:ttft:2",
    "cost:1",
)  # fmt: skip


def score(scorer: str, text: str, *accepted: str) -> Score:
    """What a scorer says of an answer."""
    return make_scorer(scorer).score(answer(text), case(*accepted), SILENT)


def labelled(*labels: str, output_schema: str | None = None) -> DataSet:
    """A data set that expects these."""
    cases = tuple(Case(number=n, inputs={}, expected=label) for n, label in enumerate(labels, 1))
    return DataSet(data_set_id="x", name="mine", cases=cases, output_schema=output_schema)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  The  Eiffel\nTower. ", "eiffel tower"),
        ("**Ｐaris!**", "paris"),
        ("1,000.50", "1000.5"),
        ("1000", "1,000"),
        ("+5.0", "5"),
        ("-0", "0"),
        ("U.S. don't", "us dont"),
        ("It is −5 °C", "it is -5 °c"),
        ("twenty-one", "twenty one"),
        ("50 %", "50%"),
        ("“yes”", "YES"),
    ],
)
def test_what_does_not_count_is_normalised_away(text: str, same: str) -> None:
    assert normalised(text) == normalised(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", "-5"),
        ("C#", "C"),
        ("C++", "C"),
        ("007", "7"),
        ("5%", "5"),
        ("1.5", "15"),
        ("1,5", "15"),
        ("a", "the"),
    ],
)
def test_what_means_something_else_stays_apart(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalised(text)
    assert normalised(once).split() == normalised(f" {once} ").split()
    assert once == " ".join(once.split())


def test_exact_looks_at_every_letter_but_white_space_around() -> None:
    assert score("exact", " Paris\n", "Lyon", "Paris").value == 1
    assert score("exact", "paris", "Paris") == Score(0.0, "Expected “Paris”, found “paris”.")


def test_normalised_takes_any_accepted_answer() -> None:
    assert score("normalised", "the paris.", "Lyon", "Paris").value == 1
    assert score("normalised", "Paris, France", "Paris").value == 0


def test_contains_wants_whole_words() -> None:
    assert score("contains", "It is the Eiffel Tower, of course.", "an eiffel tower").value == 1
    assert score("contains", "concatenate", "cat") == Score(0.0, "The answer does not say “cat”.")
    assert score("contains", "It costs $1,200 in all", "1200").value == 1
    assert score("contains", "Take a bus", "a").value == 1
    assert score("contains", "Take the bus", "a").value == 0
    assert score("contains", "red", "red", "blue").value == 1
    assert score("contains:all", "red", "red", "blue") == Score(0.0, "The answer does not say “blue”.")
    assert score("contains:all", "red or blue", "red", "blue").value == 1


def test_regex_finds_and_an_expected_answer_may_be_a_pattern() -> None:
    assert score("regex:^(yes|no)$", "yes").value == 1
    assert score("regex:^(yes|no)$", "yes indeed").value == 0
    assert score("regex:(?i)PARIS", "paris").value == 1
    assert score("regex", "code 123", r"\d{3}").value == 1
    assert score("regex", "x", "(").value is None
    assert score("regex:a:b", "a:b").value == 1
    assert score("regex:.", "\ud800").value == 1


def test_a_pattern_that_would_run_away_elsewhere_does_not() -> None:
    # Exponential in Python's own engine: this would not end.
    assert score("regex:^(a+)+$", "a" * 200_000 + "b").value == 0


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "x" * 1001, "((a{100}){100}){100}", "\ud800"])
def test_a_pattern_that_cannot_be_used_says_why(pattern: str) -> None:
    with pytest.raises(BadScorer, match="pattern"):
        make_scorer(f"regex:{pattern}")


def test_json_schema_takes_the_data_sets_and_nothing_around_the_answer() -> None:
    scorer = make_scorer("json-schema", data_set=labelled(output_schema=SCHEMA))
    assert scorer.name == "json-schema"
    assert scorer.score(answer('{"n": 1}'), case(), SILENT).value == 1
    wrong = scorer.score(answer('{"n": "1"}'), case(), SILENT)
    assert wrong == Score(0.0, "$.n: '1' is not of type 'integer'")
    fenced = scorer.score(answer('```json\n{"n": 1}\n```'), case(), SILENT)
    assert fenced.value == 0
    assert fenced.note.endswith("There is a code fence around it.")
    assert make_scorer("json-schema").score(answer("{}"), case(), SILENT).value is None
    explicit = make_scorer(f"json-schema:{SCHEMA}", data_set=labelled())
    assert explicit.name == f"json-schema:{SCHEMA}"
    assert make_scorer(explicit.name) == explicit
    for told, schema in (("", ""), (":{", ""), (":[]", ""), ("", '{"type": 5}')):
        with pytest.raises(BadScorer, match="schema"):
            make_scorer(f"json-schema{told}", data_set=labelled(output_schema=schema))


def test_fields_count_what_is_right() -> None:
    expected = '{"name": "Ann Lee", "age": 30, "address": {"city": "Bonn"}, "tags": ["a", "b"], "x": null}'
    found = '{"name": "ann lee", "age": 30.0, "address": {"city": "Köln"}, "tags": ["b", "a"], "x": null}'
    said = f"```json\n{found}\n```"
    assert score("fields", said, expected).value == pytest.approx(3 / 5)
    assert score("fields:name,address.city", said, expected) == Score(
        0.5, "address.city: expected “Bonn”, found “Köln”."
    )
    assert score("fields:name", "{}", expected).note == "name is missing."
    assert score("fields:name", '{"name": true}', '{"name": 1}').value == 0
    assert score("fields:a.b", '{"a.b": 1}', '{"a": {"b": 2}}', '{"a.b": 1}').value == 1
    assert score("fields:other", said, expected) == Score(None, "The expected answer does not have other.")
    assert score("fields", "Ann", expected).value == 0
    assert score("fields", "[1]", expected).value == 0
    assert score("fields", said, "not JSON").value is None


def test_a_class_is_the_first_that_is_mentioned() -> None:
    scorer = make_scorer("classification", data_set=labelled("spam", "ham", "not spam", "spam"))
    for text, label, value in [
        ("This is Spam, not ham.", "spam", 1.0),
        ("HAM", "ham", 0.0),
        ("It is not spam", "not spam", 0.0),
        ("A hamster?", None, 0.0),
    ]:
        found = scorer.score(answer(text), case("spam"), SILENT)
        assert (found.label, found.value) == (label, value), text
    assert scorer.score(answer("ham"), case(), SILENT) == Score(
        None, "The case has no expected answer.", "ham"
    )


def test_a_class_of_one_letter_is_no_article() -> None:
    scorer = make_scorer("classification:first:A,B")
    assert scorer.score(answer("This is a case of B."), case("B"), SILENT).label == "B"
    assert scorer.score(answer("The answer is A."), case("A"), SILENT).value == 1


def test_a_class_may_have_to_be_the_whole_answer_or_a_field() -> None:
    data_set = labelled("spam", "ham")
    exact = make_scorer("classification:exact", data_set=data_set)
    assert exact.score(answer("Spam."), case("spam"), SILENT) == Score(1.0, label="spam")
    assert exact.score(answer("It is spam"), case("spam"), SILENT).label is None
    field = make_scorer("classification:json:out.class", data_set=data_set)
    assert field.name == "classification:json:out.class"
    assert field.score(answer('{"out": {"class": "HAM"}}'), case("ham"), SILENT).value == 1
    for text in ('{"out": "ham"}', "ham", '{"out": {"class": "eggs"}}', '{"out": {"class": true}}'):
        found = field.score(answer(text), case("ham"), SILENT)
        assert (found.value, found.label) == (0, None)
        assert found.note


def test_another_name_of_the_right_class_is_shown_as_that_class() -> None:
    scorer = make_scorer("classification", data_set=labelled("positive"))
    assert scorer.score(answer("Good"), case("positive", "good"), SILENT).value == 0
    both = make_scorer("classification:first:positive,good")
    assert both.score(answer("Good"), case("positive", "good"), SILENT) == Score(1.0, label="positive")
    assert both.name == "classification:first:positive,good"


def test_rouge_is_the_librarys_for_english() -> None:
    # "the cat sat on the mat" against "the cat was on the mat": 5 of 6 words, 3 of 5 pairs.
    reference, said = "The cat sat on the mat.", "The cat was on the mat."
    for variety, value in (("1", 5 / 6), ("2", 3 / 5), ("l", 5 / 6)):
        assert score(f"rouge:{variety}", said, reference).value == pytest.approx(value)
    # The stemmer makes cats of cat, and the better reference counts.
    assert score("rouge:1", "cats sitting", "dogs", "cat sits").value == 1
    assert score("rouge", said, reference).note == "Precision 0.83, recall 0.83."


@given(st.text("ab cde.\n-5'_E", max_size=60), st.text("ab cde.\n-5'_E", max_size=60))
def test_our_words_are_the_librarys_for_ascii(reference: str, said: str) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    theirs = RougeScorer(["rougeL"], use_stemmer=True).score(reference, said)["rougeL"].fmeasure
    found = score("rouge:l", said, reference)
    assert found.value == (pytest.approx(theirs) if words_of(reference) else None)


def test_rouge_knows_other_scripts_than_the_library() -> None:
    assert score("rouge:1", "Größe und Übergröße", "die Größe").value == pytest.approx(2 / 5)
    assert score("rouge:1", "東京です", "東京").value == pytest.approx(2 * 2 / (4 + 2))
    assert score("rouge:1", "x", "…").value is None
    assert score("rouge:1", "", "word").value == 0


def test_what_is_too_long_for_rouge_is_not_scored() -> None:
    assert score("rouge:l", "word " * 3000, "word " * 3000).note == (
        "3,000 words against 3,000 are too many to be compared."
    )


def test_similarity_is_to_the_nearest_accepted_answer() -> None:
    desk = ScriptedDesk(vectors=lambda _: [[1.0, 0.0], [-1.0, 0.0], [3.0, 4.0]])
    found = make_scorer("similarity:amazon.titan-embed-text-v2:0").score(answer("x"), case("y", "z"), desk)
    assert found.value == pytest.approx(0.6)
    assert found.cost is None
    assert desk.embedded == [(["x", "y", "z"], "amazon.titan-embed-text-v2:0")]


def test_a_similarity_below_nothing_is_taken_as_nothing_and_said() -> None:
    desk = ScriptedDesk(vectors=lambda _: [[1.0], [-1.0]])
    found = make_scorer("similarity").score(answer("x"), case("y"), desk)
    assert found.value == 0
    assert found.note.startswith("Cosine similarity -1.000, taken as 0.")


def test_what_cannot_be_embedded_is_not_scored() -> None:
    def fail(_: object) -> list[list[float]]:
        raise Throttled("Too many requests.")

    found = make_scorer("similarity").score(answer("x"), case("y"), ScriptedDesk(vectors=fail))
    assert found == Score(None, "It could not be embedded: Too many requests.")
    uneven = ScriptedDesk(vectors=lambda _: [[1.0], [1.0, 2.0]])
    assert make_scorer("similarity").score(answer("x"), case("y"), uneven).value is None
    nothing = ScriptedDesk()
    assert make_scorer("similarity").score(answer(" "), case("y"), nothing).value == 0
    assert not nothing.embedded


def test_constraints_are_the_cases_own() -> None:
    asked = case(checks={"max_words": 3, "must_include": ["red", "blue"]})
    text = answer("red and red and red")
    found = make_scorer("constraints").score(text, asked, SILENT)
    assert found.value == 0
    assert "at most 3 words" in found.note
    assert "“blue”" in found.note
    assert make_scorer("constraints:share").score(text, asked, SILENT).value == pytest.approx(1 / 3)
    assert make_scorer("constraints").score(answer("red, blue"), asked, SILENT).value == 1
    assert make_scorer("constraints").score(text, case("x"), SILENT).note == "The case has no checks."


def test_limits_hold_what_is_known_against_them() -> None:
    told = answer("x", cost="0.002", total=2.5, ttft=0.5)
    for scorer, value in [
        ("latency:2.5", 1),
        ("latency:end:2.4", 0),
        ("latency:ttft:0.4", 0),
        ("latency:ttft:0.5", 1),
        ("cost:0.002", 1),
        ("cost:0.0019", 0),
    ]:
        assert make_scorer(scorer).score(told, case(), SILENT).value == value, scorer
    for scorer in ("latency:1", "latency:ttft:1", "cost:1"):
        unknown = make_scorer(scorer).score(answer("x"), case(), SILENT)
        assert unknown.value is None
        assert "not known" in unknown.note
    assert make_scorer("cost:0.001").score(told, case(), SILENT).note == "$0.00200 of $0.00100."


@pytest.mark.parametrize(
    "name",
    [
        "exact:x", "normalised:x", "contains:some", "fields:a,,b", "fields:,", "rouge:3", "latency:0",
        "latency:x", "latency:", "latency:start:1", "latency:NaN", "cost:-1", "cost:Infinity",
        "constraints:some", "classification:last", "classification:first:a,", "classification:first:A,a",
        "bleu", "", "judge",
        "judge:rubric", "judge:rubric:a,", "judge:rubric:a,a",
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_say_why(name: str) -> None:
    with pytest.raises(BadScorer) as refused:
        make_scorer(name)
    assert str(refused.value)[-1] in ".”"


@pytest.mark.parametrize("name", WITHOUT_MODELS)
@settings(max_examples=25)
@given(text=st.text(max_size=80), expected=st.one_of(st.none(), st.text(max_size=20)))
def test_no_answer_makes_a_scorer_raise_or_leave_its_range(
    name: str, text: str, expected: str | None
) -> None:
    scorer = make_scorer(name)
    found = scorer.score(answer(text), case(*([] if expected is None else [expected])), SILENT)
    assert found.value is None or 0 <= found.value <= 1
    assert found.note or found.value == 1 or found.value is not None


@pytest.mark.parametrize("name", [*WITHOUT_MODELS, "similarity", "similarity:m:0", "judge:clear:a.b:0,c"])
def test_a_scorers_name_makes_it_again(name: str) -> None:
    made = make_scorer(name)
    assert make_scorer(made.name) == made
    assert made.calls_models == name.startswith(("similarity", "judge"))


def test_every_kind_says_what_it_is_in_two_or_three_sentences() -> None:
    for name, kind in scorer_kinds().kinds.items():
        assert kind.kind == name
        assert kind.title
        assert 60 < len(kind.help) < 400, name
        assert kind.help.endswith(".")
