"""Taking a finished lane away, in a real Chromium: what is downloaded sends what the lane sent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import AppServer
from tests.browser.test_main_job import (
    LONG,
    choose_model,
    lane,
    newest_request,
    open_compare,
    run,
    settle,
)
from tests.wire.invocation.scripted import ScriptedServer
from tests.wire.presets.exporting import HOSTILE, answer, sent, sent_by_lane
from tests.wire.presets.exporting import run as run_command

FREE = "local.test-free-v1:0"


@pytest.fixture
def page(browser: Browser, app: AppServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    open_compare(opened, app.url)
    yield opened
    context.close()


def take_away(page: Page, letter: str) -> Locator:
    """Open the dialog of a lane."""
    page.locator(f".st-key-menu_{letter} button").first.click()
    page.get_by_test_id("stMenuButtonBody").get_by_text("Take it away").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("pre").first).to_contain_text("converse_stream", timeout=LONG)
    return dialog


def pick_format(page: Page, dialog: Locator, title: str) -> None:
    dialog.locator(".st-key-take_away_format input").fill(title)
    page.get_by_role("option", name=title, exact=False).first.click()


def test_what_is_downloaded_sends_what_the_lane_sent(page: Page, app: AppServer, tmp_path: Path) -> None:
    prompt = page.get_by_label("Prompt", exact=True)
    # A text area has line feeds alone; a backslash keeps what looks like a variable from being one.
    prompt.fill(HOSTILE.replace("\r", " ").replace("\x07", " ").replace("{{name}}", "\\{{name}}"))
    choose_model(page, "A", FREE)
    run(page)
    expect(lane(page, "A", "metrics")).to_contain_text("completed", timeout=LONG)
    dialog = take_away(page, "A")
    with page.expect_download(timeout=LONG) as downloading:
        dialog.get_by_role("button", name="Download bedrock_converse_stream.py").click()
    script = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(script)
    server = ScriptedServer(answer)
    try:
        wanted = sent_by_lane(server, newest_request(app, "A"))
        run_command([sys.executable, script.name], tmp_path, server.url)
        assert sent(server.exchanges[-1]) == wanted
    finally:
        server.close()
    assert wanted.body["messages"][0]["content"][0]["text"].startswith('It\'s "quoted"')
    assert wanted.body["inferenceConfig"]["maxTokens"] > 0
    assert not (tmp_path / "pwned").exists()


def test_another_format_the_policy_and_a_check_of_ones_own(page: Page) -> None:
    dialog = take_away(page, "B")
    pick_format(page, dialog, "Strands")
    expect(dialog.locator("pre").first).to_contain_text("from strands import Agent", timeout=LONG)
    dialog.get_by_role("tab", name="IAM policy").click()
    field = dialog.get_by_label("Regions that us.amazon.nova-lite-v1:0 sends requests to")
    field.fill("us-east-1, us-west-2")
    field.press("Enter")
    policy = dialog.locator("pre").nth(1)
    expect(policy).to_contain_text("us-west-2::foundation-model", timeout=LONG)
    dialog.get_by_text("Check a policy that you have").click()
    dialog.get_by_label("The policy's JSON").fill(
        '{"Statement": {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}}'
    )
    dialog.get_by_role("button", name="Check", exact=True).click()
    expect(dialog).to_contain_text("3 things are too wide", timeout=LONG)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    settle(page)
