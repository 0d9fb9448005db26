"""A process that runs an evaluation, to be killed.

Its arguments: folder, URL, the evaluation's id, and ``apart`` to record as large evaluations do.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bedrock_playground.evaluation import running
from bedrock_playground.history import RunStore
from tests.wire.evaluation.laboratory import place_at


def main() -> None:
    folder, url, evaluation_id = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    if "apart" in sys.argv:
        running._MANY = 1
    store = RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder)
    running.start(store, evaluation_id, place_at(url)).wait()


if __name__ == "__main__":
    main()
