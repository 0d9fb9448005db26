"""What the finished figures draw: parts of a bar, strips apart, and no percentile of too few runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from bedrock_playground.invocation import Comparison, InvocationRequest, InvocationResult, RunIdentity
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import Timing, Usage
from components.figure_kinds import against_latency, bars, medians, parts, strip, times
from components.measured import COST, TOTAL, TTFT, table
from components.repeats_view import spread_rows
from tests.app.test_costs_on_compare import NoInvoker

Run = tuple[str, Timing, Usage | None, Cost | None]
PLAIN = Timing(time_to_first_token=0.4, total=2.0, arrivals=(0.4, 1.0, 1.9))
THINKING = Timing(time_to_first_reasoning_token=0.5, time_to_first_token=3.0, total=4.0, arrivals=(3.0, 4.0))
SILENT = Timing(total=1.5)


def usd(text: str) -> Cost:
    return Cost(Decimal(text), Confidence.CONFIRMED, "litellm 1")


def data_of(*runs: Run) -> pd.DataFrame:
    """The table of a comparison of these runs."""
    return table(comparison_of(*runs))


def comparison_of(*runs: Run) -> Comparison:
    """Make a finished comparison; several runs of a letter are its repeats."""
    start = RunIdentity("run", "comparison", "A", 0, 0, datetime(2026, 11, 22, tzinfo=UTC))
    counts: dict[str, int] = {}
    made, costs = [], {}
    for index, (letter, timing, usage, cost) in enumerate(runs):
        repeat = counts[letter] = counts.get(letter, -1) + 1
        identity = replace(start, run_id=f"run-{index}", label=letter, repeat=repeat)
        result = InvocationResult("Hi", usage=usage, timing=timing)
        made.append((identity, InvocationRequest.from_prompt(f"model.{letter}", "Hi"), result))
        if cost is not None:
            costs[identity.run_id] = cost
    return Comparison.restore(NoInvoker(), runs=made, costs=costs)


def rows_of(frame: pd.DataFrame) -> list[dict[str, object]]:
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]


def test_time_is_split_into_what_it_goes_into_and_unknown_parts_are_missing() -> None:
    split = rows_of(parts(data_of(
        ("A", PLAIN, Usage(10, 17), None), ("B", THINKING, None, None), ("C", SILENT, Usage(10, 1), None),
        ("D", Timing(), None, None),
    )))  # fmt: skip
    names = ("waiting", "reasoning", "writing", "rest", "total_ms", "tpot_ms")
    assert [[row[name] for name in names] for row in split] == [
        pytest.approx([400, None, 1500, 100, 2000, 100]),
        pytest.approx([500, 2500, 1000, None, 4000, None]),
        pytest.approx([1500, None, None, None, 1500, None]),
        [None] * 6,
    ]
    for row in split[:3]:
        told = [float(str(row[name])) for name in names[:4] if row[name] is not None]
        assert sum(told) == pytest.approx(float(str(row["total_ms"])))


def test_of_repeats_the_run_of_median_total_is_split() -> None:
    totals = (5.0, 1.0, 3.0, 2.0)
    data = data_of(*[("A", replace(PLAIN, total=total), None, None) for total in totals])
    (row,) = rows_of(parts(data))
    assert (row["repeat"], row["total_ms"]) == (4, 2000)


def test_stacked_times_have_textures_and_say_what_is_not_known() -> None:
    figure = times(data_of(("A", THINKING, Usage(10, 11), None), ("B", Timing(), None, None)))
    shapes = {trace.name: trace.marker.pattern.shape for trace in figure.data if trace.type == "bar"}
    assert shapes == {"to first token": "/", "of it reasoning": ".", "writing": ""}
    assert list(figure.data[-1].text) == [" 4.00 s · 100 ms/token", " n/a"]


def test_free_and_unknown_lanes_have_strips_of_their_own_in_the_scatter() -> None:
    data = data_of(
        ("A", PLAIN, Usage(10, 100), usd("0.003")), ("B", THINKING, Usage(10, 25), usd("0.0001")),
        ("C", PLAIN, None, usd("0")), ("D", PLAIN, None, Cost(None, note="Nobody knows.")),
        ("E", PLAIN, None, None),
    )  # fmt: skip
    figure = against_latency(data)
    drawn = {tuple(trace.text): (trace.yaxis, list(trace.y)) for trace in figure.data}
    assert drawn == {
        ("A", "B"): ("y", [0.003, 0.0001]),
        ("C",): ("y2", ["$0, free"]),
        ("D", "E"): ("y2", ["unknown", "unknown"]),
    }
    (priced,) = [trace for trace in figure.data if tuple(trace.text) == ("A", "B")]
    # Four times the tokens, four times the area.
    assert list(priced.marker.size) == pytest.approx([38, 19])
    assert (figure.layout.yaxis.type, figure.layout.xaxis.type) == ("log", "linear")
    (corner,) = figure.layout.shapes
    assert (corner.xref, corner.yref, corner.x1, corner.y1) == ("x domain", "y domain", 0.5, 0.5)


def test_one_unknown_repeat_makes_the_variants_cost_unknown() -> None:
    data = data_of(("A", PLAIN, None, usd("0.01")), ("A", PLAIN, None, None), ("A", PLAIN, None, usd("0.03")))
    (row,) = rows_of(medians(data))
    assert (row["kind"], row["usd"], row["cost"]) == ("unknown", None, "unknown")


FEW = "P5 and P95 need at least 20 runs; there {}. "


@pytest.mark.parametrize(
    ("runs", "told", "note"),
    [
        (1, (None, None, None), FEW.format("is 1 run") + "Median needs at least 2 runs; there is 1 run."),
        (3, (None, 2.0, None), FEW.format("are 3 runs") + "Rough: median of 3 runs; 10 make it steady."),
        (21, (2.0, 11.0, 20.0), "Rough: P5 and P95 of 21 runs; 100 make it steady."),
    ],
)
def test_no_percentile_is_told_of_too_few_repeats(
    runs: int, told: tuple[float | None, ...], note: str
) -> None:
    data = data_of(
        *[("A", Timing(time_to_first_token=0.1, total=n / 1000), None, None) for n in range(1, runs + 1)]
    )
    (row,) = rows_of(spread_rows(data, TOTAL))
    assert (row["P5"], row["median"], row["P95"]) == tuple(
        None if value is None else pytest.approx(value) for value in told
    )
    assert row["note"] == note
    assert row["runs"] == runs


def test_every_repeat_is_a_dot_and_whiskers_are_there_from_twenty_runs_on() -> None:
    def drawn(runs: int) -> tuple[int, int]:
        figure = strip(
            data_of(*[("A", replace(PLAIN, total=n), None, None) for n in range(1, runs + 1)]), TOTAL
        )
        return len(figure.data[0].y), len(figure.layout.shapes)

    assert drawn(3) == (3, 1), "the median alone"
    assert drawn(20) == (20, 4), "P5, median, P95 and what joins them"


def test_a_single_run_needs_no_median() -> None:
    data = data_of(("A", PLAIN, None, usd("0.001")), ("B", SILENT, None, None))
    assert list(bars(data, TTFT).data[0].text) == ["400", "n/a"]
    assert list(bars(data, COST).data[0].text) == ["$1.00", "unknown"]


@pytest.fixture
def page() -> AppTest:
    """A page with the figures of a finished comparison."""

    def script() -> None:
        import streamlit as st

        from components.figures import figures

        figures(st.session_state["shown"])

    return AppTest.from_function(script, default_timeout=30)


def drawn(page: AppTest) -> list[str]:
    return [
        json.loads(chart.proto.spec)["layout"]["title"]["text"].partition("<br>")[0]
        for chart in page.get("plotly_chart")
    ]


def test_only_the_figures_of_the_open_tab_are_drawn_each_with_its_words_and_numbers(page: AppTest) -> None:
    page.session_state["shown"] = comparison_of(
        ("A", PLAIN, Usage(10, 17), usd("0.001")), ("B", SILENT, None, Cost(None))
    )
    page.run()
    assert not page.exception
    assert [tab.label for tab in page.tabs] == ["Time", "Cost", "All numbers"]
    assert drawn(page) == ["Total time", "Time to first token", "Output speed"]
    assert [chart.proto.alt for chart in page.get("plotly_chart")] == [
        "Total time in ms: A 2,000, B 1,500",
        "Time to first token in ms: A 400, B unknown",
        "Output speed in tokens/s: A 10, B unknown",
    ]
    assert len(page.get("download_button")) == 3
    page.session_state["figure_tabs"] = "Cost"
    page.run()
    assert not page.exception
    assert drawn(page) == ["Cost of 1,000 such requests", "Output length"]
    page.session_state["figure_tabs"] = "All numbers"
    page.run()
    assert drawn(page) == []
    assert len(page.dataframe) == 1


def test_a_figure_is_made_once_and_anew_for_other_rows(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(data: pd.DataFrame, *, dark: bool) -> Figure:
        made.append(len(data))
        return times(data, dark=dark)

    def specs() -> list[str]:
        page.run()
        assert not page.exception
        return [chart.proto.spec for chart in page.get("plotly_chart")]

    monkeypatch.setattr("components.figures.times", counted)
    page.session_state["shown"] = comparison_of(
        ("A", PLAIN, Usage(10, 18), None), ("A", PLAIN, None, None), ("B", SILENT, None, None)
    )
    first = specs()
    assert specs() == first
    assert made == [3]
    page.session_state["shown"] = comparison_of(
        ("A", PLAIN, Usage(10, 19), None), ("A", PLAIN, None, None), ("B", SILENT, None, None)
    )
    assert specs() != first
    assert made == [3, 3]


def test_where_nothing_costs_anything_that_is_said_instead_of_drawn_but_unknown_is_not_nothing(
    page: AppTest,
) -> None:
    free = ("A", PLAIN, Usage(10, 17), usd("0"))
    page.session_state["shown"] = comparison_of(free, ("B", PLAIN, None, usd("0")))
    page.session_state["figure_tabs"] = "Cost"
    page.run()
    assert not page.exception
    assert drawn(page) == []
    assert page.markdown[-1].value.startswith("**Nothing here costs anything**")
    page.session_state["shown"] = comparison_of(free, ("B", PLAIN, None, Cost(None)))
    page.run()
    assert drawn(page) == ["Cost of 1,000 such requests", "Output length"]


def test_repeats_have_a_tab_that_says_what_their_number_is_good_for(page: AppTest) -> None:
    page.session_state["shown"] = comparison_of(
        *[("A", PLAIN, None, None)] * 3, *[("B", PLAIN, None, None)] * 3
    )
    page.run()
    assert drawn(page) == ["Where the time goes", "Time to first token", "Output speed"]
    assert page.get("plotly_chart")[0].proto.alt == (
        "Total time in ms, stacked from the time to the first token and the writing: A 2,000, B 2,000"
    )
    page.session_state["figure_tabs"] = "Cost"
    page.run()
    assert drawn(page) == ["Cost of 1,000 such requests", "Cost against latency"]
    page.session_state["figure_tabs"] = "Repeats"
    page.run()
    assert not page.exception
    assert drawn(page) == ["Time to first token"]
    assert [caption.value for caption in page.caption] == [
        "P5 and P95 need at least 20 runs; there are 3 runs. Rough: median of 3 runs; 10 make it steady."
    ]
    page.button_group(key="spread_of").set_value("Total time").run()
    assert not page.exception
    assert drawn(page) == ["Total time"]
