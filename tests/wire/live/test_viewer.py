"""Frames without a network, on a clock of our own: bytes stay below twice the text, whatever is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import ImageBlock, InvocationRequest, Message, RunState, TextBlock
from bedrock_playground.rendering import render_markdown
from components.live.expected import expected_price
from components.live.rendered import Rendering
from components.live.viewer import Viewer
from tests.unit.rendering.test_incremental import without_feeds
from tests.wire.live.client import LiveClient, SeenRun
from tests.wire.live.scripted import CODE, LIST, PARAGRAPH, TABLE, ScriptedComparison, markdown_of

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
RATE = 100
FRAMES = 50


def stream(scripts: list[str]) -> tuple[LiveClient, float]:
    """Stream 100 tokens of 4 characters in 50 frames a second; return what came and bytes per text byte."""
    comparison = ScriptedComparison(scripts, rate=0)
    now = [0.0]
    rendering = Rendering(lambda: now[0])
    viewer, client = Viewer(comparison, rendering), LiveClient()
    size = max(len(script) for script in scripts)
    step = 0
    while not client.ended:
        step += 1
        now[0] = step / FRAMES
        wanted = step * 4 * RATE // FRAMES
        if not comparison.done:
            comparison.advance(wanted - (step - 1) * 4 * RATE // FRAMES, final=wanted >= size)
        rendering.render(rendering.due(viewer.runs()))
        frame = viewer.next_frame()
        if frame is not None:
            client.apply(frame)
    assert client.bytes == viewer.bytes_sent
    return client, client.bytes / sum(len(script.encode()) for script in scripts)


@pytest.mark.parametrize(
    "script",
    [
        markdown_of(500),
        markdown_of(2_000, seed=3),
        PARAGRAPH * 12,
        "Plain words follow each other without any mark, line after line.\n\n" * 40,
        "😀 émigré " * 300,
    ],
    ids=["500 tokens", "2,000 tokens", "formulas", "plain", "non-ASCII"],
)
def test_bytes_stay_below_twice_the_text(script: str) -> None:
    client, ratio = stream([script] * 8)
    assert ratio <= 2
    assert all(client.of(label).text == script for label in "ABCDEFGH")


@pytest.mark.parametrize("part", [CODE, LIST, TABLE], ids=["code", "list", "table"])
def test_even_pure_markup_stays_near_it(part: str) -> None:
    _, ratio = stream([part * 25] * 2)
    assert ratio <= 2.4


def test_a_rich_tail_appears_before_its_block_ends() -> None:
    comparison = ScriptedComparison(["Some **bold** words and then a long rest of the paragraph"], rate=0)
    now = [0.0]
    rendering = Rendering(lambda: now[0])
    viewer, client = Viewer(comparison, rendering), LiveClient()
    comparison.advance(30)
    rendering.render(rendering.due(viewer.runs()))
    client.apply(viewer.next_frame() or "")
    run = client.of("A")
    assert run.blocks == []
    assert run.tail is not None
    comparison.advance(0, final=True)
    rendering.render(rendering.due(viewer.runs()))
    client.apply(viewer.next_frame() or "")
    assert "<strong>bold</strong>" in without_feeds(run.html)


def test_many_runs_each_get_their_own_text() -> None:
    comparison = ScriptedComparison(["x"], rate=None)
    comparison.start()
    for turn in range(120):
        comparison.follow_up(
            f"turn {turn}", [f"answer {turn} \x02 with a mark" if turn % 2 else f"answer {turn}"]
        )
    client, viewer = LiveClient(), Viewer(comparison, Rendering())
    while (frame := viewer.next_frame()) is not None:
        client.apply(frame)
    texts = {run.head["turn"]: run.text for run in client.runs.values()}
    assert texts == {run.identity.turn: run.text for run in comparison.lanes[0].runs}


def drain(viewer: Viewer, rendering: Rendering, client: LiveClient) -> None:
    for _ in range(10):
        rendering.render(rendering.due(viewer.runs()))
        frame = viewer.next_frame()
        if frame is not None:
            client.apply(frame)


@pytest.mark.parametrize(
    ("text", "reasoning", "known"),
    [
        ("", "", [500, 3, 0]),
        ("One.\n\nTwo", "", [500, 3, 0]),
        ("One.\n\nTwo", "", [10, 9, 0]),
        ("", "brief", [0, 0, 80]),
        ("One.", "", [-1, 0, 0]),
    ],
    ids=["nothing kept", "less kept", "fewer blocks", "less reasoning", "nonsense"],
)
def test_an_interrupted_run_that_lost_text_is_sent_anew_and_ends(
    text: str, reasoning: str, known: list[int]
) -> None:
    comparison = ScriptedComparison(["x"], rate=0)
    run = comparison.lanes[0].runs[0]
    run.state, run.text, run.reasoning = RunState.INTERRUPTED, text, reasoning
    before, client = SeenRun({"id": run.identity.run_id}), LiveClient()
    before.text, before.reasoning, before.blocks = "x" * known[0], "r" * known[2], ["<p>"] * known[1]
    client.runs[run.identity.run_id] = before
    rendering = Rendering()
    drain(Viewer(comparison, rendering, {run.identity.run_id: known}), rendering, client)
    seen = client.of("A")
    assert (seen.text, seen.reasoning) == (text, reasoning)
    assert without_feeds(seen.html) == without_feeds(render_markdown(text))
    assert seen.facts["state"] == "interrupted"
    assert seen.facts["error"]["type"] == "Interrupted"
    assert len(client.ended) == 1


def test_a_run_that_was_not_recorded_says_so_even_after_its_end() -> None:
    comparison = ScriptedComparison(["abc"], rate=None)
    comparison.start()
    rendering, client = Rendering(), LiveClient()
    viewer = Viewer(comparison, rendering)
    drain(viewer, rendering, client)
    assert "unrecorded" not in client.of("A").facts
    comparison.lanes[0].runs[0].record_error = "OSError: the disk is full"
    drain(viewer, rendering, client)
    assert client.of("A").facts["unrecorded"] == "OSError: the disk is full"
    assert viewer.next_frame() is None


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (None, None),
        (
            Cost(Decimal("0.0000123"), Confidence.CONFIRMED, "litellm 1", date(2026, 11, 22)),
            {
                "usd": "0.0000123",
                "text": "$0.0000123",
                "thousand": "$0.0123",
                "origin": "litellm 1 · as of 2026-11-22 · two sources agree",
            },
        ),
        (
            Cost(None, note="No source has a price for it."),
            {
                "usd": None,
                "text": "unknown",
                "thousand": "unknown",
                "origin": "unknown · No source has a price for it.",
            },
        ),
    ],
)
def test_a_finished_run_tells_its_cost_and_where_that_comes_from(
    cost: Cost | None, told: dict[str, str] | None
) -> None:
    comparison = ScriptedComparison(["abc"], rate=None)
    comparison.lanes[0].runs[0].cost = cost
    comparison.start()
    rendering, client = Rendering(), LiveClient()
    drain(Viewer(comparison, rendering), rendering, client)
    assert client.of("A").facts.get("cost") == told


@pytest.mark.parametrize(
    ("model", "price"),
    [
        # "Tell me." is two tokens, and six more for the template.
        (HAIKU, [8 * 1.1e-6, 5.5e-6]),
        ("local.smollm2-135m-instruct-v1:0", 0),
        ("nobody.knows-this-v1:0", None),
    ],
    ids=["priced", "free", "unknown"],
)
def test_a_run_that_begins_tells_what_its_tokens_will_cost(model: str, price: list[float] | None) -> None:
    comparison = ScriptedComparison(["abc"], rate=0, models=[model], pricer=load_price_book().pricer())
    rendering, client = Rendering(), LiveClient()
    comparison.advance(1)
    drain(Viewer(comparison, rendering), rendering, client)
    told = client.of("A").head["price"]
    assert told == (pytest.approx(price) if isinstance(price, list) else price)
    comparison.advance(2, final=True)
    again = LiveClient()
    drain(Viewer(comparison, rendering), rendering, again)
    assert "price" not in again.of("A").head, "what is over has a cost"


def test_attachments_leave_the_cost_open_until_it_is_told() -> None:
    comparison = ScriptedComparison(["abc"], models=[HAIKU], pricer=load_price_book().pricer())
    run = comparison.lanes[0].runs[0]
    picture = Message("user", (TextBlock("What is it?"), ImageBlock("png", b"\x89PNG")))
    run.request = InvocationRequest(HAIKU, (picture,))
    assert comparison.pricer
    assert expected_price(comparison.pricer, run.identity, run.request) is False


def test_without_anybody_who_prices_a_run_promises_no_cost() -> None:
    comparison = ScriptedComparison(["abc"], rate=0)
    client, rendering = LiveClient(), Rendering()
    drain(Viewer(comparison, rendering), rendering, client)
    assert "price" not in client.of("A").head


def test_nothing_new_makes_no_frame() -> None:
    comparison = ScriptedComparison(["abc"], rate=0)
    rendering = Rendering()
    viewer = Viewer(comparison, rendering)
    assert viewer.next_frame() is not None
    assert viewer.next_frame() is None
