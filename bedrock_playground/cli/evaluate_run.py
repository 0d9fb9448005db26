"""`bedrock-playground evaluate` at work: the same runner and records as the page's."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from bedrock_playground.catalog.account import look_up
from bedrock_playground.catalog.embeddings import TITAN, WORDLLAMA
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.price_sources import gather
from bedrock_playground.catalog.resolution import Behind, needs_asking, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.cli import INTERRUPTED
from bedrock_playground.cli.compare_requests import BadArguments
from bedrock_playground.cli.compare_run import connected
from bedrock_playground.cli.evaluate_inputs import read_data_set, read_spec
from bedrock_playground.cli.evaluate_output import (
    Threshold,
    check_measures,
    failed,
    print_json,
    print_table,
    progress_line,
    read_thresholds,
    results_to_json,
)
from bedrock_playground.connection import Connection, make_counter, make_invoker
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.estimate import EvaluationEstimate
from bedrock_playground.evaluation.place import ONCE, RETRY, Place
from bedrock_playground.evaluation.results import read_results
from bedrock_playground.evaluation.runner import EvaluationRun
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.spec import EvaluationSpec, SpecRefused
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from bedrock_playground.invocation import Invoker, tune_interpreter
from bedrock_playground.measures import Quantile, quantile
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.settings import Settings, SettingsError, load_settings
from bedrock_playground.spending import Account, Estimator, GuardedInvoker, Limits

_POLL_SECONDS = 0.1
_TOLD_EVERY = 15.0
"""Seconds between two lines of progress where nobody sits before a terminal."""
_CANCEL_SECONDS = 60.0


def run(options: argparse.Namespace) -> int:
    """Run the evaluation and print it.

    Returns:
        0 if it is complete and good enough, 1 if not, 2 for bad arguments, 130 if it was interrupted.
    """
    tune_interpreter()
    try:
        settings = load_settings()
        thresholds = read_thresholds(options.fail_under or ())
        _check(options)
    except (SettingsError, BadArguments) as error:
        _say(str(error))
        return 2
    try:
        with RunStore.open(settings.history_url, data_dir=settings.data_dir) as store:
            return _run(options, settings=settings, store=store, thresholds=thresholds)
    except (BadArguments, BadScorer, SpecRefused) as error:
        _say(str(error))
        return 2
    except HistoryError as error:
        _say(f"{error} {error.advice}")
        return 1


def _check(options: argparse.Namespace) -> None:
    """Say what does not go together.

    Raises:
        BadArguments: Something does not.
    """
    if (options.file is None) == (options.resume is None):
        raise BadArguments("Give a FILE of cases, or --resume ID to go on with an evaluation.")
    if options.resume and (options.contender or options.scorer):
        raise BadArguments("--resume goes on with what was begun: leave --contender and --scorer out.")
    if options.again and not options.resume:
        raise BadArguments("--again goes with --resume.")


def _run(
    options: argparse.Namespace, *, settings: Settings, store: RunStore, thresholds: tuple[Threshold, ...]
) -> int:
    made = _found(store, options) if options.resume else _made(store, options)
    # First of all: whatever happens from here on, it can be gone on with.
    _say(f"evaluation {made.evaluation_id}: go on with --resume {made.evaluation_id}")
    spec = made.spec
    check_measures([scorer.name for scorer in running.scorers_of(store, spec)], thresholds)
    with connected(settings, options) as connection:
        if connection is None:
            return 1
        place = _place(settings=settings, connection=connection, store=store, spec=spec)
        told = running.estimate_of(store, spec, place)
        for line in _estimated(told):
            _say(line)
        if any(one.refusals for one in told.contenders):
            return 1
        if options.allow_unknown_cost:
            place = replace(place, agreed=told.unpriced)
        run = running.start(store, made.evaluation_id, place, again=options.again or ())
        interrupted = _follow(run)
    results = read_results(store, made.evaluation_id)
    problems = list(failed(results, thresholds))
    if options.json:
        print_json(results_to_json(results, run.progress, problems))
    else:
        print_table(results)
    for problem in problems:
        _say(f"not good enough: {problem}")
    if run.progress.note:
        _say(run.progress.note)
    if interrupted:
        return INTERRUPTED
    return 0 if run.progress.state is EvaluationState.COMPLETED and not problems else 1


def _found(store: RunStore, options: argparse.Namespace) -> StoredEvaluation:
    found = store.evaluations.get(options.resume)
    if found is None:
        raise BadArguments(f"There is no evaluation {options.resume}.")
    return found


def _made(store: RunStore, options: argparse.Namespace) -> StoredEvaluation:
    data_set = read_data_set(options, _say)
    kept = store.data_sets.save(data_set)
    spec = read_spec(options, data_set, data_set_id=kept.data_set_id, store=store)
    return running.create(store, spec)


def _place(*, settings: Settings, connection: Connection, store: RunStore, spec: EvaluationSpec) -> Place:
    """Where models are called, guarded."""
    behind = _behind(connection, spec)
    book = gather(price_file=settings.price_file, data_dir=settings.data_dir, cache_dir=settings.cache_dir)
    for problem in book.problems:
        _say(problem)
    known = {model_id: resolve(model_id, load_models(), behind=behind) for model_id in behind}

    def usual(model_id: str) -> Quantile:
        return quantile(store.answer_lengths(model_id), 0.5)

    estimator = Estimator(
        book.pricer(known),
        endpoint=connection.endpoint_label,
        region=connection.config.region,
        usual_output=usual,
        counter=make_counter(connection),
    )
    often = make_invoker(connection, settings, retry=RETRY, streaming=spec.stream)
    once = make_invoker(connection, settings, retry=ONCE, streaming=spec.stream)

    def guarded(account: Account, inner: Invoker = often) -> Invoker:
        return GuardedInvoker(inner, account=account, estimator=lambda: estimator)

    return Place(
        guarded=guarded,
        guarded_once=lambda account: guarded(account, once),
        estimator=lambda: estimator,
        shape=shape_by_catalogue(behind),
        ceiling=Limits(session=settings.session_limit, day=settings.day_limit),
        embedding_model=WORDLLAMA if connection.kind == "local" else TITAN,
    )


def _behind(connection: Connection, spec: EvaluationSpec) -> dict[str, Behind]:
    """Ask the account what stands behind the ids that only it knows."""
    models = {model for contender in spec.contenders for model in _models_of(contender.member)}
    asked = [model for model in sorted(models) if needs_asking(resolve(model, load_models()))]
    if connection.kind == "local":
        return {}
    return {model: look_up(connection.config, model) for model in asked}


def _models_of(member: Member) -> Iterator[str]:
    if isinstance(member, Solo):
        yield member.variant.model
        return
    for _, inside in member.roles():
        yield from _models_of(inside)


def _estimated(told: EvaluationEstimate) -> Iterator[str]:
    """Say what it would cost, and what stands in the way."""
    for one in told.contenders:
        for refusal in one.refusals[:3]:
            yield f"{one.name} cannot be asked: {refusal}"
    if told.total.free:
        yield "It costs nothing: models on this machine answer."
        return
    total = told.total
    expected = "unknown" if total.expected is None else format_usd(total.expected)
    worst = "unknown" if total.worst is None else format_usd(total.worst)
    rests = f", from a sample of {told.sampled:,} of {told.cases:,} cases" if told.sampled else ""
    yield f"It costs {expected} (expected), {worst} at most{rests}."
    for one in (*told.contenders, *told.scoring):
        for note in one.notes[:3]:
            yield f"{one.name}: {note}"


def _follow(run: EvaluationRun) -> bool:
    """Tell how far it is until it has come to rest; returns whether somebody interrupted it."""
    told = time.monotonic()
    try:
        while not run.wait(_POLL_SECONDS):
            line = progress_line(run.progress)
            if sys.stderr.isatty():
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            elif time.monotonic() - told >= _TOLD_EVERY:
                told = time.monotonic()
                _say(line)
    except KeyboardInterrupt:
        run.stop()
        run.wait(_CANCEL_SECONDS)
        return True
    finally:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    _say(progress_line(run.progress))
    return False


def _say(message: str) -> None:
    print(f"bedrock-playground evaluate: {message}", file=sys.stderr, flush=True)
