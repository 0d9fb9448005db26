"""The Connection page in AppTest, on the real local endpoint and on endpoints that are named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.invocation import (
    InvocationRequest,
    InvocationResult,
    RunIdentity,
    RunState,
    forget_clients,
)
from bedrock_playground.launcher import EndpointStatus
from components.words import code, plain

ROOT = Path(__file__).resolve().parents[2]
AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
    "AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION", "AWS_DEFAULT_REGION",
)  # fmt: skip
Open = Callable[[], AppTest]


@pytest.fixture
def open_page(tmp_path: Path, weights_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the app at its Connection page, in an environment that the test may fill first."""
    for name in AWS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(weights_cache))
    st.cache_resource.clear()
    st.cache_data.clear()
    forget_clients()
    opened: list[AppTest] = []

    def start() -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.run()
        app.switch_page("pages/workspace/connection.py").run()
        assert not app.exception, app.exception
        opened.append(app)
        return app

    yield start
    from components.resources import get_store, get_supervisor

    if opened and any(app.session_state["connection_kind"] == "local" for app in opened):
        get_supervisor().stop()
    get_store().close()
    st.cache_resource.clear()
    st.cache_data.clear()


def words(app: AppTest) -> str:
    """All that the page says."""
    told = [*app.markdown, *app.caption, *app.code, *app.error, *app.warning, *app.success, *app.subheader]
    return "\n".join(str(element.value) for element in told)


