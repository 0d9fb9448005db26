"""What the Evaluate page keeps in the session: which evaluation it shows, and the contenders being set up.

A model's settings stand where a lane's of Compare do (:mod:`components.variants`), under a slot of their own
instead of a letter; letters are given by place when the evaluation is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import HistoryError, StoredPreset
from bedrock_playground.patterns.members import Pattern
from components import variants

EVALUATE_PAGE = "pages/playground/evaluate.py"
ID = "evaluation"
"""The address's name for the evaluation that is shown."""
DATA_SET = "evaluate_data_set"
"""The data set that is chosen."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_TOKENS = 256
"""What an answer may have at most unless somebody says otherwise: long enough for every built-in set."""
_SHOWN = "evaluation_shown"
_ROWS, _NEXT = "evaluate_rows", "evaluate_next_slot"
_DONE, _PROBLEM = "evaluate_done", "evaluate_problem"

When: TypeAlias = Literal["unsure", "disagrees", "refuses", "judged"]
"""When a ready-made cascade asks its second model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender that is being set up."""

    slot: str
    """What its widgets' keys begin with."""
    kind: Literal["model", "cascade", "pattern"] = "model"
    """What it is."""
    preset: StoredPreset | None = None
    """The preset that a model comes from."""
    pattern: Pattern | None = None
    """The saved pattern."""
    name: str = ""
    """What it is called unless somebody types a name; empty: what its settings say."""
    system: str | None = None
    """A system prompt of its own, of a preset; ``None``: the data set's."""
    prompt: str | None = None
    """A prompt template of its own, of a preset; ``None``: the data set's."""


@dataclass(slots=True)
class _Rows:
    """The contenders of each place: models of one mean nothing to another."""

    by_place: dict[str, tuple[Row, ...]] = field(default_factory=dict)


# Which evaluation is shown


def shown() -> str | None:
    """The id of the evaluation to show: the address's, or what was shown when the page was left."""
    wanted: str | None = st.query_params.get(ID) or st.session_state.get(_SHOWN)
    if wanted:
        st.session_state[_SHOWN] = wanted
        if st.query_params.get(ID) != wanted:
            st.query_params[ID] = wanted
    return wanted


def show(evaluation_id: str | None) -> None:
    """Show an evaluation; ``None``: set a new one up, and list those that there are."""
    if evaluation_id is None:
        st.session_state.pop(_SHOWN, None)
        st.query_params.pop(ID, None)
        return
    st.session_state[_SHOWN] = evaluation_id
    st.query_params[ID] = evaluation_id


def begin_with(data_set_id: str) -> None:
    """Have the page set up an evaluation of a data set when it is opened."""
    st.session_state.pop(_SHOWN, None)
    st.session_state[DATA_SET] = data_set_id


def tell(words: str) -> None:
    """Say what was done, once."""
    st.session_state[_DONE] = words


def complain(error: Exception) -> None:
    """Say what could not be done, once."""
    st.session_state[_PROBLEM] = f"{error} {error.advice}" if isinstance(error, HistoryError) else str(error)


def told() -> tuple[str | None, str | None]:
    """What was done and what could not be, once."""
    return st.session_state.pop(_DONE, None), st.session_state.pop(_PROBLEM, None)


# The contenders


def rows(place: str) -> tuple[Row, ...]:
    """The contenders that are set up for a place."""
    found: _Rows = st.session_state.setdefault(_ROWS, _Rows())
    return found.by_place.get(place, ())


def put(place: str, changed: Sequence[Row]) -> None:
    """Make these the contenders of a place."""
    found: _Rows = st.session_state.setdefault(_ROWS, _Rows())
    found.by_place[place] = tuple(changed)


def ensure(place: str, catalogue: Catalogue) -> None:
    """Have two contenders ready at first: two models, or the only one at two temperatures."""
    if rows(place) or not (models := _first_models(catalogue)):
        return
    first, second = models[0], models[-1]
    same = first == second
    add(
        place,
        Variant(model=first, temperature=0.0, max_tokens=MAX_TOKENS),
        Variant(model=second, temperature=1.0 if same else 0.0, max_tokens=MAX_TOKENS),
    )


def _first_models(catalogue: Catalogue) -> list[str]:
    """A small model and the next one that is usually at hand."""
    first = variants.default_model(catalogue)
    if not first:
        return []
    others = replace(
        catalogue, options=tuple(one for one in catalogue.options if _family(one.model_id) != _family(first))
    )
    second = variants.default_model(others) if not catalogue.closed else ""
    return [first, second] if second else [first]


def _family(model_id: str) -> str:
    """Provider and line of a model, whatever it is reached through: ``amazon.nova``."""
    parts = model_id.removeprefix("us.").removeprefix("eu.").removeprefix("global.").split("-")
    return "-".join(parts[:2])


def add(place: str, *made: Variant) -> tuple[Row, ...]:
    """Add models with their settings."""
    new = []
    for variant in made:
        row = Row(slot=new_slot())
        variants.write(row.slot, variant)
        new.append(row)
    put(place, (*rows(place), *new))
    return tuple(new)


def new_slot() -> str:
    """A slot that nobody had."""
    number: int = st.session_state.get(_NEXT, 1)
    st.session_state[_NEXT] = number + 1
    return f"evaluate{number}"


def remove(place: str, slot: str) -> None:
    """Take a contender away, with what its widgets held."""
    put(place, [row for row in rows(place) if row.slot != slot])
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(f"{slot}_"):
            del st.session_state[key]
