"""Presets as JSON: lossless, by the published schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bedrock_playground.presets.codec import document_of, presets_of
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.formats.values import Exported
from bedrock_playground.presets.values import Imported, Preset


class JsonFile:
    """JSON, by the published schema."""

    name = "json"
    label = "JSON"
    suffix = ".json"
    mime = "application/json"
    language = "json"
    about = "Everything, exactly: to keep, to share, to import elsewhere. One preset or many."
    many = True

    def write(self, presets: Sequence[Preset]) -> Exported:
        """Write presets; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        return Exported(json.dumps(document_of(presets), indent=2, ensure_ascii=False) + "\n")

    def read(self, text: str) -> Imported:
        """Read presets; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        return Imported(presets_of(load(text)))


def load(text: str) -> Any:  # noqa: ANN401 - anything that JSON can say
    """Read JSON strictly: no NaN, no name twice in an object.

    Raises:
        FileRefused: It is not JSON, or a name is there twice.
    """
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FileRefused("", f"It cannot be read as JSON: {error.msg} ({where}).") from error
    except ValueError as error:
        raise FileRefused("", f"It cannot be read as JSON: {error}.") from error
    except RecursionError as error:
        raise FileRefused("", "It is nested too deeply to be read.") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in value if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice in one object")
    return value


FORMAT = JsonFile()
"""The format."""
