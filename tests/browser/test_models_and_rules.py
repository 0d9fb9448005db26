"""The parameter panel in a real Chromium: what a model does not take is not offered, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    switch,
)

CLAUDE_45 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NO_SAMPLING = "us.anthropic.claude-opus-5-5"
LOCAL = "local.smollm2-135m-instruct-v1:0"
APPLICATION_PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"


@pytest.fixture
def page(browser: Browser, app: AppServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    open_compare(opened, app.url)
    yield opened
    context.close()


def settings(page: Page, letter: str) -> Locator:
    """Open the settings of a variant."""
    page.locator(f".st-key-settings_{letter} button").first.click()
    panel = page.get_by_test_id("stPopoverBody")
    expect(panel).to_contain_text("Only what is switched on is sent", timeout=LONG)
    settle(page)
    return panel


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0, timeout=LONG)
    settle(page)


def control(page: Page, letter: str, name: str) -> Locator:
    return page.locator(f".st-key-control_{letter}_{name}")


def expect_switch(page: Page, letter: str, *, name: str, usable: bool) -> None:
    """Wait until a control's switch can be used, or cannot; while a rerun is under way there may be two."""
    switches = control(page, letter, name).get_by_role("switch")
    expect(switches).to_have_count(1, timeout=LONG)
    expect(
        control(page, letter, name).locator(f"input:{'enabled' if usable else 'disabled'}").first
    ).to_be_attached(timeout=LONG)


def type_model(page: Page, letter: str, model_id: str) -> None:
    """Type an id and take it, listed or not."""
    box = page.locator(f".st-key-{letter}_model input")
    box.click()
    box.fill(model_id)
    page.get_by_role("option").filter(has_text=model_id).first.click()
    expect(page.locator(f".st-key-lane_{letter}")).to_contain_text("profile", timeout=LONG)
    settle(page)


def test_claude_45_takes_temperature_or_top_p_and_one_disables_the_other(page: Page) -> None:
    choose_model(page, "A", CLAUDE_45)
    settings(page, "A")
    # The variant came with temperature 0.
    expect_switch(page, "A", name="temperature", usable=True)
    expect_switch(page, "A", name="top_p", usable=False)
    expect(control(page, "A", "top_p")).to_contain_text(
        "takes temperature or top-p, not both: temperature is in use"
    )
    switch(page, "A", name="temperature", on=False)
    switch(page, "A", name="top_p", on=True)
    expect_switch(page, "A", name="temperature", usable=False)
    expect(control(page, "A", "temperature")).to_contain_text("top-p is in use")


def test_a_model_that_rejects_sampling_shows_effort_and_going_back_restores_the_sliders(page: Page) -> None:
    settings(page, "B")
    number = control(page, "B", "temperature").locator("input[type=number]")
    number.fill("0.35")
    number.press("Enter")
    expect(page.locator(".st-key-row_B")).to_contain_text("temp 0.35", timeout=LONG)
    close(page)

    choose_model(page, "B", NO_SAMPLING)
    expect(page.locator(".st-key-row_B")).to_contain_text("1 set aside", timeout=LONG)
    panel = settings(page, "B")
    expect(control(page, "B", "temperature")).to_have_count(0)
    expect(control(page, "B", "top_p")).to_have_count(0)
    expect(panel).to_contain_text("refuses requests that set temperature")
    expect(panel).to_contain_text("Set aside for this model: temperature 0.35 (rejected)")
    expect(control(page, "B", "effort").get_by_role("combobox")).to_be_visible()
    close(page)

    page.locator(".st-key-request_B button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("dropped", timeout=LONG)
    expect(dialog.locator("code").last).not_to_contain_text("temperature")
    expect(dialog).to_contain_text(f'"modelId": "{NO_SAMPLING}"')
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0, timeout=LONG)

    choose_model(page, "B", LOCAL)
    settings(page, "B")
    temperature = control(page, "B", "temperature")
    expect(temperature.locator("input[type=number]")).to_have_value("0.35", timeout=LONG)
    expect(temperature.get_by_role("slider")).to_have_value("0.35")


def test_an_application_profile_resolves_to_its_model_and_sends_what_that_takes(
    app: AppServer, page: Page
) -> None:
    type_model(page, "A", APPLICATION_PROFILE)
    panel = settings(page, "A")
    expect(panel).to_contain_text("Claude Haiku 4.5")
    expect(control(page, "A", "top_p")).to_contain_text("takes temperature or top-p, not both")
    close(page)
    # The endpoint refuses both together as AWS does: that it answers proves that only one was sent.
    run(page)
    expect(lane(page, "A", "text")).to_contain_text(re.compile("fixture", re.IGNORECASE), timeout=LONG)
    expect(lane(page, "A", "metrics")).to_contain_text("completed", timeout=LONG)
    request = newest_request(app, "A")
    assert request.model_id == APPLICATION_PROFILE
    assert (request.parameters.temperature, request.parameters.top_p) == (0.0, None)


def test_what_was_typed_can_be_read_and_outlives_escape(page: Page) -> None:
    choose_model(page, "A", CLAUDE_45)
    settings(page, "A")
    box = control(page, "A", "max_tokens").locator("input[type=number]")
    box.fill("64000")
    box.press("Enter")
    expect(page.locator(".st-key-row_A")).to_contain_text("max 64000", timeout=LONG)
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth"), "the number is cut off"
    page.locator(".st-key-advanced_A summary").click()
    page.locator(".st-key-A_additional_fields textarea").fill('{"seed": 7}')
    close(page)
    expect(page.locator(".st-key-row_A")).to_contain_text("max 64000 · extra fields", timeout=LONG)
    page.locator(".st-key-schema_popover button").first.click()
    page.get_by_test_id("stPopoverBody").locator("label").first.click()
    schema = page.get_by_role("textbox", name="JSON schema", exact=True)
    expect(schema).to_be_enabled(timeout=LONG)
    schema.fill('{"type": "array"}')
    close(page)
    page.locator(".st-key-schema_popover button").first.click()
    expect(page.get_by_role("textbox", name="JSON schema", exact=True)).to_have_value(
        '{"type": "array"}', timeout=LONG
    )
