"""The tables as they stand after the last migration, and the column types both databases share.

Light columns that lists and analytics read are in ``runs``; the request, the result and the searchable text
are in ``run_details``, so that a scan of ``runs`` never drags them along.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_MONEY_SCALE = Decimal(10) ** 12


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: ``timestamptz`` on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware moment into UTC; SQLite keeps no zone, so it is taken off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; moments in the history are UTC.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Say that the moment is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """US dollars as whole 10⁻¹² dollars: summed exactly by both databases (SQLite has no decimals)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Scale to whole units, half to even."""
        if value is None:
            return None
        return int((value * _MONEY_SCALE).to_integral_value(ROUND_HALF_EVEN))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Scale back; trailing zeros go."""
        return None if value is None else (Decimal(value) / _MONEY_SCALE).normalize()


metadata = MetaData()
"""Every table of the history."""

# SQLite makes only INTEGER, not BIGINT, the row's own key.
_Key = BigInteger().with_variant(Integer, "sqlite")

runs = Table(
    "runs",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("comparison_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("state", Text, nullable=False),
    Column("process_id", Text),
    Column("model_id", Text, nullable=False),
    Column("region", Text),
    Column("endpoint", Text),
    Column("user_name", Text),
    Column("preset_id", Text),
    Column("preset_version", Integer),
    Column("tags", Text, nullable=False),
    Column("prompt_start", Text, nullable=False),
    Column("time_to_first_token", Float(53)),
    Column("time_to_first_reasoning_token", Float(53)),
    Column("total", Float(53)),
    Column("server_latency", Float(53)),
    Column("tokens_per_second", Float(53)),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cache_read_input_tokens", BigInteger),
    Column("cache_write_input_tokens", BigInteger),
    Column("cache_write_1h_input_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("stop_reason", Text),
    Column("error_type", Text),
    Column("attempts", Integer),
    Column("service_tier", Text),
    Column("invoked_model_id", Text),
    Column("cost", Money),
    Column("price_source", Text),
    Column("price_as_of", Date),
    Column("price_confidence", Text),
    # What analytics asks of the request and the result, so that it need not read their JSON.
    Column("temperature", Float(53)),
    Column("top_p", Float(53)),
    Column("top_k", Integer),
    Column("max_tokens", Integer),
    Column("thinking_budget", Integer),
    Column("effort", Text),
    Column("performance_latency", Text),
    Column("retried_for", Text),
    Column("request_key", BigInteger),
    Column("answer_key", BigInteger),
    Column("group_id", _Key),
    # A call inside a pattern names the pattern's run; a run of an evaluation names its case, and its
    # comparison_id is the evaluation's id.
    Column("parent_id", Text),
    Column("role", Text),
    Column("case_number", Integer),
    Index("ix_runs_parent_id", "parent_id"),
    Index("ix_runs_started_at", "started_at", "id"),
    Index("ix_runs_model_id", "model_id", "started_at", "id"),
    Index("ix_runs_state", "state", "started_at", "id"),
    Index("ix_runs_comparison_id", "comparison_id"),
    # Quantiles over time and by model are computed from this alone, without the rows. Its columns are all
    # numbers: PostgreSQL refuses an index entry of more than 2,704 bytes, and text has no bound.
    Index(
        "ix_runs_measured",
        "started_at",
        "group_id",
        "time_to_first_token",
        "total",
        "tokens_per_second",
        "id",
    ),
)
"""One row per run: identity, state, and every figure that lists and analytics use."""

run_details = Table(
    "run_details",
    metadata,
    Column("id", _Key, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    # First, so that a search reads the beginning of a row and leaves the rest on its overflow pages.
    Column("search_text", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("result", Text),
    Column("price_note", Text),
)
"""One row per run: the text that is searched, request and result as JSON, and a price's note."""

run_groups = Table(
    "run_groups",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("model_id", Text, nullable=False),
    Column("invoked_model_id", Text),
    Column("endpoint", Text),
    Column("region", Text),
    Column("service_tier", Text),
    Column("performance_latency", Text),
    Column("user_name", Text),
    Column("preset_id", Text),
    Column("tags", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("error_type", Text),
    Column("retried_for", Text),
    Column("pricing", Text, nullable=False),
    Column("size_class", Integer, nullable=False),
    Column("cached", Boolean, nullable=False),
)
"""One row per combination of what analytics filters and splits by: few, however many runs there are."""

run_days = Table(
    "run_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("group_id", _Key, primary_key=True, autoincrement=False),
    Column("runs", BigInteger, nullable=False),
    Column("cost", Money, nullable=False),
    Column("retries", BigInteger, nullable=False),
    Column("input_told", BigInteger, nullable=False),
    Column("output_told", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_input_tokens", BigInteger, nullable=False),
    Column("cache_write_input_tokens", BigInteger, nullable=False),
    Column("cache_write_1h_input_tokens", BigInteger, nullable=False),
    # Whether a group has a run left is asked of each.
    Index("ix_run_days_group_id", "group_id"),
)
"""What ended runs add up to by UTC day and group; triggers on ``runs`` keep it, whoever writes there."""

presets = Table(
    "presets",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("preset_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("user_name", Text),
    # Two presets share a name only while one of them is deleted.
    Index(
        "ix_presets_name_key",
        "name_key",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)
"""One row per preset: what lists and searches read of its latest version."""

preset_versions = Table(
    "preset_versions",
    metadata,
    Column("preset", _Key, ForeignKey("presets.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("user_name", Text),
    Column("change", Text, nullable=False),
    Column("document", Text, nullable=False),
)
"""One row per save, never changed: the preset as the JSON document of its file format."""

processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
)
"""One row per process that records; ``heartbeat_at`` is the database's clock."""

votes = Table(
    "votes",
    metadata,
    Column("id", _Key, primary_key=True),
    # Made of the comparison, the turn and the user: a second vote takes the place of the first by itself.
    Column("vote_id", Text, nullable=False, unique=True),
    Column("comparison_id", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("voted_at", UtcDateTime, nullable=False),
    Column("user_name", Text),
    Column("verdict", Text, nullable=False),
    Column("blind", Boolean, nullable=False),
    Index("ix_votes_comparison_id", "comparison_id", "turn"),
    Index("ix_votes_voted_at", "voted_at", "id"),
)
"""One row per vote on the answers of a turn; ``verdict`` is ``best``, ``tie`` or ``bad``."""

vote_entries = Table(
    "vote_entries",
    metadata,
    Column("vote", _Key, ForeignKey("votes.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    # As it was sent when it was voted on, so that win rates need no join with runs.
    Column("model_id", Text, nullable=False),
    Column("preset_id", Text),
    Column("outcome", Text, nullable=False),
    Index("ix_vote_entries_run_id", "run_id"),
    Index("ix_vote_entries_model_id", "model_id", "outcome"),
)
"""One row per answer that a vote was about; ``outcome`` is ``won``, ``lost``, ``tied`` or ``bad``."""

blind_comparisons = Table(
    "blind_comparisons",
    metadata,
    Column("comparison_id", Text, primary_key=True),
    # The variants' letters in the shuffled order: the first is Answer 1.
    Column("letters", Text, nullable=False),
    Column("hidden_at", UtcDateTime, nullable=False),
    Column("revealed_at", UtcDateTime),
)
"""One row per comparison that was run blind; its names are hidden until ``revealed_at``."""

asked_comparisons = Table(
    "asked_comparisons",
    metadata,
    Column("comparison_id", Text, primary_key=True),
    Column("asked", Text, nullable=False),
)
"""One row per comparison that was started on a page: its settings as JSON, of variants that sat out too."""

shares = Table(
    "shares",
    metadata,
    # Nobody can guess it: whoever has the id may open what it names.
    Column("share_id", Text, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("user_name", Text),
    Column("title", Text, nullable=False),
    Column("document", Text, nullable=False),
)
"""One row per stored share: the settings of a comparison as the JSON document of its file format."""

batch_jobs = Table(
    "batch_jobs",
    metadata,
    Column("arn", Text, primary_key=True),
    Column("evaluation_id", Text, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("taken_in", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_batch_jobs_evaluation_id", "evaluation_id"),
)
"""One row per batch job that an evaluation submitted: the job as JSON, and whether its results are here."""

spending = Table(
    "spending",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("entry", Text, nullable=False, unique=True),
    Column("day", Date, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("process_id", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("amount", Money),
    Column("reserved_at", UtcDateTime, nullable=False),
    # With the amount in it, so that adding up a day reads the index alone.
    Index("ix_spending_day", "day", "state", "amount"),
    Index("ix_spending_session", "session_id", "state", "amount"),
    Index("ix_spending_process", "state", "process_id"),
)
"""One row per call that costs money: reserved at its worst case, then what it cost; see ``spending.py``."""

data_sets = Table(
    "data_sets",
    metadata,
    Column("id", _Key, primary_key=True),
    # A hash of the cases: the same ones are kept once.
    Column("data_set_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("user_name", Text),
    Column("task", Text, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("labelled", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("variables", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_data_sets_name_key", "name_key", "version", unique=True),
)
"""One row per version of a data set: what lists show, and its prompt, scorers and origin as JSON."""

data_set_cases = Table(
    "data_set_cases",
    metadata,
    Column("data_set", _Key, ForeignKey("data_sets.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)
"""One row per case of a data set, as JSON; never changed."""

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("evaluation_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    # Whose process works on it now; a dead one's evaluation can be taken up by another.
    Column("process_id", Text),
    Column("user_name", Text),
    Column("data_set_id", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("document", Text, nullable=False),
    # Why it waits or was stopped, in words; empty where nobody need be told.
    Column("note", Text),
    Index("ix_evaluations_created_at", "created_at", "id"),
    Index("ix_evaluations_data_set_id", "data_set_id"),
)
"""One row per evaluation: what is to be run, as JSON, and where it stands; its answers are in ``runs``."""

evaluation_scores = Table(
    "evaluation_scores",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("scorer", Text, primary_key=True),
    Column("evaluation_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("case_number", Integer, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("value", Float(53)),
    Column("class_label", Text),
    Column("note", Text, nullable=False),
    Column("cost", Money),
    Index("ix_evaluation_scores_evaluation", "evaluation_id", "label", "case_number"),
)
"""One row per answer and scorer; ``value`` is empty where it could not be scored, and ``note`` says why."""

evaluation_ratings = Table(
    "evaluation_ratings",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("user_name", Text, primary_key=True),
    Column("evaluation_id", Text, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("rated_at", UtcDateTime, nullable=False),
    Index("ix_evaluation_ratings_evaluation", "evaluation_id"),
)
"""One row per answer and person: 1 to 5, and why; without sign-in ``user_name`` is empty."""

patterns = Table(
    "patterns",
    metadata,
    # Made of the name and readable: runs are recorded under it.
    Column("pattern_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # Folded: two names that differ by their case alone would not be told apart.
    Column("name_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("user_name", Text),
    Column("document", Text, nullable=False),
)
"""One row per pattern that is kept; the pattern as the JSON document of its file format."""
