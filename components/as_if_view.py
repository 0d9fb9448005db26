"""Measured tokens at every model's price: scope by scope, tier by tier, with and without a cache."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.models import Scope
from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_usd
from bedrock_playground.catalog.price_book import OTHER_TOKENISER
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.planning.as_if import CACHING_WORDS, AsIf, Caching, as_if_everywhere
from bedrock_playground.planning.offers import TIER_WORDS, TIERS, Offers, answering
from bedrock_playground.planning.tokens import counted
from components.choosing import region_label, regions
from components.models_filters import SCOPE_LABELS
from components.palette import colour
from components.resources import get_price_book
from components.usage_groups import Measured

_SCOPES: tuple[Scope, ...] = ("in_region", "geographic", "global")
_BARS = 12
_CSS = "<style>.st-key-{key}_ways > div {{ flex: 1 1 15rem; }}</style>"


def everywhere(measured: Measured, *, key: str) -> None:
    """Draw a table and a chart of what measured tokens cost everywhere.

    Args:
        measured: The tokens.
        key: What the widgets' keys begin with.
    """
    if not measured.groups:
        st.caption("No run here told how many tokens there were, so there is nothing to price.")
        return
    cached = any(_cached(measured))
    region, scopes, tiers, cachings = _ways(key, measured.region, cached=cached)
    known, missing = as_if_everywhere(
        measured.groups,
        answering(load_models().values()),
        offers=Offers(get_price_book()),
        region=region,
        cachings=cachings,
    )
    rows = [row for row in known if row.scope in scopes and row.tier in tiers]
    _paid(measured)
    if rows:
        _chart(rows, measured, key=key)
        _table(rows, measured, key=key)
    else:
        st.caption("Nothing has a known price in these ways. Tick more of them.")
    apart = [row for row in missing if row.scope in scopes and row.tier in tiers]
    if apart:
        with st.expander(f"{len(apart)} without a known price"):
            st.dataframe(
                pd.DataFrame([_cells(row) | {"Why": row.cost.note} for row in apart]),
                hide_index=True,
                key=f"{key}_missing",
                alt="What has no known price, and why",
            )
    st.caption(f"{OTHER_TOKENISER} Tiers that a model is not known to be offered in are left out.")


def _cached(measured: Measured) -> list[bool]:
    return [bool(told.input_in_all - told.input) for group in measured.groups if (told := counted(group))]


def _ways(
    key: str, called: str | None, *, cached: bool
) -> tuple[str | None, list[Scope], list[str], list[Caching]]:
    """Draw what to show, and read it."""
    st.html(_CSS.format(key=key))
    ways: list[Caching] = [one for one in get_args(Caching) if cached or one != "measured"]
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_ways"):
        names = regions()
        region: str | None = st.selectbox(
            "Called from",
            names if called is None or called in names else (*names, called),
            index=names.index(called) if called in names else None,
            format_func=region_label,
            key=f"{key}_region",
            placeholder="General (US) prices",
        )
        scopes = st.pills(
            "Reached", _SCOPES, selection_mode="multi", default=_SCOPES, key=f"{key}_scopes", wrap=True,
            format_func=lambda scope: SCOPE_LABELS[scope],
        )  # fmt: skip
        tiers = st.pills(
            "Paid for", TIERS, selection_mode="multi", default=TIERS[:1], key=f"{key}_tiers", wrap=True,
            format_func=TIER_WORDS.__getitem__,
        )  # fmt: skip
        cachings = st.pills(
            "Cache", ways, selection_mode="multi", default=ways[:1], key=f"{key}_cachings", wrap=True,
            format_func=CACHING_WORDS.__getitem__,
        )  # fmt: skip
    return region, list(scopes), list(tiers), list(cachings)


def _paid(measured: Measured) -> None:
    runs = f"{measured.runs:,} run{'' if measured.runs == 1 else 's'}"
    tokens_in = sum(one.input_in_all for group in measured.groups if (one := counted(group)))
    tokens_out = sum(group.usage.output_tokens or 0 for group in measured.groups)
    told = [f"**{runs}**: {tokens_in:,} tokens in, {tokens_out:,} out."]
    in_all = measured.runs + measured.untold
    if not measured.priced:
        told.append("What they cost is unknown.")
    elif measured.priced == in_all:
        told.append(f"They cost **{_money(measured.paid)}**.")
    else:
        some = f"{measured.priced:,} of {in_all:,} runs cost {_money(measured.paid)}"
        told.append(f"{some}; of the others it is unknown.")
    if measured.untold:
        told.append(f"{measured.untold:,} more told no token counts and are left out.")
    st.markdown(" ".join(told))


def _money(amount: Decimal | None) -> str:
    return format_usd(amount).replace("$", "\\$")


def _chart(rows: Sequence[AsIf], measured: Measured, *, key: str) -> None:
    best: dict[str, AsIf] = {}
    for row in rows:
        best.setdefault(row.name, row)
    shown = list(best.values())[:_BARS]
    costs = [float(row.cost.amount or 0) for row in shown]
    figure = go.Figure(
        go.Bar(
            x=costs,
            y=[row.name for row in shown],
            orientation="h",
            marker_color=colour(0),
            text=[format_usd(row.cost.amount) for row in shown],
            textposition="auto",
            hovertext=[f"{row.model_id}<br>{way_of(row)}" for row in shown],
            hovertemplate="%{y}: %{text}<br>%{hovertext}<extra></extra>",
        )
    )
    all_paid = measured.priced == measured.runs + measured.untold
    if all_paid and measured.paid:
        figure.add_vline(
            x=float(measured.paid), line_dash="dash", line_color=colour(1),
            annotation_text="what it cost", annotation_position="top left",
        )  # fmt: skip
    what = "The cheapest models" if len(shown) > 1 else "The cheapest model"
    figure.update_layout(
        title={"text": f"{what}<br><sub>US dollars for all of these tokens, each in its cheapest way</sub>",
               "font": {"size": 15}},
        height=96 + 26 * len(shown),
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        yaxis={"autorange": "reversed", "type": "category", "title": None},
        xaxis={"rangemode": "tozero", "tickprefix": "$", "exponentformat": "none", "title": None},
        showlegend=False,
    )  # fmt: skip
    words = ", ".join(f"{row.name} {format_usd(row.cost.amount)}" for row in shown)
    st.plotly_chart(
        figure, key=f"{key}_chart", config={"displayModeBar": False}, alt=f"Cost in US dollars: {words}"
    )


def way_of(row: AsIf) -> str:
    """Say in words how an id is reached, paid for and cached."""
    return f"{SCOPE_LABELS[row.scope]}, {TIER_WORDS[row.tier]}, {CACHING_WORDS[row.caching]}"


def _table(rows: Sequence[AsIf], measured: Measured, *, key: str) -> None:
    data = pd.DataFrame(
        [
            _cells(row)
            | {
                "Cost": float(row.cost.amount or 0),
                "Per 1,000 runs": float((row.cost.amount or Decimal(0)) * 1000 / measured.runs),
                "Known by": CONFIDENCE_WORDS[row.cost.confidence],
                "Source": row.cost.source,
                "As of": row.cost.as_of,
                "Note": row.cost.note,
            }
            for row in rows
        ]
    )
    first = ["Model", "Cost", "Per 1,000 runs", "Reached", "Paid for", "Cache", "Known by"]
    data = data[[*first, *(name for name in data.columns if name not in first)]]
    st.dataframe(
        data,
        hide_index=True,
        key=f"{key}_table",
        height=35 * (min(len(data), 9) + 1) + 3,
        alt="What these tokens cost on every model, cheapest first",
        column_config={
            "Model": st.column_config.TextColumn(width=190, pinned=True),
            "Cost": st.column_config.NumberColumn(format="$%.6g", help="US dollars for all of these tokens"),
            "Per 1,000 runs": st.column_config.NumberColumn(format="$%.6g"),
        },
    )
    st.download_button(
        "Download CSV",
        data.to_csv(index=False),
        file_name="price-as-if.csv",
        mime="text/csv",
        key=f"{key}_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _cells(row: AsIf) -> dict[str, object]:
    return {
        "Model": row.name,
        "Reached": SCOPE_LABELS[row.scope],
        "Paid for": TIER_WORDS[row.tier],
        "Cache": CACHING_WORDS[row.caching],
        "Id": row.model_id,
    }
