"""Analytics in Chromium: charts that say what they show, on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, expect

from bedrock_playground.history import RunStore
from bedrock_playground.invocation.values import Timing
from tests.browser.conftest import ROOT, AppServer
from tests.store.builders import record, result

_MODELS = ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-micro-v1:0")


def test_charts_are_drawn_and_told_and_a_phone_shows_them_whole(
    app_server: Callable[..., AppServer], page: Page, *, tmp_path: Path, weights_cache: Path
) -> None:
    # Where the first app of a test keeps its data.
    _fill(tmp_path / "app0" / "data")
    server = app_server(
        ROOT / "streamlit_app.py", environment={"BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache)}
    )
    page.goto(f"{server.url}/analytics")
    chart = page.locator("[class*='st-key-analytics_chart_']")
    expect(chart.locator(".js-plotly-plot")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text("$6.00")
    expect(page.get_by_label("Cost per day by model, $6.00 in all.").first).to_be_attached()

    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Latency by model", exact=True).click()
    expect(
        page.locator(".st-key-analytics_chart_time_to_first_token_by_model .js-plotly-plot")
    ).to_be_visible()
    # Its name stands above the row, without day and version.
    expect(chart.get_by_text("us.anthropic.claude-haiku-4-5", exact=True)).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "a phone need not scroll sideways"


def _fill(folder: Path) -> None:
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        store.add(
            record(
                model_id=_MODELS[number % 2],
                identity_changes={
                    "started_at": datetime.now(UTC) - timedelta(days=number % 6),
                    "endpoint": "bedrock",
                },
                result=result(timing=Timing(time_to_first_token=0.1 + number / 100, total=1.0 + number / 10)),
                cost=Decimal("0.1"),
                price_confidence="confirmed",
            )
            for number in range(60)
        )
