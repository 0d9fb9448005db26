"""The form of a pattern: its roles and settings, made of what its own code says of its fields."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.embeddings import embedding_models
from bedrock_playground.catalog.variant import Inputs
from bedrock_playground.connection import Connection
from bedrock_playground.patterns.forms import FieldForm, blank_item, blank_part, fields_of
from bedrock_playground.patterns.kinds import pattern_kinds
from components import patterns_draft as drafts
from components.patterns_controls import EMBEDDING_MODEL, Setting, control
from components.patterns_draft import Path
from components.patterns_member import member, solo
from components.patterns_words import AT_ONCE, label_of, one_of_several, word
from components.variants import default_model
from components.words import plain

_PARTS_CSS = """
<style>
[class*="st-key-parts_"] {
  display: grid; gap: 0.6rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr));
}
[class*="st-key-row_pat"] {
  display: grid; gap: 0.6rem 1rem; align-items: end;
  grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr));
}
[class*="st-key-parts_"] > div, [class*="st-key-row_pat"] > div {
  width: auto !important; min-width: 0 !important;
}
</style>
"""
_SMALL = frozenset({"number", "whole", "money", "words", "switch"})
"""What takes little room."""
_ROUTES = frozenset({"route", "default"})
"""Fields that name one of the pattern's routes."""


def form(*, inputs: Inputs, connection: Connection | None, catalogue: Catalogue) -> None:
    """Draw the form of the draft, and write into the draft what stands in it.

    Args:
        inputs: What the pattern is asked.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: The models to offer.
    """
    document = drafts.draft()
    if document is not None:
        st.html(_PARTS_CSS)
        around = _Form(document, inputs, connection, catalogue)
        around.fields((), document, pattern_kinds()[str(document["kind"])])


