"""The supervisor's decisions; small scripts stand in for an endpoint that fails as the real one must not."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor, RestartPolicy
from bedrock_playground.settings import load_settings

QUICK = RestartPolicy(max_crashes=3, first_delay=0.01, longest_delay=0.02)


def supervise(tmp_path: Path, script: str) -> EndpointSupervisor:
    return EndpointSupervisor(cache_dir=tmp_path, policy=QUICK, command=[sys.executable, "-c", script])


def test_repeated_crashes_end_in_a_failure_that_says_what_it_last_said(tmp_path: Path) -> None:
    supervisor = supervise(tmp_path, "import sys; sys.exit('the engine exploded')")
    supervisor.start()
    status = supervisor.wait_ready(60)
    assert status.state == "failed"
    assert "3 times in a row (exit status 1)" in status.detail
    assert "the engine exploded" in status.detail
    assert supervisor.log_tail() == ["the engine exploded"] * 3
    assert supervisor.pid is None


def test_a_missing_package_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    supervisor = supervise(tmp_path, "import a_package_that_is_missing")
    supervisor.start()
    detail = supervisor.wait_ready(60).detail
    assert "No module named 'a_package_that_is_missing'" in detail
    assert "pip install 'bedrock-playground[local]'" in detail


def test_a_program_that_does_not_exist_is_a_failure_not_an_exception(tmp_path: Path) -> None:
    supervisor = EndpointSupervisor(cache_dir=tmp_path, policy=QUICK, command=["/nonexistent/python"])
    supervisor.start()
    status = supervisor.wait_ready(60)
    assert status.state == "failed"
    assert "cannot be started" in status.detail


def test_an_error_it_reports_is_final_and_start_tries_anew(tmp_path: Path) -> None:
    mark = tmp_path / "second"
    script = f"""
import json, pathlib, sys
mark = pathlib.Path({str(mark)!r})
if not mark.exists():
    mark.touch()
    print(json.dumps({{"event": "error", "kind": "weights", "message": "no network"}}), flush=True)
    sys.exit(3)
print(json.dumps({{"event": "ready", "url": "http://127.0.0.1:1", "region": "local"}}), flush=True)
sys.stdin.read()
"""
    supervisor = supervise(tmp_path, script)
    supervisor.start()
    assert supervisor.wait_ready(60) == EndpointStatus("failed", detail="no network")
    supervisor.start()
    assert supervisor.wait_ready(60).state == "ready"
    supervisor.stop()
    assert supervisor.status == EndpointStatus("stopped")


def test_progress_is_passed_on(tmp_path: Path) -> None:
    script = """
import json, sys
print(json.dumps({"event": "progress", "done": 25, "total": 100, "what": "Downloading weights"}), flush=True)
sys.stdin.read()
"""
    supervisor = supervise(tmp_path, script)
    seen = threading.Event()
    supervisor.start()
    while supervisor.status.state == "starting":
        seen.wait(0.01)
    assert supervisor.status == EndpointStatus("fetching", progress=0.25, detail="Downloading weights")
    supervisor.stop()


def test_it_hands_its_own_credentials_over_by_the_pipe_alone(tmp_path: Path) -> None:
    script = """
import json, os, sys
line = sys.stdin.readline()
secret = json.loads(line)["secret_access_key"]
assert secret not in " ".join(sys.argv) and secret not in os.environ.values()
print(json.dumps({"event": "ready", "url": "http://127.0.0.1:1", "region": secret[::-1]}), flush=True)
sys.stdin.read()
"""
    supervisor = supervise(tmp_path, script)
    supervisor.start()
    status = supervisor.wait_ready(60)
    assert status.secret_access_key is not None
    assert status.region == status.secret_access_key[::-1]
    assert status.secret_access_key not in repr(status)
    supervisor.stop()


def test_a_child_that_ignores_the_end_of_its_input_is_ended_by_force(tmp_path: Path) -> None:
    script = """
import json, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(json.dumps({"event": "ready", "url": "http://127.0.0.1:1", "region": "local"}), flush=True)
while True:
    time.sleep(60)
"""
    supervisor = supervise(tmp_path, script)
    supervisor.start()
    assert supervisor.wait_ready(60).state == "ready"
    supervisor.stop()
    assert supervisor.pid is None
    assert supervisor.status.state == "stopped"


def test_a_wait_that_times_out_returns_how_it_is_then(tmp_path: Path) -> None:
    supervisor = supervise(tmp_path, "import sys; sys.stdin.read()")
    supervisor.start()
    assert supervisor.wait_ready(0.05).state == "starting"
    supervisor.start()
    assert supervisor.status.state == "starting"
    supervisor.stop()


def test_stop_before_start_is_harmless(tmp_path: Path) -> None:
    settings = load_settings({"BEDROCK_PLAYGROUND_CACHE_DIR": str(tmp_path)})
    supervisor = EndpointSupervisor.from_settings(settings)
    supervisor.stop()
    assert supervisor.status.state == "stopped"


@pytest.mark.parametrize(("crashes", "delay"), [(1, 0.2), (2, 0.4), (5, 3.2), (9, 5.0)])
def test_the_delay_doubles_up_to_a_limit(crashes: int, delay: float) -> None:
    assert RestartPolicy().delay(crashes) == pytest.approx(delay)
