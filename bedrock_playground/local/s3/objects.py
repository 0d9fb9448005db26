"""What a batch job needs of an object store, and what can go wrong there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][-.a-z0-9]{1,61}[a-z0-9])(?:/(?P<key>.*))?")


class StoreError(Exception):
    """The store refused or could not be reached; the message says what happened, for a job's ``message``."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object in a bucket."""

    key: str
    """Its key."""
    size: int
    """Bytes."""


class ObjectStore(Protocol):
    """Buckets with objects. Its methods block, and are called from threads."""

    def find(self, bucket: str, prefix: str) -> list[Found]:
        """List the objects whose key begins with a prefix, in order.

        Raises:
            StoreError: There is no such bucket, or it cannot be read.
        """
        ...

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        """Write an object's content into a file.

        Raises:
            StoreError: There is no such object, or it cannot be read.
        """
        ...

    def put(self, bucket: str, key: str, source: Path) -> None:
        """Make an object of a file, in one step.

        Raises:
            StoreError: There is no such bucket, or it cannot be written.
        """
        ...


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Take an ``s3://`` address apart; the key is empty where there is none.

    Raises:
        ValueError: It is no such address.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"{uri} is no address in S3.")
    return match["bucket"], match["key"] or ""
