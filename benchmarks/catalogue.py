"""What the catalogue costs: loading it beside merely parsing the same files, and filtering all of it.

Each loading is done by a Python process of its own that has imported nothing yet, and counted in processor
time, which on a quiet machine is the time that passes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.search import Capability, Filters, options_of, rows_of, search, sort_rows
from bedrock_playground.catalog.snapshot import MODELS_FILE, PRICES_FILE, load_models
from benchmarks._table import Row, print_table

_CLOCK = "from time import process_time; began = process_time()\n"
_TELL = "\nprint(process_time() - began)"
_LOAD = """
from bedrock_playground.catalog.snapshot import load_models, load_prices
load_models()
load_prices()
"""
_PARSE = f"""
import json
for path in ({str(MODELS_FILE)!r}, {str(PRICES_FILE)!r}):
    json.loads(open(path, 'rb').read())
"""


def _in_a_fresh_process(code: str) -> float:
    command = [sys.executable, "-c", _CLOCK + code + _TELL]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure and return the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    loads, parses = [], []
    for _ in range(rounds):  # taking turns, so that whatever else the machine does falls on both
        loads.append(_in_a_fresh_process(_LOAD))
        parses.append(_in_a_fresh_process(_PARSE))
    load, parse = statistics.median(loads), statistics.median(parses)
    return [
        Row(
            "catalogue: imports, models and prices, cold",
            f"{load * 1000:.1f} ms",
            f"{parse * 1000:.1f} ms (json.loads of the same files)",
            load / parse,
            "< 100 ms",
            load < 0.1,
        ),
        _filtering(),
    ]


def _filtering() -> Row:
    """Every id that the snapshot knows, through five filters and sorted, as a page does on each change."""
    rows = rows_of(options_of(load_models()), load_price_book())
    which = Filters(
        text="claude",
        tasks=("summarisation",),
        inputs=("image",),
        needs=(Capability.TOOLS, Capability.SYSTEM),
        min_context=100_000,
    )
    times, walks = [], []
    for _ in range(50):
        began = perf_counter()
        sort_rows(search(rows, which).rows)
        times.append(perf_counter() - began)
        began = perf_counter()
        sorted((row for row in rows if "claude" in row.haystack), key=lambda row: row.model_id)
        walks.append(perf_counter() - began)
    took, walk = statistics.median(times), statistics.median(walks)
    return Row(
        f"catalogue: five filters over {len(rows)} ids, and sorting",
        f"{took * 1000:.2f} ms",
        f"{walk * 1000:.2f} ms (one bare comparison)",
        took / walk,
        "< 50 ms",
        took < 0.05,
    )


if __name__ == "__main__":
    print_table(main())
