"""Growing Markdown: however it is cut, the blocks together are the whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.rendering import (
    Block,
    IncrementalMarkdown,
    encode_template,
    expand_template,
    render_markdown,
)
from bedrock_playground.rendering.incremental import MAX_BLOCK, MAX_OPEN_CODE
from bedrock_playground.rendering.template import Template, utf16_length
from tests.unit.rendering.hostile import HOSTILE

FRAGMENTS = [
    "words of *prose* and `code`",
    "\n",
    "\n\n",
    "# Title",
    "- item",
    "  - nested",
    "1. one",
    "2",
    ". two",
    "> quote",
    "```python\nx = 1\n```",
    "```",
    "~~~\n",
    "| a | b |",
    "|---|--:|",
    "$$",
    "\n+ b",
    "\\[",
    "\\]",
    "$x^2$",
    "===",
    "---",
    "    indented",
    "\t",
    "😀 é",
    "\r\n",
    "\r",
    "&amp; <b>",
    "[x](https://a.b)",
    "$f(x)$",
    "$$[a](b)$$",
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)


def feed_in_pieces(text: str, cuts: list[int]) -> list[Block]:
    markdown = IncrementalMarkdown()
    found: list[Block] = []
    for cut in sorted(cut % (len(text) + 1) for cut in cuts):
        found += markdown.feed(text[:cut])
        markdown.tail()
    return found + markdown.feed(text, final=True)


def joined(blocks: list[Block]) -> str:
    return "".join(block.html for block in blocks)


@settings(max_examples=400, deadline=None)
@given(texts, st.lists(st.integers(0, 10_000), max_size=12))
def test_any_cutting_gives_the_whole_rendering(text: str, cuts: list[int]) -> None:
    blocks = feed_in_pieces(text, cuts)
    assert joined(blocks) == render_markdown(text)
    edges = [0, *(block.end for block in blocks)]
    assert [block.start for block in blocks] == edges[:-1]
    assert edges[-1] == len(text)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_template_rebuilds_its_html(text: str) -> None:
    html = render_markdown(text)
    assert without_feeds(expand_template(encode_template(html, text), text)) == without_feeds(html)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_streams_like_it_renders(text: str) -> None:
    blocks = feed_in_pieces(text, list(range(0, len(text), max(1, len(text) // 9))))
    assert joined(blocks) == render_markdown(text)
    for block in blocks:
        source = text[block.start : block.end]
        template = encode_template(block.html, source)
        assert without_feeds(expand_template(template, source)) == without_feeds(block.html)


def without_feeds(html: str) -> str:
    return html.replace("\n", "").replace("&quot;", '"').replace("&nbsp;", "\xa0")


def test_a_block_is_finished_as_soon_as_nothing_can_change_it() -> None:
    markdown = IncrementalMarkdown()
    assert markdown.feed("# Title") == []
    assert len(markdown.feed("# Title\n")) == 1
    assert markdown.feed("# Title\npara\n") == []
    assert len(markdown.feed("# Title\npara\n\n")) == 1
    assert markdown.feed("# Title\npara\n\n```\ncode\n") == []
    assert len(markdown.feed("# Title\npara\n\n```\ncode\n```\n")) == 1


def test_an_open_formula_holds_its_lines_back() -> None:
    markdown = IncrementalMarkdown()
    assert markdown.feed("$$\na\n+ b\n") == []
    blocks = markdown.feed("$$\na\n+ b\n$$\n")
    assert "<math" in joined(blocks)
    assert "<ul>" not in joined(blocks)


@pytest.mark.parametrize("step", [3_001, 7_001, 100_000])
def test_a_giant_block_is_cut_at_the_same_place_whatever_the_pieces(step: int) -> None:
    text = "- item\n" * (3 * MAX_BLOCK // 7)
    blocks = feed_in_pieces(text, list(range(step, len(text), step)))
    assert blocks[0].end == MAX_BLOCK
    assert '<pre class="bp-plain">' in blocks[0].html
    assert blocks[-1].end == len(text)


def test_endless_open_code_is_cut_and_nothing_is_lost() -> None:
    text = "```\n" + "x\n" * MAX_OPEN_CODE
    blocks = feed_in_pieces(text, [])
    assert blocks[0].end == MAX_OPEN_CODE
    assert blocks[-1].end == len(text)


def test_a_growing_text_can_only_grow() -> None:
    markdown = IncrementalMarkdown()
    markdown.feed("abc")
    with pytest.raises(ValueError, match="only grow"):
        markdown.feed("ab")
    markdown.feed("abc", final=True)
    with pytest.raises(ValueError, match="after its end"):
        markdown.feed("abcd", final=True)


def test_a_template_counts_like_javascript() -> None:
    source = "😀 **bo**"
    template = encode_template(render_markdown(source), source)
    assert template == Template("p3b-2,2")
    assert utf16_length("😀é") == 3


def test_a_template_may_refer_to_an_earlier_one() -> None:
    earlier, later = Template("p-1,2b-2,6)-2,28", ("x",)), Template("p-1,2b-2,6)-2,99c-1,4", ("x", "y"))
    short = later.after(earlier)
    assert short.code == "~14,1~99c-1,4"
    assert short.literals == ("y",)
    assert Template("p9").after(Template("q")) == Template("p9")


def test_growth_at_the_end_alone_is_recognised() -> None:
    assert Template("p12").only_grew_from(Template("p3"))
    assert not Template("p3").only_grew_from(Template("p12"))
    assert not Template("p5b-2,3").only_grew_from(Template("p5"))
    assert not Template("p-12").only_grew_from(Template("p-3"))
    assert not Template("p12", ("x",)).only_grew_from(Template("p3"))
