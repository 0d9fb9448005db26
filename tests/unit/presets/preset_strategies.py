"""Hypothesis strategies for presets: everything that a file may hold."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from bedrock_playground.catalog.variant import ToolDefinition, Variant
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.presets.values import Preset, Variable

# Every character but halves of surrogate pairs: control characters, line separators and astral ones too.
texts = st.text(max_size=40)
lines = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20)
words = lines.map(str.strip).filter(bool)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | floats | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)
# As the editors write an object, as somebody else would, and as no JSON at all.
object_texts = (
    json_objects.map(lambda value: json.dumps(value, indent=2, ensure_ascii=False))
    | json_objects.map(json.dumps)
    | texts.filter(bool)
)
optional_words = st.none() | st.sampled_from(["priority", "default", "no", "on", "1e5"])

guardrails = st.builds(
    Guardrail,
    words,
    st.sampled_from(["DRAFT", "1", "27"]),
    st.sampled_from(["enabled", "disabled", "enabled_full"]),
    st.none() | st.sampled_from(["sync", "async"]),
)
variants = st.builds(
    Variant,
    model=lines,
    temperature=st.none() | st.floats(0, 1) | st.sampled_from([0, 1]),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(0, 500),
    max_tokens=st.none() | st.integers(1, 1_000_000),
    stop=st.lists(texts.filter(bool), max_size=3).map(tuple),
    reasoning=st.none() | st.sampled_from(["on", "off"]),
    thinking_budget=st.none() | st.integers(1, 1_000_000),
    effort=optional_words,
    service_tier=optional_words,
    latency=optional_words,
    cache_ttl=st.none() | st.sampled_from(["5m", "1h"]),
    guardrail=st.none() | guardrails,
    additional_fields=st.none() | object_texts,
)


@st.composite
def variables(draw: st.DrawFn) -> Variable:
    kind = draw(st.sampled_from(["string", "number", "integer", "boolean", "choice"]))
    choices = tuple(draw(st.lists(texts.filter(bool), min_size=1, max_size=3, unique=True)))
    values: dict[str, st.SearchStrategy[Any]] = {
        "string": texts,
        "number": floats | st.integers(),
        "integer": st.integers(),
        "boolean": st.booleans(),
        "choice": st.sampled_from(choices),
    }
    return Variable(
        name=draw(names),
        type=kind,  # type: ignore[arg-type] # one of them
        description=draw(texts),
        example=draw(st.none() | values[kind]),
        choices=choices if kind == "choice" else (),
    )


@st.composite
def presets(draw: st.DrawFn) -> Preset:
    known = draw(st.lists(variables(), max_size=2, unique_by=lambda variable: variable.name))
    rows = draw(st.integers(0, 2))
    row = {variable.name: variable.start for variable in known if variable.start is not None}
    tools = st.builds(ToolDefinition, lines, texts, json_values, st.none() | texts.filter(bool))
    prompt = draw(texts) + "".join(f" {{{{{variable.name}}}}}" for variable in known)
    return Preset(
        name=draw(words),
        description=draw(texts),
        tags=tuple(draw(st.lists(words, max_size=3, unique=True))),
        variant=draw(variants),
        system=draw(st.none() | texts),
        prompt=prompt,
        variables=tuple(known),
        rows=(row,) * rows,
        output_schema=draw(st.none() | object_texts),
        tools=tuple(draw(st.lists(tools, max_size=2))),
        tool_choice=draw(st.none() | words),
        notes=draw(texts),
    )


bundles = st.lists(presets(), min_size=1, max_size=2, unique_by=lambda preset: preset.name.casefold())
