"""`bedrock-playground compare`: what the Compare page does, for scripts and CI."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bedrock_playground.catalog import top_k_fields
from bedrock_playground.connection import (
    Connection,
    default_kind,
    local_connection,
    make_invoker,
    remote_connection,
)
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.invocation import (
    Comparison,
    InferenceParameters,
    InvocationRequest,
    LaneRun,
    RunState,
    tune_interpreter,
)
from bedrock_playground.invocation.errors import error_to_json
from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.settings import Settings, load_settings

_POLL_SECONDS = 0.02


class _BadArguments(Exception):
    """The arguments cannot be used together; the message says why."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="run one prompt on several models at once",
        description="Run one prompt on several models at once. Without AWS credentials and without "
        "--endpoint-url it uses the local endpoint. Exit status: 0 all completed, 1 some lane failed, "
        "2 bad arguments.",
    )
    parser.add_argument(
        "--prompt", required=True, metavar="TEXT", help="the prompt; - reads it from standard input"
    )
    parser.add_argument("--system", metavar="TEXT", help="the system prompt")
    parser.add_argument(
        "--model", required=True, action="append", metavar="ID", help="a model id; once per lane, at most 8"
    )
    parser.add_argument("--temperature", type=float, metavar="X", help="0 to 1; not sent unless given")
    parser.add_argument("--top-p", type=float, metavar="X", help="0 to 1; not sent unless given")
    parser.add_argument("--top-k", type=int, metavar="N", help="sent where the model's own API takes it")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="at least 1; not sent unless given")
    parser.add_argument("--stop", action="append", metavar="TEXT", help="a stop sequence; may be given again")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="times per lane (default 1)")
    parser.add_argument(
        "--stall-timeout", type=float, metavar="S", help="seconds between two events of a stream"
    )
    parser.add_argument("--region", metavar="R", help="the AWS Region")
    parser.add_argument("--endpoint-url", metavar="URL", help="an endpoint that speaks Bedrock's API")
    parser.add_argument("--json", action="store_true", help="print one JSON object per lane as it ends")
    parser.add_argument("--no-history", action="store_true", help="do not record the runs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the comparison and print it.

    Returns:
        0 if every lane completed, 1 if some did not, 2 for bad arguments.
    """
    tune_interpreter()
    settings = load_settings()
    if options.stall_timeout is not None:
        settings = replace(settings, timeouts=replace(settings.timeouts, stall=options.stall_timeout))
    try:
        requests = _requests(options)
        store = (
            None if options.no_history else RunStore.open(settings.history_url, data_dir=settings.data_dir)
        )
    except (_BadArguments, HistoryError) as error:
        print(f"bedrock-playground compare: {error}", file=sys.stderr)
        return 2
    with _connected(settings, options) as connection:
        if connection is None:
            return 1
        comparison = Comparison(
            make_invoker(connection, settings),
            recorder=store.recorder() if store else None,
            region=connection.config.region,
            endpoint=connection.endpoint_label,
        )
        comparison.start(requests, repeat=options.repeat)
        try:
            runs = _print_as_they_end(comparison, as_json=options.json)
        except KeyboardInterrupt:
            comparison.cancel()
            comparison.wait(5)
            raise
    for problem in {run.record_error for run in runs if run.record_error}:
        print(f"not recorded: {problem}", file=sys.stderr)
    if store:
        store.close()
    return 0 if all(run.state is RunState.COMPLETED for run in runs) else 1


def _requests(options: argparse.Namespace) -> list[InvocationRequest]:
    """Turn the arguments into one request per lane.

    Raises:
        _BadArguments: A value is outside what Converse takes.
    """
    prompt = sys.stdin.read() if options.prompt == "-" else options.prompt
    checks = (
        (bool(prompt.strip()), "--prompt is empty. Give it a text."),
        (
            len(options.model) <= 8,
            f"--model was given {len(options.model)} times. At most 8 lanes run at once.",
        ),
        (all(options.model), "--model is empty. Give it a model id."),
        (_within(options.temperature, 0, 1), "--temperature must be between 0 and 1."),
        (_within(options.top_p, 0, 1), "--top-p must be between 0 and 1."),
        (_within(options.top_k, 1, 500), "--top-k must be between 1 and 500."),
        (_within(options.max_tokens, 1, 10_000_000), "--max-tokens must be at least 1."),
        (_within(options.repeat, 1, 1000), "--repeat must be between 1 and 1000."),
        (
            options.stall_timeout is None or 0 < options.stall_timeout < float("inf"),
            "--stall-timeout must be a number of seconds above 0.",
        ),
        (all(options.stop or ["x"]), "--stop is empty. A stop sequence has at least one character."),
    )
    for holds, complaint in checks:
        if not holds:
            raise _BadArguments(complaint)
    return [_request(options, prompt=prompt, model_id=model_id) for model_id in options.model]


def _within(value: float | None, low: float, high: float) -> bool:
    return value is None or low <= value <= high


def _request(options: argparse.Namespace, *, prompt: str, model_id: str) -> InvocationRequest:
    fields = None
    if options.top_k is not None:
        try:
            fields = top_k_fields(model_id, options.top_k)
        except ValueError as error:
            raise _BadArguments(str(error)) from error
    parameters = InferenceParameters(
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        stop_sequences=tuple(options.stop) if options.stop else None,
        additional_model_request_fields=fields,
    )
    return InvocationRequest.from_prompt(model_id, prompt, system=options.system, parameters=parameters)


@contextmanager
def _connected(settings: Settings, options: argparse.Namespace) -> Iterator[Connection | None]:
    """Find out where calls go, starting the local endpoint for as long as it is needed."""
    kind = "custom" if options.endpoint_url else default_kind(settings)
    if kind != "local":
        yield remote_connection(settings, region=options.region, endpoint_url=options.endpoint_url)
        return
    supervisor = EndpointSupervisor.from_settings(settings)
    supervisor.start()
    try:
        yield local_connection(settings, _wait_for_endpoint(supervisor))
    finally:
        supervisor.stop()


def _wait_for_endpoint(supervisor: EndpointSupervisor) -> EndpointStatus:
    """Wait until the local endpoint is ready or gives up; the first time it fetches 93 MB, so say how far."""
    shown = ""
    while True:
        status = supervisor.status
        if status.state in {"ready", "failed", "stopped"}:
            break
        percent = f" {status.progress:.0%}" if status.progress is not None else ""
        line = f"local endpoint: {status.detail or status.state}{percent}"
        if line != shown:
            _progress(line)
            shown = line
        time.sleep(0.05)
    _progress("")
    if status.state != "ready":
        print(f"The local endpoint did not start: {status.detail}", file=sys.stderr)
    return status


def _progress(line: str) -> None:
    """Show one line that the next one replaces; nothing when nobody looks."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _print_as_they_end(comparison: Comparison, *, as_json: bool) -> list[LaneRun]:
    """Print each run when it ends, or one table at the end."""
    printed: list[LaneRun] = []
    while True:
        # Asked before looking, so that a run that ends in between is printed in the next round.
        done = comparison.done
        runs = [run for lane in comparison.lanes for run in lane.runs]
        ended = [run for run in runs if run.state.is_final and run not in printed]
        for finished in sorted(ended, key=lambda run: run.result.timing.total or 0.0 if run.result else 0.0):
            printed.append(finished)
            if as_json:
                print(json.dumps(run_to_json(finished), ensure_ascii=False), flush=True)
        if not as_json:
            characters = sum(len(run.text) for run in runs)
            _progress(f"{len(printed)} of {len(runs)} done, {characters} characters so far")
        if done and not ended:
            break
        time.sleep(_POLL_SECONDS)
    if not as_json:
        _progress("")
        print(_table(printed))
    return printed


def run_to_json(run: LaneRun) -> dict[str, Any]:
    """One run as the JSON object that `--json` prints; `null` is unknown, never 0."""
    result = run.result
    if result is None:
        raise ValueError("The run has not ended.")
    usage = result.usage
    timing = result.timing
    return {
        "lane": run.identity.label,
        "repeat": run.identity.repeat,
        "model_id": run.request.model_id,
        "state": run.state.value,
        "text": result.text,
        "reasoning": result.reasoning or None,
        "stop_reason": result.stop_reason,
        "error": error_to_json(result.error) if result.error else None,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "cache_write_input_tokens": usage.cache_write_input_tokens,
        }
        if usage
        else None,
        "timing": {
            "ttft_ms": _ms(timing.time_to_first_token),
            "total_ms": _ms(timing.total),
            "server_latency_ms": _ms(timing.server_latency),
        },
        "attempts": len(result.attempts),
        "run_id": run.identity.run_id,
        "comparison_id": run.identity.comparison_id,
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _table(runs: Sequence[LaneRun]) -> str:
    """A readable table, and under it each lane's text or what went wrong."""
    header = ("lane", "model", "state", "TTFT", "total", "tok/s", "in", "out", "stop reason")
    rows = [
        header,
        *(_cells(run) for run in sorted(runs, key=lambda r: (r.identity.label, r.identity.repeat))),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for run in sorted(runs, key=lambda r: (r.identity.label, r.identity.repeat)):
        lines += ["", f"[{_lane(run)}] {run.request.model_id}", run.text.strip() or "(no text)"]
        if run.result and run.result.error:
            lines.append(
                f"{type(run.result.error).__name__}: {run.result.error.message} {run.result.error.advice}"
            )
    return "\n".join(lines)


def _lane(run: LaneRun) -> str:
    return run.identity.label + (f".{run.identity.repeat + 1}" if run.identity.repeat else "")


def _cells(run: LaneRun) -> tuple[str, ...]:
    result = run.result
    timing = result.timing if result else None
    usage = result.usage if result else None
    rate = timing.tokens_per_second(usage.output_tokens) if timing and usage else None
    return (
        _lane(run),
        run.request.model_id,
        run.state.value,
        _seconds(timing.time_to_first_token if timing else None),
        _seconds(timing.total if timing else None),
        "n/a" if rate is None else f"{rate:.1f}",
        _count(usage.input_tokens if usage else None),
        _count(usage.output_tokens if usage else None),
        (result.stop_reason if result else None) or "n/a",
    )


def _seconds(value: float | None) -> str:
    return "n/a" if value is None else f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"


def _count(value: int | None) -> str:
    return "n/a" if value is None else str(value)
