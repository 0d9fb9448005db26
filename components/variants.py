"""The variants of the Compare page: their values, and where the session keeps them.

A variant's letter is its name: moving it changes its place, not its letter, so that lanes, charts and history
speak of the same thing. The widgets' own keys in the session state are the single truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import streamlit as st

from bedrock_playground.catalog import Catalogue, top_k_fields, top_k_of
from bedrock_playground.invocation import InferenceParameters, InvocationRequest

LETTERS = "ABCDEFGH"
"""Eight variants at most."""

_ORDER = "variant_order"
_PREFERRED = ("amazon.nova-lite", "amazon.nova-2-lite", "anthropic.claude-haiku", "amazon.nova", "smollm2")


@dataclass(frozen=True, slots=True)
class Variant:
    """One contender; ``None`` means the setting is not sent."""

    model: str = ""
    """What is sent as ``modelId``; empty while none was picked."""
    temperature: float | None = None
    """0–1."""
    top_p: float | None = None
    """0–1."""
    top_k: int | None = None
    """At least 1; only where the model takes it."""
    max_tokens: int | None = None
    """At least 1."""
    stop: tuple[str, ...] = ()
    """Stop sequences; ``\\n`` and ``\\t`` are written as such."""
    system: str | None = None
    """A system prompt of its own, instead of the shared one."""

    def parameters(self) -> InferenceParameters:
        """What is sent; a top-k that the model has no place for is left out (and not offered)."""
        rule = top_k_of(self.model)
        top_k = min(self.top_k, rule.maximum) if rule and self.top_k is not None else None
        return InferenceParameters(
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop_sequences=tuple(_unescaped(text) for text in self.stop) or None,
            additional_model_request_fields=None if top_k is None else top_k_fields(self.model, top_k),
        )

    def request(self, prompt: str, *, system: str | None) -> InvocationRequest:
        """Make the request of this variant.

        Args:
            prompt: The shared prompt.
            system: The shared system prompt, used unless the variant has its own.
        """
        own = self.system if self.system is not None else system
        return InvocationRequest.from_prompt(
            self.model.strip(), prompt, system=own or None, parameters=self.parameters()
        )

    def summary(self) -> str:
        """The settings that are sent, in a few words."""
        parts = [
            f"temp {self.temperature:g}" if self.temperature is not None else "",
            f"top-p {self.top_p:g}" if self.top_p is not None else "",
            f"top-k {self.top_k}" if self.top_k is not None and top_k_of(self.model) else "",
            f"max {self.max_tokens}" if self.max_tokens is not None else "",
            f"{len(self.stop)} stop" if self.stop else "",
            "own system" if self.system else "",
        ]
        return " · ".join(part for part in parts if part) or "the model's defaults"

    @classmethod
    def of_request(cls, request: InvocationRequest, *, shared_system: str | None) -> Variant:
        """Read a variant back from a request that was sent."""
        sent = request.parameters
        extra = dict(sent.additional_model_request_fields or {})
        rule = top_k_of(request.model_id)
        value: object = extra
        for name in rule.path if rule else ():
            value = value.get(name) if isinstance(value, dict) else None
        return cls(
            model=request.model_id,
            temperature=sent.temperature,
            top_p=sent.top_p,
            top_k=value if rule and isinstance(value, int) else None,
            max_tokens=sent.max_tokens,
            stop=tuple(_escaped(text) for text in sent.stop_sequences or ()),
            system=None if request.system == shared_system else request.system or "",
        )


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _escaped(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")


@dataclass(frozen=True, slots=True)
class Setting:
    """How one optional number is offered."""

    name: str
    """The field of :class:`Variant`."""
    label: str
    """What the page calls it."""
    low: float
    """The smallest value."""
    slider_high: float
    """Where the slider ends."""
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
        "top_k", "Top K", 1, 500, 500, 1, 50,
        "Only this many of the likeliest tokens can be drawn. Converse has no field for it: it travels in "
        "additionalModelRequestFields, and only to models known to take it.",
    ),
    Setting(
        "max_tokens", "Max tokens", 1, 4096, 1_000_000, 1, 512,
        "The answer ends here at the latest. Bedrock's quota is reserved for all of it, used or not.",
    ),
)  # fmt: skip
"""The optional numbers, in the order in which they are offered."""


def key(letter: str, name: str) -> str:
    """The session state's key of one widget of one variant."""
    return f"{letter}_{name}"


def letters() -> list[str]:
    """The variants' letters in the order of display."""
    order: list[str] = st.session_state.get(_ORDER, [])
    return order


def write(letter: str, variant: Variant) -> None:
    """Put a variant's values where its widgets will find them."""
    st.session_state[key(letter, "model")] = variant.model or None
    for setting in SETTINGS:
        value = getattr(variant, setting.name)
        st.session_state[key(letter, f"{setting.name}_on")] = value is not None
        if value is not None or key(letter, setting.name) not in st.session_state:
            set_number(letter, setting, setting.start if value is None else value)
    st.session_state[key(letter, "stop")] = list(variant.stop)
    st.session_state[key(letter, "system_on")] = variant.system is not None
    st.session_state[key(letter, "system")] = variant.system or ""


def set_number(letter: str, setting: Setting, value: float) -> None:
    """Put a number into its box and its slider, whose range may be shorter."""
    shown = int(value) if setting.whole else float(value)
    st.session_state[key(letter, setting.name)] = shown
    st.session_state[key(letter, f"{setting.name}_slider")] = min(shown, type(shown)(setting.slider_high))


def read(letter: str) -> Variant:
    """Read a variant from its widgets."""
    state = st.session_state
    numbers = {
        setting.name: state.get(key(letter, setting.name))
        for setting in SETTINGS
        if state.get(key(letter, f"{setting.name}_on"))
    }
    return Variant(
        model=state.get(key(letter, "model")) or "",
        stop=tuple(state.get(key(letter, "stop")) or ()),
        system=state.get(key(letter, "system"), "") if state.get(key(letter, "system_on")) else None,
        **numbers,
    )


def read_all() -> dict[str, Variant]:
    """All variants by letter, in the order of display."""
    return {letter: read(letter) for letter in letters()}


def replace_all(variants: Sequence[tuple[str, Variant]]) -> None:
    """Make these the variants, whatever stood there before."""
    st.session_state[_ORDER] = [letter for letter, _ in variants]
    for letter, variant in variants:
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
    write(letter, variant)
    return letter


def remove(letter: str) -> None:
    """Take a variant away; the last one stays."""
    order = letters()
    if len(order) > 1:
        st.session_state[_ORDER] = [name for name in order if name != letter]
        for name in ("model", "stop", "system", "system_on"):
            st.session_state.pop(key(letter, name), None)
        for setting in SETTINGS:
            for suffix in ("", "_on", "_slider"):
                st.session_state.pop(key(letter, setting.name + suffix), None)


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
    """The model that a new variant starts with: a small, cheap one; empty if none is listed."""
    offered = [spec.model_id for spec in catalogue.options if spec.answers_in_text]
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


def forget_models() -> None:
    """Unpick every model: those of one endpoint mean nothing to another."""
    for letter in letters():
        st.session_state[key(letter, "model")] = None
