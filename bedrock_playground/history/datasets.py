"""The shelf of data sets: kept by the hash of their cases, listed without them, read a page at a time.

The same cases are kept once. Other cases under the same name are its next version; none is ever changed, so
that an evaluation can be read and resumed with the cases that it began with. The data sets that come with the
program stand on the same shelf; one that an evaluation uses should be saved: the next release may change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, delete, exc, func, insert, select, update

from bedrock_playground.evaluation.builtin import builtin_sets
from bedrock_playground.evaluation.datasets.case_json import case_from_text, case_text, content_id
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history.data_set_records import (
    StoredDataSet,
    around_columns,
    builtin_summary,
    case_columns,
    stored_of,
)
from bedrock_playground.history.errors import DataSetGone, DataSetInUse, DataSetInvalid, DataSetUnreadable
from bedrock_playground.history.rows import clean, fold
from bedrock_playground.history.schema import data_set_cases, data_sets, evaluations
from bedrock_playground.history.votes import Open

MAX_NAME = 120
"""Characters of a data set's name."""
PAGE = 500
"""Cases that are read at once."""
_BATCH = 1000
_ATTEMPTS = 5


class DataSetShelf:
    """The data sets of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open, freed: Callable[[], None] = lambda: None) -> None:
        """Use :attr:`RunStore.data_sets`."""
        self._read = read
        self._write = write
        self._freed = freed

    # Finding

    def find(self) -> list[StoredDataSet]:
        """List the newest version of every name: what was saved here, then what came with the program."""
        newest = _summaries().where(data_sets.c.version == _newest())
        with self._read() as connection:
            rows = connection.execute(newest).mappings().all()
        found = sorted((_stored(row) for row in rows), key=lambda one: fold(one.name))
        kept = {one.data_set_id for one in found}
        return found + [builtin_summary(one) for key, one in builtin_sets().items() if key not in kept]

    def versions(self, name: str) -> list[StoredDataSet]:
        """Every version that was saved under a name, whatever its case; the newest first."""
        statement = _summaries().where(data_sets.c.name_key == fold(name))
        with self._read() as connection:
            rows = connection.execute(statement.order_by(data_sets.c.version.desc())).mappings().all()
        return [_stored(row) for row in rows]

    def summary(self, data_set_id: str) -> StoredDataSet | None:
        """Get everything of a data set but its cases; ``None`` if there is none of that id."""
        with self._read() as connection:
            row = connection.execute(_summaries().where(_has_id(data_set_id))).mappings().one_or_none()
        if row is not None:
            return _stored(row)
        builtin = builtin_sets().get(data_set_id)
        return None if builtin is None else builtin_summary(builtin)

    def named(self, name: str) -> StoredDataSet | None:
        """Get the newest version of a name, whatever its case; one that was saved here goes first."""
        kept = self.versions(name)
        same = (one for one in builtin_sets().values() if fold(one.name) == fold(name))
        builtin = next(same, None)
        if kept:
            return kept[0]
        return None if builtin is None else self.summary(builtin.data_set_id)

    # Reading

    def get(self, data_set_id: str) -> DataSet | None:
        """Get a data set with all its cases; ``None`` if there is none of that id.

        Raises:
            DataSetUnreadable: A newer version of this program saved it.
        """
        summary = self.summary(data_set_id)
        return None if summary is None else summary.with_cases(list(self.iter_cases(data_set_id)))

    def iter_cases(self, data_set_id: str, *, after: int = 0) -> Iterator[Case]:
        """Read cases in order, :data:`PAGE` at a time: memory stays small, and no lane waits.

        Args:
            data_set_id: Whose.
            after: The number of the case behind which to begin.

        Raises:
            DataSetGone: It is not there, or was deleted meanwhile.
            DataSetUnreadable: A newer version of this program saved it.
        """
        summary = self.summary(data_set_id)
        if summary is None:
            raise DataSetGone("This data set is not here any more.")
        if summary.saved_at is None:
            yield from islice(builtin_sets()[data_set_id].cases, after, None)
            return
        while after < summary.cases:
            page = self._cases(data_set_id, data_set_cases.c.number.between(after + 1, after + PAGE))
            if not page:
                raise DataSetGone("This data set was deleted while it was read.")
            yield from page
            after = page[-1].number

    def cases(self, data_set_id: str, numbers: Sequence[int]) -> list[Case]:
        """Read some cases by their numbers, in order; those that it does not have are left out."""
        wanted = sorted(set(numbers))
        found: list[Case] = []
        for start in range(0, len(wanted), PAGE):
            found += self._cases(data_set_id, data_set_cases.c.number.in_(wanted[start : start + PAGE]))
        if not found and data_set_id in builtin_sets():
            return [one for one in builtin_sets()[data_set_id].cases if one.number in set(wanted)]
        return found

    def _cases(self, data_set_id: str, condition: Any) -> list[Case]:  # noqa: ANN401 - an SQL condition
        statement = (
            select(data_set_cases.c.number, data_set_cases.c.document)
            .join(data_sets, data_sets.c.id == data_set_cases.c.data_set)
            .where(_has_id(data_set_id), condition)
            .order_by(data_set_cases.c.number)
        )
        with self._read() as connection:
            rows = connection.execute(statement).all()
        try:
            return [case_from_text(document, number) for number, document in rows]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataSetUnreadable("This data set was saved in a form that is not known here.") from error

    # Saving and deleting

    def save(self, data_set: DataSet, *, user: str | None = None) -> StoredDataSet:
        """Keep a data set under the hash of its cases; its own id and its cases' numbers are not looked at.

        Cases that are kept already are not kept again. Under the same name, what goes with them (prompt,
        scorers, description …) becomes as it is given; under another name nothing changes, and what is
        returned has the name under which they are known.

        Args:
            data_set: The data set.
            user: Who saves it, where known.

        Raises:
            DataSetInvalid: It has no case, no name, too long a name, or that of a data set that came with the
                program and has other cases.
        """
        if not data_set.cases:
            raise DataSetInvalid("A data set has at least one case.")
        if not data_set.name.strip() or len(data_set.name) > MAX_NAME:
            raise DataSetInvalid(f"A data set's name has 1 to {MAX_NAME} characters.")
        self._refuse_builtin_name(data_set)
        named = replace(data_set, name=data_set.name.strip(), data_set_id=content_id(data_set.cases))
        for attempt in range(_ATTEMPTS):
            try:
                with self._write() as connection, _told_apart(last=attempt == _ATTEMPTS - 1):
                    _save(connection, named, user=user)
                break
            except _TakenMeanwhileError:
                continue
        kept = self.summary(named.data_set_id)
        if kept is None:
            raise DataSetGone("This data set was deleted just after it was saved.")
        return kept

    def _refuse_builtin_name(self, data_set: DataSet) -> None:
        """A user's cases must not become a version of what came with the program, nor hide behind it."""
        key = fold(data_set.name.strip())
        builtin = next((one for one in builtin_sets().values() if fold(one.name) == key), None)
        if builtin is not None and builtin.data_set_id != content_id(data_set.cases):
            raise DataSetInvalid(f"“{builtin.name}” is a data set that came with the program.")

    def delete(self, data_set_id: str) -> bool:
        """Delete a version for good; return whether it was here.

        Raises:
            DataSetInUse: An evaluation uses it.
        """
        with self._write() as connection:
            using = _evaluations_of(connection, data_set_id)
            if using:
                raise DataSetInUse(_in_use(using))
            gone = connection.execute(delete(data_sets).where(_has_id(data_set_id))).rowcount > 0
        if gone:
            self._freed()
        return gone


