"""The Data sets page in AppTest: looked into, brought in, saved as versions, changed, taken away, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.evaluation.builtin import builtin_sets
from bedrock_playground.evaluation.datasets import guess, prepare, read_file
from bedrock_playground.history import DataSetShelf
from bedrock_playground.launcher import EndpointStatus
from components.data_set_detail import file_of
from tests.app.choosing import page_on

PAGE = "pages/workspace/data_sets.py"
HEAD = "Customer text,label,difficulty,id\n"
ROWS = "".join(f"Message {n},{('billing', 'delivery')[n % 2]},easy,{n}\n" for n in range(12))
FILE = HEAD + ROWS + ",billing,easy,12\nMessage 3,delivery,easy,13\nalone\n"


@pytest.fixture
def app(local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page=PAGE, data=tmp_path) as opened:
        yield fine(opened.run())


def shelf() -> DataSetShelf:
    from components.resources import get_store

    return get_store().data_sets


def fine(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    elements: list[Any] = [*app.markdown, *app.caption, *app.warning, *app.error, *app.toast, *app.subheader]
    return "\n".join(element.value for element in elements).replace("\\", "")


def tick(app: AppTest, name: str) -> AppTest:
    row = list(app.dataframe[0].value["Name"]).index(name)
    version = app.session_state.get("data_sets_table_version", 0)
    app.session_state[f"data_sets_table_{version}"] = {
        "selection": {"rows": [row], "columns": [], "cells": []}
    }
    return fine(app.run())


def bring_in(app: AppTest, text: str, *, name: str = "my_messages.csv") -> AppTest:
    app.button(key="data_sets_import").click().run()
    app.file_uploader[0].set_value([(name, text.encode(), "text/csv")]).run()
    return fine(app)


def field(app: AppTest, kind: str, ending: str) -> Any:
    return next(one for one in app.get(kind) if one.key and one.key.endswith(ending))


def test_what_comes_with_the_app_is_listed_and_looked_into(app: AppTest) -> None:
    assert list(app.dataframe[0].value["Name"]) == [one.name for one in builtin_sets().values()]
    tick(app, "Customer messages")
    assert app.dataframe[1].value["Expected"].tolist()[:2] == ["billing", "delivery"]
    assert "1–20 of 50" in said(app)
    app.button(
        key=next(one.key for one in app.button if one.key and one.key.endswith("_Later"))
    ).click().run()
    assert app.dataframe[1].value["No."].tolist()[0] == 21
    field(app, "selectbox", builtin_id("Customer messages")).set_value("hard").run()
    assert all("hard" in tags for tags in fine(app).dataframe[1].value["Tags"])
    assert "1–20 of 25" in said(app)
    assert "labelled by hand" in said(app)
    assert not [one for one in app.button if one.key == "data_set_delete"]


def builtin_id(name: str) -> str:
    return next(one.data_set_id for one in builtin_sets().values() if one.name == name)


def test_an_evaluation_is_set_up_with_the_one_that_is_open(app: AppTest) -> None:
    tick(app, "Short summaries")
    app.button(key="data_set_evaluate").click().run()
    assert app.session_state["evaluate_data_set"] == builtin_id("Short summaries")


def test_a_file_becomes_a_data_set_with_everything_that_is_wrong_told_by_its_line(app: AppTest) -> None:
    bring_in(app, FILE)
    assert "13 cases · 2 rows left out · 1 row with the inputs" in said(app).replace("**", "")
    problems = next(one.value for one in app.dataframe if "Left out" in one.value)
    assert list(problems["Line"]) == [14, 15, 16]
    assert list(problems["Left out"]) == [True, False, True]
    assert field(app, "multiselect", "_inputs").value == ["Customer text"]
    assert field(app, "selectbox", "_expected").value == "label"
    assert field(app, "multiselect", "_tags").value == ["difficulty"]
    field(app, "checkbox", "_drop").check().run()
    assert "12 cases · 3 rows left out" not in said(app).replace("**", "")
    assert "12 cases" in said(fine(app)).replace("**", "")
    field(app, "text_input", "_name_Customer text").set_value("message").run()
    app.button(key="data_set_import_save").click().run()
    kept = shelf().named("My messages")
    assert kept is not None
    assert (kept.cases, kept.variables, kept.tags, kept.version) == (12, ("message",), ("easy",), 1)
    assert kept.scorers == ("classification",)
    assert "{{message}}" in kept.prompt
    assert "one of: billing, delivery" in kept.prompt
    # It is open now, below the list.
    assert "My messages" in said(fine(app))
    assert next(iter(app.dataframe[0].value["Name"])) == "My messages"


def test_other_cases_under_the_same_name_are_its_next_version(app: AppTest) -> None:
    bring_in(app, HEAD + ROWS)
    app.button(key="data_set_import_save").click().run()
    bring_in(app, HEAD + ROWS)
    assert "These cases are here already, as version 1" in said(app) or "as “My messages”, version 1" in said(
        app
    )
    app.button(key="data_set_import_back").click().run()
    bring_in(app, HEAD + ROWS + "One more,billing,hard,99\n")
    assert "this becomes its version 2" in said(app)
    app.button(key="data_set_import_save").click().run()
    assert [one.version for one in shelf().versions("my messages")] == [2, 1]
    assert "Version 2" in next(one.value for one in fine(app).markdown if "Version" in one.value)
    app.button(key="data_set_version_1").click().run()
    assert "1–12 of 12" in said(fine(app))


def test_what_is_no_data_set_is_refused_with_what_to_do(app: AppTest) -> None:
    app.button(key="data_sets_import").click().run()
    app.file_uploader[0].set_value([("book.csv", b"PK\x03\x04rest", "text/csv")]).run()
    assert "Nothing was taken." in said(fine(app))
    assert "Excel workbook" in said(app)
    assert not [one for one in app.button if one.key == "data_set_import_save"]


def test_text_is_pasted(app: AppTest) -> None:
    app.button(key="data_sets_import").click().run()
    app.segmented_control(key="data_set_import_from").set_value("paste").run()
    app.text_area(key="data_set_import_text").set_value('{"question": "1+1?", "expected": "2"}').run()
    assert app.button(key="data_set_import_save").disabled
    field(fine(app), "text_input", "_name").set_value("Sums").run()
    app.button(key="data_set_import_save").click().run()
    kept = shelf().named("Sums")
    assert kept is not None
    assert (kept.cases, kept.prompt, kept.scorers) == (1, "{{question}}", ("contains",))


def test_the_apps_own_cases_get_no_second_name(app: AppTest) -> None:
    one = shelf().named("Customer messages")
    assert one is not None
    bring_in(app, file_of(shelf(), one, "JSONL").decode(), name="mine.jsonl")
    assert "“Customer messages”, which comes with the app" in said(app)
    assert app.button(key="data_set_import_save").disabled


@pytest.mark.parametrize("kind", ["JSONL", "CSV"])
def test_what_is_downloaded_gives_the_same_cases(app: AppTest, kind: str) -> None:
    for one in shelf().find():
        data = file_of(shelf(), one, kind)
        table = read_file(f"again.{kind.lower()}", data)
        cases = prepare(table, guess(table.columns)).cases
        assert cases == tuple(shelf().iter_cases(one.data_set_id))
    assert not app.exception


def test_what_goes_with_cases_is_changed_and_a_set_deleted(app: AppTest) -> None:
    bring_in(app, HEAD + ROWS)
    app.button(key="data_set_import_save").click().run()
    assert app.button(key="data_set_edit_save").disabled
    prompt = next(one for one in app.text_area if one.key and one.key.endswith("_prompt"))
    prompt.set_value("Sort {{other}}").run()
    assert "“{{other}}” is no input of these cases." in said(app)
    assert app.button(key="data_set_edit_save").disabled
    prompt = next(one for one in app.text_area if one.key and one.key.endswith("_prompt"))
    prompt.set_value("Sort {{customer_text}}").run()
    app.button(key="data_set_edit_save").click().run()
    kept = shelf().named("My messages")
    assert kept is not None
    assert (kept.prompt, kept.version) == ("Sort {{customer_text}}", 1)
    app.button(key="data_set_delete").click().run()
    app.button(key="data_set_delete_confirm").click().run()
    assert shelf().named("My messages") is None
    assert "My messages" not in list(fine(app).dataframe[0].value["Name"])
