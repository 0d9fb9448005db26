"""Model files of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.local.weights import SMOLLM2
from tests.wire.local.conftest import make_client

pytestmark = pytest.mark.real_model

MESSAGES = [{"role": "user", "content": [{"text": "Hi"}]}]
GOOD = "local.gguf-my-model-q4-1-v1:0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Path:
    folder = tmp_path_factory.mktemp("guests")
    weights = weights_cache / "models" / SMOLLM2.file_name
    (folder / "My Model.Q4_1.gguf").symlink_to(weights)
    (folder / "my-model_q4-1.gguf").symlink_to(weights)
    (folder / "text.gguf").write_text("this is no model")
    with weights.open("rb") as file:
        (folder / "half.gguf").write_bytes(file.read(5_000_000))
    (folder / "readme.txt").write_text("not a model, and not listed")
    return folder


@pytest.fixture(scope="module")
def endpoint(folder: Path, weights_cache: Path) -> Iterator[EndpointStatus]:
    supervisor = EndpointSupervisor(cache_dir=weights_cache, models_dir=folder)
    supervisor.start()
    status = supervisor.wait_ready(90)
    assert status.state == "ready", status.detail
    yield status
    supervisor.stop()


@pytest.fixture
def runtime(endpoint: EndpointStatus) -> Iterator[Any]:
    client = make_client(endpoint)
    yield client
    client.close()


def listed(endpoint: EndpointStatus) -> set[str]:
    control = make_client(endpoint, "bedrock")
    summaries = control.list_foundation_models()["modelSummaries"]
    control.close()
    return {model["modelId"] for model in summaries if model["modelId"].startswith("local.gguf-")}


def test_every_file_is_a_model_and_a_new_one_appears_by_itself(
    endpoint: EndpointStatus, folder: Path
) -> None:
    expected = {GOOD, "local.gguf-my-model-q4-1-2-v1:0", "local.gguf-text-v1:0", "local.gguf-half-v1:0"}
    assert listed(endpoint) == expected
    late = folder / "late.gguf"
    late.write_bytes(b"GGUF")
    assert listed(endpoint) == {*expected, "local.gguf-late-v1:0"}
    late.unlink()
    assert listed(endpoint) == expected


def test_a_good_file_answers(runtime: Any) -> None:
    answer = runtime.converse(modelId=GOOD, messages=MESSAGES, inferenceConfig={"maxTokens": 3})
    assert answer["usage"]["outputTokens"] == 3


@pytest.mark.parametrize(
    ("model_id", "words"),
    [("local.gguf-text-v1:0", "not a GGUF file"), ("local.gguf-half-v1:0", "llama.cpp cannot load it")],
)
def test_a_broken_file_is_an_error_for_that_model_alone(runtime: Any, model_id: str, words: str) -> None:
    with pytest.raises(runtime.exceptions.ModelErrorException, match=words) as caught:
        runtime.converse_stream(modelId=model_id, messages=MESSAGES)
    assert ".gguf cannot be used" in str(caught.value)
    own = runtime.converse(
        modelId="local.smollm2-135m-instruct-v1:0", messages=MESSAGES, inferenceConfig={"maxTokens": 2}
    )
    assert own["usage"]["outputTokens"] == 2
