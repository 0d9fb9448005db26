"""The data sets that come with the program: written for it, labelled by hand, small enough to run anywhere.

Each is a file of cases in our own JSONL and an entry of ``data/sets.json``, which has what goes with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from bedrock_playground.evaluation.datasets.case_json import case_from_json, content_id
from bedrock_playground.evaluation.values import DataSet

ORIGIN = (
    "Written for Bedrock Playground by its authors, not taken from any existing corpus; labelled by hand. "
    "Apache-2.0, as the program."
)
"""Where all of them come from."""


@cache
def builtin_sets() -> Mapping[str, DataSet]:
    """The data sets by id, in their own order."""
    folder = files("bedrock_playground.evaluation.builtin") / "data"
    entries = json.loads((folder / "sets.json").read_text("utf-8"))
    sets = [_data_set(entry, folder) for entry in entries]
    return MappingProxyType({one.data_set_id: one for one in sets})


def builtin_for(task: str) -> tuple[DataSet, ...]:
    """The data sets for a task, such as ``classification``."""
    return tuple(one for one in builtin_sets().values() if one.task == task)


def _data_set(entry: Mapping[str, Any], folder: Traversable) -> DataSet:
    lines = (folder / entry["file"]).read_text("utf-8").splitlines()
    cases = tuple(case_from_json(json.loads(line), number) for number, line in enumerate(lines, 1))
    schema = entry.get("output_schema")
    return DataSet(
        data_set_id=content_id(cases),
        name=entry["name"],
        cases=cases,
        task=entry["task"],
        description=entry["description"],
        origin=ORIGIN,
        prompt=entry["prompt"],
        system=entry.get("system"),
        output_schema=None if schema is None else json.dumps(schema),
        scorers=tuple(entry["scorers"]),
    )
