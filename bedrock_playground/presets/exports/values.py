"""What an export is made from, and what it is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.presets.formats.values import ExportedFile

Group: TypeAlias = Literal["code", "framework", "infrastructure", "configuration"]
"""Where a format stands in a list of them."""

_WIDTH = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One request and the little that an export needs to know besides it."""

    request: InvocationRequest
    """The request that was sent, or would be: the very object, not a copy of its settings."""
    region: str | None = None
    """The AWS Region it goes to; ``None``: left to the environment of whoever runs the export."""
    name: str = "bedrock-playground-prompt"
    """What a resource is called; made fit for each format's rules."""
    description: str | None = None
    """What it is for, in its owner's words."""


@dataclass(frozen=True, slots=True)
class Exported:
    """An export."""

    files: tuple[ExportedFile, ...]
    """The main one first; the others lie beside it."""
    notes: tuple[str, ...] = ()
    """What does not fit the format and was left out, and what has to be known to use it, in sentences."""

    @property
    def text(self) -> str:
        """The main file's text."""
        content = self.files[0].content
        assert isinstance(content, str)  # noqa: S101 - every format's main file is text
        return content

    def download(self) -> tuple[str, bytes]:
        """Make what is downloaded: the file, or a ZIP archive where there are several.

        Returns:
            Its name and its bytes; the same export always makes the same bytes.
        """
        main = self.files[0]
        if len(self.files) == 1:
            return main.name, main.data
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in self.files:
                entry = zipfile.ZipInfo(file.name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                # ZipInfo's own default lets nobody read what is unpacked.
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, file.data)
        return f"{main.name.partition('.')[0]}.zip", archive.getvalue()


class CannotExport(ValueError):
    """A request does not fit a format at all; the message says what stands in the way and what to do."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a request can be exported to."""

    id: str
    """Its name on the command line."""
    title: str
    """Its name on the page."""
    group: Group
    """Where it stands in the list."""
    make: Callable[[Source], Exported]
    """Makes the export; raises :class:`CannotExport`."""
    hint: str
    """How to use the result, in a sentence."""


def pretty_json(value: object) -> str:
    """Write JSON for people: what fits stands on one line, other scripts as they are, and nothing hidden.

    Characters that do not print (control characters, the ones that turn the direction of writing, line
    separators) are escaped, so that what is read is what is sent.
    """
    return _written(value, indent=0)


def _written(value: object, *, indent: int) -> str:
    if isinstance(value, Mapping):
        rows = [f"{_scalar(key)}: {_written(item, indent=indent + 2)}" for key, item in value.items()]
        return _enclosed("{", rows, "}", indent=indent)
    if isinstance(value, list | tuple):
        return _enclosed("[", [_written(item, indent=indent + 2) for item in value], "]", indent=indent)
    return _scalar(value)


def _enclosed(opening: str, rows: list[str], closing: str, *, indent: int) -> str:
    flat = opening + ", ".join(rows) + closing
    if "\n" not in flat and indent + len(flat) <= _WIDTH:
        return flat
    pad = " " * (indent + 2)
    return f"{opening}\n{pad}" + f",\n{pad}".join(rows) + f"\n{' ' * indent}{closing}"


def _scalar(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    encoded = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{encoded[at : at + 2].hex()}" for at in range(0, len(encoded), 2))
