"""An evaluation's results: one view at a time, of whatever there is so far."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.evaluation.spec import SpecRefused
from bedrock_playground.evaluation.swept import swept
from bedrock_playground.history import DataSetGone, HistoryError
from bedrock_playground.history.errors import EvaluationGone
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.patterns.knobs import knobs
from bedrock_playground.patterns.members import Pattern
from components.history_view import failure
from components.palette import PRINT
from components.resources import get_store
from components.results_data import Shown, load, look_again
from components.results_words import count
from components.words import plain

OVERVIEW, PARETO, PAIRS, TAGS, CASES, EARLIER = (
    "Overview",
    "Trade-off",
    "Pairs",
    "Tags and classes",
    "Cases",
    "Against earlier",
)
SWEEP, THRESHOLDS, TAKE = "Sweep and repeats", "Thresholds", "Take away"
_EVERY = 5
"""Seconds between two looks at an evaluation at work."""
SECTION, SCORER = "results_section", "results_scorer"


def render_results(evaluation_id: str) -> None:
    """Draw what an evaluation came to, so far or in the end.

    Args:
        evaluation_id: Which evaluation.
    """
    try:
        running = get_store().evaluations.found(evaluation_id).state is EvaluationState.RUNNING
    except HistoryError:
        # Whatever it is, it is said below.
        running = False
    # A fragment: another view is no reason to draw the whole page again.
    st.fragment(_results, run_every=_EVERY if running else None)(evaluation_id, drawn_running=running)


def _results(evaluation_id: str, *, drawn_running: bool) -> None:
    """Draw the results, or say why they cannot be shown."""
    try:
        _views(evaluation_id, drawn_running=drawn_running)
    except EvaluationGone:
        st.info("This evaluation is not here any more.", icon=":material/info:")
    except DataSetGone:
        st.warning(
            "The data set of this evaluation is not here any more, so its results cannot be shown. "
            "Its runs are in the History. Bring the same cases in again: they are the same data set.",
            icon=":material/warning:",
        )
    except SpecRefused as error:
        st.error(f"This evaluation cannot be read. {plain(str(error))}", icon=":material/error:")
    except HistoryError as error:
        failure(error)


def _views(evaluation_id: str, *, drawn_running: bool) -> None:
    # The overview follows an evaluation at work; figures that are being explored wait for *Update*.
    follow = st.session_state.get(SECTION, OVERVIEW) == OVERVIEW
    shown = load(evaluation_id, keep=not follow)
    if drawn_running and not shown.running:
        # It came to rest: nobody has to look any more.
        st.rerun()
    st.html(PRINT)
    if not shown.reading.answered:
        _nothing_yet(shown)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="results_head"):
        sections = _sections(shown)
        if st.session_state.get(SECTION) not in sections:
            # What was looked at of another evaluation is not here.
            st.session_state[SECTION] = OVERVIEW
        chosen = st.segmented_control(
            "Results",
            sections,
            required=True,
            key=SECTION,
            label_visibility="collapsed",
            persist_state="session",
            wrap=True,
        )
        scorer = _scorer(shown)
    if not shown.complete:
        _so_far(shown)
    _draw(chosen or OVERVIEW, shown, scorer)


def _sections(shown: Shown) -> list[str]:
    """The views; those that only some evaluations have are left out of the others."""
    spec = shown.reading.spec
    members = [one.member for one in spec.contenders]
    found = [OVERVIEW, PARETO, PAIRS, TAGS, CASES, EARLIER]
    if spec.repeat > 1 or swept(spec.contenders):
        found.append(SWEEP)
    if any(isinstance(member, Pattern) and knobs(member) for member in members):
        found.append(THRESHOLDS)
    return [*found, TAKE]


def _scorer(shown: Shown) -> str | None:
    """Let one scorer be picked where several looked."""
    scorers = shown.reading.scorers
    if len(scorers) < 2:
        return scorers[0] if scorers else None
    if st.session_state.get(SCORER) not in scorers:
        st.session_state[SCORER] = scorers[0]
    chosen: str = st.selectbox("Accuracy by", scorers, key=SCORER, persist_state="session", width=220)
    return chosen


def _so_far(shown: Shown) -> None:
    done, total = shown.reading.answered, shown.evaluation.total
    with st.container(horizontal=True, vertical_alignment="center", key="results_so_far"):
        st.markdown(
            f":material/hourglass_top: **So far**: {done:,} of {count(total, 'answer')}.", width="content"
        )
        if shown.running:
            st.button(
                "Update",
                key="results_update",
                icon=":material/refresh:",
                type="tertiary",
                on_click=look_again,
            )


def _nothing_yet(shown: Shown) -> None:
    if shown.running:
        st.info("No answer has come back yet.", icon=":material/hourglass_top:")
        return
    st.info("There are no results yet: start the evaluation.", icon=":material/info:")


def _draw(section: str, shown: Shown, scorer: str | None) -> None:
    # Only what is looked at is imported and worked out.
    from components.results_chart import file_of  # noqa: PLC0415

    file = file_of(shown.evaluation.evaluation_id, shown.evaluation.name)
    match section:
        case "Trade-off":
            from components.results_pareto import pareto  # noqa: PLC0415

            pareto(shown, scorer, file=file)
        case "Pairs":
            from components.results_pairs import pairs  # noqa: PLC0415

            pairs(shown, scorer, file=file)
        case "Tags and classes":
            from components.results_tags import tags  # noqa: PLC0415

            tags(shown, scorer, file=file)
        case "Cases":
            from components.results_cases import cases  # noqa: PLC0415

            cases(shown, scorer)
        case "Against earlier":
            from components.results_earlier import earlier  # noqa: PLC0415

            earlier(shown, scorer, file=file)
        case "Sweep and repeats":
            from components.results_sweep import sweep  # noqa: PLC0415

            sweep(shown, scorer, file=file)
        case "Thresholds":
            from components.results_thresholds import thresholds  # noqa: PLC0415

            thresholds(shown, scorer, file=file)
        case "Take away":
            from components.results_take import take  # noqa: PLC0415

            take(shown, scorer, file=file)
        case _:
            from components.results_overview import overview  # noqa: PLC0415

            overview(shown, scorer, file=file)
