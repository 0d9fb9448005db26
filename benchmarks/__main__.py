"""`make bench`: run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks._table import Row, print_table

_MODULES = ("startup", "catalogue", "invocation", "evaluation", "analytics", "token_to_pixel")


def main() -> int:
    """Run the benchmarks named on the command line, or all.

    Returns:
        0 if every target was met, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_MODULES, []], help="which; all if none is named")
    names = parser.parse_args().names or _MODULES
    rows: list[Row] = []
    for name in names:
        print(f"running {name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").main([])
    print_table(rows)
    return 0 if all(row.ok is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
