"""Taking a pattern away from its page: what is offered is the export of what stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.codec import member_to_json
from bedrock_playground.patterns.criteria_looking import Matches
from bedrock_playground.patterns.exports import pattern_exports
from bedrock_playground.patterns.members import Solo
from tests.app.choosing import page_on

PAGE = "pages/playground/patterns.py"
FREE = "local.test-free-v1:0"
TIER = Tier(member=Solo(variant=Variant(model=FREE, max_tokens=20)))


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page=PAGE, data=tmp_path) as app:
        app.run()
        pattern = Cascade(
            tiers=(TIER, Tier(member=TIER.member, name="last")), criteria=(Matches(regex=r"^\d+$"),)
        )
        app.session_state["pattern_draft"] = member_to_json(pattern)
        app.session_state["pattern_generation"] = app.session_state["pattern_generation"] + 100
        app.session_state["pattern_system"] = "Count."
        app.run()
        assert not app.exception
        yield app


def code(app: AppTest) -> str:
    return "\n".join(element.value for element in app.code)


def test_nothing_is_written_before_it_is_looked_at(page: AppTest) -> None:
    assert "def answer(prompt: str)" not in code(page)


def test_the_module_holds_what_stands_on_the_page_and_what_cannot_be_said_is_told(page: AppTest) -> None:
    page.session_state["pattern_export"] = True
    page.run()
    assert not page.exception
    made = code(page)
    assert "def answer(prompt: str)" in made
    assert f'"modelId": "{FREE}"' in made
    assert 'matches(r"^\\d+\\Z")' in made
    assert "maxTokens" in made
    assert "def tier_1(prompt: str, course: Course) -> Reply:" in made
    assert '"system": [{"text": "Count."}]' in made
    page.segmented_control(key="pattern_export_format").set_value("step-functions").run()
    assert not page.exception
    (told,) = [each.value for each in page.warning if "Not in this format" in each.value]
    assert "no regular expressions" in told
    changed = json.loads(json.dumps(page.session_state["pattern_draft"]))
    changed["criteria"] = []
    page.session_state["pattern_draft"] = changed
    page.session_state["pattern_generation"] = page.session_state["pattern_generation"] + 1
    page.run()
    assert not page.exception
    definition = json.loads(next(each.value for each in page.code if "StartAt" in each.value))
    assert definition["States"]["Tier 1"]["Parameters"]["ModelId"] == FREE


def test_every_format_has_a_name_and_a_hint() -> None:
    assert list(pattern_exports()) == ["python", "step-functions"]
    assert all(form.title and form.hint.endswith(".") for form in pattern_exports().values())
