"""AWS's price list over loopback: a hand-made offer of AWS's form, and servers that fail.

Nobody has tried it against AWS.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.catalog.aws_prices import PriceRefreshError, refresh_aws_prices
from bedrock_playground.catalog.price_file import read_price_file
from bedrock_playground.catalog.price_sources import AWS_FILE, gather
from bedrock_playground.catalog.prices import Price
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import Usage

LITE = "amazon.nova-lite-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"


def offer(code: str, rows: list[tuple[dict[str, str], str, str, str]], region: str) -> dict[str, Any]:
    """Make an offer file: per row attributes, unit, description and price."""
    products, terms = {}, {}
    for number, (attributes, unit, description, usd) in enumerate(rows):
        sku = f"SKU{number}"
        products[sku] = {
            "sku": sku,
            "productFamily": "Amazon Bedrock",
            "attributes": {"servicecode": code, "regionCode": region, **attributes},
        }
        terms[sku] = {
            f"{sku}.JRTCKXETXF": {
                "offerTermCode": "JRTCKXETXF",
                "sku": sku,
                "effectiveDate": "2026-11-01T00:00:00Z",
                "priceDimensions": {
                    f"{sku}.JRTCKXETXF.6YS6EN2CT7": {
                        "unit": unit,
                        "description": description,
                        "beginRange": "0",
                        "endRange": "Inf",
                        "pricePerUnit": {"USD": usd},
                        "appliesTo": [],
                    }
                },
            }
        }
    return {
        "formatVersion": "v1.0",
        "offerCode": code,
        "publicationDate": "2026-11-20T18:12:03Z",
        "products": products,
        "terms": {"OnDemand": terms},
    }


def usage_row(usagetype: str, usd: str, **attributes: str) -> tuple[dict[str, str], str, str, str]:
    return {"usagetype": usagetype, **attributes}, "1K tokens", f"${usd} per 1K tokens", usd


def marketplace_row(
    words: str, usd: str, name: str = "Claude Haiku 4.5"
) -> tuple[dict[str, str], str, str, str]:
    attributes = {"servicename": f"{name} (Amazon Bedrock Edition)", "usagetype": "USE1-MP:USE1_x-Units"}
    return attributes, "Units", f"AWS Marketplace software usage|us-east-1|{words}", usd


BEDROCK = [
    usage_row("USE1-NovaLite-input-tokens", "0.0000700000", model="Nova Lite", feature="On-demand Inference"),
    usage_row("USE1-NovaLite-output-tokens", "0.0002800000", model="Nova Lite"),
    usage_row("USE1-NovaLite-cache-read-input-token-count", "0.0000175000", model="Nova Lite"),
    usage_row("USE1-NovaLite-input-tokens-flex", "0.0000350000", model="Nova Lite"),
    usage_row("USE1-NovaLite-output-tokens-flex", "0.0001400000", model="Nova Lite"),
    usage_row("USE1-NovaLite-input-tokens-batch", "0.0000340000", model="Nova Lite", feature="Batch"),
    usage_row("USE1-NovaLite-output-tokens-batch", "0.0001400000", model="Nova Lite"),
    usage_row("USE1-Nova2.0Lite-input-tokens-cross-region-global", "0.0003", model="Nova 2.0 Lite"),
    usage_row("USE1-Nova2.0Lite-input-tokens-cross-region-geo", "0.00033", model="Nova 2.0 Lite"),
    usage_row("USE1-Nova2.0Lite-output-tokens-cross-region-global", "0.0025", model="Nova 2.0 Lite"),
    usage_row("USE1-Nova2.0Lite-output-tokens-cross-region-geo", "0.00275", model="Nova 2.0 Lite"),
    usage_row("USE1-openai.gpt-oss-120b-mantle-output-tokens-standard", "0.0006"),
    usage_row("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "0.00015"),
    usage_row("USE1-TitanEmbeddingV2-Text-input-tokens", "0.00002", titanModel="Titan Embeddings V2 Text"),
    # None of these is a price of these models' text tokens.
    usage_row("USE1-NovaLite-Model-Customization-input-tokens", "0.001", feature="Model Customization"),
    usage_row("USE1-NovaLite-input-tokens-long-context", "9", model="Nova Lite"),
    usage_row("USE1-NovaSonic2.0-speech-input-tokens", "0.003", model="Nova 2 Sonic"),
    usage_row("USE1-Nobody9-input-tokens", "0.5", model="Nobody 9"),
    usage_row("USE1-NovaPro-input-tokens", "0.0000000000", model="Nova Pro"),
    # Two prices for one thing: neither is taken.
    usage_row("USE1-NovaMicro-input-tokens", "0.00003", model="Nova Micro"),
    usage_row("USE1-NovaMicro-text-input-tokens", "0.00004", model="Nova Micro"),
]  # fmt: skip
MARKETPLACE = [
    marketplace_row("Million Input Tokens Regional", "1.1000000000"),
    marketplace_row("Million Response Tokens Regional", "5.5"),
    marketplace_row("Million Cache Read Input Tokens Regional", "0.11"),
    marketplace_row("Million Cache Write Input Tokens Regional", "1.375"),
    marketplace_row("Million Cache Write 1h Input Tokens Regional", "2.2"),
    marketplace_row("Million Input Tokens Global", "1"),
    marketplace_row("Million Response Tokens Global", "5"),
    marketplace_row("Million Input Tokens Batch", "0.55"),
    marketplace_row("Million Response Tokens Batch", "2.75"),
    marketplace_row("Million Input Tokens Long Context", "99"),
    marketplace_row("Reserved 1 Month Input Tokens Per Minute", "99"),
    marketplace_row("Input Tokens - Standard, Global", "4", name="Claude Opus 5.5"),
    marketplace_row("Output Tokens - Standard, Global", "20", name="Claude Opus 5.5"),
    marketplace_row("Input Tokens", "3", name="Claude Nobody"),
    # Half a price: the model answers, and nobody says for how much.
    marketplace_row("Million Input Tokens Regional", "4.4", name="Claude Opus 5.5"),
]

Answer = Callable[[str], tuple[int, bytes]]


def good(path: str) -> tuple[int, bytes]:
    _, _, _, _, code, _, region, _ = path.split("/")
    rows = BEDROCK if code == "AmazonBedrock" else MARKETPLACE
    return 200, json.dumps(offer(code, rows, region)).encode()


@contextmanager
def price_list(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def refreshed(path: Path, region: str = "us-east-1") -> dict[tuple[str, str], Price]:
    with price_list(good) as url:
        told = refresh_aws_prices(path, region=region, base_url=url)
    prices = [price for price in read_price_file(path, confidence=Confidence.AWS) if price.region == region]
    assert told.prices == len(prices)
    assert told.published == date(2026, 11, 20)
    assert told.unknown_names == ("Claude Nobody", "Nobody 9")
    return {(price.model_id, price.tier): price for price in prices}


def rates(price: Price) -> list[str]:
    return [
        "-" if rate is None else f"{rate.normalize():f}"
        for rate in (
            price.rates.input,
            price.rates.output,
            price.rates.cache_read,
            price.rates.cache_write,
            price.rates.cache_write_1h,
        )
    ]


@pytest.mark.parametrize(
    ("model_id", "tier", "expected"),
    [
        (LITE, "default", "0.07 0.28 0.0175 - -"),
        (f"us.{LITE}", "default", "0.07 0.28 0.0175 - -"),
        (LITE, "flex", "0.035 0.14 - - -"),
        (LITE, "batch", "0.034 0.14 - - -"),
        ("global.amazon.nova-2-lite-v1:0", "default", "0.3 2.5 - - -"),
        ("us.amazon.nova-2-lite-v1:0", "default", "0.33 2.75 - - -"),
        ("openai.gpt-oss-120b-1:0", "default", "0.15 0.6 - - -"),
        ("amazon.titan-embed-text-v2:0", "default", "0.02 - - - -"),
        (HAIKU, "default", "1.1 5.5 0.11 1.375 2.2"),
        (f"us.{HAIKU}", "default", "1.1 5.5 0.11 1.375 2.2"),
        (f"global.{HAIKU}", "default", "1 5 - - -"),
        (HAIKU, "batch", "0.55 2.75 - - -"),
        ("global.anthropic.claude-opus-5-5", "default", "4 20 - - -"),
    ],
)
def test_rows_become_prices_of_ids_by_scope_tier_and_bucket(
    tmp_path: Path, *, model_id: str, tier: str, expected: str
) -> None:
    price = refreshed(tmp_path / "aws.json")[model_id, tier]
    assert rates(price) == expected.split()
    assert (price.confidence, price.region, price.as_of) == (Confidence.AWS, "us-east-1", date(2026, 11, 20))
    assert price.source.startswith("AWS Price List (AmazonBedrock")


def test_what_is_not_understood_is_nobodys_price(tmp_path: Path) -> None:
    known = refreshed(tmp_path / "aws.json")
    for model_id in (
        "amazon.nova-2-lite-v1:0",
        "amazon.nova-2-sonic-v1:0",
        "amazon.nova-micro-v1:0",
        "amazon.nova-pro-v1:0",
        "anthropic.claude-opus-5-5",
        f"eu.{LITE}",
    ):
        assert (model_id, "default") not in known


def test_profiles_are_those_that_the_region_calls(tmp_path: Path) -> None:
    known = refreshed(tmp_path / "aws.json", "eu-central-1")
    assert (f"eu.{LITE}", "default") in known
    assert (f"us.{LITE}", "default") not in known


def test_a_refresh_replaces_its_region_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / AWS_FILE
    first = refreshed(path)
    refreshed(path, "eu-central-1")
    refreshed(path, "eu-central-1")
    both = read_price_file(path, confidence=Confidence.AWS)
    assert {price.region for price in both} == {"us-east-1", "eu-central-1"}
    assert [price for price in both if price.region == "us-east-1"] == list(first.values())


def test_what_was_fetched_beats_the_snapshot_in_its_region(tmp_path: Path) -> None:
    refreshed(tmp_path / AWS_FILE)
    book = gather(price_file=None, data_dir=tmp_path, cache_dir=tmp_path)
    here = book.cost(Usage(1_000_000, 0), model_id=LITE, region="us-east-1")
    assert (here.amount, here.confidence) == (Decimal("0.07"), Confidence.AWS)
    elsewhere = book.cost(Usage(1_000_000, 0), model_id=LITE)
    assert elsewhere.amount == Decimal("0.06")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: (404, b""), "no price list for 'us-east-1'"),
        (lambda _: (500, b"x"), "HTTP 500"),
        (lambda _: (200, b"<html>"), "is not JSON"),
        (lambda _: (200, b"[]"), "is no JSON object"),
        (lambda _: (200, b'{"offerCode": "AmazonBedrock"}'), "not the form of an AWS offer file"),
        (
            lambda path: (200, json.dumps(offer("AmazonEC2", [], "us-east-1")).encode()),
            "holds no prices of Bedrock's tokens",
        ),
        (
            lambda path: (200, json.dumps(offer(path.split("/")[4], [], "us-east-1")).encode()),
            "no price of a known model",
        ),
    ],
)
def test_a_refresh_that_fails_says_why_and_keeps_what_was_there(
    tmp_path: Path, answer: Answer, words: str
) -> None:
    path = tmp_path / "aws.json"
    before = refreshed(path)
    with price_list(answer) as url, pytest.raises(PriceRefreshError, match=words):
        refresh_aws_prices(path, region="us-east-1", base_url=url)
    assert list(before.values()) == list(read_price_file(path, confidence=Confidence.AWS))


def test_nobody_at_the_other_end_is_said(tmp_path: Path) -> None:
    with price_list(good) as url:
        pass
    with pytest.raises(PriceRefreshError, match="cannot be reached"):
        refresh_aws_prices(tmp_path / "aws.json", region="us-east-1", base_url=url)


@pytest.mark.parametrize("region", ["", "us-east-1/../x", "US-EAST-1", "moon"])
def test_only_a_region_is_asked_for(tmp_path: Path, region: str) -> None:
    with pytest.raises(PriceRefreshError, match="is no AWS Region"):
        refresh_aws_prices(tmp_path / "aws.json", region=region)
