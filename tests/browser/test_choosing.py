"""The pages that choose, in Chromium: what a canvas draws, AppTest cannot click."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, AppServer


def test_a_click_on_a_head_sorts_and_a_tick_opens_a_model_that_the_address_keeps(
    app_server: Callable[..., AppServer], page: Page, weights_cache: Path
) -> None:
    server = app_server(
        ROOT / "streamlit_app.py", environment={"BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache)}
    )
    page.goto(f"{server.url}/models")
    sort = page.locator(".st-key-models_sort input")
    expect(sort).to_have_value("Current first", timeout=60_000)
    _click(page, x=270, row=0)
    expect(sort).to_have_value("Input price, lowest first")
    _click(page, x=270, row=0)
    expect(sort).to_have_value("Input price, highest first")
    # The dearest model of the snapshot stands first; which one that is, the snapshot knows.
    _click(page, x=18, row=1)
    detail = page.locator(".st-key-model_detail")
    expect(detail).to_be_visible()
    name = detail.locator("h3").inner_text()
    expect(page).to_have_url(re.compile("[?&]model="))
    page.reload()
    expect(detail.locator("h3")).to_have_text(name)


def _click(page: Page, *, x: int, row: int) -> None:
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    box = grid.bounding_box()
    assert box
    page.mouse.click(box["x"] + x, box["y"] + 17 + 35 * row)
