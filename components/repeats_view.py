"""How repeats spread: the median with P5 and P95 where there are runs enough, and every run as a dot."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bedrock_playground.measures import Quantile
from components.figure_kinds import strip
from components.measured import MEASURES, Measure, spreads


def repeats(data: pd.DataFrame, name: str, *, dark: bool) -> None:
    """Draw the spread of a measure over each variant's repeats, with its table.

    Args:
        data: :func:`components.measured.table`'s rows.
        name: How the comparison's files are called.
        dark: Whether it stands on a dark page.
    """
    titles = {measure.title: measure for measure in MEASURES}
    chosen = st.segmented_control(
        "Measure", list(titles), default=next(iter(titles)), required=True, key="spread_of",
        label_visibility="collapsed",
    )  # fmt: skip
    measure = titles[chosen or next(iter(titles))]
    rows = spread_rows(data, measure)
    figure = strip(data, measure, dark=dark)
    figure.update_layout(uirevision=f"{name}-{measure.column}")
    st.plotly_chart(
        figure, key=f"strip_{measure.column}", config={"displayModeBar": False}, alt=_in_words(rows, measure)
    )
    for note in _notes(rows):
        st.caption(note)
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        column_config={name: number(format="%.6g") for name in ("P5", "median", "P95")},
        placeholder="n/a",
    )
    st.download_button(
        "Download CSV",
        rows.to_csv(index=False),
        file_name=f"{name}-repeats-{measure.column}.csv",
        mime="text/csv",
        icon=":material/download:",
        key="csv_repeats",
        on_click="ignore",
    )


def spread_rows(data: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """One row per variant: how many runs told, P5, median and P95, and in words what to think of them.

    Args:
        data: :func:`components.measured.table`'s rows.
        measure: Which column.
    """
    rows = []
    for label, told in spreads(data, measure).items():
        mine = data[data["variant"] == label]
        rows.append({
            "variant": label,
            "model": mine["model"].iloc[0],
            "runs": len(mine),
            "measured": told.samples,
            "unit": measure.unit,
            "P5": told.low.value,
            "median": told.median.value,
            "P95": told.high.value,
            "note": caveats(told.low, told.median, told.high),
        })  # fmt: skip
    return pd.DataFrame(rows)


def caveats(low: Quantile, median: Quantile, high: Quantile) -> str:
    """Say what of a spread is missing or rough, and why."""
    # P5 and P95 need the same number of runs: one of them says it for both.
    told = [(high.caveat or "").replace("P95", "P5 and P95", 1) if low.caveat else high.caveat, median.caveat]
    return " ".join(_sentence(text) for text in told if text)


def _notes(rows: pd.DataFrame) -> list[str]:
    """What to think of the spreads: once where it holds of all, else by variant."""
    notes = list(dict.fromkeys(rows["note"]))
    if len(notes) == 1:
        return [note for note in notes if note]
    return [f"{', '.join(rows.loc[rows['note'] == note, 'variant'])}: {note}" for note in notes if note]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].replace(
        "P95 needs", "P95 need" if text.startswith("P5") else "P95 needs"
    )


def _in_words(rows: pd.DataFrame, measure: Measure) -> str:
    said = []
    for row in rows.to_dict("records"):
        told = [
            f"{name} {measure.words(row[name])}" for name in ("median", "P5", "P95") if not pd.isna(row[name])
        ]
        said.append(f"{row['variant']} " + (", ".join(told) or "unknown"))
    return f"{measure.title} of all repeats in {measure.unit}: " + "; ".join(said)
