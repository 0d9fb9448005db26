"""Every format that a preset or a request can be taken away in.

A format that holds presets is an object in a module of this package; its name and its module are listed in
:data:`_WHERE`, so that using one imports that one. Those that say one request are in :mod:`.requests`.
"""

from __future__ import annotations

from importlib import import_module

from bedrock_playground.presets.errors import PresetError
from bedrock_playground.presets.formats.values import (
    Exported,
    ExportedFile,
    FileFormat,
    Format,
    RequestFormat,
    RequestSource,
)

_WHERE = {
    "json": "json_file",
    "yaml": "yaml_file",
    "prompt-yml": "prompt_yml",
}
"""Format names in the order in which they are offered, and the module whose ``FORMAT`` each is."""
_REQUESTS = (
    "boto3-stream", "boto3", "aws-cli", "javascript-stream", "javascript", "curl", "curl-api-key",
    "langchain", "strands", "prompt-management", "cloudformation", "terraform", "appconfig",
)  # fmt: skip
"""The names of the formats that say one request, so that listing them imports none."""


class UnknownFormat(PresetError):
    """There is no format of that name."""


def format_names() -> tuple[str, ...]:
    """Every format's name, in the order in which they are offered."""
    return (*_WHERE, *_REQUESTS)


def find_format(name: str) -> Format:
    """Return a format by its name.

    Raises:
        UnknownFormat: There is none of that name.
    """
    if name in _REQUESTS:
        made: Format = import_module(f"{__name__}.requests").FORMATS[name]
        return made
    if name not in _WHERE:
        raise UnknownFormat(f"There is no format {name!r}. Choose one of {', '.join(format_names())}.")
    found: Format = import_module(f"{__name__}.{_WHERE[name]}").FORMAT
    return found


def file_formats() -> tuple[FileFormat, ...]:
    """The formats that hold presets."""
    return tuple(found for name in _WHERE if isinstance(found := find_format(name), FileFormat))


def request_formats() -> tuple[RequestFormat, ...]:
    """The formats that say one request."""
    return tuple(found for name in _REQUESTS if isinstance(found := find_format(name), RequestFormat))


__all__ = [
    "Exported",
    "ExportedFile",
    "FileFormat",
    "Format",
    "RequestFormat",
    "RequestSource",
    "UnknownFormat",
    "file_formats",
    "find_format",
    "format_names",
    "request_formats",
]
