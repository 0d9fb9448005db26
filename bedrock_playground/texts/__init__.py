"""Texts held against each other: what two answers share, and what only one of them has. Pure."""

from bedrock_playground.texts.canonical import canonical_json
from bedrock_playground.texts.difference import Difference, Gap, Kind, Level, Piece, compare, folded
from bedrock_playground.texts.difference_html import columns_html, inline_html

__all__ = [
    "Difference",
    "Gap",
    "Kind",
    "Level",
    "Piece",
    "canonical_json",
    "columns_html",
    "compare",
    "folded",
    "inline_html",
]
