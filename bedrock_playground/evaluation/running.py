"""Evaluations made, started, watched, gone on with: what a page and the command line call.

Those that are at work in this process are found here by their id, whoever started them: they outlive reruns,
page switches and closed tabs. Those of other processes are seen by what the history has of them.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bedrock_playground.evaluation.estimate import SAMPLE, EvaluationEstimate, estimate
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.progress import Progress
from bedrock_playground.evaluation.runner import EvaluationRun, origins_of
from bedrock_playground.evaluation.scorers.common import NeedsDataSet
from bedrock_playground.evaluation.scorers.registry import make_scorers
from bedrock_playground.evaluation.scoring import BadScorer, Scorer
from bedrock_playground.evaluation.spec import (
    EvaluationSpec,
    SpecRefused,
    case_order,
    spec_to_text,
)
from bedrock_playground.evaluation.standing import Again, read_standing
from bedrock_playground.history import DataSetGone, RunFilter, RunStore
from bedrock_playground.history.errors import EvaluationBusy
from bedrock_playground.history.evaluation_records import StoredEvaluation

_RUNNING: dict[str, EvaluationRun] = {}
_HELD: set[str] = set()
_MANY = 500
"""From so many answers on, a process of its own writes them: it takes half a second to start."""
_LOCK = threading.Lock()


# Making


def create(store: RunStore, spec: EvaluationSpec, *, user: str | None = None) -> StoredEvaluation:
    """Keep an evaluation that is to be run; nothing is called by that.

    Args:
        store: The history.
        spec: What is to be run.
        user: Who makes it, where known.

    Raises:
        DataSetGone: There is no such data set.
        SpecRefused: It asks no case.
        BadScorer: There is no such scorer, or two have one name.
        HistoryError: It cannot be kept.
    """
    summary = store.data_sets.summary(spec.data_set_id)
    if summary is None:
        raise DataSetGone("This data set is not here any more.")
    cases = len(case_order(spec, summary.cases))
    if not cases:
        raise SpecRefused("There is no case to ask. Choose other cases, or another data set.")
    scorers_of(store, spec)
    if summary.saved_at is None and (whole := store.data_sets.get(spec.data_set_id)) is not None:
        # It came with the program, whose next release may bring other cases.
        store.data_sets.save(whole, user=user)
    return store.evaluations.create(
        spec.name,
        data_set_id=spec.data_set_id,
        total=cases * spec.repeat * len(spec.contenders),
        document=spec_to_text(spec),
        user=user,
    )


def scorers_of(store: RunStore, spec: EvaluationSpec) -> tuple[Scorer, ...]:
    """Make the scorers of an evaluation, in order; the data set is read for those alone that look at it.

    Raises:
        BadScorer: One of them cannot be made, or two have one name.
    """
    made = make_scorers(spec.scorers)
    if not any(isinstance(scorer, NeedsDataSet) for scorer in made):
        return made
    return make_scorers(spec.scorers, data_set=store.data_sets.get(spec.data_set_id))


def names_of(spec: EvaluationSpec) -> list[str]:
    """The names of an evaluation's scorers, in order; one that is gone is called as it was asked for."""

    def name(text: str) -> str:
        try:
            return make_scorers((text,))[0].name
        except BadScorer:
            return text

    return [name(text) for text in spec.scorers]


def estimate_of(store: RunStore, spec: EvaluationSpec, place: Place) -> EvaluationEstimate:
    """Say what an evaluation would cost, kept or not; nothing is sent.

    Raises:
        DataSetGone: There is no such data set.
        BadScorer: There is no such scorer, or two have one name.
    """
    summary = store.data_sets.summary(spec.data_set_id)
    if summary is None:
        raise DataSetGone("This data set is not here any more.")
    order = case_order(spec, summary.cases)
    read = {case.number: case for case in store.data_sets.cases(spec.data_set_id, order[:SAMPLE])}
    cases = [read[number] for number in order[:SAMPLE] if number in read]
    return estimate(spec, cases, total_cases=len(order), place=place, scorers=scorers_of(store, spec))


