"""The views of an evaluation's results, run by AppTest over an evaluation that was really run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.evaluation.spec import Contender
from bedrock_playground.history import RunStore
from components.resources import get_store
from tests.app.evaluated import SMALL, contenders, data_set, evaluate, says, solo
from tests.wire.patterns.kitchen import Kitchen

_SCRIPT = """
import streamlit as st

from components.results_view import render_results

def page():
    render_results("{evaluation_id}")

st.navigation([
    st.Page(page, title="Evaluate", default=True),
    st.Page("pages/workspace/presets.py", title="Presets"),
    st.Page("pages/workspace/history.py", title="History"),
    st.Page("pages/playground/patterns.py", title="Patterns"),
]).run()
"""

_ROOT = Path(__file__).resolve().parents[2]
_HISTORY = """
import streamlit as st

st.navigation([st.Page("pages/workspace/history.py", title="History", default=True)]).run()
"""


@dataclass(frozen=True)
class Recorded:
    """An evaluation on disk."""

    folder: Path
    evaluation_id: str
    sweep_id: str


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Three contenders and a cascade over 30 reviews, two of them earlier, and a sweep; run once for all."""
    folder = tmp_path_factory.mktemp("recorded")
    old, kitchen = Kitchen(says(salt="old")), Kitchen(says())
    grid = tuple(
        Contender(label=label, name=f"Micro {label}", member=solo(SMALL, temperature=warmth, top_p=top))
        for label, warmth, top in (("A", 0.0, 0.5), ("B", 0.0, 1.0), ("C", 1.0, 0.5), ("D", 1.0, 1.0))
    )
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        evaluate(store, old, count=30, contenders=contenders()[:2], name="Last week")
        made = evaluate(store, kitchen, count=30)
        few = data_set(store, count=5, name="Few")
        sweep = evaluate(store, kitchen, data_set_id=few, contenders=grid, repeat=2, name="Sweep")
    old.close()
    kitchen.close()
    return Recorded(folder, made.evaluation_id, sweep.evaluation_id)


