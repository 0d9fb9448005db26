"""Files beside a prompt: told by their bytes, within Converse's limits, under names that it takes."""

from __future__ import annotations

import re

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.attachments import (
    DOCUMENT_EXTENSIONS,
    IMAGE_EXTENSIONS,
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    AttachmentRefused,
    attachment_of,
    attachment_words,
    document_name,
    size_words,
)
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8
BEGINNINGS = {
    "png": PNG,
    "jpeg": b"\xff\xd8\xff\xe0",
    "gif": b"GIF89a",
    "webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}


@pytest.mark.parametrize(("format_", "data"), BEGINNINGS.items())
@pytest.mark.parametrize("extension", ["png", "jpg", "txt", "pdf", ""])
def test_an_image_is_told_by_its_bytes_whatever_its_name_claims(
    format_: str, data: bytes, extension: str
) -> None:
    assert attachment_of(f"x.{extension}", data) == ImageBlock(format_, data)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", b"no image", "a.png is no png image"),
        ("a.svg", b"<svg/>", r"Converse takes no \.svg files"),
        ("README", b"text", "file without an extension"),
        ("a.txt", b"", "is empty"),
        ("a.pdf", b"text", "a.pdf is no pdf file"),
        ("a.docx", b"text", "a.docx is no docx file"),
        ("a.csv", b"a\0b", "is binary, though its name says csv"),
        ("a.png", PNG + b"x" * MAX_IMAGE_BYTES, r"a.png has 3.75 MB|at most 3.75 MB"),
        ("a.md", b"x" * (MAX_DOCUMENT_BYTES + 1), "at most 4.5 MB"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_name_and_the_reason(
    name: str, data: bytes, why: str
) -> None:
    with pytest.raises(AttachmentRefused, match=why) as refused:
        attachment_of(name, data)
    assert name in str(refused.value)


def test_the_limits_themselves_are_still_taken() -> None:
    image = attachment_of("a.png", PNG.ljust(MAX_IMAGE_BYTES, b"\0"))
    document = attachment_of("a.md", b"x" * MAX_DOCUMENT_BYTES)
    assert isinstance(image, ImageBlock)
    assert isinstance(document, DocumentBlock)


def test_counts_are_limited_by_kind() -> None:
    images = [ImageBlock("png", PNG)] * MAX_IMAGES
    documents = [DocumentBlock("txt", f"d{number}", b"x") for number in range(MAX_DOCUMENTS)]
    with pytest.raises(AttachmentRefused, match="at most 20 images"):
        attachment_of("a.png", PNG, beside=images)
    with pytest.raises(AttachmentRefused, match="at most 5 documents"):
        attachment_of("a.txt", b"x", beside=documents)
    assert attachment_of("a.png", PNG, beside=[*images[1:], *documents]) == images[0]
    assert attachment_of("a.txt", b"x", beside=[*images, *documents[1:]]) == DocumentBlock("txt", "a", b"x")


def test_formats_and_lengths_are_those_of_botocores_own_model() -> None:
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    shape = client.meta.service_model.shape_for
    assert set(IMAGE_EXTENSIONS.values()) == set(shape("ImageBlock").members["format"].enum)
    assert set(DOCUMENT_EXTENSIONS.values()) == set(shape("DocumentBlock").members["format"].enum)
    assert shape("DocumentBlock").members["name"].metadata == {"min": 1, "max": 200}


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=4))
def test_a_documents_name_is_one_that_converse_takes_and_unlike_the_others(
    filename: str, others: list[str]
) -> None:
    taken: list[str] = []
    for other in [*others, filename, filename]:
        name = document_name(other, taken=taken)
        assert re.fullmatch(r"[a-zA-Z0-9\-()\[\]]+( [a-zA-Z0-9\-()\[\]]+)*", name)
        assert 1 <= len(name) <= 200
        assert name not in taken
        taken.append(name)


def test_a_name_says_what_the_file_was_called() -> None:
    assert document_name("Q3_report  final.v2.pdf") == "Q3 report final v2"
    assert document_name("Q3.pdf", taken=["Q3"]) == "Q3 (2)"
    assert document_name("\N{SNOWMAN}.pdf") == "Document"


def test_sizes_in_words() -> None:
    assert [size_words(size) for size in (0, 999, 34_400, 999_499, 3_750_000, 12_345_678)] == [
        "0 bytes", "999 bytes", "34 KB", "999 KB", "3.75 MB", "12.3 MB",
    ]  # fmt: skip
    assert attachment_words(DocumentBlock("pdf", "Q3", b"x" * 2000)) == "Q3 (pdf, 2 KB)"
    assert attachment_words(ImageBlock("png", PNG)) == "image (png, 16 bytes)"
