"""An evaluation beside an earlier one of the same cases: regressions, and what got better."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bedrock_playground.evaluation.earlier import (
    Regression,
    case_numbers,
    earlier_evaluations,
    regressions,
)
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.spec import SpecRefused
from bedrock_playground.evaluation.statistics import Change
from bedrock_playground.history.evaluation_records import StoredEvaluation
from components.history_filters import local_zone
from components.resources import get_store
from components.results_chart import csv, table
from components.results_data import Shown, load
from components.results_open import case_table
from components.results_words import called, chance, count, percent, points
from components.words import plain

EARLIER, WHO, WHICH = "results_earlier", "results_earlier_who", "results_earlier_which"
_WORSE, _BETTER = "Right → wrong", "Wrong → right"


def earlier(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw what became of contenders since an earlier evaluation.

    Args:
        shown: What is shown.
        scorer: Whose scores tell right from wrong; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    others = earlier_evaluations(get_store(), shown.evaluation)
    if not others:
        st.info(
            "There is no earlier evaluation of these cases. Run one again after a change of model, settings "
            "or prompt: here stands what went from right to wrong, and the reverse.",
            icon=":material/info:",
        )
        return
    if scorer is None:
        st.info("No scorer looked at these answers.", icon=":material/info:")
        return
    before = _pick(others)
    try:
        then = load(before.evaluation_id).reading
    except SpecRefused as error:
        st.error(f"The earlier evaluation cannot be read. {plain(str(error))}", icon=":material/error:")
        return
    if scorer not in then.scorers:
        st.info(
            f"“{plain(scorer)}” did not look at the earlier answers. Pick another scorer.",
            icon=":material/info:",
        )
        return
    numbers = case_numbers(get_store(), shown.evaluation.data_set_id, before.data_set_id)
    if numbers is not None:
        st.caption(
            f"The data set was changed in between: {count(len(numbers), 'case')} are the same, and compared."
        )
    found = regressions(shown.reading, then, scorer=scorer, same=numbers)
    if not found:
        st.info(
            "None of these contenders, by settings or by name, was in that evaluation.",
            icon=":material/info:",
        )
        return
    _summary(shown.reading, then, found, scorer=scorer)
    data = pd.DataFrame([_row(shown.reading, then, one, scorer=scorer) for one in found])
    table(data, key="earlier", alt="What became of each contender since the earlier evaluation")
    csv(data, key="earlier", file=file)
    _cases(shown, found)


def _pick(others: list[StoredEvaluation]) -> StoredEvaluation:
    by_id = {one.evaluation_id: one for one in others}
    if st.session_state.get(EARLIER) not in by_id:
        st.session_state[EARLIER] = others[0].evaluation_id
    chosen: str = st.selectbox(
        "Against",
        list(by_id),
        key=EARLIER,
        format_func=lambda one: _named(by_id[one]) if one in by_id else "",
        persist_state="session",
        width=420,
    )
    return by_id[chosen]


def _named(one: StoredEvaluation) -> str:
    return f"{one.name} · {one.created_at.astimezone(local_zone()):%d %b %Y, %H:%M}"


def _summary(now: Reading, then: Reading, found: tuple[Regression, ...], *, scorer: str) -> None:
    lines = []
    for one in found:
        was = then.summary(one.match.before, scorer).accuracy.value
        today = now.summary(one.match.now, scorer).accuracy.value
        changed = f" Not the same as then: {', '.join(one.match.differs)}." if one.match.differs else ""
        lines.append(
            f"- **{plain(called(now, one.match.now))}**: {percent(was)} then, {percent(today)} now. "
            f"{plain(one.words)}{plain(changed)}"
        )
    st.markdown("\n".join(lines))


def _row(now: Reading, then: Reading, one: Regression, *, scorer: str) -> dict[str, object]:
    return {
        "contender": called(now, one.match.now),
        "then": percent(then.summary(one.match.before, scorer).accuracy.value),
        "now": percent(now.summary(one.match.now, scorer).accuracy.value),
        "difference": points(one.paired.difference.value),
        "at least": points(one.paired.difference.low),
        "at most": points(one.paired.difference.high),
        _WORSE: len(one.changes.worse),
        _BETTER: len(one.changes.better),
        "still right": one.changes.still_right,
        "still wrong": one.changes.still_wrong,
        "left out": one.changes.left_out,
        "chance (adjusted)": chance(one.p_value),
        "settings": "the same" if not one.match.differs else f"other: {', '.join(one.match.differs)}",
        "then called": called(then, one.match.before),
    }


def _cases(shown: Shown, found: tuple[Regression, ...]) -> None:
    reading = shown.reading
    by_label = {one.match.now: one for one in found}
    if st.session_state.get(WHO) not in by_label:
        st.session_state[WHO] = max(found, key=lambda one: len(one.changes.worse)).match.now
    with st.container(horizontal=True, vertical_alignment="bottom", key="results_earlier_cases"):
        who: str = st.selectbox(
            "Cases of",
            list(by_label),
            key=WHO,
            format_func=lambda one: called(reading, one) if one in reading.labels else one,
            persist_state="session",
            width=320,
        )
        which = st.segmented_control(
            "That turned",
            (_WORSE, _BETTER),
            default=_WORSE,
            required=True,
            key=WHICH,
            label_visibility="collapsed",
            persist_state="session",
        )
    one = by_label[who]
    turned: tuple[Change, ...] = one.changes.worse if which == _WORSE else one.changes.better
    if not turned:
        st.caption("No case turned this way.")
        return
    case_table(
        shown,
        [each.case for each in turned],
        key="earlier",
        columns={
            "then": {each.case: percent(each.before, digits=0) for each in turned},
            "now": {each.case: percent(each.now, digits=0) for each in turned},
        },
    )
