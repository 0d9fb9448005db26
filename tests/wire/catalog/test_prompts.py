"""Saving a prompt in an account, against a server that answers as Prompt Management does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bedrock_playground.catalog.prompts import PromptNotSaved, SavedPrompt, save_prompt
from bedrock_playground.invocation import ClientConfig, InvocationRequest
from bedrock_playground.presets.exports import Source
from bedrock_playground.presets.exports.prompt_management import managed_prompt
from tests.wire.invocation.scripted import Exchange, Handler, ScriptedServer

ARN = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT1234"
ARGUMENTS = managed_prompt(
    Source(request=InvocationRequest.from_prompt("amazon.nova-micro-v1:0", "Summarise {{text}}."), name="sum")
).arguments


def told(version: str) -> dict[str, Any]:
    arn = ARN if version == "DRAFT" else f"{ARN}:{version}"
    day = "2026-11-29T00:00:00Z"
    return {
        "id": "PROMPT1234", "arn": arn, "name": "sum", "version": version, "createdAt": day, "updatedAt": day,
    }  # fmt: skip


def saves(exchange: Exchange) -> None:
    exchange.reply(told("DRAFT"))


def versions(exchange: Exchange) -> None:
    exchange.reply(told("3"))


def denies(exchange: Exchange) -> None:
    exchange.error(403, "AccessDeniedException", "not allowed")


@pytest.fixture
def servers() -> Iterator[list[ScriptedServer]]:
    started: list[ScriptedServer] = []
    yield started
    for server in started:
        server.close()


def config_of(servers: list[ScriptedServer], *handlers: Handler) -> ClientConfig:
    servers.append(ScriptedServer(*handlers))
    return ClientConfig(
        region="us-east-1",
        endpoint_url=servers[-1].url,
        access_key_id="AKIDTEST",
        secret_access_key="secret",
    )


def test_a_new_prompt_and_its_version(servers: list[ScriptedServer]) -> None:
    saved = save_prompt(config_of(servers, saves, versions), ARGUMENTS)
    assert saved == SavedPrompt(ARN, f"{ARN}:3", "3")
    created, version = servers[0].exchanges
    body = created.json()
    assert body.pop("clientToken")
    assert (created.method, body) == ("POST", ARGUMENTS)
    assert "/prompts/PROMPT1234/versions" in version.path


def test_a_prompt_that_is_there_gets_new_content(servers: list[ScriptedServer]) -> None:
    saved = save_prompt(config_of(servers, saves, versions), ARGUMENTS, prompt_id="PROMPT1234")
    assert saved.version == "3"
    updated = servers[0].exchanges[0]
    assert (updated.method, updated.path.rstrip("/")) == ("PUT", "/prompts/PROMPT1234")
    assert updated.json() == ARGUMENTS


def test_a_refusal_says_that_nothing_was_saved(servers: list[ScriptedServer]) -> None:
    with pytest.raises(PromptNotSaved, match=r"bedrock:CreatePrompt\. Nothing was saved"):
        save_prompt(config_of(servers, denies), ARGUMENTS)
    with pytest.raises(PromptNotSaved, match="UpdatePrompt was denied"):
        save_prompt(config_of(servers, denies), ARGUMENTS, prompt_id="PROMPT1234")


def test_a_version_that_is_refused_leaves_a_draft_and_says_so(servers: list[ScriptedServer]) -> None:
    with pytest.raises(PromptNotSaved, match=rf"The draft is saved as {ARN}"):
        save_prompt(config_of(servers, saves, denies), ARGUMENTS)
