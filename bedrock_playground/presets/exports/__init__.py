"""Formats that a request can be taken away in; each is a pure function from a request to text."""

from __future__ import annotations

from collections.abc import Mapping

from bedrock_playground.presets.exports import (
    appconfig,
    aws_cli,
    boto3_code,
    cloudformation,
    curl,
    javascript,
    langchain,
    prompt_management,
    strands,
    terraform,
)
from bedrock_playground.presets.exports.values import CannotExport, Exported, Format, Source
from bedrock_playground.presets.formats.values import ExportedFile

FORMATS: Mapping[str, Format] = {
    form.id: form
    for form in (
        Format("boto3-stream", "Python (boto3), streaming", "code", boto3_code.streaming,
               "The very request that the app sends."),
        Format("boto3", "Python (boto3)", "code", boto3_code.whole,
               "The same request to Converse, answered in one piece."),
        Format("aws-cli", "AWS CLI", "code", aws_cli.make, "A shell script for a terminal or CloudShell."),
        Format("javascript-stream", "JavaScript (AWS SDK v3), streaming", "code", javascript.streaming,
               "An ES module for Node."),
        Format("javascript", "JavaScript (AWS SDK v3)", "code", javascript.whole,
               "The same, answered in one piece."),
        Format("curl", "curl, signed (SigV4)", "code", curl.signed,
               "No SDK needed; keys come from the environment."),
        Format("curl-api-key", "curl, Bedrock API key", "code", curl.with_api_key,
               "No SDK needed; the key comes from the environment."),
        Format("langchain", "LangChain (ChatBedrockConverse)", "framework", langchain.make,
               "The same request through LangChain."),
        Format("strands", "Strands Agents (BedrockModel)", "framework", strands.make,
               "The same request through an agent."),
        Format("prompt-management", "Prompt Management (boto3)", "infrastructure",
               prompt_management.boto3_script, "Creates a prompt with a version in your account."),
        Format("cloudformation", "CloudFormation (AWS::Bedrock::Prompt)", "infrastructure",
               cloudformation.make, "A stack with the prompt and a version of it."),
        Format("terraform", "Terraform (aws_bedrockagent_prompt)", "infrastructure", terraform.make,
               "A resource of the AWS provider."),
        Format("appconfig", "AppConfig: switch models without a code change", "configuration", appconfig.make,
               "The settings as JSON, and the ten lines that read them."),
    )
}  # fmt: skip
"""By id, in the order of display."""


def export(format_id: str, source: Source) -> Exported:
    """Export a request.

    Args:
        format_id: One of :data:`FORMATS`.
        source: The request and what is known besides it.

    Raises:
        CannotExport: The request does not fit the format.
        KeyError: There is no such format.
    """
    return FORMATS[format_id].make(source)


__all__ = ["FORMATS", "CannotExport", "Exported", "ExportedFile", "Format", "Source", "export"]
