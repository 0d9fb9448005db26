"""What every room's tests may use: the shared cache of weights and one running local endpoint."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.local.weights import WeightsStore

# Neither an example nor the drawing of one has a deadline: on a busy machine both say nothing of the code.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run that fails fails again, here and in CI; `--hypothesis-profile=explore` draws other examples each time.
settings.register_profile("explore", _UNTIMED)
settings.register_profile("repeatable", _UNTIMED, derandomize=True)
settings.load_profile("repeatable")

_DEFAULT_CACHE = Path(__file__).resolve().parent.parent / ".cache" / "test"


@pytest.fixture(scope="session")
def weights_cache() -> Path:
    """The cache folder with the real weights, downloaded once per machine."""
    folder = Path(os.environ.get("BEDROCK_PLAYGROUND_TEST_CACHE") or _DEFAULT_CACHE)
    WeightsStore(folder).ensure(lambda what, done, total: None)
    return folder


@pytest.fixture(scope="session")
def local_endpoint(weights_cache: Path) -> Iterator[EndpointStatus]:
    """A real local endpoint in its own process; fault ids are listed."""
    supervisor = EndpointSupervisor(cache_dir=weights_cache, list_faults=True)
    supervisor.start()
    status = supervisor.wait_ready(60)
    assert status.state == "ready", (status.detail, supervisor.log_tail())
    yield status
    supervisor.stop()


@pytest.fixture
def free_tcp_port() -> Callable[[], int]:
    """Find loopback ports that nobody listens on."""

    def find() -> int:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return int(probe.getsockname()[1])

    return find


@pytest.fixture
def spawning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``multiprocessing`` spawn: the child imports the main module, where AppTest leaves a script."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
