"""The evaluations that there are: found, opened, called something else, deleted."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.results import read_results
from bedrock_playground.evaluation.spec import SpecRefused
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from components import evaluate_state
from components.evaluate_view import STATES
from components.history_filters import local_zone
from components.resources import get_store
from components.words import plain

_VERSION = "evaluations_table_version"
_ROW_HEIGHT = 35
_ROWS_SHOWN = 10
_MOST_ANSWERS = 20_000
"""Beyond, the best accuracy is worked out when the evaluation is opened: it reads every answer's figures."""


def running_notes(store: RunStore) -> None:
    """Say which evaluations are at work in this process, with the way to them."""
    for run in running.running():
        progress = run.progress
        stored = store.evaluations.get(run.evaluation_id)
        if stored is None:
            continue
        share = progress.done / max(progress.total, 1)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":blue[:material/progress_activity:] **{plain(stored.name)}** is running: {share:.0%}",
                width="content",
            )
            st.button(
                "Watch",
                key=f"evaluation_watch_{run.evaluation_id}",
                on_click=evaluate_state.show,
                args=(run.evaluation_id,),
            )


def evaluation_list(store: RunStore, found: list[StoredEvaluation]) -> None:
    """Draw the list and what can be done with the one that is ticked.

    Args:
        store: The history.
        found: The evaluations, newest first.
    """
    if not found:
        with st.container(border=True, key="evaluations_empty"):
            st.write("No evaluation was made yet. Set one up under *New evaluation*: it is ready to start.")
        return
    bar = st.container()
    selected = _table(store, found)
    with bar, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(
            f"**{len(found):,} {'evaluation' if len(found) == 1 else 'evaluations'}**", width="content"
        )
        _actions(store, selected)
    if selected is None:
        st.caption("Tick an evaluation to open it.")


def _table(store: RunStore, found: list[StoredEvaluation]) -> StoredEvaluation | None:
    zone = local_zone()
    names = {one.data_set_id: one.name for one in store.data_sets.find()}
    event = st.dataframe(
        pd.DataFrame([
            {
                "Name": one.name,
                "State": STATES[one.state][0],
                "Data set": names.get(one.data_set_id, "an earlier version"),
                "Contenders": _contenders(one),
                "Answers": one.total,
                "When": one.created_at.astimezone(zone),
                "Cost": _cost(one),
                "Best accuracy": _best(one),
            }
            for one in found
        ]),
        key=f"evaluations_table_{st.session_state.get(_VERSION, 0)}",
        alt="Evaluations, newest first",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(found), _ROWS_SHOWN) + 1) + 3,
        placeholder="–",
        column_order=["Name", "State", "Best accuracy", "Cost", "Data set", "When", "Contenders", "Answers"],
        column_config={
            "Name": st.column_config.TextColumn(width=245),
            "State": st.column_config.TextColumn(width=90),
            "Data set": st.column_config.TextColumn(width=160),
            "Contenders": st.column_config.TextColumn(width=300),
            "Answers": st.column_config.NumberColumn(
                format="localized", width=80, help="Contenders × cases × repeats"
            ),
            "When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=135),
            "Cost": st.column_config.TextColumn(width=75, help="US dollars of the calls whose cost is known"),
            "Best accuracy": st.column_config.TextColumn(
                width=110, help="Of its first scorer: the highest contender, once all is done"
            ),
        },
    )  # fmt: skip
    chosen = [found[index] for index in event.selection.rows if index < len(found)]
    return chosen[0] if chosen else None


def _contenders(one: StoredEvaluation) -> str:
    try:
        return ", ".join(contender.name for contender in one.spec.contenders)
    except SpecRefused:
        return "written by another version"


def _cost(one: StoredEvaluation) -> str:
    if one.state is EvaluationState.RUNNING:
        return _added_up(one.evaluation_id)
    return _cost_of(one.evaluation_id, f"{one.state} {one.ended_at}")


@st.cache_resource(show_spinner=False, ttl=60, max_entries=1024)
def _cost_of(evaluation_id: str, stood: str) -> str:  # noqa: ARG001 - going on makes it stand otherwise
    return _added_up(evaluation_id)


def _added_up(evaluation_id: str) -> str:
    spent = get_store().evaluations.spent(evaluation_id).values()
    known = sum((part.known for part in spent), Decimal(0))
    unknown = sum(part.unknown for part in spent)
    if unknown and not known:
        return "unknown"
    return f"{format_usd(known)} + unknown" if unknown else format_usd(known)


def _best(one: StoredEvaluation) -> str | None:
    if one.state is not EvaluationState.COMPLETED:
        return None
    if one.total > _MOST_ANSWERS:
        return "open it"
    return _best_of(one.evaluation_id, str(one.ended_at))


@st.cache_resource(show_spinner=False, max_entries=512)
def _best_of(evaluation_id: str, ended_at: str) -> str | None:  # noqa: ARG001 - going on ends it anew
    try:
        found = read_results(get_store(), evaluation_id)
    except (HistoryError, SpecRefused):
        return None
    if not found.scorers:
        return None
    scorer = found.scorers[0]
    told = [(found.summary(one.contender.label, scorer), one.contender) for one in found.contenders]
    known = [
        (summary.accuracy.value, contender.label)
        for summary, contender in told
        if summary.accuracy.value is not None
    ]
    if not known:
        return None
    value, _ = max(known)
    letters = ", ".join(label for accuracy, label in known if accuracy == value)
    return f"{value:.0%} ({letters})"


def _actions(store: RunStore, one: StoredEvaluation | None) -> None:
    st.button(
        "Open",
        key="evaluation_open",
        type="primary",
        icon=":material/open_in_new:",
        disabled=one is None,
        on_click=evaluate_state.show,
        args=(one.evaluation_id if one else None,),
    )
    with st.popover("Rename", icon=":material/edit:", disabled=one is None, key="evaluation_rename"):
        if one is not None:
            key = f"evaluation_name_{one.evaluation_id}"
            st.text_input("Name", one.name, key=key, max_chars=120)
            st.button(
                "Save", key="evaluation_rename_save", on_click=_rename, args=(store, one.evaluation_id, key)
            )
    if (
        st.button(
            "Delete", key="evaluation_delete", icon=":material/delete:", type="tertiary", disabled=one is None
        )
        and one is not None
    ):
        _confirm(store, one)


def _rename(store: RunStore, evaluation_id: str, key: str) -> None:
    name = str(st.session_state[key]).strip()
    if not name:
        return
    try:
        store.evaluations.rename(evaluation_id, name)
    except HistoryError as error:
        evaluate_state.complain(error)
        return
    evaluate_state.tell(f"It is called {name} now.")


@st.dialog("Delete this evaluation for good?")
def _confirm(store: RunStore, one: StoredEvaluation) -> None:
    st.write(
        f"**{plain(one.name)}** will be deleted with its {one.total:,} answers, their scores and ratings. "
        "This cannot be undone. Its data set stays."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="evaluation_keep"):
            st.rerun()
        if st.button(
            "Delete",
            key="evaluation_delete_confirm",
            type="primary",
            icon=":material/delete:",
            on_click=_delete,
            args=(store, one),
        ):
            st.rerun()


def _delete(store: RunStore, one: StoredEvaluation) -> None:
    try:
        running.delete(store, one.evaluation_id)
    except HistoryError as error:
        evaluate_state.complain(error)
        return
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    evaluate_state.tell(f"{one.name} is deleted.")
