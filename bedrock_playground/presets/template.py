r"""Prompt templates: ``{{name}}`` is replaced by a value, and nothing else is touched.

The whole rule:

- ``{{name}}`` is a variable, with spaces inside the braces if you like: ``{{ name }}``. A name begins with a
  letter or ``_`` and goes on with letters, digits and ``_``, at most 64 of them.
- A backslash in front makes it plain text: ``\{{name}}`` is sent as ``{{name}}``. Two backslashes are sent as
  one, with the value behind it; and so on, in pairs.
- Everything else is sent as it is written: braces around other things, such as ``{{ user.name }}`` or
  ``{"a": {"b": {}}}``, and backslashes anywhere else.
- What a value holds is never read as a template again.

Pure: no clock, environment or network.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from bedrock_playground.presets.errors import TemplateUnfilled
from bedrock_playground.presets.values import Value, Variable, value_text

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""What a variable can be called."""
PLACEHOLDER = re.compile(r"(?P<backslashes>\\*)\{\{[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})[ \t]*\}\}")
"""A variable in a template; an odd number of ``backslashes`` in front of it makes it plain text."""


def names_in(*templates: str | None) -> tuple[str, ...]:
    """Name the variables of some templates, in the order in which they first appear."""
    found = [
        match["name"]
        for template in templates
        for match in PLACEHOLDER.finditer(template or "")
        if len(match["backslashes"]) % 2 == 0
    ]
    return tuple(dict.fromkeys(found))


def has_placeholders(text: str | None) -> bool:
    """Whether filling would change the text: it has variables, or escaped ones."""
    return PLACEHOLDER.search(text or "") is not None


def fill(template: str, values: Mapping[str, Value]) -> str:
    """Put values in a template's places.

    Args:
        template: The text.
        values: The value of every variable in it; others are passed over.

    Raises:
        TemplateUnfilled: A variable has no value.
    """
    missing = tuple(name for name in names_in(template) if name not in values)
    if missing:
        raise TemplateUnfilled(missing=missing)
    return fill_known(template, values)


def fill_known(template: str, values: Mapping[str, Value]) -> str:
    """Put values in a template's places, as :func:`fill` does; a variable without one stays as written."""

    def put(match: re.Match[str]) -> str:
        backslashes = match["backslashes"]
        kept = backslashes[: len(backslashes) // 2]
        if len(backslashes) % 2 or match["name"] not in values:
            return kept + match[0][len(backslashes) :]
        return kept + value_text(values[match["name"]])

    return PLACEHOLDER.sub(put, template)


def escape(text: str) -> str:
    """Make a template that is sent as this very text; undone by :func:`fill`."""
    return PLACEHOLDER.sub(lambda match: f"{match['backslashes']}\\{match[0]}", text)


def variables_of(templates: Sequence[str | None], known: Iterable[Variable]) -> tuple[Variable, ...]:
    """The variables that templates have: as they are known, and any text where one is not."""
    by_name = {variable.name: variable for variable in known}
    return tuple(by_name.get(name, Variable(name=name)) for name in names_in(*templates))


def check_values(
    templates: Sequence[str | None], variables: Iterable[Variable], values: Mapping[str, Value]
) -> None:
    """Hold values against the variables of some templates.

    Raises:
        TemplateUnfilled: Values are missing, of the wrong type, or for variables that no template has.
    """
    here = {variable.name: variable for variable in variables_of(templates, variables)}
    missing = tuple(name for name in here if name not in values)
    unknown = tuple(name for name in values if name not in here)
    wrong = {
        name: problem
        for name, variable in here.items()
        if name in values and (problem := value_problem(variable, values[name])) is not None
    }
    if missing or unknown or wrong:
        raise TemplateUnfilled(missing=missing, unknown=unknown, wrong=wrong)


def value_problem(variable: Variable, value: object) -> str | None:
    """Say what is wrong with a value, and what would do; ``None`` if nothing is."""
    problem: str | None = None
    match variable.type:
        case "string":
            problem = None if isinstance(value, str) else "It takes text."
        case "boolean":
            problem = None if isinstance(value, bool) else "It takes true or false."
        case "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            problem = None if whole else "It takes a whole number, such as 3."
        case "number":
            number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
            number = number and not isinstance(value, bool)
            problem = None if number else "It takes a number, such as 0.5."
        case "choice":
            offered = ", ".join(variable.choices)
            problem = None if value in variable.choices else f"It takes one of: {offered}."
    return problem


def read_value(variable: Variable, text: str) -> Value:
    """Read a value as it is typed: in a table of texts, or on a command line.

    Raises:
        TemplateUnfilled: It is nothing that the variable takes.
    """
    words = text.strip()
    value: Value = text
    if variable.type == "boolean" and words.lower() in {"true", "yes", "false", "no"}:
        value = words.lower() in {"true", "yes"}
    elif variable.type in {"integer", "number"}:
        value = _number(words)
    elif variable.type == "choice":
        value = words if words in variable.choices else text
    problem = value_problem(variable, value)
    if problem is not None:
        raise TemplateUnfilled(wrong={variable.name: problem})
    return value


def _number(words: str) -> Value:
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    return words
