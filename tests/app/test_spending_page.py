"""The spending guard on the pages: cost beside Run, asking first, limits on Connection; real boto3 below."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.invocation import Comparison, CostUnknown, RunState, SpendingLimitReached
from bedrock_playground.spending import Account, Limits, Spent, Totals
from components.live import get_hub
from components.spending import _ACCOUNT
from components.words import plain
from tests.wire.invocation.scripted import Exchange, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOBODYS = "cohere.command-r-v1:0"
"""A model of the snapshot of which no source has a price."""
ACTUAL = (7 * Decimal("1.1") + 3 * Decimal("5.5")) / 1_000_000
"""What the scripted answer costs: 7 tokens in, 3 out."""


def answer(exchange: Exchange) -> None:
    if exchange.path.endswith("/count-tokens"):
        exchange.reply({"inputTokens": 9})
    elif exchange.path.endswith("/converse-stream"):
        exchange.answer("Hi")
    else:
        exchange.reply({})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    found = ScriptedServer(answer)
    yield found
    found.close()


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[AppTest]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path),
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(tmp_path),
        "BEDROCK_PLAYGROUND_ENDPOINT_URL": server.url,
        "BEDROCK_PLAYGROUND_SESSION_LIMIT": "0.01",
    }.items():
        monkeypatch.setenv(name, value)
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert not app.exception
    for letter in "AB":
        app.session_state[f"{letter}_model"] = HAIKU
        app.session_state[f"{letter}_settings_looked_at"] = True
    app.run()
    for letter in "AB":
        app.number_input(key=f"{letter}_max_tokens").set_value(100)
    yield app.run()
    from components.resources import get_store

    get_store().close()
    st.cache_resource.clear()


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*app.markdown, *app.caption))


def shown(app: AppTest) -> Comparison:
    found = get_hub().get(app.session_state["comparison"])
    assert isinstance(found, Comparison)
    assert found.wait(60)
    return found


def sent(server: ScriptedServer) -> int:
    return sum(exchange.path.endswith("/converse-stream") for exchange in server.exchanges)


def spent(app: AppTest) -> Spent:
    found: Spent = app.session_state[_ACCOUNT].totals().session
    return found


def test_the_line_beside_run_says_what_it_costs_at_most_and_what_is_left(page: AppTest) -> None:
    said = texts(page)
    # Each of two: 33 bytes, 512 and 32 for the template at 1.10; 100 tokens out at 5.50 per million.
    assert r"at most **\$0.00237**" in said
    assert r"\$0.0100 left" in said
    page.number_input(key="repeat").set_value(5).run()
    assert "more than the" in texts(page)
    assert "Expected **unknown**" in texts(page)
    page.number_input(key="repeat").set_value(1).run()
    page.button(key="run").click().run()
    shown(page)
    page.run()
    assert spent(page) == Spent(spent=2 * ACTUAL)


def test_counting_on_demand_takes_the_estimate_s_place(page: AppTest, server: ScriptedServer) -> None:
    assert not any(exchange.path.endswith("/count-tokens") for exchange in server.exchanges)
    page.button(key="count_tokens").click().run()
    assert not page.exception
    assert "Tokens in: 9 counted" in texts(page)
    counted = [exchange.path for exchange in server.exchanges if exchange.path.endswith("/count-tokens")]
    # Both lanes ask the same: once, and of the model itself rather than of the profile.
    assert len(counted) == 1
    assert "us.anthropic" not in counted[0]


def test_a_lane_that_does_not_fit_is_refused_and_says_what_to_do(
    page: AppTest, server: ScriptedServer
) -> None:
    page.number_input(key="B_max_tokens").set_value(50_000).run()
    page.button(key="run").click().run()
    fine, refused = shown(page).lanes
    assert fine.runs[0].state is RunState.COMPLETED
    result = refused.runs[0].result
    assert result is not None
    assert isinstance(result.error, SpendingLimitReached)
    assert "this session's limit of $0.0100" in result.error.message
    assert sent(server) == 1


def test_an_unknown_price_asks_first_and_the_answer_holds_for_the_session(
    page: AppTest, server: ScriptedServer
) -> None:
    page.session_state["B_model"] = NOBODYS
    page.run()
    assert "plus B: cost unknown" in texts(page)
    page.button(key="run").click().run()
    assert "comparison" not in page.session_state
    assert sent(server) == 0
    assert plain(f"No source has a price for {NOBODYS}") in texts(page)
    page.button(key="spending_decline").click().run()
    assert "Nothing was sent yet" not in texts(page)
    assert "comparison" not in page.session_state
    page.button(key="run").click().run()
    page.button(key="spending_agree").click().run()
    assert not page.exception
    assert {run.state for lane in shown(page).lanes for run in lane.runs} == {RunState.COMPLETED}
    assert sent(server) == 2
    assert spent(page) == Spent(spent=ACTUAL, unpriced=1)
    page.button(key="run").click().run()
    assert "Nothing was sent yet" not in texts(page)
    shown(page)
    assert sent(server) == 4


def test_what_nobody_agreed_to_is_refused_in_the_lane_as_well(page: AppTest, server: ScriptedServer) -> None:
    """A re-run over the socket does not come by the page's question; the guard stands behind it."""
    page.session_state["B_model"] = NOBODYS
    page.run()
    page.button(key="run").click().run()
    page.button(key="spending_agree").click().run()
    comparison = shown(page)
    page.session_state[_ACCOUNT]._agreed.clear()
    comparison.rerun("B")
    assert comparison.wait(60)
    result = comparison.lane("B").runs[-1].result
    assert result is not None
    assert isinstance(result.error, CostUnknown)
    assert sent(server) == 2


