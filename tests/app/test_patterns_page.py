"""The Patterns page: real calls to the local endpoint; components are not drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import RunFilter
from bedrock_playground.invocation import Comparison
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.codec import MemberRefused, member_to_json
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.presets import Preset
from components.live import get_hub
from tests.app.choosing import page_on

PAGE = "pages/playground/patterns.py"
FREE = "local.test-free-v1:0"
QUICK = Solo(variant=Variant(model=FREE, max_tokens=20))
CHAIN = Chain(steps=(Step(name="draft", member=QUICK), Step(name="polish", member=QUICK)))


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page=PAGE, data=tmp_path) as app:
        app.run()
        assert not app.exception
        yield app


def put(app: AppTest, pattern: Pattern, prompt: str = "Say hello.") -> None:
    """Put a pattern on the page, as opening a saved one does."""
    app.session_state["pattern_draft"] = member_to_json(pattern)
    app.session_state["pattern_generation"] = app.session_state["pattern_generation"] + 100
    app.session_state["pattern_prompt"] = prompt
    app.run()
    assert not app.exception


def run(app: AppTest) -> Comparison:
    app.button(key="pattern_run_button").click().run()
    assert not app.exception
    comparison = get_hub().get(app.session_state["pattern_run"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(60)
    app.run()
    assert not app.exception
    return comparison


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error, app.warning, app.text)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_every_kind_has_examples_that_are_patterns_of_it(page: AppTest) -> None:
    for kind in pattern_kinds():
        page.segmented_control(key="pattern_kind").set_value(kind).run()
        assert not page.exception
        assert page.session_state["pattern_draft"]["kind"] == kind
        assert page.session_state["pattern_prompt"].strip()
        assert "It cannot run so" not in said(page)


def test_a_pattern_runs_beside_its_model_and_tells_what_it_did(page: AppTest) -> None:
    put(page, CHAIN)
    comparison = run(page)
    assert [lane.runs[0].request.model_id for lane in comparison.lanes] == ["pattern:chain", FREE]
    trace = comparison.lane("A").runs[0].result.trace  # type: ignore[union-attr]  # it is over
    assert trace is not None
    assert [call.role for call in trace.calls] == ["draft", "polish"]
    told = said(page)
    assert "draft answered; the next step uses it." in told
    assert "Beside the models alone" in told
    assert "Prompt chaining" in told

    from components.resources import get_store

    inner = get_store().calls_of(comparison.lane("A").runs[0].identity.run_id)
    assert [(call.identity.role, call.request.model_id) for call in inner] == [
        ("draft", FREE),
        ("polish", FREE),
    ]
    assert get_store().count(RunFilter(inner=False)) == 2


def test_an_embedding_model_ranks_passages_by_itself(page: AppTest) -> None:
    page.segmented_control(key="pattern_kind").set_value("ranking").run()
    (picker,) = [one for one in page.selectbox if one.label == "Embedding model"]
    assert picker.options[:2] == ["The connection’s own", "local.wordllama-l2-256-v1:0"]
    picker.set_value("local.wordllama-l2-256-v1:0").run()
    assert page.session_state["pattern_draft"]["embedding_model"] == "local.wordllama-l2-256-v1:0"
    comparison = run(page)
    # No model plays in it that could be asked alone.
    (lane,) = comparison.lanes
    assert lane.runs[0].result is not None
    assert lane.runs[0].result.text == "p03"
    assert "p03 is the nearest to the question" in said(page)
    assert "to these models alone" not in [one.label for one in page.pills]


def test_a_run_is_found_again_by_its_address(page: AppTest) -> None:
    put(page, CHAIN, prompt="Say it twice.")
    comparison = run(page)
    again = AppTest.from_file(
        str(Path(__file__).resolve().parents[2] / "streamlit_app.py"), default_timeout=60
    )
    again.switch_page(PAGE)
    again.query_params["comparison"] = comparison.id
    again.run()
    assert not again.exception
    assert again.session_state["pattern_prompt"] == "Say it twice."
    assert again.session_state["pattern_draft"]["steps"][0]["name"] == "draft"
    assert "draft answered; the next step uses it." in said(again)


def test_what_is_missing_is_said_and_nothing_is_sent(page: AppTest) -> None:
    put(page, CHAIN, prompt=" ")
    page.button(key="pattern_run_button").click().run()
    assert "There is no prompt yet" in said(page)
    nameless = Chain(steps=(Step(name="draft", member=Solo(variant=Variant())),))
    put(page, nameless)
    page.button(key="pattern_run_button").click().run()
    assert "No model is picked for draft" in said(page)
    assert "pattern_run" not in page.session_state


def test_steps_are_added_moved_and_removed_and_nothing_typed_is_lost(page: AppTest) -> None:
    put(page, CHAIN)
    generation = page.session_state["pattern_generation"]
    page.text_input(key=f"pat{generation}_steps_0_name").set_value("outline")
    page.button(key=f"add_pat{generation}_steps").click().run()
    assert not page.exception
    steps = page.session_state["pattern_draft"]["steps"]
    assert [step["name"] for step in steps] == ["outline", "polish", "step 3"]


def test_a_pattern_that_cannot_run_says_what_is_wrong(page: AppTest) -> None:
    page.segmented_control(key="pattern_kind").set_value("routing").run()
    generation = page.session_state["pattern_generation"]
    page.text_input(key=f"pat{generation}_routes_1_name").set_value("quick").run()
    assert not page.exception
    assert "It cannot run so" in said(page)
    assert "no two of the same name" in said(page)


def test_a_saved_pattern_is_a_variant_of_compare_and_says_when_it_is_gone(page: AppTest) -> None:
    from components.resources import get_store

    put(page, CHAIN)
    page.text_input(key="shelf_name").set_value("Two steps")
    page.button(key="shelf_add").click().run()
    assert not page.exception
    [kept] = get_store().patterns.find()
    assert (kept.pattern_id, kept.name) == ("two-steps", "Two steps")

    page.switch_page("pages/playground/compare.py")
    page.run()
    page.session_state["A_model"] = "pattern:two-steps"
    page.session_state["B_model"] = FREE
    page.run()
    assert f"chain of 2: {FREE}" in said(page).replace("\\", "")
    page.button(key="run").click().run()
    comparison = get_hub().get(page.session_state["comparison"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(60)
    page.run()
    assert not page.exception
    assert "2 calls" in said(page)
    lane = comparison.lane("A").runs[0]
    assert lane.request.model_id == "pattern:two-steps"
    assert lane.cost is not None
    assert lane.result is not None
    assert lane.result.error is None

    get_store().patterns.delete("two-steps")
    page.run()
    assert "not among the saved ones" in said(page)
    # What ran carries its pattern: it can be run again as it was sent, whatever became of it.
    comparison.rerun("A")
    assert comparison.wait(60)
    again = comparison.lane("A").runs[-1].result
    assert again is not None
    assert again.error is None
    assert again.trace is not None


def test_patterns_are_opened_deleted_taken_back_and_play_roles(page: AppTest) -> None:
    from components import patterns_kept
    from components.resources import get_store

    get_store().patterns.add(CHAIN, name="Inner")
    patterns_kept.forget()
    put(page, Chain(steps=(Step(name="whole", member=QUICK),)))
    generation = page.session_state["pattern_generation"]
    page.session_state[f"pat{generation}_steps_0_member_model"] = "pattern:inner"
    page.run()
    assert not page.exception
    assert page.session_state["pattern_draft"]["steps"][0]["member"]["kind"] == "chain"
    assert "A chain of its own" in said(page)
    comparison = run(page)
    trace = comparison.lane("A").runs[0].result.trace  # type: ignore[union-attr]  # it is over
    assert [call.role for call in trace.calls] == ["whole", "draft", "polish"]  # type: ignore[union-attr]

    page.button(key="shelf_open_inner").click().run()
    assert page.session_state["pattern_draft"]["name"] == "Inner"
    page.button(key="shelf_delete_inner").click().run()
    assert get_store().patterns.find() == []
    page.button(key="shelf_undo").click().run()
    assert [kept.pattern_id for kept in get_store().patterns.find()] == ["inner"]


def test_a_name_that_is_taken_is_said(page: AppTest) -> None:
    from components.resources import get_store

    get_store().patterns.add(CHAIN, name="Mine")
    put(page, CHAIN)
    page.text_input(key="shelf_name").set_value("mine")
    page.button(key="shelf_add").click().run()
    assert "There is a pattern 'mine' already." in said(page)


def test_the_history_hides_calls_until_asked_and_leads_from_one_to_the_other(page: AppTest) -> None:
    put(page, CHAIN)
    comparison = run(page)
    run_id = comparison.lane("A").runs[0].identity.run_id
    page.switch_page("pages/workspace/history.py")
    page.run()
    assert not page.exception
    assert "**2 runs**" in said(page)
    page.pills(key="history_also").set_value(["Calls inside patterns"]).run()
    assert "**4 runs found**" in said(page)

    page.query_params["run"] = run_id
    page.run()
    assert not page.exception
    assert "Its calls, each a run of its own" in said(page)
    assert "draft answered; the next step uses it." in said(page)

    from components.resources import get_store

    page.query_params["run"] = get_store().calls_of(run_id)[0].run_id
    page.run()
    assert not page.exception
    assert "A call of a pattern, as **draft**" in said(page)


def test_a_preset_plays_a_role_with_its_settings_and_its_system_prompt(page: AppTest) -> None:
    from components.resources import get_store

    preset = Preset(name="Curt", variant=Variant(temperature=0.1), system="Answer in one word.")
    stored = get_store().presets.add(preset)
    put(page, CHAIN)
    generation = page.session_state["pattern_generation"]
    page.session_state[f"pat{generation}_steps_1_member_model"] = f"preset:{stored.preset_id}"
    page.run()
    assert not page.exception
    member = page.session_state["pattern_draft"]["steps"][1]["member"]
    assert member["name"] == "Curt"
    assert member["variant"] == {"model": FREE, "temperature": 0.1, "system": "Answer in one word."}
    assert page.session_state["pattern_draft"]["steps"][0]["member"]["variant"]["max_tokens"] == 20


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "no JSON"),
        (b'{"kind": "solo", "variant": {"model": "m"}}', "single model"),
        (b'{"kind": "chain", "steps": [{"name": "a"}]}', "lacks member"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_no_pattern_says_why(data: bytes, why: str) -> None:
    from components.patterns_shelf import read_file

    with pytest.raises(MemberRefused, match=why):
        read_file(data)


def test_a_pattern_comes_back_from_its_file_as_it_was() -> None:
    from components.patterns_shelf import read_file

    assert read_file(json.dumps(member_to_json(CHAIN)).encode()) == CHAIN


@pytest.mark.parametrize("kind", pattern_kinds())
def test_every_example_runs_to_an_answer_and_can_be_drawn(page: AppTest, kind: str) -> None:
    from components.patterns_examples import Cast, examples

    for example in examples(kind):
        put(page, example.make(Cast(FREE, FREE)), prompt=example.prompt)
        result = run(page).lane("A").runs[0].result
        assert result is not None
        assert result.error is None, (example.title, result.error)
        assert result.trace is not None
        assert result.trace.calls
        assert "What was decided, and why" in said(page)


def test_the_same_question_costs_once(page: AppTest) -> None:
    from components.patterns_examples import Cast, examples

    put(page, examples("cache")[0].make(Cast(FREE, FREE)), prompt="What is the capital of France?")
    first, second = (run(page).lane("A").runs[0].result for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.text, first.trace is not None) == (second.text, second.trace is not None)
    assert "From the cache: it was asked the same before" in said(page)
    assert "The cache answered 1 of 1" in said(page)
    assert [call.attempts for call in second.trace.calls] == [0]  # type: ignore[union-attr]  # looked at
