"""A shared comparison as a JSON document and back, losing nothing; strict, and pure.

The settings are written as preset files write them, and held against the same published schema. What is
refused names the place, and nothing of it is taken. Text is text: nothing in a document is ever run,
rendered or looked up here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.invocation.codec import has_surrogates
from bedrock_playground.presets import codec as presets
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.formats.json_file import load
from bedrock_playground.presets.schema import shown
from bedrock_playground.presets.template import value_problem
from bedrock_playground.presets.values import Preset
from bedrock_playground.sharing.errors import ShareRefused
from bedrock_playground.sharing.values import LETTERS, MAX_FILES, MAX_REPEAT, SharedComparison

FORMAT = "bedrock-playground/comparison"
"""What a document says it is."""
VERSION = 1
"""The newest version that this program reads and the one that it writes."""
MAX_BYTES = 1_000_000
"""The largest document that is read, in bytes of UTF-8."""

_MAX_DEPTH = 64
_MAX_VALUES = 20_000
# Whether two entries are the same is asked of every pair.
_MAX_ENTRIES = {"choices": 100}
_MAX_LIST = 2_500
_TOP = ("format", "version", "shared", "values", "repeat", "files_left_out", "variants")
_SHARED = ("prompt", "system", "variables", "output_schema", "tools", "tool_choice")
_LANE = ("model", "parameters", "service", "system")
_ASKED = "shared"
_PLACE = re.compile(r"^presets\[(\d+)\]\.?")
# Everything that Converse's modelId can hold: ids, inference profiles and ARNs of every partition.
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,2047}")


def to_text(comparison: SharedComparison, *, pretty: bool = False) -> str:
    """Write a comparison as JSON.

    Args:
        comparison: What to share.
        pretty: For people to read, with a line per member.

    Raises:
        ShareRefused: It holds what this program could not read again; the place is named.
    """
    document = _document(comparison)
    if pretty:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    else:
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    # What could not be read again is never given away.
    from_text(text)
    return text


def from_bytes(data: bytes) -> SharedComparison:
    """Read a comparison.

    Raises:
        ShareRefused: It is too large, or not what it should be; the place is named.
    """
    _check_size(len(data))
    try:
        return from_text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ShareRefused(f"It is not UTF-8 text (byte {error.start:,}).") from error


def from_text(text: str) -> SharedComparison:
    """Read a comparison.

    Raises:
        ShareRefused: It is too large, or not what it should be; the place is named.
    """
    # A lone surrogate cannot be written as UTF-8; it is counted here and refused with its place below.
    _check_size(len(text.encode("utf-8", "surrogatepass")))
    try:
        document = load(text)
        _check_extent(document)
        return _comparison(document)
    except FileRefused as refused:
        raise _in_our_words(refused) from refused
    except RecursionError as error:
        raise ShareRefused("It is nested too deeply to be read.") from error


def _check_size(count: int) -> None:
    if count > MAX_BYTES:
        raise ShareRefused(
            f"It is too large: {count / 1_000_000:.1f} MB; at most {MAX_BYTES / 1_000_000:g} MB are read."
        )


# Writing


def _document(comparison: SharedComparison) -> dict[str, Any]:
    inputs = comparison.inputs
    asked = presets.preset_to_json(
        Preset(
            name=_ASKED,
            variant=Variant(),
            system=inputs.system,
            prompt=inputs.prompt,
            variables=comparison.variables,
            output_schema=inputs.output_schema,
            tools=inputs.tools,
            tool_choice=inputs.tool_choice,
        )
    )
    shared = {name: asked[name] for name in _SHARED if name in asked}
    if inputs.output_schema == "":
        # A schema is asked for and not written yet.
        shared["output_schema"] = ""
    document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "shared": shared}
    if comparison.values:
        document["values"] = dict(comparison.values)
    if comparison.repeat != 1:
        document["repeat"] = comparison.repeat
    if comparison.files_left_out:
        document["files_left_out"] = comparison.files_left_out
    document["variants"] = [_lane_to_json(letter, variant) for letter, variant in comparison.variants]
    return document


def _lane_to_json(letter: str, variant: Variant) -> dict[str, Any]:
    told = presets.preset_to_json(Preset(name=letter or "?", variant=replace(variant, system=None)))
    lane = {"letter": letter, **{name: told[name] for name in _LANE if name in told}}
    if variant.system is not None:
        # An empty one is none at all, instead of the shared one.
        lane["system"] = variant.system
    return lane


# Reading


def _check_extent(document: object) -> None:
    """Refuse what would take long to look at, before it is held against a schema."""
    count = 0
    level: list[tuple[str, object]] = [("", document)]
    for _ in range(_MAX_DEPTH):
        count += len(level)
        if count > _MAX_VALUES:
            raise ShareRefused(f"It holds more than {_MAX_VALUES:,} values. A comparison has far fewer.")
        level = list(_inside(level))
        if not level:
            return
    raise ShareRefused("It is nested too deeply to be read.")


def _inside(level: Sequence[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    for name, value in level:
        if isinstance(value, dict):
            yield from value.items()
        elif isinstance(value, list):
            most = _MAX_ENTRIES.get(name, _MAX_LIST)
            if len(value) > most:
                raise ShareRefused(f"A list{f' of {name}' if name else ''} has more than {most:,} entries.")
            yield from ((name, item) for item in value)


def _comparison(document: object) -> SharedComparison:
    if not isinstance(document, Mapping):
        raise ShareRefused(f"It must be an object; it is {shown(document)}.")
    _check_version(document)
    _check_names(document, _TOP, required=("shared", "variants"), place="")
    asked = document["shared"]
    if not isinstance(asked, Mapping):
        raise ShareRefused(f"It must be an object; it is {shown(asked)}.", place="shared")
    _check_names(asked, _SHARED, required=(), place="shared")
    lanes = _lanes(document["variants"])
    read = presets.presets_of({
        "format": presets.FORMAT,
        "version": presets.VERSION,
        "presets": [
            {**asked, "name": _ASKED, "model": ""},
            *({"name": letter} | {name: lane[name] for name in _LANE if name in lane}
              for letter, lane in lanes),
        ],
    })  # fmt: skip
    shared, variants = read[0], read[1:]
    for index, preset in enumerate(variants):
        _check_model(preset.variant.model, place=f"variants[{index}].model")
    return SharedComparison(
        inputs=Inputs(
            prompt=shared.prompt,
            system=shared.system,
            output_schema=shared.output_schema,
            tools=shared.tools,
            tool_choice=shared.tool_choice,
        ),
        variants=tuple(
            (letter, replace(preset.variant, system=lane.get("system")))
            for (letter, lane), preset in zip(lanes, variants, strict=True)
        ),
        variables=shared.variables,
        values=_values(document.get("values", {}), shared),
        repeat=_whole(document.get("repeat", 1), 1, MAX_REPEAT, place="repeat"),
        files_left_out=_whole(document.get("files_left_out", 0), 0, MAX_FILES, place="files_left_out"),
    )


def _check_version(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        found = f"it says {shown(document['format'])}" if "format" in document else "it does not say so"
        raise ShareRefused(
            f"This is no shared comparison: its format must be {FORMAT!r}, and {found}.", place="format"
        )
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ShareRefused(f"It must be {VERSION}; it is {shown(version)}.", place="version")
    if version > VERSION:
        raise ShareRefused(
            f"A newer version of Bedrock Playground made it (its format is {version}; this version reads up "
            f"to {VERSION}). Upgrade Bedrock Playground.",
            place="version",
        )


def _check_names(
    value: Mapping[str, Any], known: Sequence[str], *, required: Sequence[str], place: str
) -> None:
    for name in value:
        if name not in known:
            where = f"{place}.{name[:40]}" if place else name[:40]
            raise ShareRefused(f"There is no such member. Known are: {', '.join(known)}.", place=where)
    if missing := [name for name in required if name not in value]:
        raise ShareRefused(f"It lacks {', '.join(missing)}.", place=place)


def _lanes(value: object) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, list) or not 1 <= len(value) <= len(LETTERS):
        raise ShareRefused(f"It must be a list of 1 to {len(LETTERS)} variants.", place="variants")
    found: dict[str, Mapping[str, Any]] = {}
    for index, lane in enumerate(value):
        place = f"variants[{index}]"
        if not isinstance(lane, Mapping):
            raise ShareRefused(f"It must be an object; it is {shown(lane)}.", place=place)
        _check_names(lane, ("letter", *_LANE), required=("letter", "model"), place=place)
        letter = lane["letter"]
        if not isinstance(letter, str) or letter not in tuple(LETTERS):
            raise ShareRefused(
                f"It must be a letter from A to {LETTERS[-1]}; it is {shown(letter)}.",
                place=f"{place}.letter",
            )
        if letter in found:
            raise ShareRefused(f"{letter} is there twice.", place=f"{place}.letter")
        found[letter] = lane
    return list(found.items())


def _check_model(model: str, *, place: str) -> None:
    if model and not _MODEL_ID.fullmatch(model):
        raise ShareRefused(
            f"{shown(model)} cannot be a model's id: one has letters, digits and . _ : / - alone.",
            place=place,
        )


def _values(value: object, shared: Preset) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ShareRefused(f"It must be an object; it is {shown(value)}.", place="values")
    known = {variable.name: variable for variable in shared.variables}
    for name, item in value.items():
        place = f"values.{name[:64]}"
        if name not in known:
            raise ShareRefused("There is no such variable. Name it in shared.variables first.", place=place)
        if problem := value_problem(known[name], item):
            raise ShareRefused(f"{problem} It is {shown(item)}.", place=place)
        if has_surrogates(str(item)):
            raise ShareRefused("It holds half of a character (a lone surrogate).", place=place)
    return value


def _whole(value: object, low: int, high: int, *, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ShareRefused(
            f"It must be a whole number from {low} to {high}; it is {shown(value)}.", place=place
        )
    return value


def _in_our_words(refused: FileRefused) -> ShareRefused:
    """Name the place in a shared comparison, whose parts were read as presets."""

    def ours(match: re.Match[str]) -> str:
        index = int(match[1])
        part = _ASKED if index == 0 else f"variants[{index - 1}]"
        return f"{part}." if match[0].endswith(".") else part

    return ShareRefused(refused.message, place=_PLACE.sub(ours, refused.place))
