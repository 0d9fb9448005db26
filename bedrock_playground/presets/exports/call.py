"""The call that is exported: Converse's arguments as they are sent, with files lifted out of them; pure."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.regions import REGIONS
from bedrock_playground.invocation.codec import converse_arguments, to_json
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.presets.exports.values import CannotExport, Source
from bedrock_playground.presets.formats.values import ExportedFile

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
"""AWS's own name for the variable that sends a client elsewhere: every SDK here reads it by itself."""

_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-us-gov": "amazonaws.com",
    "aws-eusc": "amazonaws.eu",
}
_BESIDE = frozenset({"image", "document", "video", "audio"})


@dataclass(frozen=True, slots=True)
class Blob:
    """Binary content in the arguments."""

    data: bytes
    """The bytes."""
    filename: str | None = None
    """The file beside the export that holds them; ``None``: small and opaque, so they stand in the text."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Converse or ConverseStream."""

    arguments: dict[str, Any]
    """boto3's keyword arguments, with a :class:`Blob` wherever bytes stand."""
    files: tuple[ExportedFile, ...]
    """The attachments, to lie beside the export."""

    @property
    def model_id(self) -> str:
        """What is sent as ``modelId``."""
        return str(self.arguments["modelId"])

    def body(self) -> dict[str, Any]:
        """The request's JSON body as the REST API takes it: the model is in the path, bytes are base64."""
        return {key: _as_json(value) for key, value in self.arguments.items() if key != "modelId"}

    def path(self, operation: str) -> str:
        """The path of the REST API, encoded as botocore encodes it."""
        return f"/model/{urllib.parse.quote(self.model_id, safe='')}/{operation}"


def call_of(source: Source, *, streaming: bool) -> Call:
    """Make the call of a request.

    Args:
        source: What is exported.
        streaming: For ConverseStream, which is what the app sends; else for Converse.

    Raises:
        CannotExport: The request could not be sent either.
    """
    try:
        arguments = converse_arguments(source.request, streaming=streaming)
    except ValidationFailed as error:
        raise CannotExport(str(error)) from error
    files: list[ExportedFile] = []
    return Call(_lift(arguments, files, kind=None), tuple(files))


def _lift(value: Any, files: list[ExportedFile], *, kind: tuple[str, str] | None) -> Any:  # noqa: ANN401
    """Put a :class:`Blob` where bytes stand; those of an attachment become a file."""
    if isinstance(value, bytes):
        if kind is None:
            return Blob(value)
        number = 1 + sum(file.name.startswith(f"{kind[0]}-") for file in files)
        files.append(ExportedFile(f"{kind[0]}-{number}.{kind[1]}", value))
        return Blob(value, files[-1].name)
    if isinstance(value, Mapping):
        return {key: _lift(item, files, kind=_kind(key, item) or kind) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_lift(item, files, kind=kind) for item in value]
    return value


def _kind(key: str, item: object) -> tuple[str, str] | None:
    format_ = item.get("format") if isinstance(item, Mapping) else None
    if key not in _BESIDE or not isinstance(format_, str) or not format_.isalnum():
        return None
    return key, format_


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any of the arguments
    if isinstance(value, Blob):
        return to_json(value.data)
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value


def partition_of(region: str) -> str:
    """Tell a Region's partition: ``aws``, ``aws-cn``, ``aws-us-gov`` or ``aws-eusc``."""
    known = REGIONS.get(region)
    if known is not None:
        return known.partition
    heads = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
    return next((partition for head, partition in heads.items() if region.startswith(head)), "aws")


def host_of(region: str) -> str:
    """Name Bedrock's runtime host in a Region."""
    return f"bedrock-runtime.{region}.{_SUFFIXES[partition_of(region)]}"
