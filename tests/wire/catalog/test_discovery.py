"""What a Region lists, over the wire.

The local endpoint is the real thing for its own models. What an AWS account answers beyond that (profiles of
every scope, pages, a denied permission) is scripted on a loopback server: no account can be had here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.launcher import EndpointStatus

Answers = dict[str, tuple[int, dict[str, object]]]


@pytest.fixture
def account() -> Iterator[Callable[[Answers], ClientConfig]]:
    servers: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> ClientConfig:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers[self.path]
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                if status != 200:
                    self.send_header("x-amzn-ErrorType", "AccessDeniedException")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return ClientConfig(
            region="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            access_key_id="test",
            secret_access_key="test",
        )

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


MODELS: dict[str, object] = {
    "modelSummaries": [
        {
            "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
            "modelId": "amazon.nova-micro-v1:0",
            "modelName": "Nova Micro",
            "providerName": "Amazon",
            "inputModalities": ["TEXT"],
            "outputModalities": ["TEXT"],
            "responseStreamingSupported": True,
            "inferenceTypesSupported": ["ON_DEMAND"],
            "modelLifecycle": {"status": "ACTIVE"},
        },
        {
            "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5-5-v1:0",
            "modelId": "anthropic.claude-sonnet-5-5-v1:0",
            "modelName": "Claude Sonnet 5.5",
            "providerName": "Anthropic",
            "outputModalities": ["TEXT"],
            "inferenceTypesSupported": ["INFERENCE_PROFILE"],
        },
        {
            "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0",
            "modelId": "amazon.titan-embed-text-v2:0",
            "providerName": "Amazon",
            "outputModalities": ["EMBEDDING"],
            "inferenceTypesSupported": ["ON_DEMAND"],
        },
    ]
}


ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"


def profile(profile_id: str, kind: str = "SYSTEM_DEFINED", models: Sequence[str] = ()) -> dict[str, object]:
    return {
        "inferenceProfileName": f"Name of {profile_id}",
        "inferenceProfileArn": f"{ACCOUNT}:application-inference-profile/{profile_id}",
        "inferenceProfileId": profile_id,
        "models": [{"modelArn": arn} for arn in models],
        "status": "ACTIVE",
        "type": kind,
    }


def test_profiles_of_every_scope_and_page_are_offered(account: Callable[[Answers], ClientConfig]) -> None:
    config = account(
        {
            "/foundation-models": (200, MODELS),
            "/inference-profiles?type=SYSTEM_DEFINED": (
                200,
                {
                    "inferenceProfileSummaries": [profile("us.anthropic.claude-sonnet-5-5-v1:0")],
                    "nextToken": "more",
                },
            ),
            "/inference-profiles?type=SYSTEM_DEFINED&nextToken=more": (
                200,
                {"inferenceProfileSummaries": [profile("global.anthropic.claude-sonnet-5-5-v1:0")]},
            ),
            "/inference-profiles?type=APPLICATION": (
                200,
                {
                    "inferenceProfileSummaries": [
                        profile("abc123", "APPLICATION"),
                        profile(
                            "def456",
                            "APPLICATION",
                            [
                                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
                                "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-micro-v1:0",
                            ],
                        ),
                    ]
                },
            ),
        }
    )
    catalogue = discover(config)
    assert catalogue.problem is None
    found = {option.model_id: option for option in catalogue.listed}
    assert found["us.anthropic.claude-sonnet-5-5-v1:0"].scope == "geographic"
    assert found["us.anthropic.claude-sonnet-5-5-v1:0"].provider == "Anthropic"
    assert found["global.anthropic.claude-sonnet-5-5-v1:0"].scope == "global"
    application = found[f"{ACCOUNT}:application-inference-profile/abc123"]
    assert (application.scope, application.provider) == ("application", "Application profile")
    assert "anthropic.claude-sonnet-5-5-v1:0" not in found, "on-demand would be refused"
    over_nova = found[f"{ACCOUNT}:application-inference-profile/def456"]
    assert (over_nova.provider, over_nova.spec and over_nova.spec.name) == ("Amazon", "Nova Micro")
    resolution = catalogue.resolve(over_nova.model_id)
    assert (resolution.base_ids, resolution.scope) == (("amazon.nova-micro-v1:0",), "application")
    assert resolution.priced_as == "us.amazon.nova-micro-v1:0"
    assert not found["amazon.titan-embed-text-v2:0"].answers_in_text
    assert found["amazon.nova-micro-v1:0"].answers_in_text


def test_a_denied_permission_is_named_and_the_rest_is_offered(
    account: Callable[[Answers], ClientConfig],
) -> None:
    config = account(
        {
            "/foundation-models": (200, MODELS),
            "/inference-profiles?type=SYSTEM_DEFINED": (403, {"message": "User is not authorized."}),
            "/inference-profiles?type=APPLICATION": (403, {"message": "User is not authorized."}),
        }
    )
    catalogue = discover(config)
    assert catalogue.problem
    assert catalogue.problem.count("bedrock:ListInferenceProfiles") == 1
    assert catalogue.get("amazon.nova-micro-v1:0")


def test_an_endpoint_that_does_not_answer_is_a_problem_in_words(free_tcp_port: Callable[[], int]) -> None:
    catalogue = discover(
        ClientConfig(
            region="us-east-1",
            endpoint_url=f"http://127.0.0.1:{free_tcp_port()}",
            access_key_id="test",
            secret_access_key="test",
            connect_timeout=0.5,
        )
    )
    assert catalogue.listed == ()
    assert catalogue.get("amazon.nova-micro-v1:0"), "the snapshot is offered"
    assert catalogue.problem
    assert "ListFoundationModels" in catalogue.problem


def test_the_local_endpoint_says_what_its_models_are(local_endpoint: EndpointStatus) -> None:
    catalogue = discover(
        ClientConfig(
            region=local_endpoint.region,
            endpoint_url=local_endpoint.url,
            access_key_id=local_endpoint.access_key_id,
            secret_access_key=local_endpoint.secret_access_key,
        )
    )
    assert catalogue.problem is None
    model = catalogue.get("local.smollm2-135m-instruct-v1:0")
    assert model
    assert model.scope == "local"
    assert model.answers_in_text
    embedding = catalogue.get("local.wordllama-l2-256-v1:0")
    assert embedding
    assert not embedding.answers_in_text


def test_what_the_account_tells_wins_and_the_rest_of_the_snapshot_stays(
    account: Callable[[Answers], ClientConfig],
) -> None:
    told: dict[str, object] = {
        "modelSummaries": [
            {
                "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
                "modelId": "amazon.nova-lite-v1:0",
                "modelName": "Nova Lite of tomorrow",
                "providerName": "Amazon",
                "inputModalities": ["TEXT", "IMAGE", "SMELL"],
                "outputModalities": ["TEXT"],
                "responseStreamingSupported": False,
                "inferenceTypesSupported": ["ON_DEMAND"],
                "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": "2027-03-01T00:00:00Z"},
            },
            {
                "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
                "modelId": "amazon.nova-lite-v1:0:300k",
                "inferenceTypesSupported": ["PROVISIONED"],
            },
            {
                "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/newco.unheard-of-v1:0",
                "modelId": "newco.unheard-of-v1:0",
                "providerName": "NewCo",
                "inferenceTypesSupported": ["ON_DEMAND"],
            },
        ]
    }
    profiles: dict[str, object] = {"inferenceProfileSummaries": [profile("mars.newco.unheard-of-v1:0")]}
    catalogue = discover(
        account(
            {
                "/foundation-models": (200, told),
                "/inference-profiles?type=SYSTEM_DEFINED": (200, profiles),
                "/inference-profiles?type=APPLICATION": (200, {"inferenceProfileSummaries": []}),
            }
        )
    )
    before = load_models()["amazon.nova-lite-v1:0"]
    nova = catalogue.models["amazon.nova-lite-v1:0"]
    assert (nova.name, nova.streaming, nova.lifecycle) == ("Nova Lite of tomorrow", False, "legacy")
    assert nova.end_of_life == date(2027, 3, 1)
    assert set(nova.input_modalities) == {"text", "image"} | ({"document"} & set(before.input_modalities))
    assert (nova.context_window, nova.reasoning, nova.profiles) == (
        before.context_window,
        before.reasoning,
        before.profiles,
    )
    assert nova.provenance["streaming"].source == "ListFoundationModels"
    assert nova.provenance["context_window"] == before.provenance["context_window"]
    assert catalogue.get("amazon.nova-lite-v1:0:300k") is None, "it needs Provisioned Throughput"
    new = catalogue.resolve("newco.unheard-of-v1:0").spec
    assert new
    assert (new.context_window, new.tools, new.streaming, new.on_demand) == (None, None, None, True)
    there = catalogue.resolve("mars.newco.unheard-of-v1:0")
    assert (there.kind, there.scope, there.base_ids) == (
        "inference_profile",
        "geographic",
        ("newco.unheard-of-v1:0",),
    )
    haiku = catalogue.get("anthropic.claude-haiku-4-5-20251001-v1:0")
    assert haiku is None or not haiku.listed


def test_nothing_listed_twice_and_the_connections_own_first(local_endpoint: EndpointStatus) -> None:
    catalogue = discover(
        ClientConfig(
            region=local_endpoint.region,
            endpoint_url=local_endpoint.url,
            access_key_id=local_endpoint.access_key_id,
            secret_access_key=local_endpoint.secret_access_key,
        )
    )
    ids = [option.model_id for option in catalogue.options]
    assert len(ids) == len(set(ids))
    listed = [option.listed for option in catalogue.options]
    assert listed == sorted(listed, reverse=True)
    profile_arn = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"
    found = catalogue.resolve(profile_arn)
    assert found.base_ids == ("anthropic.claude-haiku-4-5-20251001-v1:0",)
    assert found.priced_as == "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    through = catalogue.resolve("us.local.test-free-v1:0")
    assert (through.kind, through.base_ids) == ("inference_profile", ("local.test-free-v1:0",))
    assert through.priced_as == "local.test-free-v1:0"


def test_one_reason_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    problem = discover(ClientConfig(region="us-east-1")).problem or ""
    assert "ListFoundationModels and ListInferenceProfiles failed: Unable to locate credentials." in problem
    assert problem.count("credentials") == 1
    assert "snapshot of" in problem


NOVA_MICRO = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"


@pytest.mark.parametrize(
    "row",
    [
        {},
        None,
        {"modelId": 5},
        {"modelId": "newco.x-v1", "modelName": 5},
        {"modelId": "newco.x-v1", "inputModalities": [5]},
        {"modelId": "amazon.nova-micro-v1:0:24k", "modelLifecycle": {"status": 5}},
    ],
)
def test_a_model_without_an_id_or_shape_is_left_out_and_the_rest_is_offered(
    account: Callable[[Answers], ClientConfig], row: object
) -> None:
    rows = MODELS["modelSummaries"]
    assert isinstance(rows, list)
    nothing: tuple[int, dict[str, object]] = (200, {"inferenceProfileSummaries": []})
    catalogue = discover(
        account(
            {
                "/foundation-models": (200, {"modelSummaries": [row, *rows]}),
                "/inference-profiles?type=SYSTEM_DEFINED": nothing,
                "/inference-profiles?type=APPLICATION": nothing,
            }
        )
    )
    assert {option.model_id for option in catalogue.listed} == {
        "amazon.nova-micro-v1:0",
        "amazon.titan-embed-text-v2:0",
    }
    assert "One listed entry is left out" in (catalogue.problem or "")


def test_profiles_without_an_id_are_left_out_and_the_rest_is_offered(
    account: Callable[[Answers], ClientConfig],
) -> None:
    nameless = {key: value for key, value in profile("abc123", "APPLICATION").items() if "Arn" not in key}
    by_number = profile("def456", "APPLICATION") | {"models": [{"modelArn": 5}]}
    application = [nameless, by_number, profile("ghi789", "APPLICATION", [NOVA_MICRO])]
    catalogue = discover(
        account(
            {
                "/foundation-models": (200, MODELS),
                "/inference-profiles?type=SYSTEM_DEFINED": (200, {"inferenceProfileSummaries": [{}]}),
                "/inference-profiles?type=APPLICATION": (200, {"inferenceProfileSummaries": application}),
            }
        )
    )
    assert [option.model_id for option in catalogue.listed if option.scope == "application"] == [
        f"{ACCOUNT}:application-inference-profile/ghi789"
    ]
    assert "3 listed entries are left out" in (catalogue.problem or "")


def test_pages_that_came_are_kept_when_a_later_one_fails(account: Callable[[Answers], ClientConfig]) -> None:
    first: dict[str, object] = {
        "inferenceProfileSummaries": [profile("us.amazon.nova-micro-v1:0")],
        "nextToken": "more",
    }
    applications = [profile("abc123", "APPLICATION", [NOVA_MICRO])]
    catalogue = discover(
        account(
            {
                "/foundation-models": (200, MODELS),
                "/inference-profiles?type=SYSTEM_DEFINED": (200, first),
                "/inference-profiles?type=SYSTEM_DEFINED&nextToken=more": (403, {"message": "No more."}),
                "/inference-profiles?type=APPLICATION": (200, {"inferenceProfileSummaries": applications}),
            }
        )
    )
    ids = {option.model_id for option in catalogue.listed}
    assert {"us.amazon.nova-micro-v1:0", f"{ACCOUNT}:application-inference-profile/abc123"} <= ids
    assert "The list of system inference profiles is short." in (catalogue.problem or "")


def test_one_types_failure_says_nothing_of_the_other(account: Callable[[Answers], ClientConfig]) -> None:
    system: dict[str, object] = {"inferenceProfileSummaries": [profile("us.amazon.nova-micro-v1:0")]}
    catalogue = discover(
        account(
            {
                "/foundation-models": (200, MODELS),
                "/inference-profiles?type=SYSTEM_DEFINED": (200, system),
                "/inference-profiles?type=APPLICATION": (403, {"message": "Not these."}),
            }
        )
    )
    assert "us.amazon.nova-micro-v1:0" in {option.model_id for option in catalogue.listed}
    assert "Which application profiles there are is not known." in (catalogue.problem or "")
    assert "bedrock:ListInferenceProfiles" in (catalogue.problem or "")
