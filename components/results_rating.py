"""People's ratings of an evaluation's answers: one to five stars and a note, kept at once."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.evaluation.results import CaseAnswer
from bedrock_playground.history import HistoryError
from bedrock_playground.history.evaluation_records import Rating
from components.resources import get_store
from components.results_data import Shown
from components.results_words import count
from components.words import plain

_PROBLEM = "results_rating_problem"


def rating(shown: Shown, answer: CaseAnswer) -> None:
    """Let an answer be rated, and show what was said of it.

    Args:
        shown: What is shown.
        answer: The answer.
    """
    run_id = answer.run.run_id
    stars, note = f"results_stars_{run_id}", f"results_note_{run_id}"
    mine = next((one for one in answer.ratings if one.user is None), None)
    # What is kept is what the widgets show, whoever drew them last.
    if stars not in st.session_state:
        st.session_state[stars] = None if mine is None else mine.rating - 1
        st.session_state[note] = "" if mine is None else mine.note
    given = (shown.evaluation.evaluation_id, run_id)
    with st.container(horizontal=True, vertical_alignment="center", key=f"results_rating_{run_id}"):
        st.feedback("stars", key=stars, on_change=_rate, args=given)
        st.text_input(
            "Why",
            key=note,
            placeholder="Why?",
            label_visibility="collapsed",
            on_change=_rate,
            args=given,
            disabled=st.session_state.get(stars) is None,
            max_chars=2000,
        )
    others = [one for one in answer.ratings if one.user is not None]
    if others:
        st.caption(plain(f"{count(len(others), 'other')}: {'; '.join(map(_said, others))}"))
    problem: tuple[str, str] | None = st.session_state.get(_PROBLEM)
    if problem is not None and problem[0] == run_id:
        st.error(plain(problem[1]), icon=":material/error:")


def _said(one: Rating) -> str:
    return f"{one.user} {one.rating} ★{f' ({one.note})' if one.note else ''}"


def _rate(evaluation_id: str, run_id: str) -> None:
    given: int | None = st.session_state.get(f"results_stars_{run_id}")
    note = (st.session_state.get(f"results_note_{run_id}") or "").strip()
    ratings = get_store().evaluations.ratings
    st.session_state.pop(_PROBLEM, None)
    try:
        if given is None:
            ratings.take_back(run_id)
        else:
            ratings.rate(evaluation_id, run_id, given + 1, note=note)
    except HistoryError as error:
        st.session_state[_PROBLEM] = (run_id, f"The rating was not kept. {error}")
