"""Batch jobs without a network: records and answers, keys, shares, prices, policies, and jobs as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.batch import (
    BatchJob,
    BatchLimits,
    BatchPlace,
    BatchRefused,
    KeySpan,
    PollPolicy,
    RecordKey,
    batch_cost,
    batch_policy,
    calls_of,
    doubt,
    job_from_json,
    job_from_text,
    job_to_json,
    job_to_text,
    local_place,
    look_ahead,
    why_not,
)
from bedrock_playground.evaluation.batch.fit import split
from bedrock_playground.evaluation.batch.keys import keys_of, spans_of
from bedrock_playground.evaluation.batch.recording import identity_of
from bedrock_playground.evaluation.batch.records import read_answer, record_line
from bedrock_playground.invocation import errors
from bedrock_playground.invocation.batch_values import JobState
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import (
    DocumentBlock,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Message,
    TextBlock,
    ToolUseBlock,
    Usage,
)
from bedrock_playground.measures import quantile
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.patterns.shaping import asking, shape_by_catalogue
from bedrock_playground.planning.offers import Offers
from bedrock_playground.spending.estimate import Estimator
from tests.unit.invocation import strategies

NOVA = "amazon.nova-lite-v1:0"
KEY = RecordKey("A", 7, 0)
JOB = BatchJob(
    arn="arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/abcdefghijkl",
    name="a-job",
    evaluation_id="e1",
    label="A",
    part=0,
    model_id=NOVA,
    spans=(KeySpan(0, 1, 100),),
    records=100,
    input_uri="s3://bucket/e1/a.jsonl",
    output_uri="s3://bucket/e1/answers/",
    submitted_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    region="us-east-1",
    endpoint="bedrock",
)

labels = st.text("ABCRabc0123456789", min_size=1, max_size=32)
keys = st.builds(RecordKey, labels, st.integers(1, 10**9), st.integers(0, 500))


@given(keys)
def test_keys_survive_as_record_ids(key: RecordKey) -> None:
    assert key.record_id.isalnum()
    assert RecordKey.of(key.record_id) == key


@pytest.mark.parametrize("told", ["", "AC1R0", "AC000001R0", "A C000001R00", None, 5, "C000001R00"])
def test_what_is_no_record_id_of_ours_is_nobodys(told: object) -> None:
    assert RecordKey.of(told) is None


@given(st.sets(st.tuples(st.integers(1, 60), st.integers(0, 3)), max_size=60))
def test_spans_hold_exactly_their_keys(pairs: set[tuple[int, int]]) -> None:
    given_keys = [RecordKey("B", case, repeat) for case, repeat in pairs]
    spans = spans_of(given_keys)
    assert sorted(keys_of("B", spans)) == sorted(given_keys)
    assert all((one.repeat, one.last + 1) < (other.repeat, other.first) for one, other in pairwise(spans))


def test_ten_thousand_cases_are_one_span() -> None:
    assert spans_of(RecordKey("A", case, 0) for case in range(10_000, 0, -1)) == (KeySpan(0, 1, 10_000),)


@given(
    st.lists(st.integers(1, 50), max_size=200),
    st.builds(
        lambda least, more, most: BatchLimits(least, least + more, most),
        st.integers(1, 30),
        st.integers(0, 30),
        st.integers(40, 2000),
    ),
)
def test_shares_hold_every_record_once_within_the_limits(sizes: list[int], limits: BatchLimits) -> None:
    try:
        parts = split(sizes, limits)
    except BatchRefused:
        return
    assert [place for part in parts for place in part] == list(range(len(sizes)))
    for part in parts:
        assert limits.minimum_records <= len(part) <= limits.maximum_records
        assert sum(sizes[place] for place in part) <= limits.maximum_bytes


@given(st.integers(100, 1000), st.integers(200, 300))
def test_records_of_usual_size_always_fit(count: int, most: int) -> None:
    parts = split([10] * count, BatchLimits(100, most, 10**9))
    assert len(parts) == -(-count // most)


def test_too_few_and_too_large_records_are_refused() -> None:
    with pytest.raises(BatchRefused, match="at least 100 records; there are 99"):
        split([1] * 99, BatchLimits())
    with pytest.raises(BatchRefused, match="Record 2 has 11 bytes"):
        split([1, 11], BatchLimits(1, 10, 10))
    with pytest.raises(BatchRefused, match="so large"):
        split([5] * 4, BatchLimits(3, 10, 10))


@given(strategies.requests)
def test_a_record_is_the_body_that_converse_would_get(request: InvocationRequest) -> None:
    try:
        line = record_line(KEY, request)
    except errors.ValidationFailed:
        return
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert record["recordId"] == "AC000007R00"
    assert record["modelInput"].keys() & {"modelId", "serviceTier", "performanceConfig"} == set()
    assert len(record["modelInput"]["messages"]) == len(request.messages)


def test_documents_travel_as_base64() -> None:
    message = Message(role="user", content=(TextBlock("Hi"), DocumentBlock("txt", "a", b"\x00\xff")))
    record = json.loads(record_line(KEY, InvocationRequest(NOVA, (message,))))
    document = record["modelInput"]["messages"][0]["content"][1]["document"]
    assert document["source"]["bytes"] == "AP8="


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(errors.ValidationFailed, match="UTF-8"):
        record_line(KEY, InvocationRequest.from_prompt(NOVA, "\ud83c"))


def answer(**told: Any) -> bytes:
    return json.dumps({"recordId": KEY.record_id, "modelInput": {}, **told}).encode()


OUTPUT = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Yes."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 10, "outputTokens": 2, "totalTokens": 12},
    "metrics": {"latencyMs": 250},
}


def test_an_answer_is_a_result_without_times_of_ours() -> None:
    key, result = read_answer(answer(modelOutput=OUTPUT))
    assert key == KEY
    assert (result.text, result.stop_reason, result.error) == ("Yes.", "end_turn", None)
    assert result.usage == Usage(input_tokens=10, output_tokens=2, total_tokens=12)
    timing = result.timing
    assert (timing.total, timing.time_to_first_token, timing.arrivals) == (None, None, ())
    assert timing.server_latency == 0.25
    assert result.service_tier == "batch"


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        ({"errorCode": 400, "errorMessage": "bad request"}, errors.ValidationFailed, "bad request"),
        ({"errorCode": 429, "errorMessage": "slow down"}, errors.Throttled, "slow down"),
        ({"errorCode": "424", "errorMessage": "failed"}, errors.ModelError, "failed"),
        ({"errorCode": "ThrottlingException", "errorMessage": "x"}, errors.Throttled, "x"),
        ({"errorCode": 777}, errors.UnknownServiceError, "no reason"),
        ("anything", errors.UnknownServiceError, "anything"),
    ],
)
def test_an_error_is_ours_by_its_code(told: object, kind: type[Exception], words: str) -> None:
    key, result = read_answer(answer(error=told))
    assert key == KEY
    assert type(result.error) is kind
    assert words in str(result.error)


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b'{"recordId": "x"}', answer(), answer(modelOutput=5), answer(modelOutput={"output": 5})],
)
def test_lines_that_make_no_sense_are_failures(line: bytes) -> None:
    _, result = read_answer(line)
    assert result.error is not None or not result.text


@given(st.binary(max_size=60) | strategies.json_values.map(lambda value: json.dumps(value).encode()))
def test_no_line_raises(line: bytes) -> None:
    read_answer(line)
    read_answer(b'{"recordId": "AC000007R00", "modelOutput": ' + line + b"}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tool_config": {"tools": []}}, "no tools"),
        ({"service_tier": "flex"}, "no service tier"),
        ({"performance_latency": "optimized"}, "latency-optimised"),
        ({"model_id": "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc"}, "Provisioned"),
        ({"model_id": "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc"}, "imported model"),
        ({"model_id": "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/a.b:1"}, "router"),
        ({"model_id": "arn:aws:lambda:us-east-1:111122223333:function:x"}, "no model"),
        ({"messages": (Message(role="assistant", content=(ToolUseBlock("i", "n", {}),)),)}, "no tools"),
    ],
)
def test_what_batch_inference_cannot_do_is_told(changes: dict[str, Any], words: str) -> None:
    assert words in (why_not(replace(InvocationRequest.from_prompt(NOVA, "Hi"), **changes)) or "")


@pytest.mark.parametrize(
    "model_id",
    [
        NOVA,
        "us.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/x",
    ],
)
def test_models_and_profiles_are_taken(model_id: str) -> None:
    request = InvocationRequest.from_prompt(model_id, "Hi")
    assert why_not(replace(request, service_tier="default", performance_latency="standard")) is None


def test_a_model_of_which_no_source_tells_is_doubted() -> None:
    models, offers = load_models(), Offers(load_price_book())
    assert doubt(f"us.{NOVA}", models, offers) is None
    assert doubt("local.smollm2-135m-instruct-v1:0", models, offers) is None
    assert "No source says" in (doubt("nobody.knows-this-v1:0", models, offers) or "")


def cost(result: InvocationResult, job: BatchJob = JOB) -> Any:
    request = InvocationRequest.from_prompt(job.model_id, "Hi")
    identity = identity_of(job, KEY)
    pricer = load_price_book().pricer()
    return batch_cost(pricer, job, identity=identity, request=request, result=result)


def test_records_cost_the_price_of_batch_inference() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    told = cost(InvocationResult(text="x", usage=usage, service_tier="batch"))
    # Nova Lite in batch: $0.03 in, $0.12 out per million tokens.
    assert (told.amount, told.confidence) == (Decimal("0.15"), Confidence.SINGLE_SOURCE)


def test_what_a_record_without_tokens_cost_is_known_or_unknown() -> None:
    def failed(error: errors.InvocationError) -> InvocationResult:
        return InvocationResult(error=error, service_tier="batch")

    assert cost(failed(errors.ValidationFailed("no"))).amount == 0
    assert cost(failed(errors.ModelError("no"))).amount is None
    assert cost(failed(errors.RecordUnanswered("no"))).amount is None
    assert cost(failed(errors.Cancelled("no"))).amount is None
    assert cost(failed(errors.RecordUnanswered("no")), replace(JOB, processed=0)).amount == 0
    assert cost(failed(errors.RecordUnanswered("no")), replace(JOB, state=JobState.EXPIRED)).amount == 0
    assert cost(failed(errors.ModelError("no")), replace(JOB, endpoint="local")).amount == 0
    # An answer of which no tokens are told.
    assert cost(InvocationResult(text="x", service_tier="batch")).amount is None


jobs = st.builds(
    lambda state, spans, counts, message, ended: replace(
        JOB,
        state=state,
        spans=tuple(KeySpan(*span) for span in spans),
        processed=counts,
        message=message,
        ended_at=ended,
    ),
    st.sampled_from(JobState),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9)), max_size=4),
    st.none() | st.integers(0, 10**6),
    st.none() | st.text(),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(jobs)
def test_jobs_survive_as_json(job: BatchJob) -> None:
    told = json.loads(job_to_text(job))
    assert job_from_text(job_to_text(job)) == job
    assert job_from_json({**told, "of a newer version": 1}) == job


@pytest.mark.parametrize("wrong", [{}, {"spans": 1}, {**job_to_json(JOB), "submitted_at": "noon"}])
def test_what_is_no_job_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a batch job"):
        job_from_json(wrong)
    with pytest.raises(ValueError, match="not a batch job"):
        job_from_text("[]")


def test_runs_are_the_same_each_time_and_differ_by_job() -> None:
    assert identity_of(JOB, KEY) == identity_of(JOB, KEY)
    assert identity_of(JOB, KEY).run_id != identity_of(replace(JOB, arn="other"), KEY).run_id
    assert identity_of(JOB, KEY).case_number == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"uri": "https://bucket/x"}, "no folder in S3"),
        ({"role_arn": "role"}, "no role's ARN"),
        ({"timeout_hours": 200}, "24 to 168"),
    ],
)
def test_a_place_has_a_form(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(local_place(), **changes)


def test_waits_grow_to_a_limit() -> None:
    policy = PollPolicy(first=1, factor=2, longest=10)
    assert [policy.wait(looks) for looks in (1, 2, 3, 4, 5, 10_000)] == [1, 2, 4, 8, 10, 10]


def test_the_policy_has_the_caller_the_role_and_its_trust_once() -> None:
    place = BatchPlace(uri="s3://bucket/evaluations", role_arn="arn:aws:iam::111122223333:role/batch")
    policy = batch_policy(place, [NOVA, "amazon.nova-micro-v1:0", NOVA], region="us-east-1")
    assert [document.title for document in policy.documents] == [
        "Whoever calls",
        "The role arn:aws:iam::111122223333:role/batch",
        "Trust policy of arn:aws:iam::111122223333:role/batch",
    ]
    caller, role, trust = ({one.sid: one for one in document.statements} for document in policy.documents)
    assert caller["MoveBatchFiles"].resources == ("arn:aws:s3:::bucket/evaluations/*",)
    assert caller["FindAnswers"].conditions == {"StringLike": {"s3:prefix": "evaluations/*"}}
    assert set(caller["StartBatchJob"].resources) >= {
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
    }
    assert role["ReadRecords"].resources == ("arn:aws:s3:::bucket/evaluations/*",)
    assert len(trust) == 1
    assert all(line.words for document in policy.documents for line in document.explained())


def test_a_model_is_asked_each_case_and_repeat() -> None:
    solo = Solo(variant=Variant(model=NOVA, max_tokens=5))
    asked = [(number, asking(f"Case {number}")) for number in (3, 1)]
    made = list(calls_of("B", solo, asked, shape=shape_by_catalogue(), repeats=range(2)))
    assert [key for key, _ in made] == [
        RecordKey("B", 3, 0),
        RecordKey("B", 3, 1),
        RecordKey("B", 1, 0),
        RecordKey("B", 1, 1),
    ]
    assert {request.model_id for _, request in made} == {NOVA}
    assert made[0][1].messages[0].text == "Case 3"
    assert made[0][1].parameters.max_tokens == 5


def test_a_pattern_is_no_contender_of_a_batch_job() -> None:
    class Anything(Pattern):
        kind = "cascade"
        name = "Small first"

    with pytest.raises(BatchRefused, match="Small first is a pattern"):
        list(calls_of("B", Anything(), [(1, asking("Hi"))], shape=shape_by_catalogue()))


def test_what_the_models_rules_refuse_is_told_with_its_case() -> None:
    embedding = Solo(variant=Variant(model="amazon.titan-embed-text-v2:0"))
    with pytest.raises(BatchRefused, match="B, case 1: ") as caught:
        list(calls_of("B", embedding, [(1, asking("Hi"))], shape=shape_by_catalogue()))
    assert caught.value.problems


def test_looking_ahead_counts_what_it_does_not_know() -> None:
    estimator = Estimator(
        load_price_book().pricer(),
        endpoint="bedrock",
        region="us-east-1",
        usual_output=lambda _: quantile((100,) * 40, 0.5),
    )
    known = InvocationRequest.from_prompt(NOVA, "x" * 388, parameters=InferenceParameters(max_tokens=100))
    told = look_ahead([known, known], estimator)
    # 97 tokens by the rule, 6 for the template, 100 out; Nova Lite in batch is $0.03 and $0.12 a million.
    assert told.expected == 2 * (103 * Decimal("0.03") + 100 * Decimal("0.12")) / 1_000_000
    assert told.worst is not None
    assert told.worst > told.expected
    unknown = look_ahead([known, InvocationRequest.from_prompt("nobody.knows-this-v1:0", "Hi")], estimator)
    assert (unknown.expected, unknown.worst) == (None, None)
    assert (unknown.records, unknown.without_expected, unknown.without_worst) == (2, 1, 1)
    assert unknown.expected_known == told.expected / 2
    assert unknown.why_unknown
