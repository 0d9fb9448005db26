"""Bringing a data set in: a file or pasted text, which column is what, what becomes of it, and saving it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from bedrock_playground.evaluation.datasets import (
    ENDINGS,
    LIMITS,
    DataSetRefused,
    Mapped,
    Prepared,
    Problems,
    RawTable,
    content_id,
    guess,
    prepare,
    preview,
    read_file,
    read_pasted,
)
from bedrock_playground.evaluation.datasets.reading import Pasted
from bedrock_playground.evaluation.datasets.suggesting import (
    suggested_name,
    suggested_prompt,
    suggested_scorers,
)
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import DataSetShelf, HistoryError, StoredDataSet
from components import data_sets_list
from components.data_set_about import About, about_fields
from components.data_set_cases import case_table
from components.data_set_mapping import mapping_fields
from components.data_set_words import cases_words
from components.words import plain

_MEMO = "data_set_import"
_READ_AS: dict[Pasted, str] = {
    "auto": "By its looks",
    "csv": "CSV",
    "tsv": "Tabs between columns",
    "jsonl": "JSON lines",
    "json": "JSON array",
    "lines": "One case per line",
}
_ROW_HEIGHT = 35
_EXAMPLE = "question,expected,tags\nWhat is the capital of France?,Paris,easy\n…"


@dataclass(slots=True)
class _Memo:
    """What was read and made of it, so that no rerun reads a large file anew."""

    source: str
    name: str
    table: RawTable | DataSetRefused
    made_of: tuple[Mapped, bool] | None = None
    prepared: Prepared | DataSetRefused | None = None
    data_set_id: str = ""

    @property
    def key(self) -> str:
        """What the fields' keys begin with: another source begins anew."""
        return f"data_set_import_{self.source}"