@pytest.fixture
def store(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """A copy of what was recorded, which a test may write to."""
    shutil.copytree(recorded.folder, tmp_path / "data")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_DATABASE_URL", raising=False)
    st.cache_resource.clear()
    opened = get_store()
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def app(recorded: Recorded, store: RunStore, tmp_path: Path) -> AppTest:
    return _app(recorded.evaluation_id, tmp_path)


def _app(evaluation_id: str, tmp_path: Path) -> AppTest:
    for name in ("workspace/presets", "workspace/history", "playground/patterns"):
        page = tmp_path / "pages" / f"{name}.py"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("")
    (tmp_path / "router.py").write_text(_SCRIPT.format(evaluation_id=evaluation_id))
    return AppTest.from_file(str(tmp_path / "router.py"), default_timeout=60)


def _run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def _go(app: AppTest, section: str) -> AppTest:
    _run(app)
    app.segmented_control(key="results_section").set_value(section)
    return _run(app)


def _words(app: AppTest) -> str:
    return "\n".join([*(one.value for one in app.markdown), *(one.value for one in app.caption)])


def test_the_overview_says_what_the_numbers_come_to(app: AppTest) -> None:
    _run(app)
    (table,) = app.dataframe
    rows = table.value.set_index("Contender")
    assert list(rows.index) == [
        "A · Nova Micro", "B · Sonnet 4.5", "C · Cascade Micro → Sonnet", "D · Nobody’s model",
    ]  # fmt: skip
    # One word is asked for, so that who names the mood contains it.
    assert rows["Accuracy"].tolist() == rows["contains"].tolist()
    assert rows.loc["D · Nobody’s model", "Cost per request"] == "unknown"
    assert rows.loc["D · Nobody’s model", "Per correct answer"] == "n/a"
    assert "What Nobody’s model costs is unknown, so cost says nothing about it." in _words(app)
    assert rows["Answers"].tolist() == [30, 30, 30, 30]


def test_the_cheapest_that_is_good_enough_is_kept_with_one_click(app: AppTest, store: RunStore) -> None:
    _go(app, "Trade-off")
    words = _words(app)
    assert "D stands apart: Its cost per request is unknown" in words
    # It begins with what the best one nearly reaches.
    assert app.slider(key="results_pareto_least").value in {80, 85, 90, 95}
    assert "### C · Cascade Micro → Sonnet" in words
    assert "**A** does not: Its accuracy of" in _words(app)
    app.slider(key="results_pareto_least").set_value(100)
    app.toggle(key="results_pareto_sure").set_value(True)
    _run(app)
    assert "None qualifies." in _words(app)
    app.slider(key="results_pareto_least").set_value(0)
    _run(app)
    assert "### A · Nova Micro" in _words(app)
    app.button(key="results_save_A").click()
    _run(app)
    kept = store.presets.named("Nova Micro (Moods of reviews)")
    assert kept is not None
    assert kept.preset.variant.model == "amazon.nova-micro-v1:0"
    assert [variable.name for variable in kept.preset.variables] == ["text"]
    assert "Saved as the preset" in _words(app)


@pytest.mark.parametrize("view", ["Cost × accuracy", "Latency × accuracy", "Cost × latency", "All three"])
def test_every_projection_is_drawn_and_told(app: AppTest, view: str) -> None:
    _go(app, "Trade-off")
    app.segmented_control(key="results_pareto_view").set_value(view)
    _run(app)
    assert "they are the frontier" in _words(app)
    assert app.get("plotly_chart")


def test_contenders_are_held_against_one_and_case_by_case(app: AppTest) -> None:
    _go(app, "Pairs")
    words = _words(app)
    assert "McNemar" in words
    assert "did better on" in words
    app.selectbox(key="results_pair_base").set_value("A")
    _run(app)
    table = next(frame.value for frame in app.dataframe if "adjusted" in frame.value.columns)
    assert table["contender"].tolist() == [
        "B · Sonnet 4.5",
        "C · Cascade Micro → Sonnet",
        "D · Nobody’s model",
    ]
    cases = next(frame.value for frame in app.dataframe if "asked" in frame.value.columns)
    assert (cases["A · Nova Micro"] != cases["B · Sonnet 4.5"]).all()


def test_tags_and_classes_are_told_in_words(app: AppTest) -> None:
    _go(app, "Tags and classes")
    words = _words(app)
    assert "A · Nova Micro is weakest on hard" in words
    assert "Macro-F1 **0." in words
    assert "the diagonal is right" in words


def test_cases_are_found_opened_and_rated(app: AppTest, recorded: Recorded, store: RunStore) -> None:
    _go(app, "Cases")
    assert "**30 cases**" in _words(app)
    app.segmented_control(key="results_cases_look").set_value("Contenders differ")
    _run(app)
    (table,) = app.dataframe
    chosen = int(table.value["case"].iloc[0])
    assert len(table.value) < 30
    # AppTest ticks no rows.
    app.number_input(key="results_cases_number").set_value(chosen)
    _run(app)
    assert f"#### Case {chosen}" in _words(app)
    stars = [one for one in app.feedback if one.key]
    assert len(stars) == 4
    stars[1].set_value(3)
    _run(app)
    kept = store.evaluations.ratings.of(recorded.evaluation_id)
    assert [one.rating for told in kept.values() for one in told] == [4]
    note = next(one for one in app.text_input if one.key == str(stars[1].key).replace("stars", "note"))
    note.set_value("Right, and short.")
    _run(app)
    kept = store.evaluations.ratings.of(recorded.evaluation_id)
    assert [one.note for told in kept.values() for one in told] == ["Right, and short."]
    app.number_input(key="results_cases_number").set_value(None)
    _run(app)
    assert "classification agrees with people on" in _words(app)


def test_thresholds_are_dragged_over_recorded_calls_alone(app: AppTest, store: RunStore) -> None:
    before = store.count()
    _go(app, "Thresholds")
    figures = {metric.label: metric.value for metric in app.metric}
    (slider,) = app.select_slider
    assert slider.value == 4
    slider.set_value(1)
    _run(app)
    dragged = {metric.label: metric.value for metric in app.metric}
    # The judge lets everything pass: two calls, the small model's and the judge's.
    assert dragged["Calls per request"] == "2.00"
    assert figures["Calls per request"] > "2.00"
    assert dragged["Accuracy"] < figures["Accuracy"]
    assert store.count() == before
    app.button(key="results_save_pattern_C_1").click()
    _run(app)
    (kept,) = store.patterns.find()
    assert kept.name == "Cascade Micro → Sonnet (Moods of reviews)"
    assert "Saved as the pattern" in _words(app)


def test_there_is_something_to_take_away(app: AppTest) -> None:
    _go(app, "Take away")
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["HTML page", "Markdown", "CSV", "JSONL", "JSON"]


def test_regressions_against_an_earlier_evaluation_are_told_case_by_case(app: AppTest) -> None:
    _go(app, "Against earlier")
    (against,) = (box for box in app.selectbox if box.key == "results_earlier")
    assert [option.split(" · ")[0] for option in against.options] == ["Last week"]
    table = next(frame.value for frame in app.dataframe if "then called" in frame.value.columns)
    assert table["contender"].tolist() == ["A · Nova Micro", "B · Sonnet 4.5"]
    assert table["settings"].tolist() == ["the same", "the same"]
    turned = int(table["Right → wrong"].max())
    assert turned
    cases = next(frame.value for frame in app.dataframe if "asked" in frame.value.columns)
    assert (cases["then"].tolist(), cases["now"].tolist()) == (["100 %"] * turned, ["0 %"] * turned)


def test_a_sweep_is_laid_out_over_its_two_settings(
    recorded: Recorded, store: RunStore, tmp_path: Path
) -> None:
    app = _app(recorded.sweep_id, tmp_path)
    _run(app)
    assert "Thresholds" not in app.segmented_control(key="results_section").options
    app.segmented_control(key="results_section").set_value("Sweep and repeats")
    _run(app)
    figures = _figures(app)
    assert len(figures) == 4
    accuracy = figures[0]["data"][0]
    assert (accuracy["y"], accuracy["x"]) == (["0", "1"], ["0.5", "1"])
    # The kitchen answers the same whatever the settings are.
    assert len({cell for row in accuracy["text"] for cell in row}) == 1
    repeats = next(frame.value for frame in app.dataframe if "deviation" in frame.value.columns)
    assert repeats["deviation"].tolist() == ["0.0 points"] * 4
    app.segmented_control(key="results_section").set_value("Against earlier")
    _run(app)
    assert "There is no earlier evaluation of these cases." in app.info[0].value


def _figures(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_who_has_no_price_stands_in_a_lane_and_who_is_beaten_is_a_grey_cross(app: AppTest) -> None:
    _go(app, "Trade-off")
    (figure,) = _figures(app)
    traces = {trace.get("name"): trace for trace in figure["data"]}
    strange = traces["D Nobody’s model"]
    assert (strange["xaxis"], strange["x"]) == ("x2", ["unknown"])
    assert figure["layout"]["xaxis2"]["ticktext"] == ["price<br>unknown"]
    for name in ("A Nova Micro", "B Sonnet 4.5", "C Cascade Micro → Sonnet"):
        assert traces[name]["xaxis"] == "x"
    beaten = [name for name, trace in traces.items() if trace.get("marker", {}).get("symbol") == "x"]
    told = _words(app)
    assert all(f"{name.split()[0]} is beaten by" in told for name in beaten)
    assert traces["frontier"]["line"]["shape"] == "hv"
    assert traces["C Cascade Micro → Sonnet"]["error_y"]["array"][0] >= 0


def test_what_people_say_stands_in_the_overview(app: AppTest, recorded: Recorded, store: RunStore) -> None:
    row = next(iter(store.evaluations.outcomes(recorded.evaluation_id, labels=["B"])))
    store.evaluations.ratings.rate(recorded.evaluation_id, row.run_id, 4)
    _run(app)
    (table,) = app.dataframe
    people = table.value.set_index("Contender")["People"]
    assert people["B · Sonnet 4.5"] == 4
    assert people.isna().sum() == 3
    app.selectbox(key="results_scorer").set_value("people’s ratings")
    _run(app)
    assert "could not be scored" in _words(app)


def test_the_history_opens_any_run_by_its_address(
    recorded: Recorded, store: RunStore, tmp_path: Path
) -> None:
    page = tmp_path / "pages" / "workspace" / "history.py"
    page.parent.mkdir(parents=True)
    shutil.copy(_ROOT / "pages" / "workspace" / "history.py", page)
    (tmp_path / "router.py").write_text(_HISTORY)
    rows = {row.label: row for row in store.evaluations.outcomes(recorded.evaluation_id)}
    app = AppTest.from_file(str(tmp_path / "router.py"), default_timeout=60)
    app.query_params["run"] = rows["C"].run_id
    _run(app)
    texts = [text.value for text in app.text]
    whose = f"Case {rows['C'].case_number} of an evaluation, contender C · pattern:cascade"
    assert whose in texts
    assert "**What was decided, and why**" in _words(app)
    # Nothing can be done with it that a model's run of a comparison can.
    keys = {button.key for button in app.button}
    assert not keys & {"history_save_as_preset", "history_open_in_compare", "history_take_away"}
    app.query_params["run"] = store.calls_of(rows["C"].run_id)[0].run_id
    _run(app)
    assert "as **tier 1**" in _words(app)
    app.button(key="history_all_runs").click()
    _run(app)
    assert "run" not in app.query_params


def test_what_a_cascade_did_is_counted_from_its_traces(
    app: AppTest, recorded: Recorded, store: RunStore
) -> None:
    rows = store.evaluations.outcomes(recorded.evaluation_id, labels=["C"])
    found = [record.result for record in store.get_many([row.run_id for row in rows]).values()]
    traces = [result.trace for result in found if result is not None and result.trace is not None]
    climbed = sum(any(call.role == "tier 2" for call in trace.calls) for trace in traces)
    _run(app)
    words = _words(app)
    assert "**What the patterns did**" in words
    assert f"tier 1 answered {len(traces) - climbed}, tier 2 answered {climbed}" in words
    calls = sum(call.sent for trace in traces for call in trace.leaves)
    assert f"{calls / len(traces):.2f} calls per answer" in words


def test_what_is_not_there_yet_is_said(app: AppTest, recorded: Recorded, store: RunStore) -> None:
    _run(app)
    assert "So far" not in _words(app)
    gone = [row.run_id for row in store.evaluations.outcomes(recorded.evaluation_id, labels=["D"])]
    store.delete(gone[:20])
    _run(app)
    assert "**So far**: 100 of 120 answers." in _words(app)
    assert app.dataframe[0].value["Answers"].tolist() == [30, 30, 30, 10]


def test_an_evaluation_without_answers_says_what_it_waits_for(
    recorded: Recorded, store: RunStore, tmp_path: Path
) -> None:
    document = store.evaluations.found(recorded.sweep_id)
    made = store.evaluations.create(
        "New", data_set_id=document.data_set_id, total=40, document=document.document
    )
    app = _run(_app(made.evaluation_id, tmp_path))
    assert "There are no results yet" in app.info[0].value
    recorder = store.batch_recorder()
    store.evaluations.claim(made.evaluation_id, recorder.process_id)
    _run(app)
    assert "No answer has come back yet." in app.info[0].value
    recorder.close()
    store.evaluations.delete(recorded.sweep_id)
    assert "not here any more" in _run(_app(recorded.sweep_id, tmp_path)).info[0].value
