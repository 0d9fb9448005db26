"""The model picker of a lane: what can be called here, then the rest of Bedrock, each with its price."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.models import ModelOption
from bedrock_playground.catalog.money import format_rate
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.catalog.search import price_of
from components.resources import get_price_book
from components.variants import key

_LAST: tuple[Catalogue, PriceBook, str | None, Mapping[str, str]] | None = None


def model_picker(
    letter: str,
    catalogue: Catalogue,
    *,
    region: str | None,
    label: str | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Draw the picker; any other id may be typed.

    Args:
        letter: Which variant.
        catalogue: The models to offer.
        region: Where calls go, for prices that differ by Region.
        label: What it is for; read out, and not to be seen.
        more: What can be picked besides models: names by id.
    """
    names = _labels(catalogue, region)
    if more:
        names = {**names, **more}
    typed = st.session_state.get(key(letter, "model"))
    options = [*names, *([typed] if typed and typed not in names else [])]
    st.selectbox(
        label or f"Model of variant {letter}",
        options,
        format_func=lambda model_id: names.get(model_id, model_id),
        key=key(letter, "model"),
        # Without a value there is nothing to show; with one there is nothing to clear.
        index=0 if typed else None,
        accept_new_options=True,
        persist_state="session",
        label_visibility="collapsed",
        placeholder="Pick a model or type any model id or ARN",
        on_change=_picked,
        args=(letter,),
    )


def _picked(letter: str) -> None:
    # Written back, a typed id that is on the list gets its name in the browser too.
    model = st.session_state[key(letter, "model")]
    st.session_state[key(letter, "model")] = model.strip() if model else None


def price_words(model_id: str, book: PriceBook, *, region: str | None = None) -> str:
    """Say the price per million tokens, in and out, in a few words.

    Args:
        model_id: What is sent as ``modelId``.
        book: Where prices are looked up.
        region: Where calls go.
    """
    if is_local(model_id):
        return "no charge"
    return _words(book.price(model_id, region=region))


def _words(price: Price | None) -> str:
    if price is None or price.rates.input is None or price.rates.output is None:
        return "price unknown"
    return f"{format_rate(price.rates.input)} in, {format_rate(price.rates.output)} out"


def _labels(catalogue: Catalogue, region: str | None) -> Mapping[str, str]:
    """What each option is called; made once per list of models, not once per lane."""
    global _LAST  # noqa: PLW0603 - a memo of one entry; losing a race only makes it anew
    book, last = get_price_book(), _LAST
    if last is None or last[0] is not catalogue or last[1] is not book or last[2] != region:
        options = sorted((option for option in catalogue.options if option.comparable), key=_elsewhere)
        last = (
            catalogue,
            book,
            region,
            {one.model_id: _label(one, catalogue, book, region=region) for one in options},
        )
        _LAST = last
    return last[3]


def _elsewhere(option: ModelOption) -> bool:
    return not option.listed


def _label(option: ModelOption, catalogue: Catalogue, book: PriceBook, *, region: str | None) -> str:
    elsewhere = "" if option.listed else " · needs AWS"
    through = f" ({option.model_id.split('.')[0]})" if option.scope in {"geographic", "global"} else ""
    price = (
        # No source has a price for its ARN; what it reaches has one.
        _words(price_of(catalogue.resolve(option.model_id), book, region=region))
        if option.scope == "application"
        else price_words(option.model_id, book, region=region)
    )
    return f"{option.name}{through} · {price}{elsewhere} · {option.model_id}"
