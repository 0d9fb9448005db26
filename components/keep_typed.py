"""Nothing typed is lost when Escape closes the popover that it was typed into.

Streamlit commits a text when its field loses the focus, and takes a closing popover's fields away without
that: a click elsewhere keeps what was typed, Escape would not.
"""

from __future__ import annotations

from functools import cache

from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

# On the way down to whatever closes the popover, so that the text is committed first. A list is left alone:
# there, Escape takes back a choice that was only looked at.
_LISTENER = """
const TYPED = "textarea, [data-testid=stTextInput] input, [data-testid=stNumberInput] input";
export default function () {
  const leave = (event) => {
    const field = document.activeElement;
    if (event.key === "Escape" && field?.closest("[data-testid=stPopoverBody]") && field.matches(TYPED)) {
      field.blur();
    }
  };
  window.addEventListener("keydown", leave, true);
  return () => window.removeEventListener("keydown", leave, true);
}
"""


@cache
def _renderer() -> ComponentRenderer:
    return component("bp_keep_typed", js=_LISTENER, isolate_styles=False)


def keep_typed() -> None:
    """Have Escape keep what was typed into a popover; once per page, and nothing to be seen."""
    _renderer()(key="keep_typed", width="content", height="content")
