"""An object store in a folder: a bucket is a folder, an object a file beside a line of JSON about it.

Keys are up to 1,024 bytes of anything, file names are not: a file is named by its key's digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bedrock_playground.local.s3.objects import Found, StoreError

_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an object."""

    key: str
    """Its key."""
    size: int
    """Bytes."""
    etag: str
    """The MD5 of its content, as S3 has it for objects that came in one piece."""
    modified: str
    """When it was written, in UTC, ISO 8601."""
    content_type: str = "binary/octet-stream"
    """As it was sent."""


class FolderStore:
    """Buckets in a folder; implements :class:`~bedrock_playground.local.s3.objects.ObjectStore`.

    Args:
        folder: Where; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def buckets(self) -> list[str]:
        """The names of the buckets, in order."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if _BUCKET.fullmatch(path.name))

    def create(self, bucket: str) -> bool:
        """Make a bucket, if it is not there; ``False`` where the name is none for a bucket."""
        if not _BUCKET.fullmatch(bucket):
            return False
        (self._folder / bucket).mkdir(parents=True, exist_ok=True)
        return True

    def has(self, bucket: str) -> bool:
        """Whether there is such a bucket."""
        return bool(_BUCKET.fullmatch(bucket)) and (self._folder / bucket).is_dir()

    def incoming(self) -> Path:
        """Name a file to write into, beside the buckets: what is written becomes an object in one step."""
        folder = self._folder / "_incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex

    def adopt(self, bucket: str, key: str, source: Path, *, content_type: str | None = None) -> Stored:
        """Make an object of a file that came from :meth:`incoming`.

        Raises:
            StoreError: There is no such bucket.
        """
        self._check(bucket)
        digest = hashlib.md5(usedforsecurity=False)
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        told = Stored(key, source.stat().st_size, digest.hexdigest(), datetime.now(UTC).isoformat())
        if content_type:
            told = Stored(told.key, told.size, told.etag, told.modified, content_type)
        content, about = self._files(bucket, key)
        note = source.with_suffix(".about")
        note.write_text(json.dumps(asdict(told)), encoding="utf-8")
        os.replace(source, content)  # noqa: PTH105 - replace is what both platforms do in one step
        os.replace(note, about)  # noqa: PTH105
        return told

    def about(self, bucket: str, key: str) -> Stored | None:
        """What is known of an object; ``None`` where there is none."""
        _, about = self._files(bucket, key)
        return _read(about)

    def content(self, bucket: str, key: str) -> Path:
        """The file that holds an object's content."""
        return self._files(bucket, key)[0]

    def remove(self, bucket: str, key: str) -> None:
        """Take an object away; harmless when there is none."""
        for path in self._files(bucket, key):
            path.unlink(missing_ok=True)

    def listed(self, bucket: str, prefix: str) -> list[Stored]:
        """The objects whose key begins with a prefix, in the order of their keys' bytes.

        Raises:
            StoreError: There is no such bucket.
        """
        self._check(bucket)
        found = (_read(path) for path in (self._folder / bucket).glob("*.json"))
        wanted = [item for item in found if item is not None and item.key.startswith(prefix)]
        return sorted(wanted, key=lambda item: item.key.encode())

    def find(self, bucket: str, prefix: str) -> list[Found]:
        """List objects. See ``ObjectStore``."""
        return [Found(item.key, item.size) for item in self.listed(bucket, prefix)]

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        """Copy an object's content. See ``ObjectStore``."""
        self._check(bucket)
        try:
            shutil.copyfile(self.content(bucket, key), target)
        except FileNotFoundError:
            raise StoreError(f"There is no object {key} in the bucket {bucket}.") from None

    def put(self, bucket: str, key: str, source: Path) -> None:
        """Make an object of a copy of a file. See ``ObjectStore``."""
        self._check(bucket)
        copy = self.incoming()
        shutil.copyfile(source, copy)
        self.adopt(bucket, key, copy)

    def _check(self, bucket: str) -> None:
        if not self.has(bucket):
            raise StoreError(f"There is no bucket {bucket} here.")

    def _files(self, bucket: str, key: str) -> tuple[Path, Path]:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / bucket / f"{name}.data", self._folder / bucket / f"{name}.json"


def _read(about: Path) -> Stored | None:
    try:
        return Stored(**json.loads(about.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
