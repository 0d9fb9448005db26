"""The cases of an evaluation: found by what is wrong with them, opened one by one, rated by people."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.evaluation.finding import Look, find_cases, looks, means
from bedrock_playground.evaluation.people import agreement_with_people
from bedrock_playground.evaluation.reading import PEOPLE, Reading
from bedrock_playground.invocation.values import RunState
from components.results_case import open_case
from components.results_data import Shown
from components.results_open import case_table
from components.results_words import UNKNOWN, between, called, count, percent
from components.words import plain

LOOK, WHO, TAGS, NUMBER = (f"results_cases_{name}" for name in ("look", "who", "tags", "number"))


def cases(shown: Shown, scorer: str | None) -> None:
    """Draw the cases.

    Args:
        shown: What is shown.
        scorer: Whose scores tell right from wrong; ``None``: nobody scored.
    """
    reading = shown.reading
    look, who, tags, number = _filters(reading, scorer)
    if number is not None:
        # Someone who knows its number wants that case and no table.
        open_case(shown, number, key="number")
        return
    found = find_cases(reading, scorer, look=look, labels=who, tags=tags)
    if not found:
        st.info("No case passes these filters.", icon=":material/filter_alt_off:")
    else:
        st.markdown(f"**{count(len(found), 'case')}**")
        case_table(
            shown,
            found,
            key="cases",
            columns={label: _told(reading, label, scorer) for label in who or reading.labels},
        )
    if reading.ratings:
        _people(reading)


def _filters(reading: Reading, scorer: str | None) -> tuple[Look, list[str], list[str], int | None]:
    known = sorted({tag for facts in reading.results.facts.values() for tag in facts.tags})
    with st.container(horizontal=True, vertical_alignment="bottom", key="results_cases_filters"):
        options = looks(reading, scorer)
        if st.session_state.get(LOOK) not in options:
            st.session_state[LOOK] = Look.ALL
        chosen = st.segmented_control(
            "Show", options, key=LOOK, required=True, persist_state="session", wrap=True
        )
        look = chosen or Look.ALL
        who: list[str] = []
        if len(reading.labels) > 1:
            _keep(WHO, reading.labels)
            who = st.multiselect(
                "Contenders",
                reading.labels,
                key=WHO,
                format_func=lambda one: called(reading, one) if one in reading.labels else one,
                placeholder="All",
                persist_state="session",
                width=280,
            )
        tags: list[str] = []
        if known:
            _keep(TAGS, known)
            tags = st.multiselect(
                "Tags", known, key=TAGS, placeholder="Any tag", persist_state="session", width=220
            )
        number = st.number_input(
            "Case number",
            min_value=1,
            max_value=max(reading.results.facts, default=1),
            value=None,
            step=1,
            key=NUMBER,
            placeholder="Any",
            width=130,
        )
    return look, who, tags, number


def _keep(key: str, known: list[str] | tuple[str, ...]) -> None:
    """Forget what was chosen in another evaluation and is not here."""
    chosen = st.session_state.get(key) or []
    if any(one not in known for one in chosen):
        st.session_state[key] = [one for one in chosen if one in known]


def _told(reading: Reading, label: str, scorer: str | None) -> dict[int, object]:
    """What to say of each case of a contender: its score, or what became of it."""

    def made() -> dict[int, object]:
        scores = means(reading, label, scorer)
        told: dict[int, object] = {}
        for number, rows in reading.rows_of(label).items():
            if all(row.state is not RunState.COMPLETED for row in rows):
                told[number] = "failed"
            elif number in scores:
                told[number] = percent(scores[number], digits=0)
            else:
                told[number] = "answered" if scorer is None else UNKNOWN
        return told

    return reading.once(("told", label, scorer), made)


def _people(reading: Reading) -> None:
    """Whether scorers say what people say."""
    scorers = [scorer for scorer in reading.scorers if scorer != PEOPLE]
    if not scorers:
        return
    st.markdown("**Do scorers say what people say?**")
    for scorer in scorers:
        told = agreement_with_people(reading, scorer)
        if not told.agree.samples:
            st.caption(f"{plain(scorer)}: nothing it scored was called good or bad by people yet.")
            continue
        rated = f"{count(told.agree.samples, 'rated answer')} ({between(told.agree)})"
        parts = [f"{plain(scorer)} agrees with people on {percent(told.agree.share, digits=0)} of {rated}."]
        if told.too_kind:
            parts.append(f"Too kind on case {_listed(told.too_kind)}.")
        if told.too_strict:
            parts.append(f"Too strict on case {_listed(told.too_strict)}.")
        st.caption(" ".join(parts))
    st.caption("Four and five stars call an answer good, one and two bad; three stars are left out.")


def _listed(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(f"{number:,}" for number in numbers[:12])
    return shown if len(numbers) <= 12 else f"{shown} and {len(numbers) - 12:,} more"
