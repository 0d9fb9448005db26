"""The page Which model?, run by AppTest: from words to settings to a ranking to a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.launcher import EndpointStatus
from tests.app.choosing import page_on
from tests.store.builders import record

SCENARIO = "Cost-sensitive, high volume classification of photos; data must stay in the EU."


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/choose/which_model.py", data=tmp_path) as app:
        app.run()
        assert not app.exception, app.exception
        yield app


def write(app: AppTest, text: str) -> AppTest:
    app.text_area(key="which_text").set_value(text).run()
    assert not app.exception, app.exception
    return app


def ids(app: AppTest) -> list[str]:
    """The ids of the ranking, best first."""
    (frame,) = [one.value for one in app.dataframe if "Score" in one.value.columns]
    return list(frame["Id"])


def texts(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in (*app.caption, *app.markdown, *app.subheader))


def test_without_a_word_every_model_that_answers_is_ranked_and_it_says_what_it_is_not(page: AppTest) -> None:
    assert len(ids(page)) > 50
    assert "A ranking is where measuring begins." in texts(page)
    assert "a prior, not a measurement" in texts(page)
    assert "latency **unknown**" in texts(page)


def test_cue_words_set_the_settings_and_are_shown(page: AppTest) -> None:
    write(page, SCENARIO)
    state = page.session_state
    assert state["which_price"] == 9
    assert state["which_task"] == "classification"
    assert state["which_residency"] == "eu"
    assert page.multiselect(key="which_needs").value == ["images"]
    assert len(state["which_kept"]) == 6
    assert ids(page)
    assert all(model_id.startswith("eu.") for model_id in ids(page)[:3])


def test_an_inference_can_be_taken_away_and_comes_back_with_the_words(page: AppTest) -> None:
    write(page, SCENARIO)
    kept = [one for one in page.session_state["which_kept"] if "residency" not in one]
    page.button_group(key="which_kept").set_value(kept).run()
    assert page.session_state["which_residency"] is None
    assert page.session_state["which_price"] == 9
    write(page, SCENARIO + " Quickly.")
    assert page.session_state["which_residency"] == "eu"


def test_what_was_changed_by_hand_stays_and_is_said(page: AppTest) -> None:
    write(page, SCENARIO)
    page.slider(key="which_price").set_value(2).run()
    assert "Changed by you below" in texts(page)
    write(page, SCENARIO + " It is a single-Region application.")
    assert page.slider(key="which_price").value == 2
    assert page.toggle(key="which_in_region_only").value is True


def test_words_that_go_take_their_settings_along(page: AppTest) -> None:
    write(page, SCENARIO)
    write(page, "Something else.")
    assert page.session_state["which_residency"] is None
    assert page.session_state["which_needs"] == []
    assert page.session_state["which_price"] == 5
    assert "No cue words were recognised" in texts(page)


def test_what_nobody_knows_is_counted_and_what_rules_out_is_listed(page: AppTest) -> None:
    page.number_input(key="which_min_context").set_value(90_000_000).run()
    assert not page.exception
    assert "0 models meet every requirement" in texts(page)
    assert "Not known, and of how many: a context of at least 90,000,000 tokens" in texts(page)
    assert "** not: a context of at least 90,000,000 tokens" in texts(page)


def test_where_nobody_is_left_it_says_what_to_relax() -> None:
    app = AppTest.from_function(_nobody).run()
    assert not app.exception
    assert "No model meets all of this" in texts(app)
    assert "reads images: **1** of 1 models" in texts(app)


def _nobody() -> None:
    from datetime import date

    from bedrock_playground.catalog import Catalogue, ModelSpec
    from bedrock_playground.catalog.recommend import rank
    from bedrock_playground.catalog.requirements import Scenario
    from bedrock_playground.catalog.search import Capability, options_of, rows_of
    from components.which_ranking import answer

    blind = ModelSpec(
        model_id="m.blind",
        name="Blind",
        provider="M",
        input_modalities=("text",),
        output_modalities=("text",),
    )
    rows = rows_of(options_of({"m.blind": blind}))
    ranking = rank(rows, Scenario(needs=(Capability.IMAGES,)), today=date(2026, 11, 22))
    answer(ranking, catalogue=Catalogue(()), output_tokens=500, has_measurements=False)


def test_the_top_candidates_go_to_compare_with_the_prompt(page: AppTest) -> None:
    top = ids(page)[:2]
    page.button_group(key="which_count").set_value([2]).run()
    page.text_input(key="which_prompt").set_value("Is this late?").run()
    page.button(key="which_compare").click().run()
    assert not page.exception, page.exception
    assert [page.session_state[f"{letter}_model"] for letter in "AB"] == top
    assert page.text_area(key="prompt").value == "Is this late?"


def test_what_stood_in_compare_can_be_brought_back_and_answers_may_be_as_long_as_expected(
    page: AppTest,
) -> None:
    page.switch_page("pages/playground/compare.py").run()
    page.button(key="add_variant").click().run()
    page.session_state["A_system"] = "Rhyme."
    page.text_area(key="prompt").set_value("My own question")
    page.run()
    before = [page.session_state[f"{letter}_model"] for letter in "ABC"]
    page.switch_page("pages/choose/which_model.py").run()
    page.number_input(key="which_output_tokens").set_value(3_000).run()
    page.text_input(key="which_prompt").set_value("Is this late?").run()
    page.button(key="which_compare").click().run()
    assert not page.exception, page.exception
    assert page.session_state["A_max_tokens_value"] == 3_000
    # Nobody told AppTest that the script went to another page.
    page.switch_page("pages/playground/compare.py").run()
    assert "These took the place of 3 variants." in texts(page)
    page.button(key="bring_back").click().run()
    assert not page.exception, page.exception
    assert [page.session_state[f"{letter}_model"] for letter in "ABC"] == before
    assert page.text_area(key="prompt").value == "My own question"
    assert "took the place" not in texts(page)


def test_top_candidates_can_be_added_to_what_stands_in_compare(page: AppTest) -> None:
    assert "which_add" not in [one.key for one in page.button], "nothing stands in Compare yet"
    page.switch_page("pages/playground/compare.py").run()
    page.switch_page("pages/choose/which_model.py").run()
    top = ids(page)[:3]
    page.button(key="which_add").click().run()
    assert not page.exception, page.exception
    assert [page.session_state[f"{letter}_model"] for letter in "CDE"] == top


def test_what_is_only_unknown_is_not_presented_as_an_answer(page: AppTest) -> None:
    page.number_input(key="which_max_cost").set_value(0.0000001).run()
    assert not page.exception, page.exception
    assert "0 models meet every requirement" in texts(page)
    assert "No model is known to meet all of this" in texts(page)
    assert "$0.000000100" in texts(page).replace("\\", "")
    assert "$0 per request cannot" not in texts(page).replace("\\", "")


def test_pictures_to_be_made_and_inputs_that_are_too_short_are_said(page: AppTest) -> None:
    write(page, "Generate images for adverts from a context of 200K tokens.")
    assert any("no model that makes images" in one.value for one in page.warning)
    assert "reckoned with an input of 1,000" in texts(page)
    write(page, "Summarize contracts of 300 pages.")
    assert page.number_input(key="which_input_tokens").value == 210_000
    assert "reckoned with an input" not in texts(page)


def test_start_over_forgets_everything(page: AppTest) -> None:
    write(page, SCENARIO)
    page.button(key="which_clear").click().run()
    assert not page.exception
    assert page.text_area(key="which_text").value == ""
    assert page.session_state["which_residency"] is None


def test_three_runs_of_ones_own_take_the_place_of_the_prior(page: AppTest) -> None:
    from components.resources import get_store

    nova = "amazon.nova-micro-v1:0"
    get_store().add([record(number, model_id=f"us.{nova}") for number in range(2)])
    get_store().add([record(2, model_id=nova), record(3, model_id="amazon.nova-pro-v1:0")])
    st.cache_data.clear()
    page.number_input(key="which_max_latency").set_value(60.0).run()
    assert not page.exception, page.exception
    # 0.25 s to the first token, then 21 tokens in the second until 1.25 s: 500 tokens at 20 a second.
    assert ids(page)[0].endswith(nova), "the only one that is known to be quick enough"
    assert "from 3 runs of yours" in texts(page)
    assert "1 model meets every requirement" in texts(page)
