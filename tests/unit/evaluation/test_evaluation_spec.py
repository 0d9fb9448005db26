"""What is run, as values and JSON; the order of cases; the agenda; how far it is; remembered requests."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from time import sleep
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.agenda import PAGE, Agenda, Left
from bedrock_playground.evaluation.asking import RememberedShape, asked_of, missing_inputs, schema_config
from bedrock_playground.evaluation.progress import Tally, eta_of
from bedrock_playground.evaluation.spec import (
    Contender,
    EvaluationSpec,
    SpecRefused,
    case_order,
    spec_from_json,
    spec_from_text,
    spec_to_json,
    spec_to_text,
)
from bedrock_playground.evaluation.values import Case
from bedrock_playground.history.evaluation_records import Spending
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.shaping import asking, shape_by_catalogue

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"


def solo(model: str = SONNET, **settings: Any) -> Solo:
    return Solo(variant=Variant(model=model, **settings))


def spec(**changes: Any) -> EvaluationSpec:
    plain = EvaluationSpec(
        name="Mine",
        data_set_id="d",
        contenders=(Contender(label="A", name="one", member=solo()),),
        prompt="{{question}}",
    )
    return replace(plain, **changes)


def test_a_spec_comes_back_as_it_was() -> None:
    chain = Chain(steps=(Step(name="one", member=solo(temperature=0.5)), Step(name="two", member=solo())))
    whole = spec(
        contenders=(
            Contender(label="A", name="one", member=solo(max_tokens=5), prompt="{{text}}", system=""),
            Contender(label="B", name="two", member=chain, preset_id="p", preset_version=3),
        ),
        scorers=("exact", "rouge:l"),
        system="Be brief.",
        output_schema='{"type": "object"}',
        repeat=3,
        seed=9,
        sample=7,
        cases=(1, 5),
        concurrency=32,
        requests_per_minute=60,
        tokens_per_minute=1000,
        max_cost=Decimal("0.0000001"),
        stream=False,
    )
    assert spec_from_text(spec_to_text(whole)) == whole
    assert spec_from_text(spec_to_text(spec())) == spec()
    # What has its default is not written: a later default holds for what was written before.
    assert set(spec_to_json(spec())) == {"format", "name", "data_set_id", "contenders", "prompt"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"repeat": 0}, "1 to 100"),
        ({"repeat": True}, "repeat cannot be true"),
        ({"concurrency": 1000}, "Concurrency is 1 to 256"),
        ({"max_cost": 1.5}, "max_cost cannot be 1.5"),
        ({"max_cost": "-1"}, "at least 0"),
        ({"max_cost": "NaN"}, "max_cost cannot be"),
        ({"speed": 1}, "'speed', which is not known"),
        ({"contenders": []}, "needs a contender"),
        ({"contenders": "x"}, "must be a list"),
        ({"contenders": [{"label": "A", "name": "x"}]}, r"contenders\[0\] needs member"),
        (
            {"contenders": [{"label": "A", "name": "x", "member": {}}]},
            r"contenders\[0\].member: kind must be",
        ),
        ({"scorers": [1]}, "scorers cannot be"),
        ({"scorers": ["exact", "exact"]}, "asked for twice"),
        ({"name": " "}, "needs a name"),
        ({"format": 2}, "another version"),
    ],
)
def test_what_is_no_spec_is_refused_with_its_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecRefused, match=words):
        spec_from_json(spec_to_json(spec()) | change)


def test_contenders_need_letters_and_names_of_their_own() -> None:
    one = Contender(label="A", name="x", member=solo())
    with pytest.raises(SpecRefused, match="letter of its own"):
        spec(contenders=(one, replace(one, name="y")))
    with pytest.raises(SpecRefused, match="name of its own"):
        spec(contenders=(one, replace(one, label="B")))


@given(seed=st.integers(), cases=st.integers(0, 60), sample=st.integers(1, 80))
def test_the_order_is_the_seeds_and_a_sample_is_its_beginning(seed: int, cases: int, sample: int) -> None:
    whole = case_order(spec(seed=seed), cases)
    assert sorted(whole) == list(range(1, cases + 1))
    assert whole == case_order(spec(seed=seed), cases)
    assert case_order(spec(seed=seed, sample=sample), cases) == whole[:sample]
    # Other cases in the data set change nothing about the order of these.
    assert [number for number in case_order(spec(seed=seed), cases + 7) if number <= cases] == whole


def test_only_cases_that_are_there_are_asked() -> None:
    assert sorted(case_order(spec(cases=(3, 9, 3, 1)), 5)) == [1, 3]
    assert case_order(spec(seed=1), 30) != case_order(spec(seed=2), 30)


def cases_of(numbers: Sequence[int]) -> list[Case]:
    return [Case(number=number, inputs={}) for number in sorted(numbers)]


def test_the_agenda_goes_through_all_cases_before_it_repeats() -> None:
    asked: list[list[int]] = []

    def fetch(numbers: Sequence[int]) -> list[Case]:
        asked.append(list(numbers))
        return cases_of(numbers)

    order = [4, 2, 9]
    agenda = Agenda(order, repeat=2, fetch=fetch)
    agenda.note(2, 0, Left.NOTHING)
    agenda.note(9, 1, Left.SCORES)
    found = []
    while (item := agenda.take()) is not None:
        found.append((item.case.number, item.repeat, item.left))
    assert found == [
        (4, 0, Left.ANSWER),
        (9, 0, Left.ANSWER),
        (4, 1, Left.ANSWER),
        (2, 1, Left.ANSWER),
        (9, 1, Left.SCORES),
    ]
    assert (agenda.total, agenda.count(Left.NOTHING)) == (6, 1)
    assert not agenda.knows(5, 0)
    assert not agenda.knows(4, 2)
    # What is done is not read.
    assert asked[0] == [4, 9]


def test_the_agenda_reads_a_page_at_a_time() -> None:
    sizes: list[int] = []

    def fetch(numbers: Sequence[int]) -> list[Case]:
        sizes.append(len(numbers))
        return cases_of(numbers)

    agenda = Agenda(list(range(1, 2 * PAGE + 2)), repeat=1, fetch=fetch)
    while agenda.take() is not None:
        pass
    assert sizes == [PAGE, PAGE, 1]


def test_the_agenda_reads_the_next_page_before_anybody_wants_it_and_what_is_done_never() -> None:
    asked: list[list[int]] = []

    def fetch(numbers: Sequence[int]) -> list[Case]:
        asked.append(list(numbers))
        return cases_of(numbers)

    agenda = Agenda(list(range(1, 3 * PAGE + 1)), repeat=1, fetch=fetch)
    for number in range(PAGE + 1, 2 * PAGE + 1):
        agenda.note(number, 0, Left.NOTHING)
    agenda.note(2 * PAGE + 2, 0, Left.NOTHING)
    for _ in range(PAGE):
        agenda.take()
    # The second page is done; the third is not read before it is begun, or its neighbour is.
    assert asked == [list(range(1, PAGE + 1))]
    assert (item := agenda.take()) is not None
    assert item.case.number == 2 * PAGE + 1
    assert asked[1:] == [[2 * PAGE + 1, *range(2 * PAGE + 3, 3 * PAGE + 1)]]

    asked.clear()
    agenda = Agenda(list(range(1, 2 * PAGE + 1)), repeat=1, fetch=fetch)
    agenda.take()
    assert [numbers[0] for numbers in asked] == [1, PAGE + 1]


def test_many_workers_take_every_item_once() -> None:
    def fetch(numbers: Sequence[int]) -> list[Case]:
        sleep(0.01)
        return cases_of(numbers)

    order = list(range(1, 3 * PAGE + 1))
    agenda = Agenda(order, repeat=2, fetch=fetch)
    taken: list[tuple[int, int]] = []

    def work() -> None:
        while (item := agenda.take()) is not None:
            taken.append((item.repeat, item.case.number))

    with ThreadPoolExecutor(8) as pool:
        for worker in [pool.submit(work) for _ in range(8)]:
            worker.result()
    assert sorted(taken) == [(repeat, number) for repeat in (0, 1) for number in order]


def test_the_pace_tells_when_it_is_over_and_nothing_before_it_is_known() -> None:
    now = 100.0
    tally = Tally(
        "A",
        total=110,
        done=10,
        failed={"Throttled": 2},
        unscored=0,
        spent=(Spending(Decimal(1), 1, 5), Spending()),
        clock=lambda: now,
    )
    assert tally.told().eta is None
    for _ in range(10):
        now += 2
        tally.began()
        tally.ended(outcome=True)
    told = tally.told()
    # 90 are left, one every two seconds.
    assert told.eta == pytest.approx(180)
    assert (told.done, told.running, dict(told.failed)) == (20, 0, {"Throttled": 2})
    tally.began()
    assert tally.told().running == 1
    tally.ended(outcome=False)
    tally.began()
    tally.ended(outcome=True, failure="ModelError", scored=False)
    tally.called(Decimal("0.5"), scoring=False)
    tally.called(None, scoring=True)
    told = tally.told()
    assert (told.done, told.failures, told.unscored) == (21, 3, 1)
    assert told.answers == Spending(Decimal("1.5"), 1, 6)
    assert told.scoring == Spending(Decimal(0), 1, 1)
    assert eta_of((told, replace(told, eta=None))) is None
    assert eta_of((told, replace(told, eta=7.0))) == told.eta
    assert eta_of(()) == 0.0


PROMPTS = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
VARIANTS = st.sampled_from(
    [
        Variant(model=SONNET),
        Variant(model=SONNET, temperature=0.2, top_p=0.9, max_tokens=100, stop=("\\n", "x")),
        Variant(model=SONNET, cache_ttl="5m", system="Mine."),
        Variant(model=SONNET, reasoning="on", thinking_budget=2000),
        Variant(model="amazon.nova-micro-v1:0", top_k=5, cache_ttl="1h"),
        Variant(model="amazon.titan-embed-text-v2:0"),
        Variant(model="nobodys.model-v1:0", temperature=3.0),
        Variant(model=""),
    ]
)


@given(
    variant=VARIANTS,
    prompts=st.lists(PROMPTS, min_size=2, max_size=4),
    system=st.sampled_from([None, "Be brief."]),
    schema=st.sampled_from([None, '{"type": "object"}', "no schema"]),
)
def test_a_remembered_request_is_the_one_that_would_be_made(
    *, variant: Variant, prompts: list[str], system: str | None, schema: str | None
) -> None:
    fresh = shape_by_catalogue()
    remembered = RememberedShape(fresh)
    for prompt in prompts:
        asked = asking(prompt, system=system)
        if schema is not None:
            asked = replace(asked, output_config=schema_config(schema))
        assert remembered(variant, asked) == fresh(variant, asked)


def test_what_asks_more_than_one_text_is_made_anew() -> None:
    fresh, made = shape_by_catalogue(), []

    def counted(variant: Variant, asked: Any) -> Any:
        made.append(asked)
        return fresh(variant, asked)

    remembered = RememberedShape(counted)
    for prompt in ("one", "two"):
        remembered(Variant(model=SONNET), asking(prompt))
    assert len(made) == 1
    for prompt in ("one", "two"):
        two = asking(prompt)
        remembered(Variant(model=SONNET), replace(two, messages=two.messages * 2))
    assert len(made) == 3


def test_a_contenders_own_templates_go_first() -> None:
    own = Contender(label="B", name="two", member=solo(), prompt="Q: {{question}}", system="")
    both = spec(contenders=(*spec().contenders, own), system="In {{language}}.")
    case = Case(number=1, inputs={"question": "Why?", "language": "French"})
    first, second = (asked_of(both, one, case) for one in both.contenders)
    assert (first.messages[0].text, first.system) == ("Why?", "In French.")
    assert (second.messages[0].text, second.system) == ("Q: Why?", None)
    assert missing_inputs(both, Case(number=1, inputs={"question": "Why?"})) == {"one": ("language",)}
