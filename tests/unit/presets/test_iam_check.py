"""The check of a pasted policy: wildcards as IAM has them, conditions, and what is no policy."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.presets.iam.calls import BatchJob, Known, Plan, PlannedCall
from bedrock_playground.presets.iam.check import Checked, check_policy
from bedrock_playground.presets.iam.matching import (
    action_matches,
    arn_matches,
    conditions_hold,
    matches,
    resource_matches,
)
from bedrock_playground.presets.iam.pasted import MAX_CHARACTERS, PolicyRefused, read_policy

ACCOUNT = "111122223333"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0"
KNOWN = Known(account_id=ACCOUNT, destinations={"us.amazon.nova-lite-v1:0": ("us-east-1",)})
DIRECT = Plan(calls=(PlannedCall("ConverseStream", "amazon.nova-lite-v1:0", "us-east-1"),))
THROUGH = Plan(calls=(PlannedCall("Converse", "us.amazon.nova-lite-v1:0", "us-east-1"),))


def check(*statements: dict[str, Any], plan: Plan = DIRECT, known: Known = KNOWN) -> Checked:
    return check_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), plan, known)


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*", "a", True),
        ("a*c", "abbbc", True),
        ("a*c", "abbb", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("?", "ab", False),
        ("*b*", "abc", True),
        ("**", "anything:at/all", True),
        ("ab*ba", "aba", False),
        ("a.c", "abc", False),
        ("arn:aws:bedrock:*::foundation-model/*", MODEL, True),
        ("arn:aws:bedrock:*", MODEL, True),
        ("arn:aws:bedrock:us-west-2::*", MODEL, False),
        ("A", "a", False),
    ],
)
def test_wildcards_match_as_iams_do(pattern: str, text: str, *, found: bool) -> None:
    assert matches(pattern, text) is found


def by_definition(pattern: str, text: str) -> bool:
    """The same by the plainest definition."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(by_definition(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and by_definition(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=7), st.text("ab", max_size=8))
def test_wildcards_match_by_their_definition(pattern: str, text: str) -> None:
    assert matches(pattern, text) is by_definition(pattern, text)


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not matches("*a" * 5_000 + "b", "a" * 50_000)
    assert not matches("*?a" * 2_000 + "b", "a" * 20_000)


def test_actions_know_no_case_and_arns_do() -> None:
    assert action_matches("BEDROCK:invokemodel*", "bedrock:InvokeModelWithResponseStream")
    assert not resource_matches(MODEL.upper(), MODEL)
    assert resource_matches("arn:aws:bedrock:us-east-1::foundation-model/${aws:username}", MODEL) is None


def test_arn_conditions_match_part_by_part() -> None:
    assert arn_matches("arn:aws:bedrock:*:*:inference-profile/*", PROFILE)
    assert not arn_matches("arn:aws:bedrock:*", PROFILE)
    assert not arn_matches("arn:aws:*:foundation-model/*", PROFILE)


@pytest.mark.parametrize(
    ("operator", "value", "held"),
    [
        ("StringEquals", PROFILE, True),
        ("StringEquals", "other", False),
        ("StringNotEquals", "other", True),
        ("StringLike", "arn:aws:bedrock:*:inference-profile/us.*", True),
        ("StringNotLike", "arn:*", False),
        ("ArnLike", "arn:aws:bedrock:*:*:inference-profile/*", True),
        ("ArnNotEquals", "arn:aws:bedrock:*:*:inference-profile/*", False),
        ("StringEqualsIgnoreCase", PROFILE.upper(), True),
        ("Null", "false", True),
        ("Null", "true", False),
        ("ForAnyValue:StringEquals", PROFILE, True),
        ("StringEquals", "${aws:PrincipalTag/profile}", None),
        ("NumericEquals", "1", None),
    ],
)
def test_conditions_are_worked_out(operator: str, value: str, *, held: bool | None) -> None:
    context = {"bedrock:inferenceprofilearn": PROFILE}
    assert conditions_hold({operator: {"Bedrock:InferenceProfileARN": (value,)}}, context) is held


