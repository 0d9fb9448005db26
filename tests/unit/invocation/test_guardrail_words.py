"""A guardrail's trace in words."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.guardrail_words import _ABOUT, _POLICIES, findings, trace_in_words

TRACE: dict[str, Any] = {
    "inputAssessment": {
        "gr-1": {
            "topicPolicy": {"topics": [{"name": "Investment advice", "type": "DENY", "action": "BLOCKED"}]},
            "contentPolicy": {"filters": [{"type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "NONE"}]},
            "invocationMetrics": {"guardrailProcessingLatency": 12},
        }
    },
    "outputAssessments": {
        "gr-1": [
            {
                "sensitiveInformationPolicy": {
                    "piiEntities": [{"type": "EMAIL", "match": "a@b.example", "action": "ANONYMIZED"}],
                    "regexes": [{"name": "badge", "match": "B-12", "action": "BLOCKED"}],
                },
                "wordPolicy": {
                    "customWords": [{"match": "darn", "action": "BLOCKED"}],
                    "managedWordLists": [{"match": "heck", "type": "PROFANITY", "action": "BLOCKED"}],
                },
                "contextualGroundingPolicy": {
                    "filters": [{"type": "GROUNDING", "threshold": 0.7, "score": 0.2, "action": "BLOCKED"}]
                },
                "automatedReasoningPolicy": {"findings": [{"invalid": {}}]},
            }
        ]
    },
}


def test_every_policy_is_told_with_side_finding_and_action() -> None:
    assert trace_in_words(TRACE) == (
        "On the input: Denied topic: Investment advice: blocked.",
        "On the input: Content filter: prompt attack (confidence high): detected, let through.",
        "On the output: Sensitive information: email “a@b.example”: masked.",
        "On the output: Sensitive information: badge “B-12”: blocked.",
        "On the output: Word filter: “darn”: blocked.",
        "On the output: Word filter: profanity “heck”: blocked.",
        "On the output: Contextual grounding: grounding (score 0.2, threshold 0.7): blocked.",
        "On the output: Automated reasoning: the answer contradicts the rules: reported.",
    )


def test_an_empty_trace_says_that_nothing_was_found() -> None:
    assert trace_in_words({}) == ("The guardrail looked and found nothing.",)
    assert trace_in_words({"actionReason": "No action."}) == trace_in_words({})
    assert trace_in_words({"inputAssessment": {"g": {"invocationMetrics": {}}}}) == trace_in_words({})


def test_what_was_looked_for_and_not_found_is_no_finding() -> None:
    filters = [
        {"type": "HATE", "action": "NONE", "detected": False},
        {"type": "INSULTS", "action": "NONE", "detected": True},
    ]
    full = {"inputAssessment": {"g": {"contentPolicy": {"filters": filters}}}}
    assert [finding.what for finding in findings(full)] == ["insults"]


def test_policies_not_known_here_are_named_as_they_came() -> None:
    later = {"inputAssessment": {"g": {"moodPolicy": {"moods": [{"type": "GRIM", "action": "SOFTENED"}]}}}}
    assert trace_in_words(later) == ("On the input: moodPolicy: grim: SOFTENED.",)


def test_every_policy_of_botocores_own_model_has_words() -> None:
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    assert set(model.shape_for("GuardrailAssessment").members) == set(_POLICIES) | _ABOUT


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["inputAssessment", "outputAssessments", "topicPolicy", "topics", "name", "type", "g"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["inputAssessment", "outputAssessments", "actionReason"]), JUNK))
def test_no_trace_whatever_breaks_it(trace: dict[str, Any]) -> None:
    assert trace_in_words(trace)


@pytest.mark.parametrize("reason", ["No action.", "Guardrail blocked."])
def test_the_services_own_reason_comes_first(reason: str) -> None:
    assert trace_in_words(TRACE | {"actionReason": reason})[0] == f"The guardrail's reason: {reason}"
