"""Reports of a comparison: everything is in them, what models wrote stays text, nothing is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from bedrock_playground.invocation import Comparison, InvocationError, InvocationRequest, InvocationResult
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    ImageBlock,
    InferenceParameters,
    Message,
    TextBlock,
    Timing,
    ToolUseBlock,
    Usage,
)
from bedrock_playground.sharing.report import collect, to_html, to_markdown
from bedrock_playground.sharing.report.charts import Bar, charts, draw
from bedrock_playground.sharing.report.facts import rows
from bedrock_playground.sharing.report.markdown_text import fenced, plain
from tests.unit.rendering.hostile import HOSTILE

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PRICE = Cost(Decimal("0.0012"), Confidence.CONFIRMED, "AWS", NOON.date())


class _Nobody:
    """An invoker that is never asked."""

    def stream(self, request: InvocationRequest) -> Any:
        raise AssertionError(request)


def request(model: str = "amazon.nova-lite-v1:0", **changes: Any) -> InvocationRequest:
    made = InvocationRequest.from_prompt(
        model, "Say <b>hello</b>", parameters=InferenceParameters(temperature=0.5, max_tokens=64)
    )
    return replace(made, **changes)


def answer(text: str, *, total: float = 2.0, error: InvocationError | None = None) -> InvocationResult:
    return InvocationResult(
        text=text,
        content=(TextBlock(text),),
        stop_reason=None if error else "end_turn",
        usage=None if error else Usage(input_tokens=10, output_tokens=21),
        timing=Timing(time_to_first_token=None if error else 1.0, total=total),
        error=error,
    )


def comparison(
    *runs: tuple[str, int, int, InvocationRequest, InvocationResult | None],
    costs: Mapping[str, Cost] | None = None,
) -> Comparison:
    """Make a comparison of (letter, turn, repeat, request, result)."""
    made = []
    for number, (letter, turn, repeat, sent, result) in enumerate(runs):
        identity = RunIdentity(
            run_id=f"{letter}{turn}{repeat}",
            comparison_id="secret-id-of-the-comparison",
            label=letter,
            turn=turn,
            repeat=repeat,
            started_at=NOON + timedelta(seconds=number),
            region="us-east-1",
            endpoint="bedrock",
        )
        made.append((identity, sent, result))
    return Comparison.restore(_Nobody(), runs=made, costs=costs)


def two(first: str = "**Hello**", second: str = "Hi") -> Comparison:
    return comparison(
        ("A", 0, 0, request(), answer(first)),
        ("B", 0, 0, request("anthropic.claude-haiku", system="Be brief."), answer(second, total=4.0)),
        costs={"A00": PRICE},
    )


class _Page(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_page_says_what_was_asked_sent_measured_and_paid() -> None:
    facts = collect(two(), made_at=NOON, votes=["A is best, voted blind"])
    page = to_html(facts)
    for words in (
        "2 variants, one prompt", "29 November 2026, 12:00 UTC", "Amazon Bedrock, us-east-1",
        "Say &lt;b&gt;hello&lt;/b&gt;", "<strong>Hello</strong>", "1,000 ms", "2,000 ms", "4,000 ms",
        "20.0", "$0.0012", "$1.20", "AWS · as of 2026-11-29 · two sources agree", "unknown",
        "Be brief.", "system prompt", "temperature", "0.5", "none",
        "A is best, voted blind",
    ):  # fmt: skip
        assert words in page, words


def test_what_is_unknown_is_never_nothing() -> None:
    failed = answer("", error=Throttled("Too many requests."))
    facts = collect(comparison(("A", 0, 0, request(), failed)), made_at=NOON)
    row = rows(facts)[0]
    assert row[3:11] == ("failed", "n/a", "2,000 ms", "n/a", "n/a", "n/a", "n/a", "0")
    assert row[11:] == ("unknown", "unknown")
    assert "Throttled: Too many requests." in to_html(facts)
    assert charts(facts) == []
    assert "$0" not in to_html(facts)
    # A run that its process died in has not even a result.
    facts = collect(comparison(("A", 0, 0, request(), None)), made_at=NOON)
    assert "No text came back." in to_html(facts)
    assert "interrupted" in to_markdown(facts)


def test_turns_repeats_reasoning_and_tools_are_all_there() -> None:
    first = request()
    call = replace(
        answer("Let me look."),
        reasoning="I think <i>",
        content=(TextBlock("Let me look."), ToolUseBlock("t1", "clock", {"zone": "<UTC>"})),
    )
    second = replace(
        first, messages=(*first.messages, Message.assistant("Let me look."), Message.user("And now?"))
    )
    facts = collect(
        comparison(
            ("A", 0, 0, first, answer("one")),
            ("A", 0, 1, first, call),
            ("A", 1, 0, second, answer("It is noon.")),
        ),
        made_at=NOON,
    )
    page = to_html(facts)
    for words in (
        "<summary>Repeat 1</summary>", "Repeat 2 of 2", "I think &lt;i&gt;", "And now?", "It is noon.",
        "<code>clock</code>", "&lt;UTC&gt;",
    ):  # fmt: skip
        assert words in page, words
    text = to_markdown(facts)
    assert "Turn 2 asks:\n\n```text\nAnd now?\n```" in text
    assert '"zone": "<UTC>"' in text


def test_files_are_named_and_not_carried() -> None:
    picture = ImageBlock("png", b"PIXELS" * 500)
    sent = request(messages=(Message("user", (TextBlock("What is it?"), picture)),))
    facts = collect(comparison(("A", 0, 0, sent, answer("A cat."))), made_at=NOON)
    assert "an image (png, 3 kB)" in to_html(facts)
    assert "PIXELS" not in to_html(facts) + to_markdown(facts)


def test_a_place_of_ones_own_and_the_comparisons_id_are_not_told() -> None:
    made = two()
    for lane in made.lanes:
        for run in lane.runs:
            run.identity = replace(run.identity, endpoint="https://internal.example")
    facts = collect(made, made_at=NOON)
    for text in (to_html(facts), to_markdown(facts)):
        assert "internal.example" not in text
        assert "secret-id-of-the-comparison" not in text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_model_wrote_cannot_act_or_load(text: str) -> None:
    hostile = request(text, system=text, messages=(Message.user(text),))
    made = comparison(("A", 0, 0, hostile, replace(answer(text), reasoning=text, stop_reason=text)))
    page = to_html(collect(made, made_at=NOON, votes=[text]))
    for tag, attributes in _Page(page).tags:
        assert tag not in {"script", "iframe", "img", "object", "embed", "link", "base", "form", "video"}
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"src", "srcset", "background", "formaction", "action", "poster"} & set(attributes)
        if tag == "a":
            assert re.match(r"https?:|mailto:", attributes["href"] or "")
            assert "noreferrer" in (attributes["rel"] or "")
    policies = [attributes for tag, attributes in _Page(page).tags if "http-equiv" in attributes]
    assert [policy["content"] for policy in policies] == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), "```\n# Out\n```", "````````", "a|b\n@everyone <img src=x>"]
)
def test_what_a_model_wrote_stays_in_its_fence(text: str) -> None:
    block = fenced(text)
    fence = block.partition("text\n")[0]
    assert set(fence) == {"`"}
    assert fence not in block[len(fence) : -len(fence)]
    assert "\n" not in plain(text.replace("\n", " "))
    assert "<" not in plain(text).replace("\\<", "")


def test_charts_show_medians_of_completed_answers_and_a_dot_for_each() -> None:
    runs = [("A", 0, repeat, request(), answer("x", total=total)) for repeat, total in enumerate((2, 3, 7))]
    made = comparison(
        *runs,
        ("A", 0, 3, request(), answer("", total=99.0, error=Throttled("No."))),
        costs={f"A0{repeat}": replace(PRICE, amount=Decimal(repeat)) for repeat in range(3)},
    )
    drawn = {title: svg for title, _, svg in charts(collect(made, made_at=NOON))}
    assert list(drawn) == ["Total time", "Output speed", "Cost of 1,000 such requests"]
    assert "A: 3,000 ms." in drawn["Total time"]
    assert drawn["Total time"].count("<circle") == 3
    # 20 tokens in 1, 2 and 6 seconds after the first.
    assert "A: 10.0 /s." in drawn["Output speed"]
    assert "A: $1,000.00." in drawn["Cost of 1,000 such requests"]


def test_bars_are_as_long_as_what_they_show() -> None:
    drawn = draw("Time", [Bar("A", 2.0, "2 s", part=0.5), Bar("B", 1.0, "1 s"), Bar("C", None, "n/a")])
    widths = re.findall(r'<rect class="(\w+)"[^>]* width="([\d.]+)"', drawn)
    assert widths == [("c0", "330.0"), ("part", "82.5"), ("c1", "165.0")]
    assert 'aria-label="Time. A: 2 s; B: 1 s; C: n/a."' in drawn