@pytest.mark.parametrize(
    ("operator", "held"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEquals", False),
        ("Null", True),
    ],
)
def test_a_key_that_a_call_does_not_have(operator: str, *, held: bool) -> None:
    value = "true" if operator == "Null" else PROFILE
    assert conditions_hold({operator: {"bedrock:InferenceProfileArn": (value,)}}, {}) is held


def test_a_key_that_only_the_request_knows_cannot_be_told() -> None:
    checked = check(
        allow(
            "bedrock:InvokeModelWithResponseStream",
            MODEL,
            Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        )
    )
    assert checked.of("missing") == ()
    assert "only under conditions unknown here" in checked.of("unsure")[0].words


def test_what_is_needed_and_no_more_has_no_finding() -> None:
    assert check(allow("bedrock:InvokeModelWithResponseStream", MODEL)).findings == ()


@pytest.mark.parametrize(
    ("statement", "place", "words"),
    [
        (allow("*", "*"), "Statement[0].Action *", "Write instead: bedrock:InvokeModelWithResponseStream."),
        (allow("bedrock:*", MODEL), "Statement[0].Action bedrock:*", "Write instead"),
        (allow("bedrock:InvokeModel*", MODEL), "Statement[0].Action bedrock:InvokeModel*", "Write instead"),
        (
            allow("bedrock:InvokeModelWithResponseStream", "*"),
            "Statement[0].Resource *",
            f"Write instead: {MODEL}.",
        ),
        (
            allow("bedrock:InvokeModelWithResponseStream", "arn:aws:bedrock:*::foundation-model/*"),
            "Statement[0].Resource arn:aws:bedrock:*::foundation-model/*",
            f"Write instead: {MODEL}.",
        ),
        (
            allow(["bedrock:InvokeModelWithResponseStream", "s3:GetObject"], MODEL, Sid="Mine"),
            "Statement[0] “Mine”.Action s3:GetObject",
            "Take it out",
        ),
        (
            allow("bedrock:InvokeModelWithResponseStream", [MODEL, MODEL.replace("lite", "pro")]),
            f"Statement[0].Resource {MODEL.replace('lite', 'pro')}",
            "Take it out",
        ),
        (
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": MODEL},
            "Statement[0].NotAction",
            "every action of every service",
        ),
        (
            {
                "Effect": "Allow",
                "Action": "bedrock:InvokeModelWithResponseStream",
                "NotResource": "arn:aws:s3:::a",
            },
            "Statement[0].NotResource",
            "everything but these",
        ),
    ],
)
def test_what_is_too_wide_is_found(statement: dict[str, Any], place: str, words: str) -> None:
    checked = check(statement)
    assert checked.of("missing") == ()
    found = {finding.place: finding.words for finding in checked.of("too_wide")}
    assert words in found[place]


def test_a_profile_without_its_condition_lets_the_model_be_called_directly() -> None:
    checked = check(allow("bedrock:InvokeModel", [PROFILE, MODEL]), plan=THROUGH)
    assert checked.of("missing") == ()
    assert [finding.place for finding in checked.of("too_wide")] == ["Statement[0].Condition"]
    assert "called directly" in checked.of("too_wide")[0].words


def test_a_guardrail_that_is_not_asked_for_can_be_left_out() -> None:
    plan = Plan(
        calls=(PlannedCall("ConverseStream", "amazon.nova-lite-v1:0", "us-east-1", Guardrail("abc", "1")),)
    )
    guardrail = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/abc"
    apply = allow("bedrock:ApplyGuardrail", guardrail)
    wide = check(allow("bedrock:InvokeModelWithResponseStream", MODEL), apply, plan=plan)
    assert "without the guardrail" in wide.of("too_wide")[0].words
    asked = {"StringEquals": {"bedrock:GuardrailIdentifier": f"{guardrail}:1"}}
    exact = check(allow("bedrock:InvokeModelWithResponseStream", MODEL, Condition=asked), apply, plan=plan)
    assert exact.findings == ()
    other = {"StringEquals": {"bedrock:GuardrailIdentifier": f"{guardrail}:2"}}
    wrong = check(allow("bedrock:InvokeModelWithResponseStream", MODEL, Condition=other), apply, plan=plan)
    assert "Condition does not hold" in wrong.of("missing")[0].words


