"""The controls of the parameter panel: each in the state that the model's rule gives it, with the reason.

A control that cannot be used is drawn as a stand-in of its own, off and disabled: the setting's own key keeps
its value, which comes back with a model that takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import streamlit as st

from bedrock_playground.catalog.rules import ControlState, Rule
from bedrock_playground.catalog.variant import Adjustment
from components import variants
from components.variants import Setting, key
from components.words import plain

_UNSET = {"cache_ttl": "Off"}

_Part: TypeAlias = Literal["slider", "box"]

CHOICE_WORDS: Mapping[str, Mapping[str, str]] = {
    "reasoning": {"on": "On", "off": "Off"},
    "cache_ttl": {"5m": "5 minutes", "1h": "1 hour"},
}
"""How some values are shown; the others speak for themselves."""


def number(
    letter: str, setting: Setting, *, rule: Rule, adjustment: Adjustment | None, silent: bool = False
) -> None:
    """Draw a switch, and a slider with a number box where it is on.

    Args:
        letter: Which variant.
        setting: How the number is offered.
        rule: What the model takes.
        adjustment: What became of the value on its way into the request.
        silent: Whether the reason why it cannot be used is said elsewhere.
    """
    with st.container(key=f"control_{letter}_{setting.name}", gap="xsmall"):
        if not rule.usable:
            unavailable(letter, setting.name, label=setting.label, rule=rule, silent=silent)
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            used = st.toggle(
                setting.label,
                key=key(letter, f"{setting.name}_on"),
                persist_state="session",
                help=setting.help,
            )
            st.caption(plain(rule.reason))
        if used:
            _slider_and_box(letter, setting, rule)
            if adjustment and adjustment.action == "clamped":
                st.caption(
                    f":material/vertical_align_center: Sent as {adjustment.sent}. {plain(adjustment.reason)}"
                )
        _warning(rule)


def choice(letter: str, name: str, *, label: str, rule: Rule, about: str, silent: bool = False) -> None:
    """Draw a list of a few values, of which none is sent at first.

    Args:
        letter: Which variant.
        name: The field of the variant.
        label: What the page calls it.
        rule: What the model takes.
        about: What it does, in a sentence.
        silent: Whether the reason why it cannot be used is said elsewhere.
    """
    with st.container(key=f"control_{letter}_{name}", gap="xsmall"):
        if not rule.usable:
            unavailable(letter, name, label=label, rule=rule, silent=silent)
            return
        held: str = st.session_state.get(key(letter, name)) or ""
        offered = ["", *rule.options]
        # Another model's value is kept and named; picking another one lets it go.
        options = offered if held in offered else [*offered, held]
        words = CHOICE_WORDS.get(name, {})
        st.session_state.setdefault(key(letter, name), "")

        def shown(value: str) -> str:
            if not value:
                return _UNSET.get(name, "Not sent") + _of_default(rule)
            return words.get(value, value) + ("" if value in offered else " (not for this model)")

        st.selectbox(
            label,
            options,
            format_func=shown,
            key=key(letter, name),
            persist_state="session",
            help=f"{about} {rule.reason}",
        )
        _warning(rule)


def gone(rules: Sequence[tuple[str, Rule]]) -> None:
    """Say of controls that the model refuses why they are not there; one line per reason.

    Args:
        rules: The controls' labels and rules.
    """
    for reason, labels in _by_reason(rules).items():
        st.caption(f":material/block: **{', '.join(labels)}**: {plain(reason)}")


def locked(rules: Sequence[tuple[str, Rule]]) -> None:
    """Say why several controls cannot be used for the same reason; one line per reason.

    Args:
        rules: The controls' labels and rules; they are drawn as silent.
    """
    for reason, labels in _by_reason(rules).items():
        st.caption(f":material/lock: **{', '.join(labels)}**: {plain(reason)}")


def _by_reason(rules: Sequence[tuple[str, Rule]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for label, rule in rules:
        found.setdefault(rule.reason, []).append(label)
    return found


def unavailable(letter: str, name: str, *, label: str, rule: Rule, silent: bool = False) -> None:
    """Draw a control that cannot be used now, and why.

    Args:
        letter: Which variant.
        name: The field of the variant.
        label: What the page calls it.
        rule: What stands in the way.
        silent: Whether the reason is said elsewhere.
    """
    stand_in = key(letter, f"{name}_out_of_use")
    st.session_state[stand_in] = False
    st.toggle(label, key=stand_in, disabled=True)
    if not silent:
        icon = "swap_horiz" if rule.state is ControlState.CONFLICTS else "lock"
        st.caption(f":material/{icon}: {plain(rule.reason)}")
    _warning(rule)


def _slider_and_box(letter: str, setting: Setting, rule: Rule) -> None:
    cast: Callable[[float], float] = int if setting.whole else float
    # A fraction's own smallest value (0.01, say) would make crooked steps; the request says where it differs.
    low = cast(rule.minimum if setting.whole and rule.minimum is not None else setting.low)
    high = cast(max(low + setting.step, setting.slider_high if rule.maximum is None else rule.maximum))
    value = variants.number(letter, setting) or 0
    slider, box = _widget(letter, setting, "slider"), _widget(letter, setting, "box")
    _show(slider, min(max(cast(value), low), high))
    _show(box, min(max(cast(value), cast(setting.low)), cast(setting.high)))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.slider(
            f"{setting.label} of {variants.spoken(letter)}",
            low,
            high,
            step=cast(rule.step or setting.step),
            key=slider,
            on_change=_changed,
            args=(letter, setting, "slider"),
            label_visibility="collapsed",
        )
        st.number_input(
            f"{setting.label} of {variants.spoken(letter)}, as a number",
            cast(setting.low),
            cast(setting.high),
            # Without a value of its own an emptied box is empty, and not the smallest number.
            value=None,
            step=cast(setting.step),
            key=box,
            on_change=_changed,
            args=(letter, setting, "box"),
            label_visibility="collapsed",
            # With an emptying button and two for the steps, which leave the number what is left.
            width=176,
        )


def _widget(letter: str, setting: Setting, part: _Part) -> str:
    """The key of the slider or the box; a new one each time the other was moved.

    The browser sends what every widget shows with every event. A slider that has yet to learn of the number
    that was typed would so take it back; under a new key it has nothing to say.
    """
    base = key(letter, setting.name if part == "box" else f"{setting.name}_slider")
    moved: int = st.session_state.get(f"{base}_version", 0)
    return f"{base}_{moved}" if moved else base


def _changed(letter: str, setting: Setting, part: _Part) -> None:
    value = st.session_state[_widget(letter, setting, part)]
    if value is None:
        # Emptied: not sent, rather than 0. The number stays for when it is switched on again.
        st.session_state[key(letter, f"{setting.name}_on")] = False
        return
    variants.set_number(letter, setting, value)
    other = key(letter, f"{setting.name}_slider" if part == "box" else setting.name)
    st.session_state[f"{other}_version"] = st.session_state.get(f"{other}_version", 0) + 1


def _show(widget: str, value: float) -> None:
    if st.session_state.get(widget) != value:
        st.session_state[widget] = value


def _of_default(rule: Rule) -> str:
    if rule.default is None or rule.default == "default":
        return ""
    return f" (model's default: {_shown(rule.default)})"


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


def _warning(rule: Rule) -> None:
    if rule.warning:
        st.caption(f":material/warning: {plain(rule.warning)}")
