"""Taking a plan away: CSV, JSON and Markdown, each with every assumption."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from bedrock_playground.planning.report import Report, assumptions, to_json, to_markdown, to_rows
from components.planner_state import key
from components.words import plain


def take_away(report: Report) -> None:
    """Draw the assumptions in words and the downloads.

    Args:
        report: The plan.
    """
    assumed = assumptions(report.workload, report.region) | dict(report.more or {})
    st.markdown(
        "\n".join(
            f"- {plain(name[:1].upper() + name[1:])}: **{plain(told)}**" for name, told in assumed.items()
        )
    )
    markdown = to_markdown(report)
    with st.container(horizontal=True):
        for name, kind, content in (
            ("CSV", "text/csv", pd.DataFrame(to_rows(report)).to_csv(index=False)),
            ("JSON", "application/json", json.dumps(to_json(report), indent=2, ensure_ascii=False)),
            ("Markdown", "text/markdown", markdown),
        ):
            st.download_button(
                f"Download {name}",
                content,
                file_name=f"plan.{'md' if name == 'Markdown' else name.lower()}",
                mime=kind,
                key=key(f"export_{name.lower()}"),
                icon=":material/download:",
                on_click="ignore",
            )
    with st.expander("As Markdown, to copy"):
        st.code(markdown, language="markdown", wrap_lines=True, height=360)
