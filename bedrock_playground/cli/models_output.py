"""What `bedrock-playground models` prints: JSON, or a table for people. Unknown stays unknown."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from bedrock_playground.catalog.as_json import model_to_json, row_to_json
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_sources import gather
from bedrock_playground.catalog.price_table import ids_of, prices_of
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import Resolution, resolve
from bedrock_playground.catalog.rules import Rule, rules_for
from bedrock_playground.catalog.search import (
    Capability,
    Filters,
    Found,
    ModelRow,
    SortKey,
    options_of,
    rows_of,
    search,
    sort_rows,
)
from bedrock_playground.catalog.snapshot import load_models, snapshot_date
from bedrock_playground.settings import SettingsError, load_settings

_UNKNOWN = "unknown"


def list_models(options: argparse.Namespace) -> int:
    """Print the models that the filters let pass."""
    book = _book()
    if book is None:
        return 2
    which = Filters(
        text=options.search,
        providers=options.provider,
        tasks=options.task,
        inputs=options.modality,
        outputs=options.output,
        scopes=options.scope,
        region=options.region,
        max_input_price=options.max_input_price,
        max_output_price=options.max_output_price,
        min_context=options.min_context,
        needs=tuple(Capability(need) for need in options.needs),
        lifecycles=options.lifecycle,
        include_unknown=options.include_unknown,
    )
    found = search(rows_of(options_of(load_models()), book, region=options.region), which)
    rows = sort_rows(found.rows, SortKey(options.sort), descending=options.descending)
    if options.json:
        _print_json([row_to_json(row) for row in rows])
    else:
        _print(_table(rows))
        _print(_summary(rows, found))
    return 0


def show_model(options: argparse.Namespace) -> int:
    """Print all that is known of one model."""
    book = _book()
    if book is None:
        return 2
    resolution = resolve(options.model_id.strip(), load_models())
    rules = rules_for(resolution)
    prices = _prices(resolution, book, region=options.region)
    if options.json:
        _print_json(model_to_json(resolution, rules=rules, prices=prices))
    else:
        _print("\n".join(_page(resolution, rules.values(), prices)))
    return 0 if resolution.resolved else 1


def _book() -> PriceBook | None:
    """Every price this installation knows; ``None``, and said why, where a file of prices cannot be used."""
    try:
        settings = load_settings()
        book = gather(
            price_file=settings.price_file, data_dir=settings.data_dir, cache_dir=settings.cache_dir
        )
        problems = book.problems
    except SettingsError as error:
        book, problems = None, (str(error),)
    if problems:
        sys.stderr.write(f"bedrock-playground models: {' '.join(problems)}\n")
        return None
    return book


def _prices(resolution: Resolution, book: PriceBook, *, region: str | None) -> tuple[Price, ...]:
    if resolution.spec is None:
        return ()
    # What was asked for comes first, then the other ways to the same model.
    first = (resolution.priced_as,) if resolution.priced_as else ()
    ids = tuple(dict.fromkeys((*first, *ids_of(resolution.spec))))
    found = prices_of(resolution.spec, book, ids=ids)
    if region is None:
        return found
    here = {(price.model_id, price.tier) for price in found if price.region == region}
    return tuple(
        price
        for price in found
        if price.region == region or (price.region is None and (price.model_id, price.tier) not in here)
    )


def _table(rows: Sequence[ModelRow]) -> str:
    header = ("id", "name", "provider", "in $/M", "out $/M", "context", "max out", "can", "lifecycle")
    return _columns([header, *(_cells(row) for row in rows)])


def _cells(row: ModelRow) -> tuple[str, ...]:
    can = [capability.value for capability in Capability if row.capabilities.get(capability)]
    life = f"{row.lifecycle or _UNKNOWN}{', not callable by Converse' if row.refused else ''}"
    return (
        row.model_id,
        row.name,
        row.provider,
        format_usd(row.input_price),
        format_usd(row.output_price),
        _tokens(row.context_window),
        _tokens(row.max_output_tokens),
        ",".join(can) or _UNKNOWN,
        f"{life} until {row.end_of_life}" if row.end_of_life else life,
    )


def _summary(rows: Sequence[ModelRow], found: Found) -> str:
    text = f"{len(rows)} ids of {len({row.base_id for row in rows})} models, snapshot of {snapshot_date()}."
    if found.unknown:
        text += (
            f" {len(found.unknown)} more were left out because nobody knows whether they pass: "
            "--include-unknown."
        )
    return f"\n{text}"


def _page(resolution: Resolution, rules: Iterable[Rule], prices: Sequence[Price]) -> list[str]:
    lines = [resolution.model_id, resolution.explanation]
    spec = resolution.spec
    if spec:
        facts = [
            ("context window", _tokens(spec.context_window)),
            ("max output tokens", _tokens(spec.max_output_tokens)),
            ("input", ", ".join(spec.input_modalities) or _UNKNOWN),
            ("output", ", ".join(spec.output_modalities) or _UNKNOWN),
            ("lifecycle", spec.lifecycle or _UNKNOWN),
            ("end of life", str(spec.end_of_life) if spec.end_of_life else "none known"),
            *((f"good for {task.replace('_', ' ')}", line) for task, line in spec.good_for.items()),
        ]
        lines += ["", _columns(facts)]
    lines += ["", "Parameters", _columns([(rule.parameter, _state(rule), rule.reason) for rule in rules])]
    if prices:
        header = ("id", "tier", "region", "in $/M", "out $/M", "source", "as of", "confidence")
        rows = [
            (
                price.model_id,
                price.tier,
                price.region or "any",
                format_usd(price.rates.input),
                format_usd(price.rates.output),
                price.source,
                price.as_of.isoformat(),
                price.confidence.value,
            )
            for price in prices
        ]
        lines += ["", "Prices", _columns([header, *rows])]
    else:
        lines += ["", f"Prices: {_UNKNOWN}"]
    return lines


def _state(rule: Rule) -> str:
    state = rule.state.value.replace("_", " ")
    if rule.minimum is None and rule.maximum is None:
        return state
    low = "…" if rule.minimum is None else f"{rule.minimum:g}"
    high = "…" if rule.maximum is None else f"{rule.maximum:g}"
    return f"{state} {low}-{high}"


def _tokens(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,}"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def _print_json(value: Any) -> None:  # noqa: ANN401  # any JSON value
    # ASCII says everything, whatever the terminal's encoding is.
    print(json.dumps(value, indent=2))
