"""The least-privilege policy: golden cases from AWS's own examples, and what has to hold of every one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation.values import Guardrail, InvocationRequest
from bedrock_playground.presets.iam.calls import (
    BatchJob,
    Known,
    Operation,
    Plan,
    PlannedCall,
    call_of_request,
)
from bedrock_playground.presets.iam.check import check_policy
from bedrock_playground.presets.iam.policy import Policy, make_policy

ACCOUNT = "111122223333"
NOVA = "arn:aws:bedrock:{}::foundation-model/amazon.nova-lite-v1:0"
US_NOVA = "us.amazon.nova-lite-v1:0"
US_NOVA_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{US_NOVA}"
KNOWN = Known(account_id=ACCOUNT, destinations={US_NOVA: ("us-east-1", "us-east-2", "us-west-2")})


def policy(*calls: PlannedCall, known: Known = KNOWN, **more: Any) -> Policy:
    return make_policy(Plan(calls=calls, **more), known)


def statements(made: Policy) -> list[dict[str, Any]]:
    return list(made.caller.to_json()["Statement"])


def test_a_model_called_directly_needs_its_arn_and_nothing_else() -> None:
    made = policy(PlannedCall("ConverseStream", "amazon.nova-lite-v1:0", "eu-west-1"))
    assert made.complete
    assert made.caller.to_json() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CallModel",
                "Effect": "Allow",
                "Action": ["bedrock:InvokeModelWithResponseStream"],
                "Resource": [NOVA.format("eu-west-1")],
            }
        ],
    }


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("Converse", "bedrock:InvokeModel"),
        ("ConverseStream", "bedrock:InvokeModelWithResponseStream"),
        ("InvokeModel", "bedrock:InvokeModel"),
        ("InvokeModelWithResponseStream", "bedrock:InvokeModelWithResponseStream"),
        ("CountTokens", "bedrock:CountTokens"),
    ],
)
def test_each_kind_of_call_has_its_action(operation: Operation, action: str) -> None:
    (one,) = statements(policy(PlannedCall(operation, "amazon.nova-lite-v1:0", "eu-west-1")))
    assert one["Action"] == [action]


def test_a_geographic_profile_needs_itself_and_the_model_in_each_region_through_it() -> None:
    made = policy(
        PlannedCall("Converse", US_NOVA, "us-east-1"), PlannedCall("ConverseStream", US_NOVA, "us-east-1")
    )
    actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    assert made.complete
    assert statements(made) == [
        {"Sid": "UseProfile", "Effect": "Allow", "Action": actions, "Resource": [US_NOVA_ARN]},
        {
            "Sid": "ModelsBehindProfile",
            "Effect": "Allow",
            "Action": actions,
            "Resource": [NOVA.format(region) for region in ("us-east-1", "us-east-2", "us-west-2")],
            "Condition": {"StringEquals": {"bedrock:InferenceProfileArn": US_NOVA_ARN}},
        },
    ]


def test_a_global_profile_needs_three_statements() -> None:
    """As in AWS's "Global cross-Region inference": profile, regional model, model without a Region."""
    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    profile = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/global.{model}"
    made = policy(PlannedCall("Converse", f"global.{model}", "us-east-1"))
    assert made.complete
    assert [
        (one["Resource"], one["Condition"]["StringEquals"]) for one in statements(made)
    ] == [
        ([profile], {"aws:RequestedRegion": "us-east-1"}),
        (
            [f"arn:aws:bedrock:us-east-1::foundation-model/{model}"],
            {"aws:RequestedRegion": "us-east-1", "bedrock:InferenceProfileArn": profile},
        ),
        (
            [f"arn:aws:bedrock:::foundation-model/{model}"],
            {"aws:RequestedRegion": "unspecified", "bedrock:InferenceProfileArn": profile},
        ),
    ]  # fmt: skip


def test_where_a_profile_sends_requests_is_asked_instead_of_a_wildcard() -> None:
    made = policy(PlannedCall("Converse", US_NOVA, "us-east-1"), known=Known(account_id=ACCOUNT))
    assert made.unknown_destinations == (US_NOVA,)
    assert (
        "get-inference-profile --region us-east-1 --inference-profile-identifier us.amazon"
        in made.problems[0]
    )
    assert statements(made)[1]["Resource"] == [NOVA.format("us-east-1")]


