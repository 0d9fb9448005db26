"""Schemas and tools to begin with."""

from __future__ import annotations

from collections.abc import Mapping

from bedrock_playground.catalog.variant import ToolDefinition
from bedrock_playground.invocation.values import Json

SCHEMAS: Mapping[str, Json] = {
    "Payment (for the prompt “Extract”)": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "date": {"type": "string"},
            "amount": {"type": "number"},
            "currency": {"type": "string"},
        },
        "required": ["name", "date", "amount", "currency"],
        "additionalProperties": False,
    },
    "Sentiment (one of three)": {
        "type": "object",
        "properties": {
            "sentiment": {"type": "string", "enum": ["positive", "neutral", "negative"]},
            "reason": {"type": "string"},
        },
        "required": ["sentiment", "reason"],
        "additionalProperties": False,
    },
    "List of planets": {
        "type": "object",
        "properties": {
            "planets": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "rings": {"type": "boolean"}},
                    "required": ["name", "rings"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["planets"],
        "additionalProperties": False,
    },
}
"""Each keeps to what constrained decoding usually takes: all members required, none beside them."""

TOOLS: Mapping[str, ToolDefinition] = {
    "Weather (with a canned result)": ToolDefinition(
        name="get_weather",
        description="Tells the weather in a city now.",
        input_schema={
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The city's name"}},
            "required": ["city"],
        },
        canned_result='{"celsius": 3, "sky": "light rain"}',
    ),
    "Calculator (worked out here)": ToolDefinition(
        name="calculator",
        description="Works out an arithmetic expression with + - * / % and parentheses.",
        input_schema={
            "type": "object",
            "properties": {"expression": {"type": "string", "description": "Such as (2 + 3) * 4"}},
            "required": ["expression"],
        },
    ),
    "Empty": ToolDefinition(
        name="my_tool", description="", input_schema={"type": "object", "properties": {}, "required": []}
    ),
}
"""By what the menu calls them."""
