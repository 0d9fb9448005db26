"""All that is known of one model: parameters, prices, limits, tasks, ids, and where each fact comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog import Catalogue, ModelSpec
from bedrock_playground.catalog.models import Lifecycle
from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_rate
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_table import ids_of, prices_of
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import Resolution, base_model_id
from bedrock_playground.catalog.rules import ControlState, Rule, rules_for
from bedrock_playground.catalog.search import geography_of, price_of
from bedrock_playground.connection import Connection
from components import try_in_compare
from components.access_check import access_button, access_words
from components.choosing import price_origin
from components.models_filters import LIFECYCLE_LABELS, SCOPE_LABELS, TASK_LABELS
from components.words import plain

PARAMETER_LABELS = {
    "temperature": "Temperature",
    "top_p": "Top P",
    "top_k": "Top K",
    "max_tokens": "Max tokens",
    "stop": "Stop sequences",
    "system": "System prompt",
    "reasoning": "Reasoning",
    "thinking_budget": "Thinking budget",
    "effort": "Effort",
    "service_tier": "Service tier",
    "latency": "Latency",
    "cache_ttl": "Prompt caching",
    "guardrail": "Guardrail",
    "additional_fields": "Additional fields",
    "attachments": "Images and documents",
    "output_schema": "JSON schema",
    "tools": "Tools",
    "tool_choice": "Tool choice",
    "turns": "Turns",
}
"""What a setting is called on the screen."""

_STATES = {
    ControlState.FREE: ":green-badge[free]",
    ControlState.DEFAULT_ONLY: ":gray-badge[default only]",
    ControlState.REJECTED: ":red-badge[rejected]",
    ControlState.CONFLICTS: ":orange-badge[conflicts]",
}
_COLOURS: dict[Lifecycle, Literal["green", "orange", "red"]] = {
    "active": "green",
    "legacy": "orange",
    "end_of_life": "red",
}
_FIELD_LABELS = {
    "name": "Name",
    "provider": "Provider",
    "family": "Family",
    "context_window": "Context window",
    "max_output_tokens": "Max output tokens",
    "input_modalities": "Takes",
    "output_modalities": "Gives",
    "streaming": "Streaming",
    "system_prompt": "System prompt",
    "tools": "Tools",
    "forced_tool_choice": "Forced tool choice",
    "structured_output": "JSON schema",
    "reasoning": "Reasoning",
    "prompt_caching": "Prompt caching",
    "service_tiers": "Service tiers",
    "latency_optimized": "Latency-optimised",
    "lifecycle": "Lifecycle",
    "end_of_life": "End of life",
    "good_for": "Good for",
    "embedding": "Embeddings",
    "on_demand": "Own id callable",
    "profiles": "Inference profiles",
}
_UNKNOWN = "unknown"
# Two columns: names as narrow as they are, and all of the rest for sentences.
_CSS = """<style>
.st-key-model_detail [data-testid='stTable'] :is(td, td *) { max-width: none; }
.st-key-model_detail [data-testid='stTable'] tr > :first-child {
    width: min(9.5rem, 26vw); white-space: normal;
}
</style>"""


def detail(
    resolution: Resolution,
    *,
    catalogue: Catalogue,
    book: PriceBook,
    region: str | None,
    connection: Connection | None,
) -> None:
    """Draw what is known of one model.

    Args:
        resolution: What its id stands for.
        catalogue: What the connection lists.
        book: All prices.
        region: Whose prices, where they differ by Region.
        connection: Whom to ask whether the account may call it.
    """
    spec = resolution.spec
    st.html(_CSS)
    with st.container(border=True, key="model_detail"):
        _head(resolution, catalogue, connection)
        tabs = st.tabs(["Parameters", "Prices", "Limits and dates", "Good for", "Ids", "Sources"])
        with tabs[0]:
            parameters(rules_for(resolution))
        with tabs[1]:
            _prices(resolution, book, region)
        with tabs[2]:
            _limits(spec)
        with tabs[3]:
            _good_for(spec)
        with tabs[4]:
            _ids(resolution, catalogue, book)
        with tabs[5]:
            _sources(spec)


def _head(resolution: Resolution, catalogue: Catalogue, connection: Connection | None) -> None:
    spec = resolution.spec
    unreachable = spec.why_unreachable if spec and resolution.kind == "foundation_model" else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(spec.name if spec else resolution.model_id), anchor=False, width="content")
        if spec:
            st.badge(plain(spec.provider), color="gray")
        if unreachable:
            st.badge("Not callable by Converse", color="orange")
        else:
            st.badge(SCOPE_LABELS[resolution.scope], color="gray")
        if spec and spec.lifecycle:
            until = f" until {spec.end_of_life}" if spec.end_of_life else ""
            st.badge(f"{LIFECYCLE_LABELS[spec.lifecycle]}{until}", color=_COLOURS[spec.lifecycle])
    st.caption(plain(resolution.explanation))
    if unreachable:
        st.caption(f":material/block: {plain(unreachable)}")
        return
    if why := try_in_compare.why_not_here(resolution.model_id, catalogue):
        st.caption(f":material/info: {plain(why)}")
    answers = spec is None or spec.answers_in_text
    if not answers:
        st.caption(":material/info: It does not answer in text, so it cannot stand in Compare.")
    with st.container(horizontal=True, vertical_alignment="center", key="model_actions"):
        if answers:
            _to_compare(resolution, catalogue)
        access_button(connection, resolution, key="model_access")
    access_words(connection, resolution, key="model_access")


def _to_compare(resolution: Resolution, catalogue: Catalogue) -> None:
    if st.button("Try in Compare", key="model_try", type="primary", icon=":material/compare:"):
        try_in_compare.send([resolution.model_id], catalogue=catalogue)
    if st.button("Add to Compare", key="model_add", icon=":material/add:"):
        if try_in_compare.add(resolution.model_id, catalogue=catalogue):
            st.toast("Added to the variants of Compare.", icon=":material/check:")
        else:
            st.toast("Compare has eight variants, the most there can be.", icon=":material/info:")


def parameters(rules: Mapping[str, Rule]) -> None:
    """Draw what each parameter takes, and why."""
    rows = {PARAMETER_LABELS.get(name, name): {"What it takes": _takes(rule)} for name, rule in rules.items()}
    st.table(pd.DataFrame.from_dict(rows, orient="index"), border="horizontal", hide_header=True)


def _takes(rule: Rule) -> str:
    """One cell for all of it: on a phone, columns would leave no room for the reason."""
    parts = [_STATES[rule.state]]
    # Most reasons say the range and the default themselves: not twice.
    within = rule_range(rule)
    if within and within not in rule.reason:
        parts.append(f"**{plain(within)}**")
    if rule.default is not None and "default" not in rule.reason:
        parts.append(f"default {plain(_plain_value(rule.default))}")
    reason = plain(rule.reason) + (f" :orange[{plain(rule.warning)}]" if rule.warning else "")
    return f"{' · '.join(parts)} – {reason}"


def rule_range(rule: Rule) -> str:
    """The values that a rule lets through, in words; empty where there is nothing to say."""
    if rule.options:
        return ", ".join(rule.options)
    if rule.minimum is None and rule.maximum is None:
        return ""
    low = "" if rule.minimum is None else f"{rule.minimum:,.10g}"
    high = "" if rule.maximum is None else f"{rule.maximum:,.10g}"
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"


def _plain_value(value: object) -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:,.10g}" if isinstance(value, float | int) else str(value)


def _prices(resolution: Resolution, book: PriceBook, region: str | None) -> None:
    if resolution.scope == "local":
        st.write("It runs on this machine and costs nothing.")
        return
    spec = resolution.spec
    # What was asked for comes first, then the other ways to the same model.
    first = (resolution.priced_as,) if resolution.priced_as else ()
    prices = prices_of(spec, book, ids=dict.fromkeys((*first, *ids_of(spec)))) if spec else ()
    if region:
        prices = tuple(price for price in prices if price.region in {None, region})
    if not prices:
        st.write("No source has a price for it: unknown, which is not nothing.")
        return
    st.caption("US dollars per million tokens. Hover a note to read it whole.")
    st.dataframe(
        pd.DataFrame([_price_cells(price) for price in prices]),
        hide_index=True,
        placeholder=_UNKNOWN,
        key="model_prices",
        alt="Prices by id, tier and Region",
        column_config={
            "Way": st.column_config.TextColumn(width=75, pinned=True),
            "Id": st.column_config.TextColumn(width=380),
            **{
                name: st.column_config.TextColumn(width=95, alignment="right")
                for name in ("In", "Out", "Cache read", "Cache write", "Cache 1 h")
            },
            "Note": st.column_config.TextColumn(width=420),
        },
    )


def _price_cells(price: Price) -> dict[str, object]:
    def rate(amount: Decimal | None) -> str | None:
        return None if amount is None else format_rate(amount)

    rates, note = price.rates, price.note or ""
    if price.long_context_from is not None and price.long_context_rates is not None:
        long = price.long_context_rates
        note = (
            f"From {price.long_context_from:,} input tokens on: {format_rate(long.input)} in, "
            f"{format_rate(long.output)} out. {note}"
        )
    return {
        "Way": geography_of(price.model_id, base_model_id(price.model_id)) or "own id",
        "Tier": price.tier,
        "Region": price.region or "any",
        "In": rate(rates.input),
        "Out": rate(rates.output),
        "Cache read": rate(rates.cache_read),
        "Cache write": rate(rates.cache_write),
        "Cache 1 h": rate(rates.cache_write_1h),
        "Confidence": CONFIDENCE_WORDS[price.confidence],
        "Source": price.source,
        "As of": price.as_of.isoformat(),
        "Note": note.strip() or "–",
        "Id": price.model_id,
    }


def _limits(spec: ModelSpec | None) -> None:
    if spec is None:
        _nothing_known()
        return
    reasoning, caching, embedding = spec.reasoning, spec.prompt_caching, spec.embedding
    facts = {
        "Context window": _tokens(spec.context_window),
        "Max output": _tokens(spec.max_output_tokens),
        "Takes": ", ".join(spec.input_modalities) or _UNKNOWN,
        "Gives": ", ".join(spec.output_modalities) or _UNKNOWN,
        "Streaming": yes_no(spec.streaming),
        "Reasoning": _UNKNOWN if reasoning is None else _REASONING[reasoning.kind],
        "Effort levels": ", ".join(reasoning.effort_levels) if reasoning and reasoning.effort_levels else "–",
        "Prompt caching": yes_no(caching.supported if caching else None),
        "Cached from": _tokens(caching.minimum_tokens) if caching and caching.supported else "–",
        "Cache lives": ", ".join(caching.ttls) if caching and caching.ttls else "–",
        "Service tiers": ", ".join(spec.service_tiers or ()) or _UNKNOWN,
        "Latency-optimised": yes_no(spec.latency_optimized),
        "Lifecycle": LIFECYCLE_LABELS[spec.lifecycle] if spec.lifecycle else _UNKNOWN,
        "End of life": spec.end_of_life.isoformat()
        if spec.end_of_life
        else "none announced, as far as known",
    }
    if embedding:
        facts["Dimensions"] = ", ".join(str(size) for size in embedding.dimensions) or _UNKNOWN
        facts["Texts per call"] = _plain_value(embedding.texts_per_call)
    st.table(facts, border="horizontal", width="content")


_REASONING = {
    "none": "no",
    "always": "always",
    "budget": "with a budget of tokens",
    "adaptive": "as much as it finds right",
    "effort": "by level of effort",
}


def _good_for(spec: ModelSpec | None) -> None:
    if spec is None or not spec.good_for:
        st.write(
            "The catalogue says nothing about what it is good for. Measure it on your own data in Compare."
        )
        return
    for task, line in spec.good_for.items():
        st.markdown(f"**{TASK_LABELS[task]}** – {plain(line)}")
    st.caption("What it is usually chosen for, not a measurement.")


def _ids(resolution: Resolution, catalogue: Catalogue, book: PriceBook) -> None:
    spec = resolution.spec
    ids = list(dict.fromkeys((resolution.model_id, *(ids_of(spec) if spec else ()))))
    for model_id in ids:
        option = catalogue.get(model_id)
        if resolution.scope == "local":
            price = None
        elif model_id == resolution.model_id:
            price = price_of(resolution, book)
        else:
            price = book.price(model_id)
        words = [
            SCOPE_LABELS[option.scope] if option else SCOPE_LABELS[resolution.scope],
            "runs on this machine"
            if resolution.scope == "local"
            else f"{format_rate(price.rates.input)} in, {format_rate(price.rates.output)} out"
            if price
            else "price unknown",
            "listed here" if option and option.listed else "not listed by this connection",
        ]
        if price:
            words.append(f"price: {price_origin(price)}")
        st.code(model_id, language=None, wrap_lines=True)
        st.caption(" · ".join(plain(word) for word in words))
    if spec and spec.on_demand is None and spec.profiles:
        st.caption(
            "Whether its own id can be called without a profile is not known. If Bedrock answers that "
            "on-demand throughput is not supported, use a profile's id."
        )


def _sources(spec: ModelSpec | None) -> None:
    if spec is None:
        _nothing_known()
        return
    rows: dict[str, dict[str, str]] = {}
    for field in fields(spec):
        origin = spec.provenance.get(field.name)
        if field.name in _FIELD_LABELS and origin is not None:
            note = f" :orange[{plain(origin.note)}]" if origin.note else ""
            rows[_FIELD_LABELS[field.name]] = {
                "What is known": f"{_fact(getattr(spec, field.name))} – {plain(origin.source)}, "
                f"{origin.as_of.isoformat()}.{note}"
            }
    if not rows:
        st.write("Nobody told anything of it but its id.")
        return
    st.table(pd.DataFrame.from_dict(rows, orient="index"), border="horizontal", hide_header=True)


def _fact(value: Any) -> str:  # noqa: ANN401  # any field of a spec
    if value is None or value == ():
        return _UNKNOWN
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int | date):
        return _plain_value(value)
    return plain(_compound(value))


def _compound(value: Any) -> str:  # noqa: ANN401  # any field of a spec
    if isinstance(value, Mapping):
        return ", ".join(TASK_LABELS.get(one, str(one)).lower() for one in value)
    if isinstance(value, tuple):
        return ", ".join(getattr(one, "profile_id", str(one)) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        facts = {field.name.replace("_", " "): getattr(value, field.name) for field in fields(value)}
        return "; ".join(f"{name}: {_fact(fact)}" for name, fact in facts.items())
    return str(value)


def yes_no(value: bool | None) -> str:  # noqa: FBT001  # a fact with three answers
    """Say a fact that is true, false or not known."""
    return _UNKNOWN if value is None else "yes" if value else "no"


def _tokens(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,} tokens"


def _nothing_known() -> None:
    st.write("Nothing is known of the model behind this id, so nothing is claimed.")
