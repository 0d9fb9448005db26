"""The variants of the Compare page: where the session keeps their settings, and how they are offered.

A variant's letter is its name: moving it changes its place, not its letter, so that lanes, charts and history
speak of the same thing. The widgets' own keys in the session state are the single truth, but for the numbers,
which two widgets show. A setting that the chosen model does not take keeps its value and is only not sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.values import Guardrail

LETTERS = "ABCDEFGH"
"""Eight variants at most."""

FIELDS_OWNER = "additional_fields_owner"
"""Part of the key of the model that a variant's raw fields were written for."""
FIELDS_KEPT = "additional_fields_kept"
"""Part of the key of the raw fields that are set aside, by model."""

PRESET = "preset"
"""Part of the key of the preset that a variant was opened from or saved as."""
GUARDRAIL = "guardrail_as_set"
"""Part of the key of a guardrail that says more than its field shows."""

_ORDER = "variant_order"
_SPOKEN = "spoken"
_PICKS = "models_picked"
_PREFERRED = ("amazon.nova-lite", "amazon.nova-2-lite", "anthropic.claude-haiku", "amazon.nova", "smollm2")
_GUARDRAIL_VERSION = re.compile(r"DRAFT|[1-9][0-9]{0,7}")


@dataclass(frozen=True, slots=True)
class Setting:
    """How one optional number is offered; the model's own rule narrows it."""

    name: str
    """The field of :class:`Variant`."""
    label: str
    """What the page calls it."""
    low: float
    """The smallest value."""
    slider_high: float
    """Where the slider ends, unless the model tells."""
    high: float
    """The largest value that the number box takes."""
    step: float
    """One step of either."""
    start: float
    """Where it stands when it is switched on for the first time."""
    help: str
    """What it does, in a sentence."""

    @property
    def whole(self) -> bool:
        """Whether it is a whole number."""
        return isinstance(self.step, int)


SETTINGS = (
    Setting(
        "temperature", "Temperature", 0.0, 1.0, 1.0, 0.05, 0.7,
        "How freely the next token is drawn: 0 takes the likeliest each time, 1 follows the model's odds.",
    ),
    Setting(
        "top_p", "Top P", 0.0, 1.0, 1.0, 0.01, 0.9,
        "Only the likeliest tokens that together reach this probability can be drawn.",
    ),
    Setting(
        "top_k", "Top K", 0, 500, 500, 1, 50,
        "Only this many of the likeliest tokens can be drawn. Converse has no field for it: it travels in "
        "additionalModelRequestFields, and only to models known to take it.",
    ),
    Setting(
        "max_tokens", "Max tokens", 1, 4096, 1_000_000, 1, 512,
        "The answer ends here at the latest. Bedrock's quota is reserved for all of it, used or not.",
    ),
    Setting(
        "thinking_budget", "Thinking budget", 1, 16_384, 1_000_000, 1, 1024,
        "The most tokens to think with before the answer. They are billed as output.",
    ),
)  # fmt: skip
"""The optional numbers, in the order in which they are offered."""

CHOICES = ("reasoning", "effort", "service_tier", "latency", "cache_ttl")
"""The settings that take one of a few words; an empty one is not sent."""


def key(letter: str, name: str) -> str:
    """The session state's key of one widget of one variant."""
    return f"{letter}_{name}"


def spoken(letter: str) -> str:
    """What a screen reader calls a variant: ``variant A``, or what :func:`call` said."""
    return str(st.session_state.get(key(letter, _SPOKEN)) or f"variant {letter}")


def call(letter: str, words: str) -> None:
    """Have a screen reader call a variant something else: one that stands in no lane has no letter."""
    st.session_state[key(letter, _SPOKEN)] = words


def letters() -> list[str]:
    """The variants' letters in the order of display."""
    order: list[str] = st.session_state.get(_ORDER, [])
    return order


def write(letter: str, variant: Variant) -> None:
    """Put a variant's values where its widgets will find them."""
    state = st.session_state
    state[key(letter, "model")] = variant.model or None
    for setting in SETTINGS:
        value = getattr(variant, setting.name)
        state[key(letter, f"{setting.name}_on")] = value is not None
        if value is not None or number(letter, setting) is None:
            set_number(letter, setting, setting.start if value is None else value)
    for name in CHOICES:
        state[key(letter, name)] = getattr(variant, name) or ""
    state[key(letter, "stop")] = list(variant.stop)
    state[key(letter, "system_on")] = variant.system is not None
    state[key(letter, "system")] = variant.system or ""
    state[key(letter, "guardrail_on")] = variant.guardrail is not None
    state[key(letter, "guardrail")] = guardrail_text(variant.guardrail) if variant.guardrail else None
    state[key(letter, GUARDRAIL)] = variant.guardrail
    state[key(letter, "additional_fields")] = variant.additional_fields or ""
    # They came with the model that is written here.
    state.pop(key(letter, FIELDS_OWNER), None)


def set_number(letter: str, setting: Setting, value: float) -> None:
    """Keep a number; its box and its slider show it when they are drawn."""
    st.session_state[key(letter, f"{setting.name}_value")] = int(value) if setting.whole else float(value)


def number(letter: str, setting: Setting) -> float | None:
    """The number that is kept, whether it is sent or not; ``None`` before the first."""
    kept: float | None = st.session_state.get(key(letter, f"{setting.name}_value"))
    return kept


