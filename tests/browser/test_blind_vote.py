"""A blind comparison in a real Chromium: what a sceptic could find in it and on the wire; the vote."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocket, expect

from bedrock_playground.history import RunStore
from tests.browser.conftest import AppServer
from tests.browser.test_main_job import LONG, choose_model, open_compare, run, settle

MODELS = {"A": "local.test-free-v1:0", "B": "local.test-effort-v1:0"}
# Names of models, and classes, labels and figures by which a lane could be told.
TELLING = ("local.test", "Test fixture:", "lane_A", "lane_B", "menu_A", "Variant A", "TTFT", "tokens/s", "$0")


def expect_blind(page: Page) -> None:
    for number in "12":
        text = page.locator(f".st-key-answer_{number} [data-testid=lane-text]")
        expect(text).to_contain_text("The prompt has", timeout=LONG)
    expect(page.locator(".st-key-vote_1 button")).to_be_enabled(timeout=LONG)
    settle(page)
    html = page.content()
    assert not [word for word in TELLING if word in html]


def test_names_are_nowhere_until_the_vote_and_the_vote_is_kept(app: AppServer, page: Page) -> None:
    frames: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(_bytes(frame)))

    page.on("websocket", listen)
    open_compare(page, app.url)
    for letter, model in MODELS.items():
        choose_model(page, letter, model)
    page.locator(".st-key-blind label").first.click()
    expect(page.get_by_text("Run hides whose answer")).to_be_visible(timeout=LONG)
    settle(page)
    frames.clear()
    run(page)
    expect_blind(page)
    # A reload is another session: it is blind too, and so is everything that it is sent.
    page.reload()
    expect_blind(page)
    assert len(frames) > 10
    assert not [frame for frame in frames if b"local.test" in frame], "what is hidden is not sent either"

    # A digit that is typed is text, and no vote.
    prompt = page.locator(".st-key-prompt textarea")
    prompt.fill("")
    prompt.press_sequentially("10T")
    expect(prompt).to_have_value("10T")
    expect(page.locator(".st-key-answer_1")).to_be_visible()
    prompt.blur()
    page.keyboard.press("2")
    expect(page.locator(".st-key-lane_A")).to_be_visible(timeout=LONG)
    told = page.locator(".st-key-vote").get_by_text("voted blind")
    expect(told).to_be_visible(timeout=LONG)
    # What the page no longer holds stands there until its script has ended.
    settle(page)
    expect(page.locator(".bp-lane")).to_have_count(2, timeout=LONG)
    for letter, model in MODELS.items():
        lane_model = page.locator(f".st-key-lane_{letter} [data-testid=lane-model]")
        expect(lane_model).to_have_text(model, timeout=LONG)
    second = page.get_by_text("Answer 2 was").inner_text().split("Answer 2 was ")[1][0]
    expect(told).to_contain_text(f"{second} is best")

    page.reload()
    expect(told).to_contain_text(f"{second} is best", timeout=LONG)
    data = app.home / "data"
    with RunStore.open(f"sqlite:///{data / 'history.sqlite3'}", data_dir=data) as store:
        comparison_id = page.url.split("comparison=")[1].split("&")[0]
        [vote] = store.votes.of_comparison(comparison_id)
    assert (vote.best, vote.blind) == (second, True)
    assert {e.contender.label: e.contender.model_id for e in vote.entries} == MODELS


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
