"""The theme's colours for charts, and marks that tell the same without colour."""

from __future__ import annotations

import streamlit as st

# Okabe and Ito's colours, as in .streamlit/config.toml.
ON_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#b4508f", "#b07800", "#3a9bd9", "#6b4c9a", "#5f6b76")
ON_DARK = ("#4da3e0", "#f08a4b", "#35c496", "#e08fc0", "#e3b341", "#8ccbf5", "#b39ddb", "#a3afbd")
"""On a light page, and on a dark one; a letter keeps its colour whatever stands beside it."""

SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "cross", "x", "star", "circle-open", "triangle-down",
)  # fmt: skip
"""Markers, in the order of the colours; one more, for whoever comes after the last colour."""
DASHES = ("solid", "dash", "dot", "dashdot")
"""Lines."""

PRINT = """
<style>
@media print {
  .js-plotly-plot text { fill: #111 !important; }
  .js-plotly-plot .gridlayer path, .js-plotly-plot .zerolinelayer path { stroke: #bbb !important; }
  .js-plotly-plot { break-inside: avoid; }
}
</style>
"""
"""A dark page is printed on white paper: what is written in figures has to be read there too."""


def colour(place: int) -> str:
    """The colour of a series, on the page as it is now; they begin anew after the eighth.

    Args:
        place: Which series, from 0 on.
    """
    colours = ON_DARK if st.context.theme.type == "dark" else ON_LIGHT
    return colours[place % len(colours)]
