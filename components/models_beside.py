"""Two to four models beside each other, with what differs marked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.money import format_rate
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.requirements import NEED_WORDS
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules import rules_for
from bedrock_playground.catalog.search import capabilities_of, price_of
from components import try_in_compare
from components.choosing import price_origin
from components.models_detail import PARAMETER_LABELS, rule_range, yes_no
from components.models_filters import LIFECYCLE_LABELS, NEED_LABELS, SCOPE_LABELS
from components.words import plain

_DIFFERENT = "models_only_differences"
_UNKNOWN = "unknown"


def beside(
    resolutions: Sequence[Resolution], *, catalogue: Catalogue, book: PriceBook, region: str | None
) -> None:
    """Draw models beside each other.

    Args:
        resolutions: What their ids stand for, two to four.
        catalogue: What the connection lists.
        book: All prices.
        region: Whose prices, where they differ by Region.
    """
    with st.container(border=True, key="models_beside"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{len(resolutions)} models beside each other", anchor=False, width="content")
            writers = [one.model_id for one in resolutions if _comparable(one)]
            if writers and st.button(
                "Try in Compare", key="models_try", type="primary", icon=":material/compare:"
            ):
                try_in_compare.send(writers, catalogue=catalogue)
            only = st.toggle("Only what differs", key=_DIFFERENT, persist_state="session")
        away = try_in_compare.not_listed([one.model_id for one in resolutions], catalogue)
        if away:
            st.caption(f":material/info: Not listed by the connection: {plain(', '.join(away))}.")
        if len(writers) < len(resolutions):
            st.caption(
                ":material/info: What cannot be called or does not answer in text cannot stand in Compare."
            )
        rows = _rows(resolutions, book=book, region=region)
        shown = {name: cells for name, cells in rows.items() if not only or len(set(cells)) > 1}
        # What differs is marked by a sign as well as by weight: colour alone would not do.
        table = {
            f"**≠ {name}**" if len(set(cells)) > 1 else name: list(cells) for name, cells in shown.items()
        }
        heads = [plain(one.spec.name if one.spec else one.model_id) for one in resolutions]
        frame = pd.DataFrame.from_dict(table, orient="index", columns=_distinct(heads))
        st.table(frame, border="horizontal")


def _comparable(resolution: Resolution) -> bool:
    spec = resolution.spec
    if spec is None:
        return True
    return spec.answers_in_text and (spec.reachable is not False or resolution.kind != "foundation_model")


def _distinct(heads: list[str]) -> list[str]:
    """Two ids of one model have one name: number them."""
    return [
        head if heads.count(head) == 1 else f"{head} ({heads[: place + 1].count(head)})"
        for place, head in enumerate(heads)
    ]


def _rows(
    resolutions: Sequence[Resolution], *, book: PriceBook, region: str | None
) -> dict[str, tuple[str, ...]]:
    columns = [_facts(resolution, book, region) for resolution in resolutions]
    return {name: tuple(column[name] for column in columns) for name in columns[0]}


def _facts(resolution: Resolution, book: PriceBook, region: str | None) -> dict[str, str]:
    spec = resolution.spec
    local = resolution.scope == "local"
    price = None if local else price_of(resolution, book, region=region)
    rates = price.rates if price else None
    facts = {
        "Id": plain(resolution.model_id),
        "Provider": plain(spec.provider) if spec else _UNKNOWN,
        "Scope": SCOPE_LABELS[resolution.scope],
        "Input, per million": "$0" if local else plain(format_rate(rates.input if rates else None)),
        "Output, per million": "$0" if local else plain(format_rate(rates.output if rates else None)),
        "Cache read, per million": "–" if local else plain(format_rate(rates.cache_read if rates else None)),
        "Price from": "this machine" if local else plain(price_origin(price) or _UNKNOWN),
        "Context window": _tokens(spec.context_window if spec else None),
        "Max output": _tokens(spec.max_output_tokens if spec else None),
        "Takes": ", ".join(spec.input_modalities) or _UNKNOWN if spec else _UNKNOWN,
        "Lifecycle": LIFECYCLE_LABELS[spec.lifecycle] if spec and spec.lifecycle else _UNKNOWN,
        "End of life": _end_of_life(resolution),
    }
    known = capabilities_of(spec) if spec else {}
    facts |= {NEED_LABELS[need]: yes_no(known.get(need)) for need in NEED_WORDS}
    for name, rule in rules_for(resolution).items():
        state = rule.state.value.replace("_", " ")
        facts[f"Setting: {PARAMETER_LABELS.get(name, name)}"] = f"{state} {rule_range(rule)}".strip()
    return facts


def _end_of_life(resolution: Resolution) -> str:
    spec = resolution.spec
    if spec is None:
        return _UNKNOWN
    return spec.end_of_life.isoformat() if spec.end_of_life else "none announced, as far as known"


def _tokens(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,}"
