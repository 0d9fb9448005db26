"""Pictures that the server draws: one component that puts them into the page and leaves it at that.

``st.html`` lets no SVG through, and whatever it is sent anew flickers. What comes here is escaped by whoever
drew it (:mod:`bedrock_playground.patterns.picture`); its colours are the theme's own properties.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

_CSS = Path(__file__).parent / "assets" / "picture.css"
_JS = """
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".bpp-figure");
  if (root.bpShown === data.html) return;
  root.bpShown = data.html;
  // A reader who scrolled stays there.
  const at = [...root.querySelectorAll(".bpp-scrolls")].map((each) => each.scrollLeft);
  root.innerHTML = data.html;
  root.querySelectorAll(".bpp-scrolls").forEach((each, place) => { each.scrollLeft = at[place] ?? 0; });
}
"""


@cache
def _renderer() -> ComponentRenderer:
    return component(
        "bp_picture",
        html='<div class="bpp-figure"></div>',
        css=_CSS.read_text(encoding="utf-8"),
        js=_JS,
        isolate_styles=False,
    )


def picture(html: str, *, key: str) -> None:
    """Show a picture.

    Args:
        html: SVG or HTML in which every text is escaped.
        key: The component's key; keep it for a place on the page, whatever is shown there.
    """
    _renderer()(key=key, data={"html": html})
