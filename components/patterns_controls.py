"""One plain setting of a pattern as a widget: the draft's value goes in, what stands in it comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import streamlit as st

from bedrock_playground.patterns.forms import FieldForm, Form
from components import patterns_draft as drafts
from components.patterns_draft import Path
from components.patterns_words import word

_LONG = 60
_SHORT_TEXTS = frozenset({"name", "route", "default", "script", "regex"})
EMBEDDING_MODEL = "embedding_model"
"""The field that names an embedding model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A field where it stands."""

    path: Path
    """Where in the draft."""
    field: FieldForm
    """What it takes."""
    label: str
    """What the page calls it."""
    value: Any
    """What stands in it, as JSON."""
    names: Sequence[str] | None = None
    """The names that it can be, where it names a route of the pattern's or an embedding model."""

    @property
    def key(self) -> str:
        """Its widget's key."""
        return drafts.key(self.path)

    @property
    def help(self) -> str | None:
        """What its code says of it."""
        return self.field.help or None

    def keep(self, value: Any) -> None:  # noqa: ANN401 - whatever the widget holds
        """Put a value where the widget will find it, unless one is there."""
        st.session_state.setdefault(self.key, value)


def control(setting: Setting) -> Any:  # noqa: ANN401 - any JSON value
    """Draw a setting and return what stands in it, as JSON."""
    if setting.names is not None:
        return (_embedding_model if setting.field.name == EMBEDDING_MODEL else _name)(setting)
    return _CONTROLS.get(setting.field.form, _text)(setting)


def _switch(setting: Setting) -> bool | None:
    if not setting.field.optional:
        setting.keep(bool(setting.value))
        return st.toggle(setting.label, key=setting.key, help=setting.help)
    options = {None: "Does not matter", True: "Yes", False: "No"}
    setting.keep(setting.value)
    picked: bool | None = st.selectbox(
        setting.label,
        list(options),
        format_func=lambda each: options[each],
        key=setting.key,
        help=setting.help,
    )
    return picked


def _word(setting: Setting) -> str | None:
    offered: list[str | None] = [*([None] if setting.field.optional else []), *setting.field.words]
    setting.keep(setting.value)
    return st.selectbox(
        setting.label,
        offered,
        format_func=lambda each: "None" if each is None else word(each),
        key=setting.key,
        help=setting.help,
    )


def _number(setting: Setting) -> float | None:
    field, whole = setting.field, setting.field.form == "whole"

    def kind(number: float) -> Any:  # noqa: ANN401 - a widget wants all of its numbers of one kind
        return int(number) if whole else float(number)

    low, high = (None if bound is None else kind(bound) for bound in (field.low, field.high))
    step = kind(field.step) if field.step else kind(1) if whole else 0.1
    setting.keep(None if setting.value is None else kind(setting.value))
    if low is not None and high is not None and not field.optional:
        dragged: float = st.slider(setting.label, low, high, step=step, key=setting.key, help=setting.help)
        return dragged
    typed: float | None = st.number_input(
        setting.label,
        min_value=low,
        max_value=high,
        step=step,
        value=None,
        key=setting.key,
        help=setting.help,
        placeholder="not set",
    )
    return typed


def _money(setting: Setting) -> str | None:
    setting.keep(setting.value)
    typed = st.text_input(
        f"{setting.label} (US dollars)", key=setting.key, help=setting.help, placeholder="not set"
    )
    text = (typed or "").strip()
    if not text:
        return None if setting.field.optional else "0"
    try:
        return f"{Decimal(text.lstrip('$')):f}"
    except (InvalidOperation, ValueError):
        return text  # What is wrong with it is said below the form.


def _texts(setting: Setting) -> list[str]:
    setting.keep(list(setting.value or ()))
    offered = dict.fromkeys([*(setting.value or ()), *st.session_state[setting.key]])
    return list(
        st.multiselect(
            setting.label,
            list(offered),
            key=setting.key,
            accept_new_options=True,
            help=setting.help,
            placeholder="Type and press Enter",
        )
    )


def _several_words(setting: Setting) -> list[str]:
    setting.keep(list(setting.value or ()))
    picked = st.pills(
        setting.label,
        setting.field.words,
        format_func=word,
        selection_mode="multi",
        key=setting.key,
        help=setting.help,
    )
    return [each for each in setting.field.words if each in picked]


def _text(setting: Setting) -> str | None:
    field, text = setting.field, "" if setting.value is None else str(setting.value)
    setting.keep(text)
    short = not (_long(text) or _long(str(field.default or "")) or field.required)
    if field.name in _SHORT_TEXTS or short:
        typed = st.text_input(setting.label, key=setting.key, help=setting.help)
    else:
        lines = text.count("\n") + len(text) // 70
        height = min(240, 68 + 20 * lines)
        typed = st.text_area(setting.label, key=setting.key, help=setting.help, height=height)
    return None if field.optional and not typed.strip() else typed


def _long(text: str) -> bool:
    return len(text) > _LONG or "\n" in text


def _name(setting: Setting) -> str:
    """One of the names that the pattern has; what stands there stays, and is said to be wrong if it is."""
    here = str(setting.value or "")
    first = [] if setting.field.required else [""]
    offered = list(dict.fromkeys([*first, *(setting.names or ()), here]))
    setting.keep(here)
    picked = st.selectbox(
        setting.label,
        offered,
        format_func=lambda name: name or "The first one",
        key=setting.key,
        help=setting.help,
    )
    return str(picked or "")


def _embedding_model(setting: Setting) -> str | None:
    """An embedding model that can be called here, any other that is typed, or the connection's own."""
    here = str(setting.value or "")
    setting.keep(here)
    typed = str(st.session_state[setting.key] or "")
    picked = st.selectbox(
        setting.label,
        list(dict.fromkeys(["", *(setting.names or ()), here, typed])),
        format_func=lambda name: name or "The connection’s own",
        key=setting.key,
        accept_new_options=True,
        help=setting.help,
    )
    return str(picked).strip() or None if picked else None


_CONTROLS: Mapping[Form, Callable[[Setting], Any]] = {
    "switch": _switch,
    "words": _word,
    "number": _number,
    "whole": _number,
    "money": _money,
    "texts": _texts,
    "several words": _several_words,
    "text": _text,
}
