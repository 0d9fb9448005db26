"""`bedrock-playground compare` at work: the same comparison, lanes and records as the page's."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_sources import gather
from bedrock_playground.catalog.resolution import Behind, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.cli import INTERRUPTED
from bedrock_playground.cli.compare_output import print_json, print_table
from bedrock_playground.cli.compare_requests import (
    BadArguments,
    make_requests,
    only_the_account_knows,
    read_arguments,
)
from bedrock_playground.cli.compare_spending import account_of, unknown_costs
from bedrock_playground.connection import (
    Connection,
    default_kind,
    local_connection,
    make_counter,
    make_invoker,
    remote_connection,
)
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.invocation import Comparison, LaneRun, RunState, tune_interpreter
from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.settings import Settings, SettingsError, load_settings
from bedrock_playground.spending import Estimator, GuardedInvoker

_POLL_SECONDS = 0.02
_CANCEL_SECONDS = 60.0
"""How long cancelled lanes get to end and to be recorded, what waited included: milliseconds as a rule, a
quarter of a minute for 8 lanes of 1000 repeats each. Interrupting again ends the wait."""


def run(options: argparse.Namespace) -> int:
    """Run the comparison and print it.

    Returns:
        0 if every lane completed, 1 if some did not or nothing could be sent, 2 for bad arguments, 130 if it
        was interrupted.
    """
    tune_interpreter()
    try:
        settings = load_settings()
        prompt = read_arguments(options)
        # Whatever is wrong already is said before anything is started; the account may know more later.
        make_requests(options, prompt)
    except (SettingsError, BadArguments) as error:
        _say(str(error))
        return 2
    if options.stall_timeout is not None:
        settings = replace(settings, timeouts=replace(settings.timeouts, stall=options.stall_timeout))
    try:
        # A limit for the day is everybody's: it is counted where everybody counts, recorded or not.
        if options.no_history and settings.day_limit is None:
            return _run(options, settings=settings, prompt=prompt, store=None)
        with RunStore.open(settings.history_url, data_dir=settings.data_dir) as store:
            status = _run(options, settings=settings, prompt=prompt, store=store)
    except HistoryError as error:
        _say(f"{error} With --no-history nothing is recorded.")
        return 1
    if store.unsaved:
        _say(f"{store.unsaved} runs are not in the history: it refused them.")
    return status


def _run(
    options: argparse.Namespace,
    *,
    settings: Settings,
    prompt: str,
    store: RunStore | None,
) -> int:
    with connected(settings, options) as connection:
        if connection is None:
            return 1
        try:
            behind = _behind(options, connection)
            requests, notes = make_requests(options, prompt, behind=behind)
        except BadArguments as error:
            _say(str(error))
            return 2
        for note in notes:
            _say(note)
        pricer = _prices(settings).pricer(
            {model_id: resolve(model_id, load_models(), behind=behind) for model_id in behind}
        )
        estimator = Estimator(
            pricer,
            endpoint=connection.endpoint_label,
            region=connection.config.region,
            counter=make_counter(connection),
        )
        account = account_of(options, settings, store)
        if told := unknown_costs(requests, estimator, account):
            if not options.allow_unknown_cost:
                _say(f"Nothing was sent. {' '.join(told)} --allow-unknown-cost calls them all the same.")
                return 1
            for request in requests:
                account.agree(estimator.endpoint, request.model_id)
        comparison = Comparison(
            GuardedInvoker(make_invoker(connection, settings), account=account, estimator=lambda: estimator),
            recorder=store.recorder() if store and not options.no_history else None,
            pricer=pricer,
            region=connection.config.region,
            endpoint=connection.endpoint_label,
        )
        comparison.start(requests, repeat=options.repeat)
        runs, interrupted = _follow(comparison, as_json=options.json)
    for problem in sorted({run.record_error for run in runs if run.record_error}):
        _say(f"not recorded: {problem}")
    if interrupted:
        return INTERRUPTED
    return 0 if all(run.state is RunState.COMPLETED for run in runs) else 1


def _behind(options: argparse.Namespace, connection: Connection) -> dict[str, Behind]:
    """Ask the account what stands behind the ids that only it knows."""
    asked = only_the_account_knows(options)
    if not asked:
        return {}
    from bedrock_playground.catalog.account import look_up

    return {model_id: look_up(connection.config, model_id) for model_id in asked}


def _prices(settings: Settings) -> PriceBook:
    """Gather the prices; a source that cannot be used is said, and the others are."""
    book = gather(price_file=settings.price_file, data_dir=settings.data_dir, cache_dir=settings.cache_dir)
    for problem in book.problems:
        _say(problem)
    return book


@contextmanager
def connected(settings: Settings, options: argparse.Namespace) -> Iterator[Connection | None]:
    """Find out where calls go, starting the local endpoint for as long as it is needed.

    Args:
        settings: The settings.
        options: With ``region`` and ``endpoint_url``.

    Yields:
        The connection; ``None``: the local endpoint did not start, which was said.
    """
    kind = "custom" if options.endpoint_url else default_kind(settings)
    if kind != "local":
        yield remote_connection(settings, region=options.region, endpoint_url=options.endpoint_url)
        return
    if options.region:
        _say(f"--region {options.region} is not used: without AWS credentials the local endpoint answers")
    supervisor = EndpointSupervisor.from_settings(settings)
    supervisor.start()
    try:
        yield local_connection(settings, _wait_for_endpoint(supervisor))
    finally:
        supervisor.stop()


def _wait_for_endpoint(supervisor: EndpointSupervisor) -> EndpointStatus:
    """Wait until the local endpoint is ready or gives up; the first time it fetches 93 MB, so say how far."""
    fetching = False
    while True:
        status = supervisor.status
        if status.state in {"ready", "failed", "stopped"}:
            break
        percent = f" {status.progress:.0%}" if status.progress is not None else ""
        _progress(f"local endpoint: {status.detail or status.state}{percent}")
        if status.state == "fetching" and not fetching and not sys.stderr.isatty():
            _say("fetching the local models' weights (93 MB), once")
            fetching = True
        time.sleep(0.05)
    _progress("")
    if status.state != "ready":
        _say(f"The local endpoint did not start: {status.detail}")
    return status


def _follow(comparison: Comparison, *, as_json: bool) -> tuple[list[LaneRun], bool]:
    """Print each run when it ends, or all of them at the end in a table.

    Whoever interrupts, or stops reading, stops the lanes as well: they cost money.

    Returns:
        The runs in the order in which they ended, and whether somebody interrupted.
    """
    ended = _Ended(comparison, print_json if as_json else lambda _run: None)
    interrupted = False
    try:
        while not comparison.done:
            ended.look()
            if not as_json:
                _progress(ended.summary())
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        interrupted = True
        comparison.cancel()
        comparison.wait(_CANCEL_SECONDS)
    except BrokenPipeError:
        comparison.cancel()
        comparison.wait(_CANCEL_SECONDS)
        raise
    ended.look(waiting=False)
    if not as_json:
        _progress("")
        print_table(ended.runs)
    return ended.runs, interrupted


class _Ended:
    """The runs that have ended and are recorded, found by looking again and again.

    A lane's runs end one after the other, so each look only asks for the next one of every lane. A run is
    told of once it is recorded, so that whoever reads its line finds it in the history.
    """

    def __init__(self, comparison: Comparison, tell: Callable[[LaneRun], None]) -> None:
        self.runs: list[LaneRun] = []
        self._lanes = comparison.lanes
        self._next = [0] * len(self._lanes)
        self._total = sum(len(lane.runs) for lane in self._lanes)
        self._characters = 0
        self._tell = tell

    def look(self, *, waiting: bool = True) -> None:
        """Tell of the runs that ended since the last look, in the order in which they did.

        Args:
            waiting: Leave out what is over but yet to be recorded; there will be another look.
        """
        found = []
        for number, lane in enumerate(self._lanes):
            while (run := self._current(number)) is not None and (
                run.settled or (run.state.is_final and not waiting)
            ):
                self._next[number] += 1
                found.append(lane.runs[self._next[number] - 1])
        for run in sorted(found, key=_ended_at):
            self.runs.append(run)
            self._characters += len(run.text)
            self._tell(run)

    def summary(self) -> str:
        """Say how far it is, in one line."""
        running = [run for number in range(len(self._lanes)) if (run := self._current(number))]
        characters = self._characters + sum(len(run.text) for run in running)
        return f"{len(self.runs)} of {self._total} done, {characters} characters so far"

    def _current(self, number: int) -> LaneRun | None:
        runs, position = self._lanes[number].runs, self._next[number]
        return runs[position] if position < len(runs) else None


def _ended_at(run: LaneRun) -> float:
    total = run.result.timing.total if run.result else None
    return (run.identity.started_at + timedelta(seconds=total or 0.0)).timestamp()


def _say(message: str) -> None:
    print(f"bedrock-playground compare: {message}", file=sys.stderr, flush=True)


def _progress(line: str) -> None:
    """Show one line that the next one replaces; nothing when nobody looks."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
