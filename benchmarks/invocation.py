"""The invoker beside raw boto3, in the same run, against a paced server with its own clock.

Raw boto3 is one shared client with a large enough pool, iterated as its documentation shows. The two take
turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, sleep, thread_time

import boto3
from botocore.config import Config

from bedrock_playground.invocation import (
    BedrockInvoker,
    ClientConfig,
    Comparison,
    Finished,
    InvocationRequest,
    TextDelta,
    Timing,
    tune_interpreter,
)
from benchmarks._paced_server import PacedServer, paced_server
from benchmarks._table import Row, print_table

CONCURRENCY = 32
_runs = itertools.count()

Read = Callable[[str], float]
"""Streams from a model, checks the answer, and returns the seconds from the call to the first text."""


def model_id(tokens: int, *, delay_ms: int = 0, interval_us: int = 0) -> str:
    """Name a model that answers so, with a run's id of its own."""
    return f"r{next(_runs)}.{tokens}.{delay_ms}.{interval_us}"


def expected(model: str) -> str:
    """Say what a model answers."""
    return " token" * int(model.split(".")[1])


def check(held: bool) -> None:  # noqa: FBT001 - the condition itself
    """Stop the benchmark if an answer is wrong: a fast wrong answer counts for nothing."""
    if not held:
        raise RuntimeError("An answer was not what the server sent.")


def raw_reader(url: str) -> Read:
    """Read with raw boto3."""
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIDBENCH",
        aws_secret_access_key="secret",  # noqa: S106 - the server looks at nobody's keys
        config=Config(max_pool_connections=64, auth_scheme_preference="sigv4"),
    )

    def read(model: str) -> float:
        began = perf_counter()
        first = 0.0
        pieces = []
        response = client.converse_stream(
            modelId=model, messages=[{"role": "user", "content": [{"text": "Say hello"}]}]
        )
        for event in response["stream"]:
            if "contentBlockDelta" in event:
                pieces.append(event["contentBlockDelta"]["delta"]["text"])
                if len(pieces) == 1:
                    first = perf_counter() - began
        check("".join(pieces) == expected(model))
        return first

    return read


def our_reader(invoker: BedrockInvoker) -> Read:
    """Read with the invoker."""

    def read(model: str) -> float:
        began = perf_counter()
        first = 0.0
        event = None
        for event in invoker.stream(InvocationRequest.from_prompt(model, "Say hello")):
            if type(event) is TextDelta and not first:
                first = perf_counter() - began
        check(isinstance(event, Finished) and event.result.text == expected(model))
        return first

    return read


def cpu_per_thousand(read: Read, *, events: int) -> float:
    """CPU milliseconds of the reading thread per 1,000 events, 2,000 events per second."""
    model = model_id(events, interval_us=500)
    before = thread_time()
    read(model)
    return (thread_time() - before) * 1e6 / events


def requests_per_second(read: Read, *, requests: int) -> float:
    """Short answers per second at a concurrency of 32."""
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        began = perf_counter()
        list(pool.map(read, [model_id(3) for _ in range(requests)]))
        return requests / (perf_counter() - began)


def compare(raw: Read, ours: Read, *, rounds: int, events: int) -> list[Row]:
    """Measure both, taking turns."""
    for read in (raw, ours):
        read(model_id(3))
    cpu: dict[Read, list[float]] = {raw: [], ours: []}
    first: dict[Read, list[float]] = {raw: [], ours: []}
    rate: dict[Read, list[float]] = {raw: [], ours: []}
    for number in range(rounds):
        order = (raw, ours) if number % 2 else (ours, raw)
        for read in order:
            cpu[read].append(cpu_per_thousand(read, events=events))
        for _ in range(40):
            for read in order:
                first[read].append(read(model_id(3)) * 1e3)
        for read in order:
            rate[read].append(requests_per_second(read, requests=320))
    ours_cpu, raw_cpu = statistics.median(cpu[ours]), statistics.median(cpu[raw])
    ours_first, raw_first = statistics.median(first[ours]), statistics.median(first[raw])
    ours_rate, raw_rate = statistics.median(rate[ours]), statistics.median(rate[raw])
    return [
        Row(
            "invocation: CPU per 1,000 events",
            f"{ours_cpu:.1f} ms",
            f"boto3 {raw_cpu:.1f} ms",
            ours_cpu / raw_cpu,
            "≤ 1.15 × boto3",
            ours_cpu <= 1.15 * raw_cpu,
        ),
        Row(
            "invocation: time to first text",
            f"{ours_first:.2f} ms",
            f"boto3 {raw_first:.2f} ms",
            ours_first / raw_first,
            "≤ boto3 + 1 ms",
            ours_first <= raw_first + 1,
        ),
        Row(
            "invocation: requests/s at 32",
            f"{ours_rate:.0f}",
            f"boto3 {raw_rate:.0f}",
            ours_rate / raw_rate,
            "",
            None,
        ),
    ]


def honesty(server: PacedServer, invoker: BedrockInvoker, *, rounds: int) -> list[Row]:
    """Compare our clock with the server's: 8 streams at once beside a thread that renders half the time."""
    stop = threading.Event()
    renderer = threading.Thread(target=_render, args=(stop,), daemon=True)
    renderer.start()
    first: list[float] = []
    total: list[float] = []
    for _ in range(rounds):
        models = [model_id(100, delay_ms=200, interval_us=10_000) for _ in range(8)]
        comparison = Comparison(invoker)
        comparison.start([InvocationRequest.from_prompt(model, "Say hello") for model in models])
        comparison.wait()
        told = server.report()
        for model, lane in zip(models, comparison.lanes, strict=True):
            run = lane.runs[0]
            ours = run.result.timing if run.result else Timing()
            if ours.time_to_first_token is None or ours.total is None:
                raise RuntimeError(f"A run did not complete: {run.result}")
            theirs = told[model.split(".")[0]]
            first.append(abs(ours.time_to_first_token - theirs["first"]) * 1e3)
            total.append(abs(ours.total - theirs["total"]) * 1e3)
    stop.set()
    renderer.join()
    return [_honest("TTFT", first), _honest("total", total)]


def _honest(what: str, errors: list[float]) -> Row:
    median = statistics.median(errors)
    worst = max(errors)
    return Row(
        f"invocation: {what} against the server's clock, 8 streams, median error",
        f"{median:.2f} ms (max {worst:.1f})",
        "5 ms",
        median / 5,
        "≤ 5 ms",
        median <= 5,
    )


def _render(stop: threading.Event) -> None:
    """Keep the interpreter busy for half the time, 5 ms on and 5 ms off."""
    value = {"text": ["some words to encode"] * 50}
    while not stop.is_set():
        until = perf_counter() + 0.005
        while perf_counter() < until:
            json.dumps(value)
        sleep(0.005)


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Run the benchmark and return the table's rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often the two take turns")
    parser.add_argument("--events", type=int, default=2_000, help="events per stream for the CPU figure")
    options = parser.parse_args(arguments)
    before = sys.getswitchinterval()
    tune_interpreter()
    try:
        with paced_server() as server:
            invoker = BedrockInvoker(
                config=ClientConfig(
                    region="us-east-1",
                    endpoint_url=server.url,
                    access_key_id="AKIDBENCH",
                    secret_access_key="secret",  # noqa: S106 - as above
                )
            )
            invoker.warm_up()
            rows = compare(
                raw_reader(server.url), our_reader(invoker), rounds=options.rounds, events=options.events
            )
            return rows + honesty(server, invoker, rounds=max(1, options.rounds // 2))
    finally:
        sys.setswitchinterval(before)


if __name__ == "__main__":
    print_table(main())
