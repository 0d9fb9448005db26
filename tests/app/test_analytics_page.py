"""The Analytics page, run by AppTest over a real store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.history.votes import Contender, Verdict, decide
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InferenceParameters,
    InvocationRequest,
    RunState,
    Timing,
    Usage,
)
from components.analytics_chart import csv_of, names_of, words_of
from components.analytics_view import compact
from components.resources import get_store
from tests.store.builders import identity, result

_ROOT = Path(__file__).resolve().parents[2]
_ROUTER = """
import streamlit as st

st.navigation([
    st.Page("pages/playground/compare.py", title="Compare"),
    st.Page("pages/workspace/analytics.py", title="Analytics", default=True),
]).run()
"""
_HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
_LOCAL = "local.smollm2-135m-instruct-v1:0"


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
    for name, text in {"router.py": _ROUTER, "pages/playground/compare.py": ""}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pages" / "workspace").mkdir()
    page = _ROOT / "pages" / "workspace" / "analytics.py"
    shutil.copy(page, tmp_path / "pages" / "workspace" / "analytics.py")
    return AppTest.from_file(str(tmp_path / "router.py"), default_timeout=60)


def _run(
    days_ago: float = 0.0,
    *,
    model: str = _HAIKU,
    state: RunState = RunState.COMPLETED,
    total: float = 1.0,
    cost: Decimal | None = None,
    temperature: float | None = None,
    answer: str = "Blue.",
    user: str | None = None,
    cached: int | None = None,
) -> RunRecord:
    started = datetime.now(UTC) - timedelta(days=days_ago)
    who: RunIdentity = identity(started_at=started, endpoint="local" if model == _LOCAL else "bedrock")
    failed = Attempt(1, 0.0, 0.1, error_type="Throttled")
    outcome: dict[str, Any] = {"usage": None, "error": Throttled("Slow down."), "attempts": (failed, failed)}
    if state is RunState.COMPLETED:
        outcome = {
            "usage": Usage(input_tokens=1000, output_tokens=500, cache_read_input_tokens=cached),
            "timing": Timing(time_to_first_token=total / 4, total=total),
        }
    return RunRecord(
        who,
        InvocationRequest.from_prompt(model, "Why?", parameters=InferenceParameters(temperature=temperature)),
        state,
        result(answer, **outcome),
        cost=cost,
        price_confidence=None if cost is None else "exact" if model == _LOCAL else "confirmed",
        user=user,
    )


def _figures(app: AppTest) -> dict[str, str]:
    assert not app.exception
    return {metric.label: metric.value for metric in app.metric}


def _captions(app: AppTest) -> str:
    return "\n".join(element.value for element in app.caption)


def _go(app: AppTest, key: str, value: object) -> AppTest:
    app.segmented_control(key=key).set_value(value)
    app.run()
    assert not app.exception
    return app


def _numbers(app: AppTest) -> pd.DataFrame:
    (table,) = app.dataframe
    found: pd.DataFrame = table.value
    return found


def test_an_empty_history_says_what_will_stand_here(store: RunStore, app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert [element.value for element in app.subheader] == ["No runs yet"]
    assert not app.metric
    assert not app.segmented_control, "there is nothing to filter"
    store.add([_run(state=RunState.PENDING)])
    app.run()
    assert not app.metric, "a run that has not ended is not counted"


def test_the_headline_tells_unknown_costs_apart(store: RunStore, app: AppTest) -> None:
    store.add([
        _run(cost=Decimal("0.25")), _run(cost=Decimal("0.5")), _run(),
        _run(state=RunState.FAILED), _run(model=_LOCAL, cost=Decimal(0)),
    ])  # fmt: skip
    app.run()
    assert _figures(app) == {
        "Runs": "5", "Cost": "$0.750", "Input tokens": "4,000", "Output tokens": "2,000", "Failed": "20.0%",
    }  # fmt: skip
    said = _captions(app)
    assert "+ 1 run of unknown cost" in said
    assert "+ 1 run failed or stopped without a known cost" in said
    assert "1 run on this machine, which costs nothing" in said
    assert "1 completed run of unknown cost, not in these bars" in said


def test_a_history_of_unknown_costs_alone_costs_unknown(store: RunStore, app: AppTest) -> None:
    store.add([_run(), _run()])
    app.run()
    assert _figures(app)["Cost"] == "unknown"


def test_periods_and_models_narrow(store: RunStore, app: AppTest) -> None:
    store.add([_run(), _run(20, model="anthropic.b"), _run(60), _run(400, cost=Decimal(1))])
    app.run()
    assert _figures(app)["Runs"] == "2", "the last 30 days, unless one says otherwise"
    assert _figures(_go(app, "analytics_period", "7 days"))["Runs"] == "1"
    assert _figures(_go(app, "analytics_period", "90 days"))["Runs"] == "3"
    assert _figures(_go(app, "analytics_period", "All time"))["Runs"] == "4"
    assert "Weeks begin on Monday" in _captions(app)
    app.multiselect(key="analytics_models").set_value(["anthropic.b"]).run()
    assert _figures(app)["Runs"] == "1"
    _go(app, "analytics_period", "7 days")
    assert not app.metric
    (everything,) = [button for button in app.button if button.label == "Show all runs"]
    everything.click().run()
    assert _figures(app)["Runs"] == "4"
    _go(app, "analytics_period", "Dates …")
    today = datetime.now(UTC).date()
    app.date_input(key="analytics_dates").set_value((today - timedelta(days=61), today)).run()
    assert _figures(app)["Runs"] == "3"


def test_users_are_asked_only_where_there_are_several(store: RunStore, app: AppTest) -> None:
    store.add([_run(user="ada")])
    app.run()
    assert [one.label for one in app.multiselect] == ["Model"]
    store.add([_run(user=None), _run(user="grace")])
    app.run()
    assert [one.label for one in app.multiselect] == ["Model", "User"]
    app.multiselect(key="analytics_users").set_value([None, "grace"]).run()
    assert _figures(app)["Runs"] == "2"


def test_quantiles_are_told_only_of_enough_runs(store: RunStore, app: AppTest) -> None:
    store.add(_run(total=1.0 + number) for number in range(19))
    store.add(_run(1, total=1.0 + number) for number in range(20))
    app.run()
    _go(app, "analytics_over_time", "Total time")
    assert "P95 needs 20 runs: 1 of 2" in _captions(app)
    assert "Quantiles of all 39 completed runs" in _captions(app)
    table = _numbers(app)
    assert table["median (s)"].tolist() == [10.5, 10.0]
    assert table["P95 (s)"].iloc[0] == pytest.approx(19.05)
    assert pd.isna(table["P95 (s)"].iloc[1])
    assert "needs at least 20 runs" in table["note"].iloc[1]
    _go(app, "analytics_section", "Latency by model")
    table = _numbers(app)
    assert table["runs"].tolist() == [39]
    assert table["median (s)"].tolist() == [pytest.approx(2.5)]


def test_errors_and_retries_by_kind(store: RunStore, app: AppTest) -> None:
    store.add([_run(), _run(state=RunState.FAILED), _run(state=RunState.FAILED)])
    app.run()
    _go(app, "analytics_section", "Errors and retries")
    failures, retried = (table.value for table in app.dataframe)
    assert failures[["what", "model", "runs"]].to_numpy().tolist() == [["Throttled", _HAIKU, 2]]
    assert retried[["what", "runs", "more tries", "completed in the end"]].to_numpy().tolist() == [
        ["Throttled", 2, 2, 0]
    ]
    store.add([_run(5)])
    app.multiselect(key="analytics_models").set_value([]).run()
    store.delete([run.run_id for run in store.list_runs().runs if run.state is RunState.FAILED])
    app.run()
    assert [one.value for one in app.info] == ["Every run completed.", "No run was tried more than once."]


def test_what_caches_saved(store: RunStore, app: AppTest) -> None:
    store.add([_run()])
    app.run()
    _go(app, "analytics_section", "Cache")
    assert "No run here read from a prompt cache" in app.info[0].value
    store.add([_run(cached=1_000_000), _run(model=_LOCAL, cached=10), _run(model="nobody.knows", cached=10)])
    app.run()
    table = _numbers(app).set_index("model")
    saved, without = table["saved (US$)"].to_dict(), table["without a cache (US$)"].to_dict()
    # Reading from the cache takes a tenth of the price of plain input.
    assert Decimal(saved[_HAIKU]) == Decimal(without[_HAIKU]) * Decimal("0.9") > 0
    assert Decimal(saved[_LOCAL]) == 0
    assert pd.isna(saved["nobody.knows"])
    assert "1 run of unknown rates" in _captions(app)
    assert "1 run on this machine: nothing to pay either way" in _captions(app)


def test_votes_become_win_rates(store: RunStore, app: AppTest) -> None:
    store.add([_run()])
    app.run()
    _go(app, "analytics_section", "Votes")
    assert "No votes in this period" in app.info[0].value
    for number in range(3):
        two = [Contender(f"{number}A", "A", _HAIKU), Contender(f"{number}B", "B", _LOCAL)]
        store.votes.record(decide(two, Verdict.BEST, comparison_id=str(number), turn=0, best="A"))
    app.run()
    table = _numbers(app).set_index("model")
    assert table["win rate"].to_dict() == {_HAIKU: 1.0, _LOCAL: 0.0}
    assert table.loc[_HAIKU, "from"] == pytest.approx(0.4385, abs=1e-4), "Wilson's interval of 3 in 3"


def test_a_parameter_against_latency_length_and_agreement(store: RunStore, app: AppTest) -> None:
    store.add([_run()])
    app.run()
    _go(app, "analytics_section", "Parameters")
    assert "at more than one value" in app.info[0].value
    for answer, total in (("Blue.", 1.0), ("BLUE. ", 2.0), ("Red.", 3.0)):
        store.add([_run(temperature=1.0, answer=answer, total=total)])
        store.add([_run(temperature=0.0, answer="Same.", total=total)])
    app.run()
    table = _numbers(app).set_index("Temperature")
    assert list(table.index) == ["not sent", "0", "1"]
    assert table["total: median (s)"].iloc[1:].tolist() == [2.0, 2.0]
    assert table["total: median (s)"].isna().tolist() == [True, False, False], "one run has no median"
    assert table["agreement"].iloc[1:].tolist() == [1.0, pytest.approx(1 / 3)]
    assert table["agreement"].isna().tolist() == [True, False, False]


def test_a_database_that_refuses_is_said(
    store: RunStore, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([_run()])
    app.run()
    with store._write() as connection:
        connection.exec_driver_sql("DROP TABLE run_groups")
    app.run()
    assert "cannot be used" in app.error[0].value


def test_model_ids_keep_what_tells_them_apart() -> None:
    assert names_of([_HAIKU]) == {_HAIKU: "us.anthropic.claude-haiku-4-5"}
    versions = ["anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20241022-v2:0"]
    assert names_of(versions) == {version: version for version in versions}
    arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/" + "x" * 60
    assert names_of([arn]) == {arn: "x" * 16 + "…" + "x" * 20}
    assert names_of(["v1"]) == {"v1": "v1"}


def test_kinds_of_errors_are_words() -> None:
    assert words_of("ModelStreamError") == "Model stream error"
    assert words_of("StallTimeout + Throttled") == "Stall timeout + throttled"
    assert words_of("interrupted") == "Interrupted"


def test_large_numbers_are_short() -> None:
    assert [compact(number) for number in (0, 9_999, 10_000, 1_234_567, 10**12)] == [
        "0", "9,999", "10.0K", "1.23M", "1.00T",
    ]  # fmt: skip


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    assert csv_of(pd.DataFrame({"model": ["=1+1", "a"], "n": [-1, 2]})) == "model,n\n'=1+1,-1\na,2\n"
    # A class of a data set, or a contender, may be a column.
    assert csv_of(pd.DataFrame({"=HYPERLINK()": [1]})) == "'=HYPERLINK()\n1\n"


def test_runs_that_cost_nothing_need_no_chart_of_that(store: RunStore, app: AppTest) -> None:
    store.add([_run(model=_LOCAL, cost=Decimal(0)) for _ in range(3)])
    app.run()
    assert _figures(app)["Cost"] == "$0"
    assert app.info[0].value.startswith("The runs on this machine cost nothing.")
    assert _numbers(app)["free runs"].tolist() == [3]
    store.add([_run()])
    app.run()
    assert "No other cost is known here." in app.info[0].value
