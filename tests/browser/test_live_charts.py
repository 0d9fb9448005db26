"""The charts under the lanes in Chromium: filmed while they grow, zoomed, read by keys, saved as a file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser.conftest import AppServer
from tests.browser.test_live_stream import wait_completed
from tests.browser.test_main_job import (
    LONG,
    PACED,
    choose_model,
    lane,
    open_compare,
    run,
)

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
LOCAL = "local.smollm2-135m-instruct-v1:0"
NOBODYS = "nobody.knows-this-v1:0"

# Where things stand on the page in every frame, however it is scrolled; and what Chromium says moved.
FILM = """
() => {
  const parts = {
    prompt: ".st-key-prompt", actions: ".st-key-actions", A: ".st-key-lane_A", B: ".st-key-lane_B",
    followUp: ".st-key-follow_up", race: "[data-testid=live-race]", times: "[data-testid=live-times]",
    cost: "[data-testid=live-cost]", scatter: "[data-testid=live-scatter]",
  };
  const film = (window.bpFilm = { frames: 0, seen: {}, shifts: [] });
  const main = document.querySelector("[data-testid=stMain]");
  const look = () => {
    film.frames += 1;
    for (const [name, selector] of Object.entries(parts)) {
      const box = document.querySelector(selector)?.getBoundingClientRect();
      const sides = box && [box.left, box.top + main.scrollTop, box.width, box.height];
      const at = sides?.map(Math.round).join(" ") ?? "gone";
      const seen = (film.seen[name] ??= []);
      if (seen.at(-1) !== at) seen.push(at);
    }
    requestAnimationFrame(look);
  };
  look();
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue;
      for (const { node } of shift.sources) {
        const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        // A lane's own text moves within the lane: that is what it is for.
        if (element && !element.closest(".bp-scroller")) film.shifts.push(element.outerHTML.slice(0, 200));
      }
    }
  }).observe({ type: "layout-shift" });
}
"""


def race(page: Page) -> Locator:
    return page.get_by_test_id("live-race")


def shown_range(page: Page) -> list[float]:
    """The seconds that the race shows, from and to."""
    return [float(second) for second in (race(page).get_attribute("data-range") or "").split()]


def drag_across(page: Page, *, start: float, end: float) -> None:
    """Drag over a stretch of the race, in shares of its width."""
    canvas = race(page).locator(".bp-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], middle, steps=5)
    page.mouse.up()


def test_nothing_moves_while_lanes_stream_and_end_and_the_zoom_is_kept(app: AppServer, wide: Page) -> None:
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    wide.on("console", note)
    wide.on("pageerror", lambda error: errors.append(str(error)))
    open_compare(wide, app.url)
    for letter in "AB":
        choose_model(wide, letter, PACED)
    # Long enough for whatever the machine does meanwhile; it is stopped in the end.
    wide.locator(".st-key-repeat_popover button").first.click()
    repeat = wide.locator(".st-key-repeat input")
    repeat.fill("20")
    repeat.press("Enter")
    expect(wide.locator(".st-key-repeat_popover")).to_contain_text("Repeat × 20")
    wide.keyboard.press("Escape")
    expect(repeat).to_be_hidden()
    run(wide)
    for letter in "AB":
        expect(lane(wide, letter, "text")).to_contain_text(re.compile(r"\w{3,}"), timeout=LONG)
    expect(race(wide).locator("polyline.bp-line:not(.bp-faint)")).to_have_count(2, timeout=LONG)
    wide.evaluate(FILM)
    wide.wait_for_function("() => bpFilm.frames > 5")

    drag_across(wide, start=0.2, end=0.5)
    expect(race(wide).get_by_role("button", name="Show the whole race")).to_be_enabled()
    zoomed = shown_range(wide)
    assert 0 < zoomed[0] < zoomed[1]
    line = race(wide).locator("polyline.bp-line").first
    for _ in range(4):
        expect(line).not_to_have_attribute("points", line.get_attribute("points") or "", timeout=LONG)
    assert shown_range(wide) == zoomed, "while text arrives"

    wide.locator(".st-key-stop button").click()
    for letter in "AB":
        expect(lane(wide, letter, "metrics")).to_contain_text("stopped", timeout=LONG)
    expect(wide.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)
    assert shown_range(wide) == zoomed, "after the end"
    film = wide.evaluate("() => bpFilm")
    assert {
        name: places for name, places in film["seen"].items() if len(places) > 1 or "gone" in places
    } == {}
    assert film["shifts"] == []
    assert errors == []

    race(wide).get_by_role("button", name="Show the whole race").click()
    expect(race(wide)).to_have_attribute("data-range", re.compile(r"^0\.000 "))


def test_costs_grow_as_estimates_and_end_exact_free_or_unknown(page: Page, live_app: AppServer) -> None:
    models = ",".join((HAIKU, LOCAL, NOBODYS))
    page.goto(f"{live_app.url}/?lanes=3&tokens=500&rate=100&models={models}")
    cost = page.get_by_test_id("live-cost")
    expect(cost.locator(".bp-value")).to_have_text(
        [re.compile(r"^≈ \$0\.00\d+$"), "$0 · free", "unknown"], timeout=30_000
    )
    expect(cost.locator(".bp-readout")).to_contain_text(re.compile(r"≈ \$0\.\d+, without C"))
    wait_completed(page, 3)
    # 12 x 1.1 + 500 x 5.5, in millionths: what the scripted service tells.
    expect(cost.locator(".bp-value")).to_have_text(["$0.00276", "$0 · free", "unknown"])
    scatter = page.get_by_test_id("live-scatter")
    expect(scatter.locator(".bp-strip")).to_have_count(2)
    expect(scatter.locator(".bp-corner")).to_have_count(1)
    floor = [box["y"] for box in map(Locator.bounding_box, scatter.locator(".bp-bubble").all()) if box]
    assert len(set(floor)) == 3, "priced, free and unknown stand apart"

    keys = scatter.locator(".bp-canvas")
    keys.focus()
    keys.press("ArrowRight")
    expect(scatter.locator(".bp-readout")).to_have_text(
        re.compile(r"^A: \$0\.00276 · [\d.]+ s · 500 tokens$")
    )
    keys.press("ArrowLeft")
    expect(scatter.locator(".bp-readout")).to_have_text(re.compile(r"^C: unknown · [\d.]+ s · 500 tokens$"))


def test_the_race_is_read_and_zoomed_by_keys(page: Page, live_app: AppServer) -> None:
    page.goto(f"{live_app.url}/?lanes=2&tokens=200&rate=200")
    wait_completed(page, 2)
    keys = race(page).locator(".bp-canvas")
    keys.focus()
    keys.press("ArrowLeft")
    expect(race(page).locator(".bp-readout")).to_have_text(re.compile(r"^At [\d.]+ s: A 200 · B 200 tokens$"))
    whole = shown_range(page)
    keys.press("+")
    expect(race(page)).not_to_have_attribute("data-range", " ".join(f"{at:.3f}" for at in whole))
    near = shown_range(page)
    assert near[1] - near[0] == pytest.approx((whole[1] - whole[0]) / 2, abs=0.01)
    runs = page.get_by_text(re.compile(r"^runs \d+ done")).text_content() or ""
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text(runs, exact=True)).to_have_count(0)
    assert shown_range(page) == near, "a rerun keeps it"
    keys.press("0")
    expect(race(page)).to_have_attribute("data-range", " ".join(f"{at:.3f}" for at in whole))


def test_the_numbers_can_be_shown_and_saved(page: Page, live_app: AppServer, tmp_path: Path) -> None:
    page.goto(f"{live_app.url}/?lanes=2&tokens=100&rate=200&models={HAIKU},{NOBODYS}")
    wait_completed(page, 2)
    table = page.locator(".bp-numbers")
    assert table.evaluate("(table) => table.parentElement.offsetHeight") == 1, (
        "there for screen readers alone"
    )
    page.get_by_role("button", name="Show the numbers").click()
    expect(page.get_by_role("button", name="Hide the numbers")).to_have_attribute("aria-expanded", "true")
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"A.*completed.*100.*\$0\.000563"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save CSV").click()
    download.value.save_as(tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = [[row[name] for name in ("variant", "model", "output_tokens", "cost_usd")] for row in rows]
    # 12 x 1.1 + 100 x 5.5, in millionths; what nobody knows stays empty.
    assert told == [["A", HAIKU, "100", "0.0005632"], ["B", NOBODYS, "100", ""]]
