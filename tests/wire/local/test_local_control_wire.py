"""The control plane, embeddings, and requests that do not fit, over the wire."""

from __future__ import annotations

import http.client
import json
import math
import urllib.parse
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.local.exchange import MAX_BODY

pytestmark = pytest.mark.real_model

TEXT = "local.smollm2-135m-instruct-v1:0"
EMBEDDING = "local.wordllama-l2-256-v1:0"


def embed(client: Any, text: str, **fields: Any) -> dict[str, Any]:
    response = client.invoke_model(modelId=EMBEDDING, body=json.dumps({"inputText": text, **fields}))
    answer: dict[str, Any] = json.loads(response["body"].read())
    return answer


def cosine(first: list[float], second: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(first, second, strict=True))


def raw(
    endpoint: EndpointStatus,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """A request that no SDK would send; the access key is in it, its signature is not looked at."""
    assert endpoint.url is not None
    address = urllib.parse.urlsplit(endpoint.url)
    credential = f"AWS4-HMAC-SHA256 Credential={endpoint.access_key_id}/20261122/local/bedrock/aws4_request"
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    base = {"Content-Type": "application/json", "Authorization": credential}
    try:
        connection.request(method, path, body, {**base, **(headers or {})})
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


def test_listing_models(control: Any) -> None:
    by_id = {model["modelId"]: model for model in control.list_foundation_models()["modelSummaries"]}
    assert by_id[TEXT]["outputModalities"] == ["TEXT"]
    assert by_id[TEXT]["responseStreamingSupported"] is True
    assert by_id[TEXT]["inferenceTypesSupported"] == ["ON_DEMAND"]
    assert by_id[TEXT]["modelLifecycle"]["status"] == "ACTIVE"
    assert by_id[EMBEDDING]["outputModalities"] == ["EMBEDDING"]
    assert by_id["local.fault-cut-v1:0"]["providerName"] == "Test fixture"
    assert all(model_id.startswith("local.") for model_id in by_id)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"byOutputModality": "EMBEDDING"}, {EMBEDDING}),
        ({"byProvider": "hugging face"}, {TEXT}),
        ({"byOutputModality": "IMAGE"}, set()),
        ({"byInferenceType": "PROVISIONED"}, set()),
        ({"byCustomizationType": "FINE_TUNING"}, set()),
    ],
)
def test_filters(control: Any, filters: dict[str, str], expected: set[str]) -> None:
    summaries = control.list_foundation_models(**filters)["modelSummaries"]
    assert {model["modelId"] for model in summaries} == expected


def test_one_model_by_id_and_by_arn(control: Any, runtime: Any) -> None:
    details = control.get_foundation_model(modelIdentifier=TEXT)["modelDetails"]
    assert details["modelId"] == TEXT
    arn = details["modelArn"]
    assert control.get_foundation_model(modelIdentifier=arn)["modelDetails"] == details
    message = {"role": "user", "content": [{"text": "Hi"}]}
    answer = runtime.converse(modelId=arn, messages=[message], inferenceConfig={"maxTokens": 2})
    assert answer["usage"]["outputTokens"] == 2
    with pytest.raises(control.exceptions.ResourceNotFoundException, match="Could not resolve"):
        control.get_foundation_model(modelIdentifier="amazon.nova-lite-v1:0")


def test_the_only_inference_profiles_are_those_for_tests(control: Any) -> None:
    listed = control.list_inference_profiles(typeEquals="SYSTEM_DEFINED")["inferenceProfileSummaries"]
    assert all("local.test-" in profile["inferenceProfileId"] for profile in listed)
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_inference_profile(inferenceProfileIdentifier="us.amazon.nova-lite-v1:0")


def test_embeddings_mean_something(runtime: Any) -> None:
    cat, kitten, invoice = (
        embed(runtime, text)["embedding"]
        for text in ("The cat sat on the mat.", "A kitten rests on a rug.", "Invoice 42 is due in March.")
    )
    assert len(cat) == 256
    assert cosine(cat, kitten) > cosine(cat, invoice) + 0.2


@pytest.mark.parametrize("dimensions", [256, 128, 64])
def test_embedding_dimensions_and_length(runtime: Any, dimensions: int) -> None:
    short = embed(runtime, "Some text", dimensions=dimensions)
    vector = short["embedding"]
    assert len(vector) == dimensions
    assert cosine(vector, vector) == pytest.approx(1)
    assert short["embeddingsByType"]["float"] == vector
    plain = embed(runtime, "Some text", dimensions=dimensions, normalize=False)["embedding"]
    assert cosine(plain, plain) > 1.5
    assert cosine(plain, vector) == pytest.approx(math.sqrt(cosine(plain, plain)))