def test_who_acts_pays_whoever_started_it(page: AppTest, server: ScriptedServer) -> None:
    page.button(key="run").click().run()
    comparison = shown(page)
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    other.session_state[_ACCOUNT].set_limits(Limits(session=Decimal(0)))
    before = sent(server)
    other.chat_input(key="follow_up").set_value("And now?").run()
    assert not other.exception
    assert comparison.wait(60)
    for lane in comparison.lanes:
        result = lane.runs[-1].result
        assert result is not None
        assert isinstance(result.error, SpendingLimitReached)
    assert sent(server) == before
    # The first session still has room, and pays for what it does itself.
    page.run()
    page.chat_input(key="follow_up").set_value("And now?").run()
    assert comparison.wait(60)
    assert sent(server) == before + 2
    assert spent(page) == Spent(spent=4 * ACTUAL)


def _lane(_comparison: str, label: str, *, on_rerun: Callable[[], None], **_more: object) -> None:
    """AppTest draws no custom component: a button stands for the one in the lane."""
    st.button("Again", key=f"again_{label}", on_click=on_rerun)


def test_who_runs_one_lane_again_pays_for_that_lane_alone(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.live.lane", _lane)
    page.button(key="run").click().run()
    comparison = shown(page)
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    other.button(key="again_A").click().run()
    assert not other.exception
    assert comparison.wait(60)
    # What the first session asked of B is still its own, however late it is sent.
    comparison.rerun("B")
    assert comparison.wait(60)
    assert (spent(page), spent(other)) == (Spent(spent=3 * ACTUAL), Spent(spent=ACTUAL))


def test_who_runs_a_blind_answer_again_pays_for_it(
    page: AppTest, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.live.lane", _lane)
    page.session_state["blind"] = True
    page.button(key="run").click().run()
    comparison = shown(page)
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["comparison"] = comparison.id
    other.run()
    other.button(key="again_1").click().run()
    assert not other.exception
    assert comparison.wait(60)
    assert sent(server) == 3
    assert (spent(page), spent(other)) == (Spent(spent=2 * ACTUAL), Spent(spent=ACTUAL))
    # What that one answer cost would tell whose it is.
    other.run()
    assert "Spent in this session" not in texts(other)
    other.button(key="reveal").click().run()
    assert "Spent in this session" in texts(other)


def test_nobody_looks_at_what_was_spent_before_anything_is(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    totals = Account.totals

    def noted(account: Account) -> Totals:
        looked.append(account.session)
        return totals(account)

    monkeypatch.setattr(Account, "totals", noted)
    page.session_state[_ACCOUNT].ceiling = Limits()
    page.run()
    assert looked == []
    page.button(key="run").click().run()
    shown(page)
    page.run()
    assert looked
    assert "Spent in this session: " in texts(page)


def test_connection_shows_what_was_spent_and_lowers_the_limits(page: AppTest, server: ScriptedServer) -> None:
    page.button(key="run").click().run()
    shown(page)
    page.switch_page("pages/workspace/connection.py").run()
    assert not page.exception
    said = texts(page)
    assert rf"Spent: **\{'$0.0000484'}**" in said
    assert r"of \$0.0100" in said
    assert "A day is a day in UTC" in said
    page.number_input(key="spending_session_limit").set_value(5.0).run()
    assert page.session_state[_ACCOUNT].limits.session == Decimal("0.01")
    page.number_input(key="spending_session_limit").set_value(0.0).run()
    assert page.session_state[_ACCOUNT].limits.session == 0
    before = sent(server)
    page.button(key="one_token").click().run()
    assert not page.exception
    assert any("It was not sent" in str(error.value) for error in page.error)
    assert sent(server) == before


def test_the_one_token_call_says_that_it_agrees_to_an_unknown_cost(
    page: AppTest, server: ScriptedServer
) -> None:
    page.switch_page("pages/workspace/connection.py").run()
    page.session_state["connection_model"] = NOBODYS
    page.run()
    assert page.button(key="one_token").label == "Call it all the same, for one token"
    assert "Calling it agrees to that" in texts(page)
    page.button(key="one_token").click().run()
    assert not page.exception
    assert sent(server) == 1
    assert page.button(key="one_token").label == "Call it for one token"


def test_nothing_in_the_app_calls_a_model_but_through_the_guard() -> None:
    """Who holds an invoker of the app's own could get around it: there is one place, and it guards."""
    users: dict[str, set[str]] = {
        name: set()
        for name in ("get_invoker", "make_invoker", "BedrockInvoker", "EmbeddingInvoker", "KindInvoker")
    }
    for folder in ("components", "pages", "bedrock_playground"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in users:
                    users[node.func.id].add(path.relative_to(ROOT).as_posix())
    assert users == {
        # The Compare and the Patterns page only make the client ready; the other two put the guard around it.
        "get_invoker": {
            "components/binding.py",
            "components/evaluate_place.py",
            "pages/playground/compare.py",
            "pages/playground/patterns.py",
        },
        "make_invoker": {
            "components/resources.py",
            "bedrock_playground/cli/compare_run.py",
            "bedrock_playground/cli/evaluate_run.py",
        },
        # make_invoker and the counter of tokens, which is free.
        "BedrockInvoker": {"bedrock_playground/connection.py"},
        "EmbeddingInvoker": {"bedrock_playground/connection.py"},
        "KindInvoker": {"bedrock_playground/connection.py"},
    }
