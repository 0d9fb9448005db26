"""Contenders held against one of them: which cases differ, and is it more than chance."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.evaluation.headline import Versus, versus
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.statistics import case_means
from bedrock_playground.evaluation.statistics.paired import SIGNIFICANT
from components.results_chart import GREY, chart, colour_of, named_rows, numbers, symbol_of
from components.results_data import Shown
from components.results_open import case_table
from components.results_words import called, chance, count, percent, points
from components.words import plain

BASE, OTHER = "results_pair_base", "results_pair_other"


def pairs(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw how contenders compare with one of them.

    Args:
        shown: What is shown.
        scorer: Whose scores are compared; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    labels = [label for label in reading.labels if reading.result(label).rows]
    if scorer is None or len(labels) < 2:
        why = "No scorer looked at these answers." if scorer is None else "There is one contender so far."
        st.info(f"{why} A comparison takes two contenders with scores.", icon=":material/info:")
        return
    base = _pick("Held against", labels, key=BASE, start=_best(reading, labels, scorer), reading=reading)
    others = [label for label in labels if label != base]
    found = against(reading, base, scorer)
    said = _in_words(reading, base, found, scorer=scorer)
    chart(_forest(reading, found), key="pairs", alt=said)
    st.caption(
        f"Right of the line is better than {plain(called(reading, base))}. The line through a point: where "
        "the true difference lies with 95 % confidence. Hollow: may be chance."
        + (" Chance is adjusted for the number of comparisons (Holm)." if len(others) > 1 else "")
    )
    numbers(_table(reading, found), key="pairs", file=file, alt=said)
    other = _pick("Case by case with", others, key=OTHER, start=others[0], reading=reading)
    _cases(shown, (base, other), scorer, versus_base=found[other])


def against(reading: Reading, base: str, scorer: str) -> dict[str, Versus]:
    """Every other contender with an outcome held against one, by letter."""

    def made() -> dict[str, Versus]:
        others = {
            label: reading.outcomes(label, scorer)
            for label in reading.labels
            if label != base and reading.result(label).rows
        }
        return versus(reading.outcomes(base, scorer), others, seed=reading.spec.seed)

    return reading.once(("against", base, scorer), made)


def _best(reading: Reading, labels: list[str], scorer: str) -> str:
    return max(labels, key=lambda label: reading.summary(label, scorer).accuracy.value or 0)


def _pick(label: str, labels: list[str], *, key: str, start: str, reading: Reading) -> str:
    if st.session_state.get(key) not in labels:
        st.session_state[key] = start
    chosen: str = st.selectbox(
        label,
        labels,
        key=key,
        format_func=lambda one: called(reading, one) if one in reading.labels else one,
        persist_state="session",
        width=320,
    )
    return chosen


def _forest(reading: Reading, found: dict[str, Versus]) -> go.Figure:
    """The difference of each one with its interval; the line is the one that they are held against."""
    figure = go.Figure()
    shown = [(label, one) for label, one in found.items() if one.paired.difference.value is not None]
    for row, (label, one) in enumerate(reversed(shown)):
        told, place = one.paired.difference, reading.labels.index(label)
        value = (told.value or 0) * 100
        low, high = (
            value if told.low is None else told.low * 100,
            value if told.high is None else told.high * 100,
        )
        symbol = symbol_of(place)
        sure = one.more_than_chance
        figure.add_scatter(
            x=[value],
            y=[row],
            mode="markers",
            marker={
                "color": colour_of(place),
                "symbol": symbol if sure or symbol.endswith("-open") else f"{symbol}-open",
                "size": 11,
                "line": {"width": 2, "color": colour_of(place)},
            },
            error_x={"array": [high - value], "arrayminus": [value - low], "thickness": 2, "width": 5},
            hovertemplate=f"{label}: %{{x:+.1f}} points, chance {chance(one.p_value)}<extra></extra>",
        )
    named_rows(figure, [called(reading, label) for label, _ in shown], head=70)
    figure.add_vline(x=0, line={"width": 1.5, "color": GREY})
    figure.update_xaxes(title="difference in accuracy, points", zeroline=False)
    return figure


def _table(reading: Reading, found: dict[str, Versus]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "contender": called(reading, label),
            "difference": points(one.paired.difference.value),
            "at least": points(one.paired.difference.low),
            "at most": points(one.paired.difference.high),
            "better on": len(one.paired.second_better),
            "worse on": len(one.paired.first_better),
            "same on": one.paired.equal,
            "left out": one.paired.left_out,
            "chance (p)": chance(one.paired.p_value),
            "adjusted": chance(one.p_value),
            "more than chance": "yes" if one.more_than_chance else "n/a" if one.p_value is None else "no",
            "test": one.paired.test,
        }
        for label, one in found.items()
    ])  # fmt: skip


def _in_words(reading: Reading, base: str, found: dict[str, Versus], *, scorer: str) -> str:
    said = [
        f"{called(reading, label)} {points(one.paired.difference.value)}"
        f" ({'more than chance' if one.more_than_chance else 'may be chance'})"
        for label, one in found.items()
    ]
    return f"Difference in accuracy by {scorer} from {called(reading, base)}: {', '.join(said)}."


def _cases(shown: Shown, pair: tuple[str, str], scorer: str, *, versus_base: Versus) -> None:
    """Two of them, in words and case by case."""
    reading, paired = shown.reading, versus_base.paired
    first, second = pair
    st.markdown(f"**{plain(paired.words(called(reading, first), called(reading, second)))}**")
    notes = [f"{paired.test[:1].upper()}{paired.test[1:]}."]
    if versus_base.p_value is not None and versus_base.p_value != paired.p_value:
        more = (
            "still more than chance"
            if versus_base.more_than_chance
            else f"above {SIGNIFICANT:g}: may be chance"
        )
        notes.append(f"Adjusted for all comparisons here: {chance(versus_base.p_value)}, {more}.")
    if paired.left_out:
        notes.append(f"{count(paired.left_out, 'case')} that only one of both was scored on are left out.")
    st.caption(plain(" ".join(notes)))
    differing = [*paired.first_better, *paired.second_better]
    if not differing:
        return
    one, other = (case_means(reading.outcomes(label, scorer)) for label in pair)
    case_table(
        shown,
        sorted(differing, key=lambda number: (other[number] - one[number], number)),
        key="pairs",
        columns={
            first: {number: percent(one[number], digits=0) for number in differing},
            second: {number: percent(other[number], digits=0) for number in differing},
        },
    )
