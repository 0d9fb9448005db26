"""What finished lanes cost, in charts and as if on another model; unknown is never drawn at 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.invocation import Comparison, InvocationRequest, InvocationResult, RunIdentity
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import Usage
from components.figure_kinds import bars
from components.measured import COST, table
from components.words import plain

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
USAGE = Usage(1_000_000, 100_000)
PRICED = Cost(Decimal("0.00123"), Confidence.CONFIRMED, "litellm 1", date(2026, 11, 22))
UNKNOWN = Cost(None, note="No source has a price for it.")
FREE = Cost(Decimal(0), Confidence.EXACT, "this machine", note="Runs on this machine: no charge.")


def comparison(
    *lanes: tuple[str, Usage | None, Cost | None], region: str | None = None, endpoint: str = "bedrock"
) -> Comparison:
    """Make a finished comparison of these models, tokens and costs."""
    start = RunIdentity(
        "run", "comparison", "A", 0, 0, datetime(2026, 11, 22, tzinfo=UTC), region=region, endpoint=endpoint
    )
    runs, costs = [], {}
    for letter, (model_id, usage, cost) in zip("ABCDEFGH", lanes, strict=False):
        identity = replace(start, run_id=f"run-{letter}", label=letter)
        runs.append(
            (identity, InvocationRequest.from_prompt(model_id, "Hi"), InvocationResult("Hi", usage=usage))
        )
        if cost is not None:
            costs[identity.run_id] = cost
    return Comparison.restore(NoInvoker(), runs=runs, costs=costs)


class NoInvoker:
    """Nothing is sent here."""

    def stream(self, request: InvocationRequest) -> Any:
        raise AssertionError(request)


def test_an_unknown_cost_has_its_own_place_in_the_chart_and_no_bar() -> None:
    data = table(comparison(("a.x", USAGE, PRICED), ("b.x", USAGE, UNKNOWN), ("c.x", USAGE, None)))
    chart = bars(data, COST)
    assert list(chart.data[0].x) == ["A", "B", "C"]
    assert list(chart.data[0].y) == [1.23, None, None]
    assert list(chart.data[0].text) == ["$1.23", "unknown", "unknown"]
    assert [(note.x, note.text) for note in chart.layout.annotations] == [("B", "unknown"), ("C", "unknown")]


def test_the_numbers_hold_the_cost_exactly_with_where_it_comes_from() -> None:
    data = table(comparison(("a.x", USAGE, PRICED), ("b.x", USAGE, UNKNOWN)))
    rows = data.astype(object).where(data.notna(), None).to_dict("records")
    names = ("cost_usd", "price_source", "price_as_of", "price_confidence")
    assert [rows[0][name] for name in names] == ["0.00123", "litellm 1", "2026-11-22", "confirmed"]
    assert [rows[1][name] for name in names] == [None, None, None, "unknown"]
    assert ",0.00123,1.23,litellm 1," in table(comparison(("a.x", USAGE, PRICED))).to_csv(index=False)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """A page with what stands under the lanes of a finished comparison."""
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(tmp_path))
    st.cache_resource.clear()

    def script() -> None:
        import streamlit as st

        from components.price_as_if import price_as_if

        price_as_if(st.session_state["shown"])

    yield AppTest.from_function(script, default_timeout=30)
    st.cache_resource.clear()


def cells(page: AppTest) -> list[list[str]]:
    html = page.get("html")[0].proto.body
    rows = re.findall(r"<tr>(.*?)</tr>", html.partition("<tbody>")[2])
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]


def test_the_measured_tokens_are_priced_as_if_on_another_model(page: AppTest) -> None:
    local = "local.smollm2-135m-instruct-v1:0"
    page.session_state["shown"] = comparison((local, USAGE, FREE), ("<b>.x", Usage(10, 20), UNKNOWN))
    page.run()
    assert not page.exception
    assert not page.get("html"), "nothing is claimed before a model is picked"
    page.selectbox(key="price_as_if_model").set_value(HAIKU).run()
    assert not page.exception
    assert cells(page) == [
        ["A", "1,000,000", "100,000", "$0", "$1.65", "$1,650.00"],
        ["B", "10", "20", "unknown", "$0.000121", "$0.121"],
    ]
    assert 'title="&lt;b&gt;.x"' in page.get("html")[0].proto.body
    (said,) = [element.value for element in page.caption]
    assert "as of 20" in said
    assert "its own tokeniser would count the same text differently" in said
    assert "no charge" in page.get("html")[0].proto.body


def test_all_runs_together_are_priced_on_every_model_cheapest_first(page: AppTest) -> None:
    page.session_state["shown"] = comparison(("a.x", USAGE, PRICED), ("b.x", Usage(0, 100_000), UNKNOWN))
    page.run()
    assert not page.dataframe, "the simple answer comes first"
    page.toggle(key="price_as_if_everywhere").set_value(True).run()
    assert not page.exception, page.exception
    table = page.dataframe[0].value
    assert list(table["Cost"]) == sorted(table["Cost"])
    # 1,000,000 x 1.1 + 200,000 x 5.5, in millionths.
    assert table.set_index("Id").loc[HAIKU, "Cost"] == pytest.approx(2.2)
    assert set(table["Paid for"]) == {"on demand"}
    page.button_group(key="as_if_tiers").set_value(["batch"]).run()
    assert set(page.dataframe[0].value["Paid for"]) == {"batch"}
    said = "\n".join(element.value for element in (*page.markdown, *page.caption))
    assert "1 of 2 runs cost \\$0.00123; of the others it is unknown" in said
    assert "its own tokeniser would count the same text differently" in said


def test_what_has_no_price_stands_apart_with_its_reason(page: AppTest) -> None:
    page.session_state["shown"] = comparison(("a.x", USAGE, PRICED))
    page.run()
    page.toggle(key="price_as_if_everywhere").set_value(True).run()
    apart = page.dataframe[-1].value
    assert "cohere.command-r-v1:0" in set(apart["Id"])
    assert all("no price" in why or "No source" in why for why in apart["Why"])
    assert "cohere.command-r-v1:0" not in set(page.dataframe[0].value["Id"])


def test_the_cache_as_measured_is_offered_where_one_was_measured(page: AppTest) -> None:
    page.session_state["shown"] = comparison((HAIKU, Usage(1_000_000, 0, 1_000_000, 0), PRICED))
    page.run()
    page.toggle(key="price_as_if_everywhere").set_value(True).run()
    page.button_group(key="as_if_cachings").set_value(["none", "measured", "warm"]).run()
    assert not page.exception, page.exception
    table = page.dataframe[0].value
    mine = table[table["Id"] == HAIKU].set_index("Cache")["Cost"]
    # 2,000,000 x 1.1; half of them x 0.11; all of them x 0.11.
    assert list(mine[["no cache", "cached as measured", "all input from a cache"]]) == [2.2, 1.21, 0.22]


def test_without_measured_tokens_there_is_nothing_to_price(page: AppTest) -> None:
    page.session_state["shown"] = comparison(("a.x", None, UNKNOWN))
    page.run()
    assert not page.exception
    assert not page.selectbox


def test_a_model_without_a_price_is_offered_as_unknown_and_stays_it(page: AppTest) -> None:
    page.session_state["shown"] = comparison(("a.x", USAGE, PRICED))
    page.run()
    options = page.selectbox(key="price_as_if_model").options
    assert len(options) > 200
    unpriced = [option.rpartition(" · ")[2] for option in options if "price unknown" in option]
    book = load_price_book()
    (unknown, *_) = [model_id for model_id in unpriced if book.price(model_id) is None]
    page.selectbox(key="price_as_if_model").set_value(unknown).run()
    assert not page.exception
    assert [row[-2:] for row in cells(page)] == [["unknown", "unknown"]]
    (said,) = [element.value for element in page.caption]
    assert plain(unknown) in said
    assert "is unknown" in said


@pytest.mark.parametrize(("endpoint", "here"), [("bedrock", "ap-southeast-3"), ("local", None)])
def test_the_price_is_that_of_the_region_that_was_called(
    page: AppTest, *, endpoint: str, here: str | None
) -> None:
    """Nova Pro's list price is the general one; that it holds in Jakarta nobody says."""
    nova = "amazon.nova-pro-v1:0"
    shown = comparison(("a.x", USAGE, PRICED), region="ap-southeast-3", endpoint=endpoint)
    page.session_state["shown"] = shown
    page.run()
    page.selectbox(key="price_as_if_model").set_value(nova).run()
    assert not page.exception
    book = load_price_book()
    expected = book.as_if(USAGE, nova, counted_by="a.x", region=here)
    assert cells(page)[0][-2] == format_usd(expected.amount)
    (said,) = [element.value for element in page.caption]
    assert ("No price is known for ap-southeast-3" in said) == (here is not None)
    assert ". . " not in said
    assert ".. " not in said
