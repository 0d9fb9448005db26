"""An evaluation from the page to the Pareto view, its process killed half-way: nothing is asked twice."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, expect

from bedrock_playground.evaluation.results import latest
from bedrock_playground.history import RunFilter, RunRecord, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import RunState
from bedrock_playground.launcher import EndpointStatus
from tests.browser.conftest import ROOT, running_app
from tests.browser.recording import Calls, recorded_calls
from tests.wire.cli.command_line import MODEL, keys_of

APP = ROOT / "streamlit_app.py"
CASES = 6
AT_A_TIME = 2
# The real model shares two cores with Chromium and two starts of the app.
LONG = 90_000


def button(page: Page, key: str) -> None:
    found = page.locator(f".st-key-{key} button").first
    expect(found).to_be_enabled(timeout=LONG)
    found.click()


def answer_shortly(page: Page, slot: str, *, letter: str) -> None:
    """Take the real model for a contender, with a few tokens for each answer."""
    row = page.locator(f".st-key-contender_{letter}")
    box = page.locator(f".st-key-{slot}_model input")
    box.click()
    box.fill(MODEL)
    page.get_by_role("option", name=re.compile(rf" {re.escape(MODEL)}$")).first.click()
    expect(box).to_have_value(re.compile(re.escape(MODEL)), timeout=LONG)
    button(page, f"settings_{slot}")
    number = page.get_by_label(f"Max tokens of contender {letter}, as a number")
    expect(number).to_be_visible(timeout=LONG)
    number.fill("6")
    number.press("Enter")
    expect(row).to_contain_text("max 6", timeout=LONG)
    page.keyboard.press("Escape")
    expect(number).to_be_hidden(timeout=LONG)


def set_up(page: Page, url: str) -> None:
    """Two contenders and a cascade over a part of a built-in set."""
    page.goto(f"{url}/evaluate")
    expect(page.locator(".st-key-contender_B")).to_be_visible(timeout=LONG)
    answer_shortly(page, "evaluate1", letter="A")
    answer_shortly(page, "evaluate2", letter="B")
    button(page, "evaluate_add_cascade")
    expect(page.locator(".st-key-contender_C")).to_contain_text("below 0.6", timeout=LONG)
    page.locator(".st-key-evaluate_options summary").click()
    for name, before, value in (("concurrency", "8", str(AT_A_TIME)), ("sample", "50", str(CASES))):
        field = page.locator(f".st-key-evaluate_{name} input")
        expect(field).to_have_value(before, timeout=LONG)
        field.fill(value)
        field.press("Enter")
        said = {"concurrency": f"{value} at a time", "sample": f"{value} of 50 cases"}[name]
        expect(page.locator(".st-key-evaluate_options")).to_contain_text(said, timeout=LONG)
    expect(page.locator(".st-key-evaluate_cost")).to_contain_text(f"{3 * CASES} answers", timeout=LONG)


def test_killed_half_way_it_resumes_from_the_page_and_asks_nothing_twice(
    wide: Page, local_endpoint: EndpointStatus, tmp_path: Path
) -> None:
    with recorded_calls(str(local_endpoint.url)) as calls:
        environment = {
            **keys_of(local_endpoint),
            "AWS_EC2_METADATA_DISABLED": "true",
            "BEDROCK_PLAYGROUND_ENDPOINT_URL": calls.url,
        }
        with running_app(APP, tmp_path, environment=environment) as app:
            set_up(wide, app.url)
            button(wide, "evaluate_start")
            expect(wide.locator(".st-key-evaluation_running")).to_contain_text(
                re.compile(rf"([5-9]|1\d) of {3 * CASES} answers"), timeout=LONG
            )
            os.kill(app.process.pid, signal.SIGKILL)
            app.process.wait(10)
            path = wide.url.removeprefix(app.url)
        assert calls.noted
        with running_app(APP, tmp_path, environment=environment) as app:
            wide.goto(app.url + path)
            rest = wide.locator(".st-key-evaluation_rest")
            expect(rest).to_contain_text("The process that worked on it ended", timeout=LONG)
            button(wide, "evaluation_resume")
            expect(wide.get_by_text("Completed", exact=True)).to_be_visible(timeout=LONG)
            wide.get_by_role("radio", name="Trade-off").or_(
                wide.get_by_role("button", name="Trade-off")
            ).first.click()
            expect(wide.locator(".st-key-results_pareto_controls")).to_be_visible(timeout=LONG)
            expect(wide.get_by_text(re.compile("they are the frontier")).first).to_be_visible(timeout=LONG)
            evaluation_id = wide.url.rpartition("evaluation=")[2]
        held_against(calls, tmp_path, evaluation_id)


def held_against(calls: Calls, home: Path, evaluation_id: str) -> None:
    """Hold what arrived at the endpoint against what the history has."""
    with RunStore.open(f"sqlite:///{home / 'data' / 'history.sqlite3'}", data_dir=home / "data") as store:
        evaluation = store.evaluations.found(evaluation_id)
        assert evaluation.state is EvaluationState.COMPLETED
        outcomes = latest(store, evaluation_id)
        page = store.list_runs(RunFilter(comparison_id=evaluation_id), limit=500)
        records = store.get_many([run.run_id for run in page.runs]).values()
    assert len(outcomes) == 3 * CASES
    made = [record for record in records if not is_pattern(record.request.model_id)]
    # One call for each case of A and B, and one for each case and tier of the cascade.
    each = Counter((one.identity.label, one.identity.case_number, one.identity.role) for one in made)
    assert set(each.values()) == {1}
    assert {(label, number) for label, number, _ in each} == {
        (label, number) for label, number, _ in outcomes
    }
    # Whatever was under way when the process was killed may have been sent or not; all else arrived once.
    cut = [one for one in made if one.state is RunState.INTERRUPTED]
    assert len(cut) <= AT_A_TIME
    arrived = Counter(asked_in(body) for _, body in calls.noted)
    assert not arrived - Counter(map(asked_by, made)), "something was asked more often than it was recorded"
    completed = Counter(asked_by(one) for one in made if one.state is RunState.COMPLETED)
    assert not completed - arrived, "something was answered without being asked"
    assert len(made) - len(cut) <= arrived.total() <= len(made)


def asked_in(body: dict[str, object]) -> tuple[str, float | None, bool]:
    """The prompt of a call, its temperature, and whether it asks for probabilities."""
    messages: list[dict[str, list[dict[str, str]]]] = body["messages"]  # type: ignore[assignment]
    parameters: dict[str, float] = body.get("inferenceConfig") or {}  # type: ignore[assignment]
    text = messages[0]["content"][0]["text"]
    return text, parameters.get("temperature"), "logprobs" in str(body.get("additionalModelRequestFields"))


def asked_by(record: RunRecord) -> tuple[str, float | None, bool]:
    """The same of a run."""
    parameters = record.request.parameters
    extra = str(parameters.additional_model_request_fields)
    return record.request.messages[0].text, parameters.temperature, "logprobs" in extra
