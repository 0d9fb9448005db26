"""What a lane cost, in a real Chromium: the real app and boto3, over an endpoint that is scripted here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.conftest import ROOT, AppServer, running_app
from tests.browser.test_main_job import LONG, choose_model, lane, open_compare, run
from tests.wire.invocation.scripted import STOP, Exchange, ScriptedServer, event_frame, text_event

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOBODYS = "nobody.knows-this-v1:0"


def answer(exchange: Exchange) -> None:
    """Answer as a model would, and as an account without any model."""
    if not exchange.path.endswith("/converse-stream"):
        exchange.reply({})
        return
    usage = {
        "inputTokens": 1000, "outputTokens": 500, "totalTokens": 1700,
        "cacheReadInputTokens": 200, "cacheWriteInputTokens": 0,
    }  # fmt: skip
    exchange.head()
    for frame in (
        event_frame("messageStart", {"role": "assistant"}),
        text_event("An answer."),
        event_frame("contentBlockStop", {"contentBlockIndex": 0}),
        STOP,
        event_frame("metadata", {"usage": usage, "metrics": {"latencyMs": 7}}),
    ):
        exchange.chunk(frame)
    exchange.end()


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
    script = ROOT / "streamlit_app.py"
    with running_app(script, tmp_path_factory.mktemp("costs"), environment=environment) as running:
        yield running
    server.close()


def pick(page: Page, key: str, model_id: str, *, keeps: bool = True) -> None:
    """Pick an id in a select box, which keeps it as its text, or in one of many choices, which does not.

    Streamlit closes a list as soon as the page scrolls, be it to bring the box into view or because charts
    arrive below; what was typed stays, and the arrow key opens the list again, as it does for a person.
    """
    box = page.locator(f".st-key-{key} input")
    option = page.get_by_role("option", name=re.compile(rf"· {re.escape(model_id)}$"))
    box.click()
    box.fill(model_id)
    for _ in range(10):
        with suppress(PlaywrightTimeout):
            option.click(timeout=2_000)
            break
        box.press("ArrowDown")
    if not keeps:
        # The list stays open for another choice, and hides the rest of the page meanwhile.
        box.press("Escape")
        expect(option).to_be_hidden()
    else:
        expect(box).to_have_value(re.compile(re.escape(model_id)))


def test_a_lane_says_what_it_cost_and_whence_and_unknown_is_unknown(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    choose_model(wide, "A", HAIKU)
    choose_model(wide, "B", NOBODYS)
    run(wide)
    # What B costs nobody knows, so it asks first, naming it, and nothing is sent before.
    question = wide.locator(".st-key-spending_question")
    expect(question).to_contain_text(f"No source has a price for {NOBODYS}", timeout=LONG)
    expect(wide.locator(".st-key-cost_line")).to_contain_text("plus B: cost unknown")
    question.get_by_role("button", name="Send it all the same").click()
    # 1,000 x 1.1 + 500 x 5.5 + 200 x 0.11, in millionths.
    expect(lane(wide, "A", "metrics")).to_contain_text(re.compile(r"cost\s*\$0\.00387"), timeout=LONG)
    expect(lane(wide, "A", "metrics")).to_contain_text(re.compile(r"per 1,000\s*\$3\.87"))
    for words in ("as of 20", "If that endpoint bills as Amazon Bedrock does"):
        expect(lane(wide, "A", "metrics").locator(f'[title*="{words}"]').first).to_be_visible()
    expect(lane(wide, "B", "metrics")).to_contain_text(re.compile(r"cost\s*unknown"), timeout=LONG)
    expect(lane(wide, "B", "metrics").locator('[title*="No source has a price"]').first).to_be_visible()

    expect(wide.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)
    wide.get_by_text("Price as if", exact=True).click()
    pick(wide, "price_as_if_model", "amazon.nova-pro-v1:0")
    # 1,200 input tokens without a cache x 0.8 + 500 x 3.2, in millionths.
    expect(wide.get_by_test_id("price-as-if")).to_contain_text("$0.00256", timeout=LONG)
    wide.locator(".st-key-price_as_if_everywhere").get_by_text("On every model").click()
    expect(wide.locator(".st-key-as_if_chart .js-plotly-plot")).to_be_visible(timeout=LONG)
    expect(wide.locator(".st-key-price_as_if [data-testid=stDataFrame]").first).to_be_visible(timeout=LONG)

    wide.goto(wide.url)
    expect(lane(wide, "A", "metrics")).to_contain_text(re.compile(r"cost\s*\$0\.00387"), timeout=LONG)


def test_a_reached_limit_is_said_beside_run_and_in_the_lane(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    choose_model(wide, "A", HAIKU)
    expect(wide.locator(".st-key-cost_line")).to_contain_text("Run costs", timeout=LONG)
    wide.get_by_role("link", name="Connection").click()
    limit = wide.get_by_label("Session limit, US$")
    limit.fill("0.001")
    limit.press("Enter")
    expect(wide.locator(".st-key-connection_spending")).to_contain_text("Left: $0.001", timeout=LONG)
    wide.get_by_role("link", name="Compare", exact=True).click()
    line = wide.locator(".st-key-cost_line")
    expect(line).to_contain_text("more than the $0.001", timeout=LONG)
    run(wide)
    # A costs up to 0.002 and is refused; B, a fraction of that, still fits.
    expect(wide.locator(".st-key-lane_A")).to_contain_text("It was not sent", timeout=LONG)
    expect(wide.locator(".st-key-lane_A")).to_contain_text("Lower max tokens")
    expect(lane(wide, "B", "text")).to_contain_text("An answer.", timeout=LONG)
    expect(lane(wide, "A", "metrics")).to_contain_text(re.compile(r"cost\s*\$0"))
