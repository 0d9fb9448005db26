"""`bedrock-playground compare` as scripts use it: real processes, the real endpoint, the real model."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bedrock_playground.invocation.values import RunState
from bedrock_playground.launcher import EndpointStatus
from tests.wire.cli.command_line import MODEL, PACED, CommandLine, keys_of, lanes

SLOW = "local.fault-slow-first-token-v1:0"
STALL = "local.fault-stall-v1:0"


def test_it_prints_each_lane_as_it_ends_and_needs_no_account(alone: CommandLine) -> None:
    status, ended = alone.compare(
        "--prompt", "Say hello", *lanes(SLOW, MODEL), "--max-tokens", "8", "--temperature", "0"
    )
    assert status == 0
    # The slow one waits three seconds: the real model is done by then, unless the machine has much to do.
    assert ended == sorted(ended, key=lambda value: value["timing"]["total_ms"])
    slow, fast = sorted(ended, key=lambda value: value["lane"])
    assert (fast["lane"], fast["model_id"], slow["lane"], slow["model_id"]) == ("B", MODEL, "A", SLOW)
    assert slow["timing"]["ttft_ms"] >= 3000
    for value in (fast, slow):
        assert value["state"] == "completed"
        assert value["text"]
        assert value["stop_reason"] == "max_tokens"
        assert value["error"] is None
        assert value["usage"]["output_tokens"] == 8
        assert value["usage"]["input_tokens"] > 0
        assert value["usage"]["cache_read_input_tokens"] is None
        assert 0 < value["timing"]["ttft_ms"] <= value["timing"]["total_ms"]
        assert value["timing"]["server_latency_ms"] > 0
        assert value["attempts"] == 1
        assert (value["cost"], value["price"]["confidence"]) == ("0", "exact")
    assert fast["run_id"] != slow["run_id"]
    assert fast["comparison_id"] == slow["comparison_id"]
    assert alone.survivors() == []


def test_the_same_runs_are_in_the_history(alone: CommandLine) -> None:
    began = datetime.now(UTC)
    status, (printed,) = alone.compare(
        "--prompt", "Say hello", *lanes(MODEL), "--system", "Be brief.", "--max-tokens", "4", "--top-p", "0.5"
    )
    assert status == 0
    with alone.store() as store:
        (summary,) = store.list_runs().runs
        record = store.get(printed["run_id"])
    assert record is not None
    assert record.state is RunState.COMPLETED
    assert record.result is not None
    assert record.result.text == printed["text"]
    assert record.request.system == "Be brief."
    assert record.request.messages[0].text == "Say hello"
    assert (record.request.parameters.max_tokens, record.request.parameters.top_p) == (4, 0.5)
    assert record.request.parameters.temperature is None
    assert (summary.endpoint, summary.label, summary.region) == ("local", "A", "local")
    assert began <= summary.started_at <= datetime.now(UTC)


def test_what_the_service_did_not_tell_is_null(shared: CommandLine) -> None:
    status, (value,) = shared.compare("--prompt", "x", *lanes("local.fault-no-metadata-v1:0"))
    assert status == 0
    assert value["state"] == "completed"
    assert value["usage"] is None
    assert value["timing"]["server_latency_ms"] is None
    assert value["reasoning"] is None


def test_parameters_act_on_the_model(shared: CommandLine) -> None:
    # One candidate token leaves nothing to chance, however hot: all three are the same.
    status, repeats = shared.compare(
        "--prompt", "Tell me about rivers", *lanes(MODEL), "--temperature", "1", "--top-k", "1",
        "--max-tokens", "12", "--repeat", "3",
    )  # fmt: skip
    assert status == 0
    assert [value["repeat"] for value in repeats] == [0, 1, 2]
    assert len({value["text"] for value in repeats}) == 1
    assert len({value["run_id"] for value in repeats}) == 3

    status, (stopped,) = shared.compare(
        "--prompt", "Tell me about rivers", *lanes(MODEL), "--max-tokens", "200", "--stop", "e", "--stop", "a"
    )
    assert status == 0
    assert stopped["stop_reason"] == "stop_sequence"
    assert not re.search("[ea]", stopped["text"])


def test_the_system_prompt_and_standard_input_are_sent(shared: CommandLine) -> None:
    prompt = "Zwölf Boxkämpfer, 日本\n🎉 and a line\n"
    arguments = ("--prompt", "-", *lanes(MODEL), "--max-tokens", "1")
    _, (without,) = shared.compare(*arguments, stdin=prompt)
    _, (with_system,) = shared.compare(*arguments, "--system", "You are a terse assistant.", stdin=prompt)
    assert with_system["usage"]["input_tokens"] != without["usage"]["input_tokens"]
    with shared.store() as store:
        record = store.get(with_system["run_id"])
    assert record is not None
    assert record.request.messages[0].text == prompt
    assert record.request.system == "You are a terse assistant."


def test_a_stall_ends_after_the_stall_timeout_and_the_text_stays(shared: CommandLine) -> None:
    status, (good, stalled) = shared.compare(
        "--prompt", "x", *lanes(STALL, PACED), "--max-tokens", "30", "--stall-timeout", "1.5"
    )
    assert status == 1
    assert (good["model_id"], good["state"]) == (PACED, "completed")
    assert stalled["state"] == "failed"
    assert stalled["error"]["type"] == "StallTimeout"
    assert stalled["error"]["retryable"] is True
    assert stalled["error"]["message"]
    assert stalled["text"].startswith("### Test output")
    assert stalled["stop_reason"] is None
    assert stalled["usage"] is None
    assert stalled["timing"]["total_ms"] >= 1500


def test_throttling_is_tried_three_times_and_shown(shared: CommandLine) -> None:
    status, (value,) = shared.compare("--prompt", "x", *lanes("local.fault-throttling-v1:0"))
    assert status == 1
    assert value["state"] == "failed"
    assert value["attempts"] == 3
    assert value["error"]["type"] == "Throttled"
    assert value["error"]["retryable"] is True
    assert value["error"]["message"] == "Too many requests, please wait before trying again."
    assert (value["text"], value["timing"]["ttft_ms"], value["usage"]) == ("", None, None)


def test_an_unknown_model_fails_its_lane_alone(shared: CommandLine) -> None:
    status, values = shared.compare(
        "--prompt",
        "x",
        *lanes("no.such-model", PACED),
        "--max-tokens",
        "3",
        "--allow-unknown-cost",
        warns="What it takes is not known",
    )
    assert status == 1
    by_lane = {value["lane"]: value for value in values}
    assert by_lane["A"]["error"]["type"] == "ValidationFailed"
    assert by_lane["A"]["error"]["retryable"] is False
    assert by_lane["B"]["state"] == "completed"


def test_an_endpoint_is_called_with_the_keys_of_the_environment(
    alone: CommandLine, local_endpoint: EndpointStatus
) -> None:
    url = str(local_endpoint.url)
    keys = keys_of(local_endpoint)
    region = keys.pop("AWS_REGION")
    arguments = ("--prompt", "x", *lanes(PACED), "--max-tokens", "3", "--endpoint-url", url)
    status, (value,) = alone.compare(*arguments, "--region", region, **keys)
    assert (status, value["state"]) == (0, "completed")
    with alone.store() as store:
        (summary,) = store.list_runs().runs
    assert (summary.endpoint, summary.region) == (url, region)

    # The endpoint takes its own key alone: another one in the environment is really sent, and refused.
    status, (value,) = alone.compare(*arguments, **{**keys, "AWS_ACCESS_KEY_ID": "AKIDSOMEBODYELSE"})
    assert (status, value["state"], value["attempts"]) == (1, "failed", 1)
    assert value["error"]["type"] in {"ExpiredCredentials", "AccessDenied"}

    status, (value,) = alone.compare(*arguments)
    assert (status, value["error"]["type"]) == (1, "NoCredentials")


def test_a_region_that_is_not_used_is_told(alone: CommandLine) -> None:
    ended = alone.run(
        "compare", "--json", "--prompt", "x", *lanes(PACED), "--max-tokens", "2", "--region", "eu-west-1"
    )
    assert ended.returncode == 0
    assert "--region eu-west-1 is not used" in ended.stderr
    with alone.store() as store:
        (summary,) = store.list_runs().runs
    assert (summary.endpoint, summary.region) == ("local", "local")


def test_nobody_at_the_endpoint_is_a_failed_lane(alone: CommandLine, free_tcp_port: object) -> None:
    assert callable(free_tcp_port)
    status, (value,) = alone.compare(
        "--prompt", "x", *lanes("a.model"), "--endpoint-url", f"http://127.0.0.1:{free_tcp_port()}",
        "--allow-unknown-cost",
        AWS_ACCESS_KEY_ID="AKIDTEST", AWS_SECRET_ACCESS_KEY="secret", BEDROCK_PLAYGROUND_MAX_ATTEMPTS="1",
        warns="nothing is known of what it takes",
    )  # fmt: skip
    assert (status, value["error"]["type"], value["attempts"]) == (1, "ConnectionFailed", 1)


def test_a_table_for_people(shared: CommandLine) -> None:
    ended = shared.run(
        "compare", "--prompt", "x", *lanes(PACED, "local.fault-throttling-v1:0"), "--max-tokens", "9"
    )
    assert ended.returncode == 1
    assert ended.stderr == ""  # the progress line is for terminals
    header, rule, first, second, *texts = ended.stdout.splitlines()
    assert header.split("  ")[0] == "lane"
    assert set(rule) == {"-", " "}
    assert re.match(
        rf"A +{re.escape(PACED)} +completed +\d+ ms +\d+ ms +[\d.]+ +1 +9 +\$0 +1 +max_tokens$", first
    )
    assert re.match(r"B +\S+ +failed +n/a +\d+ ms +n/a +n/a +n/a +\$0 +3 +n/a$", second)
    assert f"[A] {PACED}" in texts
    assert "### Test output of the local endpoint" in texts
    assert any(line.startswith("Throttled: Too many requests") for line in texts)


def test_without_history_nothing_is_written(shared: CommandLine) -> None:
    status, _ = shared.compare("--prompt", "x", *lanes(PACED), "--max-tokens", "3", "--no-history")
    assert status == 0
    assert not (shared.folder / "data").exists()


def test_a_history_that_cannot_be_opened_says_so(shared: CommandLine) -> None:
    (shared.folder / "data").write_text("not a folder")
    ended = shared.run("compare", "--json", "--prompt", "x", *lanes(PACED))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "--no-history" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_every_encoding_of_the_output_keeps_the_text(shared: CommandLine, encoding: str) -> None:
    status, (value,) = shared.compare("--prompt", "x", *lanes(PACED), PYTHONIOENCODING=encoding)
    assert status == 0
    assert "🎉" in value["text"]
