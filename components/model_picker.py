"""The model picker of a lane: what can be called here, then the rest of Bedrock, each with its price."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.models import ModelOption
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.price_book import PriceBook
from components.resources import get_price_book
from components.variants import key

_LAST: tuple[Catalogue, PriceBook, Mapping[str, str]] | None = None


def model_picker(letter: str, catalogue: Catalogue) -> None:
    """Draw the picker; any other id may be typed.

    Args:
        letter: Which variant.
        catalogue: The models to offer.
    """
    names = _labels(catalogue)
    typed = st.session_state.get(key(letter, "model"))
    options = [*names, *([typed] if typed and typed not in names else [])]
    st.selectbox(
        f"Model of variant {letter}",
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


def price_words(model_id: str, book: PriceBook) -> str:
    """The price per million tokens, in and out, in a few words."""
    if model_id.startswith("local."):
        return "no charge"
    price = book.price(model_id)
    if price is None or price.rates.input is None or price.rates.output is None:
        return "price unknown"
    return f"{format_usd(price.rates.input)} in, {format_usd(price.rates.output)} out"


def _labels(catalogue: Catalogue) -> Mapping[str, str]:
    """What each option is called; made once per list of models, not once per lane."""
    global _LAST  # noqa: PLW0603 - a memo of one entry; losing a race only makes it anew
    book = get_price_book()
    if _LAST is None or _LAST[0] is not catalogue or _LAST[1] is not book:
        options = sorted((option for option in catalogue.options if option.answers_in_text), key=_elsewhere)
        _LAST = (catalogue, book, {option.model_id: _label(option, book) for option in options})
    return _LAST[2]


def _elsewhere(option: ModelOption) -> bool:
    return not option.listed


def _label(option: ModelOption, book: PriceBook) -> str:
    elsewhere = "" if option.listed else " · needs AWS"
    through = f" ({option.model_id.split('.')[0]})" if option.scope in {"geographic", "global"} else ""
    return f"{option.name}{through} · {price_words(option.model_id, book)}{elsewhere} · {option.model_id}"
