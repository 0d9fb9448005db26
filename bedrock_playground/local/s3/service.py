"""S3's REST API over a folder, path-style: what uploading records and downloading answers takes, no more.

Requests reach it at the endpoint's own address: S3's and Bedrock's paths could be told apart by nothing but
the service that a request was signed for. What it does not have it refuses as S3 does, by ``NotImplemented``.
"""

from __future__ import annotations

import asyncio
import base64
import urllib.parse
import zlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.exchange import ClientGone, Exchange
from bedrock_playground.local.s3.folder import FolderStore, Stored

_CHUNK = 1 << 18
_MAX_KEYS = 1000
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CODES = {
    "UnrecognizedClientException": "InvalidAccessKeyId",
    "MissingAuthenticationTokenException": "AccessDenied",
    "AccessDeniedException": "AccessDenied",
    "InternalServerException": "InternalError",
}
_READS = frozenset({"list-type", "prefix", "max-keys", "continuation-token", "start-after", "encoding-type"})
_READS_OF_OBJECTS = frozenset({"x-id", "response-content-type"})


class S3Service:
    """The operations, over one store.

    Args:
        store: The buckets.
    """

    def __init__(self, store: FolderStore) -> None:
        self._store = store

    async def answer(self, exchange: Exchange) -> None:
        """Answer one request.

        Raises:
            ApiError: It cannot be answered; :func:`send_s3_error` says so in S3's words.
        """
        bucket, _, key = exchange.path.removeprefix("/").partition("/")
        match exchange.method, bool(bucket), bool(key):
            case "GET", False, _:
                await self._buckets(exchange)
            case "PUT", True, False:
                await self._create(exchange, bucket)
            case "HEAD", True, False:
                self._check(bucket)
                await exchange.send_head(200, {"Content-Length": "0"})
                await exchange.finish()
            case "GET", True, False:
                await self._list(exchange, bucket)
            case "PUT", True, True:
                await self._put(exchange, bucket, key)
            case (("GET" | "HEAD"), True, True):
                await self._get(exchange, bucket, key)
            case "DELETE", True, True:
                self._check(bucket)
                self._store.remove(bucket, key)
                await exchange.send_head(204, {})
                await exchange.finish()
            case _:
                raise _not_implemented(f"{exchange.method} {exchange.path}")

    async def _buckets(self, exchange: Exchange) -> None:
        names = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in self._store.buckets())
        await exchange.send_xml(
            f"{_DECLARATION}<ListAllMyBucketsResult {_NAMESPACE}><Buckets>{names}</Buckets>"
            "</ListAllMyBucketsResult>"
        )

    async def _create(self, exchange: Exchange, bucket: str) -> None:
        _refuse_others(exchange.parameters, frozenset({"x-id"}))
        if not self._store.create(bucket):
            raise ApiError("InvalidBucketName", "The specified bucket is not valid.")
        await exchange.send_head(200, {"Location": f"/{bucket}", "Content-Length": "0"})
        await exchange.finish()

    async def _list(self, exchange: Exchange, bucket: str) -> None:
        asked = exchange.parameters
        if asked.get("list-type") != "2":
            raise _not_implemented("listing by anything but ListObjectsV2")
        _refuse_others(asked, _READS)
        self._check(bucket)
        size = asked.get("max-keys", str(_MAX_KEYS))
        if not size.isdecimal():
            raise ApiError("InvalidArgument", "Provided max-keys not an integer or within integer range.")
        prefix = asked.get("prefix", "")
        after = asked.get("continuation-token") or asked.get("start-after") or ""
        found = await asyncio.to_thread(self._store.listed, bucket, prefix)
        rest = [item for item in found if item.key.encode() > after.encode()]
        page = rest[: min(int(size), _MAX_KEYS)]
        quoted = asked.get("encoding-type") == "url"
        await exchange.send_xml(_listing(bucket, prefix, page, more=len(rest) > len(page), quoted=quoted))

    async def _put(self, exchange: Exchange, bucket: str, key: str) -> None:
        _refuse_others(exchange.parameters, frozenset({"x-id"}))
        headers = exchange.headers
        if "x-amz-copy-source" in headers:
            raise _not_implemented("copying")
        if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            raise _not_implemented("uploading in signed chunks")
        self._check(bucket)
        target = self._store.incoming()
        try:
            checksum = 0
            with target.open("wb") as file:
                async for part in exchange.body_parts():
                    checksum = zlib.crc32(part, checksum)
                    file.write(part)
            told = headers.get("x-amz-checksum-crc32")
            if told is not None and told != base64.b64encode(checksum.to_bytes(4, "big")).decode():
                raise ApiError("BadDigest", "The CRC32 you specified did not match the calculated checksum.")
            stored = await asyncio.to_thread(
                self._store.adopt, bucket, key, target, content_type=headers.get("content-type")
            )
        finally:
            target.unlink(missing_ok=True)
        await exchange.send_head(200, {"ETag": f'"{stored.etag}"', "Content-Length": "0"})
        await exchange.finish()

    async def _get(self, exchange: Exchange, bucket: str, key: str) -> None:
        _refuse_others(exchange.parameters, _READS_OF_OBJECTS)
        if "range" in exchange.headers:
            raise _not_implemented("reading a part of an object")
        self._check(bucket)
        stored = self._store.about(bucket, key)
        if stored is None:
            raise ApiError("NoSuchKey", "The specified key does not exist.", status=404)
        await exchange.send_head(
            200,
            {
                "Content-Type": stored.content_type,
                "Content-Length": str(stored.size),
                "ETag": f'"{stored.etag}"',
                "Last-Modified": format_datetime(datetime.fromisoformat(stored.modified), usegmt=True),
            },
        )
        if exchange.method == "GET":
            with self._store.content(bucket, key).open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, _CHUNK):
                    await exchange.write(chunk)
        await exchange.finish()

    def _check(self, bucket: str) -> None:
        if not self._store.has(bucket):
            raise ApiError("NoSuchBucket", "The specified bucket does not exist.", status=404)


