"""The Planner, run by AppTest: assumptions in, dollars out, nothing unknown shown as nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.price_table import ids_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.values import Usage
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.planning.offers import answering
from tests.app.choosing import page_on
from tests.store.builders import record, result

NOVA = "amazon.nova-pro-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.fixture
def page(
    local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AppTest]:
    with page_on(local_endpoint, monkeypatch, page="pages/choose/planner.py", data=tmp_path) as app:
        app.run()
        assert not app.exception, app.exception
        # Prices everywhere, whatever Region the endpoint pretends to be in.
        app.selectbox(key="planner_region").set_value(None)
        yield app


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def frame(app: AppTest, column: str) -> Any:
    (found,) = [one.value for one in app.dataframe if column in one.value.columns]
    return found


def only(app: AppTest, *model_ids: str) -> AppTest:
    app.toggle(key="planner_cheapest").set_value(False)
    app.multiselect(key="planner_models").set_value(list(model_ids))
    return run(app)


def number(app: AppTest, name: str, value: float) -> None:
    app.number_input(key=f"planner_{name}").set_value(value)


def texts(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in (*app.caption, *app.markdown))


def test_it_answers_at_once_with_a_few_models_cheapest_first(page: AppTest) -> None:
    run(page)
    table = frame(page, "A month")
    assert 3 <= table["Model"].nunique() <= 6
    assert list(table["A month"]) == sorted(table["A month"])
    assert page.metric[0].value.startswith("$")
    missing = frame(page, "Why")
    assert missing["Why"].notna().all()


def test_a_month_by_hand_and_what_is_not_known_apart(page: AppTest) -> None:
    number(page, "requests", 100)
    number(page, "input", 1_000)
    number(page, "output", 500)
    only(page, NOVA, "cohere.command-r-v1:0")
    table = frame(page, "A month").set_index("Mode")
    # 3,000 x (1,000 x 0.8 + 500 x 3.2) / 1,000,000.
    assert table.loc["on demand", "A month"] == pytest.approx(7.2)
    assert table.loc["batch", "A month"] == pytest.approx(3.6)
    missing = frame(page, "Why")
    assert "cohere.command-r-v1:0" in set(missing["Id"])
    assert page.metric[0].value == "$7.20"


def test_caches_break_even_and_provisioned_throughput_in_a_sentence_each(page: AppTest) -> None:
    only(page, HAIKU)
    said = texts(page).replace("\\", "")
    assert "Claude Haiku 4.5, 5 minutes: cheaper from use 2 on" in said
    assert "Claude Haiku 4.5, 1 hour: cheaper from use 3 on" in said
    # 60 % of 4,000 is less than what Haiku 4.5 caches: no cache is in the month, and the sentence says so.
    assert "your 2,400 tokens that repeat are too few: it caches from 4,096 on" in said
    assert "it pays" not in said
    assert "Without an hourly price" in said
    page.number_input(key="planner_hourly").set_value(20.0)
    run(page)
    said = texts(page).replace("\\", "")
    # 730 x 20 = 14,600 a month over (4,000 x 1.1 + 400 x 5.5) / 1,000,000 = 0.0066 a request.
    assert "$14,600.00 a month pays from 2,212,122 requests a month on" in said
    assert "no cheaper than on demand" in said


def test_growth_is_drawn_for_twelve_months_and_the_year(page: AppTest) -> None:
    number(page, "growth", 100.0)
    only(page, NOVA)
    table = frame(page, "Month").set_index("Month")
    assert table.loc["2", "Requests"] == 2 * table.loc["1", "Requests"]
    assert table.loc["Year", "Nova Pro"] == pytest.approx(4095 * table.loc["1", "Nova Pro"])


def test_a_cascade_pays_all_it_asks_and_shares_that_are_too_many_are_said(page: AppTest) -> None:
    number(page, "requests", 100)
    number(page, "input", 1_000)
    number(page, "output", 0)
    only(page, NOVA, HAIKU)
    said = texts(page).replace("\\", "")
    # 3,000 requests: all 0.0008 on Nova Pro, a fifth 0.0011 on Haiku.
    assert "Cascade (asked: Nova Pro 100 %, Claude Haiku 4.5 20 %): $3.06 a month" in said
    page.button_group(key="planner_mix_pattern").set_value("routing")
    run(page)
    assert "Routing (asked: Nova Pro 80 %, Claude Haiku 4.5 20 %): $2.58" in texts(page).replace("\\", "")
    page.selectbox(key="planner_mix_third").set_value(None)
    number(page, "mix_share_0", 100.0)
    run(page)
    assert "$2.40 a month" in texts(page).replace("\\", "")


def test_quotas_reserve_max_tokens_and_say_what_does_not_fit(page: AppTest) -> None:
    number(page, "requests", 7_200)
    number(page, "input", 1_000)
    number(page, "output", 300)
    number(page, "max_tokens", 2_000)
    page.button_group(key="planner_modes").set_value(["on demand"])
    only(page, HAIKU, NOVA)
    table = frame(page, "Reserved each").set_index("Model")
    assert list(table.loc["Claude Haiku 4.5", ["Reserved each", "Counted each", "Output ×"]]) == [
        3000,
        2500,
        5,
    ]
    assert list(table.loc["Nova Pro", ["Counted each", "Output ×"]]) == [1300, 1]
    assert table.loc["Nova Pro", "Tokens/min needed"] == 90_000
    number(page, "quota_tokens", 45_000)
    run(page)
    assert "2.0 times your tokens a minute. A smaller maxTokens reserves less." in texts(page)


def test_quotas_count_what_a_cache_gives_only_where_every_mode_has_one(page: AppTest) -> None:
    number(page, "requests", 7_200)
    number(page, "input", 10_000)
    number(page, "output", 300)
    number(page, "max_tokens", 300)
    page.button_group(key="planner_modes").set_value(["on demand", "on demand, cached 5 min", "batch"])
    only(page, HAIKU)
    # 10,000 + 300 x 5: on demand nothing is given back.
    assert list(frame(page, "Counted each")["Counted each"]) == [11_500]
    page.button_group(key="planner_modes").set_value(
        ["on demand, cached 5 min", "on demand, cached 1 h", "batch"]
    )
    run(page)
    # The five minutes give less: 10,000 x 0.6 x 0.8.
    assert list(frame(page, "Counted each")["Counted each"]) == [6_700]
    assert "without what a cache gave" in texts(page)


def test_sizes_come_from_measured_runs_as_a_distribution(page: AppTest) -> None:
    from components.resources import get_store

    page.button_group(key="planner_sizes_from").set_value("measured")
    run(page)
    assert "There are no runs yet" in texts(page)
    get_store().add(
        [
            record(number, model_id="anthropic.x", result=result(usage=Usage(size, 100)))
            for number, size in enumerate((10_000, 300_000))
        ]
    )
    st.cache_data.clear()
    # A model whose long requests have another price.
    book = load_price_book()
    offered = {model_id for spec in answering(load_models().values()) for model_id in ids_of(spec)}
    long = next(
        price for price in book.listed[0]
        if price.long_context_from and price.long_context_rates and price.tier == "default"
        and price.region is None and price.long_context_from < 280_000 and price.model_id in offered
    )  # fmt: skip
    number(page, "requests", 2)
    number(page, "days", 1)
    only(page, long.model_id)
    expected = sum(
        book.cost(Usage(size, 100), model_id=long.model_id, counted_by="anthropic.x").amount or 0
        for size in (10_000, 300_000)
    )
    table = frame(page, "A month").set_index("Mode")
    assert table.loc["on demand", "A month"] == pytest.approx(float(expected))
    assert "2 runs. Input: median 155,000 (rough) tokens, P95 not told by so few runs" in texts(page)


def test_hits_can_be_reckoned_from_the_traffic(page: AppTest) -> None:
    page.button_group(key="planner_hits_from").set_value("traffic")
    number(page, "requests", 144)
    run(page)
    number(page, "beginnings", 12)
    run(page)
    assert "Then 8 % find theirs within 5 minutes and 63.2 % within an hour" in texts(page)


def test_the_plan_is_taken_away_with_every_assumption(page: AppTest) -> None:
    only(page, NOVA)
    markdown = page.code[0].value
    for words in ("requests per day: 10000", "found in a cache of 1 hour: 95", "| Nova Pro | batch |"):
        assert words in markdown
    assert {button.proto.label for button in page.get("download_button")} >= {
        "Download CSV", "Download JSON", "Download Markdown",
    }  # fmt: skip


def test_reports_hold_rows_assumptions_and_unknown_as_null() -> None:
    from bedrock_playground.planning.modes import Mode, plan
    from bedrock_playground.planning.report import Report, to_json, to_markdown, to_rows
    from bedrock_playground.planning.workload import Workload
    from tests.unit.planning.plans import CLAUDE, offers, price, spec

    one, other = spec(name="A|B"), spec("nobody.b")
    workload = Workload()
    known, missing = plan(
        [(one, one.model_id), (other, other.model_id)], [Mode()],
        workload=workload, offers=offers(price(usd=CLAUDE)),
    )  # fmt: skip
    report = Report(workload, None, known, missing, ("It pays.",), {"mix": "none"})
    told: dict[str, Any] = json.loads(json.dumps(to_json(report)))
    assert Decimal(told["rows"][0]["usd_per_month"]) == 1800
    assert told["rows"][1]["usd_per_month"] is None
    assert told["assumptions"]["mix"] == "none"
    rows = to_rows(report)
    assert rows[1]["assumed: requests per day"] == "10000"
    assert "A\\|B" in to_markdown(report)
    assert "- It pays." in to_markdown(report)
