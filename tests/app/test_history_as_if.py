"""Price as if on the History page: of what was found and of one run, only once somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.history import RunFilter, RunStore
from bedrock_playground.invocation.values import RunState, Usage
from components.resources import get_store
from tests.store.builders import record, result

NOVA = "amazon.nova-pro-v1:0"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_DATABASE_URL", raising=False)
    st.cache_resource.clear()
    st.cache_data.clear()
    opened = get_store()
    opened.add(
        [
            record(
                0, model_id="amazon.x", result=result(usage=Usage(1_000_000, 100_000)), cost=Decimal("0.5")
            ),
            record(1, model_id="amazon.x", result=result(usage=Usage(500_000, 0)), cost=Decimal("0.25")),
            record(2, model_id="b.y", state=RunState.INTERRUPTED),
        ]
    )
    yield opened
    opened.close()
    st.cache_resource.clear()
    st.cache_data.clear()


def _found() -> None:
    import streamlit as st

    from components.history_as_if import of_found
    from components.resources import get_store

    which = st.session_state["which"]
    of_found(get_store(), which, total=get_store().count(which))


def _one() -> None:
    import streamlit as st

    from components.history_as_if import of_run
    from components.resources import get_store

    found = get_store().get(st.session_state["run"])
    assert found is not None
    of_run(found)


def opened(script: Any, box: str, **state: object) -> AppTest:
    """A page with the box open, after it was seen closed."""
    app = AppTest.from_function(script, default_timeout=30)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception
    assert not app.dataframe, "nothing is added up before somebody looks"
    app.session_state[box] = True
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in (*app.markdown, *app.caption))


def cost(app: AppTest, model_id: str) -> float:
    table: Any = app.dataframe[0].value.set_index("Id")
    return float(table.loc[model_id, "Cost"])


def test_the_runs_that_were_found_are_priced_together(store: RunStore) -> None:
    app = opened(_found, "history_as_if", which=RunFilter())
    # 1,500,000 x 0.8 + 100,000 x 3.2, in millionths.
    assert cost(app, NOVA) == pytest.approx(1.52)
    assert "**2 runs**: 1,500,000 tokens in, 100,000 out" in said(app)
    assert "2 of 3 runs cost \\$0.75" in said(app)
    assert "1 more told no token counts and are left out" in said(app)


def test_a_filter_narrows_what_is_priced(store: RunStore) -> None:
    app = opened(_found, "history_as_if", which=RunFilter(model_ids=("b.y",)))
    assert "there is nothing to price" in said(app)
    assert not app.dataframe


def test_one_run_by_itself(store: RunStore) -> None:
    newest = store.list_runs(RunFilter(states=(RunState.COMPLETED,))).runs[0]
    app = opened(_one, "run_as_if", run=newest.run_id)
    assert cost(app, NOVA) == pytest.approx(0.4)
    assert "They cost **\\$0.250**" in said(app)
    assert app.selectbox(key="run_as_if_all_region").value is None, "it ran on this machine"
