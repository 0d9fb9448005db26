"""Files, JSON schema and tools in a real Chromium, and what a lane shows beyond text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from bedrock_playground.history import RunStore
from bedrock_playground.invocation import InvocationRequest, InvocationResult, RunIdentity, Timing
from bedrock_playground.invocation.values import (
    Guardrail,
    Message,
    ReasoningBlock,
    TextBlock,
    ToolUseBlock,
    Usage,
)
from tests.browser.conftest import ROOT, AppServer
from tests.browser.test_main_job import LONG, choose_model, lane, open_compare, run, settle

TEST_MODEL = "local.test-effort-v1:0"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50"
    "0f0003860180347d6b620000000049454e44ae426082"
)
YES_OR_NO = {
    "type": "object",
    "properties": {"salty": {"type": "boolean"}, "deep": {"type": "boolean"}},
    "required": ["salty", "deep"],
    "additionalProperties": False,
}
HOSTILE = '<img src="/evil.png" onerror="window.hurt=1"><script>window.hurt=1</script>'


def popover(page: Page, name: str) -> Locator:
    """Open one of the editors of what goes beside the prompt."""
    page.locator(f".st-key-{name}_popover button").first.click()
    return page.locator("[data-testid=stPopoverBody]").last


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stPopoverBody]")).to_have_count(0)


def test_the_real_models_answer_follows_the_schema_and_is_shown_as_a_tree(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    wide.locator(".st-key-prompt textarea").fill("Is the sea salty, and is it deep?")
    editor = popover(wide, "schema")
    editor.locator(".st-key-schema_on label").first.click()
    text = editor.locator(".st-key-schema textarea")
    expect(text).to_be_enabled(timeout=LONG)
    # Whatever is drawn, at any temperature: a few tokens, which a slow machine has soon.
    text.fill(json.dumps(YES_OR_NO))
    text.blur()
    settle(wide)
    close(wide)
    expect(wide.locator(".st-key-schema_popover")).to_contain_text("JSON ✓")
    run(wide)
    for letter in "AB":
        shown = wide.locator(f".st-key-lane_{letter} [data-testid=lane-json]")
        expect(shown).to_contain_text("Valid: follows the schema", timeout=LONG)
        for name in ("salty", "deep"):
            expect(shown.locator(".bp-tree-name", has_text=re.compile(f"^{name}$"))).to_be_visible()
    # The raw text is still there for whoever wants it.
    raw = wide.locator(".st-key-lane_A").get_by_role("button", name="Show the raw text")
    raw.click()
    expect(lane(wide, "A", "text").locator(".bp-md")).to_contain_text('"salty"')


def test_a_lane_that_takes_no_image_sits_out_and_tool_results_let_the_other_go_on(
    app: AppServer, wide: Page, tmp_path: Path
) -> None:
    open_compare(wide, app.url)
    choose_model(wide, "B", TEST_MODEL)
    (tmp_path / "dot.png").write_bytes(PNG)
    (tmp_path / "fake.png").write_bytes(b"no image")
    editor = popover(wide, "files")
    editor.locator("input[type=file]").set_input_files([tmp_path / "dot.png", tmp_path / "fake.png"])
    expect(editor.get_by_text("fake.png is no png image")).to_be_visible(timeout=LONG)
    expect(editor.get_by_text(f"image (png, {len(PNG)} bytes)")).to_be_visible()
    close(wide)
    expect(wide.locator(".st-key-lane_A").get_by_text("Sits out.")).to_be_visible(timeout=LONG)
    run(wide)
    expect(lane(wide, "B", "metrics")).to_contain_text("completed", timeout=LONG)
    expect(lane(wide, "B", "text")).to_contain_text("It came with 1 image")
    expect(wide.locator(".st-key-lane_A [data-testid=lane-text]")).to_have_count(0)
    expect(wide.locator(".st-key-lane_A")).to_contain_text("takes text only")
    settle(wide)
    popover(wide, "files").get_by_role("button", name="Remove").click()
    settle(wide)
    close(wide)
    popover(wide, "tools").get_by_role("button", name="Add a tool").click()
    wide.get_by_text("Weather (with a canned result)").click()
    expect(wide.locator(".st-key-tools_popover")).to_contain_text("Tools · 1", timeout=LONG)
    close(wide)
    run(wide)
    call = wide.locator(".st-key-lane_B [data-testid=lane-tool-call]")
    expect(call).to_contain_text("get_weather", timeout=LONG)
    expect(call.locator(".bp-tree-name")).to_have_text("city")
    wide.locator(".st-key-send_results_B button").click()
    expect(lane(wide, "B", "text")).to_contain_text("The tool get_weather answered", timeout=LONG)
    expect(wide.locator(".st-key-lane_B .bp-prompt").last).to_contain_text('Tool result: {"celsius": 3')
    expect(wide.locator(".st-key-send_results_B")).to_have_count(0, timeout=LONG)


def record(app: AppServer) -> None:
    """Put a comparison into the history that shows everything a lane can, in hostile words."""
    asked = (Message.user("What?"),)
    schema = {"type": "object", "properties": {HOSTILE: {"type": "integer"}}}
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    entity = {"type": "EMAIL", "match": HOSTILE, "action": "ANONYMIZED"}
    runs = {
        "A": (
            InvocationRequest("local.a", asked, service_tier="flex"),
            InvocationResult(
                reasoning=HOSTILE,
                content=(
                    ReasoningBlock(HOSTILE, "s"),
                    ToolUseBlock("t1", HOSTILE, {HOSTILE: [HOSTILE, 12345678901234567890]}),
                    ToolUseBlock("t2", "broken", HOSTILE),
                ),
                stop_reason="tool_use",
                usage=Usage(2120, 96, 1500, 620, 120),
                timing=Timing(total=2.0, time_to_first_reasoning_token=0.5),
                service_tier="default",
            ),
        ),
        "B": (
            InvocationRequest(
                "local.b",
                asked,
                guardrail=Guardrail("g", "1"),
                output_config={"textFormat": {"type": "json_schema", "structure": structure}},
            ),
            InvocationResult(
                text=json.dumps({HOSTILE: HOSTILE}),
                content=(TextBlock("x"),),
                stop_reason="end_turn",
                guardrail_trace={
                    "outputAssessments": {"g": [{"sensitiveInformationPolicy": {"piiEntities": [entity]}}]}
                },
            ),
        ),
    }
    url = f"sqlite:///{app.home / 'data' / 'history.sqlite3'}"
    with RunStore.open(url, data_dir=app.home / "data") as store:
        recorder = store.recorder()
        for label, (request, result) in runs.items():
            identity = RunIdentity(f"run-{label}", "shown", label, 0, 0, datetime.now(UTC), None, "local")
            recorder.run_started(identity, request)
            recorder.run_finished(identity, request, result)


def test_whatever_a_model_writes_into_calls_json_and_traces_is_text(app: AppServer, wide: Page) -> None:
    open_compare(wide, app.url)
    record(app)
    fetched: list[str] = []
    wide.on("request", lambda request: fetched.append(request.url))
    wide.goto(f"{app.url}?comparison=shown")
    first = wide.locator(".st-key-lane_A")
    expect(first.locator("[data-testid=lane-tool-call]")).to_have_count(2, timeout=LONG)
    expect(first.locator("[data-testid=lane-tool-call]").first).to_contain_text(f"Calls {HOSTILE}")
    expect(first.locator(".bp-tree-n")).to_have_text("12345678901234567890")
    expect(first.locator(".bp-call-raw")).to_have_text(HOSTILE)
    expect(first.locator(".bp-reasoning summary")).to_have_text("Reasoning · began after 500 ms · tokens n/a")
    figures = first.locator("[data-testid=lane-figures]")
    expect(figures).to_contain_text("cache hit1,500")
    expect(figures).to_contain_text("of it for 1 h120")
    expect(figures.locator(".bp-differs")).to_contain_text("flex → default")
    second = wide.locator(".st-key-lane_B")
    expect(second.locator(".bp-verdict")).to_have_text("Invalid: does not follow the schema")
    expect(second.locator(".bp-problems li")).to_contain_text("is not of type 'integer'")
    expect(second.locator("[data-testid=lane-guardrail] > ul")).to_contain_text("On the output: Sensitive")
    assert wide.evaluate("window.hurt") is None
    assert not [url for url in fetched if "evil" in url]
    assert wide.locator(".bp-lane img, .bp-lane script").count() == 0


def test_reasoning_is_open_until_there_is_something_else_to_read(
    app_server: Callable[..., AppServer], wide: Page
) -> None:
    server = app_server(ROOT / "tests" / "browser" / "apps" / "reasoning_app.py")
    wide.goto(server.url)
    press = {name: wide.locator(f".st-key-{name} button") for name in ("think", "speak", "end")}
    box = wide.locator(".bp-reasoning")
    expect(lane(wide, "A", "metrics")).to_contain_text("streaming", timeout=LONG)
    expect(box).to_be_hidden()
    press["think"].click()
    expect(box).to_have_attribute("open", "")
    expect(box).to_contain_text("Is it blue?")
    press["speak"].click()
    expect(lane(wide, "A", "text")).to_contain_text("It")
    expect(box).not_to_have_attribute("open", "")
    box.locator("summary").click()
    expect(box).to_have_attribute("open", "")
    press["think"].click()
    expect(box).to_contain_text("Is it blue? Is it blue?")
    press["end"].click()
    expect(lane(wide, "A", "metrics")).to_contain_text("completed")
    expect(box).to_have_attribute("open", "")  # the reader opened it
    expect(box.locator("summary")).to_have_text("Reasoning · time n/a · tokens n/a")
