"""What goes to the model beside the prompt: system prompt, attachments, schema, tools."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.catalog.rules.case import Case, by_prompt, cannot
from bedrock_playground.catalog.rules.values import ControlState, Rule
from bedrock_playground.invocation.attachments import (
    DOCUMENT_EXTENSIONS,
    IMAGE_EXTENSIONS,
    MAX_DOCUMENTS,
    MAX_IMAGES,
)

IMAGE_FORMATS = tuple(dict.fromkeys(IMAGE_EXTENSIONS.values()))
"""What Converse takes."""
DOCUMENT_FORMATS = tuple(dict.fromkeys(DOCUMENT_EXTENSIONS.values()))
"""What Converse takes."""
_OPEN_WEIGHTS = (("reasoning_effort",), ("reasoning_config",))
"""Where open-weight models take their effort."""
_API = "AWS, Converse API reference"


def content_rules(case: Case) -> Iterator[Rule]:
    """Say what can be sent beside the prompt."""
    yield by_prompt("system") if case.is_prompt else _system(case)
    yield _attachments(case)
    yield _output_schema(case)
    yield by_prompt("tools") if case.is_prompt else _tools(case)
    yield by_prompt("tool_choice") if case.is_prompt else _tool_choice(case)


def _first(*facts: bool | None) -> bool | None:
    """The first that was told."""
    return next((fact for fact in facts if fact is not None), None)


def _system(case: Case) -> Rule:
    taken = _first(
        case.spec.system_prompt if case.spec else None, case.family.system_prompt if case.family else None
    )
    if taken is False:
        return cannot(case, "system", f"{case.name} takes no system prompt. Say it in the prompt instead.")
    return Rule(
        parameter="system",
        state=ControlState.FREE,
        reason="What the model should be and do, apart from the prompt.",
        path=("system",),
        warning=None if taken or case.family else "Nobody has told whether this model takes a system prompt.",
        source=_API,
    )


def _attachments(case: Case) -> Rule:
    images, documents = _takes_images(case), _takes_documents(case)
    if images is False and documents is False:
        return cannot(case, "attachments", f"{case.name} takes text only.")
    limits = (
        f"{case.name} takes no images." if images is False else f"At most {MAX_IMAGES} images of 3.75 MB.",
        f"{case.name} takes no documents."
        if documents is False
        else f"At most {MAX_DOCUMENTS} documents of 4.5 MB, beside a prompt.",
    )
    warning = None
    if images is None:
        warning = f"No source tells what {case.name_within} takes beside text: it may refuse attachments."
    elif documents is None:
        warning = f"Nobody has verified that {case.name_within} takes documents."
    return Rule(
        parameter="attachments",
        state=ControlState.FREE,
        reason=" ".join(limits),
        options=(() if images is False else IMAGE_FORMATS) + (() if documents is False else DOCUMENT_FORMATS),
        path=("messages",),
        warning=warning,
        source=_API,
    )


def _told(case: Case) -> tuple[str, ...]:
    """What goes in, as far as told; empty where nobody tells."""
    told = case.spec.input_modalities if case.spec else ()
    return told or (("text",) if case.is_local else ())


def _takes_images(case: Case) -> bool | None:
    told = _told(case)
    return "image" in told if told else None


def _takes_documents(case: Case) -> bool | None:
    """Converse reads documents for models that cannot themselves, so only AWS's own table can say no."""
    if "document" in _told(case):
        return True
    source = case.spec.provenance.get("input_modalities") if case.spec else None
    by_aws = source is not None and source.source.startswith("AWS")
    return False if case.is_local or by_aws else None


def _output_schema(case: Case) -> Rule:
    taken = True if case.is_local else case.spec.structured_output if case.spec else None
    if taken is False:
        return cannot(
            case,
            "output_schema",
            f"{case.name} takes no JSON schema for its answer. Describe the format in the prompt instead.",
        )
    return Rule(
        parameter="output_schema",
        state=ControlState.FREE,
        reason="The answer is held to this JSON schema.",
        path=("outputConfig", "textFormat"),
        warning=None
        if taken
        else f"No source tells whether {case.name_within} takes a JSON schema for its answer.",
        source=_API,
    )


def _tools(case: Case) -> Rule:
    taken = _first(case.spec.tools if case.spec else None, case.family.tools if case.family else None)
    if taken is False:
        return cannot(case, "tools", f"{case.name} cannot call tools.")
    return Rule(
        parameter="tools",
        state=ControlState.FREE,
        reason="The model may ask for any of these to be called.",
        path=("toolConfig", "tools"),
        warning=None if taken else f"No source tells whether {case.name_within} can call tools.",
        source=_API,
    )


def _tool_choice(case: Case) -> Rule:
    tools = _tools(case)
    if tools.state is not ControlState.FREE:
        return cannot(case, "tool_choice", tools.reason)
    forced = _first(
        case.spec.forced_tool_choice if case.spec else None,
        False if case.family and case.family.refuses_forcing else None,
    )
    thinking = case.thinking
    options: tuple[str, ...] = ("auto", "any", "tool")
    reason, warning = "The model chooses (auto), must call some tool (any), or a named one.", None
    if forced is False:
        options, reason = ("auto",), f"{case.name} cannot be made to call a tool: it chooses."
    elif case.reasons and thinking and thinking.refuses_forcing:
        options = ("auto",)
        reason = f"{case.name} cannot be made to call a tool while it reasons: reasoning is on."
    elif case.reasons and thinking and thinking.kind == "adaptive":
        warning = f"Made to call a tool, {case.name} answers without thinking."
    elif case.reasons and thinking and thinking.effort[1:] in _OPEN_WEIGHTS:
        warning = f"{case.name} may refuse to be made to call a tool while it reasons."
    elif forced is None:
        known = case.family.tool_choice if case.family else ()
        if set(options) - set(known):
            warning = f"No source tells whether {case.name_within} can be made to call a tool."
    return Rule(
        parameter="tool_choice",
        state=ControlState.FREE,
        reason=reason,
        options=options,
        default="auto",
        path=("toolConfig", "toolChoice"),
        conflicts_with=("reasoning",) if thinking and thinking.refuses_forcing else (),
        warning=warning,
        source=_API,
    )
