"""What can go wrong with the history.

::

    HistoryError
    ├── HistoryUnavailable      the database or its folder cannot be reached, written or locked
    ├── HistoryUnreadable       the file is not a database, or is damaged
    ├── HistoryTooNew           a newer version of this program wrote it
    ├── HistoryDriverMissing    the database needs a Python package that is not installed
    ├── RunUnreadable           one run was stored in a form that this version cannot read
    ├── PresetNameTaken         another preset has that name
    ├── PresetGone              a preset or a version of it is not there
    ├── PresetUnreadable        a preset was saved in a form that this version cannot read
    ├── DataSetGone             a data set is not there
    ├── DataSetInUse            an evaluation uses a data set that shall be deleted
    ├── DataSetInvalid          a data set cannot be kept under its name, or has no case
    ├── DataSetUnreadable       a data set was saved in a form that this version cannot read
    ├── EvaluationGone          an evaluation is not there
    ├── EvaluationBusy          a process works on an evaluation
    ├── PatternNameTaken        another pattern has that name
    ├── PatternNameInvalid      a pattern has no name, or too long a one
    ├── PatternUnreadable       a pattern was saved in a form that this version cannot read
    └── HistoryUrlInvalid       the address of the database cannot be used
"""

from __future__ import annotations

from typing import ClassVar


class HistoryError(Exception):
    """Base of all; the message says what happened and why, ``advice`` what to do."""

    advice: ClassVar[str] = "Look at the message; the database's own log may say more."
    """What the user can do, in one or two sentences."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class HistoryUnavailable(HistoryError):
    """The database or its folder cannot be reached, written or locked."""

    advice: ClassVar[str] = (
        "Check that the folder exists and may be written, that the disk has room, and for PostgreSQL that "
        "the server runs and the user may connect. BEDROCK_PLAYGROUND_DATA_DIR and "
        "BEDROCK_PLAYGROUND_DATABASE_URL choose another place."
    )


class HistoryUnreadable(HistoryError):
    """The file is not a database, or is damaged."""

    advice: ClassVar[str] = (
        "Move the file away (or restore it from a backup) and start again: a new, empty history is made. "
        "SQLite's own `.recover` command may save what a damaged file still holds."
    )


class HistoryTooNew(HistoryError):
    """A newer version of this program wrote it."""

    advice: ClassVar[str] = (
        "Upgrade Bedrock Playground, or point BEDROCK_PLAYGROUND_DATA_DIR (or "
        "BEDROCK_PLAYGROUND_DATABASE_URL) at another place."
    )


class HistoryDriverMissing(HistoryError):
    """The database needs a Python package that is not installed."""

    advice: ClassVar[str] = "Install it with: pip install 'bedrock-playground[postgres]'"


class RunUnreadable(HistoryError):
    """One run was stored in a form that this version cannot read."""

    advice: ClassVar[str] = (
        "Upgrade Bedrock Playground if a newer version wrote it. The JSONL export has the run as "
        "it is stored."
    )


class PresetNameTaken(HistoryError):
    """Another preset has that name."""

    advice: ClassVar[str] = "Choose another name, or save it as the next version of the one that is there."


class PresetGone(HistoryError):
    """A preset or a version of it is not there."""

    advice: ClassVar[str] = "It may have been deleted meanwhile. Save it as a new preset."


class PresetUnreadable(HistoryError):
    """A preset was saved in a form that this version cannot read."""

    advice: ClassVar[str] = "Upgrade Bedrock Playground if a newer version saved it; older versions are kept."


class DataSetGone(HistoryError):
    """A data set is not there."""

    advice: ClassVar[str] = "It may have been deleted meanwhile. Take its file again."


class DataSetInUse(HistoryError):
    """An evaluation uses a data set that shall be deleted."""

    advice: ClassVar[str] = "Delete the evaluations that use it first."


class DataSetInvalid(HistoryError):
    """A data set cannot be kept under its name, or has no case."""

    advice: ClassVar[str] = "Choose a short name of its own that says what its cases are."


class DataSetUnreadable(HistoryError):
    """A data set was saved in a form that this version cannot read."""

    advice: ClassVar[str] = "Upgrade Bedrock Playground if a newer version saved it."


class EvaluationGone(HistoryError):
    """An evaluation is not there."""

    advice: ClassVar[str] = "It may have been deleted meanwhile. Look at the list of evaluations."


class EvaluationBusy(HistoryError):
    """A process works on an evaluation, so that no other one may."""

    advice: ClassVar[str] = "Pause it where it runs, or wait until it is done."


class PatternNameTaken(HistoryError):
    """Another pattern has that name."""

    advice: ClassVar[str] = "Choose another name, or open that pattern and save it anew."


class PatternNameInvalid(HistoryError):
    """A pattern has no name, or too long a one."""

    advice: ClassVar[str] = "Choose a short name that says what the pattern does."


class PatternUnreadable(HistoryError):
    """A pattern was saved in a form that this version cannot read."""

    advice: ClassVar[str] = "Upgrade Bedrock Playground if a newer version saved it."


class HistoryUrlInvalid(HistoryError):
    """The address of the database cannot be used."""

    advice: ClassVar[str] = (
        "Use sqlite:////absolute/path/history.sqlite3 or postgresql+psycopg://user:password@host/database."
    )
