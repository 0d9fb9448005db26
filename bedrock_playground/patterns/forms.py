"""What can be set of a pattern, told by its own code: fields, their kinds, defaults, ranges and meaning.

A pattern is a dataclass whose fields are documented where they are declared. A page needs no more to offer
them, so a pattern that is added tomorrow has its form already.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.members import Member, Pattern, Solo

Form: TypeAlias = Literal[
    "member", "members", "parts", "part", "choice", "words", "text", "number", "whole", "money", "switch",
    "texts", "several words", "hidden",
]  # fmt: skip
"""What a field takes: a contender, several, several parts, one part, one of several kinds of parts, one of a
few words, text, a number, a whole number, an amount, yes or no, several texts; or nothing that is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldForm:
    """One field of a pattern, or of a part of one."""

    name: str
    """Its name in the code and in JSON."""
    form: Form
    """What it takes."""
    label: str
    """What a page calls it."""
    help: str
    """What its code says of it."""
    optional: bool = False
    """Whether it can be left out (``None``)."""
    default: Any = None
    """Its default, as JSON has it; ``None`` where there is none."""
    required: bool = False
    """Whether it has no default."""
    kinds: Mapping[str, type[Any]] = dataclasses.field(default_factory=dict)
    """The parts that it can be, by what they say they are."""
    words: tuple[str, ...] = ()
    """The words that it can be."""
    low: float | None = None
    """The least, where that is known."""
    high: float | None = None
    """The most, where that is known."""
    step: float | None = None
    """From one value to the next, where that is known."""


def fields_of(cls: type[Any]) -> tuple[FieldForm, ...]:
    """Every field of a pattern or part that can be set, in its code's order, but for a pattern's name."""
    of: Any = cls
    found: tuple[FieldForm, ...] = _fields_of(of)
    return found


@cache
def _fields_of(cls: Any) -> tuple[FieldForm, ...]:  # noqa: ANN401 - a class, which mypy takes for unhashable
    hints, told = get_type_hints(cls), told_of(cls)
    pattern = issubclass(cls, Pattern)
    return tuple(
        _field(each, hints[each.name], told.get(each.name, ""))
        for each in dataclasses.fields(cls)
        if not (pattern and each.name == "name")
    )


def _field(each: dataclasses.Field[Any], hint: Any, told: str) -> FieldForm:  # noqa: ANN401
    bare, optional = _without_none(hint)
    form, kinds, words = _form(bare)
    span = each.metadata.get("knob")
    high = getattr(span, "high", None)
    has_default = each.default is not dataclasses.MISSING
    return FieldForm(
        name=each.name,
        form=form,
        label=getattr(span, "label", None) or humanised(each.name),
        help=told,
        optional=optional,
        default=_as_json(each.default) if has_default else None,
        required=not has_default and each.default_factory is dataclasses.MISSING,
        kinds=kinds,
        words=words,
        low=getattr(span, "low", None),
        # Some know their most only from the value that has them.
        high=None if callable(high) else high,
        step=getattr(span, "step", None),
    )


def _without_none(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    if get_origin(hint) not in {Union, types.UnionType} or hint == Member:
        return hint, False
    rest = tuple(part for part in get_args(hint) if part is not types.NoneType)
    if len(rest) == len(get_args(hint)):
        return hint, False
    return (rest[0] if len(rest) == 1 else Union[rest]), True  # noqa: UP007 - made of a tuple


def _form(hint: Any) -> tuple[Form, dict[str, type[Any]], tuple[str, ...]]:  # noqa: ANN401, PLR0911
    if hint == Member or (isinstance(hint, type) and issubclass(hint, Solo | Pattern)):
        return "member", {}, ()
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "words", {}, tuple(str(part) for part in parts)
    if origin in {Union, types.UnionType}:
        kinds = {str(part.kind): part for part in parts if hasattr(part, "kind")}
        return ("choice", kinds, ()) if len(kinds) == len(parts) else ("hidden", {}, ())
    if origin is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        form, kinds, words = _form(parts[0])
        several: dict[Form, Form] = {
            "member": "members", "part": "parts", "choice": "parts", "text": "texts",
            "words": "several words",
        }  # fmt: skip
        return several.get(form, "hidden"), kinds, words
    if not isinstance(hint, type):
        return "hidden", {}, ()
    if issubclass(hint, Enum):
        return "words", {}, tuple(str(each.value) for each in hint)
    if dataclasses.is_dataclass(hint):
        return "part", {str(getattr(hint, "kind", "")): hint}, ()
    simple: dict[type[Any], Form] = {
        bool: "switch", int: "whole", float: "number", str: "text", Decimal: "money",
    }  # fmt: skip
    return simple.get(hint, "hidden"), {}, ()


def blank(field: FieldForm, *, member: Mapping[str, Json]) -> Any:  # noqa: ANN401
    """Make a value for a field that has none yet, as JSON.

    Args:
        field: The field.
        member: The contender to begin with.
    """
    if not field.required:
        return field.default
    if field.form in {"members", "parts"}:
        return [blank_item(field, member=member)]
    if field.form in {"member", "part", "choice"}:
        return blank_item(field, member=member)
    if field.form == "words":
        return field.words[0]
    if field.form == "number":
        return float(field.low or 0)
    nothing: dict[Form, Any] = {
        "texts": [], "several words": [], "hidden": [],
        "switch": False, "money": "0", "text": "",
        "whole": int(field.low or 0),
    }  # fmt: skip
    return nothing[field.form]


def blank_item(field: FieldForm, *, member: Mapping[str, Json], kind: str | None = None) -> Any:  # noqa: ANN401
    """Make one more of what a field takes several of, as JSON."""
    if field.form in {"member", "members"}:
        return dict(member)
    kind = kind if kind is not None else next(iter(field.kinds))
    return blank_part(field.kinds[kind], member=member)


def blank_part(cls: type[Any], *, member: Mapping[str, Json]) -> dict[str, Any]:
    """Make a pattern or part as JSON, with what has no default left blank."""
    kind = getattr(cls, "kind", None)
    made = {field.name: blank(field, member=member) for field in fields_of(cls) if field.required}
    return {"kind": kind, **made} if isinstance(kind, str) else made


def _as_json(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = {each.name: _as_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
        kind = "solo" if isinstance(value, Solo) else getattr(value, "kind", None)
        return {"kind": kind, **told} if isinstance(kind, str) else told
    return value


def humanised(name: str) -> str:
    """Make words of a name of the code: ``max_error_rate`` is ``Max error rate``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


@cache
def told_of(cls: Any) -> Mapping[str, str]:  # noqa: ANN401 - as above
    """What a class says of its fields: the text below each, on one line."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    told: dict[str, str] = {}
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    for before, here in pairwise(body):
        match before, here:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                told[name] = " ".join(text.replace("``", "`").split())
            case _:
                pass
    return told


def first_lines(cls: type[Any]) -> str:
    """What a class says of itself, in its first sentence."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n", maxsplit=1)[0].split())