@dataclass(frozen=True, slots=True)
class _Form:
    """What every field of a form is drawn with."""

    document: dict[str, Any]
    inputs: Inputs
    connection: Connection | None
    catalogue: Catalogue

    def fields(self, path: Path, values: dict[str, Any], cls: type[Any]) -> None:
        """Draw the fields of a pattern or part: what it needs and what is dragged; the rest aside."""
        first: list[FieldForm] = []
        more: list[FieldForm] = []
        for field in fields_of(cls):
            if field.form != "hidden":
                (first if _at_once(cls, field) else more).append(field)
        self._drawn(path, values, cls, first)
        if more:
            with st.expander("More settings", key=f"more_{drafts.key(path)}", icon=":material/tune:"):
                self._drawn(path, values, cls, more)

    def _drawn(  # noqa: PLR0917 - one field after the other
        self, path: Path, values: dict[str, Any], cls: type[Any], fields: Sequence[FieldForm]
    ) -> None:
        """Draw fields in order; plain ones that follow each other share rows."""
        for (small, _), together in groupby(enumerate(fields), lambda pair: _row_of(*pair)):
            names = [field for _, field in together]
            with st.container(key=f"row_{drafts.key((*path, names[0].name))}") if small else nullcontext():
                for field in names:
                    self._put(path, values, cls, field)

    def _put(self, path: Path, values: dict[str, Any], cls: type[Any], field: FieldForm) -> None:  # noqa: PLR0917
        value = values.get(field.name, field.default)
        setting = Setting(
            path=(*path, field.name),
            field=field,
            label=label_of(cls, field),
            value=value,
            names=self._names(field),
        )
        found = self._field(setting)
        if found != value or field.name in values:
            values[field.name] = found

    def _names(self, field: FieldForm) -> list[str] | None:
        if field.name == EMBEDDING_MODEL:
            return [option.model_id for option in embedding_models(self.catalogue)]
        routes = self.document.get("routes")
        if field.name not in _ROUTES or not isinstance(routes, list):
            return None
        return [str(route.get("name", "")) for route in routes if isinstance(route, dict)]

    def _field(self, setting: Setting) -> Any:  # noqa: ANN401 - any JSON value
        match setting.field.form:
            case "member":
                return self._member(setting)
            case "members" | "parts":
                return self._several(setting)
            case "part" | "choice":
                return self._part(setting)
            case _:
                return control(setting)

    @property
    def _begin_with(self) -> dict[str, Any]:
        """Who plays a role that nobody plays yet."""
        return solo(default_model(self.catalogue))

    def _member(self, setting: Setting) -> Any:  # noqa: ANN401
        if setting.field.optional:
            if not self._wanted(setting, self._begin_with):
                return setting.value
        elif setting.label:
            st.caption(setting.label, help=setting.help)
        return member(
            setting.path,
            setting.value,
            label=f"{setting.label or 'Model'}, {' '.join(map(str, setting.path))}",
            inputs=self.inputs,
            connection=self.connection,
            catalogue=self.catalogue,
        )

    def _wanted(self, setting: Setting, begin_with: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Let something be switched on and off; returns whether it is there now."""
        there = setting.value is not None
        setting.keep(there)
        wanted = st.toggle(setting.label, key=setting.key, help=setting.help)
        if wanted != there:
            drafts.later(drafts.put(setting.path, begin_with if wanted else None))
        return there

    def _part(self, setting: Setting) -> Any:  # noqa: ANN401
        """Draw a part; where it can be one of several kinds, they can be picked."""
        field, value = setting.field, setting.value
        kinds = list(field.kinds)
        kind = "" if value is None else str(value.get("kind", kinds[0]))
        if len(kinds) == 1 and field.optional:
            if not self._wanted(setting, blank_part(field.kinds[kinds[0]], member=self._begin_with)):
                return value
        elif len(kinds) > 1:
            setting.keep(kind)
            picked = st.selectbox(
                setting.label,
                [*([""] if field.optional else []), *kinds],
                format_func=lambda each: word(each) if each else "None",
                key=setting.key,
                help=setting.help,
            )
            if picked != kind:
                made = blank_part(field.kinds[picked], member=self._begin_with) if picked else None
                drafts.later(drafts.put(setting.path, made))
                return value
        elif setting.label:
            st.caption(setting.label, help=setting.help)
        if value is not None:
            self.fields(setting.path, value, field.kinds.get(kind, field.kinds[kinds[0]]))
        return value

    def _several(self, setting: Setting) -> list[Any]:
        """Draw several members or parts, each with its place, and a way to have one more."""
        values, one = list(setting.value or ()), one_of_several(setting.label)
        st.markdown(f"**{plain(setting.label)}**", help=setting.help)
        with st.container(key=f"parts_{setting.key}"):
            for place, value in enumerate(values):
                here = (*setting.path, place)
                with st.container(border=True, key=f"box_{drafts.key(here)}", gap="small"):
                    _head(here, one=one, actions=_actions(place, len(values), setting.field))
                    values[place] = self._one(here, setting.field, value)
        if st.button(f"Add {one.lower()}", key=f"add_{setting.key}", icon=":material/add:", type="tertiary"):
            made = blank_item(setting.field, member=self._begin_with)
            if isinstance(made, dict) and "name" in made:
                made["name"] = f"{one.lower()} {len(values) + 1}"
            drafts.later(_append(setting.path, made))
        return values

    def _one(self, path: Path, field: FieldForm, value: Any) -> Any:  # noqa: ANN401
        """Draw one of several."""
        alone = replace(field, optional=False, form="member" if field.form == "members" else "choice")
        setting = Setting(path=path, field=alone, label="", value=value)
        if alone.form == "member":
            return self._member(setting)
        return self._part(replace(setting, label="Kind") if len(field.kinds) > 1 else setting)


def _at_once(cls: type[Any], field: FieldForm) -> bool:
    """Whether a field is to be seen at once: it has to be set, it can be dragged, or it is a role."""
    return (
        (cls.__name__, field.name) in AT_ONCE
        or field.required
        or field.high is not None
        or field.form in {"member", "members"}
    )


def _row_of(place: int, field: FieldForm) -> tuple[bool, int]:
    """Whether a field shares its row with its neighbours; what does not has one of its own."""
    small = field.form in _SMALL
    return small, -1 if small else place


def _append(path: Path, made: Any) -> drafts.Change:  # noqa: ANN401
    def change(document: dict[str, Any]) -> None:
        drafts.at(document, path[:-1]).setdefault(path[-1], []).append(made)

    return change


def _head(path: Path, *, one: str, actions: Sequence[str]) -> None:
    """Say which one it is, and let it be moved and removed."""
    *around, place = path
    key = drafts.key(path)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"head_{key}"):
        st.markdown(f"**{plain(one)} {int(place) + 1}**", width="stretch")
        if not actions:
            return
        action = st.menu_button(
            f"Change {one.lower()} {int(place) + 1}", actions, key=f"menu_{key}", type="tertiary"
        )
    if action is not None:
        drafts.later(_moved(tuple(around), int(place), str(action)))


def _actions(place: int, count: int, field: FieldForm) -> list[str]:
    """What can be done with one of several; what has to be there is not removed."""
    able = {
        "Move up": place > 0,
        "Move down": place + 1 < count,
        "Remove": count > 1 or not field.required,
    }
    return [action for action, yes in able.items() if yes]


def _moved(path: Path, place: int, action: str) -> drafts.Change:
    def change(document: dict[str, Any]) -> None:
        values: list[Any] = drafts.at(document, path)
        value = values.pop(place)
        if action != "Remove":
            values.insert(place + (1 if action == "Move down" else -1), value)

    return change
