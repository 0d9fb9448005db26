"""Opening: the schema comes by itself, and whatever prevents it is said plainly."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bedrock_playground import history
from bedrock_playground.history import (
    HistoryDriverMissing,
    HistoryError,
    HistoryTooNew,
    HistoryUnavailable,
    HistoryUnreadable,
    HistoryUrlInvalid,
    RunStore,
    migrate,
)
from bedrock_playground.history.schema import metadata
from tests.store.builders import record
from tests.store.conftest import Place


def test_migrations_make_exactly_the_tables_the_code_uses(store: RunStore) -> None:
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == migrate.REVISIONS[-1]


def test_the_revisions_the_code_knows_are_those_that_exist() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(history.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == migrate.REVISIONS


def test_opening_again_keeps_what_is_there(place: Place) -> None:
    with place.open() as store:
        store.add([record()])
    for _ in range(2):
        with place.open() as store:
            assert store.count() == 1


def test_migrating_twice_changes_nothing(store: RunStore) -> None:
    store.add([record()])
    migrate.migrate(store._engine)
    assert store.count() == 1


@pytest.mark.usefixtures("spawning")
def test_several_processes_may_open_an_empty_database_at_once(place: Place) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, outcomes = context.Barrier(3), context.Queue()
    children = [
        context.Process(
            target=_open_and_record,
            args=(place.url, place.data_dir),
            kwargs={"barrier": barrier, "outcomes": outcomes},
        )
        for _ in range(3)
    ]
    for child in children:
        child.start()
    found = [outcomes.get(timeout=60) for _ in children]
    for child in children:
        child.join(timeout=30)
        assert child.exitcode == 0
    assert found == ["done"] * 3
    with place.open() as store:
        assert store.count() == 3


def _open_and_record(url: str, data_dir: Path, *, barrier: Any, outcomes: Any) -> None:
    barrier.wait(timeout=60)
    try:
        with RunStore.open(url, data_dir=data_dir) as store:
            store.add([record()])
    except HistoryError as error:
        outcomes.put(repr(error))
    else:
        outcomes.put("done")
    outcomes.close()
    outcomes.join_thread()


def test_a_newer_schema_is_left_alone(place: Place) -> None:
    with place.open() as store, store._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HistoryTooNew, match="newer version") as caught:
        place.open()
    assert "Upgrade" in caught.value.advice


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (name TEXT)")
    connection.close()
    with pytest.raises(HistoryUnreadable, match="not a history"):
        RunStore.open(f"sqlite:///{path}", data_dir=tmp_path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    path.write_bytes(b"This is a diary, not a database. " * 200)
    before = path.read_bytes()
    with pytest.raises(HistoryUnreadable, match="not a database") as caught:
        RunStore.open(f"sqlite:///{path}", data_dir=tmp_path)
    assert str(path) in str(caught.value)
    assert "Move the file away" in caught.value.advice
    assert path.read_bytes() == before


def test_a_damaged_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    url = f"sqlite:///{path}"
    with RunStore.open(url, data_dir=tmp_path) as store:
        store.add(record(number) for number in range(200))
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(HistoryUnreadable, match="malformed"), RunStore.open(url, data_dir=tmp_path) as store:
        store.list_runs()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "data"
    with pytest.raises(HistoryUnavailable, match="cannot be made") as caught:
        RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder)
    assert str(folder) in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").mkdir()
    with pytest.raises(HistoryUnavailable, match="unable to open"):
        RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path)


def test_the_lock_files_folder_must_be_writable_too(place: Place) -> None:
    with place.open() as store:
        folder = place.data_dir / "processes"
        folder.parent.mkdir(exist_ok=True)
        folder.write_text("in the way")
        with pytest.raises(HistoryUnavailable, match="processes"):
            store.recorder()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "history.sqlite3",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x?mode=ro",
        "mysql://host/database",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryUrlInvalid) as caught:
        RunStore.open(url, data_dir=tmp_path)
    assert "sqlite:///" in caught.value.advice


def test_a_missing_driver_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    # A mock: psycopg is installed wherever these tests run.
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "psycopg" else real(name, *rest)
    )
    with pytest.raises(HistoryDriverMissing, match="psycopg") as caught:
        RunStore.open("postgresql://host/database", data_dir=tmp_path)
    assert "bedrock-playground[postgres]" in caught.value.advice


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(HistoryUnavailable) as caught:
        RunStore.open("postgresql://ada:secret@127.0.0.1:1/history", data_dir=tmp_path)
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_sqlite_runs_as_it_should(tmp_path: Path) -> None:
    with (
        RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as store,
        store._engine.connect() as connection,
    ):
        for pragma, value in [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 1)]:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
