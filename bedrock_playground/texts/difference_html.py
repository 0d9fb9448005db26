"""A difference as HTML: marked by ``del`` and ``ins``, not by colour alone; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bedrock_playground.texts.difference import Gap, Kind, Piece


def inline_html(pieces: Iterable[Piece | Gap]) -> str:
    """Both texts in one: what only the first has in ``del``, what only the second has in ``ins``.

    Where they are the same, the first text's spacing is shown.
    """
    return "".join(
        _gap(piece) if isinstance(piece, Gap) else _marked(piece, piece.left or piece.right)
        for piece in pieces
    )


def columns_html(pieces: Iterable[Piece | Gap]) -> tuple[str, str]:
    """Each text by itself, with what the other has not marked; gaps stand in both."""
    columns: tuple[list[str], list[str]] = ([], [])
    for piece in pieces:
        if isinstance(piece, Gap):
            for column in columns:
                column.append(_gap(piece))
            continue
        for column, text in zip(columns, (piece.left, piece.right), strict=True):
            if text:
                column.append(_marked(piece, text))
    return "".join(columns[0]), "".join(columns[1])


def _marked(piece: Piece, text: str) -> str:
    # A mark ends with its last word: a line drawn on into white space looks like a word that is not there.
    words = text.rstrip()
    written, space = escape(words), escape(text[len(words) :])
    match piece.kind:
        case Kind.SAME:
            return written + space
        case Kind.LEFT:
            return f"<del>{written}</del>{space}"
        case Kind.RIGHT:
            return f"<ins>{written}</ins>{space}"


def _gap(gap: Gap) -> str:
    noun = "word" if gap.words == 1 else "words"
    return f'<span class="bp-gap"> … {gap.words:,} equal {noun} … </span>'
