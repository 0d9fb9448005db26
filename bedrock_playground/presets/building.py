"""From a preset to the exact request that it makes, and from a request back to a preset; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.restored import inputs_of as asked_by
from bedrock_playground.catalog.restored import variant_of
from bedrock_playground.catalog.variant import BuiltRequest, Inputs
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.presets.template import check_values, escape, fill
from bedrock_playground.presets.values import Preset, Value


def example_values(preset: Preset) -> dict[str, Value]:
    """The values that the preset's fields begin with; a variable without one is not among them."""
    return {variable.name: variable.start for variable in preset.variables if variable.start is not None}


def inputs_of(preset: Preset, values: Mapping[str, Value]) -> Inputs:
    """What the preset asks, filled in.

    Raises:
        TemplateUnfilled: Values are missing, unknown, or of the wrong type.
    """
    check_values((preset.system, preset.prompt), preset.variables, values)
    return Inputs(
        prompt=fill(preset.prompt, values),
        system=fill(preset.system, values) if preset.system else None,
        output_schema=preset.output_schema,
        tools=preset.tools,
        tool_choice=preset.tool_choice if preset.tools else None,
    )


def request_of(preset: Preset, values: Mapping[str, Value], resolution: Resolution) -> BuiltRequest:
    """Make the request that a preset sends, and what became of its settings.

    Args:
        preset: The preset.
        values: The value of every variable of its templates, and no others.
        resolution: What its model id stands for.

    Raises:
        TemplateUnfilled: Values are missing, unknown, or of the wrong type.
    """
    return build_request(preset.variant, inputs_of(preset, values), resolution)


def preset_of(
    request: InvocationRequest, resolution: Resolution, *, name: str
) -> tuple[Preset, tuple[str, ...]]:
    """Make a preset of a request that was sent.

    What was sent is text: braces in it that look like a variable are escaped.

    Args:
        request: The request.
        resolution: What its model id stands for.
        name: The preset's name.

    Returns:
        The preset, and in words what of the request it does not hold.
    """
    asked = asked_by(request)
    variant = variant_of(request, resolution, shared_system=request.system)
    preset = Preset(
        name=name,
        variant=variant,
        system=escape(asked.system) if asked.system else None,
        prompt=escape(asked.prompt),
        output_schema=asked.output_schema,
        tools=asked.tools,
        tool_choice=asked.tool_choice,
    )
    return preset, tuple(_not_held(preset, request, resolution))


def _not_held(preset: Preset, request: InvocationRequest, resolution: Resolution) -> Iterator[str]:
    if asked_by(request).attachments:
        yield "The files beside the prompt are not kept: a preset has none."
    if len(request.messages) > 1:
        yield "Only the first message is kept, not the conversation after it."
    made = request_of(preset, {}, resolution).request
    # The first message is compared by its text: files were told of above.
    sent = replace(request, messages=())
    if replace(made, messages=()) != sent:
        names = [
            field.name for field in fields(sent) if getattr(made, field.name) != getattr(sent, field.name)
        ]
        told = ", ".join(name.replace("_", " ") for name in names if name != "messages")
        yield f"Not quite as it was sent: {told}. Look at the request before you run it."
