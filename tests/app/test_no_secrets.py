"""Nothing secret leaves: recognisable secrets are planted, the app is used, and all it made is searched."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import to_csv, to_jsonl
from bedrock_playground.invocation import Comparison, RunState, forget_clients
from bedrock_playground.launcher import EndpointStatus
from components.live import get_hub

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "Planted/Secret+Access0Key",
    "AWS_SESSION_TOKEN": "PlantedSessionToken0",
    "AWS_BEARER_TOKEN_BEDROCK": "PlantedBedrockApiKey0",
}


@pytest.fixture
def app(local_endpoint: EndpointStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app with keys in the environment; the endpoint that it calls looks at the key's id alone."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", local_endpoint.access_key_id or "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS["AWS_SECRET_ACCESS_KEY"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRETS["AWS_SESSION_TOKEN"])
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", local_endpoint.url or "")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_URL", local_endpoint.url or "")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    st.cache_resource.clear()
    st.cache_data.clear()
    forget_clients()
    yield AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    from components.resources import get_store

    get_store().close()
    st.cache_resource.clear()
    st.cache_data.clear()


def drawn(node: Any) -> str:
    """Every word that was sent to the browser."""
    own = str(getattr(node, "proto", "")) + str(getattr(node, "value", "") if hasattr(node, "proto") else "")
    return own + "".join(drawn(child) for child in getattr(node, "children", {}).values())


def use(app: AppTest) -> tuple[str, RunState]:
    """Run a comparison and look at every page; returns all that was drawn and how the run ended."""
    app.run()
    # What is closed is not drawn; open, it also shows the most.
    for letter in "AB":
        app.session_state[f"{letter}_settings_looked_at"] = True
    app.run()
    app.number_input(key="B_max_tokens").set_value(4).run()
    app.number_input(key="A_max_tokens").set_value(4).run()
    app.button(key="run").click().run()
    assert not app.exception, app.exception
    comparison = get_hub().get(app.session_state["comparison"])
    assert isinstance(comparison, Comparison)
    assert comparison.wait(90), [(run.state, run.text) for lane in comparison.lanes for run in lane.runs]
    pages = [drawn(app.run()._tree), str(app.query_params)]
    app.switch_page("pages/workspace/connection.py").run()
    for button in ("identity_check", "probe", "one_token"):
        app.button(key=button).click().run()
        assert not app.exception, app.exception
        pages.append(drawn(app._tree))
    for page in ("pages/workspace/history.py", "pages/choose/models.py"):
        pages.append(drawn(app.switch_page(page).run()._tree))
        assert not app.exception, app.exception
    pages.append(str(app.query_params))
    return "".join(pages), comparison.lanes[0].runs[0].state


def kept(folder: Path) -> str:
    """All that stands in the data folder, and all that can be taken away."""
    from components.resources import get_store

    store = get_store()
    exports = "".join([*to_csv(store.export_rows()), *to_jsonl(store.export_rows())])
    assert "us-east-1" in exports
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return exports + "".join(path.read_bytes().decode("latin-1") for path in files)


@pytest.mark.parametrize("api_key", [False, True])
def test_no_secret_is_drawn_logged_recorded_or_exported(
    *,
    app: AppTest,
    api_key: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    if api_key:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", SECRETS["AWS_BEARER_TOKEN_BEDROCK"])
    pages, state = use(app)
    # An API key is refused over plain http, which is where an error could tell it.
    assert state is (RunState.FAILED if api_key else RunState.COMPLETED)
    assert ("The API key wins" in pages) == api_key
    assert "000000000000" in pages, "the identity was told"
    everything = {
        "pages": pages,
        "kept": kept(tmp_path / "data"),
        "log": caplog.text,
    }
    for where, text in everything.items():
        for name, secret in SECRETS.items():
            assert secret not in text, f"{name} is in the {where}"


def test_no_word_of_a_broken_credential_process_leaves(
    *, app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = SECRETS["AWS_SECRET_ACCESS_KEY"]
    (tmp_path / "config").write_text(
        f"[default]\ncredential_process = sh -c 'echo {secret} >&2; exit 1'\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    pages, state = use(app)
    assert state is RunState.FAILED
    assert "credential provider custom-process failed" in pages
    assert secret not in pages + kept(tmp_path / "data") + caplog.text
