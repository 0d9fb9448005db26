"""An evaluation whose cases are asked by batch inference: what is left is submitted, and comes back as runs.

Nothing else knows the difference: the runs are those that a real-time evaluation would have made, so that
its tables are filled, and starting it afterwards scores the answers and asks what is still left. While jobs
are at work nothing of the evaluation is called in real time, because it could be paid for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from bedrock_playground.evaluation.agenda import PAGE, Agenda, Left
from bedrock_playground.evaluation.asking import RememberedShape, asked_of
from bedrock_playground.evaluation.batch import (
    BatchGuard,
    BatchJob,
    BatchPlace,
    BatchRefused,
    RecordKey,
    Submission,
    calls_of,
    job_from_text,
    job_to_text,
    poll,
    recorded,
    results,
    stop,
    submit,
)
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.runner import account_of, origins_of
from bedrock_playground.evaluation.running import held, names_of
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.standing import Again, read_standing
from bedrock_playground.evaluation.values import Case
from bedrock_playground.history import KeptBatchJob, RunStore
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.backing import Shape
from bedrock_playground.patterns.members import Solo
from bedrock_playground.presets.errors import TemplateUnfilled

_AT_WORK = "Batch inference makes"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came back."""

    answers: int
    """Calls that were answered."""
    failures: int
    """Calls that failed: outcomes as well."""
    left: int
    """Calls of which a job that was stopped tells nothing: they are no outcome, and can be made again."""
    cost: Decimal | None
    """US dollars at the price of batch inference; ``None``: of some call nobody knows."""


def batchable(spec: EvaluationSpec) -> tuple[str, ...]:
    """The letters of the contenders whose cases batch inference can ask: models, not patterns."""
    return tuple(one.label for one in spec.contenders if isinstance(one.member, Solo))


def submit_left(
    store: RunStore,
    evaluation_id: str,
    place: Place,
    *,
    client: BatchClient,
    where: BatchPlace,
    labels: Sequence[str] = (),
    again: Collection[Again] = (),
) -> tuple[BatchJob, ...]:
    """Submit what an evaluation has left to ask as batch jobs, and keep them.

    What a model's rules refuse, or lacks an input, is left for the real-time run, which records why.

    Args:
        store: The history.
        evaluation_id: Which.
        place: Where calls go and who pays, as for the real-time run.
        client: Who calls.
        where: Where records and answers lie.
        labels: The contenders; empty: all that :func:`batchable` tells.
        again: Outcomes that are asked for once more.

    Raises:
        BatchRefused: Jobs of it are at work, a contender cannot be asked so, or too little is left; nothing
            was sent.
        EvaluationBusy: It is at work.
        HistoryError: The history cannot be read or written.
        InvocationError: The guard or the service stands in the way.
    """
    with _claimed(store, evaluation_id) as (stored, _):
        before = store.batch_jobs.of(evaluation_id)
        if any(not one.taken_in for one in before):
            raise BatchRefused("Batch jobs of this evaluation are at work. Take in what they answer first.")
        chosen = [stored.spec.contender(label) for label in labels or batchable(stored.spec)]
        if not chosen:
            raise BatchRefused("No contender is a model, and batch inference asks models alone.")
        standing = read_standing(store, evaluation_id, stored.spec, again=again)
        calls = _Calls(store, stored.spec, place.shape)
        guard = BatchGuard(account_of(store, evaluation_id, spec=stored.spec, place=place), place.estimator())
        return submit(
            client,
            (call for one in chosen for call in calls.left(one, standing.agendas[one.label])),
            submission=Submission(
                evaluation_id, place.endpoint, earlier=tuple(job_from_text(one.document) for one in before)
            ),
            place=where,
            guard=guard,
            kept=lambda job: _keep(store, job),
        )


def jobs_of(store: RunStore, evaluation_id: str) -> tuple[BatchJob, ...]:
    """The batch jobs of an evaluation whose answers are not taken in yet, as they were last seen."""
    kept = store.batch_jobs.of(evaluation_id)
    return tuple(job_from_text(one.document) for one in kept if not one.taken_in)


def look(store: RunStore, evaluation_id: str, client: BatchClient) -> tuple[BatchJob, ...]:
    """Look once how the jobs of an evaluation are doing, and keep what is seen.

    Raises:
        InvocationError: The service cannot be asked.
    """
    return _each(store, evaluation_id, lambda job: poll(client, job))


def stop_jobs(store: RunStore, evaluation_id: str, client: BatchClient) -> tuple[BatchJob, ...]:
    """Ask the service to stop the jobs of an evaluation; what they have answered can be taken in then.

    Raises:
        InvocationError: The service refused.
    """
    return _each(store, evaluation_id, lambda job: stop(client, job))


