"""The page Models, run by AppTest on a real endpoint that lists models of its own over the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.launcher import EndpointStatus
from tests.app.choosing import page_on

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LOCAL = "local.smollm2-135m-instruct-v1:0"


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/choose/models.py", data=tmp_path) as app:
        yield run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def table(app: AppTest) -> pd.DataFrame:
    assert not app.exception, app.exception
    return app.dataframe[0].value


def texts(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in (*app.caption, *app.markdown, *app.subheader))


def test_what_the_connection_lists_comes_first_and_is_marked(page: AppTest) -> None:
    found = table(page)
    here = list(found["Here"])
    assert set(here) == {"yes", "no"}
    assert here == sorted(here, reverse=True), "yes before no"
    assert found.loc[found["Id"] == LOCAL, "In $/M"].item() == 0
    assert len(found) > 100


def test_filters_narrow_and_the_unknown_is_offered_apart(page: AppTest) -> None:
    everything = len(table(page))
    page.multiselect(key="models_needs").set_value(["tools", "images"])
    page.number_input(key="models_max_input").set_value(0.5).run()
    found = table(page)
    assert 0 < len(found) < everything
    assert found["In $/M"].notna().all()
    assert (found["In $/M"] <= 0.5).all()
    assert all({"Tools", "Images"} <= set(marks) for marks in found["Can"])
    page.button(key="models_include_unknown").click().run()
    assert len(table(page)) > len(found)


def test_models_are_found_by_what_goes_in_and_what_comes_out(page: AppTest) -> None:
    page.multiselect(key="models_outputs").set_value(["embedding"])
    page.multiselect(key="models_inputs").set_value(["image"]).run()
    found = table(page)
    assert "Nova Multimodal Embeddings" in set(found["Model"])
    assert all("image" in takes for takes in found["Takes"])
    assert "Nova Lite" not in set(found["Model"])


def test_unknown_prices_come_last_whichever_way_they_are_sorted(page: AppTest) -> None:
    for way in ("Input price, lowest first", "Input price, highest first"):
        page.selectbox(key="models_sort").set_value(way).run()
        prices = table(page)["In $/M"]
        assert prices.isna().any(), "the snapshot has models without a price"
        assert prices.dropna().is_monotonic_increasing or prices.dropna().is_monotonic_decreasing
        assert prices.iloc[: prices.notna().sum()].notna().all()


def test_nothing_found_says_which_filter_is_in_the_way(page: AppTest) -> None:
    page.text_input(key="models_text").set_value("nova lite")
    page.number_input(key="models_min_context").set_value(50_000_000).run()
    assert not page.dataframe
    assert [button.key for button in page.button if "relax" in str(button.key)] == [
        "models_relax_min_context"
    ]
    page.button(key="models_relax_min_context").click().run()
    assert "Nova Lite" in set(table(page)["Model"])
    assert page.text_input(key="models_text").value == "nova lite"


def test_any_id_can_be_looked_up_and_an_unknown_one_claims_nothing(page: AppTest) -> None:
    page.text_input(key="models_text").set_value("maker.new-model-v1:0").run()
    page.button(key="models_look_up").click().run()
    assert page.query_params["model"] == "maker.new-model-v1:0"
    assert "Nothing is known of the model behind this id" in texts(page)


def test_the_address_opens_a_model_with_rules_prices_and_sources(page: AppTest) -> None:
    page.query_params["model"] = SONNET
    run(page)
    assert "Claude Sonnet 4.5" in [one.value for one in page.subheader]
    rules = page.table[0].value["What it takes"]
    assert "free" in rules["Temperature"]
    assert "top-p" in rules["Temperature"], "what excludes it is said"
    assert "rejected" in rules["Effort"]
    prices = page.dataframe[1].value
    assert prices["Way"].iloc[0] == "us", "what was asked for comes first"
    assert {"Source", "As of", "Confidence"} <= set(prices.columns)
    assert "Context window" in page.table[-1].value.index


def test_access_is_asked_for_on_demand_and_stays(page: AppTest) -> None:
    page.query_params["model"] = LOCAL
    run(page)
    assert "may call it" not in texts(page)
    page.button(key="model_access").click().run()
    assert ":material/check_circle: local: The account may call it in this Region." in texts(page)
    run(page)
    assert "The account may call it in this Region." in texts(page)
    page.query_params["model"] = NOVA
    run(page)
    assert "may call it in this Region" not in texts(page), "that was another model"
    page.button(key="model_access").click().run()
    assert ":material/help: local: GetFoundationModelAvailability failed" in texts(page)


def test_models_stand_beside_each_other_with_differences_marked(page: AppTest) -> None:
    page.query_params["model"] = [SONNET, NOVA]
    run(page)
    rows = page.table[0].value
    assert list(rows.columns) == ["Claude Sonnet 4.5", "Nova Lite"]
    assert "**≠ Context window**" in rows.index
    assert "Tools" in rows.index, "both take tools: not marked"
    page.toggle(key="models_only_differences").set_value(True).run()
    assert all(str(name).startswith("**≠") for name in page.table[0].value.index)


def test_more_than_four_are_not_shown(page: AppTest) -> None:
    page.query_params["model"] = [SONNET, NOVA, LOCAL, "openai.gpt-oss-20b-1:0", "deepseek.v3.2"]
    run(page)
    assert len(page.table[0].value.columns) == 4
    assert "first 4" in page.info[0].value


def test_an_address_with_nothing_or_nonsense_in_it_breaks_nothing(page: AppTest) -> None:
    page.query_params["model"] = ["", " "]
    run(page)
    assert not page.table
    page.query_params["model"] = ["# *no* $such$ :red[model]", "# *no* $such$ :red[model]"]
    run(page)
    assert "Nothing is known of the model behind this id" in texts(page)


def test_try_in_compare_sets_its_variants(page: AppTest) -> None:
    page.query_params["model"] = [NOVA, LOCAL]
    run(page)
    page.button(key="models_try").click().run()
    assert not page.exception, page.exception
    assert page.session_state["A_model"] == NOVA
    assert page.session_state["B_model"] == LOCAL
    assert not page.button(key="run").disabled


def test_a_click_on_a_head_sorts_with_unknown_last_and_again_turns_it_round() -> None:
    app = AppTest.from_function(_click_twice).run()
    assert not app.exception
    assert app.session_state["ways"] == ["Input price, lowest first", "Input price, highest first"]


def _click_twice() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from components import models_table

    ways = []
    for _ in range(2):
        st.session_state["clicked"] = SimpleNamespace(selection=SimpleNamespace(columns=["In $/M"]))
        models_table._clicked("clicked")
        ways.append(st.session_state["models_sort"])
    st.session_state["ways"] = ways


def test_filters_survive_a_visit_to_another_page(page: AppTest) -> None:
    page.text_input(key="models_text").set_value("nova").run()
    page.switch_page("pages/workspace/history.py").run()
    assert not page.exception
    page.switch_page("pages/choose/models.py").run()
    assert page.text_input(key="models_text").value == "nova"


def test_what_converse_cannot_call_is_marked_and_not_sent_to_compare(page: AppTest) -> None:
    silent = "google.gemma-4-31b"
    found = table(page).set_index("Id")
    assert found.loc[silent, "Reached"] == "not callable by Converse"
    assert (found["Reached"] == "not callable by Converse").sum() < 20
    page.query_params["model"] = [silent]
    page.run()
    assert "Only the bedrock-mantle endpoint offers it" in texts(page)
    assert not [button for button in page.button if button.key in {"model_try", "model_add"}]
    page.query_params["model"] = [NOVA]
    page.run()
    assert [button for button in page.button if button.key == "model_try"]
