"""What only an account knows, over the wire: ids looked up, access, guardrails, identity, permissions tried.

The answers are scripted on a loopback server in AWS's shapes, because no account can be had here; boto3 is
real.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from bedrock_playground.catalog.account import access_to, list_guardrails, look_up
from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.probe import identify, probe
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.launcher import EndpointStatus

EAST = "arn:aws:bedrock:us-east-1"
MINE = f"{EAST}:123456789012"
NOVA = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
DAY = "2026-11-22T00:00:00Z"
Answers = Mapping[str, Any]
"""By path, decoded; a string is the code of an error."""
Account = Callable[[Answers], ClientConfig]


@pytest.fixture
def account() -> Iterator[Account]:
    servers: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> ClientConfig:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(urllib.parse.unquote(self.path), "ResourceNotFoundException")
                refused = isinstance(answer, str)
                body = json.dumps({"message": "Not for you."} if refused else answer).encode()
                self.send_response(403 if answer == "AccessDeniedException" else 404 if refused else 200)
                if refused:
                    self.send_header("x-amzn-ErrorType", answer)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

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


def model(model_id: str, region: str = "us-east-1") -> dict[str, str]:
    return {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model_id}"}


CUSTOM = f"{MINE}:custom-model/mine.tuned/abcdefghijkl"
ANSWERS: dict[str, Any] = {
    f"/inference-profiles/{MINE}:application-inference-profile/abc": {
        "inferenceProfileName": "Team A",
        "models": [model(NOVA), model(NOVA, "us-west-2")],
    },
    "/inference-profiles/abc123def456": {"inferenceProfileName": "Bare", "models": [model(HAIKU)]},
    f"/provisioned-model-throughput/{MINE}:provisioned-model/abcdefghijkl": {
        "provisionedModelName": "Night shift",
        "modelArn": CUSTOM,
        "foundationModelArn": model(HAIKU)["modelArn"],
    },
    f"/custom-models/{CUSTOM}": {"modelName": "tuned", "baseModelArn": model(NOVA)["modelArn"]},
    f"/model-customization/custom-model-deployments/{MINE}:custom-model-deployment/abcdefghijkl": {
        "modelArn": CUSTOM
    },
    f"/imported-models/{MINE}:imported-model/abcdefghijkl": {
        "modelName": "own",
        "modelArchitecture": "llama",
    },
    f"/prompt-routers/{MINE}:prompt-router/abc": {
        "promptRouterName": "Clever",
        "models": [{"modelArn": f"{MINE}:inference-profile/us.{HAIKU}"}],
        "fallbackModel": model(NOVA),
    },
    "/marketplace-model/endpoints/arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine": {
        "marketplaceModelEndpoint": {"modelSourceIdentifier": "arn:aws:sagemaker:us-east-1:aws:hub-content/x"}
    },
    f"/prompts/{MINE}:prompt/ABCDEFGHIJ/?promptVersion=2": {
        "name": "Summary",
        "variants": [{"name": "one", "templateType": "TEXT", "modelId": HAIKU}],
    },
}


@pytest.mark.parametrize(
    ("model_id", "bases", "words"),
    [
        (f"{MINE}:application-inference-profile/abc", (NOVA,), "“Team A”, an application inference profile"),
        ("abc123def456", (HAIKU,), "“Bare”"),
        (f"{MINE}:provisioned-model/abcdefghijkl", (HAIKU,), "“Night shift”, Provisioned Throughput over"),
        (f"{MINE}:custom-model/mine.tuned/abcdefghijkl", (NOVA,), "“tuned”, a custom model over Nova Lite"),
        (f"{MINE}:custom-model-deployment/abcdefghijkl", (NOVA,), "“tuned”, an on-demand deployment"),
        (f"{MINE}:imported-model/abcdefghijkl", (), "Its architecture is llama"),
        (
            f"{MINE}:prompt-router/abc",
            (HAIKU, NOVA),
            "it sends each request to Claude Haiku 4.5 or Nova Lite",
        ),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine", (), "It serves arn:aws:sagemaker"),
        (f"{MINE}:prompt/ABCDEFGHIJ:2", (HAIKU,), "“Summary”, a prompt of Prompt management over Claude"),
    ],
)
def test_ids_of_the_account_are_looked_up(
    *, account: Account, model_id: str, bases: tuple[str, ...], words: str
) -> None:
    told = look_up(account(ANSWERS), model_id)
    found = resolve(model_id, load_models(), behind={model_id: told})
    assert found.base_ids == bases
    assert words in found.explanation


@pytest.mark.parametrize(
    ("model_id", "permission"),
    [
        (f"{MINE}:application-inference-profile/no", "bedrock:GetInferenceProfile"),
        (f"{MINE}:provisioned-model/nonononononono", "bedrock:GetProvisionedModelThroughput"),
        (f"{MINE}:custom-model-deployment/no", "bedrock:GetCustomModelDeployment"),
        (f"{MINE}:imported-model/no", "bedrock:GetImportedModel"),
        (f"{MINE}:prompt-router/no", "bedrock:GetPromptRouter"),
    ],
)
def test_a_denied_look_up_names_its_permission(account: Account, model_id: str, permission: str) -> None:
    class Denied(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return "AccessDeniedException"

    told = look_up(account(Denied()), model_id)
    assert told.base_ids == ()
    assert f"needs the permission {permission}." in (told.problem or "")
    explanation = resolve(model_id, load_models(), behind={model_id: told}).explanation
    assert permission in explanation


AVAILABLE = {
    "modelId": NOVA,
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


@pytest.mark.parametrize(
    ("answer", "allowed", "words"),
    [
        (AVAILABLE, True, "may call it"),
        ({**AVAILABLE, "regionAvailability": "NOT_AVAILABLE"}, False, "this Region does not have it"),
        ({**AVAILABLE, "authorizationStatus": "NOT_AUTHORIZED"}, False, "not authorised"),
        ({**AVAILABLE, "agreementAvailability": {"status": "PENDING"}}, False, "still being worked on"),
        ({**AVAILABLE, "agreementAvailability": {"status": "NOT_AVAILABLE"}}, False, "not been accepted"),
        ("AccessDeniedException", None, "bedrock:GetFoundationModelAvailability"),
    ],
)
def test_access_is_told_in_words(*, account: Account, answer: Any, allowed: bool | None, words: str) -> None:
    access = access_to(account({f"/foundation-model-availability/{NOVA}": answer}), NOVA)
    assert access.allowed is allowed
    assert words in access.words


def guardrail(version: str, name: str = "Polite") -> dict[str, str]:
    about = {"id": "gr1", "arn": f"{MINE}:guardrail/gr1", "status": "READY", "name": name}
    return {**about, "version": version, "createdAt": DAY, "updatedAt": DAY}


def test_guardrails_come_with_their_versions_newest_first(account: Account) -> None:
    versions = [guardrail("DRAFT"), guardrail("1"), guardrail("10"), guardrail("2")]
    told = list_guardrails(
        account(
            {
                "/guardrails": {"guardrails": [], "nextToken": "more"},
                "/guardrails?nextToken=more": {"guardrails": [guardrail("DRAFT")]},
                "/guardrails?guardrailIdentifier=gr1": {"guardrails": versions},
            }
        )
    )
    assert told.problem is None
    assert told.items[0].versions == ("DRAFT", "10", "2", "1")


def test_denied_guardrails_name_the_permission(account: Account) -> None:
    told = list_guardrails(account({"/guardrails": "AccessDeniedException"}))
    assert told.items == ()
    assert "bedrock:ListGuardrails" in (told.problem or "")


def test_the_probe_tells_allowed_from_denied_from_unknown(account: Account) -> None:
    listed = {
        "modelSummaries": [
            {
                **model(NOVA),
                "modelId": NOVA,
                "outputModalities": ["TEXT"],
                "inferenceTypesSupported": ["ON_DEMAND"],
            }
        ]
    }
    config = account(
        {
            "/foundation-models": listed,
            "/inference-profiles": "AccessDeniedException",
            f"/foundation-model-availability/{NOVA}": AVAILABLE,
            f"/model/{NOVA}/count-tokens": "ValidationException",
            "/guardrails": {"guardrails": []},
        }
    )
    found = {permission.action.removeprefix("bedrock:"): permission for permission in probe(config)}
    assert {name: permission.outcome for name, permission in found.items()} == {
        "ListFoundationModels": "allowed",
        "ListInferenceProfiles": "denied",
        "GetInferenceProfile": "unknown",
        "GetFoundationModelAvailability": "allowed",
        "CountTokens": "unknown",
        "ListGuardrails": "allowed",
    }
    assert "1 model in" in found["ListFoundationModels"].words
    assert "ValidationException" in found["CountTokens"].words
    assert "nothing was listed" in found["GetInferenceProfile"].words


def test_who_is_calling(local_endpoint: EndpointStatus, account: Account) -> None:
    told = identify(
        ClientConfig(
            region=local_endpoint.region,
            endpoint_url=local_endpoint.url,
            access_key_id=local_endpoint.access_key_id,
            secret_access_key=local_endpoint.secret_access_key,
        )
    )
    assert (told.account, told.problem) == ("000000000000", None)
    nobody = identify(account({}))
    assert nobody.account is None
    assert "Whose credentials these are is not known" in (nobody.problem or "")


def test_sts_is_asked_where_boto3s_own_setting_says(
    local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", local_endpoint.url or "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", local_endpoint.access_key_id or "")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    told = identify(ClientConfig(region="us-east-1"))
    assert told.arn == "arn:aws:iam::000000000000:user/local"


def test_a_server_that_is_not_bedrocks_breaks_nothing(account: Account) -> None:
    class Anything(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return {"hello": "there"}

    config = account(Anything())
    catalogue = discover(config)
    assert catalogue.listed == ()
    assert "not AWS's" in (catalogue.problem or "")
    assert {permission.outcome for permission in probe(config)} <= {"allowed", "unknown"}
    assert look_up(config, f"{MINE}:application-inference-profile/abc").problem
    assert list_guardrails(config).problem
    assert access_to(config, NOVA).words
