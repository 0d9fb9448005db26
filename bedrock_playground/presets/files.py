"""Reading a file of presets, whichever of the formats it is in."""

from __future__ import annotations

from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.formats import FileFormat, file_formats, find_format
from bedrock_playground.presets.values import Imported

MAX_JSON_BYTES = 5_000_000
"""The largest JSON file that is read."""
MAX_YAML_BYTES = 1_000_000
"""The largest YAML file that is read: reading YAML takes fifty times as long."""


def read_file(name: str, data: bytes) -> Imported:
    """Read a file of presets.

    Args:
        name: The file's name; its ending tells the format.
        data: The file.

    Raises:
        FileRefused: It is too large, of no known format, or not what it should be. Nothing of it is taken.
    """
    found = format_of(name)
    limit = MAX_JSON_BYTES if found.name == "json" else MAX_YAML_BYTES
    if len(data) > limit:
        raise FileRefused(
            "",
            f"It has {len(data) / 1_000_000:.1f} MB; at most {limit / 1_000_000:g} MB of {found.label} are "
            "read. Split it.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused("", f"It is not UTF-8 text (byte {error.start:,}). Convert it first.") from error
    if not text.strip():
        raise FileRefused("", "It is empty.")
    return found.read(text)


def format_of(name: str) -> FileFormat:
    """Tell a file's format by its name.

    Raises:
        FileRefused: Its ending is none of those that are read.
    """
    lower = name.lower()
    others = {".prompt.yaml": "prompt-yml", ".yml": "yaml"}
    # The longest ending that fits: a .prompt.yml is a .yml too.
    endings = {found.suffix: found.name for found in file_formats()} | others
    for ending in sorted(endings, key=len, reverse=True):
        if lower.endswith(ending):
            found = find_format(endings[ending])
            assert isinstance(found, FileFormat)  # noqa: S101 - taken from the list of those
            return found
    raise FileRefused("", f"Its name must end in one of {', '.join(sorted(endings))}.")


def file_stem(name: str) -> str:
    """A preset's name as a file's, without its ending: letters, digits, hyphens and underscores."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "preset"