def test_a_guardrail_is_that_of_the_calls_through_the_same_profile() -> None:
    other = "us.amazon.nova-pro-v1:0"
    known = Known(account_id=ACCOUNT, destinations={**KNOWN.destinations, other: ("us-east-1",)})
    guarded = PlannedCall("Converse", "us.amazon.nova-lite-v1:0", "us-east-1", Guardrail("abc", "1"))
    plan = Plan(calls=(guarded, PlannedCall("Converse", other, "us-east-1")))
    guardrail = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/abc"
    asked = {"StringEquals": {"bedrock:GuardrailIdentifier": f"{guardrail}:1"}}
    checked = check(
        allow("bedrock:InvokeModel", "*", Condition=asked), allow("bedrock:ApplyGuardrail", guardrail),
        plan=plan, known=known,
    )  # fmt: skip
    # The calls that have none are refused: of the profile, and of the model behind it.
    assert [finding.place.rpartition("/")[2] for finding in checked.of("missing")] == [
        other,
        other.removeprefix("us."),
    ]


def test_a_role_that_can_be_handed_to_anybody() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/batch"
    job = BatchJob("amazon.nova-lite-v1:0", "us-east-1", role, "s3://inbox/a", "s3://outbox/b/")
    checked = check(allow("iam:PassRole", role), plan=Plan(batch=(job,)))
    assert "handed to any service" in " ".join(finding.words for finding in checked.of("too_wide"))


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([], "No statement allows bedrock:InvokeModelWithResponseStream"),
        ([allow("bedrock:InvokeModel", MODEL)], "No statement allows"),
        (
            [allow("bedrock:InvokeModelWithResponseStream", "arn:aws:bedrock:eu-west-1::*")],
            "not on this resource",
        ),
        (
            [allow("bedrock:*", "*"), {"Effect": "Deny", "Action": "bedrock:Invoke*", "Resource": "*"}],
            "Statement[1] denies it",
        ),
        (
            [
                allow(
                    "bedrock:InvokeModelWithResponseStream",
                    MODEL,
                    Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
                )
            ],
            "Condition does not hold",
        ),
    ],
)
def test_what_is_missing_is_found(statements: list[dict[str, Any]], words: str) -> None:
    (missing,) = check(*statements).of("missing")
    assert missing.place == f"bedrock:InvokeModelWithResponseStream on {MODEL}"
    assert words in missing.words


def test_a_deny_that_may_not_hold_is_told() -> None:
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": False}},
    }
    checked = check(allow("bedrock:InvokeModelWithResponseStream", MODEL), deny)
    assert checked.of("missing") == ()
    assert "may deny it" in checked.of("unsure")[0].words


def test_the_account_is_read_from_the_policy_where_it_is_not_known() -> None:
    condition = {"ArnLike": {"bedrock:InferenceProfileArn": PROFILE}}
    checked = check(
        allow("bedrock:InvokeModel", PROFILE),
        allow("bedrock:InvokeModel", MODEL, Condition=condition),
        plan=THROUGH,
        known=Known(destinations=KNOWN.destinations),
    )
    assert checked.findings == ()


