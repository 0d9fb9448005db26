"""Make the README's pictures anew: the real app, the real local model, a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "screenshots"
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Return the browser's path.

    Raises:
        FileNotFoundError: There is none.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("No Chromium was found. `make system` installs one.")


@contextmanager
def app(data_dir: Path) -> Iterator[str]:
    """Run the app with an empty history, and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {
        "BEDROCK_PLAYGROUND_DATA_DIR": str(data_dir),
        "BEDROCK_PLAYGROUND_CACHE_DIR": os.environ.get(
            "BEDROCK_PLAYGROUND_TEST_CACHE", str(ROOT / ".cache" / "test")
        ),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "streamlit_app.py"),
        "--server.port",
        str(port),
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


PAGES = (
    ("planner", "planner", ".js-plotly-plot"),
    ("history", "history", '[data-testid="stDataFrame"]'),
    ("models", "models", '[data-testid="stDataFrame"]'),
    ("which-model", "which_model", '[data-testid="stSlider"]'),
    ("connection", "connection", "text=Where calls go"),
)
"""Name of the picture, address, and what stands there once the page is drawn."""


def run(page: Page, url: str, *, prompt: str | None = None, repeats: int = 1) -> None:
    """Open Compare, press Run and wait for both lanes to finish.

    Args:
        page: A browser's page.
        url: The app's address.
        prompt: What to ask; the one that stands there if not given.
        repeats: How often each variant answers.
    """
    page.goto(url)
    page.locator(".st-key-run button:not([disabled])").wait_for(timeout=180_000)
    if prompt is not None:
        page.locator(".st-key-prompt textarea").fill(prompt)
    if repeats > 1:
        page.locator(".st-key-repeat_popover button").first.click()
        number = page.locator(".st-key-repeat input")
        number.fill(str(repeats))
        number.press("Enter")
        page.get_by_text(f"Repeat × {repeats}").wait_for()
        page.keyboard.press("Escape")
        number.wait_for(state="hidden")
    page.locator(".st-key-run button").click()
    # They come when all runs of all lanes have ended.
    page.locator(".js-plotly-plot").nth(2).wait_for(timeout=600_000)
    # Off the button, whose hover colour is not its own.
    page.mouse.move(5, 500)
    page.wait_for_timeout(1500)


def compare(page: Page, url: str, ending: str) -> None:
    """Run once; take Compare's top with the answers, and the charts under them."""
    run(page, url)
    page.screenshot(path=PICTURES / f"compare-{ending}")
    # Below the page's header, which stays where it is.
    page.locator(".bp-charts").evaluate(
        "(charts) => { charts.style.scrollMarginTop = '4.5rem'; charts.scrollIntoView({ block: 'start' }); }"
    )
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / f"compare-charts-{ending}")


def analytics(page: Page, url: str, ending: str) -> None:
    """Take what temperature changes over all runs so far."""
    page.goto(f"{url}/analytics")
    page.get_by_text("Parameters", exact=True).click()
    page.locator(".js-plotly-plot").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / f"analytics-{ending}")


def played(page: Page, url: str) -> str:
    """Run a cascade on Patterns; returns the address at which it can be seen."""
    page.goto(f"{url}/patterns")
    page.get_by_text("Cascade", exact=True).first.click()
    page.get_by_text("Asks the cheapest model first").wait_for(timeout=60_000)
    page.locator(".st-key-pattern_run_button button:not([disabled])").click()
    page.get_by_text("Beside the models alone").wait_for(timeout=300_000)
    return page.url


def evaluated(page: Page, url: str) -> str:
    """Evaluate two contenders and a cascade of them; returns the address at which it can be seen."""
    page.goto(f"{url}/evaluate")
    page.locator(".st-key-evaluate_add_cascade button").click(timeout=180_000)
    page.locator(".st-key-contender_C").wait_for(timeout=60_000)
    page.locator(".st-key-evaluate_start button").click()
    page.get_by_text("Completed", exact=True).wait_for(timeout=1_200_000)
    return page.url


def patterns(page: Page, seen_at: str, ending: str) -> None:
    """Take the way that the cascade took, and why."""
    page.goto(seen_at)
    page.get_by_text("Beside the models alone").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    page.screenshot(path=PICTURES / f"patterns-{ending}")


def evaluate(page: Page, seen_at: str, ending: str) -> None:
    """Take what the evaluation found, and its trade-off."""
    page.goto(seen_at)
    page.locator(".js-plotly-plot").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    page.screenshot(path=PICTURES / f"evaluate-{ending}")
    trade_off = page.get_by_role("radio", name="Trade-off").or_(page.get_by_role("button", name="Trade-off"))
    trade_off.first.click()
    page.get_by_text("they are the frontier").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    page.screenshot(path=PICTURES / f"trade-off-{ending}")


def main() -> None:
    """Make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, app(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        # Short answers, many of them: Analytics has something to add up.
        run(browser.new_page(), url, prompt="Name a colour. Answer in one word.", repeats=20)
        cascade, evaluation = played(browser.new_page(), url), evaluated(browser.new_page(), url)
        for scheme in ("light", "dark"):
            for name, width, height in (("", 1440, 900), ("-phone", 390, 844)):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                ending = f"{scheme}{name}.png"
                compare(page, url, ending)
                analytics(page, url, ending)
                patterns(page, cascade, ending)
                evaluate(page, evaluation, ending)
                for title, path, shown in PAGES:
                    page.goto(f"{url}/{path}")
                    page.locator(shown).first.wait_for(timeout=60_000)
                    page.wait_for_timeout(1500)
                    page.screenshot(path=PICTURES / f"{title}-{ending}")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
