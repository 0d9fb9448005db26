"""The live view in Chromium: it streams, survives breaks, tabs, reloads and proxies, and stops when told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.conftest import ROOT, AppServer, running_app
from tests.browser.proxy import reverse_proxy
from tests.wire.live.scripted import markdown_of

LIVE = ROOT / "tests" / "browser" / "apps" / "live_app.py"


def raw_text(page: Page, label: str) -> str:
    """What a lane holds, as its raw view shows it."""
    lane = page.locator(f".st-key-lane_{label}")
    button = lane.get_by_role("button", name="Show the raw text")
    if button.get_attribute("aria-pressed") == "false":
        button.click()
    return str(lane.get_by_test_id("lane-text").locator(".bp-md").evaluate("(md) => md.textContent"))


def wait_completed(page: Page, lanes: int) -> None:
    metrics = page.get_by_test_id("lane-metrics")
    expect(metrics).to_have_count(lanes, timeout=30_000)
    for index in range(lanes):
        expect(metrics.nth(index)).to_contain_text("completed", timeout=60_000)


def test_lanes_stream_and_the_page_learns_of_the_end(page: Page, live_app: AppServer) -> None:
    page.goto(f"{live_app.url}/?lanes=3&tokens=250&rate=100")
    lanes = page.get_by_test_id("lane-text")
    expect(lanes).to_have_count(3, timeout=30_000)
    expect(page.locator(".st-key-lane_B [data-testid='lane-metrics']")).to_contain_text("streaming")
    first = lanes.nth(1).inner_text()
    expect(page.locator(".st-key-lane_B [data-testid='lane-metrics']")).to_contain_text("≈")
    expect(lanes.nth(1)).not_to_have_text(first)
    wait_completed(page, 3)
    metrics = page.locator(".st-key-lane_A [data-testid='lane-metrics']").inner_text()
    assert "≈" not in metrics
    assert "server\nn/a" in metrics.replace(" ", "\n")
    expect(page.get_by_text("done True finished True")).to_be_visible()
    for index, label in enumerate("ABC"):
        assert raw_text(page, label) == markdown_of(250, seed=index)


def test_a_rerun_neither_remounts_nor_reconnects(page: Page, live_app: AppServer) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"{live_app.url}/?lanes=2&tokens=500&rate=100")
    lane = page.get_by_test_id("lane-text").first
    expect(lane).to_contain_text("Section", timeout=30_000)
    lane.evaluate("(element) => { element.marked = true }")
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text("runs 2")).to_be_visible()
    assert lane.evaluate("(element) => element.marked") is True
    wait_completed(page, 2)
    assert len([url for url in sockets if url.endswith("/bp/live")]) == 1


def test_a_network_blip_loses_and_doubles_nothing(
    context: BrowserContext, page: Page, live_app: AppServer
) -> None:
    page.add_init_script(
        "const Plain = WebSocket; window.bpSockets = [];"
        "window.WebSocket = class extends Plain { constructor(...a) { super(...a); bpSockets.push(this) } }"
    )
    page.goto(f"{live_app.url}/?lanes=2&tokens=700&rate=100")
    expect(page.get_by_test_id("lane-text").first).to_contain_text("Section", timeout=30_000)
    for _ in range(3):
        page.evaluate("() => bpSockets.filter((s) => s.url.endsWith('/bp/live')).at(-1).close()")
        page.wait_for_timeout(500)
    context.set_offline(True)
    page.evaluate("() => bpSockets.filter((s) => s.url.endsWith('/bp/live')).at(-1).close()")
    expect(page.locator(".bp-notice").first).to_contain_text("reconnecting")
    page.wait_for_timeout(1_000)
    context.set_offline(False)
    wait_completed(page, 2)
    expect(page.locator(".bp-notice").first).to_be_hidden()
    for index, label in enumerate("AB"):
        assert raw_text(page, label) == markdown_of(700, seed=index)


def test_a_reload_finds_it_again_and_a_stop_stops_it(page: Page, live_app: AppServer) -> None:
    page.goto(f"{live_app.url}/?lanes=2&tokens=5000&rate=100&id=reloaded")
    lane = page.locator(".st-key-lane_A")
    expect(lane.get_by_test_id("lane-text")).to_contain_text("Section", timeout=30_000)
    page.reload()
    expect(lane.get_by_test_id("lane-metrics")).to_contain_text("streaming", timeout=30_000)
    lane.get_by_role("button", name="Stop A").click()
    expect(lane.get_by_test_id("lane-metrics")).to_contain_text("stopped")
    expect(page.locator(".st-key-lane_B").get_by_test_id("lane-metrics")).to_contain_text("streaming")
    kept = raw_text(page, "A")
    assert kept
    assert markdown_of(5000).startswith(kept)
    lane.get_by_role("button", name="Re-run A").click()
    expect(lane.get_by_test_id("lane-metrics")).to_contain_text("streaming")
    for label in "AB":
        page.get_by_role("button", name=f"Stop {label}").click()
        metrics = page.locator(f".st-key-lane_{label}").get_by_test_id("lane-metrics")
        expect(metrics).to_contain_text("stopped")


def test_the_page_learns_that_a_lane_runs_again(page: Page, live_app: AppServer) -> None:
    page.goto(f"{live_app.url}/?lanes=1&tokens=600&rate=100")
    wait_completed(page, 1)
    expect(page.get_by_text("done True finished True")).to_be_visible()
    page.get_by_role("button", name="Re-run A").click()
    expect(page.get_by_text("done False finished True")).to_be_visible(timeout=2_500)
    wait_completed(page, 1)
    expect(page.get_by_text("runs 4 done True finished True")).to_be_visible()
    page.wait_for_timeout(1_000)
    expect(page.get_by_text("runs 4 done")).to_be_visible()


def test_a_lane_says_that_its_run_was_not_recorded(page: Page, live_app: AppServer) -> None:
    def relay(browser_side: WebSocketRoute) -> None:
        server_side = browser_side.connect_to_server()

        def forward(frame: str | bytes) -> None:
            browser_side.send(frame)
            if '["e",' in str(frame):  # the app's answers here are not recorded at all, so it cannot fail
                browser_side.send('\x1e[["m",0,{"unrecorded":"OSError: the <disk> is full"}]]')

        server_side.on_message(forward)

    page.route_web_socket("**/bp/live", relay)
    page.goto(f"{live_app.url}/?lanes=1&tokens=40&rate=100")
    warning = page.locator(".st-key-lane_A .bp-unrecorded")
    expect(warning).to_have_text("Not recorded: OSError: the <disk> is full", timeout=30_000)
    expect(warning).to_be_visible()


def test_a_lane_names_the_model_that_answered(page: Page, live_app: AppServer) -> None:
    page.goto(f"{live_app.url}/?lanes=1&tokens=20&rate=100")
    model = page.locator(".st-key-lane_A").get_by_test_id("lane-model")
    expect(model).to_have_text("scripted-model", timeout=30_000)
    expect(model).to_have_attribute("title", "scripted-model")


@contextmanager
def restarted(app: AppServer) -> Iterator[None]:
    """Run the same app again at the same port, after it was stopped."""
    with (app.home / "again.log").open("wb") as output:
        again = subprocess.Popen(
            app.process.args, cwd=ROOT, env=app.environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            again.kill()
            again.wait(10)


def test_a_restart_of_the_app_is_shown_and_mends_itself(page: Page, tmp_path: Path) -> None:
    with running_app(LIVE, tmp_path / "app") as app:
        page.goto(f"{app.url}/?lanes=2&tokens=3000&rate=100&id=restarted")
        expect(page.get_by_test_id("lane-text").first).to_contain_text("Section", timeout=30_000)
        page.evaluate(
            "() => { window.bpSeen = []; setInterval(() => { const chip = document.querySelector('.bp-chip');"
            " const text = document.querySelector('[data-testid=lane-text]')?.textContent.length;"
            " const told = [chip?.textContent, text > 40]; const last = bpSeen.at(-1);"
            " if (String(last) !== String(told)) bpSeen.push(told) }, 20) }"
        )
        app.process.terminate()
        app.process.wait(20)
        expect(page.locator(".bp-chip").first).to_have_text("reconnecting…")
        with restarted(app):
            for label in "AB":  # the page itself is never loaded again
                metrics = page.locator(f".st-key-lane_{label}").get_by_test_id("lane-metrics")
                expect(metrics).to_contain_text("streaming", timeout=60_000)
                expect(page.locator(f".st-key-lane_{label} .bp-notice")).to_be_hidden()
            assert ["disconnected", True] in page.evaluate("() => bpSeen")


def test_ten_tabs_at_once_load_and_stream(context: BrowserContext, live_app: AppServer) -> None:
    tabs = [context.new_page() for _ in range(10)]
    for tab in tabs:
        tab.goto(f"{live_app.url}/?lanes=1&tokens=300&rate=60&id=tabs", wait_until="commit")
    for tab in tabs:
        expect(tab.get_by_test_id("lane-metrics")).to_contain_text("completed", timeout=90_000)
        assert raw_text(tab, "A") == markdown_of(300)


@pytest.mark.parametrize("strip", [True, False], ids=["proxy strips the base path", "proxy keeps it"])
def test_it_works_behind_a_reverse_proxy_with_a_base_path(page: Page, tmp_path: Path, strip: bool) -> None:
    with running_app(LIVE, tmp_path / "app", base_path="" if strip else "tools/play") as app:
        target = int(str(urlsplit(app.url).port))
        with reverse_proxy(target, base="/tools/play", strip=strip) as port:
            sockets: list[str] = []
            page.on("websocket", lambda socket: sockets.append(socket.url))
            page.goto(f"http://127.0.0.1:{port}/tools/play/?lanes=1&tokens=60&rate=100")
            wait_completed(page, 1)
            assert raw_text(page, "A") == markdown_of(60)
            assert f"ws://127.0.0.1:{port}/tools/play/bp/live" in sockets


def test_the_lane_fits_300_pixels(page: Page, live_app: AppServer) -> None:
    page.set_viewport_size({"width": 300, "height": 800})
    page.goto(f"{live_app.url}/?lanes=1&tokens=200&rate=1000")
    wait_completed(page, 1)
    width = page.locator(".bp-lane").evaluate("(lane) => [lane.scrollWidth, lane.clientWidth]")
    assert width[0] <= width[1]
