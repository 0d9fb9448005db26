"""The main job in a real Chromium: the real app, endpoint and model, nothing prepared by hand."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bedrock_playground.history import RunFilter, RunStore
from bedrock_playground.invocation import InvocationRequest
from tests.browser.conftest import ROOT, AppServer, running_app

APP = ROOT / "streamlit_app.py"
PACED = "local.fault-paced-v1:0"
# Writes a few words and goes silent: still streaming when a test comes to look, on however slow a machine.
STALLED = "local.fault-stall-v1:0"
THROTTLING = "local.fault-throttling-v1:0"
# The real model and a cold start share two cores with Chromium.
LONG = 90_000


def open_compare(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".st-key-run button")).to_be_enabled(timeout=LONG)
    expect(page.locator(".st-key-lane_B")).to_be_visible(timeout=LONG)


def lane(page: Page, letter: str, part: str) -> Locator:
    return page.locator(f".st-key-lane_{letter} [data-testid=lane-{part}]")


def answer(page: Page, letter: str) -> str:
    """Read what an answer says; unlike the rendered text, also what is scrolled out of sight."""
    return lane(page, letter, "text").locator(".bp-md").text_content() or ""


def choose_model(page: Page, letter: str, model_id: str) -> None:
    box = page.locator(f".st-key-{letter}_model input")
    box.click()
    box.fill(model_id)
    page.get_by_role("option", name=re.compile(re.escape(model_id))).first.click()
    expect(box).to_have_value(re.compile(re.escape(model_id)))
    settle(page)


def settle(page: Page) -> None:
    """Wait until Streamlit has run what was asked of it: until it has been at rest for a while.

    What was asked begins to run only a moment later, so that one look would often see it at rest before.
    Where an action has an effect that can be seen, wait for that instead.
    """
    page.wait_for_function(
        """() => {
          const running = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning";
          if (running || window.bpRestsSince === undefined) window.bpRestsSince = performance.now();
          const rested = !running && performance.now() - window.bpRestsSince > 400;
          if (rested) window.bpRestsSince = undefined;
          return rested;
        }""",
        timeout=LONG,
    )


def switch(page: Page, letter: str, *, name: str, on: bool) -> None:
    """Switch a setting on or off, and wait until the page shows it so and its slider is there, or gone.

    Until then what stands under it still moves, and a click there would miss.
    """
    control = page.locator(f".st-key-control_{letter}_{name}")
    expect(control.locator("input:enabled").first).to_be_attached(timeout=LONG)
    control.get_by_test_id("stCheckbox").locator("label").first.click()
    expect(control.get_by_role("switch", checked=on)).to_have_count(1, timeout=LONG)
    expect(control.get_by_role("slider")).to_have_count(1 if on else 0, timeout=LONG)


def run(page: Page) -> None:
    page.locator(".st-key-run button").click()


def test_one_click_from_an_empty_cache_folder_to_two_answers_kept_in_history(
    tmp_path: Path, wide: Page
) -> None:
    # The cache folder is empty: this fetches the weights as a newcomer's first start does.
    with running_app(APP, tmp_path, environment={"AWS_EC2_METADATA_DISABLED": "true"}) as server:
        wide.goto(server.url)
        expect(wide.get_by_role("progressbar").or_(wide.locator(".st-key-lane_A")).first).to_be_visible(
            timeout=LONG
        )
        open_compare(wide, server.url)
        run(wide)
        for letter in "AB":
            expect(lane(wide, letter, "text")).to_contain_text(re.compile(r"\w{3,}"), timeout=LONG)
            expect(lane(wide, letter, "metrics")).to_contain_text("completed", timeout=LONG)
            expect(lane(wide, letter, "metrics")).to_contain_text(re.compile(r"TTFT\s*[\d.]+ m?s"))
            expect(lane(wide, letter, "metrics")).to_contain_text(re.compile(r"cost\s*\$0(?!\.)"))
            free = lane(wide, letter, "metrics").locator('[title*="Runs on this machine: no charge"]')
            expect(free.first).to_be_visible()
        expect(wide.locator(".js-plotly-plot")).to_have_count(3, timeout=LONG)
        said = answer(wide, "A")
        address = wide.url
        assert "comparison=" in address

        wide.goto(address)
        expect(lane(wide, "A", "text")).to_have_text(re.compile(re.escape(said[:20])), timeout=LONG)

        wide.get_by_role("link", name="History").click()
        expect(wide.locator('[data-testid="stDataFrame"]').first).to_be_visible(timeout=LONG)
        with sqlite3.connect(tmp_path / "data" / "history.sqlite3") as database:
            states = [state for (state,) in database.execute("SELECT state FROM runs")]
        assert states == ["completed", "completed"]


def test_stop_one_lane_keeps_its_text_and_leaves_the_other_alone(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, STALLED)
    run(wide)
    for letter in "AB":
        expect(lane(wide, letter, "text")).to_contain_text(re.compile(r"\w{3,}"), timeout=LONG)
    wide.locator(".st-key-lane_A").get_by_role("button", name=re.compile("Stop")).click()
    expect(lane(wide, "A", "metrics")).to_contain_text("stopped", timeout=LONG)
    kept = answer(wide, "A")
    assert len(kept) > 3
    expect(lane(wide, "B", "metrics")).to_contain_text("streaming")
    wide.locator(".st-key-stop button").click()
    expect(lane(wide, "B", "metrics")).to_contain_text("stopped", timeout=LONG)
    assert answer(wide, "A") == kept


def test_a_reload_in_mid_run_finds_the_stream_again(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, STALLED)
    run(wide)
    # The first words of its text: a heading, whose "###" may show until its line is drawn.
    first_words = re.compile("Test output")
    expect(lane(wide, "B", "text")).to_contain_text(first_words, timeout=LONG)
    wide.reload()
    expect(lane(wide, "B", "text")).to_contain_text(first_words, timeout=LONG)
    expect(lane(wide, "B", "metrics")).to_contain_text("streaming")
    wide.locator(".st-key-stop button").click()
    expect(lane(wide, "B", "metrics")).to_contain_text("stopped", timeout=LONG)


def test_an_error_says_what_why_and_what_to_do_and_the_other_lane_finishes(
    app: AppServer, wide: Page
) -> None:
    open_compare(wide, app.url)
    choose_model(wide, "A", "local.fault-access-denied-v1:0")
    run(wide)
    failed = wide.locator(".st-key-lane_A")
    expect(lane(wide, "A", "metrics")).to_contain_text("failed", timeout=LONG)
    expect(failed).to_contain_text("You don't have access to the model")
    expect(failed.get_by_role("button", name=re.compile("Retry|Re-run")).first).to_be_visible()
    expect(lane(wide, "B", "metrics")).to_contain_text("completed", timeout=LONG)


def test_retries_are_shown(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    choose_model(wide, "A", THROTTLING)
    run(wide)
    expect(lane(wide, "A", "metrics")).to_contain_text("failed", timeout=LONG)
    expect(wide.locator(".st-key-lane_A")).to_contain_text("Attempt 3", timeout=LONG)


def test_ctrl_enter_runs_what_was_just_typed(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, STALLED)
    prompt = wide.locator(".st-key-prompt textarea")
    prompt.click()
    prompt.fill("A prompt typed just now")
    prompt.press("Control+Enter")
    expect(lane(wide, "A", "text")).to_contain_text(re.compile(r"\w{3,}"), timeout=LONG)
    wide.locator(".st-key-stop button").click()
    expect(lane(wide, "A", "metrics")).to_contain_text("stopped", timeout=LONG)
    with sqlite3.connect(app.home / "data" / "history.sqlite3") as database:
        (found,) = database.execute(
            "SELECT count(*) FROM runs WHERE prompt_start LIKE '%typed just now%'"
        ).fetchone()
    assert found == 2


def test_parameters_are_sent_only_when_switched_on_and_copy_to_all(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, STALLED)
    wide.locator(".st-key-settings_A button").first.click()
    # The variant came with a temperature, which goes.
    switch(wide, "A", name="temperature", on=False)
    switch(wide, "A", name="top_k", on=True)
    box = wide.locator(".st-key-A_top_k input[type=number]")
    box.fill("7")
    box.press("Enter")
    expect(wide.locator(".st-key-row_A")).to_contain_text("top-k 7", timeout=LONG)
    wide.locator(".st-key-copy_A button").first.click()
    wide.get_by_role("menuitem", name="All settings").or_(
        wide.get_by_text("All settings", exact=True)
    ).first.click()
    settle(wide)
    wide.keyboard.press("Escape")
    expect(wide.locator(".st-key-row_B")).to_contain_text("top-k 7", timeout=LONG)
    run(wide)
    expect(lane(wide, "B", "text")).to_contain_text(re.compile(r"\w{3,}"), timeout=LONG)
    wide.locator(".st-key-stop button").click()
    expect(lane(wide, "B", "metrics")).to_contain_text("stopped", timeout=LONG)
    request = newest_request(app, "B")
    assert request.parameters.temperature is None
    assert request.parameters.additional_model_request_fields == {"top_k": 7}


def newest_request(app: AppServer, label: str) -> InvocationRequest:
    with RunStore.open(
        f"sqlite:///{app.home / 'data' / 'history.sqlite3'}", data_dir=app.home / "data"
    ) as store:
        newest = store.list_runs(RunFilter(labels=(label,)), limit=1).runs[0]
        record = store.get(newest.run_id)
    assert record
    return record.request


def test_variants_are_added_moved_expanded_and_removed(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    wide.locator(".st-key-add_variant button").click()
    expect(wide.locator(".st-key-lane_C")).to_be_visible(timeout=LONG)
    menu(wide, "C", "Move left")
    moved = """[...document.querySelectorAll('[class*="st-key-lane_"]')]
           .map(element => element.className.match(/st-key-lane_(\\w)/)[1])"""
    wide.wait_for_function(f'() => JSON.stringify({moved}) === \'["A","C","B"]\'')
    menu(wide, "A", "Expand")
    wide.wait_for_function(
        """() => document.querySelector('.st-key-lane_A').offsetWidth
             > 1.5 * document.querySelector('.st-key-lane_C').offsetWidth"""
    )
    menu(wide, "C", "Remove")
    expect(wide.locator(".st-key-lane_C")).to_have_count(0, timeout=LONG)


def menu(page: Page, letter: str, action: str) -> None:
    page.locator(f".st-key-menu_{letter} button").first.click()
    page.get_by_text(action, exact=True).first.click()
    settle(page)


def test_a_follow_up_goes_on_from_each_lanes_own_answer(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    # Not the real model, which writes a token a second where the machine has much to do.
    for letter in "AB":
        choose_model(wide, letter, "local.test-free-v1:0")
    run(wide)
    for letter in "AB":
        expect(lane(wide, letter, "metrics")).to_contain_text("completed", timeout=LONG)
    field = wide.locator(".st-key-follow_up textarea")
    expect(field).to_be_enabled(timeout=LONG)
    field.fill("Make it shorter.")
    field.press("Enter")
    for letter in "AB":
        expect(wide.locator(f".st-key-lane_{letter}")).to_contain_text("Make it shorter.", timeout=LONG)
        expect(lane(wide, letter, "metrics")).to_contain_text("completed", timeout=LONG)
    messages = newest_request(app, "A").messages
    assert [message.role for message in messages] == ["user", "assistant", "user"]


def test_one_lane_runs_again_with_its_new_settings_and_the_other_stays(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, "local.test-one-sampler-v1:0")
    run(wide)
    for letter in "AB":
        expect(lane(wide, letter, "metrics")).to_contain_text("completed", timeout=LONG)
    kept = answer(wide, "A")
    choose_model(wide, "B", "local.fault-access-denied-v1:0")
    menu(wide, "B", "Run this one with its settings")
    expect(lane(wide, "B", "metrics")).to_contain_text("failed", timeout=LONG)
    assert answer(wide, "A") == kept
    assert newest_request(app, "B").model_id == "local.fault-access-denied-v1:0"
    choose_model(wide, "B", "local.test-effort-v1:0")
    wide.get_by_role("button", name="Re-run B").click()
    expect(lane(wide, "B", "metrics")).to_contain_text("completed", timeout=LONG)
    assert answer(wide, "A") == kept
    sent = newest_request(app, "B")
    assert sent.model_id == "local.test-effort-v1:0", "the lane's own button takes the settings of now too"
    expect(wide.locator(".st-key-follow_up textarea")).to_be_enabled(timeout=LONG)
    wide.locator(".st-key-request_B button").click()
    dialog = wide.get_by_role("dialog")
    dialog.get_by_role("tab", name="Follow-up").click()
    expect(dialog.locator("code:visible").last).to_contain_text("(your next message)", timeout=LONG)


def test_a_cold_deep_link_opens_its_page(tmp_path: Path, weights_cache: Path, wide: Page) -> None:
    environment = {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with running_app(APP, tmp_path, environment=environment) as server:
        wide.goto(f"{server.url}/history")
        expect(wide.get_by_role("heading", name="History")).to_be_visible(timeout=LONG)
        expect(wide.get_by_role("dialog")).to_have_count(0)


def test_repeats_run_one_after_the_other_and_each_can_be_looked_at(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    # Not the real model: six answers of it take minutes where the machine has much to do.
    for letter in "AB":
        choose_model(wide, letter, "local.test-free-v1:0")
    wide.locator(".st-key-repeat_popover button").first.click()
    number = wide.locator(".st-key-repeat input")
    number.fill("3")
    number.press("Enter")
    expect(wide.locator(".st-key-repeat_popover")).to_contain_text("Repeat × 3", timeout=LONG)
    wide.keyboard.press("Escape")
    run(wide)
    expect(wide.locator(".js-plotly-plot")).to_have_count(3, timeout=LONG)
    wide.locator(".st-key-lane_A").get_by_role("tab", name="3").or_(
        wide.locator(".st-key-lane_A").get_by_role("button", name="3", exact=True)
    ).first.click()
    expect(lane(wide, "A", "metrics")).to_contain_text("completed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    app: AppServer, browser: Browser, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    open_compare(page, app.url)
    run(page)
    expect(lane(page, "B", "metrics")).to_contain_text("completed", timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for letter in "AB":
        box = page.locator(f".st-key-lane_{letter}").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3])
    assert (brightness < 200) == (scheme == "dark")
    context.close()


def test_nothing_violates_the_content_security_policy(app: AppServer, wide: Page) -> None:
    complaints: list[str] = []
    outside: list[str] = []
    wide.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
    )
    wide.on(
        "request", lambda request: outside.append(request.url) if not_ours(request.url, app.url) else None
    )
    open_compare(wide, app.url)
    run(wide)
    expect(wide.locator(".js-plotly-plot")).to_have_count(3, timeout=LONG)
    wide.get_by_role("link", name="History").click()
    expect(wide.locator('[data-testid="stDataFrame"]').first).to_be_visible(timeout=LONG)
    assert complaints == []
    assert outside == []


def not_ours(url: str, base: str) -> bool:
    return not url.startswith((base, base.replace("http", "ws"), "data:", "blob:"))


def test_kill_9_in_mid_run_leaves_finished_lanes_finished_and_the_others_interrupted(
    tmp_path: Path, weights_cache: Path, wide: Page
) -> None:
    environment = {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path / "data"),
        "BEDROCK_PLAYGROUND_FAULT_TEACHING": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with running_app(APP, tmp_path / "first", environment=environment) as server:
        open_compare(wide, server.url)
        choose_model(wide, "B", STALLED)
        run(wide)
        expect(lane(wide, "A", "metrics")).to_contain_text("completed", timeout=LONG)
        expect(lane(wide, "B", "text")).to_contain_text(re.compile(r"\w"), timeout=LONG)
        address = wide.url
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
    query = address.split("?")[1]
    with running_app(APP, tmp_path / "second", environment=environment) as server:
        wide.goto(f"{server.url}/?{query}")
        expect(lane(wide, "A", "metrics")).to_contain_text("completed", timeout=LONG)
        expect(wide.locator(".st-key-lane_B")).to_contain_text(
            re.compile("interrupted", re.IGNORECASE), timeout=LONG
        )
    with sqlite3.connect(tmp_path / "data" / "history.sqlite3") as database:
        states = dict(database.execute("SELECT label, state FROM runs"))
    assert states == {"A": "completed", "B": "interrupted"}


def test_the_installed_command_starts_the_app_from_another_folder(  # noqa: PLR0917 - fixtures
    tmp_path: Path, weights_cache: Path, wide: Page, free_tcp_port: Callable[[], int]
) -> None:
    port = free_tcp_port()
    command = Path(sys.executable).parent / "bedrock-playground"
    environment = os.environ | {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path / "data"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    process = subprocess.Popen(
        [command, "run", "--", "--server.port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        printed = ""
        while f":{port}" not in printed:
            line = process.stdout.readline()
            assert line, f"it ended: {printed}"
            printed += line
        open_compare(wide, f"http://127.0.0.1:{port}")
        # Our own theme proves that the app's configuration was found from another folder.
        background = wide.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stSidebar]')).backgroundColor"
        )
        assert background == "rgb(244, 246, 249)"
    finally:
        process.terminate()
        process.communicate(timeout=20)
