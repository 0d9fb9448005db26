"""Text that is not ours, made safe to stand in Streamlit's Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|$~]|:(?=\w))")


_EMOJI = re.compile(r":(?=[\w+-]+:)")
"""What Streamlit makes an emoji of, whatever is escaped."""

_ADDRESS = re.compile(r"(https?://[^\s<>\"'`]*[^\s<>\"'`.,:;!?)\]])")


def plain(text: str) -> str:
    """Escape what Streamlit would read as formatting, mathematics, an icon, a colour or a link.

    An address becomes code: Streamlit would make a link of it, with the escapes in it.
    """
    words = _ADDRESS.split(text)
    # A word joiner, which nobody sees, keeps `:smile:` from being one.
    words[::2] = [_SPECIAL.sub(r"\\\1", _EMOJI.sub(":\u2060", part)) for part in words[::2]]
    words[1::2] = [code(part) for part in words[1::2]]
    return "".join(words)


def code(text: str) -> str:
    """Make text that is not ours stand in Streamlit's Markdown as code, where escapes would be seen."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"
