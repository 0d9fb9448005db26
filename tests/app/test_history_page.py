"""The History page, run by AppTest over a real store."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from pyarrow import parquet
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import Contender, RunFilter, RunStore, Verdict, decide
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.values import RunState
from components import history_view
from components.resources import get_store
from tests.store.builders import MODEL, NOON, identity, record, request, result

_ROOT = Path(__file__).resolve().parents[2]
_ROUTER = """
import streamlit as st

st.navigation([
    st.Page("pages/playground/compare.py", title="Compare"),
    st.Page("pages/workspace/history.py", title="History", default=True),
]).run()
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_DATABASE_URL", raising=False)
    st.cache_resource.clear()
    opened = get_store()
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def app(tmp_path: Path) -> AppTest:
    """The page behind a small router; Compare is a stub that only shows its address."""
    for name, text in {
        "router.py": _ROUTER,
        "pages/playground/compare.py": "import streamlit as st\nst.text(st.query_params.get('comparison'))\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pages" / "workspace").mkdir()
    shutil.copy(_ROOT / "pages" / "workspace" / "history.py", tmp_path / "pages" / "workspace" / "history.py")
    return AppTest.from_file(str(tmp_path / "router.py"), default_timeout=30)


def _open(app: AppTest, *rows: int) -> AppTest:
    """Tick rows of the table, as a click on their boxes does."""
    version = app.session_state.get("history_table_version", 0)
    app.session_state[f"history_table_{version}"] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return app.run()


def _prompts(app: AppTest) -> list[str]:
    assert not app.exception
    return list(app.dataframe[0].value["Prompt"])


def _codes(app: AppTest) -> list[str]:
    return [element.value for element in app.code]