def add_scorers(store: RunStore, evaluation_id: str, scorers: Sequence[str]) -> StoredEvaluation:
    """Have further scorers look at the answers that there are, when it is started again.

    Args:
        store: The history.
        evaluation_id: Which.
        scorers: Those that are added; what is there already is passed over.

    Raises:
        EvaluationBusy: It is at work.
        EvaluationGone: It is not there.
        BadScorer: There is no such scorer.
    """
    spec = store.evaluations.found(evaluation_id).spec
    more = replace(spec, scorers=tuple(dict.fromkeys((*spec.scorers, *scorers))))
    scorers_of(store, more)
    store.evaluations.change(evaluation_id, document=spec_to_text(more))
    return store.evaluations.found(evaluation_id)


def delete(store: RunStore, evaluation_id: str) -> None:
    """Delete an evaluation with its answers, scores and ratings, for good.

    Raises:
        EvaluationBusy: It is at work.
        EvaluationGone: It is not there.
    """
    store.evaluations.delete(evaluation_id)
    store.batch_jobs.forget(evaluation_id)
    store.delete(RunFilter(comparison_id=evaluation_id))


# Running


def start(
    store: RunStore,
    evaluation_id: str,
    place: Place,
    *,
    again: Collection[Again] = (),
    user: str | None = None,
) -> EvaluationRun:
    """Start an evaluation, or go on with it: what has its outcome is not asked again.

    It goes on by itself on threads of its own; :func:`find` finds it.

    Args:
        store: The history; it has to stay open.
        evaluation_id: Which.
        place: Where models are called.
        again: Outcomes that are asked for once more. Interrupted ones may have been billed already, and ask
            for that aloud.
        user: Who runs it, where known.

    Raises:
        EvaluationBusy: It is at work already, here or in another process, or by batch inference.
        EvaluationGone: It is not there.
        SpecRefused: Another version of this program wrote it.
        BadScorer: A scorer is not there any more.
    """
    # What a dead process began has to be known before it is looked for.
    store.mark_interrupted()
    with _LOCK:
        _must_rest(evaluation_id)
        stored = store.evaluations.found(evaluation_id)
        if any(not job.taken_in for job in store.batch_jobs.of(evaluation_id)):
            raise EvaluationBusy("Batch inference asks its cases. Take in what it answers first.")
        scorers = scorers_of(store, stored.spec)
        recorder = store.batch_recorder(
            user or stored.user, origin=origins_of(stored.spec), apart=stored.total >= _MANY
        )
        try:
            claimed = store.evaluations.claim(evaluation_id, recorder.process_id)
        except BaseException:
            recorder.close()
            raise
        run = EvaluationRun(
            store, claimed, place, recorder=recorder, scorers=scorers, again=again, over=_forget
        )
        _RUNNING[evaluation_id] = run
    run.start()
    return run


@contextmanager
def held(evaluation_id: str) -> Iterator[None]:
    """Keep an evaluation from being started in this process, while something else is done with it.

    Raises:
        EvaluationBusy: It is at work.
    """
    with _LOCK:
        _must_rest(evaluation_id)
        _HELD.add(evaluation_id)
    try:
        yield
    finally:
        with _LOCK:
            _HELD.discard(evaluation_id)


def find(evaluation_id: str) -> EvaluationRun | None:
    """Find an evaluation that is at work in this process; ``None``: it is not."""
    return _RUNNING.get(evaluation_id)


def running() -> tuple[EvaluationRun, ...]:
    """Every evaluation that is at work in this process."""
    return tuple(_RUNNING.values())


def progress_of(store: RunStore, evaluation_id: str) -> Progress:
    """How far an evaluation is: as it is at work here, or else by what the history has of it.

    Raises:
        EvaluationGone: It is not there.
        DataSetGone: Its data set is not there.
    """
    run = find(evaluation_id)
    if run is not None:
        return run.progress
    stored = store.evaluations.found(evaluation_id)
    standing = read_standing(store, evaluation_id, stored.spec, scorers=names_of(stored.spec))
    contenders = tuple(tally.told() for tally in standing.tallies().values())
    return Progress(
        state=stored.state,
        note=stored.note,
        contenders=contenders,
        elapsed=0.0,
        eta=None,
        ending=False,
    )


def _must_rest(evaluation_id: str) -> None:
    if evaluation_id in _RUNNING or evaluation_id in _HELD:
        raise EvaluationBusy("This evaluation is at work already.")


def _forget(run: EvaluationRun) -> None:
    with _LOCK:
        _RUNNING.pop(run.evaluation_id, None)
