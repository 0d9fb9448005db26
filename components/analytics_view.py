"""What the Analytics page is made of besides its sections: headline figures and the empty page."""

from __future__ import annotations

from datetime import date

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.analytics_values import AnalyticsFilter, Choices, Sums
from components import analytics_filters

SECTION = "analytics_section"
PLUS = "\\+ "
"""A plus sign that Markdown does not take for a list's."""
_COMPARE = "pages/playground/compare.py"
TIME, MODEL, ERRORS, CACHE, VOTES, PARAMETERS = (
    "Over time",
    "Latency by model",
    "Errors and retries",
    "Cache",
    "Votes",
    "Parameters",
)


def nothing_yet() -> None:
    """Say on an empty history what will stand here, and how to begin."""
    with st.container(border=True, key="analytics_empty"):
        st.subheader("No runs yet", anchor=False)
        st.write(
            "Every run is counted here: what models cost over time, how fast they answer, what goes wrong, "
            "what prompt caches save, which answers win votes, and what a parameter changes."
        )
        st.page_link(_COMPARE, label="Run your first comparison", icon=":material/compare:")


def nothing_found(choices: Choices) -> None:
    """Say that nothing passes the filters, from when to when there are runs, and offer all of them."""
    with st.container(border=True, key="analytics_nothing_found"):
        st.write(f"No run that ended passes these filters. There are runs from {_span(choices)}.")
        st.button(
            "Show all runs",
            key="analytics_everything",
            icon=":material/filter_alt_off:",
            on_click=analytics_filters.everything,
        )


def headline(sums: Sums) -> None:
    """Show what the runs add up to; what is unknown is told apart."""
    with st.container(horizontal=True, key="analytics_headline"):
        st.metric("Runs", f"{sums.runs:,}", border=True)
        st.metric("Cost", format_usd(sums.known_cost), border=True)
        st.metric("Input tokens", compact(sums.input_tokens) if sums.told else "unknown", border=True)
        st.metric("Output tokens", compact(sums.output_tokens) if sums.told else "unknown", border=True)
        share = sums.failed_share
        st.metric("Failed", "n/a" if share is None else f"{share:.1%}", border=True)
    notes = [
        _counted(sums.unknown, "of unknown cost", plus=True),
        _counted(sums.unknown_ended, "failed or stopped without a known cost", plus=True),
        _counted(sums.free, "on this machine, which costs nothing"),
        _counted(sums.cancelled, "cancelled"),
        _counted(sums.interrupted, "interrupted"),
    ]
    if told := [note for note in notes if note]:
        st.caption(" · ".join(told))


def section(analytics: Analytics, which: AnalyticsFilter, choices: Choices) -> None:
    """Draw the section that was chosen, and ask the database for that alone."""
    chosen = st.segmented_control(
        "Section",
        (TIME, MODEL, ERRORS, CACHE, VOTES, PARAMETERS),
        default=TIME,
        required=True,
        key=SECTION,
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    # Only here: they bring pandas and Plotly, which an empty page does not need.
    from components import analytics_parameters, analytics_sections, analytics_time  # noqa: PLC0415

    match chosen:
        case "Latency by model":
            analytics_sections.by_model(analytics, which)
        case "Errors and retries":
            analytics_sections.errors_and_retries(analytics, which)
        case "Cache":
            analytics_sections.cache(analytics, which)
        case "Votes":
            analytics_sections.votes(analytics, which)
        case "Parameters":
            analytics_parameters.parameters(analytics, which)
        case _:
            analytics_time.over_time(analytics, which, choices)


def compact(number: int) -> str:
    """A large number in few digits: ``1,234``, ``56.7K``, ``8.90M``."""
    if number < 10_000:
        return f"{number:,}"
    for size, sign in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            value = number / size
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}{sign}"
    return f"{number:,}"


def _counted(runs: int, what: str, *, plus: bool = False) -> str:
    return f"{PLUS if plus else ''}{runs:,} {'run' if runs == 1 else 'runs'} {what}" if runs else ""


def _span(choices: Choices) -> str:
    def said(day: date | None) -> str:
        return "?" if day is None else day.isoformat()

    return f"{said(choices.first)} to {said(choices.last)} (UTC)"
