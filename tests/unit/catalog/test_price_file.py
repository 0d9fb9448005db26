"""The user's own prices: read exactly, and refused in words that help."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.price_file import PriceFileError, read_price_file, write_price_file
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence

GOOD = {"model": "m.x", "input": "0.1", "source": "me", "as_of": "2026-01-02"}


def written(tmp_path: Path, rows: object, name: str = "prices.json") -> Path:
    path = tmp_path / name
    path.write_text(rows if isinstance(rows, str) else json.dumps({"price": rows}), encoding="utf-8")
    return path


def test_toml_and_json_say_the_same_to_the_last_digit(tmp_path: Path) -> None:
    toml = written(
        tmp_path,
        '[[price]]\nmodel = "m.x"\ninput = 0.1\noutput = 3\nsource = "me"\nas_of = 2026-01-02\n'
        "long_context_from = 200001\nlong_context = { input = 0.2, output = 4.50 }\n",
        "prices.toml",
    )
    text = written(
        tmp_path,
        '{"price": [{"model": "m.x", "input": 0.1, "output": "3", "source": "me", "as_of": "2026-01-02",'
        '"long_context_from": 200001, "long_context": {"input": 0.2, "output": 4.5}}]}',
    )
    (price,) = read_price_file(toml)
    assert read_price_file(text) == (price,)
    assert price == Price(
        model_id="m.x",
        rates=Rates(input=Decimal("0.1"), output=Decimal(3)),
        long_context_from=200001,
        long_context_rates=Rates(input=Decimal("0.2"), output=Decimal("4.5")),
        source="me",
        as_of=date(2026, 1, 2),
        confidence=Confidence.USER,
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "no list named"),
        ('{"prices": []}', "no list named"),
        (["x"], "price 1: this is not a table"),
        ([{**GOOD, "model": None}], "“model” is missing"),
        ([{**GOOD, "source": " "}], "“source” is ' '"),
        ([{**GOOD, "inptu": "1"}], "“inptu” is no field"),
        ([{"model": "m.x", "source": "me", "as_of": "2026-01-02"}], "there is no rate"),
        ([{**GOOD, "input": "cheap"}], "“input” is 'cheap'"),
        ([{**GOOD, "input": -1}], "“input” is '-1'"),
        ([{**GOOD, "input": True}], "“input” is 'True'"),
        ([{**GOOD, "input": "NaN"}], "“input” is 'NaN'"),
        ([{**GOOD, "input": 1e9}], "no amount of US dollars per million"),
        ([{**GOOD, "as_of": "soon"}], "“as_of” is 'soon'"),
        ([{**GOOD, "as_of": None}], "“as_of” is None"),
        ([{**GOOD, "long_context_from": 5}], "belong together"),
        ([{**GOOD, "tier": "standart"}], "“tier” is 'standart', which is no tier"),
        ([{**GOOD, "tier": "reserved"}], "default, flex, priority, batch, optimized"),
        ([GOOD, GOOD], "price 2: m.x has a price for this tier and Region already, price 1"),
    ],
)
def test_what_cannot_be_used_is_said_with_where_and_why(tmp_path: Path, rows: object, words: str) -> None:
    path = written(tmp_path, rows)
    with pytest.raises(PriceFileError) as refused:
        read_price_file(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("name", ["prices.txt", "prices"])
def test_only_the_two_forms_are_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(PriceFileError, match="ends neither"):
        read_price_file(written(tmp_path, [GOOD], name))


rates = st.builds(
    Rates,
    input=st.decimals(0, 100_000, places=7),
    output=st.none() | st.decimals(0, 100_000, places=7),
    cache_write_1h=st.none() | st.decimals(0, 100_000, places=7),
)


@settings(max_examples=30)
@given(first=rates, long=rates, start=st.none() | st.integers(1, 10**7))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, *, first: Rates, long: Rates, start: int | None
) -> None:
    price = Price(
        model_id="m.x",
        tier="flex",
        region="eu-west-1",
        rates=first,
        long_context_from=start,
        long_context_rates=long if start else None,
        source="AWS",
        as_of=date(2026, 11, 1),
        confidence=Confidence.AWS,
        note="ünïcode",
    )
    path = tmp_path_factory.mktemp("prices") / "deep" / "aws.json"
    write_price_file(path, [price, replace(price, region=None)])
    assert read_price_file(path, confidence=Confidence.AWS) == (price, replace(price, region=None))
