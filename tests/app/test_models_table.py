"""How the table of models writes its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bedrock_playground.launcher import EndpointStatus
from tests.app.choosing import page_on


def test_the_prices_in_the_table_are_not_rounded_away(
    local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with page_on(local_endpoint, monkeypatch, page="pages/choose/models.py", data=tmp_path) as app:
        app.run()
        assert not app.exception, app.exception
        columns, rows = json.loads(app.dataframe[0].proto.columns), app.dataframe[0].value
    for name in ("In $/M", "Out $/M"):
        # Streamlit's formats are those of C for numbers, as Python's are.
        shown = columns[name]["type_config"]["format"]
        prices = [*rows[name].dropna(), 0.1545, 0.0412, 0.000035]
        assert len(prices) > 100
        assert [price for price in prices if float(shown % price) != price] == []