def import_view(shelf: DataSetShelf) -> None:
    """Draw the whole way from a file to a data set that is kept."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Back to the list", key="data_set_import_back", icon=":material/arrow_back:", on_click=_leave
        )
        st.subheader("Import a data set", anchor=False, width="content")
    memo = _source()
    if memo is None:
        st.caption(f"Nothing is saved before you have seen what is in it. {LIMITS}")
        return
    if isinstance(memo.table, DataSetRefused):
        refused = memo.table
        st.error(
            f"**Nothing was taken.** {plain(refused.message)} {plain(refused.advice)}",
            icon=":material/block:",
        )
        return
    _raw(memo.table)
    st.markdown("##### Which column is what")
    mapped = mapping_fields(memo.table.columns, guess(memo.table.columns), key=memo.key)
    prepared = _prepared(memo, memo.table, mapped)
    if isinstance(prepared, DataSetRefused):
        st.warning(plain(prepared.message), icon=":material/edit_note:")
        return
    st.markdown("##### What becomes of it")
    _outcome(prepared, key=memo.key, unit=memo.table.unit.capitalize())
    if prepared.cases:
        # The first ones alone: the rest is looked through once it is saved.
        case_table(prepared.cases[:5], tuple(mapped.inputs), key=f"{memo.key}_first")
    if prepared.cases:
        _saving(shelf, memo, prepared)


def _source() -> _Memo | None:
    """Draw where it comes from; return what was read, ``None`` while there is nothing."""
    st.session_state.setdefault("data_set_import_from", "file")
    where = st.segmented_control(
        "From",
        ["file", "paste"],
        format_func={"file": "A file", "paste": "Paste"}.__getitem__,
        key="data_set_import_from",
        required=True,
        label_visibility="collapsed",
    )
    if where == "file":
        file = st.file_uploader(
            "A file with one case per row",
            [ending.removeprefix(".") for ending in ENDINGS],
            key="data_set_import_file",
            max_upload_size=LIMITS.max_bytes // 1_000_000,
            help="CSV, JSON lines, Parquet and the like; the first line of a CSV names the columns.",
        )
        if file is None:
            return None
        source = hashlib.sha256(file.file_id.encode()).hexdigest()[:12]
        return _remember(source, file.name, read=lambda: read_file(file.name, file.getvalue()))
    text = st.text_area(
        "Cases", key="data_set_import_text", height=170, placeholder=_EXAMPLE, label_visibility="collapsed"
    )
    kind: Pasted = st.selectbox(
        "Read it as", list(_READ_AS), format_func=_READ_AS.__getitem__, key="data_set_import_kind", width=260
    )
    if not text.strip():
        return None
    digest = hashlib.sha256(f"{kind}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return _remember(digest, "", read=lambda: read_pasted(text, kind=kind))


def _remember(source: str, name: str, *, read: Callable[[], RawTable]) -> _Memo:
    """What was read of a source; read once."""
    memo: _Memo | None = st.session_state.get(_MEMO)
    if memo is not None and memo.source == source:
        return memo
    try:
        memo = _Memo(source, name, read())
    except DataSetRefused as refused:
        memo = _Memo(source, name, refused)
    st.session_state[_MEMO] = memo
    return memo


def _raw(table: RawTable) -> None:
    kinds = {
        "csv": "CSV",
        "tsv": "tab-separated",
        "jsonl": "JSON lines",
        "json": "JSON",
        "parquet": "Parquet",
    }
    what = kinds.get(table.format, "one case per line")
    rows, columns = len(table.rows), len(table.columns)
    st.markdown(
        f"Read as **{what}**: {rows:,} {'row' if rows == 1 else 'rows'}, "
        f"{columns:,} {'column' if columns == 1 else 'columns'}. The first ones:"
    )
    shown = preview(table, 5)
    st.dataframe(
        pd.DataFrame(shown, columns=list(table.columns)),
        key="data_set_import_raw",
        alt="The first rows, as they were read",
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (len(shown) + 1) + 3,
    )


def _prepared(memo: _Memo, table: RawTable, mapped: Mapped) -> Prepared | DataSetRefused:
    """The cases as the mapping makes them, or why it cannot be used; worked out once."""
    drop = bool(st.session_state.get(f"{memo.key}_drop"))
    if memo.prepared is None or memo.made_of != (mapped, drop):
        memo.made_of = (mapped, drop)
        try:
            memo.prepared = prepare(table, mapped, drop_duplicates=drop)
            memo.data_set_id = content_id(memo.prepared.cases)
        except DataSetRefused as refused:
            memo.prepared = refused
    return memo.prepared


def _outcome(prepared: Prepared, *, key: str, unit: str) -> None:
    """Say what becomes of the table, and everything that is wrong with it."""
    parts = [f"**{cases_words(len(prepared.cases))}**"]
    if prepared.left_out:
        parts.append(f"{_rows(prepared.left_out)} left out")
    if prepared.duplicates:
        parts.append(f"{_rows(prepared.duplicates)} with the inputs of an earlier one")
    if prepared.unlabelled:
        parts.append(f"{prepared.unlabelled:,} without an expected answer")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(" · ".join(parts), width="content")
        if prepared.duplicates:
            st.checkbox("Drop duplicates", key=f"{key}_drop")
    if not prepared.cases:
        st.error("**No row can be a case.** The list says why.", icon=":material/block:")
    if len(prepared.problems):
        _problems(prepared.problems, unit=unit, expanded=bool(prepared.left_out))


def _problems(found: Problems, *, unit: str, expanded: bool) -> None:
    things = "thing" if len(found) == 1 else "things"
    with st.expander(f"{len(found):,} {things} to know", expanded=expanded):
        st.dataframe(
            pd.DataFrame([
                {
                    unit: problem.row,
                    "Column": problem.column,
                    "What": problem.message,
                    "Left out": problem.left_out,
                }
                for problem in found.listed
            ]),
            key="data_set_import_problems",
            alt="What is wrong with rows, or worth knowing",
            hide_index=True,
            placeholder="–",
            height=_ROW_HEIGHT * (min(len(found.listed), 6) + 1) + 3,
            column_config={
                unit: st.column_config.NumberColumn(width=70, format="localized"),
                "Column": st.column_config.TextColumn(width=120),
                "What": st.column_config.TextColumn(width=560),
                "Left out": st.column_config.CheckboxColumn(width=80),
            },
        )  # fmt: skip
        if found.more:
            st.caption(f"… and {found.more:,} more.")


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _saving(shelf: DataSetShelf, memo: _Memo, prepared: Prepared) -> None:
    st.markdown("##### Save it")
    name = st.text_input(
        "Name",
        suggested_name(memo.name),
        key=f"{memo.key}_name",
        max_chars=120,
        placeholder="A short name that says what its cases are",
    ).strip()
    start = _start(prepared.cases, name)
    # Other inputs want another template, other answers other scorers.
    about_key = f"{memo.key}_about_{'_'.join((*start.cases[0].inputs, *start.scorers))}"
    about = about_fields(about_key, start)
    kept = shelf.summary(memo.data_set_id)
    # The app's own cases are on the shelf as they are: they get no second name.
    own = kept is None or not kept.builtin
    st.caption(_will_be(name, kept, shelf.versions(name) if name else [], about=about))
    st.button(
        "Save",
        key="data_set_import_save",
        type="primary",
        icon=":material/save:",
        disabled=not name or bool(about.problems) or not own,
        on_click=_save,
        args=(shelf, about.put_on(start)),
    )


def _start(cases: tuple[Case, ...], name: str) -> DataSet:
    scorers = suggested_scorers(cases)
    return DataSet(
        data_set_id="",
        name=name,
        cases=cases,
        task="classification" if "classification" in scorers else "",
        prompt=suggested_prompt(cases),
        scorers=scorers,
    )


def _will_be(name: str, kept: StoredDataSet | None, versions: list[StoredDataSet], *, about: About) -> str:
    """Say what saving will do."""
    if kept is not None and kept.builtin:
        return f"These are the cases of “{plain(kept.name)}”, which comes with the app."
    if not name or about.problems:
        return "Correct what is marked above." if name else "Give it a name."
    if kept is not None:
        here = f"These cases are here already, as “{plain(kept.name)}”, version {kept.version}"
        same = kept.name.casefold() == name.casefold()
        return f"{here}: what goes with them is saved anew." if same else f"{here}. They keep that name."
    if versions:
        return f"“{plain(versions[0].name)}” is here: this becomes its version {versions[0].version + 1}."
    return "It becomes a new data set."


def _save(shelf: DataSetShelf, data_set: DataSet) -> None:
    try:
        kept = shelf.save(data_set)
    except HistoryError as error:
        data_sets_list.complain(error)
        return
    _leave()
    data_sets_list.show(kept.data_set_id)
    version = f", version {kept.version}" if kept.version > 1 else ""
    data_sets_list.tell(f"Saved: {kept.name}{version}, {cases_words(kept.cases)}")


def _leave() -> None:
    memo: _Memo | None = st.session_state.pop(_MEMO, None)
    for key in list(st.session_state):
        if memo is not None and isinstance(key, str) and key.startswith(memo.key):
            del st.session_state[key]
    st.session_state.pop(data_sets_list.IMPORTING, None)
