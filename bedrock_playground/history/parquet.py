"""Runs as Parquet: typed columns, batch by batch; request and result as JSON text.

pyarrow comes with Streamlit and takes 0.2 s to import, so it is imported when the first file is written.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from bedrock_playground.history.export import CSV_COLUMNS

PARQUET_COLUMNS = (*CSV_COLUMNS, "request", "result")
"""The columns, in order: those of the CSV, then request and result in full as JSON text."""

_BATCH = 500
_FLOATS = frozenset({
    "temperature", "top_p", "time_to_first_token_s", "time_to_first_reasoning_token_s", "total_s",
    "server_latency_s", "tokens_per_second",
})  # fmt: skip
_WHOLE = frozenset({
    "turn", "repeat", "preset_version", "max_tokens", "input_tokens", "output_tokens",
    "cache_read_input_tokens", "cache_write_input_tokens", "cache_write_1h_input_tokens", "reasoning_tokens",
    "total_tokens", "attempts", "blind_votes",
})  # fmt: skip
_MOMENTS = frozenset({"started_at", "ended_at"})
_DAYS = frozenset({"price_as_of"})
_MONEY = frozenset({"cost_usd"})
_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_FLOATS, float),
    **dict.fromkeys(_WHOLE, int),
    **dict.fromkeys(_MOMENTS, datetime.fromisoformat),
    **dict.fromkeys(_DAYS, date.fromisoformat),
    **dict.fromkeys(_MONEY, Decimal),
}
# As the history keeps amounts: exact to 10⁻¹² dollars.
_MONEY_DIGITS, _MONEY_SCALE = 38, 12


def to_parquet(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows as a Parquet file; unknown values are null, amounts are exact decimals.

    Args:
        rows: Flat rows, as :meth:`RunStore.export_rows` streams them.
    """
    import pyarrow as pa  # noqa: PLC0415 - only when somebody asks for it
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {
        **dict.fromkeys(_FLOATS, pa.float64()),
        **dict.fromkeys(_WHOLE, pa.int64()),
        **dict.fromkeys(_MOMENTS, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(_DAYS, pa.date32()),
        **dict.fromkeys(_MONEY, pa.decimal128(_MONEY_DIGITS, _MONEY_SCALE)),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in PARQUET_COLUMNS])
    buffer = io.BytesIO()
    with parquet.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            columns = {name: [_value(name, row.get(name)) for row in batch] for name in PARQUET_COLUMNS}
            writer.write_table(pa.table(columns, schema=schema))
    return buffer.getvalue()


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - any value of a row
    if value is None:
        return None
    if name in _READ:
        return _READ[name](value)
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Half a surrogate pair cannot be written at all.
    return text.encode("utf-8", "replace").decode("utf-8")
