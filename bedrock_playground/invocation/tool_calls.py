"""Tools: which calls wait for an answer, what is answered, and two tools to begin with; pure."""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, DecimalException
from typing import Any, Literal

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import (
    ContentBlock,
    InvocationResult,
    Json,
    ToolResultBlock,
    ToolUseBlock,
)

MALFORMED_KEY = "INVALID_JSON"
"""Under this name, arguments that are not JSON go back to the model: Converse wants an object there."""


def calls_of(result: InvocationResult | None) -> tuple[ToolUseBlock, ...]:
    """Return the calls of an answer that its user has to answer, in order."""
    content = result.content if result is not None else ()
    return tuple(block for block in content if isinstance(block, ToolUseBlock))


def is_malformed(call: ToolUseBlock) -> bool:
    """Whether the arguments are not the JSON object that they have to be."""
    return not isinstance(call.input, Mapping)


def sendable(content: Sequence[ContentBlock]) -> tuple[ContentBlock, ...]:
    """Make an answer with malformed calls one that can be sent back: their text goes into an object."""
    return tuple(
        replace(block, input={MALFORMED_KEY: block.input})
        if isinstance(block, ToolUseBlock) and is_malformed(block)
        else block
        for block in content
    )


def result_block(
    tool_use_id: str, text: str, *, status: Literal["success", "error"] | None = None
) -> ToolResultBlock:
    """Make a call's result of a text: a JSON object is sent as JSON, anything else as text."""
    try:
        value: Json = strict_json(text)
    except (ValueError, RecursionError):
        value = None
    piece: Json = {"json": value} if isinstance(value, Mapping) else {"text": text}
    return ToolResultBlock(tool_use_id, (piece,), status)


def result_text(block: ToolResultBlock) -> str:
    """Return what a result says, for display."""
    return "\n".join(_piece_text(piece) for piece in block.content)


def _piece_text(piece: Json) -> str:
    match piece:
        case {"text": str(text)}:
            return text
        case {"json": value}:
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return f"[{', '.join(piece)}]"
        case _:
            return str(piece)


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def calculate(expression: str) -> str:
    """Work out ``+ - * / %`` and parentheses over decimal numbers; nothing else is understood.

    Raises:
        ValueError: It is no such expression; the message says why.
    """
    if len(expression) > 200:
        raise ValueError("The expression is longer than 200 characters.")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
        value = _value(tree.body)
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("This is no arithmetic expression.") from None
    except DecimalException:
        raise ValueError("This cannot be worked out, for example a division by zero.") from None
    if not value.is_finite():
        raise ValueError("The number is too large.")
    return f"{value.normalize():f}"


def _value(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Decimal(str(number))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return Decimal(_BINARY[type(op)](_value(left), _value(right)))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return Decimal(_UNARY[type(op)](_value(operand)))
        case _:
            raise ValueError("Only numbers, + - * / %, and parentheses are understood.")
