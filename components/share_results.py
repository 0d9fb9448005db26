"""The results of a comparison to take away: a report as a page or as Markdown, and its runs as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from bedrock_playground.history import HistoryError, RunFilter
from bedrock_playground.invocation import Comparison
from bedrock_playground.sharing.report import ReportFacts, collect, to_html, to_markdown
from components import compare_blind
from components.history_view import csv_file, jsonl_file, parquet_file
from components.resources import get_store
from components.votes_view import in_words
from components.words import plain


def results(comparison: Comparison | None) -> None:
    """Draw what can be taken away of a finished comparison.

    Args:
        comparison: What is shown, if anything is; nobody may be blind to its names any more.
    """
    if comparison is None:
        st.caption("Run a comparison first: then its answers, times and costs can be taken away from here.")
        return
    if not comparison.done:
        st.caption(":material/hourglass_top: Wait until all answers are in.")
        return
    name = f"comparison-{comparison.id[:8]}"
    st.markdown("**Report** – settings, answers, times, costs with their source, votes")
    with st.container(horizontal=True, gap="small", key="share_report"):
        # Made only when somebody asks for it, not with every rerun.
        st.download_button(
            "HTML page",
            partial(report_html, comparison),
            f"{name}.html",
            "text/html",
            key="share_html",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            "Markdown",
            partial(report_markdown, comparison),
            f"{name}.md",
            "text/markdown",
            key="share_markdown",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("The page opens offline and loads nothing; the model’s text cannot act in it.")
    st.markdown("**Runs** – every run of it, replaced ones too, with the exact request and result")
    with st.container(horizontal=True, gap="small", key="share_runs"):
        for kind, mime, make in (
            ("CSV", "text/csv", csv_file),
            ("JSONL", "application/x-ndjson", jsonl_file),
            ("Parquet", "application/vnd.apache.parquet", parquet_file),
        ):
            st.download_button(
                kind,
                partial(make, get_store(), RunFilter(comparison_id=comparison.id)),
                f"{name}.{kind.lower()}",
                mime,
                key=f"share_{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
    _to_the_clipboard(comparison)


def _to_the_clipboard(comparison: Comparison) -> None:
    st.markdown("**Copy as Markdown** – the button at its upper right copies all of it")
    try:
        text = report_markdown(comparison).decode()
    except HistoryError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    with st.container(key="share_markdown_text"):
        st.code(text, language="markdown", height=260)


def report_html(comparison: Comparison) -> bytes:
    """The report as a page that stands by itself.

    Raises:
        HistoryError: Votes or blindness cannot be looked up.
    """
    return to_html(_facts(comparison)).encode("utf-8", "replace")


def report_markdown(comparison: Comparison) -> bytes:
    """The report as Markdown.

    Raises:
        HistoryError: Votes or blindness cannot be looked up.
    """
    return to_markdown(_facts(comparison)).encode("utf-8", "replace")


def _facts(comparison: Comparison) -> ReportFacts:
    votes = get_store().votes.of_comparison(comparison.id)
    names = compare_blind.names(comparison)
    told = [in_words(vote, names) for vote in votes]
    return collect(comparison, made_at=datetime.now(UTC), votes=told)
