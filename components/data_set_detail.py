"""One data set, opened: its cases, what goes with them, its versions; taken away, changed, deleted."""

from __future__ import annotations

from functools import partial

import streamlit as st

from bedrock_playground.evaluation.datasets import to_csv, to_jsonl
from bedrock_playground.history import DataSetShelf, HistoryError, StoredDataSet
from bedrock_playground.presets.files import file_stem
from components import data_sets_list, evaluate_state
from components.data_set_about import About, about_fields, about_view
from components.data_set_cases import cases_view
from components.data_set_words import cases_words, origin_words, task_words
from components.history_filters import local_zone
from components.words import plain


def detail(shelf: DataSetShelf, one: StoredDataSet) -> None:
    """Draw one data set.

    Args:
        shelf: Where it is kept.
        one: All of it but its cases.
    """
    with st.container(border=True, key="data_set_detail"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(plain(one.name), anchor=False, width="content")
            st.badge(task_words(one.task), color="blue")
            st.badge(cases_words(one.cases), color="gray")
            st.badge(origin_words(one) if one.builtin else f"Version {one.version}", color="gray")
        if one.description:
            st.markdown(plain(one.description))
        _actions(shelf, one)
        names = ["Cases", "What goes with them"]
        # What comes with the app stays as it is, so that the same name means the same cases everywhere.
        names += [] if one.builtin else ["Edit"]
        names += ["Versions"] if one.versions > 1 else []
        tabs = dict(zip(names, st.tabs(names), strict=True))
        with tabs["Cases"]:
            cases_view(shelf, one)
        with tabs["What goes with them"]:
            about_view(one)
        if "Edit" in tabs:
            with tabs["Edit"]:
                _edit(shelf, one)
        if "Versions" in tabs:
            with tabs["Versions"]:
                _versions(shelf, one)


def _actions(shelf: DataSetShelf, one: StoredDataSet) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="data_set_actions"):
        if st.button(
            "Evaluate with this", key="data_set_evaluate", type="primary", icon=":material/leaderboard:"
        ):
            evaluate_state.begin_with(one.data_set_id)
            st.switch_page(evaluate_state.EVALUATE_PAGE)
        with st.popover("Download", icon=":material/download:", key="data_set_download"):
            for name, kind in (("JSONL", "application/x-ndjson"), ("CSV", "text/csv")):
                st.download_button(
                    name,
                    # Made only when somebody asks for it.
                    partial(file_of, shelf, one, name),
                    f"{file_stem(one.name)}.{name.lower()}",
                    kind,
                    key=f"data_set_download_{name.lower()}",
                    icon=":material/download:",
                    on_click="ignore",
                    width="stretch",
                )
            st.caption("Importing either gives the very same cases. Prompt and scorers are not in the file.")
        if not one.builtin and st.button(
            "Delete", key="data_set_delete", icon=":material/delete:", type="tertiary"
        ):
            _confirm(shelf, one)


def file_of(shelf: DataSetShelf, one: StoredDataSet, name: str) -> bytes:
    """A data set's cases as a file, in UTF-8; ``name`` is ``JSONL`` or ``CSV``."""
    cases = shelf.iter_cases(one.data_set_id)
    pieces = to_jsonl(cases) if name == "JSONL" else to_csv(cases, one.variables)
    return "".join(pieces).encode()


@st.dialog("Delete this data set for good?")
def _confirm(shelf: DataSetShelf, one: StoredDataSet) -> None:
    version = f" version {one.version}" if one.versions > 1 else ""
    st.write(
        f"**{plain(one.name)}**{version} and its {cases_words(one.cases)} will be deleted. This cannot be "
        "undone."
        + (
            " The other versions stay."
            if one.versions > 1
            else " Download it first if you may want it again."
        )
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="data_set_keep"):
            st.rerun()
        if st.button(
            "Delete",
            key="data_set_delete_confirm",
            type="primary",
            icon=":material/delete:",
            on_click=_delete,
            args=(shelf, one),
        ):
            st.rerun()


def _delete(shelf: DataSetShelf, one: StoredDataSet) -> None:
    try:
        shelf.delete(one.data_set_id)
    except HistoryError as error:
        data_sets_list.complain(error)
        return
    data_sets_list.show(None)
    data_sets_list.tell(f"{one.name} is deleted.")


def _edit(shelf: DataSetShelf, one: StoredDataSet) -> None:
    st.caption("The cases stay as they are: import changed ones under the same name as its next version.")
    start = one.with_cases(shelf.cases(one.data_set_id, range(1, 11)))
    about = about_fields(f"data_set_edit_{one.data_set_id}", start)
    st.button(
        "Save",
        key="data_set_edit_save",
        type="primary",
        icon=":material/save:",
        disabled=bool(about.problems) or about.put_on(start) == start,
        on_click=_save,
        args=(shelf, one),
        kwargs={"about": about},
    )


def _save(shelf: DataSetShelf, one: StoredDataSet, *, about: About) -> None:
    try:
        shelf.save(about.put_on(one.with_cases(list(shelf.iter_cases(one.data_set_id)))))
    except HistoryError as error:
        data_sets_list.complain(error)
        return
    data_sets_list.tell(f"Saved: what goes with {one.name}.")


def _versions(shelf: DataSetShelf, one: StoredDataSet) -> None:
    zone = local_zone()
    for version in shelf.versions(one.name):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            when = version.saved_at.astimezone(zone) if version.saved_at else None
            words = f"**Version {version.version}**, {cases_words(version.cases)}"
            st.markdown(words + (f", saved {when:%Y-%m-%d %H:%M}" if when else ""), width="content")
            here = version.data_set_id == one.data_set_id
            st.button(
                "Shown" if here else "Open",
                key=f"data_set_version_{version.version}",
                disabled=here,
                on_click=data_sets_list.choose_version,
                args=(one.name, version.data_set_id),
            )
