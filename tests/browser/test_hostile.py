"""Hostile model output in Chromium: no request leaves the page, nothing runs, links are safe."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from bedrock_playground.rendering import render_markdown
from tests.browser.conftest import AppServer
from tests.unit.rendering.hostile import HOSTILE

_VIOLATIONS = """
window.bpViolations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.bpViolations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Witness:
    """Everything that a page asked for, said, or tried."""

    def __init__(self, page: Page, app: AppServer) -> None:
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self._page = page
        home = urlsplit(app.url).netloc
        page.add_init_script(_VIOLATIONS)

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme not in {"data", "blob"} and parts.netloc != home:
                self.foreign.append(url)

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda socket: asked(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

        def dialog(found: object) -> None:
            self.dialogs.append(str(found))
            found.dismiss()  # type: ignore[attr-defined]

        page.on("dialog", dialog)

    def assert_quiet(self) -> None:
        assert self.foreign == []
        assert self.dialogs == []
        assert self.errors == []
        assert self._page.evaluate("() => window.bpViolations") == []


def show(page: Page, app: AppServer, script: Path, *, text: str, rate: int = 0) -> None:
    script.write_text(text, encoding="utf-8")
    page.goto(f"{app.url}/?lanes=1&file={script}&rate={rate or 100_000}")
    expect(page.get_by_test_id("lane-metrics")).to_contain_text("completed", timeout=60_000)


def small(text: str) -> str:
    return text if len(text) < 1_000 else text[:400]


def test_hostile_output_makes_no_request_and_runs_nothing(
    page: Page, live_app: AppServer, tmp_path: Path
) -> None:
    witness = Witness(page, live_app)
    corpus = "\n\n".join(f"case {name}\n\n{small(text)}\n\n```\n```\n\n" for name, text in HOSTILE.items())
    show(page, live_app, tmp_path / "answer.md", text=corpus)
    lane = page.get_by_test_id("lane-text")
    expect(lane).to_contain_text("case emoji")
    expect(lane).to_contain_text(":smile: :red[x]")
    expect(lane).to_contain_text("<script>alert(1)</script>")
    page.wait_for_timeout(1_000)  # whatever would load, would have begun to
    witness.assert_quiet()
    found = lane.evaluate(
        "(lane) => [...lane.querySelectorAll('*')].flatMap((e) => [...e.attributes]"
        ".filter((a) => /^on|^style$|^src/.test(a.name)).map((a) => e.tagName + a.name))"
    )
    assert found == []
    tags = set(lane.evaluate("(lane) => [...lane.querySelectorAll('*')].map((e) => e.localName)"))
    assert not tags & {"img", "script", "style", "iframe", "svg", "video", "audio", "form", "input", "link"}


def test_it_is_as_harmless_while_it_streams(page: Page, live_app: AppServer, tmp_path: Path) -> None:
    """Cut anywhere: half a tag, half a link, half a formula."""
    witness = Witness(page, live_app)
    names = (
        "onerror",
        "image",
        "image-html",
        "javascript-link",
        "math-html",
        "style",
        "fence-info",
        "title-break",
    )
    show(page, live_app, tmp_path / "answer.md", text="\n\n".join(HOSTILE[name] for name in names), rate=60)
    witness.assert_quiet()


def test_the_page_shows_exactly_what_the_renderer_made(
    page: Page, live_app: AppServer, tmp_path: Path
) -> None:
    """The browser's expansion of templates is the mirror of the server's; any drift shows here."""
    names = [name for name, text in HOSTILE.items() if len(text) < 1_000 and "\0" not in text]
    corpus = "\n\n---\n\n".join(HOSTILE[name] for name in names if "fence" not in name and "css" not in name)
    show(page, live_app, tmp_path / "answer.md", text=corpus)
    shown = (
        page.get_by_test_id("lane-text")
        .locator(".bp-md")
        .evaluate("(md) => { md.querySelector('.bp-tail')?.remove(); return md.innerHTML }")
    )
    wanted = page.evaluate(
        "(html) => { const box = document.createElement('div'); box.innerHTML = html; return box.innerHTML }",
        render_markdown(corpus),
    )
    assert shown.replace("\n", "") == wanted.replace("\n", "")


def test_links_open_elsewhere_and_tell_nothing(page: Page, live_app: AppServer, tmp_path: Path) -> None:
    show(
        page,
        live_app,
        tmp_path / "answer.md",
        text="See [this](https://example.org/x?a=1&b=2) and <https://example.com>.",
    )
    links = page.get_by_test_id("lane-text").locator("a")
    expect(links).to_have_count(2)
    for link in links.all():
        assert link.get_attribute("target") == "_blank"
        assert set((link.get_attribute("rel") or "").split()) == {"noopener", "noreferrer", "nofollow"}
    assert links.first.get_attribute("href") == "https://example.org/x?a=1&b=2"


def test_the_raw_text_is_one_click_away_with_copy(page: Page, live_app: AppServer, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_app.url)
    text = "It costs $5 and $6.\n\n**bold** <img src=x onerror=alert(1)> $x^2$\n"
    witness = Witness(page, live_app)
    show(page, live_app, tmp_path / "answer.md", text=text)
    lane = page.get_by_test_id("lane-text")
    expect(lane.locator("strong")).to_have_text("bold")
    expect(lane.locator("math")).to_have_count(1)
    expect(lane).to_contain_text("It costs $5 and $6.")
    page.get_by_role("button", name="Show the raw text").click()
    assert lane.locator(".bp-md").evaluate("(md) => md.textContent") == text
    page.get_by_role("button", name="Copy the raw text").click()
    page.wait_for_timeout(200)
    assert page.evaluate("() => navigator.clipboard.readText()") == text
    page.get_by_role("button", name="Show the raw text").click()
    expect(lane.locator("strong")).to_have_text("bold")
    witness.assert_quiet()


def test_every_response_carries_the_policy(page: Page, live_app: AppServer) -> None:
    for path in ("/", "/_stcore/health", "/bp/live/x/lane.js", "/nosuchpage"):
        headers = page.request.get(live_app.url + path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
