"""Files that go beside a prompt: which Converse takes, how large, and under which names; pure.

What a file is, is told from its bytes where these tell: an extension is only a name that somebody gave it.
The limits are those of Converse's API reference; what a single model takes is the catalogue's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import TypeAlias

from bedrock_playground.invocation.values import DocumentBlock, ImageBlock

Attachment: TypeAlias = ImageBlock | DocumentBlock
"""What can be attached."""

MAX_IMAGES = 20
"""Images in one request."""
MAX_IMAGE_BYTES = 3_750_000
"""3.75 MB, by AWS's decimal megabyte: the smaller reading of the limit is safe under both."""
MAX_DOCUMENTS = 5
"""Documents in one request."""
MAX_DOCUMENT_BYTES = 4_500_000
"""4.5 MB, read likewise."""

IMAGE_EXTENSIONS = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}
"""Extensions of images and what Converse calls the format."""
DOCUMENT_EXTENSIONS = {
    "pdf": "pdf", "csv": "csv", "doc": "doc", "docx": "docx", "xls": "xls", "xlsx": "xlsx",
    "html": "html", "htm": "html", "txt": "txt", "md": "md", "markdown": "md",
}  # fmt: skip
"""Extensions of documents and what Converse calls the format."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS = {"pdf": b"%PDF-", "docx": _ZIP, "xlsx": _ZIP, "doc": _OLE, "xls": _OLE}
# Converse's document names: alphanumerics, single whitespace, hyphens, parentheses, square brackets.
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9\s\-()\[\]]")
_SPACES = re.compile(r"\s+")
_MAX_NAME = 200


class AttachmentRefused(ValueError):
    """A file cannot be sent; the message says which, why, and what to do."""


def image_format(data: bytes) -> str | None:
    """Tell an image's format from its first bytes, in Converse's word; ``None``: it is none of the four."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    return None


def attachment_of(filename: str, data: bytes, *, beside: Sequence[Attachment] = ()) -> Attachment:
    """Make a file an attachment.

    Args:
        filename: Its name, with the extension.
        data: Its bytes.
        beside: What is attached already: there is a limit to how many, and names must differ.

    Returns:
        The block to send; an image's format is what its bytes say, whatever the extension claims.

    Raises:
        AttachmentRefused: It cannot be sent.
    """
    extension = PurePath(filename).suffix.lstrip(".").lower()
    if not data:
        raise AttachmentRefused(f"{filename} is empty, so there is nothing to send. Choose another file.")
    format_ = image_format(data)
    if format_ is not None:
        return _image(filename, format_, data, beside=beside)
    if extension in IMAGE_EXTENSIONS:
        raise AttachmentRefused(
            f"{filename} is no {extension} image: its bytes are none of PNG, JPEG, GIF or WebP. Save it as "
            "one of these."
        )
    if extension not in DOCUMENT_EXTENSIONS:
        raise AttachmentRefused(
            f"Converse takes no {f'.{extension} files' if extension else 'file without an extension'}, so "
            f"{filename} cannot be sent. It takes PNG, JPEG, GIF and WebP images, and "
            f"{', '.join(sorted(set(DOCUMENT_EXTENSIONS.values())))} documents."
        )
    return _document(filename, DOCUMENT_EXTENSIONS[extension], data, beside=beside)


def _image(filename: str, format_: str, data: bytes, *, beside: Sequence[Attachment]) -> ImageBlock:
    if len(data) > MAX_IMAGE_BYTES:
        raise AttachmentRefused(
            f"{filename} has {size_words(len(data))}; Converse takes images of at most 3.75 MB. "
            "Make it smaller."
        )
    if sum(isinstance(block, ImageBlock) for block in beside) >= MAX_IMAGES:
        raise AttachmentRefused(
            f"Converse takes at most {MAX_IMAGES} images in one request, so {filename} was left out. "
            "Remove another one first."
        )
    return ImageBlock(format_, data)


def _document(filename: str, format_: str, data: bytes, *, beside: Sequence[Attachment]) -> DocumentBlock:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise AttachmentRefused(
            f"{filename} has {size_words(len(data))}; Converse takes documents of at most 4.5 MB. Split it."
        )
    documents = [block for block in beside if isinstance(block, DocumentBlock)]
    if len(documents) >= MAX_DOCUMENTS:
        raise AttachmentRefused(
            f"Converse takes at most {MAX_DOCUMENTS} documents in one request, so {filename} was left out. "
            "Remove another one first."
        )
    beginning = _BEGINNINGS.get(format_)
    if beginning is not None and not data.startswith(beginning):
        raise AttachmentRefused(
            f"{filename} is no {format_} file: it does not begin as one does. Open it and save it anew."
        )
    if beginning is None and b"\0" in data:
        raise AttachmentRefused(
            f"{filename} is binary, though its name says {format_}, which is text. Give it the extension of "
            "what it is."
        )
    return DocumentBlock(format_, document_name(filename, taken=[block.name for block in documents]), data)


def document_name(filename: str, *, taken: Sequence[str] = ()) -> str:
    """Make a name that Converse takes, unlike those that are taken.

    Converse allows letters, digits, single spaces, hyphens, parentheses and square brackets, and refuses two
    documents of one name.
    """
    stem = PurePath(filename).stem
    name = _SPACES.sub(" ", _NOT_IN_NAMES.sub(" ", stem)).strip()[:_MAX_NAME].strip() or "Document"
    if name not in taken:
        return name
    number = next(number for number in range(2, len(taken) + 3) if f"{name} ({number})" not in taken)
    return f"{name} ({number})"


def size_words(size: int) -> str:
    """Say a size: ``312 bytes``, ``34 KB``, ``1.2 MB``."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    if size < 999_500:
        return f"{size / 1000:.0f} KB"
    # Rounded down to a hundredth, a file just over a limit would be said to be at it.
    return f"{size / 1_000_000:.3g} MB" if size >= 10_000_000 else f"{size / 1_000_000:.2f} MB"


def attachment_words(block: Attachment) -> str:
    """Name an attachment in a few words."""
    if isinstance(block, DocumentBlock):
        return f"{block.name} ({block.format}, {size_words(len(block.data))})"
    return f"image ({block.format}, {size_words(len(block.data))})"
