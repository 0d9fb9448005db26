"""The Streamlit side of the live view: two components that only carry an id, a letter and a ticket."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.live.route import assets_version
from components.live.ticket import LIFETIME, issue_ticket

_TICKETS = "_bp_live_tickets"

# Inline JavaScript travels with every session, so it only fetches the real module, which the browser caches.
_STUB = """
export default function (component) {
  const url = new URL(`bp/live/${component.data.version}/EXPORT.js`, document.baseURI).href;
  const root = component.parentElement;
  let gone = false;
  import(url).then(
    (module) => { if (!gone) module.mount(component); },
    () => { root.textContent = "The live view did not load. Check the connection and reload the page."; },
  );
  return () => { gone = true; root.bpUnmount?.(); };
}
"""


@cache
def _renderer(name: str) -> ComponentRenderer:
    return component(f"bp_live_{name}", js=_STUB.replace("EXPORT", name), isolate_styles=False)


def lane(
    comparison_id: str,
    label: str,
    *,
    key: str,
    expanded: bool = False,
    blind: bool = False,
    on_rerun: Callable[[], None] | None = None,
) -> None:
    """Show one lane of a live (or just finished) comparison.

    Args:
        comparison_id: The comparison, as registered with :func:`components.live.get_hub`.
        label: The lane's letter.
        key: The component's key; keep it for a place on the page, whatever comparison it shows.
        expanded: Whether the text may use the page's height instead of scrolling in its own box.
        blind: Whether it shows an answer whose name is hidden: there are no figures then.
        on_rerun: Called when the lane's own button asks to run it again. Without it, what was sent last is
            sent again over the lane's socket, which knows nothing of the page's settings.
    """
    data = _data(comparison_id) | {
        "label": label,
        "expanded": expanded,
        "blind": blind,
        "pageReruns": on_rerun is not None,
    }
    _renderer("lane")(key=key, data=data, on_ticket_change=_nothing, on_rerun_change=on_rerun or _nothing)


def live_charts(comparison_id: str, *, key: str, drawn_running: bool = False) -> bool:
    """Show tokens over time, where the time goes, cost, and cost against latency of all lanes, live.

    Args:
        comparison_id: The comparison.
        key: The component's key.
        drawn_running: Whether the page took the comparison for running when it was drawn: then it needs a
            rerun even if all is over before the browser looks.

    Returns:
        ``True`` in the one rerun that the browser asks for when a running comparison has finished, or when
        one that had finished runs again (a lane's own re-run button does that behind the page's back).
        Which of them it was, the comparison itself says.
    """
    result = _renderer("charts")(
        key=key,
        data=_data(comparison_id) | {"drawnRunning": drawn_running},
        on_finished_change=_nothing,
        on_resumed_change=_nothing,
        on_ticket_change=_nothing,
    )
    return bool(result.finished or result.resumed)


def _nothing() -> None:
    """Make a value a trigger: the rerun itself is what is wanted."""


def _data(comparison_id: str) -> dict[str, object]:
    return {"comparison": comparison_id, "ticket": _ticket(comparison_id), "version": assets_version()}


def _ticket(comparison_id: str) -> str:
    """Return this session's ticket; the same one for hours, so that a rerun changes nothing in the page."""
    tickets: dict[str, tuple[float, str]] = st.session_state.setdefault(_TICKETS, {})
    made, ticket = tickets.get(comparison_id, (0.0, ""))
    if time.time() - made > LIFETIME / 2:
        context = get_script_run_ctx()
        ticket = issue_ticket(comparison_id, context.session_id if context else "")
        tickets[comparison_id] = (time.time(), ticket)
    return ticket
