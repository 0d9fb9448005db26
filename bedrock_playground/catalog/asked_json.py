"""What a comparison was asked, as JSON and back: every variant's settings and what all of them share.

Files are left out: they stand in the requests. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.values import Guardrail

_VERSION = 1


def asked_to_json(inputs: Inputs, variants: Sequence[tuple[str, Variant]]) -> dict[str, Any]:
    """Say what was asked as JSON.

    Args:
        inputs: What all variants share.
        variants: Every variant by its letter, in the order of display.
    """
    shared = asdict(replace(inputs, attachments=()))
    del shared["attachments"]
    lanes = [{"letter": letter, "variant": asdict(variant)} for letter, variant in variants]
    return {"version": _VERSION, "inputs": shared, "variants": lanes}


def asked_from_json(value: object) -> tuple[Inputs, tuple[tuple[str, Variant], ...]]:
    """Read what was asked.

    Raises:
        ValueError: It is not what :func:`asked_to_json` makes, or a newer version made it.
    """
    if not isinstance(value, Mapping) or value.get("version") != _VERSION:
        raise ValueError("What was asked is written in a way that this version does not know.")
    try:
        inputs = _inputs(value["inputs"])
        lanes = tuple((str(lane["letter"]), _variant(lane["variant"])) for lane in value["variants"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"What was asked cannot be read: {type(error).__name__}: {error}.") from error
    return inputs, lanes


def _inputs(told: Mapping[str, Any]) -> Inputs:
    tools = tuple(ToolDefinition(**_known(ToolDefinition, tool)) for tool in told.get("tools") or ())
    return Inputs(**_known(Inputs, told) | {"tools": tools, "attachments": ()})


def _variant(told: Mapping[str, Any]) -> Variant:
    guardrail = told.get("guardrail")
    return Variant(
        **_known(Variant, told)
        | {
            "stop": tuple(told.get("stop") or ()),
            "guardrail": Guardrail(**_known(Guardrail, guardrail)) if guardrail else None,
        }
    )


def _known(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """The members that this version has a field for."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in told.items() if name in names}