def test_embedding_token_counts(runtime: Any) -> None:
    body = json.dumps({"inputText": "How many tokens?"})
    response = runtime.invoke_model(modelId=EMBEDDING, body=body)
    counted = json.loads(response["body"].read())["inputTextTokenCount"]
    assert counted > 1
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == str(counted)
    asked = runtime.count_tokens(modelId=EMBEDDING, input={"invokeModel": {"body": body.encode()}})
    assert asked["inputTokens"] == counted


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "required key \\[inputText\\] not found"),
        ({"inputText": ""}, "1 to 50000 characters"),
        ({"inputText": "x", "dimensions": 100}, "enum value set: \\[256, 128, 64\\]"),
        ({"inputText": "x", "texts": []}, "extraneous key \\[texts\\]"),
        ({"inputText": "x", "embeddingTypes": ["binary"]}, "float"),
    ],
)
def test_embedding_requests_that_do_not_fit(runtime: Any, body: dict[str, Any], words: str) -> None:
    with pytest.raises(runtime.exceptions.ValidationException, match=words):
        runtime.invoke_model(modelId=EMBEDDING, body=json.dumps(body))


def test_the_embedding_model_does_not_chat(runtime: Any) -> None:
    message = {"role": "user", "content": [{"text": "Hi"}]}
    with pytest.raises(runtime.exceptions.ValidationException, match="doesn't support the model"):
        runtime.converse(modelId=EMBEDDING, messages=[message])
    with pytest.raises(runtime.exceptions.ValidationException, match="unsupported for streaming"):
        runtime.invoke_model_with_response_stream(modelId=EMBEDDING, body=json.dumps({"inputText": "x"}))


@pytest.mark.parametrize("model_id", ["amazon.nova-lite-v1:0", "local.smollm2", "us.anthropic.claude-x"])
def test_an_unknown_model(runtime: Any, model_id: str) -> None:
    message = {"role": "user", "content": [{"text": "Hi"}]}
    with pytest.raises(runtime.exceptions.ValidationException, match="provided model identifier is invalid"):
        runtime.converse(modelId=model_id, messages=[message])


def test_refusals_reach_boto3_as_the_services_own(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ValidationException, match=r"Value '5\.0' at"):
        runtime.converse(
            modelId=TEXT,
            messages=[{"role": "user", "content": [{"text": "Hi"}]}],
            inferenceConfig={"temperature": 5.0},
        )
    with pytest.raises(ClientError, match="must start with a user message"):
        runtime.converse_stream(modelId=TEXT, messages=[])


CONVERSE = f"/model/{urllib.parse.quote(TEXT, safe='')}/converse"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("POST", CONVERSE, b"{", {}, 400, "SerializationException"),
        ("POST", CONVERSE, b"[]", {}, 400, "SerializationException"),
        ("POST", CONVERSE, b"[" * 100_000, {}, 400, "SerializationException"),
        ("POST", CONVERSE, b"{}", {"Content-Type": "text/plain"}, 415, "UnsupportedMediaTypeException"),
        ("POST", "/model/x/unheard-of", b"{}", {}, 404, "UnknownOperationException"),
        ("GET", CONVERSE, b"", {}, 404, "UnknownOperationException"),
        ("GET", "/", b"", {}, 404, "UnknownOperationException"),
        ("GET", "/foundation-models?byOutputModality=SMELL", b"", {}, 400, "ValidationException"),
        ("GET", "/foundation-models", b"", {"Host": "example.org"}, 403, "AccessDeniedException"),
        ("GET", "/foundation-models", b"", {"Origin": "https://example.org"}, 403, "AccessDeniedException"),
        ("GET", "/foundation-models", b"", {"Authorization": ""}, 403, "MissingAuthenticationTokenException"),
        (
            "GET",
            "/foundation-models",
            b"",
            {"Authorization": "AWS4-HMAC-SHA256 Credential=SOMEONE/20261122/local/bedrock/aws4_request"},
            403,
            "UnrecognizedClientException",
        ),
    ],
)
def test_requests_that_no_sdk_sends(
    *,
    local_endpoint: EndpointStatus,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    got, got_headers, got_body = raw(local_endpoint, method, path, body=body, headers=headers)
    assert (got, got_headers["x-amzn-errortype"]) == (status, code)
    assert json.loads(got_body)["message"]
    assert got_headers["x-amzn-requestid"]


def test_a_body_that_is_too_large(local_endpoint: EndpointStatus) -> None:
    status, headers, _ = raw(local_endpoint, "POST", CONVERSE, body=b" " * (MAX_BODY + 1))
    assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")


def test_streams_are_chunked(local_endpoint: EndpointStatus) -> None:
    message = {"role": "user", "content": [{"text": "Hi"}]}
    body = json.dumps({"messages": [message], "inferenceConfig": {"maxTokens": 2}}).encode()
    status, headers, _ = raw(local_endpoint, "POST", f"{CONVERSE}-stream", body=body)
    assert status == 200
    assert headers["transfer-encoding"] == "chunked"
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    assert headers["x-amzn-requestid"]
