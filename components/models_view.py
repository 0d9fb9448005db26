"""The page Models besides filters, table and details: the rows, counts, and what to do without any."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.search import (
    Filters,
    Found,
    ModelGroup,
    ModelRow,
    group_by_model,
    relaxations,
    rows_of,
    search,
    sort_rows,
)
from bedrock_playground.catalog.snapshot import snapshot_date
from components import models_filters, models_table
from components.words import plain


def rows(catalogue: Catalogue, book: PriceBook, *, region: str | None) -> tuple[ModelRow, ...]:
    """Every id that is known, with the prices of the Region that the filters name.

    Args:
        catalogue: What is known.
        book: All prices.
        region: Whose prices, where the filters name none.
    """
    where = st.session_state.get(models_filters.REGION) or region
    return rows_of(catalogue.options, book, region=where, resolve=catalogue.resolve)


def find(all_rows: Sequence[ModelRow], which: Filters) -> tuple[Found, tuple[ModelGroup, ...]]:
    """Filter, group and sort."""
    found = search(all_rows, which)
    by, descending = models_filters.sorting()
    if models_filters.every_id():
        ordered = sort_rows(found.rows, by, descending=descending)
        return found, tuple(ModelGroup(row, (row,)) for row in ordered)
    groups = {group.best.model_id: group for group in group_by_model(found.rows)}
    best = sort_rows((group.best for group in groups.values()), by, descending=descending)
    return found, tuple(groups[row.model_id] for row in best)


def version(which: Filters) -> str:
    """Another one for every other table: rows are selected by their place in it."""
    text = repr((which, models_filters.sorting(), models_filters.every_id()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def counts(all_rows: Sequence[ModelRow], found: Found, *, catalogue: Catalogue) -> None:
    """Say how much was found, how much was left out for not being known, and where it comes from."""
    models = len({row.base_id for row in found.rows})
    listed = sum(option.listed for option in catalogue.options)
    words = [
        f"**{models:,} of {len({row.base_id for row in all_rows}):,} models**",
        f"{len(found.rows):,} {'id' if len(found.rows) == 1 else 'ids'}",
        f"{listed:,} {'id' if listed == 1 else 'ids'} listed by this connection",
        f"snapshot of {snapshot_date()}",
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="models_counts"):
        st.caption(" · ".join(words), width="content")
        left = {row.base_id for row in found.unknown} - {row.base_id for row in found.rows}
        if left:
            st.button(
                f"Show {len(left)} more of which that is not known",
                key="models_include_unknown",
                type="tertiary",
                icon=":material/help:",
                on_click=models_filters.include_unknown,
            )


def nothing_found(all_rows: Sequence[ModelRow], which: Filters) -> None:
    """Say that no model passes, which filter is in the way, and what else the text may be."""
    with st.container(border=True, key="models_nothing"):
        st.write("No model passes all of these filters.")
        ways = relaxations(all_rows, which)
        if ways:
            st.caption("Without one of them there are:")
        with st.container(horizontal=True):
            for name, count in ways[:4]:
                st.button(
                    f"{count:,} {'id' if count == 1 else 'ids'} without {models_filters.label_of(name)}",
                    key=f"models_relax_{name}",
                    icon=":material/filter_alt_off:",
                    on_click=models_filters.relax,
                    args=(name,),
                )
            st.button("Clear the filters", key="models_clear", on_click=models_filters.clear)
        if which.text and not any(name != "text" for name in which.active()):
            st.caption("Any id or ARN that Converse takes can be looked up, listed or not:")
            st.button(
                f"Look up {plain(which.text)}",
                key="models_look_up",
                icon=":material/search:",
                on_click=models_table.show,
                args=(which.text,),
            )