def take_in(
    store: RunStore,
    evaluation_id: str,
    place: Place,
    *,
    client: BatchClient,
    progress: Callable[[int], None] = lambda _records: None,
) -> TakenIn:
    """Take the results of an evaluation's jobs that are over into the history; those that go on stay.

    Starting the evaluation then scores the answers. Whoever takes in again what was taken in half, because a
    process died, changes nothing.

    Args:
        store: The history.
        evaluation_id: Which.
        place: Where calls went and who pays.
        client: Who reads.
        progress: Told how many records were taken in so far.

    Raises:
        EvaluationBusy: It is at work.
        HistoryError: The history cannot be written.
        InvocationError: The results cannot be read.
    """
    answers = failures = left = 0
    cost: Decimal | None = Decimal(0)
    with _claimed(store, evaluation_id) as (stored, recorder):
        calls = _Calls(store, stored.spec, place.shape)
        estimator = place.estimator()
        account = account_of(store, evaluation_id, spec=stored.spec, place=place)
        for job in jobs_of(store, evaluation_id):
            if not job.is_over:
                continue
            for one in recorded(
                job,
                calls.with_cases(results(client, job)),
                request_of=calls.again,
                pricer=estimator.pricer,
                recorder=recorder,
                account=account,
            ):
                answers += one.result.state == "completed"
                failures += one.result.state == "failed"
                left += one.result.state == "cancelled"
                cost = None if cost is None or one.cost.amount is None else cost + one.cost.amount
                progress(answers + failures + left)
            recorder.flush()
            _keep(store, job, taken_in=True)
    return TakenIn(answers, failures, left, cost)


class _Calls:
    """The calls of an evaluation, made of its cases; few of these are in memory at a time."""

    def __init__(self, store: RunStore, spec: EvaluationSpec, shape: Shape) -> None:
        self._store = store
        self._spec = spec
        self._shape = RememberedShape(shape)
        self._cases: dict[int, Case] = {}

    def with_cases(
        self, found: Iterator[tuple[RecordKey, InvocationResult]]
    ) -> Iterator[tuple[RecordKey, InvocationResult]]:
        """Let results through, a page at a time, whose cases are read together: they come in any order."""
        while page := list(islice(found, PAGE)):
            numbers = {key.case for key, _ in page}
            cases = self._store.data_sets.cases(self._spec.data_set_id, sorted(numbers))
            self._cases = {case.number: case for case in cases}
            yield from page

    def left(self, contender: Contender, agenda: Agenda) -> Iterator[tuple[RecordKey, InvocationRequest]]:
        """What a contender has left to be asked, but for what cannot be sent at all."""
        while (item := agenda.take()) is not None:
            if item.left is not Left.ANSWER:
                continue
            try:
                asked = asked_of(self._spec, contender, item.case)
            except TemplateUnfilled:
                continue
            if isinstance(contender.member, Solo) and self._shape(contender.member.variant, asked).refusals:
                continue
            yield from calls_of(
                contender.label,
                contender.member,
                [(item.case.number, asked)],
                shape=self._shape,
                repeats=(item.repeat,),
            )

    def again(self, key: RecordKey) -> InvocationRequest:
        """The call that a record was made of, whose case :meth:`with_cases` has read."""
        contender = self._spec.contender(key.label)
        asked = asked_of(self._spec, contender, self._cases[key.case])
        ((_, request),) = calls_of(
            key.label, contender.member, [(key.case, asked)], shape=self._shape, repeats=(key.repeat,)
        )
        return request


@contextmanager
def _claimed(store: RunStore, evaluation_id: str) -> Iterator[tuple[StoredEvaluation, BatchRecorder]]:
    """Work on an evaluation alone, and leave it as it stands then."""
    with held(evaluation_id), ExitStack() as stack:
        stored = store.evaluations.found(evaluation_id)
        recorder = store.batch_recorder(stored.user, origin=origins_of(stored.spec))
        stack.callback(recorder.close)
        claimed = store.evaluations.claim(evaluation_id, recorder.process_id)
        try:
            yield claimed, recorder
        finally:
            recorder.close()
            state, note = _rest(store, stored)
            store.evaluations.release(evaluation_id, recorder.process_id, state, note=note)


def _rest(store: RunStore, stored: StoredEvaluation) -> tuple[EvaluationState, str | None]:
    """Where an evaluation stands when nobody works on it."""
    jobs = jobs_of(store, stored.evaluation_id)
    if jobs:
        return EvaluationState.PAUSED, f"{_AT_WORK} {sum(job.records for job in jobs):,} of its calls."
    scorers = names_of(stored.spec)
    if read_standing(store, stored.evaluation_id, stored.spec, scorers=scorers).complete:
        return EvaluationState.COMPLETED, None
    resting = stored.state in {EvaluationState.READY, EvaluationState.STOPPED}
    note = None if stored.note and stored.note.startswith(_AT_WORK) else stored.note
    return (stored.state if resting else EvaluationState.PAUSED), note


def _each(store: RunStore, evaluation_id: str, do: Callable[[BatchJob], BatchJob]) -> tuple[BatchJob, ...]:
    now = []
    for job in jobs_of(store, evaluation_id):
        after = do(job)
        if after != job:
            _keep(store, after)
        now.append(after)
    return tuple(now)


def _keep(store: RunStore, job: BatchJob, *, taken_in: bool = False) -> None:
    store.batch_jobs.keep(KeptBatchJob(job.arn, job.evaluation_id, job_to_text(job), taken_in))
