"""From bytes to text: UTF-8, with or without a byte order mark; anything else is named and refused. Pure."""

from __future__ import annotations

from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.values import LIMITS, Limits

_UTF8 = "Save it as UTF-8 (in Excel: “CSV UTF-8”) and take it again."
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (
        b"PK\x03\x04",
        "This is an Excel workbook or a ZIP archive.",
        "Save the sheet as “CSV UTF-8”, or unpack it.",
    ),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook.", "Save the sheet as “CSV UTF-8”."),
    (b"\x1f\x8b", "This is a file that gzip packed.", "Unpack it first."),
    (b"%PDF", "This is a PDF.", "Take the table that it was made from."),
    (b"\xff\xfe", "This is UTF-16 text, as Excel's “Unicode Text” is.", _UTF8),
    (b"\xfe\xff", "This is UTF-16 text.", _UTF8),
)
PARQUET = b"PAR1"
"""What a Parquet file begins with."""


def check_size(data: bytes, limits: Limits = LIMITS) -> None:
    """Refuse what is too large, or empty.

    Raises:
        DataSetRefused: It is.
    """
    if len(data) > limits.max_bytes:
        raise DataSetRefused(
            f"It has {len(data) / 1_000_000:,.1f} MB; at most {limits.max_bytes / 1_000_000:g} MB are taken.",
            "Split it into several data sets.",
        )
    if not data.strip():
        raise DataSetRefused("It is empty.", "Choose a file with at least one case.")


def refuse_known(data: bytes) -> None:
    """Refuse what its first bytes tell to be something else, and say what.

    Raises:
        DataSetRefused: They do.
    """
    for start, what, advice in _KINDS:
        if data.startswith(start):
            raise DataSetRefused(what, advice)


def decode(data: bytes) -> str:
    """Read text.

    Raises:
        DataSetRefused: It is not UTF-8; the message says what it seems to be, and which byte tells.
    """
    refuse_known(data)
    if data.startswith(PARQUET):
        raise DataSetRefused("This is a Parquet file under another name.", "Let its name end in .parquet.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataSetRefused(
            f"It is not UTF-8 text: line {line:,} has the byte {data[error.start]:02X} at position "
            f"{error.start:,}{_guess(data)}.",
            _UTF8,
        ) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise DataSetRefused(
            f"It has a NUL character in line {line:,}: it is a binary file, or UTF-16 without a mark.", _UTF8
        )
    return text


def _guess(data: bytes) -> str:
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "; it may be Windows-1252 (“ANSI”), as older programs write it"