class _TakenMeanwhileError(Exception):
    """Somebody saved the same cases, or another version of the name, at the same moment."""


@contextmanager
def _told_apart(*, last: bool) -> Iterator[None]:
    """Tell what somebody else saved at the same moment from other refusals; the last time it is one."""
    try:
        yield
    except exc.IntegrityError as error:
        if last:
            raise
        raise _TakenMeanwhileError from error


# Rows


def _has_id(data_set_id: str) -> Any:  # noqa: ANN401 - an SQL condition
    return data_sets.c.data_set_id == clean(data_set_id)


def _newest() -> Any:  # noqa: ANN401 - an SQL expression
    same = data_sets.alias("same")
    return select(func.max(same.c.version)).where(same.c.name_key == data_sets.c.name_key).scalar_subquery()


def _summaries() -> Select[Any]:
    same = data_sets.alias("counted")
    versions = select(func.count()).where(same.c.name_key == data_sets.c.name_key).scalar_subquery()
    return select(*data_sets.c, versions.label("versions"))


def _stored(row: Any) -> StoredDataSet:  # noqa: ANN401 - a row
    try:
        return stored_of(row, builtin=row["data_set_id"] in builtin_sets())
    except (ValueError, KeyError, TypeError) as error:
        raise DataSetUnreadable(
            f"The data set “{row['name']}” was saved in a form that is not known here."
        ) from error


def _save(connection: Connection, data_set: DataSet, *, user: str | None) -> None:
    kept = connection.execute(select(data_sets).where(_has_id(data_set.data_set_id))).mappings().one_or_none()
    around = dict(around_columns(data_set))
    if kept is not None:
        if kept["name_key"] == around["name_key"]:
            connection.execute(update(data_sets).where(data_sets.c.id == kept["id"]).values(around))
        return
    same_name = data_sets.c.name_key == around["name_key"]
    latest = connection.execute(select(func.max(data_sets.c.version)).where(same_name)).scalar()
    texts = [case_text(case) for case in data_set.cases]
    row = {
        **around,
        **case_columns(data_set.cases, size=sum(map(len, texts))),
        "data_set_id": data_set.data_set_id,
        "version": (latest or 0) + 1,
        "saved_at": datetime.now(UTC),
        "user_name": user,
    }
    key = connection.execute(insert(data_sets).returning(data_sets.c.id), row).scalar_one()
    numbered = enumerate(texts, 1)
    while batch := list(islice(numbered, _BATCH)):
        connection.execute(
            insert(data_set_cases),
            [{"data_set": key, "number": number, "document": text} for number, text in batch],
        )


def _evaluations_of(connection: Connection, data_set_id: str) -> list[str]:
    using = select(evaluations.c.name).where(evaluations.c.data_set_id == clean(data_set_id))
    return list(connection.execute(using.order_by(evaluations.c.created_at)).scalars())


def _in_use(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"The evaluation “{names[0]}” uses this data set; without it, its cases could not be shown."
    return (
        f"{len(names):,} evaluations use this data set (“{names[0]}” is the oldest); without it, their cases "
        "could not be shown."
    )
