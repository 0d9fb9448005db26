"""Sharing on Compare: whatever is opened restores all of it, runs nothing, and is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.history import HistoryUnavailable
from bedrock_playground.invocation import Comparison
from bedrock_playground.invocation.values import Guardrail, ImageBlock
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.presets.values import Variable
from bedrock_playground.sharing import SharedComparison
from bedrock_playground.sharing.codec import from_text, to_text
from bedrock_playground.sharing.link import decode, encode
from components.live import get_hub
from tests.app.choosing import ROOT, page_on

FREE, EFFORT = "local.test-free-v1:0", "local.test-effort-v1:0"
PIXEL = ImageBlock("png", b"not to travel")
SHARED = SharedComparison(
    inputs=Inputs(
        prompt="Say {{what}}.",
        system="Be {{how}}.",
        output_schema='{"type": "object"}',
        tools=(ToolDefinition("clock", "The time.", {"type": "object"}, "12:00"),),
        tool_choice="clock",
    ),
    variants=(
        ("C", Variant(model=FREE, temperature=0.25, max_tokens=7, stop=("END",), system="")),
        ("A", Variant(model=EFFORT, effort="low", guardrail=Guardrail("gr-1", "3", trace="disabled"))),
    ),
    variables=(Variable(name="how"), Variable(name="what", type="choice", choices=("hello", "bye"))),
    values={"what": "bye"},
    repeat=3,
    files_left_out=2,
)


REFUSED = (
    ("1.AAAA", "changed on its way"),
    (encode(SHARED)[:-4], "cut off"),
    ("9." + encode(SHARED)[2:], "version 9"),
    ("1." + "A" * 7_000, "too long"),
    ("<script>alert(1)</script>", "no link of a comparison"),
)


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/playground/compare.py", data=tmp_path) as app:
        yield app


def opened(**query: str) -> AppTest:
    """A session of its own that begins at an address."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def standing(app: AppTest) -> SharedComparison:
    """What would be shared of what stands there now."""
    app.button(key="share").click().run()
    assert not app.exception
    text = next(code.value for code in app.code if "?share=" in code.value)
    return decode(text.partition("?share=")[2])


def said(app: AppTest) -> str:
    told = (*app.info, *app.error, *app.warning, *app.markdown, *app.caption)
    return "\n".join(str(one.value) for one in told)


def test_a_link_restores_everything_in_another_session_and_runs_nothing(page: AppTest) -> None:
    page.run()
    app = opened(share=encode(SHARED))
    assert "Nothing has been run" in said(app)
    assert "2 files" in said(app)
    assert "comparison" not in app.session_state
    from components.resources import get_store

    assert get_store().count() == 0
    assert app.text_area(key="prompt").value == "Say {{what}}."
    # Files do not travel, and are not claimed twice.
    assert standing(app) == replace(SHARED, files_left_out=0)


def test_what_is_changed_since_stays_and_a_reload_opens_it_again(page: AppTest) -> None:
    page.run()
    link = encode(SHARED)
    app = opened(share=link)
    app.text_area(key="prompt").set_value("Mine").run()
    assert app.text_area(key="prompt").value == "Mine"
    assert app.query_params["share"] in (link, [link])
    assert opened(share=link).text_area(key="prompt").value == "Say {{what}}."