def ready(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        app.run()
        assert not app.exception, app.exception
        if "Try the permissions" in {button.label for button in app.button}:
            return app
        time.sleep(0.2)
    raise AssertionError("The local endpoint did not become ready.")


def test_the_local_endpoint_is_shown_and_called(open_page: Open) -> None:
    app = ready(open_page())
    assert "**Ready**" in words(app)
    assert not app.sidebar.get("page_link"), "the navigation leads here already"
    assert "http://127.0.0.1:" in words(app)
    app.button(key="identity_check").click().run()
    assert "Account `000000000000`" in words(app)
    app.button(key="probe").click().run()
    for action in ("ListFoundationModels", "GetFoundationModelAvailability", "CountTokens", "ListGuardrails"):
        assert f"✓ **Allowed** · `bedrock:{action}`" in words(app)
    assert "It costs **nothing**" in words(app)
    app.button(key="one_token").click().run()
    assert not app.exception
    assert "1 out" in app.success[0].value
    app.button(key="endpoint_restart").click().run()
    assert not app.exception
    assert "**Ready**" in words(ready(app))


def _one_model() -> None:
    from dataclasses import replace

    from bedrock_playground.catalog.discovery import without_asking
    from bedrock_playground.connection import Connection
    from bedrock_playground.invocation import ClientConfig
    from components.connection_probe import one_call

    one_call(Connection("local", ClientConfig(region="local")), replace(without_asking(), closed=True))


def test_a_model_that_is_not_on_this_machine_is_not_offered_for_a_call() -> None:
    app = AppTest.from_function(_one_model, default_timeout=30).run()
    assert not app.exception, app.exception
    assert "is not on this machine" in words(app)
    assert not app.button


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, open_page: Open) -> Open:
    """Opens the page where the environment holds credentials; nothing is asked over the network."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    from bedrock_playground.catalog.discovery import without_asking

    monkeypatch.setattr("components.resources.discover", lambda _: without_asking("Not asked in this test."))
    return open_page


def test_credentials_and_the_regions_are_told_and_picked_per_session(planted: Open) -> None:
    app = planted()
    assert "Bedrock is called with **environment variables**." in words(app)
    assert app.selectbox(key="connection_region_picker").value == "us-east-1"
    app.selectbox(key="connection_region_picker").select("eu-central-1").run()
    assert "Region eu-central-1, Europe (Frankfurt)" in words(app)
    assert app.session_state["connection_here"] == ("bedrock", "eu-central-1")
    other = planted()
    assert other.selectbox(key="connection_region_picker").value == "us-east-1"
    app.switch_page("pages/playground/compare.py").run()
    app.switch_page("pages/workspace/connection.py").run()
    assert app.selectbox(key="connection_region_picker").value == "eu-central-1"


def test_a_region_that_is_none_is_refused_and_nothing_changes(planted: Open) -> None:
    app = planted()
    app.session_state["connection_region"] = "eu-west-1"
    app.run()
    from components import connection_page

    picker = app.selectbox(key="connection_region_picker")
    picker.set_value("eu-west-2").run()
    assert app.session_state["connection_region"] == "eu-west-2"
    assert connection_page._REGION_CODE.fullmatch("us-gov-west-1")
    assert not connection_page._REGION_CODE.fullmatch("Frankfurt")


def test_the_api_keys_precedence_is_shown_when_both_are_set(
    planted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "planted-api-key")
    said = words(planted())
    assert "**The API key wins**" in said
    assert "planted" not in said


def test_an_endpoint_is_named_checked_used_and_forgotten(
    planted: Open, local_endpoint: EndpointStatus
) -> None:
    app = planted()
    app.text_input(key="connection_endpoint_field").set_value("http://bedrock.example.org").run()
    app.button(key="endpoint_use").click().run()
    assert "Plain http" in app.error[0].value
    assert app.session_state["connection_kind"] == "bedrock"
    assert app.text_input(key="connection_endpoint_field").value == "http://bedrock.example.org"
    app.text_input(key="connection_endpoint_field").set_value(f"{local_endpoint.url}/").run()
    app.button(key="endpoint_use").click().run()
    assert app.session_state["connection_here"] == (local_endpoint.url, "us-east-1")
    assert "placeholder keys" in words(app)
    app.button(key="endpoint_forget").click().run()
    assert not app.exception
    assert app.session_state["connection_here"] == ("bedrock", "us-east-1")


def test_where_no_credentials_are_it_says_what_was_tried(open_page: Open) -> None:
    app = open_page()
    app.button(key="use_bedrock").click().run()
    assert not app.exception
    assert "None were found" in words(app)
    assert not str(app.selectbox(key="connection_model").value).startswith("local.")


def test_the_operator_can_forbid_endpoints(planted: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_OVERRIDE", "0")
    app = planted()
    assert not app.text_input


def recorded(folder: Path, *, endpoint: str, region: str) -> str:
    """Put a comparison into the history that ran there; returns its id."""
    identity = RunIdentity(
        run_id=f"run-{region}",
        comparison_id=f"comparison-{region}",
        label="A",
        turn=0,
        repeat=0,
        started_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
        region=region,
        endpoint=endpoint,
    )
    request = InvocationRequest.from_prompt("amazon.nova-lite-v1:0", "Why is the sky blue?")
    result = InvocationResult(text="Because.", stop_reason="end_turn")
    record = RunRecord(identity=identity, state=RunState.COMPLETED, request=request, result=result)
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        store.add([record])
    return identity.comparison_id


def opened(comparison_id: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["comparison"] = comparison_id
    app.run()
    assert not app.exception, app.exception
    return app


def test_opening_a_comparison_leads_back_to_its_region(planted: Open, tmp_path: Path) -> None:
    comparison_id = recorded(tmp_path, endpoint="bedrock", region="ap-southeast-2")
    assert planted().session_state["connection_here"] == ("bedrock", "us-east-1")
    app = opened(comparison_id)
    assert app.session_state["connection_here"] == ("bedrock", "ap-southeast-2")
    assert app.text_area(key="prompt").value == "Why is the sky blue?"
    app.switch_page("pages/workspace/connection.py").run()
    assert app.selectbox(key="connection_region_picker").value == "ap-southeast-2"


def test_opening_a_comparison_leads_back_to_an_endpoint_that_was_named(planted: Open, tmp_path: Path) -> None:
    there = "http://127.0.0.1:9"
    first = planted()
    first.text_input(key="connection_endpoint_field").set_value(there).run()
    first.button(key="endpoint_use").click().run()
    app = opened(recorded(tmp_path, endpoint=there, region="eu-west-1"))
    assert app.session_state["connection_here"] == (there, "eu-west-1")


def test_a_comparison_from_an_endpoint_that_nobody_named_is_shown_where_the_session_is(
    planted: Open, tmp_path: Path
) -> None:
    app = opened(recorded(tmp_path, endpoint="http://127.0.0.1:9", region="eu-west-1"))
    assert app.session_state["connection_here"] == ("bedrock", "us-east-1")
    assert app.text_area(key="prompt").value == "Why is the sky blue?"


def test_refreshing_looks_for_credentials_anew(planted: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = planted()
    assert "Bedrock is called with **environment variables**." in words(app)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "Bedrock is called with **environment variables**." in words(app.run())
    app.button(key="refresh_models").click().run()
    assert not app.exception, app.exception
    assert "None were found" in words(app)


def test_what_one_region_answered_is_not_shown_for_another(
    planted: Open, local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_URL", local_endpoint.url or "")
    app = planted()
    app.button(key="one_token").click().run()
    app.button(key="probe").click().run()
    told = "shows only by calling it"
    assert app.success or app.error
    assert told in words(app)
    model = app.selectbox(key="connection_model").value
    app.selectbox(key="connection_region_picker").select("eu-central-1").run()
    assert app.selectbox(key="connection_model").value == model
    assert not app.success
    assert not app.error
    assert told not in words(app)


def test_credentials_that_aws_does_not_know_are_told_once_with_what_to_do(
    planted: Open, local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_URL", local_endpoint.url or "")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", local_endpoint.url or "")
    app = planted()
    app.button(key="probe").click().run()
    advice = [str(one.value) for one in app.warning if "AWS does not know these credentials" in one.value]
    assert len(advice) == 1
    assert "Renew them" in advice[0]
    app.button(key="identity_check").click().run()
    said = [str(one.value) for one in app.warning if "GetCallerIdentity" in one.value]
    assert len(said) == 1
    assert "Renew them" in said[0]


def test_placeholder_keys_are_nobodys(planted: Open, local_endpoint: EndpointStatus) -> None:
    app = planted()
    assert "Who am I?" in {button.label for button in app.button}
    app.text_input(key="connection_endpoint_field").set_value(local_endpoint.url or "").run()
    app.button(key="endpoint_use").click().run()
    assert "placeholder keys" in words(app)
    assert "Who am I?" not in {button.label for button in app.button}


def test_the_hosts_that_the_environment_names_are_shown(
    planted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://me:planted@gateway.example.org/bedrock")
    said = words(planted())
    assert "**Amazon Bedrock**: `https://gateway.example.org/bedrock`, Region us-east-1" in said
    assert "asked for at `https://bedrock.us-east-1.amazonaws.com`" in said
    assert "planted" not in said


def test_an_address_in_an_error_is_code_without_escapes() -> None:
    advice = "Give the endpoint as http://host:port, or look :red[here] (https://a_b.example.org/x_y)."
    assert plain(advice) == (
        "Give the endpoint as `http://host:port`, or look \\:red\\[here\\] (`https://a_b.example.org/x_y`)."
    )
    assert [code("my_profile"), code("a`b")] == ["`my_profile`", "`` a`b ``"]


def test_the_page_says_whether_calls_are_exported(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("Telemetry is **off**" in caption.value for caption in open_page().caption)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_TELEMETRY", "1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:planted@127.0.0.1:9")
    st.cache_resource.clear()
    (said,) = [caption.value for caption in open_page().caption if "Telemetry" in caption.value]
    assert "`127.0.0.1:9`" in said
    assert "Prompts and answers are not recorded" in said
    assert "planted" not in said
