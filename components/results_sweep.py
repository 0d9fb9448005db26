"""A sweep as heat maps over two settings, and how much repeats vary."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.sweeps import (
    PARAMETERS,
    Axis,
    Measure,
    Setting,
    SweepResult,
    Table,
    name_of,
    tabulate,
)
from bedrock_playground.evaluation.swept import Swept, agreement_of, sweep_results, swept, variation_of
from components.results_chart import chart, csv, numbers, table
from components.results_data import Shown
from components.results_tags import heat
from components.results_words import UNKNOWN, between, called, count, percent
from components.words import plain

GRID, ROW, COLUMN = "results_sweep_grid", "results_sweep_row", "results_sweep_column"
_MEAN = "the mean over all"
_TITLES: dict[Measure, str] = {
    "accuracy": "Accuracy",
    "agreement": "Agreement of repeats",
    "length": "Length, output tokens",
    "cost": "Cost of 1,000 requests",
}
_NONE = "nothing"


def grids(reading: Reading) -> tuple[Swept, ...]:
    """The grids among an evaluation's contenders."""
    return reading.once(("grids",), lambda: swept(reading.contenders))


def sweep(shown: Shown, scorer: str | None, *, file: str) -> None:
    """Draw heat maps of a sweep, and how much repeats vary.

    Args:
        shown: What is shown.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        file: The beginning of the names of its files.
    """
    reading = shown.reading
    if found := grids(reading):
        _maps(reading, _pick_grid(found), scorer, file=file)
    if reading.spec.repeat > 1:
        _repeats(reading, scorer, file=file)


def _pick_grid(found: tuple[Swept, ...]) -> Swept:
    if len(found) == 1:
        return found[0]
    places = range(len(found))
    if st.session_state.get(GRID) not in places:
        st.session_state[GRID] = 0
    place: int = st.selectbox(
        "Sweep of",
        places,
        key=GRID,
        format_func=lambda one: found[one].base.model if one in places else "",
        persist_state="session",
        width=420,
    )
    return found[place]


def _maps(reading: Reading, found: Swept, scorer: str | None, *, file: str) -> None:
    axes = {axis.parameter: axis for axis in found.sweep.axes}
    row, column, at = _choose(axes)
    results = sweep_results(reading, found, scorer)
    measures: list[Measure] = [
        measure for measure in _TITLES if any(getattr(result, measure) is not None for result in results)
    ]
    with st.grid(2 if len(measures) > 1 else 1, min_column_width=320):
        for measure in measures:
            told = tabulate(found.sweep, results, measure=measure, row=row, column=column, at=at)
            with st.container(gap="xsmall", key=f"results_sweep_{measure}"):
                st.markdown(f"**{_TITLES[measure]}**")
                _map(told)
    if missing := [title for measure, title in _TITLES.items() if measure not in measures]:
        st.caption(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} unknown"
            + (": agreement takes repeats." if "Agreement of repeats" in missing else ".")
        )
    said = "What each combination of settings came to"
    numbers(_rows(reading, found, results), key="sweep", file=file, alt=said)


def _choose(axes: dict[str, Axis]) -> tuple[str, str | None, dict[str, Setting]]:
    """Let rows and columns be picked, and the values of further settings."""
    names = list(axes)
    if len(names) == 1:
        return names[0], None, {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="results_sweep_axes"):
        row = _setting("Rows", names, key=ROW, start=names[0])
        column = _setting("Columns", [name for name in names if name != row], key=COLUMN, start=None)
        at: dict[str, Setting] = {}
        for name in names:
            if name in {row, column}:
                continue
            options: list[object] = [_MEAN, *axes[name].values]
            key = f"results_sweep_at_{name}"
            if st.session_state.get(key, _MEAN) not in options:
                st.session_state[key] = _MEAN
            chosen = st.selectbox(
                PARAMETERS[name].capitalize(),
                options,
                key=key,
                format_func=lambda value: _MEAN if value == _MEAN else _written(value),
                width=180,
            )
            if chosen != _MEAN:
                at[name] = chosen  # type: ignore[assignment]
    return row, column, at


