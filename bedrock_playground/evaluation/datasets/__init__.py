"""Data sets: read from files and pasted text, mapped to cases, checked row by row, written back as they were.

The way: :func:`read_file` (or :func:`read_pasted`) → :class:`RawTable` → :func:`guess` → :func:`prepare`.
"""

from bedrock_playground.evaluation.datasets.case_json import content_id
from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.mapping import Mapped, guess, variable_name
from bedrock_playground.evaluation.datasets.preparing import Prepared, prepare, preview
from bedrock_playground.evaluation.datasets.reading import ENDINGS, Pasted, looks_like, read_file, read_pasted
from bedrock_playground.evaluation.datasets.values import (
    LIMITS,
    MAX_PROBLEMS,
    Limits,
    Problem,
    Problems,
    RawTable,
    Row,
)
from bedrock_playground.evaluation.datasets.writing import to_csv, to_jsonl, variables_in

__all__ = [
    "ENDINGS",
    "LIMITS",
    "MAX_PROBLEMS",
    "DataSetRefused",
    "Limits",
    "Mapped",
    "Pasted",
    "Prepared",
    "Problem",
    "Problems",
    "RawTable",
    "Row",
    "content_id",
    "guess",
    "looks_like",
    "prepare",
    "preview",
    "read_file",
    "read_pasted",
    "to_csv",
    "to_jsonl",
    "variable_name",
    "variables_in",
]
