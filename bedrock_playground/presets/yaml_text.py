"""YAML as it is safe to take from strangers, and as people like to read it.

Reading follows YAML 1.2's core schema, in which ``on``, ``no`` and dates are plain text and ``1e-5`` is a
number, as in JSON: what this program writes as JSON and as YAML reads back the same. Anchors and aliases are
refused (they are how a small file becomes a huge one), and so are tags, documents beyond the first, and names
that are there twice.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.events import AliasEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode

from bedrock_playground.presets.errors import FileRefused

_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_KNOWN = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")
)
# A block is safe where it begins with something visible and no line ends in space.
_BLOCK = re.compile(r"(?=[^ \t\n])(?:[^\n]*[^ \t\n])?(?:\n(?:[^\n]*[^ \t\n])?)*")
_PLAIN_ONLY = re.compile(r"[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")


def load(text: str) -> Any:  # noqa: ANN401 - anything that JSON can say
    """Read YAML.

    Raises:
        FileRefused: It is not YAML, or holds what is not taken; the message has line and column.
    """
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise FileRefused(
            "", f"It cannot be read as YAML: {error.problem or error.context}{where}."
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise FileRefused("", f"It cannot be read as YAML: {reason[:200]}.") from error
    except RecursionError as error:
        raise FileRefused("", "It is nested too deeply to be read.") from error


def dump(value: object, *, width: int = 100) -> str:
    """Write what JSON can say as YAML; :func:`load` reads it back, every number and character the same.

    Longer texts stand as blocks, in which a prompt can be read and edited.

    Args:
        value: What to write.
        width: Where one line of text is folded.
    """
    return str(
        yaml.dump(
            value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width, default_flow_style=False
        )
    )


def _refused(problem: str, mark: Any) -> ConstructorError:  # noqa: ANN401 - PyYAML has two kinds of marks
    return ConstructorError(None, None, problem, mark)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's scalars, and without what can harm."""

    # A table of its own: PyYAML's is shared by all loaders.
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML has it

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:  # noqa: ANN401 - as PyYAML has it
        event = self.peek_event()  # type: ignore[no-untyped-call] # the stubs say nothing of it
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _refused("anchors and aliases (& and *) are not taken", event.start_mark)
        node = super().compose_node(parent, index)
        if node is not None and node.tag not in _KNOWN:
            raise _refused(f"the tag {node.tag!r} is not taken", node.start_mark)
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise _refused("names must be text", key.start_mark)
            if key.value in seen:
                raise _refused(f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper: no aliases, longer texts as blocks, quotes wherever any YAML would need them."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        first: list(resolvers) for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - as PyYAML has it
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        # Lists stand indented under their name.
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = None
    if "\n" in text and _PLAIN_ONLY.fullmatch(text) and _BLOCK.fullmatch(text):
        style = "|"
    elif not _PLAIN_ONLY.fullmatch(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _float(dumper: yaml.SafeDumper, value: float) -> ScalarNode:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that JSON has")
    written = repr(value)
    # To YAML 1.1 a number with an exponent needs a point.
    return dumper.represent_scalar(
        _FLOAT, written if "." in written or "e" not in written else written.replace("e", ".0e")
    )


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _float)

for _tag, _pattern, _first in (
    (_NULL, r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (_INT, r"[-+]?[0-9]+", list("-+0123456789")),
    (_FLOAT, r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def _construct_int(_loader: yaml.SafeLoader, node: ScalarNode) -> int:
    return int(node.value)


def _construct_float(_loader: yaml.SafeLoader, node: ScalarNode) -> float:
    value = float(node.value)
    if not math.isfinite(value):
        raise _refused(f"{node.value} is too large a number", node.start_mark)
    return value


_Loader.add_constructor(_INT, _construct_int)
_Loader.add_constructor(_FLOAT, _construct_float)
