"""Votes and blind comparisons on the Compare page: real runs, a real history; components are not drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import HistoryUnavailable, Verdict, Vote
from bedrock_playground.invocation import Comparison
from bedrock_playground.launcher import EndpointStatus
from components.live import get_hub
from components.live.masked import MaskedComparison
from tests.app.choosing import ROOT, page_on

FREE, EFFORT = "local.test-free-v1:0", "local.test-effort-v1:0"
FAILS = "local.fault-validation-v1:0"


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/playground/compare.py", data=tmp_path) as app:
        app.run()
        pick(app, A=FREE, B=EFFORT)
        yield app


def pick(app: AppTest, **models: str) -> None:
    for letter, model in models.items():
        app.session_state[f"{letter}_model"] = model
    app.run()
    assert not app.exception


def spoil(app: AppTest, letter: str) -> None:
    """Give a variant additional fields that are no JSON: it will sit out."""
    app.session_state[f"{letter}_additional_fields"] = "{"
    app.run()
    assert "Sits out" in said(app)


def run(app: AppTest) -> Comparison:
    app.button(key="run").click().run()
    assert not app.exception
    comparison = get_hub().get(app.session_state["comparison"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(60)
    app.run()
    assert not app.exception
    return comparison


def stored(comparison: Comparison) -> list[Vote]:
    from components.resources import get_store

    return get_store().votes.of_comparison(comparison.id)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button if (button.key or "").startswith("vote_")]


def said(app: AppTest) -> str:
    """Everything that the page says, names, or offers."""
    parts = [element.value for kind in (app.markdown, app.caption, app.info, app.warning) for element in kind]
    parts += [f"{button.label} {button.key}" for button in app.button]
    return "\n".join([*parts, str([box.key for box in app.selectbox])])


def test_a_vote_is_given_changed_and_taken_back(page: AppTest) -> None:
    comparison = run(page)
    assert labels(page) == ["A is best", "B is best", "Tie", "All bad"]
    page.button(key="vote_2").click().run()
    [vote] = stored(comparison)
    assert (vote.best, vote.blind, vote.turn) == ("B", False, 0)
    assert [(e.contender.run_id, e.contender.model_id) for e in vote.entries] == [
        (lane.runs[0].identity.run_id, lane.runs[0].request.model_id) for lane in comparison.lanes
    ]
    assert "B is best" in said(page)
    page.button(key="vote_bad").click().run()
    assert [vote.verdict for vote in stored(comparison)] == [Verdict.BAD]
    page.button(key="vote_take_back").click().run()
    assert stored(comparison) == []
    assert "vote_take_back" not in said(page)


def test_a_vote_shows_when_the_comparison_is_opened_again_and_each_turn_has_its_own(page: AppTest) -> None:
    comparison = run(page)
    page.button(key="vote_tie").click().run()
    get_hub()._entries.clear()
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    assert not other.exception
    assert "It is a tie" in said(other)
    other.chat_input(key="follow_up").set_value("And why?").run()
    again = get_hub().get(comparison.id)
    assert isinstance(again, Comparison)
    assert again.wait(60)
    other.run()
    assert "Before: It is a tie" in said(other)
    other.button(key="vote_1").click().run()
    assert [(vote.turn, vote.verdict) for vote in stored(again)] == [(0, Verdict.TIE), (1, Verdict.BEST)]


def test_a_vote_on_answers_that_were_run_again_says_so_until_it_is_given_anew(page: AppTest) -> None:
    comparison = run(page)
    page.button(key="vote_1").click().run()
    comparison.rerun("A")
    assert comparison.wait(60)
    page.run()
    assert "run again since" in said(page)
    page.button(key="vote_1").click().run()
    [vote] = stored(comparison)
    assert vote.entries[0].contender.run_id == comparison.lane("A").runs[-1].identity.run_id
    assert "run again since" not in said(page)


def test_a_lane_without_an_answer_is_not_voted_on(page: AppTest) -> None:
    pick(page, B=FAILS)
    comparison = run(page)
    assert all(page.button(key=key).disabled for key in ("vote_1", "vote_2", "vote_tie", "vote_bad"))
    assert "needs two answers" in said(page)
    page.button(key="add_variant").click().run()
    pick(page, C=EFFORT)
    comparison = run(page)
    assert "B gave no answer" in said(page)
    assert page.button(key="vote_2").disabled
    page.button(key="vote_3").click().run()
    [vote] = stored(comparison)
    assert [entry.contender.label for entry in vote.entries] == ["A", "C"]


def test_with_repeats_the_vote_is_on_the_last_one(page: AppTest) -> None:
    page.session_state["repeat"] = 3
    comparison = run(page)
    assert "repeat 3" in said(page)
    page.button(key="vote_tie").click().run()
    [vote] = stored(comparison)
    assert [entry.contender.run_id for entry in vote.entries] == [
        lane.runs[2].identity.run_id for lane in comparison.lanes
    ]


def test_a_blind_comparison_names_nothing_until_the_vote_which_is_stored_as_blind(page: AppTest) -> None:
    page.toggle(key="blind").set_value(True).run()
    assert "Run hides" in said(page)
    comparison = run(page)
    for app in (page, AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)):
        app.query_params["comparison"] = comparison.id
        app.run()
        assert not app.exception
        assert labels(app) == ["Answer 1 is best", "Answer 2 is best", "Tie", "All bad"]
        told = said(app)
        assert not [word for word in (FREE, EFFORT, "A_model", "menu_A", "figure_") if word in told]
        assert isinstance(get_hub().get(f"blind:{comparison.id}"), MaskedComparison)
        assert app.button(key="add_variant").disabled
    page.button(key="vote_1").click().run()
    [vote] = stored(comparison)
    masked = get_hub().get(f"blind:{comparison.id}")
    assert isinstance(masked, MaskedComparison)
    assert vote.blind
    assert vote.best == masked.lanes[0].letter
    assert f"Answer 1 was {vote.best}" in said(page).replace("\\", "")
    assert page.selectbox(key="A_model").value == FREE
    page.button(key="vote_tie").click().run()
    assert [vote.blind for vote in stored(comparison)] == [False], "who knows the names is blind no more"


def test_blind_stays_blind_after_a_restart_and_can_be_shown_without_a_vote(
    page: AppTest,
) -> None:
    from components.compare_blind import _known

    page.toggle(key="blind").set_value(True).run()
    comparison = run(page)
    get_hub()._entries.clear()
    _known().clear()
    page.run()
    assert labels(page)[0] == "Answer 1 is best"
    page.button(key="reveal").click().run()
    assert labels(page)[0] == "A is best"
    page.button(key="vote_1").click().run()
    assert [vote.blind for vote in stored(comparison)] == [False]


def test_a_follow_up_and_a_re_run_stay_blind(page: AppTest) -> None:
    page.toggle(key="blind").set_value(True).run()
    comparison = run(page)
    page.chat_input(key="follow_up").set_value("Go on.").run()
    assert comparison.wait(60)
    page.run()
    assert labels(page)[0] == "Answer 1 is best"
    masked = get_hub().get(f"blind:{comparison.id}")
    assert isinstance(masked, MaskedComparison)
    masked.rerun("1")
    assert comparison.wait(60)
    page.run()
    page.button(key="vote_2").click().run()
    [vote] = stored(comparison)
    assert (vote.turn, vote.blind) == (1, True)
    sent = {lane.label: lane.runs[-1].request.model_id for lane in comparison.lanes}
    assert sent == {"A": FREE, "B": EFFORT}, "the settings that are not shown go on"


def test_who_sat_out_is_not_named_while_it_would_tell(page: AppTest) -> None:
    page.toggle(key="blind").set_value(True).run()
    page.button(key="add_variant").click().run()
    spoil(page, "C")
    comparison = run(page)
    assert len(comparison.lanes) == 2
    assert "sat out, and why, is shown with the names" in said(page)
    assert "additional" not in said(page)
    page.button(key="vote_1").click().run()
    assert "**C sat out.**" in said(page)


def test_blind_needs_two_that_can_be_asked(page: AppTest) -> None:
    page.toggle(key="blind").set_value(True).run()
    spoil(page, "B")
    page.button(key="run").click().run()
    assert "needs two variants" in said(page)
    assert "comparison" not in page.session_state


def test_nothing_is_sent_that_could_not_be_kept_blind(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise HistoryUnavailable("The disk is full.")

    page.toggle(key="blind").set_value(True).run()
    # A mock: a disk cannot be filled for one statement.
    monkeypatch.setattr("bedrock_playground.history.blind.BlindBook.hide", refuse)
    page.button(key="run").click().run()
    assert not page.exception
    assert "could not be kept blind" in said(page)
    assert "comparison" not in page.session_state
    monkeypatch.undo()
    monkeypatch.setattr("bedrock_playground.history.votes.VoteBook.record", refuse)
    comparison = run(page)
    page.button(key="vote_1").click().run()
    assert "The vote was not kept" in said(page)
    assert labels(page)[0] == "Answer 1 is best", "what was not kept reveals nothing"
    assert stored(comparison) == []
