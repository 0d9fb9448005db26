"""Our decoder of event-stream frames against botocore's own."""

from __future__ import annotations

import itertools
import struct
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer, ParserError
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.errors import StreamCorrupted
from bedrock_playground.invocation.frames import Frame, FrameDecoder, parse_headers
from tests.wire.invocation.scripted import encode_frame, event_frame, exception_frame, text_event

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
texts = st.text(st.characters(codec="utf-8"), max_size=30)
frame_parts = st.tuples(st.dictionaries(names, texts, max_size=4), st.binary(max_size=200))


def botocores(data: bytes) -> list[Any]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


def ours(chunks: list[bytes]) -> tuple[list[Frame], FrameDecoder]:
    decoder = FrameDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)], decoder


@given(st.lists(frame_parts, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_both_read_the_same_however_the_bytes_are_cut(
    parts: list[tuple[dict[str, str], bytes]], cuts: list[int]
) -> None:
    data = b"".join(encode_frame(headers, payload) for headers, payload in parts)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    frames, decoder = ours([data[a:b] for a, b in itertools.pairwise(edges)])
    expected = botocores(data)
    assert [frame.payload for frame in frames] == [message.payload for message in expected]
    for frame, message in zip(frames, expected, strict=True):
        assert frame.message_type == message.headers.get(":message-type", "event")
    assert decoder.pending == 0
    assert decoder.broken is None


@given(frame_parts)
def test_headers_are_what_botocore_reads(parts: tuple[dict[str, str], bytes]) -> None:
    data = encode_frame(*parts)
    length = int.from_bytes(data[4:8], "big")
    assert parse_headers(data[12 : 12 + length]) == botocores(data)[0].headers


@given(st.data())
def test_any_flipped_bit_is_noticed_and_what_came_before_is_kept(data: st.DataObject) -> None:
    good, damaged = text_event("good"), bytearray(text_event("damaged"))
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    frames, decoder = ours([good + bytes(damaged)])
    assert [frame.payload for frame in frames] == [botocores(good)[0].payload]
    assert isinstance(decoder.broken, StreamCorrupted)
    with pytest.raises(ParserError):
        botocores(bytes(damaged))


@given(st.integers(1, 60))
def test_a_frame_that_is_cut_off_is_seen(missing: int) -> None:
    frame = text_event("cut")
    _, decoder = ours([frame[:-missing]])
    assert decoder.pending == len(frame) - missing


def test_every_kind_of_message_and_header() -> None:
    frames, _ = ours(
        [
            event_frame("messageStop", {}),
            exception_frame("throttlingException", {"message": "slow"}),
            encode_frame({":message-type": "error", ":error-code": "Bad", ":error-message": "why"}, b""),
        ]
    )
    assert [(frame.message_type, frame.name, frame.error_message) for frame in frames] == [
        ("event", "messageStop", ""),
        ("exception", "throttlingException", ""),
        ("error", "Bad", "why"),
    ]
    # true, byte, short, integer, long, bytes, timestamp, uuid, then the text: all but the text passed over
    block = (
        b"\x01a\x00\x01b\x02\x01\x01c\x03\x01\x02\x01d\x04\x01\x02\x03\x04"
        b"\x01e\x05" + b"8" * 8 + b"\x01f\x06\x00\x02ab\x01g\x08" + b"8" * 8
        + b"\x01h\x09" + b"u" * 16 + b"\x01i\x07\x00\x02hi"
    )  # fmt: skip
    assert parse_headers(block) == {"i": "hi"}


@pytest.mark.parametrize(
    "block", [b"\x05ab", b"\x01a\x07\x00\x09hi", b"\x01a\x0a", b"\x01a", b"\x01\xff\x00", b"\x01a\x05123"]
)
def test_headers_that_make_no_sense(block: bytes) -> None:
    with pytest.raises(StreamCorrupted):
        parse_headers(block)


def test_a_frame_of_an_absurd_size_is_refused_rather_than_waited_for() -> None:
    for total, headers in ((0x7FFFFFFF, 0), (15, 0), (100, 99), (300_000, 200_000)):
        prelude = struct.pack(">II", total, headers)
        _, decoder = ours([prelude + struct.pack(">I", crc32(prelude))])
        assert decoder.broken is not None
