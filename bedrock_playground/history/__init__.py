"""Runs, votes, presets and data sets in SQL: recorded, listed, searched, exported, deleted."""

from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.analytics_values import AnalyticsFilter
from bedrock_playground.history.batch_jobs import BatchJobBook, KeptBatchJob
from bedrock_playground.history.blind import Blind
from bedrock_playground.history.data_set_records import StoredDataSet
from bedrock_playground.history.datasets import DataSetShelf
from bedrock_playground.history.errors import (
    DataSetGone,
    DataSetInUse,
    DataSetInvalid,
    DataSetUnreadable,
    HistoryDriverMissing,
    HistoryError,
    HistoryTooNew,
    HistoryUnavailable,
    HistoryUnreadable,
    HistoryUrlInvalid,
    PatternNameInvalid,
    PatternNameTaken,
    PatternUnreadable,
    PresetGone,
    PresetNameTaken,
    PresetUnreadable,
    RunUnreadable,
)
from bedrock_playground.history.export import CSV_COLUMNS, to_csv, to_jsonl
from bedrock_playground.history.patterns import PatternShelf, PatternSummary, StoredPattern
from bedrock_playground.history.preset_records import (
    ImportOutcome,
    OnConflict,
    PresetFilter,
    PresetSummary,
    PresetVersion,
    RunOrigin,
    StoredPreset,
)
from bedrock_playground.history.presets import PresetShelf
from bedrock_playground.history.queries import CursorInvalid
from bedrock_playground.history.recorder import StoreRecorder
from bedrock_playground.history.records import RunFilter, RunPage, RunRecord, RunSummary
from bedrock_playground.history.shares import ShareBook, StoredShare
from bedrock_playground.history.store import RunStore
from bedrock_playground.history.usage_totals import TokenSpread, UsageTotals
from bedrock_playground.history.votes import Contender, Outcome, Verdict, Vote, VoteEntry, decide

__all__ = [
    "CSV_COLUMNS",
    "Analytics",
    "AnalyticsFilter",
    "BatchJobBook",
    "Blind",
    "Contender",
    "CursorInvalid",
    "DataSetGone",
    "DataSetInUse",
    "DataSetInvalid",
    "DataSetShelf",
    "DataSetUnreadable",
    "HistoryDriverMissing",
    "HistoryError",
    "HistoryTooNew",
    "HistoryUnavailable",
    "HistoryUnreadable",
    "HistoryUrlInvalid",
    "ImportOutcome",
    "KeptBatchJob",
    "OnConflict",
    "Outcome",
    "PatternNameInvalid",
    "PatternNameTaken",
    "PatternShelf",
    "PatternSummary",
    "PatternUnreadable",
    "PresetFilter",
    "PresetGone",
    "PresetNameTaken",
    "PresetShelf",
    "PresetSummary",
    "PresetUnreadable",
    "PresetVersion",
    "RunFilter",
    "RunOrigin",
    "RunPage",
    "RunRecord",
    "RunStore",
    "RunSummary",
    "RunUnreadable",
    "ShareBook",
    "StoreRecorder",
    "StoredDataSet",
    "StoredPattern",
    "StoredPreset",
    "StoredShare",
    "TokenSpread",
    "UsageTotals",
    "Verdict",
    "Vote",
    "VoteEntry",
    "decide",
    "to_csv",
    "to_jsonl",
]
