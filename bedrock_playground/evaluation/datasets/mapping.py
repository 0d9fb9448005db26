"""Which column is what: guessed from the names, or as the user says. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bedrock_playground.evaluation.datasets.json_rows import INPUTS
from bedrock_playground.evaluation.datasets.known import Role, role_of
from bedrock_playground.presets.template import NAME

_OWN = f"{INPUTS}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a table's columns become; a column that is named nowhere is left out."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """The column of each variable of the prompt template, such as ``{"text": "Customer text"}``."""
    expected: str | None = None
    """The column of the expected answer."""
    references: tuple[str, ...] = ()
    """Columns of further right answers: a list, or one text."""
    tags: tuple[str, ...] = ()
    """Columns of tags: a list, or texts with ``;`` or ``,`` between them."""
    checks: str | None = None
    """The column of checks, a JSON object; see :mod:`bedrock_playground.evaluation.checks`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is used."""
        single = tuple(one for one in (self.expected, self.checks) if one is not None)
        return (*self.inputs.values(), *self.references, *self.tags, *single)

    def problems(self, columns: Iterable[str]) -> list[str]:
        """Say what is wrong with the mapping itself for a table of these columns; empty if nothing is."""
        there = set(columns)
        found = [f"There is no column “{one}”." for one in dict.fromkeys(self.columns) if one not in there]
        found += [
            f"“{name}” cannot be a variable: letters, digits and _ only, at most 64, and no digit first."
            for name in self.inputs
            if not NAME.fullmatch(name)
        ]
        if not self.inputs:
            found.append("No column is an input. Choose at least one: what the prompt is made of.")
        if self.expected is not None and self.expected in self.inputs.values():
            found.append(
                f"“{self.expected}” is both an input and the expected answer: the model would be told it."
            )
        return found


def guess(columns: Iterable[str]) -> Mapped:
    """Guess which column is what, by its name.

    The first column of a usual name for the answer is the expected one; of further ones, those called
    ``reference…`` are references. ``tags``, ``category``, ``difficulty`` and the like are tags, numbers and
    ids are left out, everything else is an input. There is always an input, whatever the names.
    """
    by_role: dict[Role | None, list[str]] = defaultdict(list)
    for column in columns:
        by_role[role_of(column)].append(column)
    expected, further = by_role["expected"][:1], by_role["expected"][1:]
    references = [*(one for one in further if "reference" in one.lower()), *by_role["references"]]
    inputs = by_role[None]
    # Something has to be asked about; a number's name is the least likely to mean it.
    for others in (by_role["tags"], by_role["ignored"], expected):
        if not inputs and others:
            inputs = [others.pop(0)]
    return Mapped(
        inputs=variables(inputs),
        expected=expected[0] if expected else None,
        references=tuple(references),
        tags=tuple(by_role["tags"]),
        checks=next(iter(by_role["checks"]), None),
    )


def variables(columns: Iterable[str]) -> dict[str, str]:
    """Give each column a variable's name of its own: ``Customer text`` becomes ``customer_text``."""
    named: dict[str, str] = {}
    for column in columns:
        wanted = variable_name(column)
        name, number = wanted, 1
        while name in named:
            number += 1
            ending = f"_{number}"
            name = wanted[: 64 - len(ending)] + ending
        named[name] = column
    return named


def variable_name(column: str) -> str:
    """The name of a variable that a column becomes; our own format's ``inputs.x`` is ``x`` as it stands."""
    own = column.removeprefix(_OWN)
    if own != column and NAME.fullmatch(own):
        return own
    words = "_".join(re.findall(r"[A-Za-z0-9]+", own)).lower()
    if not words:
        return "input"
    return (f"_{words}" if words[0].isdigit() else words)[:64]