def test_an_unknown_account_and_an_unknown_region_are_told() -> None:
    made = policy(
        PlannedCall("Converse", US_NOVA, "us-east-1"),
        PlannedCall("Converse", "amazon.nova-micro-v1:0", None),
        known=Known(destinations=KNOWN.destinations),
    )
    told = " ".join(made.problems)
    assert "ACCOUNT_ID" in told
    assert "The Region that amazon.nova-micro-v1:0 is called in is not known" in told
    assert "ACCOUNT_ID" in statements(made)[0]["Resource"][0]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("eu-west-1", "aws"),
    ],
)
def test_arns_are_in_the_regions_partition(region: str, partition: str) -> None:
    made = policy(PlannedCall("Converse", "amazon.nova-lite-v1:0", region, Guardrail("abc", "2")))
    for one in statements(made):
        assert all(arn.startswith(f"arn:{partition}:bedrock:{region}:") for arn in one["Resource"])


def test_a_guardrail_is_allowed_and_asked_for_where_every_call_has_it() -> None:
    guarded = PlannedCall("Converse", US_NOVA, "us-east-1", Guardrail("abc", "2"))
    arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/abc"
    use, behind, apply = statements(policy(guarded))
    assert use["Condition"] == {"StringEquals": {"bedrock:GuardrailIdentifier": f"{arn}:2"}}
    assert "bedrock:GuardrailIdentifier" not in json.dumps(behind)
    assert (apply["Action"], apply["Resource"]) == (["bedrock:ApplyGuardrail"], [arn])
    mixed = statements(policy(guarded, PlannedCall("Converse", US_NOVA, "us-east-1")))
    assert "GuardrailIdentifier" not in json.dumps(mixed)
    draft = statements(policy(PlannedCall("Converse", US_NOVA, "us-east-1", Guardrail(arn, "DRAFT"))))
    assert draft[0]["Condition"] == {"StringEquals": {"bedrock:GuardrailIdentifier": arn}}


def test_what_only_the_account_knows_is_named_by_its_own_arn() -> None:
    profile = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:application-inference-profile/abc123"
    known = Known(
        models={profile: ("amazon.nova-lite-v1:0",)}, destinations={profile: ("eu-west-1", "eu-central-1")}
    )
    use, behind = statements(policy(PlannedCall("Converse", profile, None), known=known))
    assert use["Resource"] == [profile]
    assert behind["Resource"] == [NOVA.format("eu-west-1"), NOVA.format("eu-central-1")]
    assert behind["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": profile}}
    unknown = policy(PlannedCall("Converse", profile, None), known=Known())
    assert len(statements(unknown)) == 1
    assert "bedrock:GetInferenceProfile tells" in " ".join(unknown.problems)
    deployment = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:provisioned-model/abc123"
    (one,) = statements(policy(PlannedCall("Converse", deployment, "eu-west-1")))
    assert one["Resource"] == [deployment]
    prompt = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:prompt/ABCDEFGHIJ:1"
    made = policy(PlannedCall("Converse", prompt, "eu-west-1"))
    assert [one["Action"] for one in statements(made)] == [["bedrock:InvokeModel"], ["bedrock:RenderPrompt"]]
    assert not made.complete


def test_a_local_model_needs_no_permission() -> None:
    made = policy(PlannedCall("ConverseStream", "local.smollm2-135m-instruct-v1:0", "us-east-1"))
    assert statements(made) == []
    assert "runs on this machine" in made.problems[0]


