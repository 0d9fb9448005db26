"""Decoder of ``application/vnd.amazon.eventstream``: bytes in, frames out; pure.

A frame is a prelude (total length, headers' length, CRC-32 of these two), headers, payload, and a CRC-32 of
all before it; all integers are big-endian. botocore has a decoder too; this one is here because botocore's
parses the same few headers anew for every frame (``benchmarks/invocation.py`` has the figures) and gives
no hint of a frame that was cut off. Tests hold the two against each other.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from typing import ClassVar, NamedTuple
from zlib import crc32

from bedrock_playground.invocation.errors import StreamCorrupted

_PRELUDE = struct.Struct(">III")
_INTEGER = struct.Struct(">I")
_MAX_HEADERS = 128 * 1024
_MAX_PAYLOAD = 24 * 1024 * 1024
_FIXED_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES, _STRING = 6, 7
_MOST_HEADERS_REMEMBERED = 64


class Frame(NamedTuple):
    """One message of the stream."""

    message_type: str
    """``event``, ``exception`` or ``error``."""
    name: str
    """The event's type, the exception's type or the error's code; empty where there is none."""
    payload: bytes
    """The message's body."""
    error_message: str = ""
    """``:error-message``, which messages of type ``error`` carry instead of a body."""


class FrameDecoder:
    """Turns chunks of bytes, cut anywhere, into frames."""

    __slots__ = ("_rest", "broken")

    # The same few headers come with every frame of every stream: parsed once, then looked up by their bytes.
    _known: ClassVar[dict[bytes, tuple[str, str, str]]] = {}

    def __init__(self) -> None:
        self._rest = b""
        self.broken: StreamCorrupted | None = None
        """Why nothing more can be read, once a checksum or a length was wrong."""

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Frame]:
        """Take more bytes and return the frames they complete.

        What comes before a damaged frame is returned; then :attr:`broken` says what is wrong, and nothing
        more can be read.
        """
        if self._rest:
            data = self._rest + data
        frames: list[Frame] = []
        start, size = 0, len(data)
        try:
            while size - start >= 12:
                end = _frame_end(data, start)
                if end > size:
                    break
                frames.append(self._frame(data, start, end))
                start = end
        except StreamCorrupted as error:
            self.broken = error
            start = size
        self._rest = data[start:] if start < size else b""
        return frames

    def _frame(self, data: bytes, start: int, end: int) -> Frame:
        if crc32(data[start : end - 4]) != _INTEGER.unpack_from(data, end - 4)[0]:
            raise StreamCorrupted("The checksum of a frame does not match.")
        body = start + 12 + _INTEGER.unpack_from(data, start + 4)[0]
        kind, name, message = self._headers(data[start + 12 : body])
        return Frame(kind, name, data[body : end - 4], message)

    def _headers(self, block: bytes) -> tuple[str, str, str]:
        known = self._known.get(block)
        if known is None:
            headers = parse_headers(block)
            kind = headers.get(":message-type", "event")
            key = {"event": ":event-type", "exception": ":exception-type"}.get(kind, ":error-code")
            known = (kind, headers.get(key, ""), headers.get(":error-message", ""))
            if len(self._known) < _MOST_HEADERS_REMEMBERED:
                self._known[block] = known
        return known


def _frame_end(data: bytes, start: int) -> int:
    """Check the prelude of the frame that starts at ``start`` and return where the frame ends."""
    total, headers_length, checksum = _PRELUDE.unpack_from(data, start)
    if crc32(data[start : start + 8]) != checksum:
        raise StreamCorrupted("The checksum of a frame's prelude does not match.")
    if headers_length > _MAX_HEADERS or not 0 <= total - headers_length - 16 <= _MAX_PAYLOAD:
        raise StreamCorrupted(f"A frame claims {total} bytes with {headers_length} of headers.")
    return int(start + total)


def parse_headers(block: bytes) -> dict[str, str]:
    """Parse a frame's headers; those that are not strings are passed over.

    Raises:
        StreamCorrupted: The headers do not follow the format.
    """
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(block):
            name_end = at + 1 + block[at]
            name = block[at + 1 : name_end].decode()
            kind = block[name_end]
            at = name_end + 1
            if kind in (_STRING, _BYTES):
                length = int.from_bytes(block[at : at + 2], "big")
                value = block[at + 2 : at + 2 + length]
                at += 2 + length
                if kind == _STRING:
                    headers[name] = value.decode()
            else:
                at += _FIXED_SIZES[kind]
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise StreamCorrupted("A frame's headers do not follow the event-stream format.") from error
    if at != len(block):
        raise StreamCorrupted("A frame's headers end in the middle of a value.")
    return headers
