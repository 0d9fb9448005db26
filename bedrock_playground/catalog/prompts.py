"""Creating and updating prompts of Bedrock Prompt Management: the one thing here that changes an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.control import ERRORS, make_client, refusal
from bedrock_playground.invocation.client import ClientConfig


class PromptNotSaved(Exception):
    """The prompt was not saved, or not to the end; the message says what there is now."""


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    """A prompt as it was saved."""

    arn: str
    """The draft's ARN."""
    version_arn: str
    """The new version's ARN: what a call names as ``modelId``."""
    version: str
    """The version's number."""


def save_prompt(
    config: ClientConfig, arguments: Mapping[str, Any], *, prompt_id: str | None = None
) -> SavedPrompt:
    """Create a prompt, or put new content in one, and make a version of it.

    Args:
        config: Region, endpoint and credentials.
        arguments: CreatePrompt's arguments.
        prompt_id: The id or ARN of a prompt to update: its draft is replaced, its versions stay. ``None``:
            a new one.

    Raises:
        PromptNotSaved: It was refused; where the prompt was saved and only its version was not, that is said.
    """
    operation = "UpdatePrompt" if prompt_id else "CreatePrompt"
    try:
        client = make_client(config, "bedrock-agent")
        told = (
            client.update_prompt(promptIdentifier=prompt_id, **arguments)
            if prompt_id
            else client.create_prompt(**arguments)
        )
        identifier, arn = told["id"], told["arn"]
    except ERRORS as error:
        raise PromptNotSaved(refusal(operation, error, "Nothing was saved.")) from error
    try:
        version = client.create_prompt_version(promptIdentifier=identifier)
        return SavedPrompt(arn, version["arn"], version["version"])
    except ERRORS as error:
        effect = f"The draft is saved as {arn}; it has no new version."
        raise PromptNotSaved(refusal("CreatePromptVersion", error, effect)) from error
