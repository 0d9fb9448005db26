"""The Planner in a real Chromium, wide and on a phone; no call is made, so no model is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, AppServer, running_app
from tests.browser.test_costs import answer, pick
from tests.browser.test_main_job import LONG
from tests.wire.invocation.scripted import ScriptedServer

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = ScriptedServer(answer)
    environment = {
        "BEDROCK_PLAYGROUND_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    home = tmp_path_factory.mktemp("planner")
    with running_app(ROOT / "streamlit_app.py", home, environment=environment) as running:
        yield running
    server.close()


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["wide", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    yield context.new_page()
    context.close()


def test_a_plan_from_assumptions_to_a_file(app: AppServer, page: Page, tmp_path: Path) -> None:
    page.goto(f"{app.url}/planner")
    headline = page.locator(".st-key-planner_headline")
    expect(headline).to_contain_text(re.compile(r"\$[\d,]+\.\d\d"), timeout=LONG)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)

    box = page.get_by_label("Requests a day", exact=True)
    box.fill("100")
    box.press("Enter")
    # 100 x 30.
    expect(headline).to_contain_text("3,000", timeout=LONG)
    page.locator(".st-key-planner_cheapest").get_by_text("Cheapest of each maker").click()
    pick(page, "planner_models", HAIKU, keeps=False)
    # 3,000 x (4,000 x 1.1 + 400 x 5.5) / 1,000,000.
    expect(headline).to_contain_text("$19.80", timeout=LONG)

    page.get_by_role("tab", name="Break-even").click()
    panel = page.get_by_role("tabpanel", name="Break-even")
    expect(panel).to_contain_text("Claude Haiku 4.5, 1 hour: cheaper from use 3 on", timeout=LONG)

    page.get_by_role("tab", name="Take away").click()
    button = page.locator(".st-key-planner_export_json button")
    expect(button).to_be_visible(timeout=LONG)
    with page.expect_download(timeout=LONG) as download:
        button.click()
    download.value.save_as(tmp_path / "plan.json")
    told = json.loads((tmp_path / "plan.json").read_text())
    assert told["assumptions"]["requests per day"] == "100"
    on_demand = [row for row in told["rows"] if row["mode"] == "on demand"]
    assert [float(row["usd_per_month"]) for row in on_demand if row["model_id"] == HAIKU] == [19.8]
    # Nothing is wider than the page.
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
    assert width <= 0
