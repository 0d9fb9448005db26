"""The parameter panel of a variant: what the chosen model takes, in which range, and why not the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from bedrock_playground.catalog.raw_fields import NotAnObject, parse_object
from bedrock_playground.catalog.rules import ControlState, Rule, rules_for
from bedrock_playground.catalog.variant import Inputs
from components import variants
from components.guardrail_control import guardrail
from components.parameter_controls import choice, gone, locked, number
from components.prepared import Prepared
from components.variant_summary import set_aside_words, summary
from components.variants import SETTINGS, key
from components.words import plain

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_CHOICES = {
    "reasoning": (
        "Reasoning",
        "Whether the model thinks before it answers. What it thinks is billed as output.",
    ),
    "effort": ("Effort", "How much the model puts into its answer: less is quicker and cheaper."),
    "service_tier": (
        "Service tier",
        "Priority is served first and costs more, flex may wait and costs less. The lane says which it was.",
    ),
    "latency": (
        "Latency",
        "Optimized answers sooner, for some models in some Regions, at a price of its own.",
    ),
    "cache_ttl": (
        "Prompt cache",
        "A cache point behind the system prompt and the prompt: what is there is read for less next time.",
    ),
}
_LABELS = {
    **{setting.name: setting.label for setting in SETTINGS},
    **{name: label for name, (label, _) in _CHOICES.items()},
    "stop": "Stop sequences",
    "system": "Own system prompt",
    "guardrail": "Guardrail",
    "additional_fields": "Additional model request fields",
}
_COPY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All settings", variants.ALL_FIELDS),
    "model": ("Model", ("model",)),
    "sampling": ("Sampling", ("temperature", "top_p", "top_k")),
    "length": ("Max tokens and stop sequences", ("max_tokens", "stop")),
    "reasoning": ("Reasoning and effort", ("reasoning", "thinking_budget", "effort")),
    "system": ("System prompt", ("system",)),
    "service": ("Service", ("service_tier", "latency", "cache_ttl", "guardrail")),
    "additional_fields": ("Additional fields", ("additional_fields",)),
}


def panel(prepared: Prepared, inputs: Inputs, *, alone: bool = False) -> None:
    """Draw the settings of a variant.

    Args:
        prepared: The variant and what becomes of it.
        inputs: What all variants are asked: tools or a schema may exclude a setting.
        alone: Whether it stands beside no others that its settings could be copied to.
    """
    letter = prepared.letter
    rules = rules_for(prepared.resolution, variant=prepared.variant, inputs=inputs)
    changes = {adjustment.parameter: adjustment for adjustment in prepared.built.adjustments}
    st.caption(
        f"For **{plain(_whom(prepared))}**. Only what is switched on is sent; the rest is left to the model."
    )
    if prepared.set_aside:
        aside = plain(set_aside_words(prepared.set_aside, rules))
        st.caption(f":material/inventory_2: Set aside for this model: {aside}.")

    def group(title: str, names: Sequence[str]) -> None:
        offered = [name for name in names if name in rules and not _hidden(rules[name])]
        hidden = [(_LABELS[name], rules[name]) for name in names if name in rules and _hidden(rules[name])]
        if offered or hidden:
            st.markdown(f"**{title}**")
        together = _for_one_reason(rules, offered)
        for name in offered:
            rule, silent = rules[name], name in together
            if name in _BY_NAME:
                number(letter, _BY_NAME[name], rule=rule, adjustment=changes.get(name), silent=silent)
            elif name in _CHOICES:
                label, about = _CHOICES[name]
                choice(letter, name, label=label, rule=rule, about=about, silent=silent)
        locked([(_LABELS[name], rules[name]) for name in together])
        gone(hidden)

    group("Sampling", ("temperature", "top_p", "top_k"))
    group("Length", ("max_tokens",))
    _stop(letter, rules.get("stop"))
    group("Reasoning", ("reasoning", "thinking_budget", "effort"))
    _system(letter, rules.get("system"))
    _service(prepared, rules)
    with st.expander(_label("Advanced", prepared, ("additional_fields",)), key=f"advanced_{letter}"):
        _raw(prepared, rules.get("additional_fields"))
    if alone:
        return
    st.menu_button(
        "Copy to all variants",
        list(_COPY),
        icon=":material/sync:",
        key=f"copy_{letter}",
        format_func=lambda name: _COPY[name][0],
        on_click=_copy,
        args=(letter,),
        disabled=len(variants.letters()) < 2,
    )


def _service(prepared: Prepared, rules: Mapping[str, Rule]) -> None:
    letter = prepared.letter
    with st.expander(_label("Service", prepared, _COPY["service"][1]), key=f"service_{letter}"):
        for name in ("service_tier", "latency", "cache_ttl"):
            if name in rules and not _hidden(rules[name]):
                choice(letter, name, label=_CHOICES[name][0], rule=rules[name], about=_CHOICES[name][1])
        gone([
            (_LABELS[name], rules[name])
            for name in ("service_tier", "latency", "cache_ttl", "guardrail")
            if name in rules and _hidden(rules[name])
        ])  # fmt: skip
        if "guardrail" in rules and not _hidden(rules["guardrail"]):
            guardrail(letter, rules["guardrail"])


def _whom(prepared: Prepared) -> str:
    spec = prepared.resolution.spec
    return spec.name if spec else prepared.variant.model


def _hidden(rule: Rule) -> bool:
    return rule.state is ControlState.REJECTED


def _for_one_reason(rules: Mapping[str, Rule], names: Sequence[str]) -> Sequence[str]:
    """The controls that cannot be used for a reason that another of them shares."""
    locked_out = [name for name in names if rules[name].state is ControlState.DEFAULT_ONLY]
    shared = Counter(rules[name].reason for name in locked_out)
    return [name for name in locked_out if shared[rules[name].reason] > 1]


def _label(title: str, prepared: Prepared, names: Sequence[str]) -> str:
    told = summary(prepared.variant, prepared.built, names=names, otherwise="")
    return f"{title}: {told}" if told else title


def _stop(letter: str, rule: Rule | None) -> None:
    if rule is None:
        return
    with st.container(key=f"control_{letter}_stop", gap="xsmall"):
        if not rule.usable:
            gone([(_LABELS["stop"], rule)])
            return
        st.multiselect(
            "Stop sequences",
            st.session_state.get(key(letter, "stop")) or [],
            key=key(letter, "stop"),
            accept_new_options=True,
            persist_state="session",
            max_selections=2500,
            placeholder="Type a text and press Enter; \\n is a new line",
            help="The answer ends where the model writes one of these; the text itself is left out.",
        )
        if rule.warning:
            st.caption(f":material/warning: {plain(rule.warning)}")


def _system(letter: str, rule: Rule | None) -> None:
    if rule is None:
        return
    with st.container(key=f"control_{letter}_system", gap="xsmall"):
        if not rule.usable:
            gone([("System prompt", rule)])
            return
        if st.toggle(
            "Own system prompt",
            key=key(letter, "system_on"),
            persist_state="session",
            help="Instead of the shared one. Switched on and empty, this variant sends none.",
        ):
            st.text_area(
                f"System prompt of {variants.spoken(letter)}",
                key=key(letter, "system"),
                persist_state="session",
                height=90,
                label_visibility="collapsed",
                placeholder="You are …",
            )


def _raw(prepared: Prepared, rule: Rule | None) -> None:
    letter = prepared.letter
    if rule is not None and not rule.usable:
        gone([(_LABELS["additional_fields"], rule)])
        return
    st.text_area(
        "additionalModelRequestFields, as JSON",
        key=key(letter, "additional_fields"),
        persist_state="session",
        height=110,
        placeholder='{"name": "value"}',
        help="Fields of the model's own API that this page has no control for. They are laid over what the "
        "settings above make, and sent as they are: a model that does not know one refuses the request.",
    )
    if prepared.variant.additional_fields:
        try:
            parse_object(prepared.variant.additional_fields, what="The additional fields")
        except NotAnObject as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.caption(":material/check: A JSON object; it is sent with the rest.")


def _copy(letter: str) -> None:
    name = st.session_state[f"copy_{letter}"]
    if name:
        variants.copy_to_all(letter, _COPY[name][1])
