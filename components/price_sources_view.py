"""Where this installation's prices come from, and the one way to ask AWS for newer ones."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from bedrock_playground.catalog.aws_prices import PriceRefreshError, refresh_aws_prices
from bedrock_playground.catalog.price_sources import AWS_FILE, OWN_FILES, find_own_file
from bedrock_playground.connection import DEFAULT_REGION
from components.connection import remote
from components.price_problems import price_problems
from components.resources import get_price_book, get_settings, read_prices_again
from components.words import plain

_FETCHED = "prices_fetched"
_PROBLEM = "prices_problem"


def price_sources() -> None:
    """Show the sources in the order in which they are believed, and offer to fetch AWS's list."""
    with st.container(border=True, key="price_sources"):
        st.subheader("Prices", anchor=False)
        st.write("Every figure of money says its source and date. The first source that knows a price wins.")
        price_problems()
        st.markdown("\n".join(f"1. {line}" for line in _lines()))
        region = remote().config.region or DEFAULT_REGION
        with st.container(horizontal=True):
            st.button(
                f"Fetch AWS’s list for {region}",
                key="prices_fetch",
                icon=":material/download:",
                on_click=_fetch,
                args=(region,),
            )
            st.button(
                "Read the files again",
                key="prices_read",
                icon=":material/refresh:",
                on_click=read_prices_again,
            )
        if fetched := st.session_state.pop(_FETCHED, None):
            st.success(plain(fetched), icon=":material/check:")
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(plain(problem), icon=":material/error:")
        st.caption(
            "AWS’s price list is public: nothing of yours is sent. It is fetched when you ask for it, never "
            "otherwise."
        )


def _lines() -> list[str]:
    settings, book = get_settings(), get_price_book()
    own_file = find_own_file(settings.price_file, settings.data_dir)
    own = (
        f"{len(book.own)} prices in `{own_file}`"
        if own_file
        else f"none; put `{OWN_FILES[0]}` into " + (f"`{settings.data_dir}`")
    )
    aws, genai, snapshot = book.listed
    regions = Counter((price.region, price.as_of) for price in aws)
    fetched = ", ".join(
        f"{count} prices of {region} as of {day.isoformat()}"
        for (region, day), count in sorted(regions.items())
    )
    newer = f"{len(genai)} prices of {genai[0].source}" if genai else "as in the snapshot"
    dates = [price.as_of for price in snapshot]
    return [
        f"**Your own file**: {own}",
        f"**AWS’s price list**: {plain(fetched) or 'not fetched'}",
        f"**genai-prices**: {plain(newer)}",
        f"**The snapshot** that comes with the app: {len(snapshot)} prices as of {max(dates).isoformat()}",
        "**An estimate** from the nearest price, which says so",
    ]


def _fetch(region: str) -> None:
    try:
        told = refresh_aws_prices(get_settings().cache_dir / AWS_FILE, region=region)
    except PriceRefreshError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    read_prices_again()
    left_out = (
        f" Not in the catalogue, so left out: {', '.join(told.unknown_names)}." if told.unknown_names else ""
    )
    st.session_state[_FETCHED] = (
        f"{told.prices} prices of {region}, published by AWS on {told.published.isoformat()}.{left_out}"
    )
