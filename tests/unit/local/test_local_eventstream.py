"""Our frames against botocore's own parser."""

from __future__ import annotations

import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.local.eventstream import encode_event, encode_exception, encode_message, json_bytes

_names = st.text(min_size=1, max_size=40).filter(lambda name: len(name.encode()) <= 255)
_values = st.text(max_size=300)
_unicode = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


def parse(data: bytes) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(event.headers, event.payload) for event in buffer]


@given(
    st.lists(st.tuples(st.dictionaries(_names, _values, max_size=5), st.binary(max_size=2000)), max_size=5)
)
def test_botocore_reads_back_every_message(messages: list[tuple[dict[str, str], bytes]]) -> None:
    data = b"".join(encode_message(headers, payload) for headers, payload in messages)
    assert parse(data) == messages


@given(st.dictionaries(_unicode, _unicode, max_size=3), st.integers(min_value=1, max_value=50))
def test_frames_survive_any_chunking(payload: dict[str, str], step: int) -> None:
    data = encode_event("contentBlockDelta", payload) * 2
    buffer = EventStreamBuffer()
    events = []
    for start in range(0, len(data), step):
        buffer.add_data(data[start : start + step])
        events += list(buffer)
    assert [json.loads(event.payload) for event in events] == [payload, payload]


@given(st.data())
def test_any_flipped_bit_behind_the_lengths_is_noticed(data: st.DataObject) -> None:
    frame = bytearray(encode_event("messageStart", {"role": "assistant"}))
    # The first eight bytes are lengths: with a wrong one the parser may wait for more instead.
    frame[data.draw(st.integers(8, len(frame) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ChecksumMismatch):
        parse(bytes(frame))


def test_headers_say_what_a_frame_is() -> None:
    (event, payload), (exception, _) = parse(
        encode_event("messageStop", {"stopReason": "end_turn"}) + encode_exception("throttlingException", {})
    )
    assert event == {
        ":event-type": "messageStop",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(payload) == {"stopReason": "end_turn"}
    assert exception[":message-type"] == "exception"
    assert exception[":exception-type"] == "throttlingException"


def test_lone_surrogates_are_carried_as_escapes() -> None:
    assert json_bytes({"text": "\ud83c"}) == b'{"text":"\\ud83c"}'


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("n" * 256, "x"), ("ü" * 128, "x"), ("n", "v" * 32768)]
)
def test_headers_that_do_not_fit_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_message({name: value}, b"")
