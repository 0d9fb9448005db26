"""`bedrock-playground request` at work: resolve the id, apply the rules, print what would be sent."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.build import build_request, request_as_json
from bedrock_playground.catalog.resolution import Resolution, needs_asking, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Adjustment, BuiltRequest, Inputs, ToolDefinition, Variant
from bedrock_playground.cli.compare_requests import BadArguments, is_text, read_prompt
from bedrock_playground.invocation.attachments import Attachment, AttachmentRefused, attachment_of
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.settings import SettingsError, load_settings

_GUARDRAIL = re.compile(r"(?P<id>[a-z0-9]+|arn:\S+?/[a-z0-9]+)(?::(?P<version>[1-9][0-9]{0,7}|DRAFT))?")
_ACTIONS = {"dropped": "dropped", "clamped": "clamped", "translated": "translated", "added": "added"}
# What is typed may hold escape sequences, which would rewrite what the terminal shows.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def run(options: argparse.Namespace) -> int:
    """Build the request and print it.

    Returns:
        0 if it could be sent, 1 if it could not, 2 for bad arguments.
    """
    try:
        variant, inputs = variant_of(options), inputs_of(options)
    except BadArguments as error:
        print(f"bedrock-playground request: {error}", file=sys.stderr)
        return 2
    try:
        resolution = _resolve(variant.model, options)
    except (SettingsError, BadArguments) as error:
        print(f"bedrock-playground request: {error}", file=sys.stderr)
        return 2
    built = build_request(variant, inputs, resolution)
    if options.json:
        # ASCII says everything, whatever the terminal's encoding is.
        print(json.dumps(to_json(built, resolution), indent=2))
    else:
        encoding = sys.stdout.encoding or "utf-8"
        text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", to_text(built, resolution))
        print(text.encode(encoding, "replace").decode(encoding))
    return 1 if built.refusals else 0


def to_json(built: BuiltRequest, resolution: Resolution) -> dict[str, Any]:
    """What `--json` prints: the request, and by action what became of the settings."""
    return {
        "model": resolution.model_id,
        "base_model": resolution.spec.model_id if resolution.spec else None,
        "resolution": resolution.explanation,
        "request": request_as_json(built.request, streaming=False),
        **{key: [_change(one) for one in built.adjustments if one.action == key] for key in _ACTIONS},
        "warnings": list(built.warnings),
        "refusals": list(built.refusals),
    }


def to_text(built: BuiltRequest, resolution: Resolution) -> str:
    """The same for people."""
    lines = [f"{resolution.model_id}: {resolution.explanation}", ""]
    lines.append(json.dumps(request_as_json(built.request, streaming=False), indent=2, ensure_ascii=False))
    for key, title in _ACTIONS.items():
        changes = [one for one in built.adjustments if one.action == key]
        lines += [f"\n{title.capitalize()}:"] if changes else []
        lines += [f"  {_values(one)} {one.reason}" for one in changes]
    for title, texts in (("Warnings", built.warnings), ("It cannot be sent", built.refusals)):
        lines += [f"\n{title}:", *(f"  {text}" for text in texts)] if texts else []
    return "\n".join(lines)


def _resolve(model_id: str, options: argparse.Namespace) -> Resolution:
    """Find what the id stands for, asking the account only if that is wanted and it can know more."""
    found = resolve(model_id, load_models())
    if not options.resolve or not needs_asking(found):
        return found
    # boto3 takes a while, and without --resolve nobody needs it.
    from bedrock_playground.catalog.account import look_up
    from bedrock_playground.connection import EndpointRefused, checked_endpoint, remote_connection

    try:
        endpoint = checked_endpoint(options.endpoint_url) if options.endpoint_url else None
    except EndpointRefused as error:
        raise BadArguments(f"--endpoint-url: {error}") from error
    connection = remote_connection(load_settings(), region=options.region, endpoint_url=endpoint)
    return resolve(model_id, load_models(), behind={model_id: look_up(connection.config, model_id)})


def _change(adjustment: Adjustment) -> dict[str, Any]:
    return {
        "parameter": adjustment.parameter,
        "given": adjustment.given,
        "sent": adjustment.sent,
        "reason": adjustment.reason,
    }


def _values(adjustment: Adjustment) -> str:
    values = [
        json.dumps(value, ensure_ascii=False)
        for value in (adjustment.given, adjustment.sent)
        if value is not None
    ]
    return f"{adjustment.parameter} {' → '.join(values)}:"


def variant_of(options: argparse.Namespace) -> Variant:
    """Make a variant of the arguments.

    Raises:
        BadArguments: One of them cannot be used.
    """
    texts = [options.model, options.fields or "", options.effort or "", *(options.stop or [])]
    if not all(is_text(text) for text in texts):
        raise BadArguments("An argument is not valid UTF-8 text. Check its encoding.")
    if not options.model.strip():
        raise BadArguments("--model is empty. Give it a model id.")
    return Variant(
        model=options.model.strip(),
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        max_tokens=options.max_tokens,
        stop=tuple(options.stop or ()),
        reasoning=options.reasoning,
        thinking_budget=options.thinking_budget,
        effort=options.effort,
        service_tier=options.service_tier,
        latency=options.latency,
        cache_ttl=options.cache_ttl,
        guardrail=_guardrail(options.guardrail),
        additional_fields=options.fields,
    )


def _guardrail(text: str | None) -> Guardrail | None:
    if text is None:
        return None
    match = _GUARDRAIL.fullmatch(text)
    if match is None:
        raise BadArguments(
            f"--guardrail {text!r} is no guardrail: it takes an id or an ARN, a colon and a version. "
            "Example: abc123:1."
        )
    return Guardrail(match["id"], match["version"] or "DRAFT")


def inputs_of(options: argparse.Namespace) -> Inputs:
    """Make of the arguments what is asked.

    Raises:
        BadArguments: One of them cannot be used.
    """
    prompt = read_prompt() if options.prompt == "-" else options.prompt
    if not all(is_text(text) for text in (prompt, options.system or "", options.tool_choice or "")):
        raise BadArguments("An argument is not valid UTF-8 text. Check its encoding.")
    return Inputs(
        prompt=prompt,
        system=options.system,
        attachments=_attachments(getattr(options, "attach", None) or ()),
        output_schema=_text_of(options.schema, "--schema") if options.schema else None,
        tools=_tools(options.tools) if options.tools else (),
        tool_choice=options.tool_choice,
    )


def _attachments(paths: Sequence[Path]) -> tuple[Attachment, ...]:
    blocks: list[Attachment] = []
    for path in paths:
        try:
            blocks.append(attachment_of(path.name, path.read_bytes(), beside=blocks))
        except OSError as error:
            raise BadArguments(f"--attach {path} cannot be read: {error.strerror}.") from error
        except AttachmentRefused as error:
            raise BadArguments(f"--attach: {error}") from error
    return tuple(blocks)


def _text_of(path: Path, option: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BadArguments(f"{option} {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadArguments(f"{option} {path} is not UTF-8 text. Convert it first.") from error


def _tools(path: Path) -> tuple[ToolDefinition, ...]:
    try:
        value = strict_json(_text_of(path, "--tools"))
    except (ValueError, RecursionError) as error:
        raise BadArguments(f"--tools {path} is not JSON: {error}.") from error
    example = '[{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}]'
    tools = []
    for tool in value if isinstance(value, list) else [None]:
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise BadArguments(f"--tools {path} is not a list of tools with names. Example: {example}")
        description = tool.get("description", "")
        if not isinstance(description, str):
            raise BadArguments(f"--tools {path}: the description of {tool['name']!r} is not a text.")
        tools.append(ToolDefinition(tool["name"], description, tool.get("input_schema")))
    return tuple(tools)
