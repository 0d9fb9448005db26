"""The Compare page in AppTest: a real script run and a real local endpoint; components are not drawn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import RunStore
from bedrock_playground.invocation import Comparison
from components.live import get_hub

ROOT = Path(__file__).resolve().parents[2]
MODEL = "local.smollm2-135m-instruct-v1:0"
AWS_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK")


@pytest.fixture
def page(tmp_path: Path, weights_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    for name in AWS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(weights_cache))
    st.cache_resource.clear()
    st.cache_data.clear()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    yield open_settings(wait_until_ready(app))
    from components.resources import get_store, get_supervisor

    get_supervisor().stop()
    get_store().close()
    st.cache_resource.clear()
    st.cache_data.clear()


def wait_until_ready(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        app.run()
        assert not app.exception, app.exception
        if not app.button(key="run").disabled:
            return app
        time.sleep(0.2)
    raise AssertionError("The local endpoint did not become ready.")


def open_settings(app: AppTest) -> AppTest:
    """Open the settings of both variants: what is closed is not drawn."""
    for letter in "AB":
        app.session_state[f"{letter}_settings_looked_at"] = True
    return app.run()


def keep_answers_short(app: AppTest, tokens: int) -> None:
    """Let no variant write more than this: on a busy machine a long answer takes minutes."""
    for letter in "AB":
        app.number_input(key=f"{letter}_max_tokens").set_value(tokens)
    app.run()


def shown(app: AppTest) -> Comparison:
    found = get_hub().get(app.session_state["comparison"])
    assert isinstance(found, Comparison)
    return found


def test_two_variants_that_show_a_contrast_stand_ready(page: AppTest) -> None:
    assert page.text_area(key="prompt").value
    assert [page.selectbox(key=f"{letter}_model").value for letter in "AB"] == [MODEL, MODEL]
    assert [page.slider(key=f"{letter}_temperature_slider").value for letter in "AB"] == [0.0, 1.0]
    assert page.toggle(key="A_top_p_on").value is False
    assert page.button(key="stop").disabled


def test_run_starts_the_comparison_and_the_address_holds_it(page: AppTest, tmp_path: Path) -> None:
    page.number_input(key="A_max_tokens").set_value(8).run()
    page.number_input(key="B_max_tokens").set_value(8).run()
    page.button(key="run").click().run()
    assert not page.exception
    comparison = shown(page)
    assert page.query_params["comparison"] == comparison.id
    assert comparison.wait(60)
    requests = [lane.runs[0].request for lane in comparison.lanes]
    assert [request.parameters.temperature for request in requests] == [0.0, 1.0]
    assert [request.parameters.max_tokens for request in requests] == [8, 8]
    assert all(request.parameters.top_p is None for request in requests)
    with RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as store:
        assert [record.state.value for record in store.comparison(comparison.id)] == [
            "completed",
            "completed",
        ]
    page.run()
    assert not page.exception
    assert not page.chat_input(key="follow_up").disabled


def test_another_session_finds_the_comparison_by_its_id_alone(page: AppTest) -> None:
    keep_answers_short(page, 5)
    page.text_area(key="prompt").set_value("Say hello.").run()
    page.button(key="run").click().run()
    comparison = shown(page)
    assert comparison.wait(60)
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    assert not other.exception
    assert other.session_state["comparison"] == comparison.id
    assert other.text_area(key="prompt").value == "Say hello."
    open_settings(other)
    assert other.number_input(key="A_max_tokens").value == 5


def test_a_comparison_that_left_memory_comes_back_from_the_history(page: AppTest) -> None:
    keep_answers_short(page, 5)
    page.button(key="run").click().run()
    comparison = shown(page)
    assert comparison.wait(60)
    texts = [lane.runs[0].text for lane in comparison.lanes]
    get_hub()._entries.clear()
    page.run()
    assert not page.exception
    again = shown(page)
    assert again is not comparison
    assert [lane.runs[0].text for lane in again.lanes] == texts
    costs = [lane.runs[0].cost for lane in again.lanes]
    assert [cost and (cost.amount, cost.source) for cost in costs] == [(Decimal(0), "this machine")] * 2


def test_opening_from_the_history_wins_over_what_run_made_of_the_address() -> None:
    opened = AppTest.from_function(_open, kwargs={"comparison_id": "wanted"})
    opened.session_state["comparison"] = "another"
    opened.session_state["address_set_to"] = "another"
    opened.session_state["address_set_in_this_run"] = True
    opened.run()
    assert not opened.exception
    assert opened.session_state["comparison"] == "wanted"
    assert opened.session_state["named"] == "wanted"


def _open(comparison_id: str) -> None:
    import streamlit as st

    from components import compare_state

    compare_state.load_comparison(comparison_id)
    st.session_state["named"] = compare_state._named()


def test_answers_are_shown_while_the_endpoint_is_not_ready(page: AppTest) -> None:
    keep_answers_short(page, 3)
    page.button(key="run").click().run()
    comparison = shown(page)
    assert comparison.wait(60)
    page.run()
    from components.resources import get_supervisor

    get_supervisor().stop()
    get_hub()._entries.clear()
    page.run()
    assert not page.exception
    assert shown(page).id == comparison.id
    assert page.button(key="run").disabled
    assert page.selectbox(key="A_model").value == MODEL
    shown(page).rerun("A")
    assert shown(page).wait(20)
    error = shown(page).lane("A").runs[-1].result
    assert error
    assert type(error.error).__name__ == "EndpointNotThere"


def test_an_unknown_id_in_the_address_is_said_and_loses_nothing(page: AppTest) -> None:
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = "nobody-knows-this"
    other.run()
    assert not other.exception
    assert any("not known here" in warning.value for warning in other.warning)
    assert not other.button(key="run").disabled


def test_a_rerun_that_was_under_way_with_the_old_address_does_not_bring_the_old_comparison_back(
    page: AppTest,
) -> None:
    keep_answers_short(page, 3)
    page.button(key="run").click().run()
    first = shown(page)
    assert first.wait(60)
    page.run()
    page.button(key="run").click().run()
    second = shown(page)
    assert second is not first
    page.query_params["comparison"] = first.id
    page.run()
    assert shown(page) is second
    assert page.query_params["comparison"] == second.id
    assert second.wait(60)
    # Once the browser has shown that it knows the new address, the old one is somebody going back.
    page.run()
    page.run()
    page.query_params["comparison"] = first.id
    page.run()
    assert shown(page) is first


def test_a_new_beginning_is_not_undone_by_an_old_address(page: AppTest) -> None:
    keep_answers_short(page, 3)
    page.button(key="run").click().run()
    comparison = shown(page)
    assert comparison.wait(60)
    page.run()
    page.button(key="new_comparison").click().run()
    assert "comparison" not in page.session_state
    page.query_params["comparison"] = comparison.id
    page.run()
    assert "comparison" not in page.session_state
    assert "comparison" not in page.query_params


def test_an_empty_prompt_is_refused_in_words(page: AppTest) -> None:
    page.text_area(key="prompt").set_value("   ").run()
    page.button(key="run").click().run()
    assert any("no prompt" in warning.value for warning in page.warning)
    assert "comparison" not in page.session_state


def test_unset_is_not_zero_and_zero_is_a_value(page: AppTest) -> None:
    page.toggle(key="A_temperature_on").set_value(False).run()
    page.toggle(key="B_top_p_on").set_value(True).run()
    page.number_input(key="B_top_p").set_value(0.0).run()
    page.number_input(key="B_max_tokens").set_value(4).run()
    page.number_input(key="A_max_tokens").set_value(4).run()
    page.button(key="run").click().run()
    comparison = shown(page)
    first, second = (lane.runs[0].request.parameters for lane in comparison.lanes)
    assert first.temperature is None
    assert second.top_p == 0.0
    assert comparison.wait(60)


def test_slider_and_number_box_follow_each_other(page: AppTest) -> None:
    page.slider(key="A_temperature_slider").set_value(0.35).run()
    assert numbers(page, "Temperature of variant A") == (0.35, 0.35)
    page.number_input(key="A_max_tokens").set_value(90_000).run()
    # The slider ends where the model does; what was typed is kept for a model that takes more.
    assert numbers(page, "Max tokens of variant A") == (2048, 90_000)
    page.number_input(key="A_max_tokens").set_value(100).run()
    assert numbers(page, "Max tokens of variant A") == (100, 100)


def numbers(page: AppTest, label: str) -> tuple[object, object]:
    """What the slider and the number box of a setting show."""
    slider = next(widget for widget in page.slider if widget.label == label)
    box = next(widget for widget in page.number_input if widget.label.startswith(label))
    return slider.value, box.value


def test_eight_variants_are_the_most(page: AppTest) -> None:
    for _ in range(6):
        page.button(key="add_variant").click().run()
    assert not page.exception
    assert page.selectbox(key="H_model").value == MODEL
    assert page.button(key="add_variant").disabled


def test_settings_survive_a_visit_to_another_page(page: AppTest) -> None:
    page.number_input(key="A_max_tokens").set_value(77).run()
    page.text_area(key="prompt").set_value("Kept?").run()
    page.switch_page("pages/workspace/history.py").run()
    assert not page.exception
    open_settings(page.switch_page("pages/playground/compare.py"))
    assert not page.exception
    assert page.text_area(key="prompt").value == "Kept?"
    assert page.number_input(key="A_max_tokens").value == 77


def test_what_converse_cannot_call_is_not_in_the_picker(page: AppTest) -> None:
    offered = page.selectbox(key="A_model").options
    assert any("amazon.nova-lite-v1:0" in option for option in offered)
    assert not [option for option in offered if "gemma-4" in option]