def test_listing_and_api_keys_have_the_only_stars_and_say_why() -> None:
    made = policy(listing="eu-west-1", api_key=True)
    listed, key = statements(made)
    assert listed["Action"] == ["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"]
    assert listed["Condition"] == {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert key["Action"] == ["bedrock:CallWithBearerToken"]
    told = {line.line: line.words for line in made.caller.explained()}
    assert "no ARN to write here" in told["*"]


def test_a_batch_job_needs_three_documents() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/batch"
    job = BatchJob(
        "amazon.nova-lite-v1:0", "us-east-1", role, "s3://inbox/records.jsonl", "s3://outbox/answers"
    )
    made = make_policy(Plan(batch=(job,)), KNOWN)
    caller, runs_as, trust = (document.to_json()["Statement"] for document in made.documents)
    jobs = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-job/*"
    assert caller[0]["Action"] == ["bedrock:CreateModelInvocationJob"]
    assert caller[0]["Resource"] == [NOVA.format("us-east-1"), jobs]
    assert caller[1]["Action"] == ["bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"]
    assert caller[2] == {
        "Sid": "PassBatchRole",
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [role],
        "Condition": {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
    }
    by_action = {one["Action"][0]: one["Resource"] for one in runs_as}
    assert by_action == {
        "bedrock:InvokeModel": [NOVA.format("us-east-1")],
        "s3:GetObject": ["arn:aws:s3:::inbox/records.jsonl"],
        "s3:PutObject": ["arn:aws:s3:::outbox/answers/*"],
        "s3:ListBucket": ["arn:aws:s3:::inbox", "arn:aws:s3:::outbox"],
    }
    assert trust[0]["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust[0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": jobs},
    }


def test_what_looks_like_a_wildcard_in_a_key_is_a_character_of_it() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/batch"
    job = BatchJob("amazon.nova-lite-v1:0", "us-east-1", role, "s3://inbox/a*?$b", "s3://outbox/${x}*/")
    text = json.dumps(make_policy(Plan(batch=(job,)), KNOWN).documents[1].to_json())
    assert "arn:aws:s3:::inbox/a${*}${?}${$}b" in text
    assert "arn:aws:s3:::outbox/${$}{x}${*}/*" in text


def test_a_prompt_router_may_need_more_than_can_be_known() -> None:
    router = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:default-prompt-router/amazon.nova:1"
    known = Known(account_id=ACCOUNT, models={router: ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0")})
    made = policy(PlannedCall("Converse", router, "us-east-1"), known=known)
    assert [one["Sid"] for one in statements(made)] == ["CallModel", "ModelsBehind"]
    assert "through inference profiles is not known" in " ".join(made.problems)
    assert not made.complete


@pytest.mark.parametrize(
    ("role", "uri"), [("batch", "s3://inbox/a"), (f"arn:aws:iam::{ACCOUNT}:role/b", "https://in/a")]
)
def test_a_batch_job_is_held_against_its_forms(role: str, uri: str) -> None:
    with pytest.raises(ValueError, match=r"is no (role's ARN|address in S3)"):
        BatchJob("amazon.nova-lite-v1:0", "us-east-1", role, uri, uri)


def test_a_request_says_what_kind_of_call_it_is() -> None:
    request = InvocationRequest.from_prompt(US_NOVA, "Hello")
    assert call_of_request(request, region="us-east-1") == PlannedCall("ConverseStream", US_NOVA, "us-east-1")
    assert call_of_request(request, region=None, streaming=False).operation == "Converse"


models = st.sampled_from(
    [
        "amazon.nova-lite-v1:0",
        "amazon.nova-micro-v1:0",
        US_NOVA,
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "somebody.unheard-of-v1:0",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:imported-model/abc123def456",
        US_NOVA_ARN,
    ]
)
operations: st.SearchStrategy[Operation] = st.sampled_from(
    ["Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"]
)
guardrails = st.none() | st.builds(Guardrail, st.just("abc"), st.sampled_from(["1", "DRAFT"]))
plans = st.builds(
    Plan,
    calls=st.lists(
        st.builds(PlannedCall, operations, models, st.sampled_from(["us-east-1", "eu-west-1"]), guardrails),
        max_size=6,
    ).map(tuple),
    listing=st.none() | st.just("us-east-1"),
    api_key=st.booleans(),
)


# The first example reads the snapshot.
@settings(deadline=None)
@given(plans)
def test_every_policy_is_exactly_what_its_calls_need(plan: Plan) -> None:
    """No wildcard where an ARN is known, unique names, every line in words; and the check finds nothing."""
    made = make_policy(plan, KNOWN)
    document = made.caller.to_json()
    sids = [one["Sid"] for one in document["Statement"]]
    assert len(set(sids)) == len(sids)
    for one in document["Statement"]:
        assert one["Resource"]
        assert not any("*" in action or "?" in action for action in one["Action"])
        if one["Sid"] not in {"ListModels", "UseApiKey"}:
            assert not any("*" in arn or "?" in arn for arn in one["Resource"])
    assert all(line.words.strip() for line in made.caller.explained())
    checked = check_policy(json.dumps(document), plan, KNOWN)
    assert checked.of("missing") == ()
    assert checked.of("too_wide") == ()


# The first example reads the snapshot.
@settings(deadline=None)
@given(plans)
def test_a_policy_for_fewer_calls_lacks_something(plan: Plan) -> None:
    one_more = PlannedCall("Converse", "cohere.command-r-v1:0", "us-west-2")
    smaller = make_policy(plan, KNOWN).caller.to_json()
    wanted = Plan(calls=(*plan.calls, one_more), listing=plan.listing, api_key=plan.api_key)
    missing = check_policy(json.dumps(smaller), wanted, KNOWN).of("missing")
    assert [finding.place for finding in missing] == [
        "bedrock:InvokeModel on arn:aws:bedrock:us-west-2::foundation-model/cohere.command-r-v1:0"
    ]