def test_run_puts_the_comparison_into_the_address_in_place_of_the_link(page: AppTest) -> None:
    page.run()
    shared = SharedComparison(inputs=Inputs(prompt="Hi"), variants=(("A", Variant(model=FREE)),))
    app = opened(share=encode(shared), comparison="somebody-elses")
    assert "comparison" not in app.query_params
    app.button(key="run").click().run()
    comparison = get_hub().get(app.session_state["comparison"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(60)
    app.run()
    assert "share" not in app.query_params
    assert "comparison" in app.query_params
    # A comparison's id opens it for whoever knows it: it is in no link.
    app.button(key="share").click().run()
    assert all(comparison.id not in code.value for code in app.code)


def test_a_link_that_is_refused_leaves_everything_as_it_was(page: AppTest) -> None:
    page.run()
    before = standing(page)
    for link, words in REFUSED:
        page.query_params["share"] = link
        page.run()
        assert any(words in error.value for error in page.error)
        assert "share" not in page.query_params
        page.run()
        # Until somebody has read it: reruns come by themselves.
        assert any(words in error.value for error in page.error)
        page.button(key="share_notice_dismiss").click().run()
        assert not page.error
    assert standing(page) == before


def test_script_in_a_link_is_shown_as_text(page: AppTest) -> None:
    page.run()
    shared = SharedComparison(
        inputs=Inputs(prompt="<script>alert(1)</script>"),
        variants=(("A", Variant(model="nobody.knows-it-v1:0")),),
    )
    app = opened(share=encode(shared))
    assert app.text_area(key="prompt").value == "<script>alert(1)</script>"
    assert any("A: `nobody.knows-it-v1:0`" in warning.value for warning in app.warning)


def test_a_stored_share_is_opened_deleted_and_put_back(page: AppTest) -> None:
    page.run()
    app = opened(share=encode(SHARED))
    app.button(key="share").click().run()
    app.button(key="share_store").click().run()
    assert not app.exception
    from components.resources import get_store

    kept = get_store().shares.find()
    assert [share.title for share in kept] == ["Say {{what}}. · 2 variants"]
    assert any(code.value.endswith(f"?shared={kept[0].share_id}") for code in app.code)
    other = opened(shared=kept[0].share_id)
    assert "Opened from a stored share" in said(other)
    assert other.text_area(key="prompt").value == "Say {{what}}."
    get_store().shares.delete(kept[0].share_id)
    gone = opened(shared=kept[0].share_id)
    assert "not known here" in said(gone)
    assert "shared" not in gone.query_params


def test_the_shelf_opens_and_deletes_with_a_way_back(page: AppTest) -> None:
    page.run()
    from components.resources import get_store

    share = get_store().shares.keep(to_text(SHARED), title="Kept")
    page.text_area(key="prompt").set_value("What stood there").run()
    page.session_state["share_tabs"] = "Open"
    page.button(key="share").click().run()
    page.button(key="share_delete").click().run()
    assert get_store().shares.find() == []
    page.button(key="share_undo").click().run()
    assert get_store().shares.find() == [share]
    page.button(key="share_open_stored").click().run()
    assert not page.exception
    assert page.text_area(key="prompt").value == "Say {{what}}."
    page.button(key="bring_back").click().run()
    assert page.text_area(key="prompt").value == "What stood there"
    assert page.session_state["repeat"] == 1


def test_a_share_that_a_newer_version_stored_is_refused(page: AppTest) -> None:
    page.run()
    from components.resources import get_store

    document = to_text(SHARED).replace('"version":1', '"version":2', 1)
    share = get_store().shares.keep(document, title="Newer")
    assert "newer version" in said(opened(shared=share.share_id))


def test_a_file_is_looked_into_and_opened(page: AppTest) -> None:
    page.run()
    page.session_state["share_tabs"] = "Open"
    page.button(key="share").click().run()
    page.file_uploader(key="share_upload").upload("it.json", b'{"format": "x"}', "application/json").run()
    assert any("no shared comparison" in error.value for error in page.error)
    page.file_uploader(key="share_upload").upload(
        "it.json", to_text(SHARED, pretty=True).encode(), "application/json"
    ).run()
    page.button(key="share_open_file").click().run()
    assert not page.exception
    assert "Opened from a file" in said(page)
    assert page.text_area(key="prompt").value == "Say {{what}}."


def test_what_is_too_long_for_a_link_is_offered_as_a_stored_share(page: AppTest) -> None:
    import random

    page.run()
    chance = random.Random(1)
    prompt = " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(1_500))
    page.text_area(key="prompt").set_value(prompt).run()
    page.session_state["attachments"] = (PIXEL,)
    page.button(key="share").click().run()
    assert "Too long for a link" in said(page)
    assert "the 1 file beside the prompt" in said(page)
    assert not any("?share=" in code.value for code in page.code)
    page.button(key="share_store").click().run()
    from components.resources import get_store

    kept = from_text(get_store().shares.find()[0].document)
    assert (kept.inputs.prompt, kept.files_left_out) == (prompt, 1)


def test_a_store_that_refuses_is_told(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.run()
    from bedrock_playground.history import ShareBook

    def refuse(*_args: object, **_options: object) -> None:
        raise HistoryUnavailable("The disk is full.")

    monkeypatch.setattr(ShareBook, "keep", refuse)
    page.button(key="share").click().run()
    page.button(key="share_store").click().run()
    assert "It was not stored. The disk is full." in said(page)


def test_a_blind_comparison_is_shared_only_after_the_vote(page: AppTest) -> None:
    page.run()
    for letter, model in (("A", FREE), ("B", EFFORT)):
        page.session_state[f"{letter}_model"] = model
    page.session_state["blind"] = True
    page.run()
    page.button(key="run").click().run()
    comparison = get_hub().get(page.session_state["comparison"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(60)
    page.run()
    page.button(key="share").click().run()
    assert "blind until the vote" in said(page)
    assert not any("?share=" in code.value for code in page.code)
    page.session_state["share_tabs"] = "Results"
    page.run()
    assert not page.get("download_button")
    page.button(key="reveal").click().run()
    assert any("## Answers" in code.value for code in page.code)
