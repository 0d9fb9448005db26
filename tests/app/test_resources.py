"""What the sessions of one process share, and what they must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from bedrock_playground.connection import Connection
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.launcher import EndpointStatus
from components.resources import forget_models, get_pricer, resolve_model

PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.fixture
def connection(
    tmp_path: Path, local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(tmp_path))
    st.cache_resource.clear()
    yield Connection(
        "custom",
        ClientConfig(
            region=local_endpoint.region,
            endpoint_url=local_endpoint.url,
            access_key_id=local_endpoint.access_key_id,
            secret_access_key=local_endpoint.secret_access_key,
        ),
    )
    st.cache_resource.clear()


def test_what_one_account_told_prices_no_run_elsewhere(connection: Connection) -> None:
    assert resolve_model(connection, PROFILE).base_ids == (HAIKU,)
    region = connection.config.region
    assert get_pricer(connection.endpoint_label, region).resolutions.get(PROFILE)
    assert get_pricer("bedrock", region).resolutions.get(PROFILE) is None
    assert get_pricer(connection.endpoint_label, "eu-west-1").resolutions.get(PROFILE) is None


def test_what_is_forgotten_is_asked_anew_but_runs_under_way_keep_it(connection: Connection) -> None:
    place = (connection.endpoint_label, connection.config.region)
    resolve_model(connection, PROFILE)
    under_way = get_pricer(*place)
    forget_models()
    assert get_pricer(*place).resolutions.get(PROFILE) is None
    assert under_way.resolutions.get(PROFILE)
    found = resolve_model(connection, PROFILE)
    assert under_way.resolutions.get(PROFILE) is found, "what is told later goes first"
