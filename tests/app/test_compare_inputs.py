"""Files, JSON schema and tools on the Compare page: real script runs, a real endpoint and its test models."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.build import request_as_json
from bedrock_playground.history.asked import AskedBook
from bedrock_playground.invocation import Comparison, InvocationRequest, RunIdentity, RunState
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock, Json, ToolResultBlock
from components.live import get_hub

ROOT = Path(__file__).resolve().parents[2]
TEST_MODEL = "local.test-effort-v1:0"
PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-effort"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
FILES = [
    ("photo.jpg", PNG, "image/jpeg"),
    ("broken.png", b"no image", "image/png"),
    ("notes_v2.md", b"# Notes", "text/markdown"),
]


@pytest.fixture(scope="module")
def _app_surroundings(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[None]:
    """One endpoint and one history for all tests here; each has a session of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(weights_cache))
        patch.setenv("BEDROCK_PLAYGROUND_FAULT_TEACHING", "1")
        st.cache_resource.clear()
        st.cache_data.clear()
        yield
        from components.resources import get_store, get_supervisor

        get_supervisor().stop()
        get_store().close()
        st.cache_resource.clear()
        st.cache_data.clear()


@pytest.fixture
def page(_app_surroundings: None) -> AppTest:
    """A session with the local model in A and a test model in B, ready to run."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        app.run()
        assert not app.exception, app.exception
        if not app.button(key="run").disabled:
            break
        time.sleep(0.2)
    app.session_state["A_max_tokens_value"] = 12
    return app.selectbox(key="B_model").set_value(TEST_MODEL).run()


def upload(app: AppTest, files: list[tuple[str, bytes, str]]) -> None:
    app.file_uploader[0].set_value(files).run()
    assert not app.exception


def run(app: AppTest) -> Comparison:
    app.button(key="run").click().run()
    assert not app.exception
    found = get_hub().get(app.session_state["comparison"])
    assert isinstance(found, Comparison)
    assert found.wait(60)
    app.run()
    assert not app.exception
    return found


def test_a_lane_that_takes_no_images_sits_out_and_the_other_answers(page: AppTest) -> None:
    upload(page, FILES)
    assert [error.value for error in page.error] == [
        "broken.png is no png image: its bytes are none of PNG, JPEG, GIF or WebP. Save it as one of these."
    ]
    assert {"image (png, 58 bytes)", "notes v2 (md, 7 bytes)"} <= {text.value for text in page.text}
    comparison = run(page)
    assert [lane.label for lane in comparison.lanes] == ["B"]
    run_b = comparison.lanes[0].runs[0]
    assert run_b.state is RunState.COMPLETED
    assert "1 image (png: 58 bytes)" in run_b.text
    sent = run_b.request.messages[0].content
    assert sent[0] == ImageBlock("png", PNG)
    assert sent[1] == DocumentBlock("md", "notes v2", b"# Notes")
    assert any("Sits out" in text.value for text in [*page.caption, *page.markdown, *page.warning])


def test_nothing_is_sent_where_no_variant_takes_it(page: AppTest) -> None:
    upload(page, FILES[:1])
    page.selectbox(key="B_model").set_value(page.selectbox(key="A_model").value).run()
    page.button(key="run").click().run()
    assert "comparison" not in page.session_state
    assert any("Nothing was sent" in warning.value for warning in page.warning)


def test_files_are_taken_away_one_by_one_and_outlive_a_page_switch(page: AppTest) -> None:
    upload(page, [FILES[0], FILES[2]])
    upload(page, [("notes_v2.md", b"others", "text/markdown")])
    page.switch_page("pages/workspace/history.py").run()
    page.switch_page("pages/playground/compare.py").run()
    texts = [text.value for text in page.text]
    assert texts.count("notes v2 (md, 7 bytes)") == 1
    assert "notes v2 (2) (md, 6 bytes)" in texts
    page.button(key="remove_attachment_0").click().run()
    texts = [text.value for text in page.text]
    assert "image (png, 58 bytes)" not in texts
    assert "notes v2 (md, 7 bytes)" in texts


def test_an_answer_in_json_is_asked_for_by_schema(page: AppTest) -> None:
    page.toggle(key="schema_on").set_value(True).run()
    page.text_area(key="prompt").set_value("Ada paid 120 euros on 3 May.").run()
    comparison = run(page)
    for lane in comparison.lanes:
        config = lane.runs[0].request.output_config
        assert config is not None
        assert config["textFormat"]["structure"]["jsonSchema"]["schema"] == page.text_area(key="schema").value  # type: ignore[index, call-overload]
    answer = json.loads(comparison.lane("B").runs[0].text)
    assert set(answer) == {"name", "date", "amount", "currency"}


@pytest.mark.parametrize("schema", ["{", '{"type": "thing"}'])
def test_a_schema_that_is_none_is_refused_before_anything_is_sent(page: AppTest, schema: str) -> None:
    page.toggle(key="schema_on").set_value(True).run()
    page.text_area(key="schema").set_value(schema).run()
    page.button(key="run").click().run()
    assert "comparison" not in page.session_state
    assert any("Nothing was sent. " in warning.value for warning in page.warning)
    assert page.text_area(key="schema").value == schema, "nothing that was typed is lost"


def test_tool_results_let_a_lane_go_on(page: AppTest) -> None:
    from components.inputs_examples import TOOLS
    from components.inputs_state import tool_key

    page.session_state["A_max_tokens_value"] = 256
    page.selectbox(key="A_model").set_value("local.test-one-sampler-v1:0").run()
    weather = TOOLS["Weather (with a canned result)"]
    page.session_state["tools"] = [1]
    for name, text in (
        ("name", weather.name),
        ("description", weather.description),
        ("schema", json.dumps(weather.input_schema)),
        ("canned", weather.canned_result),
    ):
        page.session_state[tool_key(1, name)] = text
    page.run()
    comparison = run(page)
    assert {lane.label for lane in comparison.lanes if comparison.pending_calls(lane.label)} == {"A", "B"}
    result = next(area for area in page.text_area if area.key and area.key.startswith("result_A"))
    assert result.value == '{"celsius": 3, "sky": "light rain"}'
    result.set_value(" ").run()
    page.button(key="send_results_A").click().run()
    assert any("is empty" in warning.value for warning in page.warning)
    next(area for area in page.text_area if area.key and area.key.startswith("result_A")).set_value(
        "No such city."
    )
    next(toggle for toggle in page.toggle if toggle.key and toggle.key.startswith("failed_A")).set_value(True)
    page.button(key="send_results_A").click().run()
    assert comparison.wait(60)
    last = comparison.lane("A").runs[-1]
    assert last.state is RunState.COMPLETED
    assert "get_weather failed and said: No such city." in last.text
    block = last.request.messages[-1].content[0]
    assert isinstance(block, ToolResultBlock)
    assert (block.content, block.status) == (({"text": "No such city."},), "error")
    page.run()
    assert not [button for button in page.button if button.key == "send_results_A"]
    page.chat_input(key="follow_up").set_value("And now?").run()
    assert comparison.wait(60)
    assert any("B sat out: it waits for tool results" in warning.value for warning in page.warning)


def test_a_comparison_out_of_the_history_brings_its_inputs_back(page: AppTest) -> None:
    upload(page, [FILES[0]])
    page.toggle(key="schema_on").set_value(True).run()
    comparison = run(page)
    schema = page.text_area(key="schema").value
    get_hub()._entries.clear()
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    assert not other.exception
    assert other.toggle(key="schema_on").value is True
    assert other.text_area(key="schema").value == schema
    assert "image (png, 58 bytes)" in {text.value for text in other.text}


def test_a_single_rerun_keeps_what_was_asked_and_takes_the_settings_of_now(page: AppTest) -> None:
    upload(page, [FILES[0]])
    comparison = run(page)
    page.button(key="remove_attachment_0").click().run()
    page.text_area(key="prompt").set_value("Something else").run()
    alone = AppTest.from_function(_rerun, kwargs={"letter": "B", "model": TEST_MODEL, "max_tokens": 7})
    alone.session_state["comparison"] = comparison.id
    alone.run()
    assert not alone.exception
    assert comparison.wait(60)
    first, second = (run.request for run in comparison.lane("B").runs)
    assert second.messages == first.messages, "the same prompt and file"
    assert (first.parameters.max_tokens, second.parameters.max_tokens) == (256, 7)


def _rerun(letter: str, model: str, max_tokens: int) -> None:
    from bedrock_playground.catalog.variant import Variant
    from components import compare_state, variants

    variants.replace_all([(letter, Variant(model=model, max_tokens=max_tokens))])
    compare_state.rerun(letter)


def other_session(comparison: Comparison) -> AppTest:
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    assert not other.exception
    return other


def test_an_application_profile_comes_back_with_its_settings_and_so_does_who_sat_out(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components import compare_asked

    upload(page, [FILES[0]])
    page.session_state["B_reasoning"] = "on"
    page.session_state["B_effort"] = "high"
    page.selectbox(key="B_model").set_value(PROFILE).run()
    comparison = run(page)
    sent = comparison.lane("B").runs[0].request
    assert sent.output_config == {"effort": "high"}
    for _ in range(2):
        [told] = [warning.value for warning in page.warning if "A sat out." in warning.value]
        assert "takes text only" in told, "the reason is the lane's own"
        page.run()
    other = other_session(comparison)
    assert other.session_state["variant_order"] == ["A", "B"]
    settings = ["B_reasoning", "B_effort", "B_additional_fields"]
    assert [other.session_state[name] for name in settings] == ["on", "high", ""]
    # As after a restart: the history tells who sat out.
    compare_asked._kept().clear()
    other = other_session(comparison)
    assert other.session_state["variant_order"] == ["A", "B"]
    assert [other.session_state[name] for name in settings] == ["on", "high", ""]
    # As with a comparison of an older version, of which it knows nothing.
    compare_asked._kept().clear()
    monkeypatch.setattr(AskedBook, "get", lambda _self, _id: None)
    other = other_session(comparison)
    assert other.session_state["variant_order"] == ["B"], "the requests know nothing of A"
    assert [other.session_state[name] for name in settings] == ["on", "high", ""]


def test_while_the_place_is_not_there_settings_wait_and_what_was_changed_stays(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components import compare_asked
    from components.binding import WhereItRan

    for letter in "AB":
        page.session_state[f"{letter}_reasoning"] = "on"
        page.session_state[f"{letter}_effort"] = "high"
        page.selectbox(key=f"{letter}_model").set_value(PROFILE).run()
    comparison = run(page)
    compare_asked._kept().clear()
    with monkeypatch.context() as patch:
        patch.setattr(WhereItRan, "connection", lambda _self: None)
        patch.setattr(AskedBook, "get", lambda _self, _id: None)
        other = other_session(comparison)
        assert other.session_state["B_effort"] == "high"
        assert other.session_state["B_reasoning"] == "", "nobody knows yet what its fields mean"
        other.session_state["A_effort"] = "low"

    other.run()
    assert not other.exception
    assert [other.session_state[name] for name in ("A_effort", "A_reasoning")] == ["low", ""]
    assert [other.session_state[name] for name in ("B_effort", "B_reasoning")] == ["high", "on"]


def test_a_follow_up_and_what_is_shown_of_it_take_the_settings_of_now(page: AppTest) -> None:
    comparison = run(page)
    page.session_state["B_max_tokens_value"] = 9
    page.button(key="request_B").click().run()
    shown = json.loads(page.code[-1].value)
    page.chat_input(key="follow_up").set_value("(your next message)").run()
    assert not page.exception
    assert comparison.wait(60)
    last = comparison.lane("B").runs[-1]
    assert last.identity.turn == 1
    assert last.request.parameters.max_tokens == 9
    assert [message.role for message in last.request.messages] == ["user", "assistant", "user"]
    assert shown == request_as_json(last.request)


@pytest.mark.usefixtures("_app_surroundings")
def test_each_input_is_read_from_a_lane_that_was_sent_it() -> None:
    from components import compare_asked
    from components.binding import WhereItRan

    def config(choice: dict[str, Json]) -> dict[str, Json]:
        spec: Json = {"name": "add", "inputSchema": {"json": {"type": "object"}}}
        return {"tools": [{"toolSpec": spec}], "toolChoice": choice}

    plain = InvocationRequest.from_prompt("amazon.titan-text-express-v1", "Hello")
    told = replace(plain, model_id="amazon.nova-lite-v1:0", system="Be short.")
    sent = [
        plain,
        replace(told, tool_config=config({"auto": {}})),
        replace(told, tool_config=config({"tool": {"name": "add"}})),
    ]
    now = datetime.now(UTC)
    comparison = Comparison.restore(
        WhereItRan("elsewhere", None),
        runs=[
            (RunIdentity(letter, "none-knows", letter, 0, 0, now, None, "elsewhere"), request, None)
            for letter, request in zip("ABC", sent, strict=True)
        ],
    )
    found = compare_asked.asked_of(comparison)
    assert found.prompt == "Hello"
    assert found.system == "Be short.", "a model that takes none has no say"
    assert ([tool.name for tool in found.tools], found.tool_choice) == (["add"], "add")


@pytest.mark.usefixtures("_app_surroundings")
def test_models_that_were_picked_for_a_place_are_there_again_on_the_way_back() -> None:
    app = AppTest.from_function(_there_and_back, kwargs={"model": PROFILE})
    app.run()
    assert not app.exception
    assert app.session_state["seen"] == [None, PROFILE, "amazon.nova-lite-v1:0"]


def _there_and_back(model: str) -> None:
    import streamlit as st

    from bedrock_playground.catalog.variant import Variant
    from components import connection, variants
    from components.compare_state import HERE, KIND

    state = st.session_state
    state["seen"] = []
    variants.replace_all([("A", Variant(model=model))])
    for kind, here in (
        ("bedrock", ("local", None)),
        ("local", ("bedrock", "us-east-1")),
        ("bedrock", ("local", None)),
    ):
        state[KIND], state[HERE] = kind, here
        connection.switched()
        state["seen"].append(state["A_model"])
        if kind == "bedrock":
            state["A_model"] = "amazon.nova-lite-v1:0"