def test_a_placeholder_is_told() -> None:
    pasted = PROFILE.replace(ACCOUNT, "ACCOUNT_ID")
    checked = check(allow("bedrock:InvokeModel", pasted), plan=THROUGH, known=Known())
    assert any("replace it" in finding.words for finding in checked.of("unsure"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Nothing is pasted"),
        ("   ", "Nothing is pasted"),
        ("{", "This is not JSON"),
        ('{"Version": "2012-10-17",\n "Statement": [}', "line 2, column 16"),
        ("[]", "something else"),
        ('"*"', "something else"),
        ("[" * 100_000, "more than|nested too deeply"),
        ("[" * 50_000, "nested too deeply|something else|not JSON"),
        ("x" * (MAX_CHARACTERS + 1), "more than 100,000"),
        ('{"Statement": NaN}', "has no NaN"),
        ("{}", "no Statement"),
        ('{"Version": "2020-01-01", "Statement": []}', "Version must be 2012-10-17"),
        ('{"statement": []}', "Is Statement meant"),
        ('{"Statement": [], "Statement": []}', "there twice"),
        ('{"Statement": ["x"]}', r"Statement\[0\] must be an object"),
        ('{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}', "must be Allow or Deny"),
        ('{"Statement": {"Effect": "Allow", "Resource": "*"}}', "neither Action nor NotAction"),
        ('{"Statement": {"Effect": "Allow", "Action": "*"}}', "neither Resource nor NotResource"),
        ('{"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}', "Action is empty"),
        ('{"Statement": {"Effect": "Allow", "Action": [1], "Resource": "*"}}', r"Action\[0\] must be text"),
        ('{"Statement": {"Effect": "Allow", "Action": "invoke", "Resource": "*"}}', "service and an action"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}}',
            "both Action",
        ),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": 1}}', "Sid must be text"),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Why": ""}}', "does not know"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": 1}}',
            "must be an object",
        ),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": 1}}}',
            r"Condition\.Bool must be an object",
        ),
        (
            '{"Statement": {"Effect":"Deny", "Action":"*", "Resource":"*", "Condition":{"Bool": {"a": {}}}}}',
            r"Condition\.Bool\.a must be text",
        ),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(PolicyRefused, match=words):
        read_policy(text)


# The first example reads the snapshot.
@settings(deadline=None)
@given(st.text(max_size=200) | st.recursive(st.none() | st.text(max_size=5), st.lists).map(json.dumps))
def test_nothing_that_is_pasted_breaks_the_check(text: str) -> None:
    with suppress(PolicyRefused):
        check_policy(text, DIRECT, KNOWN)


def test_a_resources_own_policy_is_told() -> None:
    checked = check(
        {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
        allow("bedrock:InvokeModelWithResponseStream", MODEL),
    )
    assert "names a Principal" in checked.of("unsure")[0].words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"Statement": ' + "1" * 5_000 + "}", "a number that is too long"),
        (r'{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "\ud800"}}', "half of a character"),
        (r'{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "\udfff": 1}}', "half of a"),
    ],
)
def test_json_that_python_reads_oddly_is_refused_like_any_other(text: str, words: str) -> None:
    with pytest.raises(PolicyRefused, match=words):
        read_policy(text)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_region_that_stands_in_no_arn_cannot_be_told(effect: str) -> None:
    """Every call has ``aws:RequestedRegion``; whether it is this one does not stand in “*”."""
    operator = "StringEquals" if effect == "Allow" else "StringNotEquals"
    condition = {operator: {"aws:RequestedRegion": "us-east-1"}}
    open_to_all = allow("bedrock:CallWithBearerToken", "*")
    limited = {**open_to_all, "Effect": effect, "Condition": condition}
    checked = check(open_to_all if effect == "Deny" else limited, limited, plan=Plan(api_key=True))
    assert checked.of("missing") == ()
    assert len(checked.of("unsure")) == 1


def test_a_key_of_unknown_value_is_there() -> None:
    context = {"aws:requestedregion": None}
    assert conditions_hold({"Null": {"aws:RequestedRegion": ("false",)}}, context) is True
    assert conditions_hold({"StringEqualsIfExists": {"aws:RequestedRegion": ("a",)}}, context) is None
