"""A shared comparison in the query string of an address, and back; pure.

``1.`` and the document's JSON, deflated (zlib, RFC 1950) with a dictionary of what every document holds, in
base64url without padding (RFC 4648, section 5). Each link has one spelling, and its check sum tells whether
all of it arrived.
"""

from __future__ import annotations

import base64
import re
import zlib

from bedrock_playground.sharing.codec import MAX_BYTES, from_bytes, to_text
from bedrock_playground.sharing.errors import ShareRefused
from bedrock_playground.sharing.values import SharedComparison

NAME = "share"
"""The query parameter that holds a comparison."""
STORED = "shared"
"""The query parameter that names a stored share."""
MAX_LINK = 6_000
"""Characters of a whole address. CloudFront takes 8,192 bytes of URL and nginx 8 KiB of request line, and
sign-in redirects put the address, escaped, into one of their own."""

_VERSION = "1"
_FORM = re.compile(r"(\d{1,4})\.([A-Za-z0-9_-]*)")
# Frozen: whatever is changed here makes every link unreadable that exists. A change needs a new version.
_DICTIONARY = (
    b'"output_schema":{"type":"object","properties":{"additionalProperties":false,"required":["description":'
    b'"variables":[{"name":"type":"string"},"tools":[{"input_schema":"canned_result":"tool_choice":"auto"'
    b'"additional_fields":"{}","stop_sequences":["reasoning":"on","thinking_budget":"effort":"high","service"'
    b':{"tier":"default","latency":"optimized","cache_ttl":"5m","guardrail":{"identifier":"version":"DRAFT"}}'
    b"You are a helpful assistant. Answer the question. Write "
    b"arn:aws:bedrock:us-east-1::inference-profile/global.apac.eu.us.meta.llama mistral.qwen.openai.gpt-oss-"
    b"deepseek.cohere.anthropic.claude-haiku-sonnet-opus-4-5-20251001-v1:0 amazon.nova-micro-pro-lite-v1:0 "
    b'local.smollm2-135m-instruct-v1:0","parameters":{"temperature":0.7,"top_p":0.9,"top_k":50,"max_tokens":'
    b'512}},{"letter":"B","model":"","system":"","values":{"repeat":3,"files_left_out":1,'
    b'"variants":[{"letter":"A","model":"{"format":"bedrock-playground/comparison","version":1,'
    b'"shared":{"prompt":"'
)


def encode(comparison: SharedComparison) -> str:
    """Make what stands behind ``share=`` in a link, of any length.

    Raises:
        ShareRefused: It holds what this program could not read again; the place is named.
    """
    packer = zlib.compressobj(level=9, memLevel=9, zdict=_DICTIONARY)
    packed = packer.compress(to_text(comparison).encode()) + packer.flush()
    return f"{_VERSION}.{_text_of(packed)}"


def decode(value: str) -> SharedComparison:
    """Read what stands behind ``share=``; a link is at most :data:`MAX_LINK` long, and unpacks to little.

    Raises:
        ShareRefused: It is too long, cut off, changed, of a newer version, or not what it should be.
    """
    if len(value) > MAX_LINK:
        raise ShareRefused(
            f"The link is too long: {len(value):,} characters; at most {MAX_LINK:,} are read. Ask for a file."
        )
    match = _FORM.fullmatch(value)
    if match is None:
        raise ShareRefused("This is no link of a comparison. Copy it again, all of it.")
    if match[1] != _VERSION:
        raise ShareRefused(
            f"The link is of version {match[1]}; this Bedrock Playground reads version {_VERSION}. Upgrade "
            "it, or ask for a file."
        )
    packed = _bytes_of(match[2])
    # Looked at first: what was cut off is often spelt wrong at its end as well.
    unpacked = _unpacked(packed)
    if _text_of(packed) != match[2]:
        raise _changed()
    return from_bytes(unpacked)


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    if len(text) % 4 == 1:
        raise _cut_off()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _unpacked(packed: bytes) -> bytes:
    """Unpack, never to more than a document may have: what is beyond is not even read."""
    unpacker = zlib.decompressobj(zdict=_DICTIONARY)
    try:
        data = unpacker.decompress(packed, MAX_BYTES + 1)
    except zlib.error as error:
        raise _changed() from error
    if len(data) > MAX_BYTES:
        raise ShareRefused(
            f"The link unpacks to more than {MAX_BYTES / 1_000_000:g} MB. No comparison does; it was not "
            "unpacked any further."
        )
    if not unpacker.eof:
        raise _cut_off()
    if unpacker.unused_data:
        raise _changed()
    return data


def _cut_off() -> ShareRefused:
    return ShareRefused("The link is cut off: its end is missing. Copy it again, all of it.")


def _changed() -> ShareRefused:
    return ShareRefused("The link was changed on its way: its check sum does not match. Copy it again.")
