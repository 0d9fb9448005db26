"""The Presets page, and what presets do on Compare and History, in AppTest with a real local endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import PresetFilter, RunFilter, RunStore, StoredPreset
from bedrock_playground.history.schema import asked_comparisons
from bedrock_playground.invocation import Comparison
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.presets import Preset, Variable
from bedrock_playground.presets.formats import file_formats
from bedrock_playground.presets.starter import starters
from components.live import get_hub
from tests.app.choosing import page_on
from tests.store.builders import record

PACED = "local.fault-paced-v1:0"
PRESETS, COMPARE, HISTORY = (
    "pages/workspace/presets.py",
    "pages/playground/compare.py",
    "pages/workspace/history.py",
)
QUESTION = Preset(
    name="Question",
    tags=("test",),
    variant=Variant(model=PACED, temperature=0.5, max_tokens=64),
    system="Answer for {{reader}}.",
    prompt="What is {{thing}}, {{times}} times?",
    variables=(
        Variable(name="reader", type="choice", choices=("a child", "a judge")),
        Variable(name="thing", example="rain"),
        Variable(name="times", type="integer", example=2),
    ),
    notes="For tests.",
)


@pytest.fixture
def app(local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page=PRESETS, data=tmp_path) as opened:
        yield opened.run()


def store() -> RunStore:
    from components.resources import get_store

    return get_store()


def shown(app: AppTest) -> Comparison:
    found = get_hub().get(app.session_state["comparison"])
    assert isinstance(found, Comparison)
    assert found.wait(60)
    return found


def tick(app: AppTest, *names: str) -> AppTest:
    """Tick presets in the table, as a click on their boxes does."""
    rows = [list(app.dataframe[0].value["Name"]).index(name) for name in names]
    version = app.session_state.get("presets_table_version", 0)
    app.session_state[f"presets_table_{version}"] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return fine(app.run())


def open_in_compare(app: AppTest) -> None:
    app.button(key="presets_open").click().run()
    # AppTest does not follow the switch of pages any further than that.
    app.switch_page(COMPARE)
    fine(app.run())


def fine(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    elements: list[Any] = [*app.markdown, *app.caption, *app.warning, *app.error, *app.toast, *app.info]
    return "\n".join(element.value for element in elements).replace("\\", "")


def names(app: AppTest) -> list[str]:
    return list(fine(app).dataframe[0].value["Name"])


def test_the_starter_set_is_there_and_filters_narrow_the_list(app: AppTest) -> None:
    assert names(app) == [preset.name for preset in starters().values()]
    store().presets.add(QUESTION)
    app.text_input(key="presets_search").set_value("child THING").run()
    assert not fine(app).dataframe
    assert "No preset passes these filters." in said(app)
    app.text_input(key="presets_search").set_value("THING {{times}}").run()
    assert names(app) == ["Question"]


def test_open_in_compare_puts_everything_where_it_is_asked(app: AppTest) -> None:
    stored = store().presets.add(QUESTION)
    tick(app.run(), "Question")
    open_in_compare(app)
    assert app.text_area(key="prompt").value == QUESTION.prompt
    assert app.selectbox(key="A_model").value == PACED
    assert app.selectbox(key="template_value_reader").value == "a child"
    assert app.number_input(key="template_value_times").value == 2
    app.text_area(key="template_value_thing").set_value("{{times}} snow").run()
    app.button(key="run").click().run()
    request = shown(app).lanes[0].runs[0].request
    assert request.messages[0].text == "What is {{times}} snow, 2 times?"
    assert request.system == "Answer for a child."
    assert (request.parameters.temperature, request.parameters.max_tokens) == (0.5, 64)
    run = store().list_runs(RunFilter(preset_ids=(stored.preset_id,))).runs[0]
    kept = store().get(run.run_id)
    assert kept is not None
    assert (kept.preset_id, kept.preset_version, kept.tags) == (stored.preset_id, 1, ("test",))


def test_several_presets_become_variants_of_one_comparison(app: AppTest) -> None:
    store().presets.add(QUESTION)
    other = Preset(name="Other", variant=Variant(model=PACED, temperature=1.0), prompt="Else?")
    store().presets.add(other)
    tick(app.run(), "Question", "Other")
    app.radio(key="presets_asked").set_value(_id("Other")).run()
    open_in_compare(app)
    assert app.text_area(key="prompt").value == "Else?"
    app.button(key="run").click().run()
    requests = {lane.label: lane.runs[0].request for lane in shown(app).lanes}
    # In the order in which they were ticked.
    assert [requests[letter].parameters.temperature for letter in "AB"] == [0.5, 1.0]
    assert [requests[letter].system for letter in "AB"] == ["Answer for a child.", None]


def _id(name: str) -> str:
    found = store().presets.named(name)
    assert found is not None
    return found.preset_id


def test_a_template_is_not_sent_before_it_is_filled(app: AppTest) -> None:
    app.switch_page(COMPARE)
    app.run()
    app.selectbox(key="A_model").set_value(PACED)
    app.text_area(key="prompt").set_value(r"Say \{{this}} about {{topic}}.").run()
    app.button(key="run").click().run()
    assert "{{topic}} has no value" in said(app)
    assert "comparison" not in app.session_state
    app.text_area(key="template_value_topic").set_value("rain").run()
    app.button(key="run").click().run()
    comparison = shown(app)
    assert comparison.lanes[0].runs[0].request.messages[0].text == "Say {{this}} about rain."
    # What was asked comes back as the template that it was, with its values.
    app.text_area(key="prompt").set_value("Other").run()
    app.session_state["comparison_shown"] = None
    fine(app.run())
    assert app.text_area(key="prompt").value == r"Say \{{this}} about {{topic}}."
    # So does it after a restart, which leaves only the history.
    from components import compare_asked

    compare_asked._kept().clear()
    app.text_area(key="template_value_topic").set_value("snow").run()
    app.session_state["comparison_shown"] = None
    fine(app.run())
    assert app.text_area(key="prompt").value == r"Say \{{this}} about {{topic}}."
    assert app.text_area(key="template_value_topic").value == "rain"
    # From the requests alone it comes back as the text that was sent.
    with store()._write() as connection:
        connection.execute(delete(asked_comparisons))
    compare_asked._kept().clear()
    app.session_state["comparison_shown"] = None
    fine(app.run())
    assert app.text_area(key="prompt").value == r"Say \{{this}} about rain."


def test_a_lane_is_saved_and_its_runs_come_from_it_until_it_is_changed(app: AppTest) -> None:
    app.switch_page(COMPARE)
    app.run()
    for letter in "AB":
        app.selectbox(key=f"{letter}_model").set_value(PACED)
    app.text_area(key="prompt").set_value("Why is {{thing}} blue?").run()
    app.text_area(key="template_value_thing").set_value("the sky").run()
    app.menu_button(key="menu_A").click("save").run()
    fine(app)
    app.text_input(key="preset_save_name").set_value("Blue").run()
    app.button(key="preset_save_confirm").click().run()
    fine(app)
    stored = store().presets.named("Blue")
    assert stored is not None
    assert stored.preset.prompt == "Why is {{thing}} blue?"
    assert stored.preset.variables == (Variable(name="thing", example="the sky"),)
    assert stored.preset.variant == Variant(model=PACED, temperature=0.0, max_tokens=256)
    app.run()
    assert "From the preset Blue, version 1" in said(app)
    app.button(key="run").click().run()
    comparison = shown(app)
    assert _origins(stored) == {"A": 1}
    from components.votes_view import ballot

    assert [one.preset_id for one in ballot(comparison).contenders()] == [stored.preset_id, None]
    # Another question, other settings: the first still comes from it, the second does not.
    app.session_state["A_settings_looked_at"] = True
    app.run()
    app.number_input(key="A_max_tokens").set_value(32).run()
    assert "Changed since Blue, version 1" in said(app)
    app.menu_button(key="menu_A").click("save").run()
    app.button(key="preset_save_confirm").click().run()
    fine(app)
    assert [one.version for one in store().presets.versions(stored.preset_id)] == [2, 1]


def _origins(stored: StoredPreset) -> dict[str, int | None]:
    found = store().list_runs(RunFilter(preset_ids=(stored.preset_id,))).runs
    records = [store().get(run.run_id) for run in found]
    return {one.identity.label: one.preset_version for one in records if one is not None}


def test_a_past_run_is_saved_as_it_was_sent(app: AppTest) -> None:
    store().add([record(prompt="Say {{this}}.", model_id=PACED)])
    app.switch_page(HISTORY)
    app.run()
    version = app.session_state.get("history_table_version", 0)
    app.session_state[f"history_table_{version}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="history_save_as_preset").click().run()
    fine(app)
    app.text_input(key="preset_save_name").set_value("Past").run()
    app.button(key="preset_save_confirm").click().run()
    fine(app)
    stored = store().presets.named("Past")
    assert stored is not None
    assert stored.preset.prompt == r"Say \{{this}}."
    assert stored.preset.system == "Be brief."
    assert stored.preset.variant == Variant(model=PACED, temperature=0.5, max_tokens=64, stop=("END",))


def test_editing_makes_versions_that_can_be_compared_and_restored(app: AppTest) -> None:
    stored = store().presets.add(QUESTION)
    tick(app.run(), "Question")
    app.number_input(key="preset_edit_temperature").set_value(0.9).run()
    app.text_input(key="preset_edit_name").set_value("Asked").run()
    app.button(key="preset_edit_save").click().run()
    assert "Saved: Asked, version 2" in said(fine(app))
    difference = next(code.value for code in app.code if code.value.startswith("@@"))
    assert "-  temperature: 0.5\n+  temperature: 0.9" in difference
    app.button(key="preset_restore").click().run()
    fine(app)
    latest = store().presets.get(stored.preset_id)
    assert latest is not None
    assert (latest.version, latest.preset) == (3, QUESTION)


def test_what_cannot_be_saved_says_where_and_keeps_what_was_typed(app: AppTest) -> None:
    stored = store().presets.add(QUESTION)
    store().presets.add(Preset(name="Taken", variant=Variant()))
    tick(app.run(), "Question")
    app.text_input(key="preset_edit_name").set_value("taken").run()
    app.button(key="preset_edit_save").click().run()
    assert "There is another preset 'taken' already." in said(fine(app))
    assert app.text_input(key="preset_edit_name").value == "taken"
    text = app.text_area(key="preset_edit_yaml").value or ""
    app.text_area(key="preset_edit_yaml").set_value(
        text.replace("temperature: 0.5", "temperature: hot")
    ).run()
    app.button(key="preset_edit_save_yaml").click().run()
    assert "parameters.temperature: It must be a number; it is 'hot'." in said(fine(app))
    assert store().presets.get(stored.preset_id) == stored


def test_deleting_can_be_undone(app: AppTest) -> None:
    store().presets.add(QUESTION)
    tick(app.run(), "Question")
    app.button(key="presets_delete").click().run()
    assert "Question" not in names(app)
    assert "“Question” was deleted." in said(app)
    app.button(key="presets_undo").click().run()
    assert "Question" in names(app)


def test_an_import_is_seen_first_and_refused_with_its_place(app: AppTest) -> None:
    document = json.loads(file_formats()[0].write([QUESTION, Preset(name="B", variant=Variant())]).text)
    document["presets"][1]["parameters"] = {"max_tokens": "many"}
    app.file_uploader(key="presets_file_0").set_value(
        ("x.json", json.dumps(document).encode(), "application/json")
    ).run()
    assert "presets[1].parameters.max_tokens: It must be a whole number; it is 'many'." in said(fine(app))
    del document["presets"][1]["parameters"]
    store().presets.add(Preset(name="b", variant=Variant(model="other")))
    app.file_uploader(key="presets_file_0").set_value(
        ("x.json", json.dumps(document).encode(), "application/json")
    ).run()
    assert "There is another preset named “B”." in said(fine(app)) + app.radio(
        key="presets_on_conflict"
    ).label.replace("\\", "")
    app.button(key="presets_import_confirm").click().run()
    assert "Imported: 2 new; B is B (2) now." in said(fine(app))
    kept = store().presets.find(PresetFilter(starters=False))
    assert [one.name for one in kept] == ["b", "B (2)", "Question"]


def test_a_table_of_values_is_run_row_by_row(app: AppTest) -> None:
    rows = (
        {"reader": "a child", "thing": "rain", "times": 1},
        {"reader": "a judge", "thing": "snow", "times": 2},
    )
    stored = store().presets.add(Preset(**{**_fields(QUESTION), "rows": rows}))
    tick(app.run(), "Question")
    app.button(key="preset_rows_run").click().run()
    run = app.session_state[f"rows_run_{stored.preset_id}"]
    deadline = time.monotonic() + 60
    while not run.done and time.monotonic() < deadline:
        time.sleep(0.05)
    fine(app.run())
    results = app.dataframe[-1].value
    assert list(results["{{thing}}"]) == ["rain", "snow"]
    assert list(results["State"]) == ["Completed", "Completed"]
    assert all(results["Answer"])
    sent = [row.comparison.lanes[0].runs[0].request.messages[0].text for row in run.rows]
    assert sent == ["What is rain, 1 times?", "What is snow, 2 times?"]
    assert len(store().list_runs(RunFilter(preset_ids=(stored.preset_id,))).runs) == 2


def _fields(preset: Preset) -> dict[str, Any]:
    return {name: getattr(preset, name) for name in preset.__dataclass_fields__}


def test_stopping_a_table_begins_no_further_row(app: AppTest) -> None:
    row = {"reader": "a child", "thing": "rain", "times": 1}
    long = {"variant": Variant(model=PACED, max_tokens=256), "rows": (row, row, row)}
    stored = store().presets.add(Preset(**{**_fields(QUESTION), **long}))
    tick(app.run(), "Question")
    app.button(key="preset_rows_run").click().run()
    fine(app)
    app.button(key="preset_rows_stop").click().run()
    run = app.session_state[f"rows_run_{stored.preset_id}"]
    deadline = time.monotonic() + 60
    while not run.done and time.monotonic() < deadline:
        time.sleep(0.05)
    fine(app.run())
    states = list(app.dataframe[-1].value["State"])
    assert states[0] in {"Cancelled", "Completed"}
    assert states[-1] == "Not run"
    assert "Stopped after" in said(app)
    assert store().count() == states.count("Cancelled") + states.count("Completed")
