"""Every store test runs twice: on SQLite and on a real PostgreSQL started here."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from bedrock_playground.history import RunStore


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database of one of the two kinds."""

    url: str
    data_dir: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def open(self) -> RunStore:
        return RunStore.open(self.url, data_dir=self.data_dir)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own, without a database's name at its end."""
    with running_postgres() as address:
        yield address


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a PostgreSQL and take it down again; the benchmarks use it too."""
    binaries = _binaries()
    # PostgreSQL refuses to run as root, and pytest's own folders are closed to the user it runs as then.
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="history-postgres-"))
    if user:
        shutil.chown(folder, user)
    port = _free_port()
    data = folder / "data"
    initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "test", "-A", "trust", "-N"]
    subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port), "-F"],
        user=user,
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"postgresql+psycopg://test@127.0.0.1:{port}"
        _wait_until_it_answers(address, server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path / 'data' / 'history.sqlite3'}", tmp_path / "data")
    return Place(_new_database(request.getfixturevalue("postgres")), tmp_path / "data")


@pytest.fixture
def new_place(place: Place, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Place]:
    """Makes further empty databases of the same kind, for tests that try many examples."""

    def make() -> Place:
        folder = tmp_path / uuid.uuid4().hex
        if place.is_sqlite:
            return Place(f"sqlite:///{folder / 'history.sqlite3'}", folder)
        return Place(_new_database(request.getfixturevalue("postgres")), folder)

    return make


@pytest.fixture
def store(place: Place) -> Iterator[RunStore]:
    with place.open() as opened:
        yield opened


def _new_database(address: str) -> str:
    name = f"history_{uuid.uuid4().hex}"
    with psycopg.connect(_plain(address) + "/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{address}/{name}"


def _binaries() -> Path:
    found = shutil.which("postgres")
    candidates = [Path(found).parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    pytest.fail(
        "These tests need PostgreSQL's own programs (initdb, postgres); no server has to run. "
        "Install them, for instance with: apt-get install postgresql"
    )


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.fail("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` here.")


def _wait_until_it_answers(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(_plain(address) + "/postgres", connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL does not answer: {error}\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        else:
            return


def _plain(address: str) -> str:
    return address.replace("+psycopg", "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
