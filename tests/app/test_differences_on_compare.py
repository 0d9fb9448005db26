"""Differences between two answers on the Compare page; the answers come out of a real history."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.invocation import InferenceParameters
from bedrock_playground.invocation.values import RunState
from bedrock_playground.launcher import EndpointStatus
from tests.app.choosing import page_on
from tests.store.builders import record

SEA = "The sea is blue and very deep today, and the wind blows <b>hard</b> from the west until night."


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/playground/compare.py", data=tmp_path) as app:
        yield app


def answers(*texts: str, repeats: int = 1) -> list[RunRecord]:
    """One lane per text; further repeats say the same with a number."""
    comparison = uuid.uuid4().hex
    return [
        record(
            place * 10 + repeat,
            answer=text if not repeat else f"{text} Repeat {repeat + 1}.",
            model_id=f"local.test-free-v1:{place}",
            identity_changes={
                "label": "ABCDEFGH"[place],
                "comparison_id": comparison,
                "repeat": repeat,
                # Where this app calls: otherwise opening them would go to another place first.
                "endpoint": os.environ["BEDROCK_PLAYGROUND_ENDPOINT_URL"],
            },
        )
        for place, text in enumerate(texts)
        for repeat in range(repeats)
    ]


def open_differences(app: AppTest, data: Path, runs: list[RunRecord], *, blind: bool = False) -> None:
    comparison = runs[0].identity.comparison_id
    with RunStore.open(f"sqlite:///{data / 'history.sqlite3'}", data_dir=data) as store:
        store.add(runs)
        if blind:
            store.blind.hide(comparison, ["B", "A"])
    app.query_params["comparison"] = comparison
    app.session_state["differences"] = True
    app.run()
    assert not app.exception


def drawn(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def told(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption) for element in kind)


def test_words_that_only_one_has_are_marked_and_counted_and_what_is_ours_is_the_only_html(
    page: AppTest, tmp_path: Path
) -> None:
    open_differences(page, tmp_path, answers(SEA, SEA.replace("blue", "green and cold")))
    assert "1 word only in A · 3 words only in B" in told(page)
    assert "<del>blue</del>" in drawn(page)
    assert "<ins>green and cold</ins>" in drawn(page)
    assert "&lt;b&gt;hard" in drawn(page)
    assert "<b>hard" not in drawn(page)
    page.toggle(key="diff_only_differences").set_value(True).run()
    assert "equal words …" in drawn(page)
    assert "until night" not in drawn(page)


def test_the_settings_that_differ_stand_beside(page: AppTest, tmp_path: Path) -> None:
    first, second = answers(SEA, SEA)
    hot = replace(second.request, parameters=InferenceParameters(max_tokens=64, temperature=0.9), system=None)
    open_differences(page, tmp_path, [first, replace(second, request=hot)])
    assert "exactly the same" in told(page)
    for row in (
        "<th scope='row'>Temperature</th><td>0.5</td><td>0.9</td>",
        "<th scope='row'>System prompt</th><td>Be brief.</td><td>not sent</td>",
        "<th scope='row'>Model</th><td>local.test-free-v1:0</td><td>local.test-free-v1:1</td>",
    ):
        assert row in drawn(page)
    assert "Max tokens" not in drawn(page)


def test_any_two_of_many_and_any_repeat_can_be_picked(page: AppTest, tmp_path: Path) -> None:
    open_differences(page, tmp_path, answers(SEA, SEA, f"{SEA} Truly.", repeats=2))
    assert page.selectbox(key="diff_repeat").value == 1
    page.selectbox(key="diff_second").set_value(2).run()
    assert "0 words only in A · 1 word only in C" in told(page)
    page.selectbox(key="diff_repeat").set_value(0).run()
    assert "<ins>Truly.</ins>" in drawn(page)
    page.selectbox(key="diff_first").set_value(2).run()
    assert "Pick two different answers" in told(page)


def test_json_is_compared_by_what_it_says(page: AppTest, tmp_path: Path) -> None:
    fenced = '```json\n{"b": 1.0,\n "a": [2]}\n```'
    open_differences(page, tmp_path, answers('{"a": [2], "b": 1}', fenced))
    assert "Both are JSON" in told(page)
    assert "<del>1</del>" in drawn(page)
    assert "<ins>1.0</ins>" in drawn(page)


def test_while_names_are_hidden_answers_have_numbers_and_settings_stay_away(
    page: AppTest, tmp_path: Path
) -> None:
    open_differences(page, tmp_path, answers(SEA, SEA.replace("blue", "green")), blind=True)
    assert "1 word only in Answer 1 · 1 word only in Answer 2" in told(page)
    assert "<del>green</del>" in drawn(page), "Answer 1 is B"
    assert "Set differently" not in drawn(page)
    assert "local.test" not in drawn(page) + told(page)


def test_where_there_are_no_two_answers_it_says_so(page: AppTest, tmp_path: Path) -> None:
    first, second = answers(SEA, SEA)
    open_differences(page, tmp_path, [first, replace(second, result=None, state=RunState.INTERRUPTED)])
    assert "no two answers to compare" in told(page)
