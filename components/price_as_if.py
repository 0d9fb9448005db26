"""“Price as if”: what the tokens that were just measured would cost on any Bedrock model."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from bedrock_playground.catalog.arithmetic import uncached
from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_per_thousand, format_usd, origin
from bedrock_playground.catalog.price_book import OTHER_TOKENISER, PriceBook
from bedrock_playground.catalog.price_table import ids_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.cost import Cost
from components.model_picker import price_words
from components.resources import get_price_book
from components.words import plain

MODEL = "price_as_if_model"
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
        labels = _labels(book)
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
            _answer(runs, book, model_id)


def _answer(runs: list[LaneRun], book: PriceBook, model_id: str) -> None:
    costs = [book.as_if(run.usage, model_id, counted_by=run.request.model_id) for run in runs]
    rows = "".join(_row(run, cost) for run, cost in zip(runs, costs, strict=True))
    st.html(
        f"{_STYLE}<div class='bp-as-if-scroll'><table class='bp-as-if' data-testid='price-as-if'><thead><tr>"
        "<th>Run</th><th title='Input tokens'>In</th><th title='Output tokens'>Out</th><th>Cost</th>"
        "<th>As if</th><th>× 1,000</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    price = book.price(model_id)
    if price is None:
        return
    st.caption(
        plain(
            f"{price.source} · as of {price.as_of.isoformat()} · {CONFIDENCE_WORDS[price.confidence]}"
            f"{f' · {price.note}' if price.note else ''}. {OTHER_TOKENISER}"
        )
    )


def _row(run: LaneRun, cost: Cost) -> str:
    usage = uncached(run.usage, run.request.model_id) if run.usage else None
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


_LAST: tuple[PriceBook, Mapping[str, str]] | None = None


def _labels(book: PriceBook) -> Mapping[str, str]:
    """The ids that have a price, and what each is called; made once per book."""
    global _LAST  # noqa: PLW0603 - a memo of one entry; losing a race only makes it anew
    if _LAST is None or _LAST[0] is not book:
        _LAST = (
            book,
            {
                model_id: f"{spec.name} · {price_words(model_id, book)} · {model_id}"
                for spec in load_models().values()
                if spec.answers_in_text
                for model_id in ids_of(spec)
                if _is_whole(book, model_id)
            },
        )
    return _LAST[1]


def _is_whole(book: PriceBook, model_id: str) -> bool:
    """Whether both what goes in and what comes out has a price."""
    price = book.price(model_id)
    return price is not None and price.rates.input is not None and price.rates.output is not None
