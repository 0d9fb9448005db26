"""“Price as if”: what the tokens that were just measured would cost on any Bedrock model."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from html import escape

import streamlit as st

from bedrock_playground.catalog.arithmetic import sentences, uncached
from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_per_thousand, format_usd, origin
from bedrock_playground.catalog.price_book import OTHER_TOKENISER, PriceBook
from bedrock_playground.catalog.price_table import ids_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.planning.tokens import group_of
from components.model_picker import price_words
from components.resources import get_price_book, get_pricer
from components.usage_groups import Measured
from components.words import plain

MODEL, EVERYWHERE = "price_as_if_model", "price_as_if_everywhere"
_STYLE = """
<style>
.bp-as-if { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.875rem; }
.bp-as-if th, .bp-as-if td { padding: 0.25rem 0 0.25rem 0.8rem; text-align: right; vertical-align: bottom; }
.bp-as-if th { font-weight: 600; opacity: 0.75; }
.bp-as-if th:first-child, .bp-as-if td:first-child { text-align: left; padding-left: 0; }
.bp-as-if-scroll { overflow-x: auto; }
</style>
"""


def price_as_if(comparison: Comparison) -> None:
    """Offer any Bedrock model's price for the tokens of the latest turn.

    Args:
        comparison: A finished comparison.
    """
    runs = [
        run for lane in comparison.lanes for run in lane.latest_turn if run.usage and run.result is not None
    ]
    if not runs:
        return
    book = get_price_book()
    with st.expander("Price as if", icon=":material/sell:", key="price_as_if"):
        st.write("What the tokens measured above would cost on another model, without a cache.")
        region = _region(runs)
        labels = _labels(book, region)
        model_id = st.selectbox(
            "At the price of",
            list(labels),
            index=None,
            format_func=lambda model_id: labels.get(model_id, model_id),
            key=MODEL,
            persist_state="session",
            placeholder="Pick a Bedrock model",
        )
        if model_id is not None:
            _answer(runs, book, model_id=model_id, region=region)
        if st.toggle(
            "On every model", key=EVERYWHERE, persist_state="session",
            help="All of these runs together, on every model, scope and tier, with and without a cache.",
        ):  # fmt: skip
            # Only here, because it brings pandas and Plotly, which would hold up the first page.
            from components.as_if_view import everywhere  # noqa: PLC0415

            everywhere(_together(runs, region), key="as_if")


def _together(runs: list[LaneRun], region: str | None) -> Measured:
    """The runs' tokens; those of which the service told too little are counted, and no more."""
    groups = tuple(
        group_of(run.usage, counted_by=_counted_by(run), region=region)
        for run in runs
        if run.usage and None not in {run.usage.input_tokens, run.usage.output_tokens}
    )
    amounts = [run.cost.amount for run in runs if run.cost and run.cost.amount is not None]
    paid = sum(amounts, Decimal(0)) if amounts else None
    return Measured(groups, len(groups), len(runs) - len(groups), paid, len(amounts))


def _region(runs: list[LaneRun]) -> str | None:
    """The AWS Region that was called: all lanes have one connection. Nothing for models on this machine."""
    return next((run.identity.region for run in runs if run.identity.endpoint != "local"), None)


def _answer(runs: list[LaneRun], book: PriceBook, *, model_id: str, region: str | None) -> None:
    counters = [_counted_by(run) for run in runs]
    costs = [
        book.as_if(run.usage, model_id, counted_by=counter, region=region)
        for run, counter in zip(runs, counters, strict=True)
    ]
    rows = "".join(_row(run, cost, counter) for run, cost, counter in zip(runs, costs, counters, strict=True))
    st.html(
        f"{_STYLE}<div class='bp-as-if-scroll'><table class='bp-as-if' data-testid='price-as-if'><thead><tr>"
        "<th>Run</th><th title='Input tokens'>In</th><th title='Output tokens'>Out</th><th>Cost</th>"
        "<th>As if</th><th>× 1,000</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    price = book.price(model_id, region=region)
    if price is None:
        why = f"No source has a price for {model_id}, so what these tokens would cost on it is unknown."
        st.caption(plain(why))
        return
    where = f" · {region}" if region else ""
    known = f"{price.source}{where} · as of {price.as_of.isoformat()} · {CONFIDENCE_WORDS[price.confidence]}"
    st.caption(plain(sentences(known, price.note, OTHER_TOKENISER) or ""))


def _counted_by(run: LaneRun) -> str:
    """The model whose way of counting the tokens' numbers follow."""
    pricer = get_pricer(run.identity.endpoint, run.identity.region)
    return pricer.counted_by(run.request, run.result) if run.result else run.request.model_id


def _row(run: LaneRun, cost: Cost, counted_by: str) -> str:
    usage = uncached(run.usage, counted_by)[0] if run.usage else None
    repeat = f".{run.identity.repeat + 1}" if run.identity.repeat else ""
    paid = run.cost
    cells = (
        _count(usage.input_tokens if usage else None),
        _count(usage.output_tokens if usage else None),
        _hinted(format_usd(paid.amount), origin(paid)) if paid else "n/a",
        _hinted(format_usd(cost.amount), origin(cost)),
        _hinted(format_per_thousand(cost.amount), origin(cost)),
    )
    # The lanes above say which model a letter is; a phone has no room for it here.
    name = _hinted(f"{run.identity.label}{repeat}", run.request.model_id)
    return f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _hinted(text: str, hint: str) -> str:
    return f'<span title="{escape(hint)}">{escape(text)}</span>'


def _count(tokens: int | None) -> str:
    return "n/a" if tokens is None else f"{tokens:,}"


_LAST: tuple[PriceBook, str | None, Mapping[str, str]] | None = None


def _labels(book: PriceBook, region: str | None) -> Mapping[str, str]:
    """The ids that answer in text, and what each is called, with its price; made once per book and Region."""
    global _LAST  # noqa: PLW0603 - a memo of one entry; losing a race only makes it anew
    if _LAST is None or _LAST[0] is not book or _LAST[1] != region:
        _LAST = (
            book,
            region,
            {
                model_id: f"{spec.name} · {price_words(model_id, book, region=region)} · {model_id}"
                for spec in load_models().values()
                if spec.answers_in_text
                for model_id in ids_of(spec)
            },
        )
    return _LAST[2]
