"""What the tests of the pages that choose begin with: the app on an endpoint that lists a few models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.launcher import EndpointStatus
from tests.wire.cli.command_line import keys_of

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def page_on(
    endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, *, page: str, data: Path
) -> Iterator[AppTest]:
    """Open a page of the app, connected to an endpoint that somebody named."""
    for name in ("AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in keys_of(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_URL", str(endpoint.url))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(data))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_DATABASE_URL", raising=False)
    st.cache_resource.clear()
    st.cache_data.clear()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.switch_page(page)
    yield app
    from components.resources import get_store

    get_store().close()
    st.cache_resource.clear()
    st.cache_data.clear()
