"""Text that is not ours, made safe to stand in Streamlit's Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|$~]|:(?=\w))")


def plain(text: str) -> str:
    """Escape what Streamlit would read as formatting, mathematics, an icon or a colour."""
    return _SPECIAL.sub(r"\\\1", text)
