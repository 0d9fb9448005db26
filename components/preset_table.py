"""A preset's table of values: edited, kept with the preset, and run row by row on one model or several."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import BuiltRequest
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError, PresetShelf, RunOrigin, StoredPreset
from bedrock_playground.presets import FileRefused, Preset, TemplateUnfilled, Value, Variable
from bedrock_playground.presets.building import example_values, request_of
from bedrock_playground.presets.template import check_values, read_value
from bedrock_playground.spending import Total, total
from components import compare_state, preset_origin, presets_bar, variants
from components.live import get_hub
from components.preset_rows_view import results
from components.resources import resolve_model
from components.rows_run import MOST_ROWS, Row, RowsRun
from components.spending import estimator_at
from components.spending_ask import ask, must_ask
from components.spending_line import cost_words
from components.words import plain

_PROBLEM = "preset_rows_problem"
_ASKED = "preset_rows"
_COST, _COSTED = "preset_rows_cost", "preset_rows_costed"


def table_view(
    shelf: PresetShelf, stored: StoredPreset, *, connection: Connection | None, catalogue: Catalogue
) -> None:
    """Draw the table, the models to run it on, and what came of it.

    Args:
        shelf: Where the preset is kept.
        stored: The preset.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: What that place can call.
    """
    preset = stored.preset
    if not preset.variables:
        st.caption(
            "This preset's prompt has no variables. Write `{{name}}` where something changes from case to "
            "case, and each row of a table here becomes a case."
        )
        return
    st.caption(
        "Each row fills the template once and is a comparison of its own: row by row, all models of a row at "
        "once."
    )
    rows, problems = _edited(stored)
    for problem in problems[:3]:
        st.caption(f":orange[:material/edit_note: {plain(problem)}]")
    if len(problems) > 3:
        st.caption(f":orange[… and {len(problems) - 3} more]")
    models = _models(stored, catalogue)
    key = f"rows_run_{stored.preset_id}"
    run: RowsRun | None = st.session_state.get(key)
    going = run is not None and not run.done
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            f"Run {len(rows)} {'row' if len(rows) == 1 else 'rows'}",
            key="preset_rows_run",
            type="primary",
            icon=":material/play_arrow:",
            disabled=connection is None or going or bool(problems) or not rows or not models,
            on_click=_run,
            args=(stored, rows),
            kwargs={"models": models, "connection": connection},
        )
        st.button(
            "Stop",
            key="preset_rows_stop",
            icon=":material/stop:",
            disabled=not going,
            on_click=run.stop if run else None,
        )
        if not stored.starter:
            st.button(
                "Keep this table with the preset",
                key="preset_rows_keep",
                icon=":material/save:",
                disabled=bool(problems) or rows == [dict(row) for row in preset.rows],
                on_click=_keep,
                args=(shelf, stored, rows),
            )
    if connection is not None and rows and models and not problems:
        _cost_line(stored, rows, models=models, connection=connection)
        begin = partial(_run, stored, rows, models=models, connection=connection)
        ask(partial(_go_on, run=begin))
    if told := st.session_state.pop(_PROBLEM, None):
        st.warning(plain(told), icon=":material/info:")
    if run is not None:
        results(run, preset.variables)


def _edited(stored: StoredPreset) -> tuple[list[dict[str, Value]], list[str]]:
    """The rows as they are edited, and what is wrong with them."""
    preset = stored.preset
    start = [dict(row) for row in preset.rows] or [example_values(preset)]
    names = [variable.name for variable in preset.variables]
    frame = pd.DataFrame(
        {
            variable.name: pd.Series([row.get(variable.name) for row in start], dtype=_dtype(variable))
            for variable in preset.variables
        },
        columns=names,
    )
    edited = st.data_editor(
        frame,
        key=f"preset_rows_{stored.preset_id}_{stored.version}",
        alt="The table of values",
        num_rows="dynamic",
        hide_index=True,
        column_config={variable.name: _column(variable) for variable in preset.variables},
    )
    rows: list[dict[str, Value]] = []
    problems: list[str] = []
    for number, record in enumerate(edited.to_dict("records"), 1):
        try:
            row = _row(preset, record)
        except TemplateUnfilled as unfilled:
            problems.append(f"Row {number}: {unfilled}")
        else:
            if row:
                rows.append(row)
    if len(rows) > MOST_ROWS:
        problems.append(f"There are {len(rows)} rows; at most {MOST_ROWS} are run at once.")
    return rows, problems


def _row(preset: Preset, record: Mapping[Any, Any]) -> dict[str, Value]:
    """A row's values; an empty row has none.

    Raises:
        TemplateUnfilled: A value is missing, or of the wrong type.
    """
    given = {variable.name: _cell(variable, record.get(variable.name)) for variable in preset.variables}
    row: dict[str, Value] = {name: value for name, value in given.items() if value is not None}
    # A box that was never ticked says no, in an empty row too.
    if all(isinstance(value, bool) for value in row.values()):
        return {}
    check_values((preset.system, preset.prompt), preset.variables, row)
    return row


def _cell(variable: Variable, value: Any) -> Value | None:  # noqa: ANN401 - whatever a table holds
    if variable.type == "boolean":
        return bool(value) if isinstance(value, bool) else False
    if value is None or value is pd.NA or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if variable.type == "integer":
        return int(value)
    return float(value) if variable.type == "number" else read_value(variable, str(value))


def _dtype(variable: Variable) -> str:
    return {"number": "Float64", "integer": "Int64", "boolean": "boolean"}.get(variable.type, "object")


def _column(variable: Variable) -> Any:  # noqa: ANN401 - Streamlit's column types have no common one
    about = plain(variable.description) or None
    match variable.type:
        case "number":
            return st.column_config.NumberColumn(help=about)
        case "integer":
            return st.column_config.NumberColumn(help=about, step=1, format="%d")
        case "boolean":
            return st.column_config.CheckboxColumn(help=about, default=False)
        case "choice":
            return st.column_config.SelectboxColumn(help=about, options=list(variable.choices))
        case "string":
            return st.column_config.TextColumn(help=about)


def _models(stored: StoredPreset, catalogue: Catalogue) -> list[str]:
    own = stored.preset.variant.model or variants.default_model(catalogue)
    offered = [option.model_id for option in catalogue.options if option.comparable and option.listed]
    key = f"preset_rows_models_{stored.preset_id}"
    if key not in st.session_state:
        st.session_state[key] = [own] if own else []
    chosen: list[str] = st.multiselect(
        "On these models, with this preset's settings",
        list(dict.fromkeys([*([own] if own else []), *offered, *st.session_state[key]])),
        key=key,
        accept_new_options=True,
        max_selections=len(variants.LETTERS),
        persist_state="session",
    )
    return chosen


def _keep(shelf: PresetShelf, stored: StoredPreset, rows: Sequence[Mapping[str, Value]]) -> None:
    try:
        saved = shelf.save(stored.preset_id, replace(stored.preset, rows=tuple(rows)))
    except (HistoryError, FileRefused) as error:
        presets_bar.complain(error)
        return
    presets_bar.tell(f"The table is kept: {saved.preset.name}, version {saved.version}")


def _requests(
    preset: Preset, rows: Sequence[Mapping[str, Value]], *, models: Sequence[str], connection: Connection
) -> list[dict[str, BuiltRequest]]:
    """The request of each row for each model, by the letter that the model gets."""
    lettered = [
        (
            letter,
            replace(preset, variant=replace(preset.variant, model=model)),
            resolve_model(connection, model),
        )
        for letter, model in zip(variants.LETTERS, models, strict=False)
    ]
    return [
        {letter: request_of(one, values, resolution) for letter, one, resolution in lettered}
        for values in rows
    ]


def _cost_line(
    stored: StoredPreset,
    rows: Sequence[Mapping[str, Value]],
    *,
    models: Sequence[str],
    connection: Connection,
) -> None:
    """Say what running the table would cost; worked out once for the same table."""
    wanted = (stored.preset_id, stored.version, repr(rows), tuple(models), connection.endpoint_label)
    if st.session_state.get(_COSTED) != wanted:
        estimator = estimator_at(connection, with_history=True)
        built = _requests(stored.preset, rows, models=models, connection=connection)
        st.session_state[_COSTED] = wanted
        st.session_state[_COST] = total({
            f"row {number}, {letter}": estimator.estimate(one.request)
            for number, row in enumerate(built, 1)
            for letter, one in row.items()
            if not one.refusals
        })  # fmt: skip
    together: Total = st.session_state[_COST]
    st.markdown(f":small[{cost_words(together)}]", width="content")


def _go_on(then: tuple[str, ...], run: Callable[[], None]) -> None:
    if then[:1] == (_ASKED,):
        run()


def _run(
    stored: StoredPreset,
    rows: Sequence[Mapping[str, Value]],
    *,
    models: Sequence[str],
    connection: Connection,
) -> None:
    """Begin: one comparison per row, one variant per model; asks first where nobody knows a price."""
    preset, origin = stored.preset, RunOrigin(stored.preset_id, stored.version, stored.preset.tags)
    built = _requests(preset, rows, models=models, connection=connection)
    sent = {letter: one.request for row in built for letter, one in row.items() if not one.refusals}
    if not sent:
        refusals = [text for one in built[0].values() for text in one.refusals]
        st.session_state[_PROBLEM] = f"Nothing was sent. {' '.join(refusals)}"
        return
    if must_ask(sent, connection=connection, then=(_ASKED, stored.preset_id)):
        return
    origins = {
        # On another model it is not the preset any more.
        letter: origin if preset.variant.model in {model, ""} else None
        for letter, model in zip(variants.LETTERS, models, strict=False)
    }
    made = []
    for values, requests in zip(rows, built, strict=True):
        comparison = compare_state.new_comparison(connection)
        preset_origin.note_origins(comparison.id, origins)
        made.append(Row(dict(values), requests, comparison))
    run = RowsRun(made, begun=get_hub().register)
    st.session_state[f"rows_run_{stored.preset_id}"] = run
    run.start()
