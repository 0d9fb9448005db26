"""The value of a kept data set, and its columns: everything but its cases; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bedrock_playground.evaluation.datasets.case_json import case_text
from bedrock_playground.evaluation.datasets.writing import variables_in
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history.rows import clean, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDataSet:
    """What is kept of a data set besides its cases."""

    data_set_id: str
    """The hash of its cases."""
    name: str
    """What it is called; versions of one data set share it."""
    version: int
    """1 for the first contents that were saved under the name."""
    cases: int
    """How many cases it has."""
    labelled: int
    """Cases that something says the right answer of: an expected answer, a reference or a check."""
    size: int
    """Bytes of its cases, as JSON."""
    variables: tuple[str, ...]
    """The names of its cases' inputs."""
    tags: tuple[str, ...]
    """Every tag that a case has, sorted."""
    saved_at: datetime | None
    """When, in UTC; ``None``: it came with the program, and nobody has saved it."""
    user: str | None = None
    """Who saved it; ``None`` without sign-in."""
    versions: int = 1
    """How many versions there are of the name."""
    builtin: bool = False
    """Whether it came with the program."""
    task: str = ""
    """As :attr:`DataSet.task`."""
    description: str = ""
    """As :attr:`DataSet.description`."""
    origin: str = ""
    """As :attr:`DataSet.origin`."""
    prompt: str = ""
    """As :attr:`DataSet.prompt`."""
    system: str | None = None
    """As :attr:`DataSet.system`."""
    output_schema: str | None = None
    """As :attr:`DataSet.output_schema`."""
    scorers: tuple[str, ...] = ()
    """As :attr:`DataSet.scorers`."""

    def with_cases(self, cases: Sequence[Case]) -> DataSet:
        """The data set itself."""
        return DataSet(
            data_set_id=self.data_set_id,
            name=self.name,
            cases=tuple(cases),
            task=self.task,
            description=self.description,
            origin=self.origin,
            prompt=self.prompt,
            system=self.system,
            output_schema=self.output_schema,
            scorers=self.scorers,
        )


def builtin_summary(data_set: DataSet) -> StoredDataSet:
    """What a list shows of a data set that came with the program."""
    texts = [case_text(case) for case in data_set.cases]
    return StoredDataSet(
        data_set_id=data_set.data_set_id,
        name=data_set.name,
        version=1,
        cases=len(texts),
        labelled=labelled_in(data_set.cases),
        size=sum(map(len, texts)),
        variables=variables_in(data_set.cases),
        tags=_tags_in(data_set.cases),
        saved_at=None,
        builtin=True,
        task=data_set.task,
        description=data_set.description,
        origin=data_set.origin,
        prompt=data_set.prompt,
        system=data_set.system,
        output_schema=data_set.output_schema,
        scorers=data_set.scorers,
    )


def stored_of(row: RowMapping, *, builtin: bool) -> StoredDataSet:
    """A kept data set from its row, which has ``versions`` beside the columns of ``data_sets``."""
    document = json.loads(row["document"])
    return StoredDataSet(
        data_set_id=row["data_set_id"],
        name=row["name"],
        version=row["version"],
        cases=row["cases"],
        labelled=row["labelled"],
        size=row["bytes"],
        variables=tuple(json.loads(row["variables"])),
        tags=tuple(json.loads(row["tags"])),
        saved_at=row["saved_at"],
        user=row["user_name"],
        versions=row["versions"],
        builtin=builtin,
        task=row["task"],
        description=document["description"],
        origin=document["origin"],
        prompt=document["prompt"],
        system=document["system"],
        output_schema=document["output_schema"],
        scorers=tuple(document["scorers"]),
    )


def around_columns(data_set: DataSet) -> Mapping[str, Any]:
    """The columns of what goes with the cases, which may change while the cases stay."""
    document = {
        "description": data_set.description,
        "origin": data_set.origin,
        "prompt": data_set.prompt,
        "system": data_set.system,
        "output_schema": data_set.output_schema,
        "scorers": list(data_set.scorers),
    }
    return {
        "name": clean(data_set.name),
        "name_key": fold(data_set.name),
        "task": clean(data_set.task),
        "document": json.dumps(document),
    }


def case_columns(cases: Sequence[Case], *, size: int) -> Mapping[str, Any]:
    """The columns of what a list shows of cases."""
    return {
        "cases": len(cases),
        "labelled": labelled_in(cases),
        "bytes": size,
        "variables": json.dumps(variables_in(cases)),
        "tags": json.dumps(_tags_in(cases)),
    }


def labelled_in(cases: Sequence[Case]) -> int:
    """How many cases something says the right answer of."""
    return sum(bool(case.accepted or case.checks) for case in cases)


def _tags_in(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(sorted({tag for case in cases for tag in case.tags}, key=str.casefold))
