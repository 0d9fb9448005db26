"""What untrusted Markdown becomes: the good comes out right, the bad not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.rendering import render_markdown
from bedrock_playground.rendering.sanitise import MATH_TAGS, TEXT_TAGS, sanitise
from tests.unit.rendering.hostile import HOSTILE

SAFE_ATTRIBUTES = {"href", "target", "rel", "class", "align", "start", "data-lang", "display"}


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in _Tags(html).found:
        assert tag in TEXT_TAGS | MATH_TAGS, tag
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "src", "srcset", "id", "title"}
            if name == "href":
                assert re.match(r"(https?://|mailto:)", value or "", re.IGNORECASE)
        if tag == "a":
            assert set((attributes["rel"] or "").split()) == {"noopener", "noreferrer", "nofollow"}
            assert attributes["target"] == "_blank"
        elif tag not in MATH_TAGS:
            assert set(attributes) <= SAFE_ATTRIBUTES


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_harmless(text: str) -> None:
    assert_harmless(render_markdown(text))


@given(st.text(alphabet="<>a\"'=/ \n`$[]()!*_~|:#-\\&;javscriptdfonerx{}^", max_size=200))
def test_any_text_is_harmless(text: str) -> None:
    assert_harmless(render_markdown(text))


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><animate onbegin=alert(1)></svg>",
        "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
        '<math href="javascript:alert(1)"><mi>x</mi></math>',
        '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>',
        '<a href="JaVaScRiPt:alert(1)" onclick="alert(1)" style="x" id="y" title="z">x</a>',
        '<p style="background:url(http://evil.example/)">x</p>',
        "<form action=http://evil.example><input name=x><button>go</button></form>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        '<span class="bp-k stButton">x</span>',
    ],
)
def test_the_gate_itself_lets_nothing_through(html: str) -> None:
    """Even if the renderer had a hole, the sanitiser behind it has none."""
    clean = sanitise(html)
    assert_harmless(clean)
    assert "alert" not in clean or "<" not in clean
    assert "stButton" not in clean
    assert "url(" not in clean


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "It costs $5, not $6.",
        "from $20,000 to $30,000",
        "US$5 and A$6",
        "$5 or 6$ total",
        r"\$x\$",
        "a $ b $ c",
        "`$x$`",
    ],
)
def test_prices_stay_prices(text: str) -> None:
    assert "<math" not in render_markdown(text)


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("Euler: $e^{i\\pi}+1=0$.", "inline"),
        (r"so \(a_b\) holds", "inline"),
        ("$$\n\\frac{a}{b}\n+ c\n$$", "block"),
        ("\\[ x = y \\]", "block"),
        ("text\n$$x^2$$\nmore", "block"),
        ("$x$", "inline"),
    ],
)
def test_mathematics_comes_out_as_mathml(text: str, display: str) -> None:
    html = render_markdown(text)
    assert f'<math display="{display}">' in html
    assert "$" not in html


def test_text_in_a_formula_is_text() -> None:
    html = render_markdown(r"$\text{<img src=x> a & b}$ after")
    assert "<mtext>&lt;img" in html
    assert html.endswith("</math> after</p>\n")


def test_an_impossible_formula_is_shown_as_code() -> None:
    assert render_markdown(r"$\frac{a$ and $x^2$").count("<math") <= 2
    assert "<code>" in render_markdown("$" + "{" * 60 + "x" + "}" * 60 + "$")


def test_what_streamlit_would_rewrite_stays_as_typed() -> None:
    html = render_markdown(":smile: :red[x] -> <- -- :material/home: (c)")
    assert html == "<p>:smile: :red[x] -&gt; &lt;- -- :material/home: (c)</p>\n"


def test_raw_html_is_text() -> None:
    assert render_markdown("a <b>b</b>") == "<p>a &lt;b&gt;b&lt;/b&gt;</p>\n"


def test_images_are_named_not_loaded() -> None:
    html = render_markdown("![a cat](https://evil.example/cat.png)")
    assert "[image: a cat]</a>" in html
    assert 'href="https://evil.example/cat.png"' in html
    inside = render_markdown("[![badge](https://evil.example/b.svg)](https://example.org)")
    assert inside.count("<a ") == 1
    assert "[image: badge]" in inside


def test_tables_lists_tasks_and_strikethrough() -> None:
    table = render_markdown("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<td align="right">2</td>' in table
    assert render_markdown("- [ ] do\n- [x] done").count("☐") == 1
    assert "☑ done" in render_markdown("- [x] done")
    assert "<s>old</s>" in render_markdown("~~old~~")
    assert "<br>" in render_markdown("one\ntwo")


def test_code_is_coloured_and_escaped() -> None:
    html = render_markdown('```python\ndef f(): return "<script>"\n```')
    assert '<span class="bp-k">def</span>' in html
    assert "&lt;script&gt;" in html
    assert 'data-lang="python"' in html


@pytest.mark.parametrize(
    "fence", ["```nosuchlanguage\nx\n```", "```\nx\n```", '```"onload=x\nx\n```', "```python\nx"]
)
def test_any_fence_is_a_code_block(fence: str) -> None:
    html = render_markdown(fence)
    assert '<pre class="bp-code"' in html
    assert "x" in html
    assert "onload" not in html


def test_very_long_code_stays_whole_without_colours() -> None:
    code = "x = 1\n" * 6_000
    html = render_markdown(f"```python\n{code}```")
    assert html.count("x = 1") == 6_000
    assert "bp-n" not in html
