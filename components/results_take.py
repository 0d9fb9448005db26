"""Results to take away: every answer as CSV and JSONL, a summary to read, and what was run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import streamlit as st

from bedrock_playground.evaluation.files import answers_csv, answers_jsonl
from bedrock_playground.evaluation.report import Section, sections, to_html, to_markdown
from bedrock_playground.evaluation.results import export_rows
from bedrock_playground.evaluation.spec import spec_to_json
from components.resources import get_store
from components.results_data import Shown


def take(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw what can be taken away.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy of the summary is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    evaluation_id, name = shown.evaluation.evaluation_id, shown.evaluation.name
    st.markdown("**Summary** – the message, contenders, differences, tags and settings")
    with st.container(horizontal=True, gap="small", key="results_take_summary"):
        _offer("HTML page", lambda: to_html(name, _parts(shown, scorer)), f"{file}.html", mime="text/html")
        _offer(
            "Markdown", lambda: to_markdown(name, _parts(shown, scorer)), f"{file}.md", mime="text/markdown"
        )
    st.caption("The page opens offline and loads nothing; answers are not in it.")
    st.markdown("**Answers** – a row per answer with its case, scores, notes, times and cost")
    with st.container(horizontal=True, gap="small", key="results_take_answers"):
        _offer(
            "CSV",
            lambda: _joined(answers_csv(export_rows(get_store(), evaluation_id))),
            f"{file}.csv",
            mime="text/csv",
        )
        _offer(
            "JSONL",
            lambda: _joined(answers_jsonl(export_rows(get_store(), evaluation_id))),
            f"{file}.jsonl",
            mime="application/x-ndjson",
        )
    st.caption("Unknown is empty, never 0; money is exact. The CSV is safe to open in a spreadsheet.")
    st.markdown("**What was run** – contenders, prompt, scorers, seed and limits")
    _offer(
        "JSON",
        lambda: json.dumps(spec_to_json(shown.reading.spec), indent=2, ensure_ascii=False),
        f"{file}-evaluation.json",
        mime="application/json",
    )
    st.caption("`bedrock-playground evaluate` runs evaluations from a command line, and in CI.")


def _parts(shown: Shown, scorer: str | None) -> list[Section]:
    data_set = get_store().data_sets.summary(shown.evaluation.data_set_id)
    return sections(shown.reading, scorer, data_set=data_set, made_at=datetime.now(UTC))


def _offer(label: str, make: Callable[[], str | bytes], file_name: str, *, mime: str) -> None:
    # Made only when somebody asks for it, not with every rerun.
    st.download_button(
        label,
        lambda: made.encode("utf-8", "replace") if isinstance(made := make(), str) else made,
        file_name,
        mime,
        key=f"results_take_{label}",
        icon=":material/download:",
        on_click="ignore",
    )


def _joined(pieces: Iterable[str]) -> bytes:
    buffer = io.BytesIO()
    buffer.writelines(piece.encode("utf-8", "replace") for piece in pieces)
    return buffer.getvalue()