async def send_s3_error(exchange: Exchange, error: ApiError) -> None:
    """Send an error as S3 does: in its XML, and to HEAD by the status alone."""
    try:
        headers = await exchange.leave_body()
    except ClientGone:
        return
    if exchange.method == "HEAD":
        await exchange.send_head(error.status, {"Content-Length": "0", **headers})
        await exchange.finish()
        return
    code = _CODES.get(error.code, error.code)
    await exchange.send_xml(
        f"{_DECLARATION}<Error><Code>{code}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{exchange.request_id}</RequestId></Error>",
        status=error.status,
        headers=headers,
    )


def _listing(bucket: str, prefix: str, page: list[Stored], *, more: bool, quoted: bool) -> str:
    def shown(text: str) -> str:
        return escape(urllib.parse.quote(text) if quoted else text)

    contents = "".join(
        f"<Contents><Key>{shown(item.key)}</Key><LastModified>{item.modified}</LastModified>"
        f"<ETag>&quot;{item.etag}&quot;</ETag><Size>{item.size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for item in page
    )
    following = (
        f"<NextContinuationToken>{escape(page[-1].key)}</NextContinuationToken>" if more and page else ""
    )
    return (
        f"{_DECLARATION}<ListBucketResult {_NAMESPACE}><Name>{bucket}</Name><Prefix>{shown(prefix)}</Prefix>"
        f"<KeyCount>{len(page)}</KeyCount><MaxKeys>{_MAX_KEYS}</MaxKeys>"
        f"{'<EncodingType>url</EncodingType>' if quoted else ''}"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{following}{contents}</ListBucketResult>"
    )


def _refuse_others(parameters: Mapping[str, str], known: frozenset[str]) -> None:
    others = sorted(set(parameters) - known)
    if others:
        raise _not_implemented(f"the parameter {others[0]}")


def _not_implemented(what: str) -> ApiError:
    return ApiError("NotImplemented", f"The local endpoint's own S3 does not have this: {what}.", status=501)
