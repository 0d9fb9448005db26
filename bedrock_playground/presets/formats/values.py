"""What every format is given, and what it gives back; the protocols that a format fulfils.

There are two kinds. A *file format* holds presets and reads them back (JSON, YAML, ``.prompt.yml``). A
*request format* says one request as code, a command or infrastructure: the very request that is sent, never a
look-alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.presets.values import Imported, Preset


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that an export needs beside it."""

    name: str
    """A plain file name."""
    content: str | bytes
    """Text, or an attachment's bytes."""
    language: str | None = None
    """What a page highlights the text as."""

    @property
    def data(self) -> bytes:
        """The content as it is written to disk."""
        return self.content.encode() if isinstance(self.content, str) else self.content


@dataclass(frozen=True, slots=True)
class Exported:
    """What a format wrote."""

    text: str
    """The whole file."""
    notes: tuple[str, ...] = ()
    """What the format cannot hold or checks and finds wrong, in words; show them beside the text."""
    beside: tuple[ExportedFile, ...] = ()
    """The files that it reads, by the names that it knows them by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSource:
    """One request, and what is known around it."""

    request: InvocationRequest
    """The request object that is sent."""
    name: str = "request"
    """What it is called: a preset's name, or what a run or lane is called."""
    region: str | None = None
    """The Region called; ``None``: the caller's own default."""
    endpoint_url: str | None = None
    """An endpoint other than AWS's own."""
    preset: Preset | None = None
    """The preset it was made from, for formats that keep a template's variables."""


@runtime_checkable
class FileFormat(Protocol):
    """A format that holds presets."""

    name: str
    """What a command line calls it: ``json``."""
    label: str
    """What a page calls it: ``JSON``."""
    suffix: str
    """The file's ending: ``.json``."""
    mime: str
    """The media type."""
    language: str
    """What a page highlights it as."""
    about: str
    """What it is good for, in a sentence."""
    many: bool
    """Whether a file can hold several presets."""

    def write(self, presets: Sequence[Preset]) -> Exported:
        """Write presets.

        Raises:
            FileRefused: They cannot be written so.
        """
        ...

    def read(self, text: str) -> Imported:
        """Read presets.

        Raises:
            FileRefused: The text is not such a file; the place is named, and nothing of it is taken.
        """
        ...


@runtime_checkable
class RequestFormat(Protocol):
    """A format that says one request."""

    name: str
    """What a command line calls it: ``boto3``."""
    label: str
    """What a page calls it: ``Python (boto3)``."""
    suffix: str
    """The file's ending: ``.py``."""
    mime: str
    """The media type."""
    language: str
    """What a page highlights it as."""
    about: str
    """What it is good for, in a sentence."""

    def write_request(self, source: RequestSource) -> Exported:
        """Say a request.

        Raises:
            FileRefused: It cannot be said so.
        """
        ...


Format: TypeAlias = FileFormat | RequestFormat
"""Any format."""
