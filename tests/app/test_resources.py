"""What the sessions of one process share, and what they must not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.connection import Connection
from bedrock_playground.invocation import (
    ClientConfig,
    Finished,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
)
from bedrock_playground.invocation.events import Failed
from bedrock_playground.invocation.values import Json
from bedrock_playground.launcher import EndpointStatus
from components.resources import forget_models, get_invoker, get_pricer, resolve_model

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


def test_whoever_tries_again_by_rules_of_their_own_gets_an_invoker_of_a_single_try(
    connection: Connection,
) -> None:
    def tried(key: str, *, once: bool) -> InvocationResult:
        fault: Json = {"kind": "throttling", "times": 1, "key": key}
        request = InvocationRequest.from_prompt(
            "local.fault-throttling-v1:0",
            "Hi",
            parameters=InferenceParameters(2, additional_model_request_fields={"fault": fault}),
        )
        *_, last = get_invoker(connection, once=once).stream(request)
        assert isinstance(last, Finished | Failed)
        return last.result

    assert [attempt.error_code for attempt in tried("many", once=False).attempts] == [
        "ThrottlingException",
        None,
    ]
    assert [attempt.error_code for attempt in tried("one", once=True).attempts] == ["ThrottlingException"]
    assert get_invoker(connection) is get_invoker(connection)
    assert get_invoker(connection) is not get_invoker(connection, once=True)


def pick(connection: object) -> None:
    from bedrock_playground.connection import Connection
    from components.model_picker import model_picker
    from components.resources import get_models

    assert isinstance(connection, Connection)
    model_picker("A", get_models(connection), region="us-east-1")


def test_the_picker_prices_an_application_profile_by_what_it_reaches(connection: Connection) -> None:
    app = AppTest.from_function(pick, args=(connection,), default_timeout=30).run()
    assert not app.exception, app.exception
    labels = {label.rsplit(" · ", 1)[1]: label for label in app.selectbox[0].options}
    through = labels[f"us.{HAIKU}"].split(" · ")[1]
    assert "unknown" not in through
    assert labels[PROFILE].split(" · ")[1] == through