def _setting(label: str, names: list[str], *, key: str, start: str | None) -> str:
    if st.session_state.get(key) not in names:
        st.session_state[key] = start or names[0]
    chosen: str = st.selectbox(
        label, names, key=key, format_func=lambda one: PARAMETERS.get(one, one), width=180
    )
    return chosen


def _written(value: object) -> str:
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _map(told: Table) -> None:
    values = [[None if cell.value is None else float(cell.value) for cell in row] for row in told.cells]
    words = [[_cell(told.measure, cell.value) for cell in row] for row in told.cells]
    columns = [_written(value) for value in told.column.values] if told.column else ["all"]
    known = [value for row in values for value in row if value is not None]
    figure = heat(
        values,
        rows=[_written(value) for value in told.row.values],
        columns=columns,
        text=words,
        # Differences are what a sweep is about: the palest is the least there is.
        least=min(known, default=0.0),
        most=max(known, default=1.0),
    )
    figure.update_yaxes(title=PARAMETERS[told.row.parameter])
    figure.update_xaxes(title=PARAMETERS[told.column.parameter] if told.column else None)
    chart(figure, key=f"sweep_{told.measure}", alt=_in_words(told))
    notes = dict.fromkeys(cell.note for row in told.cells for cell in row if cell.note)
    for note in list(notes)[:3]:
        st.caption(plain(note))


def _cell(measure: Measure, value: float | Decimal | None) -> str:
    if value is None:
        return UNKNOWN
    match measure:
        case "accuracy" | "agreement":
            return percent(float(value), digits=0)
        case "length":
            return f"{value:,.0f}"
        case "cost":
            return format_usd((value if isinstance(value, Decimal) else Decimal(repr(value))) * 1000)


def _in_words(told: Table) -> str:
    cells = [
        (cell.value, down, across)
        for down, row in zip(told.row.values, told.cells, strict=True)
        for across, cell in zip(told.column.values if told.column else (None,), row, strict=True)
        if cell.value is not None
    ]
    title = _TITLES[told.measure]
    if not cells:
        return f"{title}: unknown everywhere"

    def place(down: Setting, across: Setting) -> str:
        settings = {told.row.parameter: down} | ({told.column.parameter: across} if told.column else {})
        return name_of(settings)

    low, high = min(cells, key=lambda one: one[0]), max(cells, key=lambda one: one[0])
    return (
        f"{title} from {_cell(told.measure, low[0])} ({place(low[1], low[2])}) "
        f"to {_cell(told.measure, high[0])} ({place(high[1], high[2])})"
    )


def _rows(reading: Reading, found: Swept, results: list[SweepResult]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "contender": called(reading, label),
            **{PARAMETERS[name]: _written(value) for name, value in result.settings.items()},
            "accuracy": percent(result.accuracy),
            "agreement": percent(result.agreement),
            "output tokens": None if result.length is None else round(result.length, 1),
            "cost per request": format_usd(result.cost),
        }
        for label, result in zip(found.labels, results, strict=True)
    ])  # fmt: skip


# Repeats


def _repeats(reading: Reading, scorer: str | None, *, file: str) -> None:
    st.markdown("**How much repeats vary**")
    data = pd.DataFrame([
        _repeat_row(reading, label, scorer) for label in reading.labels if reading.result(label).rows
    ])  # fmt: skip
    table(data, key="repeats", alt="How much each contender's repeats vary")
    st.caption(
        "Agreement: of all pairs of repeats of a case, the share that says the same. Deviation: of the "
        "accuracy from repeat to repeat, over the cases that every repeat scored. *Cases* finds those whose "
        "repeats differ."
    )
    csv(data, key="repeats", file=file)


def _repeat_row(reading: Reading, label: str, scorer: str | None) -> dict[str, object]:
    told = agreement_of(reading, label, scorer)
    varied = variation_of(reading, label, scorer)
    return {
        "contender": called(reading, label),
        "agreement": percent(told.share.value),
        "95 % interval": between(told.share),
        "repeats differ on": count(len(told.unsteady), "case"),
        "deviation": UNKNOWN if varied.deviation is None else f"{varied.deviation * 100:.1f} points",
        "within a case": UNKNOWN
        if varied.within_cases is None
        else f"{varied.within_cases * 100:.1f} points",
        **{f"repeat {number}": percent(value) for number, value in varied.by_repeat.items()},
    }
