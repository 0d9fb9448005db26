"""The Evaluate page in AppTest: set up, started, watched, gone on with, listed; on a real local endpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.embeddings import WORDLLAMA
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.batch import local_place
from bedrock_playground.evaluation.builtin import builtin_for
from bedrock_playground.evaluation.by_batch import jobs_of, look
from bedrock_playground.evaluation.progress import ContenderProgress, Progress
from bedrock_playground.evaluation.results import latest
from bedrock_playground.history import DataSetInUse, RunFilter, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, Spending, StoredEvaluation
from bedrock_playground.history.schema import evaluations, runs
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.values import RunState
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.criteria_asking import Agrees
from bedrock_playground.patterns.criteria_looking import Likely
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.presets import Preset
from components.evaluate_cost import _usual_seconds
from components.evaluate_progress import failure_words
from tests.app.choosing import page_on

FREE = "local.test-free-v1:0"
PAGE, DATA_SETS = "pages/playground/evaluate.py", "pages/workspace/data_sets.py"


@pytest.fixture
def app(local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page=PAGE, data=tmp_path) as opened:
        yield fine(opened.run())
        for run in running.running():
            run.stop()
            assert run.wait(60)


def store() -> RunStore:
    from components.resources import get_store

    return get_store()


def fine(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    elements: list[Any] = [
        *app.markdown, *app.caption, *app.warning, *app.error, *app.toast, *app.subheader, *app.info
    ]  # fmt: skip
    return "\n".join(element.value for element in elements).replace("\\", "").replace("**", "")


def pick(app: AppTest, *models: str) -> None:
    for number, model in enumerate(models, 1):
        app.selectbox(key=f"evaluate{number}_model").set_value(model)
    fine(app.run())


def started(app: AppTest, *, cases: int = 3) -> StoredEvaluation:
    """Ask a few cases, press Start, and wait for the end."""
    app.number_input(key="evaluate_sample").set_value(cases).run()
    fine(app.button(key="evaluate_start").click().run())
    evaluation_id = str(app.session_state["evaluation_shown"])
    run = running.find(evaluation_id)
    assert run is None or run.wait(60)
    return store().evaluations.found(evaluation_id)


def test_what_stands_at_first_can_be_started_at_once(app: AppTest) -> None:
    first = builtin_for("classification")[0]
    assert app.selectbox(key="evaluate_data_set").value == first.data_set_id
    assert app.multiselect(key=f"evaluate_scorers_{first.data_set_id}").value == ["classification"]
    assert "100 answers" in said(app)
    assert "time unknown" in said(app)
    pick(app, FREE, FREE)
    evaluation = started(app)
    assert evaluation.state is EvaluationState.COMPLETED
    spec = evaluation.spec
    assert [(one.label, one.name) for one in spec.contenders] == [
        ("A", "Test fixture: samples freely (A)"),
        ("B", "Test fixture: samples freely (B)"),
    ]
    assert (spec.sample, spec.repeat, spec.seed, spec.prompt) == (3, 1, 0, first.prompt)
    answers = store().count(RunFilter(comparison_id=evaluation.evaluation_id))
    assert answers == 6
    fine(app.run())
    assert "Completed" in said(app)
    assert "6 answers" in said(app)
    # The next one knows how long such an answer takes.
    app.button(key="evaluation_back").click().run()
    _usual_seconds.clear()
    fine(app.run())
    assert "by earlier answers" in said(app)


def test_a_cascade_over_two_contenders_is_a_contender(app: AppTest) -> None:
    pick(app, FREE, FREE)
    app.button(key="evaluate_add_cascade").click().run()
    assert app.selectbox(key="evaluate3_when").value == "unsure"
    app.selectbox(key="evaluate3_when").set_value("disagrees").run()
    evaluation = started(app, cases=1)
    third = evaluation.spec.contender("C")
    assert third.name == "Cascade A → B"
    assert isinstance(third.member, Cascade)
    assert third.member.criteria == (Agrees(n=3, k=2),)
    assert evaluation.state is EvaluationState.COMPLETED
    # A's and B's answers, the cascade's own run, and the three that it asked to agree.
    assert store().count(RunFilter(comparison_id=evaluation.evaluation_id)) == 6


def test_a_cascade_by_probability_asks_for_probabilities(app: AppTest) -> None:
    pick(app, FREE, FREE)
    app.button(key="evaluate_add_cascade").click().run()
    evaluation = started(app, cases=1)
    member = evaluation.spec.contender("C").member
    assert isinstance(member, Cascade)
    assert member.criteria == (Likely(threshold=0.6),)
    first = member.tiers[0].member
    assert isinstance(first, Solo)
    assert first.variant.additional_fields == '{"logprobs": true}'


def test_contenders_are_added_and_removed_and_named(app: AppTest) -> None:
    shelf = store().presets
    stored = shelf.add(
        Preset(
            name="Terse", variant=Variant(model=FREE, max_tokens=9), system="Be terse.", prompt="{{other}}"
        )
    )
    fine(app.run())
    app.selectbox(key="evaluate_preset").set_value(stored.preset_id)
    app.button(key="evaluate_add_preset").click().run()
    app.button(key="remove_evaluate1").click().run()
    assert "from the preset “Terse”" in said(fine(app))
    pick_last = app.selectbox(key="evaluate2_model").set_value(FREE).run()
    evaluation = started(fine(pick_last), cases=1)
    a, b = evaluation.spec.contenders
    assert (a.label, b.label, b.name) == ("A", "B", "Terse")
    assert (b.preset_id, b.preset_version) == (stored.preset_id, stored.version)
    # Its prompt asks for what these cases have not, so the data set's is asked; its system prompt is kept.
    assert (b.prompt, b.system) == (None, "Be terse.")


def test_an_embedding_model_is_a_contender_where_there_are_passages(app: AppTest) -> None:
    assert not [one for one in app.button if one.key == "evaluate_add_embedding"]
    retrieval = next(one for one in store().data_sets.find() if one.task == "retrieval")
    fine(app.selectbox(key="evaluate_data_set").set_value(retrieval.data_set_id).run())
    fine(app.button(key="evaluate_add_embedding").click().run())
    assert "ranks the passages by its vectors" in said(app)
    fine(app.button(key="remove_evaluate1").click().run())
    fine(app.button(key="remove_evaluate2").click().run())
    evaluation = started(app, cases=4)
    (contender,) = evaluation.spec.contenders
    assert (contender.name, contender.member) == (WORDLLAMA, Ranking(embedding_model=WORDLLAMA))
    found = latest(store(), evaluation.evaluation_id).values()
    assert [one.state for one in found] == [RunState.COMPLETED] * 4


def test_a_sweep_becomes_a_contender_per_combination(app: AppTest) -> None:
    app.session_state["evaluate_sweep"] = True
    fine(app.run())
    app.multiselect(key="sweep_parameters").set_value(["temperature", "top_p"]).run()
    app.text_input(key="sweep_values_temperature").set_value("0, 1, 9").run()
    app.text_input(key="sweep_values_top_p").set_value("0.5").run()
    assert "is left out" in said(fine(app))
    app.button(key="sweep_apply").click().run()
    (rows,) = app.session_state["evaluate_rows"].by_place.values()
    assert len(rows) == 3
    settings = [(app.session_state[f"{row.slot}_temperature_value"], row.slot) for row in rows]
    assert [temperature for temperature, _ in settings] == [0.0, 1.0, 0.0]
    assert "temperature 0" in said(fine(app))


def test_what_cannot_be_run_is_said_before_it_is_started(app: AppTest) -> None:
    first = builtin_for("classification")[0]
    app.text_area(key=f"evaluate_prompt_{first.data_set_id}").set_value("Sort {{texts}}").run()
    assert "“{{texts}}” is no input of these cases." in said(fine(app))
    assert app.button(key="evaluate_start").disabled
    app.text_area(key=f"evaluate_prompt_{first.data_set_id}").set_value(first.prompt).run()
    assert not app.button(key="evaluate_start").disabled
    app.multiselect(key=f"evaluate_scorers_{first.data_set_id}").set_value(["latency:soon"]).run()
    assert app.button(key="evaluate_start").disabled
    app.multiselect(key=f"evaluate_scorers_{first.data_set_id}").set_value([]).run()
    assert not app.button(key="evaluate_start").disabled
    app.button(key="remove_evaluate1").click().run()
    app.button(key="remove_evaluate2").click().run()
    fine(app)


def test_a_data_set_is_evaluated_from_its_page(app: AppTest) -> None:
    summaries = builtin_for("summarisation")[0]
    app.session_state["evaluate_data_set"] = summaries.data_set_id
    fine(app.run())
    assert "rouge:l" in app.multiselect(key=f"evaluate_scorers_{summaries.data_set_id}").value
    assert "80 answers" in said(app)


def test_evaluations_are_listed_renamed_and_deleted_and_keep_their_data_set(app: AppTest) -> None:
    pick(app, FREE, FREE)
    evaluation = started(app, cases=2)
    app.button(key="evaluation_back").click().run()
    app.session_state["evaluate_tabs"] = "Evaluations"
    table = listed(fine(app.run()))
    assert list(table["State"]) == ["Completed"]
    assert list(table["Answers"]) == [4]
    assert table["Best accuracy"][0].endswith("(A, B)")
    tick(app)
    app.text_input(key=f"evaluation_name_{evaluation.evaluation_id}").set_value("First look").run()
    app.button(key="evaluation_rename_save").click().run()
    assert list(listed(fine(app))["Name"]) == ["First look"]
    with pytest.raises(DataSetInUse):
        store().data_sets.delete(evaluation.data_set_id)
    tick(app)
    app.button(key="evaluation_delete").click().run()
    app.button(key="evaluation_delete_confirm").click().run()
    assert store().evaluations.find() == []
    assert store().count() == 0
    assert "No evaluation was made yet" in said(fine(app))


def listed(app: AppTest) -> Any:
    return next(one.value for one in app.dataframe if "Best accuracy" in one.value)


def tick(app: AppTest) -> None:
    version = app.session_state.get("evaluations_table_version", 0)
    app.session_state[f"evaluations_table_{version}"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    fine(app.run())


def test_one_that_was_interrupted_says_so_and_goes_on(app: AppTest) -> None:
    pick(app, FREE, FREE)
    evaluation = started(app, cases=3)
    leave_as_if_killed(evaluation.evaluation_id, interrupted=1, gone=2)
    fine(app.run())
    words = said(app)
    assert "The process that worked on it ended." in words
    assert "3 answers are done and kept. 1 call was under way when the process died" in words
    assert "which may be billed twice" in words
    app.button(key="evaluation_resume").click().run()
    assert wait(evaluation.evaluation_id).state is EvaluationState.COMPLETED
    # What was interrupted counts as such until somebody asks for it again.
    assert "1 × interrupted" in said(fine(app.run()))
    app.checkbox(key="evaluation_again_interrupted").check().run()
    app.button(key="evaluation_resume").click().run()
    assert wait(evaluation.evaluation_id).state is EvaluationState.COMPLETED
    assert "interrupted" not in said(fine(app.run()))


def leave_as_if_killed(evaluation_id: str, *, interrupted: int, gone: int) -> None:
    """Leave a finished evaluation as a process that was killed would have left it."""
    found = store()
    page = found.list_runs(RunFilter(comparison_id=evaluation_id))
    found.delete([run.run_id for run in page.runs[:gone]])
    cut = [run.run_id for run in page.runs[gone : gone + interrupted]]
    with found._write() as connection:
        dead = {"state": EvaluationState.RUNNING.value, "process_id": None, "ended_at": None}
        connection.execute(update(evaluations).values(dead))
        states = {"state": RunState.INTERRUPTED.value}
        connection.execute(update(runs).where(runs.c.run_id.in_(cut)).values(states))


def wait(evaluation_id: str) -> StoredEvaluation:
    run = running.find(evaluation_id)
    assert run is None or run.wait(60)
    return store().evaluations.found(evaluation_id)


def test_cases_are_asked_by_batch_inference_and_come_back_as_answers(
    app: AppTest, local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    client = BatchClient(config, s3_endpoint_url=local_endpoint.url)
    monkeypatch.setattr("components.evaluate_batch.get_batch_client", lambda _connection: client)
    for module in ("setup", "rest"):
        monkeypatch.setattr(
            f"components.evaluate_{module}.can_batch", lambda connection: connection is not None
        )
    pick(app, FREE, FREE)
    fine(app.button(key="evaluate_batch").click().run())
    # Too few for a job: nothing was sent, and it says what would do.
    where = local_place()
    app.text_input(key="evaluate_batch_uri").set_value(where.uri).run()
    app.text_input(key="evaluate_batch_role").set_value(where.role_arn).run()
    fine(app.button(key="evaluation_batch_submit").click().run())
    assert "A batch job needs at least 100 records; there are 50." in said(app)
    app.button(key="evaluation_back").click().run()
    app.number_input(key="evaluate_repeat").set_value(2).run()
    fine(app.button(key="evaluate_batch").click().run())
    evaluation_id = str(app.session_state["evaluation_shown"])
    assert store().evaluations.found(evaluation_id).state is EvaluationState.READY
    app.text_input(key="evaluate_batch_uri").set_value(where.uri).run()
    app.text_input(key="evaluate_batch_role").set_value(where.role_arn).run()
    fine(app.button(key="evaluation_batch_submit").click().run())
    assert "Asked by batch inference" in said(app)
    assert [job.records for job in jobs_of(store(), evaluation_id)] == [100, 100]
    while not all(job.is_over for job in look(store(), evaluation_id, client)):
        threading.Event().wait(0.1)
    fine(app.run())
    app.button(key="evaluation_batch_take").click().run()
    assert wait(evaluation_id).state is EvaluationState.COMPLETED
    assert len(latest(store(), evaluation_id)) == 200
    assert "200 answers" in said(fine(app.run()))


def test_nobody_is_called_of_whom_nobody_knows_the_price_before_that_is_agreed_to(app: AppTest) -> None:
    stored = store().presets.add(Preset(name="Unheard of", variant=Variant(model="acme.unheard-of-v1:0")))
    pick(app, FREE, FREE)
    app.selectbox(key="evaluate_preset").set_value(stored.preset_id)
    app.button(key="evaluate_add_preset").click().run()
    app.button(key="remove_evaluate1").click().run()
    assert "what nobody knows the price of" in said(app)
    app.number_input(key="evaluate_max_cost").set_value(0.5).run()
    assert "so no limit can be held" in said(fine(app))
    assert app.button(key="evaluate_start").disabled
    app.number_input(key="evaluate_max_cost").set_value(None).run()
    app.number_input(key="evaluate_sample").set_value(2).run()
    fine(app.button(key="evaluate_start").click().run())
    assert "Nothing was sent yet" in said(app)
    assert store().evaluations.find() == []
    fine(app.button(key="spending_agree").click().run())
    evaluation = wait(str(app.session_state["evaluation_shown"]))
    # There is no such model: failures are outcomes, and told by what they are.
    assert evaluation.state is EvaluationState.COMPLETED
    assert len(latest(store(), evaluation.evaluation_id)) == 4
    assert "2 × " in said(fine(app.run()))


def test_an_address_that_nobody_knows_is_told(app: AppTest) -> None:
    app.query_params["evaluation"] = "nowhere"
    app.run()
    assert "not known here" in said(fine(app))
    app.button(key="evaluation_back").click().run()
    assert [one for one in fine(app).button if one.key == "evaluate_start"]


def test_failures_are_named_in_words() -> None:
    one = ContenderProgress(
        label="A", total=9, done=4, failed={"Throttled": 3, "ModelTimedOut": 1}, running=0, unscored=0,
        answers=Spending(), scoring=Spending(), eta=None,
    )  # fmt: skip
    progress = Progress(
        state=EvaluationState.RUNNING, note=None, contenders=(one, replace(one, label="B")), elapsed=1.0,
        eta=None, ending=False,
    )  # fmt: skip
    assert failure_words(one.failed) == "3 × throttled, 1 × model timed out"
    assert progress.failures == 8
