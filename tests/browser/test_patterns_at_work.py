"""A pattern at work in a real Chromium: a fallback whose first target is down, on the local endpoint."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import AppServer

SOON, LONG = 20_000, 60_000


def open_fallback(page: Page, app: AppServer) -> None:
    page.goto(f"{app.url}/patterns")
    kinds = page.locator(".st-key-pattern_kind")
    expect(kinds.get_by_text("Fallback", exact=True)).to_be_visible(timeout=LONG)
    # Nobody can play before the models are known.
    expect(kinds.locator("[disabled]")).to_have_count(0, timeout=LONG)
    kinds.get_by_text("Fallback", exact=True).click()
    expect(diagram(page)).to_contain_text("target 2", timeout=SOON)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Write two sentences about the sea.")


def diagram(page: Page) -> Locator:
    return page.locator(".st-key-pattern_path .bpp-across svg")


def make_the_first_one_fail(page: Page) -> None:
    board = page.locator(".st-key-pattern_faults")
    board.get_by_text("Make models fail, and watch").click()
    who = board.get_by_role("combobox", name="Who")
    expect(who).to_have_value(re.compile("^target 1 · "), timeout=SOON)
    expect(board.get_by_role("combobox", name="How")).to_have_value("Down (503)")
    board.get_by_role("button", name="Apply").click()
    expect(badge(page)).to_contain_text("1 fault is on", timeout=SOON)


def badge(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar").locator(".st-key-faults_badge")


def clear(page: Page) -> None:
    badge(page).get_by_role("button", name="Clear").click()
    expect(badge(page)).to_have_count(0, timeout=SOON)


def test_a_fallback_goes_on_to_its_second_target_and_says_why(wide: Page, app: AppServer) -> None:
    page = wide
    open_fallback(page, app)
    # The shared model is not made to answer twice at once.
    page.locator(".st-key-pattern_alone").get_by_role("button", pressed=True).click()
    expect(page.locator(".st-key-pattern_alone").get_by_role("button", pressed=True)).to_have_count(0)
    make_the_first_one_fail(page)
    try:
        page.get_by_role("button", name=re.compile("^Run")).click()
        expect(page.get_by_text("target 2 answered.")).to_be_visible(timeout=LONG)
        expect(page.get_by_text(re.compile(r"target 1 failed \(ServiceUnavailable")).first).to_be_visible()

        expect(diagram(page).locator("g.bpp-failed")).to_contain_text("target 1", timeout=SOON)
        expect(diagram(page).locator("g.bpp-box.bpp-taken")).to_contain_text("target 2")
        expect(diagram(page).locator("desc")).to_contain_text("target 1: ")
        calls = page.locator(".bpp-timeline [role=listitem]")
        expect(calls.last).to_have_attribute("aria-label", re.compile(r"^target 2, .*first token after"))
        expect(calls.first).to_have_attribute("aria-label", re.compile(r"^target 1, .*ServiceUnavailable"))

        lane = page.locator(".st-key-pattern_lane_A")
        expect(lane.get_by_test_id("lane-text")).not_to_be_empty()
        expect(lane).to_contain_text("completed", timeout=SOON)
        assert "comparison=" in page.url
    finally:
        clear(page)
