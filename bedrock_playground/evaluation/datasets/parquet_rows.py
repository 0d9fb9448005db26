"""Parquet as raw rows. pyarrow is imported when the first file is read; it takes 0.2 s."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from bedrock_playground.evaluation.datasets.csv_rows import too_many_rows
from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.json_rows import table_of
from bedrock_playground.evaluation.datasets.values import LIMITS, Limits, RawTable
from bedrock_playground.invocation.values import Json

# Small: a value that the file has once may stand in every row of a batch.
_BATCH = 50


def read_parquet(data: bytes, *, limits: Limits = LIMITS) -> RawTable:
    """Read a Parquet file; its rows are numbered from 1.

    Args:
        data: The file.
        limits: How much is taken; its size is that of the columns when unpacked.

    Raises:
        DataSetRefused: It is no Parquet file, is damaged, has bytes where text should be, or is too large.
    """
    import pyarrow as pa  # noqa: PLC0415 - only when somebody reads one
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        _check(file.metadata, limits)
        return table_of(_rows(file, limits), format="parquet", limits=limits)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        # The first line alone: pyarrow adds where in its own source it gave up.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataSetRefused(
            f"It cannot be read as Parquet: {reason.rstrip('.')}.",
            "Write the file anew, or save it as CSV or JSONL.",
        ) from error


def _check(metadata: Any, limits: Limits) -> None:  # noqa: ANN401 - pyarrow has no types
    if metadata.num_rows > limits.max_cases:
        raise too_many_rows(limits)
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if unpacked > limits.max_bytes:
        raise _too_large(limits)


def _too_large(limits: Limits) -> DataSetRefused:
    return DataSetRefused(
        f"Its columns have more than {limits.max_bytes / 1_000_000:g} MB when unpacked.",
        "Leave out columns that no case needs, or split it.",
    )


def _rows(file: Any, limits: Limits) -> Iterator[tuple[int, Mapping[str, Json]]]:  # noqa: ANN401
    number = unpacked = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        unpacked += batch.nbytes
        if unpacked > limits.max_bytes:
            raise _too_large(limits)
        for values in batch.to_pylist():
            number += 1
            yield number, {name: _plain(value, name) for name, value in values.items()}


def _plain(value: object, column: str) -> Json:
    """A value as JSON has it: moments as ISO 8601, exact decimals as text, NaN as nothing."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(one, column) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, column) for one in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise DataSetRefused(
        f"Its column “{column}” holds {type(value).__name__}, which is no text.",
        "Leave the column out, or write it as text.",
    )
