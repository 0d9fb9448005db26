"""A link opened elsewhere restores everything and runs nothing; a report opens alone and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from bedrock_playground.history import RunStore
from bedrock_playground.sharing.report import collect, to_html
from tests.browser.conftest import ROOT, AppServer, running_app
from tests.browser.test_main_job import LONG, choose_model, lane, open_compare
from tests.browser.test_presets_travel import request_of
from tests.unit.rendering.hostile import HOSTILE
from tests.unit.sharing.test_share_reports import NOON, answer, comparison, request

APP = ROOT / "streamlit_app.py"
PACED = "local.fault-paced-v1:0"
MARKER = "window.acted"


@pytest.fixture
def app(tmp_path: Path, weights_cache: Path) -> Iterator[AppServer]:
    environment = {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_FAULT_TEACHING": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with running_app(APP, tmp_path, environment=environment) as server:
        yield server


def runs_kept(server: AppServer) -> int:
    folder = server.home / "data"
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        return store.count()


def tune(page: Page) -> None:
    """Set up a comparison that is not the one a session begins with."""
    choose_model(page, "A", PACED)
    page.locator(".st-key-prompt textarea").fill("Why is {{thing}} blue? <script>alert(1)</script>")
    page.locator(".st-key-settings_B button").first.click()
    most = page.get_by_test_id("stPopoverBody").locator(".st-key-B_max_tokens input")
    expect(most).to_be_visible(timeout=LONG)
    most.fill("33")
    most.press("Enter")
    expect(page.locator(".st-key-row_B")).to_contain_text("max 33", timeout=LONG)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Still empty")).to_be_visible(timeout=LONG)
    thing = page.locator(".st-key-template_value_thing textarea")
    thing.fill("the “sea”")
    thing.press("Tab")
    # With it goes a line: until then a click on what stands below would miss.
    expect(page.get_by_text("Still empty")).to_have_count(0, timeout=LONG)


def copied_link(page: Page) -> str:
    """Press the button that copies the link, and look what was copied."""
    page.locator(".st-key-share button").click()
    shown = page.locator(".st-key-share_link")
    expect(shown).to_contain_text("?share=1.", timeout=LONG)
    shown.get_by_role("button", name="Copy to clipboard").click()
    link = shown.locator("code").inner_text().strip()
    page.wait_for_function("async link => await navigator.clipboard.readText() === link", arg=link)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    return link


def test_a_link_restores_everything_in_another_browser_and_runs_nothing(
    app: AppServer, browser: Browser
) -> None:
    mine = browser.new_context(viewport={"width": 1440, "height": 900})
    mine.grant_permissions(["clipboard-read", "clipboard-write"])
    page = mine.new_page()
    open_compare(page, app.url)
    tune(page)
    sent = [request_of(page, letter) for letter in "AB"]
    assert "Why is the “sea” blue?" in sent[0]["messages"][0]["content"][0]["text"]
    link = copied_link(page)
    mine.close()

    theirs = browser.new_context(viewport={"width": 390, "height": 844})
    other = theirs.new_page()
    other.on("dialog", lambda dialog: pytest.fail(f"Something ran: {dialog.message}"))
    open_compare(other, link)
    expect(other.locator(".st-key-share_opened_notice")).to_contain_text("Nothing has been run", timeout=LONG)
    expect(other.locator(".st-key-prompt textarea")).to_have_value(
        "Why is {{thing}} blue? <script>alert(1)</script>"
    )
    assert [request_of(other, letter) for letter in "AB"] == sent
    assert runs_kept(app) == 0

    # What is opened is still there after a reload; what is run then takes its place in the address.
    open_compare(other, other.url)
    expect(other.locator(".st-key-share_opened_notice")).to_be_visible(timeout=LONG)
    choose_model(other, "B", PACED)
    other.locator(".st-key-run button").click()
    for letter in "AB":
        expect(lane(other, letter, "metrics")).to_contain_text("completed", timeout=LONG)
    expect(other).to_have_url(re.compile(r"\?comparison=[\w-]+$"), timeout=LONG)
    expect(other.locator(".st-key-share_opened_notice")).to_have_count(0, timeout=LONG)
    # Going back does not undo it.
    other.go_back()
    expect(other).to_have_url(re.compile(r"\?comparison=[\w-]+$"), timeout=LONG)
    expect(lane(other, "A", "metrics")).to_contain_text("completed", timeout=LONG)

    other.locator(".st-key-share button").click()
    other.get_by_role("tab", name="Results").click()
    with other.expect_download(timeout=LONG) as download:
        other.locator(".st-key-share_html button").click()
    page_text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Why is the “sea” blue? &lt;script&gt;" in page_text
    assert PACED in page_text
    theirs.close()


def test_a_report_opens_offline_loads_nothing_and_keeps_hostile_text_text(
    browser: Browser, tmp_path: Path
) -> None:
    acting = [text.replace("alert(1)", f"{MARKER}=1") for text in HOSTILE.values()]
    runs = [
        ("A", 0, repeat, request(text, system=text), answer(text))
        for repeat, text in enumerate([*acting, "x <script>window.acted=1</script>", "| a |\n|---|\n| b |"])
    ]
    runs.append(("B", 0, 0, request(), answer("Fine. " * 400)))
    report = tmp_path / "report.html"
    report.write_text(to_html(collect(comparison(*runs), made_at=NOON, votes=acting)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    asked: list[str] = []
    refused: list[str] = []

    def look(route: Route, sent: Request) -> None:
        asked.append(sent.url)
        if sent.url == report.as_uri():
            route.continue_()
        else:
            route.abort()

    context.route("**/*", look)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text))
    page.on("dialog", lambda dialog: pytest.fail(f"Something ran: {dialog.message}"))
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="2 variants, one prompt")).to_be_visible()
    for summary in page.locator("summary").all():
        summary.evaluate("element => { element.parentElement.open = true; }")
    expect(page.get_by_role("img", name=re.compile("Total time"))).to_be_visible()
    assert asked == [report.as_uri()]
    assert page.evaluate(MARKER) is None
    # Not even its own policy had anything to forbid.
    assert refused == []
    # Nothing is wider than a phone: what is, scrolls by itself.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
