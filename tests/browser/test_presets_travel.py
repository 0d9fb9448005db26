"""A preset leaves one installation as a file and comes back in another as the identical request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bedrock_playground.presets.formats import find_format, format_names
from tests.browser.conftest import ROOT, running_app
from tests.browser.test_main_job import LONG, choose_model, open_compare

APP = ROOT / "streamlit_app.py"
PACED = "local.fault-paced-v1:0"


@pytest.fixture
def environment(weights_cache: Path) -> dict[str, str]:
    return {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_FAULT_TEACHING": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def request_of(page: Page, letter: str) -> Any:
    """What the page says will be sent."""
    page.locator(f".st-key-request_{letter} button").click()
    shown = page.get_by_role("dialog").get_by_test_id("stCode").first
    expect(shown).to_contain_text("inferenceConfig", timeout=LONG)
    told = json.loads(shown.locator("code").inner_text())
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    return told


def tick_first(page: Page) -> None:
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible(timeout=LONG)
    expect(grid.locator("canvas").first).to_be_visible(timeout=LONG)
    box = grid.bounding_box()
    assert box
    page.mouse.click(box["x"] + 16, box["y"] + 35 + 17)


def tune_and_save(page: Page, url: str) -> Any:
    """Make a lane of our own and save it; returns what it would send."""
    open_compare(page, url)
    choose_model(page, "A", PACED)
    prompt = page.locator(".st-key-prompt textarea")
    prompt.fill('Why is {{thing}} blue?\nAnswer as {"a": "…"}, not as \\{{thing}}.')
    page.locator(".st-key-settings_A button").first.click()
    panel = page.get_by_test_id("stPopoverBody")
    most = panel.locator(".st-key-A_max_tokens input")
    expect(most).to_be_visible(timeout=LONG)
    most.fill("77")
    most.press("Enter")
    expect(page.locator(".st-key-row_A")).to_contain_text("max 77", timeout=LONG)
    page.keyboard.press("Escape")
    field = page.locator(".st-key-template_value_thing textarea")
    field.fill("the “sea”")
    field.press("Tab")
    # With it goes a line: until then a click on what stands below would miss.
    expect(page.get_by_text("Still empty")).to_have_count(0, timeout=LONG)
    sent = request_of(page, "A")
    text = sent["messages"][0]["content"][0]["text"]
    assert text == 'Why is the “sea” blue?\nAnswer as {"a": "…"}, not as {{thing}}.'
    page.locator(".st-key-menu_A button").click()
    page.get_by_text("Save as preset").click()
    dialog = page.get_by_role("dialog")
    name = dialog.locator(".st-key-preset_save_name input")
    expect(name).to_be_visible(timeout=LONG)
    name.fill("Blue things")
    name.press("Tab")
    dialog.locator(".st-key-preset_save_confirm button").click()
    expect(dialog).to_have_count(0, timeout=LONG)
    expect(page.locator(".st-key-lane_A")).to_contain_text(
        "From the preset Blue things, version 1", timeout=LONG
    )
    return sent


def take_away(page: Page, folder: Path) -> dict[str, Path]:
    """Download the preset in every format that there is; returns the files by the formats' names."""
    page.get_by_role("link", name="Presets").click()
    expect(page.locator(".st-key-presets_bar")).to_contain_text("7 presets", timeout=LONG)
    tick_first(page)
    expect(page.locator(".st-key-preset_detail")).to_contain_text("Blue things", timeout=LONG)
    page.get_by_role("tab", name="Export").click()
    files = {}
    for name in format_names():
        box = page.locator(".st-key-preset_export_format input")
        if find_format(name).label != box.input_value():
            box.click()
            box.fill(find_format(name).label)
            page.get_by_role("option", name=find_format(name).label, exact=True).click()
        button = page.locator(f".st-key-preset_download_{name} button")
        expect(button).to_be_visible(timeout=LONG)
        with page.expect_download(timeout=LONG) as download:
            button.click()
        files[name] = folder / f"{name}-{download.value.suggested_filename}"
        download.value.save_as(files[name])
    return files


def bring_in(page: Page, url: str, file: Path) -> None:
    page.goto(f"{url}/presets")
    expect(page.locator(".st-key-presets_bar")).to_contain_text("6 presets", timeout=LONG)
    page.locator(".st-key-presets_import button").first.click()
    panel = page.get_by_test_id("stPopoverBody")
    panel.locator("input[type=file]").set_input_files(file)
    expect(panel).to_contain_text("Blue things", timeout=LONG)
    page.locator(".st-key-presets_import_confirm button").click()
    expect(page.locator(".st-key-presets_bar")).to_contain_text("7 presets", timeout=LONG)
    # What was imported is opened at once.
    expect(page.locator(".st-key-preset_detail")).to_contain_text("Blue things", timeout=LONG)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-presets_open button")).to_be_enabled(timeout=LONG)


def test_a_tuned_lane_leaves_in_every_format_and_is_the_same_request_in_a_fresh_installation(
    browser: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_app(APP, tmp_path / "here", environment=environment) as here:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        sent = tune_and_save(page, here.url)
        files = take_away(page, tmp_path)
        context.close()
    assert files["json"].name == "json-blue-things.json"
    assert all("blue" in file.read_text(encoding="utf-8") for file in files.values()), "what is asked"
    for name in ("json", "yaml"):
        with running_app(APP, tmp_path / f"there-{name}", environment=environment) as there:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            bring_in(page, there.url, files[name])
            page.locator(".st-key-presets_open button").click()
            lane = page.locator(".st-key-lane_A")
            expect(lane).to_contain_text("From the preset Blue things", timeout=LONG)
            assert request_of(page, "A") == sent
            context.close()
