"""CloudFormation: ``AWS::Bedrock::Prompt`` and a version of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from bedrock_playground.presets.exports.prompt_management import managed_prompt
from bedrock_playground.presets.exports.values import CannotExport, Exported, Source
from bedrock_playground.presets.formats.values import ExportedFile

_FREE_FORM = frozenset({"AdditionalModelRequestFields", "Json"})
_HEAD = "# Deploy it with: aws cloudformation deploy --template-file prompt.yaml --stack-name {name}\n"


def make(source: Source) -> Exported:
    """Export as a CloudFormation template.

    Raises:
        CannotExport: It does not fit a managed prompt, or CloudFormation would read something into its text.
    """
    prompt = managed_prompt(source)
    _check(prompt.arguments)
    version = {
        "Type": "AWS::Bedrock::PromptVersion",
        "Properties": {"PromptArn": {"Fn::GetAtt": ["Prompt", "Arn"]}},
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The prompt {prompt.name}, tuned in Bedrock Playground",
        "Resources": {
            "Prompt": {"Type": "AWS::Bedrock::Prompt", "Properties": _pascal(prompt.arguments)},
            "PromptVersion": version,
        },
        "Outputs": {
            "PromptVersionArn": {
                "Description": "What a call names as modelId",
                "Value": {"Fn::GetAtt": ["PromptVersion", "Arn"]},
            }
        },
    }
    text = _HEAD.format(name=_stack(prompt.name)) + yaml.dump(
        template, Dumper=_Dumper, sort_keys=False, allow_unicode=not _hides(prompt.arguments), width=100
    )
    return Exported((ExportedFile("prompt.yaml", text, "yaml"),), prompt.notes)


def _check(arguments: dict[str, Any]) -> None:
    """Refuse what CloudFormation would work out instead of passing it on."""
    if any("{{resolve:" in text for text in (*_texts(arguments), *_keys(arguments))):
        raise CannotExport(
            "CloudFormation replaces {{resolve:…}} in a template by a secret or a parameter, and has no way "
            "to write it as text. Use Terraform or boto3 for this prompt."
        )
    function = next((key for key in _keys(arguments) if key == "Ref" or key.startswith("Fn::")), None)
    if function is not None:
        raise CannotExport(
            f"This request's own JSON has a member called {function}, which CloudFormation takes for one of "
            "its functions and replaces. Use Terraform or boto3 for this prompt."
        )


def _stack(name: str) -> str:
    """Make a stack's name of a prompt's: it begins with a letter, and takes no underscore."""
    return f"prompt-{name.replace('_', '-')}"


def _pascal(value: Any) -> Any:  # noqa: ANN401 - CreatePrompt's arguments
    """Name members as CloudFormation does; the user's own JSON keeps its names."""
    if isinstance(value, Mapping):
        renamed = {key[0].upper() + key[1:]: item for key, item in value.items()}
        return {key: item if key in _FREE_FORM else _pascal(item) for key, item in renamed.items()}
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    return value


def _hides(value: Any) -> bool:  # noqa: ANN401
    """Say whether a text holds what a reader would not see, such as a turned direction of writing."""
    texts = (*_texts(value), *_keys(value))
    return any(not char.isprintable() for text in texts for char in text if char not in "\n\t")


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _keys(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, Mapping):
        yield from value
        for item in value.values():
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and everything out instead of by anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
