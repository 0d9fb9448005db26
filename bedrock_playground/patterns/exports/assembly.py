"""Putting a module together from those parts that are needed; pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

_PARTS = "bedrock_playground.patterns.exports.parts"


@cache
def part_text(name: str) -> str:
    """The source of a part."""
    return resources.files(_PARTS).joinpath(f"{name}.py").read_text(encoding="utf-8")


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse(part_text(name))


def needed(names: Iterable[str]) -> list[str]:
    """These parts and those that they stand on, each behind what it stands on."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found:
            return
        for other in _stands_on(name):
            add(other)
        found[name] = None

    for name in names:
        add(name)
    return list(found)


def top_names(name: str) -> Iterator[str]:
    """What a part defines at its top."""
    for node in _tree(name).body:
        match node:
            case ast.FunctionDef(name=defined) | ast.ClassDef(name=defined):
                yield defined
            case ast.Assign(targets=[ast.Name(id=defined)]) | ast.AnnAssign(target=ast.Name(id=defined)):
                yield defined


def imports_of(names: Iterable[str]) -> str:
    """Every import of some parts, once, sorted as isort does: standard library, then others."""
    plain: set[str] = set()
    wanted: dict[str, set[str]] = {}
    for name in names:
        for node in _tree(name).body:
            if isinstance(node, ast.Import):
                plain.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(_PARTS):
                wanted.setdefault(node.module, set()).update(alias.name for alias in node.names)
    wanted.pop("__future__", None)
    wanted.setdefault("typing", set()).add("Any")
    plain |= {"argparse", "json", "sys"}
    blocks = []
    for third in (False, True):
        lines = [f"import {module}" for module in sorted(plain) if _is_third(module) is third]
        lines += [
            f"from {module} import {', '.join(sorted(wanted[module], key=_import_order))}"
            for module in sorted(wanted)
            if _is_third(module) is third
        ]
        blocks.append("\n".join(lines))
    return "from __future__ import annotations\n\n" + "\n\n".join(filter(None, blocks)) + "\n"


def body_of(name: str) -> str:
    """A part without its imports, under its docstring as a comment."""
    tree, text = _tree(name), part_text(name)
    behind = [node for node in tree.body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    lines = text.splitlines()
    first = behind[0]
    decorators = getattr(first, "decorator_list", [])
    start = min([first.lineno, *(each.lineno for each in decorators)])
    doc = (ast.get_docstring(tree) or "").splitlines()
    head = "\n".join(f"# {line}".rstrip() for line in doc)
    return f"{head}\n\n{_gap(first)}" + "\n".join(lines[start - 1 :]).rstrip() + "\n"


def _gap(first: ast.stmt) -> str:
    """Definitions stand two lines below what is above them."""
    return "\n" if isinstance(first, ast.FunctionDef | ast.ClassDef) else ""


def _stands_on(name: str) -> Iterator[str]:
    for node in _tree(name).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{_PARTS}."):
            yield node.module.removeprefix(f"{_PARTS}.")


def _is_third(module: str) -> bool:
    return module.partition(".")[0] in {"boto3", "botocore", "urllib3"}


def _import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)
