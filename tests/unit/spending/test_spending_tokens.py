"""Input tokens before anything is sent: the rule, its upper bound, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    Message,
    RawBlock,
    TextBlock,
    ToolResultBlock,
)
from bedrock_playground.spending import counted_tokens, estimate_input_tokens

PROMPT = InvocationRequest.from_prompt("amazon.nova-micro-v1:0", "x" * 400)


def with_blocks(*blocks: ContentBlock) -> InvocationRequest:
    return replace(PROMPT, messages=(Message("user", (TextBlock("x" * 400), *blocks)),))


def test_a_prompt_by_hand() -> None:
    """400 bytes are 100 tokens; one message and the answer's head are 3 each."""
    found = estimate_input_tokens(PROMPT)
    assert (found.expected, found.counted, found.unknown) == (106, False, ())
    assert found.at_most == 400 + 512 + 32
    assert "estimate" in found.note


def test_system_prompt_tools_and_schema_are_in_it() -> None:
    plain = estimate_input_tokens(PROMPT)
    full = estimate_input_tokens(
        replace(
            PROMPT,
            system="s" * 40,
            tool_config={"tools": [{"toolSpec": {"name": "t" * 40}}]},
            output_config={"textFormat": "j" * 40},
        )
    )
    assert plain.expected is not None
    assert full.expected is not None
    # 40 bytes of each, their JSON around them, and a message more.
    assert full.expected >= plain.expected + 3 * 10 + 3
    assert full.at_most is not None
    assert plain.at_most is not None
    assert full.at_most >= plain.at_most + 120 + 32 + 1024


def test_other_scripts_count_by_their_bytes() -> None:
    """Eight Chinese characters are 24 bytes: six tokens, where eight Latin letters are two."""
    latin = estimate_input_tokens(InvocationRequest.from_prompt("m", "abcdefgh"))
    chinese = estimate_input_tokens(InvocationRequest.from_prompt("m", "机器学习模型评估"))
    assert (latin.text, chinese.text) == (2 + 6, 6 + 6)


@pytest.mark.parametrize(
    ("block", "named"),
    [
        (ImageBlock("png", b"12345678"), "an image"),
        (DocumentBlock("pdf", "report", b"12345678"), "a document"),
        (RawBlock({"video": {"format": "mp4"}}), "a video"),
        (ToolResultBlock("id", ({"image": {"format": "png"}},)), "an image"),
    ],
)
def test_what_cannot_be_estimated_is_unknown_and_named(block: ContentBlock, named: str) -> None:
    found = estimate_input_tokens(with_blocks(block))
    assert (found.expected, found.at_most) == (None, None)
    assert found.unknown == (named,)
    assert named in found.note
    # A model takes no more than its context window, whatever is in it.
    assert estimate_input_tokens(with_blocks(block), context_window=128_000).at_most == 128_000


def test_two_images_are_named_together() -> None:
    found = estimate_input_tokens(with_blocks(ImageBlock("png", b"1"), ImageBlock("png", b"2")))
    assert found.unknown == ("2 images",)


def test_a_readable_document_is_text_and_a_cache_point_is_nothing() -> None:
    found = estimate_input_tokens(
        with_blocks(DocumentBlock("csv", "name", b"y" * 396), RawBlock({"cachePoint": {"type": "default"}}))
    )
    assert found.expected == 106 + 100


def test_what_the_service_counted_is_exact() -> None:
    found = counted_tokens(17)
    assert (found.expected, found.at_most, found.counted) == (17, 17, True)
    assert "CountTokens" in found.note


@given(st.text(max_size=300), st.text(max_size=300), st.integers(1, 2_000_000))
def test_more_text_is_never_fewer_tokens_and_the_bound_holds(text: str, more: str, window: int) -> None:
    less = estimate_input_tokens(InvocationRequest.from_prompt("m", text))
    longer = estimate_input_tokens(InvocationRequest.from_prompt("m", text + more))
    assert 0 < less.text <= longer.text
    assert less.at_most is not None
    assert longer.at_most is not None
    assert less.text <= less.at_most <= longer.at_most
    bounded = estimate_input_tokens(InvocationRequest.from_prompt("m", text), context_window=window)
    assert bounded.at_most == min(less.at_most, window)
