"""An S3 that the endpoint was told of: the three calls that a batch job makes there, signed with SigV4.

The endpoint knows no AWS SDK, so that nothing of it can be mistaken for its client; three calls need none.
"""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

from bedrock_playground.local.s3.objects import Found, StoreError

_CHUNK = 1 << 18
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class S3Access:
    """Where an S3 is, and as whom to call it."""

    url: str
    """Its address, such as ``http://127.0.0.1:9000``; buckets are part of the path."""
    access_key_id: str
    """The access key."""
    secret_access_key: str = field(repr=False)
    """Its secret."""
    region: str = "us-east-1"
    """The Region to sign for."""


class RemoteStore:
    """Buckets of another S3; implements :class:`~bedrock_playground.local.s3.objects.ObjectStore`.

    Args:
        access: Where and as whom.
    """

    def __init__(self, access: S3Access) -> None:
        import urllib3  # noqa: PLC0415 - an endpoint with buckets of its own need not wait for it

        self._access = access
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=10, read=120), retries=2)
        self._broken = urllib3.exceptions.HTTPError

    def find(self, bucket: str, prefix: str) -> list[Found]:
        """List objects. See ``ObjectStore``."""
        found: list[Found] = []
        token: str | None = None
        while True:
            asked = {"list-type": "2", "prefix": prefix} | ({"continuation-token": token} if token else {})
            tree = _tree(self._call("GET", bucket, parameters=asked).data)
            found += [
                Found(item.findtext("{*}Key", ""), int(item.findtext("{*}Size", "0")))
                for item in tree.iterfind("{*}Contents")
            ]
            token = tree.findtext("{*}NextContinuationToken")
            if tree.findtext("{*}IsTruncated") != "true" or not token:
                return found

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        """Download an object. See ``ObjectStore``."""
        response = self._call("GET", bucket, key, stream=True)
        try:
            with target.open("wb") as file:
                for chunk in response.stream(_CHUNK):
                    file.write(chunk)
        except self._broken as error:
            raise StoreError(f"Reading s3://{bucket}/{key} broke off ({type(error).__name__}).") from error
        finally:
            response.release_conn()

    def put(self, bucket: str, key: str, source: Path) -> None:
        """Upload a file. See ``ObjectStore``."""
        with source.open("rb") as file:
            self._call("PUT", bucket, key, body=file, size=source.stat().st_size)

    def _call(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        parameters: Mapping[str, str] | None = None,
        body: IO[bytes] | None = None,
        size: int = 0,
        stream: bool = False,
    ) -> Any:  # noqa: ANN401 - urllib3's response, which is imported late
        path = "/" + urllib.parse.quote(f"{bucket}/{key}" if key else bucket)
        query = "&".join(
            f"{urllib.parse.quote(name, safe='')}={urllib.parse.quote(value, safe='')}"
            for name, value in sorted((parameters or {}).items())
        )
        base = urllib.parse.urlsplit(self._access.url)
        headers = signed(self._access, method, base.netloc, path=path, query=query, now=datetime.now(UTC))
        if body is not None:
            headers["Content-Length"] = str(size)
        url = f"{base.scheme}://{base.netloc}{path}" + (f"?{query}" if query else "")
        try:
            response = self._http.request(method, url, body=body, headers=headers, preload_content=not stream)
        except self._broken as error:
            raise StoreError(
                f"S3 at {self._access.url} cannot be reached ({type(error).__name__})."
            ) from error
        if response.status >= 300:
            raise StoreError(_refusal(response, f"s3://{bucket}/{key}"))
        return response


def signed(
    access: S3Access, method: str, host: str, *, path: str, query: str, now: datetime
) -> dict[str, str]:
    """Make the headers that sign a request, by AWS's Signature Version 4.

    The body is left out of the signature, which S3 allows.

    Args:
        access: As whom.
        method: The HTTP method.
        host: Host and port.
        path: The path, percent-encoded.
        query: The parameters, percent-encoded and in order.
        now: The time, in UTC.
    """
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"host": host, "x-amz-content-sha256": _UNSIGNED, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join((method, path, query, lines, names, _UNSIGNED))
    scope = f"{day}/{access.region}/s3/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{access.secret_access_key}".encode()
    for part in (day, access.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={access.access_key_id}/{scope}"
    return {**headers, "Authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}


def _tree(data: bytes) -> ET.Element:
    try:
        return ET.fromstring(data)  # noqa: S314 - the answer of a store that the operator named
    except ET.ParseError as error:
        raise StoreError("The store's answer is not S3's XML: is its address right?") from error


def _refusal(response: Any, what: str) -> str:  # noqa: ANN401 - urllib3's response
    try:
        tree = ET.fromstring(response.data)  # noqa: S314
        told = f"{tree.findtext('{*}Code', '')}: {tree.findtext('{*}Message', '')}"
    except ET.ParseError:
        told = f"HTTP status {response.status}"
    return f"{what} cannot be used: {told.strip(': ')}."