def test_an_empty_history_says_what_to_do(store: RunStore, app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert [element.value for element in app.subheader] == ["No runs yet"]
    assert not app.dataframe
    assert store.location in _codes(app)


def test_runs_come_newest_first_and_unknown_is_unknown(store: RunStore, app: AppTest) -> None:
    store.add([
        record(1, prompt="first", cost=Decimal("0.00012")),
        record(2, prompt="second", state=RunState.INTERRUPTED),
    ])  # fmt: skip
    app.run()
    assert _prompts(app) == ["second", "first"]
    table = app.dataframe[0].value
    assert list(table["Cost"]) == ["unknown", "$0.000120"]
    assert list(table["State"]) == ["Interrupted", "Completed"]
    assert table["Out"].isna().tolist() == [True, False]
    assert table["Out"].tolist()[1] == 21


def test_filters_narrow_and_can_be_cleared(store: RunStore, app: AppTest) -> None:
    store.add([
        record(0, prompt="100% blue", model_id="local.a"),
        record(86_400, prompt="red", model_id="local.b", state=RunState.CANCELLED),
    ])  # fmt: skip
    app.run()
    app.text_input(key="history_text").set_value("0% B").run()
    assert _prompts(app) == ["100% blue"]
    app.text_input(key="history_text").set_value("")
    app.multiselect(key="history_models").set_value(["local.b"]).run()
    assert _prompts(app) == ["red"]
    app.multiselect(key="history_states").set_value([RunState.COMPLETED]).run()
    assert not app.dataframe
    (clear,) = [button for button in app.button if button.label == "Clear the filters"]
    clear.click().run()
    assert _prompts(app) == ["red", "100% blue"]
    app.date_input(key="history_dates").set_value((NOON.date(), NOON.date())).run()
    assert _prompts(app) == ["100% blue"]
    app.date_input(key="history_dates").set_value((date(2026, 11, 23), date(2026, 11, 30))).run()
    assert _prompts(app) == ["red"]


def test_a_filter_for_a_model_whose_runs_are_gone_is_dropped(store: RunStore, app: AppTest) -> None:
    store.add([record(0, prompt="kept", model_id="local.a"), record(1, prompt="gone", model_id="local.b")])
    app.run()
    app.multiselect(key="history_models").set_value(["local.b"]).run()
    store.delete(RunFilter(model_ids=("local.b",)))
    app.run()
    assert _prompts(app) == ["kept"]


def test_pages(store: RunStore, app: AppTest) -> None:
    store.add(record(number, prompt=f"p{number}") for number in range(120))
    app.run()
    assert _prompts(app) == [f"p{number}" for number in range(119, 69, -1)]
    assert app.button(key="history_newer").disabled
    app.button(key="history_older").click().run()
    app.button(key="history_older").click().run()
    assert _prompts(app) == [f"p{number}" for number in range(19, -1, -1)]
    assert "Page 3 of 3" in [element.value for element in app.caption]
    assert app.button(key="history_older").disabled
    app.button(key="history_newer").click().run()
    assert _prompts(app)[0] == "p69"
    app.text_input(key="history_text").set_value("p1").run()
    assert _prompts(app)[0] == "p119", "another filter begins at the newest"


def test_an_opened_run_tells_its_votes(store: RunStore, app: AppTest) -> None:
    runs = [record(number, identity_changes={"label": label}) for number, label in enumerate("ABC")]
    store.add(runs)
    contenders = [Contender(run.run_id, run.identity.label, MODEL) for run in runs]
    store.votes.record(
        decide(contenders, Verdict.BEST, best="B", comparison_id="comparison", turn=0, blind=True)
    )
    app.run()
    said = []
    for row in range(3):
        _open(app, row)
        assert not app.exception
        said += [text.value.split(" (")[0] for text in app.text if text.value.startswith("Vote: ")]
    assert said == [
        "Vote: lost: B was found the best of A, B, C, blind",
        "Vote: won: the best of A, B, C, blind",
        "Vote: lost: B was found the best of A, B, C, blind",
    ]


def test_a_run_is_opened_exactly_and_as_plain_text(store: RunStore, app: AppTest) -> None:
    hostile = "# Big\n<script>alert(1)</script> ![x](https://example.com/x.png) $5 and $6 :smile:"
    stored = record(prompt=hostile, answer=hostile)
    store.add([stored, record(-1, prompt="other")])
    app.run()
    _open(app, 0)
    assert not app.exception
    assert _codes(app).count(hostile) == 2
    (sent,) = [json.loads(code) for code in _codes(app) if code.startswith("{")]
    assert sent == json.loads(json.dumps(sent))
    assert hostile in json.dumps(sent, ensure_ascii=False).encode().decode("unicode_escape")
    assert not [element for element in app.markdown if "<script>" in element.value]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {
        "TTFT": "250 ms",
        "Total": "1.25 s",
        "Tokens/s": "20.0",
        "Input tokens": "12",
        "Output tokens": "21",
        "Cost": "unknown",
    }


def test_an_opened_run_says_where_its_cost_comes_from(store: RunStore, app: AppTest) -> None:
    known: dict[str, Any] = {
        "price_source": "litellm 1",
        "price_as_of": date(2026, 11, 22),
        "price_confidence": "confirmed",
    }
    why = "No source has a price for it."
    store.add([record(2, price_note=why), record(1, cost=Decimal("0.0000123"), **known), record(0)])
    app.run()
    _open(app, 0)
    said = [element.value for element in app.text]
    assert f"Cost: unknown · {why} 1,000 such requests: unknown." in said
    _open(app, 1)
    assert {metric.label: metric.value for metric in app.metric}["Cost"] == "$0.0000123"
    said = [element.value for element in app.text]
    assert "Cost: litellm 1 · as of 2026-11-22 · two sources agree. 1,000 such requests: $0.0123." in said
    _open(app, 2)
    said = [element.value for element in app.text]
    assert "Cost: unknown · No price was known when it ran. 1,000 such requests: unknown." in said


def test_an_interrupted_run_says_that_its_answer_is_unknown(store: RunStore, app: AppTest) -> None:
    store.add([record(state=RunState.INTERRUPTED)])
    app.run()
    _open(app, 0)
    assert "The app stopped during this run" in app.warning[0].value
    assert {metric.value for metric in app.metric} == {"n/a", "unknown"}


def test_a_failed_run_says_what_happened_and_what_to_do(store: RunStore, app: AppTest) -> None:
    error = InvocationError("It *broke*.", code="Broken", status=500, request_id="req-9")
    failed = result("so far", error=error, stop_reason=None)
    store.add([record(state=RunState.FAILED, result=failed)])
    app.run()
    _open(app, 0)
    assert "InvocationError" in app.error[0].value
    assert "It *broke*.\ncode: Broken\nHTTP status: 500\nrequest id: req-9" in _codes(app)
    assert "so far" in _codes(app)
    assert error.advice in [element.value for element in app.caption]


def test_a_run_is_loaded_back_into_compare(store: RunStore, app: AppTest) -> None:
    store.add([record(identity_changes={"comparison_id": "the-comparison"})])
    app.run()
    _open(app, 0)
    app.button(key="history_open_in_compare").click().run()
    assert not app.exception
    assert [element.value for element in app.text] == ["the-comparison"]
    assert app.session_state["comparison"] == "the-comparison"


def test_exports_take_what_the_filters_let_pass(store: RunStore) -> None:
    store.add([record(1, prompt="=1+1", answer="blue"), record(2, prompt="other", answer="red")])
    which = RunFilter(text="BLUE")
    rows = history_view.csv_file(store, which)
    (row,) = csv.DictReader(io.StringIO(rows.decode(), newline=""))
    assert row["prompt"] == "'=1+1"
    (line,) = history_view.jsonl_file(store, which).decode().splitlines()
    assert json.loads(line)["prompt"] == "=1+1"
    table = parquet.read_table(io.BytesIO(history_view.parquet_file(store, which)))
    assert table["prompt"].to_pylist() == ["=1+1"]


def test_exports_are_offered_and_not_made_before_they_are_asked_for(
    store: RunStore, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([record()])
    monkeypatch.setattr(RunStore, "export_rows", lambda *_: pytest.fail("an export was made by a mere rerun"))
    app.run()
    assert not app.exception
    assert [button.label for button in app.download_button] == [
        "Export CSV",
        "Export JSONL",
        "Export Parquet",
    ]


def test_deleting_the_selected_asks_first(store: RunStore, app: AppTest) -> None:
    store.add(record(number, prompt=f"p{number}") for number in range(4))
    app.run()
    _open(app, 0, 2)
    app.button(key="history_delete_selected").click().run()
    assert store.count() == 4
    app.button(key="history_delete_confirm").click().run()
    assert not app.exception
    assert _prompts(app) == ["p2", "p0"]
    assert [toast.value for toast in app.toast] == ["2 runs deleted."]


def test_keeping_keeps(store: RunStore, app: AppTest) -> None:
    store.add([record()])
    app.run()
    app.button(key="history_delete_all").click().run()
    app.button(key="history_keep").click().run()
    assert store.count() == 1


def test_deleting_all_deletes_what_the_filters_let_pass(store: RunStore, app: AppTest) -> None:
    store.add([record(1, prompt="blue"), record(2, prompt="red")])
    store.recorder().run_started(identity(3), request("blue and still going"))
    app.run()
    app.text_input(key="history_text").set_value("blue").run()
    app.button(key="history_delete_all").click().run()
    app.button(key="history_delete_confirm").click().run()
    assert not app.exception
    assert _prompts(app) == ["blue and still going"], "what still runs is kept"
    assert store.count() == 2


def test_a_deletion_that_fails_is_explained(store: RunStore, app: AppTest) -> None:
    store.add([record(prompt="still here")])
    app.run()
    app.button(key="history_delete_all").click().run()
    with store._engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'not today'); END"
        )
    app.button(key="history_delete_confirm").click().run()
    assert _prompts(app) == ["still here"]
    assert any("not today" in code for code in _codes(app))


def test_a_history_that_cannot_be_opened_is_explained(
    tmp_path: Path, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_DATABASE_URL", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "history.sqlite3").write_text("not a database, " * 100)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "cannot be used" in app.error[0].value
    assert any("not a database" in code for code in _codes(app))
    assert any("Move the file away" in element.value for element in app.text)
    st.cache_resource.clear()