def read(letter: str) -> Variant:
    """Read a variant from its widgets."""
    state = st.session_state
    numbers: dict[str, Any] = {
        setting.name: number(letter, setting)
        for setting in SETTINGS
        if state.get(key(letter, f"{setting.name}_on"))
    }
    fields_text = state.get(key(letter, "additional_fields")) or ""
    return Variant(
        model=(state.get(key(letter, "model")) or "").strip(),
        stop=tuple(state.get(key(letter, "stop")) or ()),
        system=state.get(key(letter, "system"), "") if state.get(key(letter, "system_on")) else None,
        guardrail=_guardrail(letter) if state.get(key(letter, "guardrail_on")) else None,
        additional_fields=fields_text if fields_text.strip() else None,
        **numbers,
        **{name: state.get(key(letter, name)) or None for name in CHOICES},
    )


def _guardrail(letter: str) -> Guardrail | None:
    """The guardrail that is typed; as it was set, with its trace and mode, while the same one is meant."""
    typed = guardrail_of(st.session_state.get(key(letter, "guardrail")))
    kept: Guardrail | None = st.session_state.get(key(letter, GUARDRAIL))
    if typed is not None and kept is not None and guardrail_text(kept) == guardrail_text(typed):
        return kept
    return typed


def guardrail_text(guardrail: Guardrail) -> str:
    """Write a guardrail as it is typed: its id or ARN, a colon, its version."""
    return f"{guardrail.identifier}:{guardrail.version}"


def guardrail_of(text: str | None) -> Guardrail | None:
    """Read a guardrail as it is typed; without a version it is the draft."""
    text = (text or "").strip()
    if not text:
        return None
    identifier, _, version = text.rpartition(":")
    if identifier and _GUARDRAIL_VERSION.fullmatch(version):
        return Guardrail(identifier, version)
    return Guardrail(text, "DRAFT")


def read_all() -> dict[str, Variant]:
    """All variants by letter, in the order of display."""
    return {letter: read(letter) for letter in letters()}


def replace_all(variants: Sequence[tuple[str, Variant]]) -> None:
    """Make these the variants, whatever stood there before."""
    st.session_state[_ORDER] = [letter for letter, _ in variants]
    for letter, variant in variants:
        st.session_state.pop(key(letter, PRESET), None)
        write(letter, variant)


def add(variant: Variant, *, after: str | None = None) -> str | None:
    """Add a variant.

    Args:
        variant: Its values.
        after: The letter it should stand behind; at the end if not given.

    Returns:
        Its letter, or ``None`` where eight stand already.
    """
    order = letters()
    letter = next((name for name in LETTERS if name not in order), None)
    if letter is None:
        return None
    place = order.index(after) + 1 if after in order else len(order)
    st.session_state[_ORDER] = [*order[:place], letter, *order[place:]]
    st.session_state.pop(key(letter, PRESET), None)
    write(letter, variant)
    return letter


def remove(letter: str) -> None:
    """Take a variant away; the last one stays."""
    order = letters()
    if len(order) > 1:
        st.session_state[_ORDER] = [name for name in order if name != letter]
        for name in ALL_FIELDS:
            for suffix in ("", "_on", "_value"):
                st.session_state.pop(key(letter, name + suffix), None)
        for name in (FIELDS_OWNER, FIELDS_KEPT, PRESET, GUARDRAIL):
            st.session_state.pop(key(letter, name), None)


def move(letter: str, by: int) -> None:
    """Move a variant by places, to the left if negative."""
    order = list(letters())
    here = order.index(letter)
    there = min(max(here + by, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    st.session_state[_ORDER] = order


def copy_to_all(letter: str, names: Sequence[str]) -> None:
    """Copy some of a variant's settings to all others.

    Args:
        letter: Whose.
        names: Fields of :class:`Variant`.
    """
    source = read(letter)
    for other in letters():
        if other != letter:
            values = {name: getattr(source, name) for name in names}
            write(other, replace(read(other), **values))


ALL_FIELDS = tuple(field.name for field in fields(Variant))
"""Every setting of a variant."""


def default_model(catalogue: Catalogue) -> str:
    """The model that a new variant starts with: a small, cheap one; empty if none is known.

    Where the account lists nothing (a permission is missing, say), the snapshot's may still be called.
    """
    known = [option for option in catalogue.options if option.comparable]
    offered = [option.model_id for option in known if option.listed]
    if not offered and not catalogue.closed:
        offered = [option.model_id for option in known]
    for wanted in _PREFERRED:
        for model_id in offered:
            if wanted in model_id:
                return model_id
    return offered[0] if offered else ""


def ensure(catalogue: Catalogue) -> None:
    """Have the two variants of a first start ready, and a model picked for each variant.

    The same model at temperature 0 and at 1: one click on Run shows what the parameter does.
    """
    model = default_model(catalogue)
    if not letters():
        replace_all([
            ("A", Variant(model=model, temperature=0.0, max_tokens=256)),
            ("B", Variant(model=model, temperature=1.0, max_tokens=256)),
        ])  # fmt: skip
        return
    for letter in letters():
        if not read(letter).model:
            st.session_state[key(letter, "model")] = model or None


def switch_models(*, left: str | None, to: str) -> None:
    """Put away the models of one endpoint, which mean nothing to another, and take up what was picked there.

    Args:
        left: The endpoint whose models stand here; ``None`` if nobody knows.
        to: The endpoint that is called from now on. A variant without a pick there gets none.
    """
    picks: dict[str, dict[str, str]] = dict(st.session_state.get(_PICKS, {}))
    if left is not None:
        picks[left] = {letter: read(letter).model for letter in letters()}
    st.session_state[_PICKS] = picks
    for letter in letters():
        st.session_state[key(letter, "model")] = picks.get(to, {}).get(letter) or None
