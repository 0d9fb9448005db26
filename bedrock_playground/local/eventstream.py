"""Encoder of ``application/vnd.amazon.eventstream`` frames. Pure.

A frame is: total length, headers length, CRC-32 of these eight bytes, headers, payload, CRC-32 of all before
(big-endian, CRC as in zlib). Only string headers (type 7) are needed here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
_MAX_NAME = 255
_MAX_VALUE = 0x7FFF
_OVERHEAD = 16
"""Bytes of a frame that are neither headers nor payload."""


def encode_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Frame a payload.

    Args:
        headers: Names (1–255 bytes of UTF-8) and values (up to 32,767 bytes).
        payload: Any bytes.

    Raises:
        ValueError: A header's name or value does not fit.
    """
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", _OVERHEAD + len(packed) + len(payload), len(packed))
    prelude += struct.pack("!I", crc32(prelude))
    body = prelude + packed + payload
    return body + struct.pack("!I", crc32(body))


def encode_event(event_type: str, payload: object) -> bytes:
    """Frame one event of a stream; the payload is sent as JSON.

    Lone surrogates in strings are kept as JSON escapes, as the real services send them.
    """
    headers = {":event-type": event_type, ":content-type": "application/json", ":message-type": "event"}
    return encode_message(headers, json_bytes(payload))


def encode_exception(exception_type: str, payload: object) -> bytes:
    """Frame an exception that ends a stream; its type is in lower camel case (``throttlingException``)."""
    headers = {
        ":exception-type": exception_type,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return encode_message(headers, json_bytes(payload))


def json_bytes(value: object) -> bytes:
    """JSON in ASCII: every other character escaped, so that even lone surrogates can be carried."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    if not 1 <= len(name_bytes) <= _MAX_NAME or len(value_bytes) > _MAX_VALUE:
        raise ValueError(f"Header {name[:40]!r} does not fit: names take 1–255 bytes, values up to 32,767.")
    return struct.pack(
        f"!B{len(name_bytes)}sBH{len(value_bytes)}s",
        len(name_bytes),
        name_bytes,
        _STRING,
        len(value_bytes),
        value_bytes,
    )
