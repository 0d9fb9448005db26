"""A guardrail's trace in words: which policy found what, what was done, on the input or the output; pure.

A trace is the service's JSON and an open set: what is not known here is named as it came, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bedrock_playground.invocation.values import Json

Side = Literal["input", "output"]
"""What was looked at: what was sent, or what the model answered."""

_ACTIONS = {"BLOCKED": "blocked", "ANONYMIZED": "masked", "NONE": "detected, let through"}
_POLICIES = {
    "topicPolicy": "Denied topic",
    "contentPolicy": "Content filter",
    "wordPolicy": "Word filter",
    "sensitiveInformationPolicy": "Sensitive information",
    "contextualGroundingPolicy": "Contextual grounding",
    "automatedReasoningPolicy": "Automated reasoning",
}
# Members of an assessment that are no policy.
_ABOUT = {"invocationMetrics", "appliedGuardrailDetails"}
_REASONING = {
    "valid": "the answer follows from the rules",
    "invalid": "the answer contradicts the rules",
    "satisfiable": "the answer can be true or false under the rules",
    "impossible": "the statements contradict each other or the rules",
    "translationAmbiguous": "the text can be read in several ways",
    "tooComplex": "the text is too complex to check",
    "noTranslations": "nothing in the text could be checked",
}
_LONG = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a guardrail found."""

    side: Side
    """Input or output."""
    policy: str
    """Which policy, in words."""
    what: str
    """What it found."""
    action: str
    """What was done: ``blocked``, ``masked``, ``detected, let through``, or the service's own word."""

    @property
    def words(self) -> str:
        """The finding as a sentence."""
        where = "On the input" if self.side == "input" else "On the output"
        return f"{where}: {self.policy}: {self.what}: {self.action}."


def findings(trace: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Read what a guardrail found out of Converse's ``trace.guardrail``."""
    found: list[Finding] = []
    sides: tuple[tuple[Side, str], ...] = (("input", "inputAssessment"), ("output", "outputAssessments"))
    for side, member in sides:
        # By guardrail; Converse says one assessment for the input and a list of them for the output.
        by_guardrail = trace.get(member)
        for assessments in by_guardrail.values() if isinstance(by_guardrail, Mapping) else ():
            for assessment in _items(assessments):
                found += _of_assessment(side, assessment)
    return tuple(found)


def trace_in_words(trace: Mapping[str, Json]) -> tuple[str, ...]:
    """Say a trace in sentences; one that holds no finding says so."""
    told = [finding.words for finding in findings(trace)]
    reason = trace.get("actionReason")
    # "No action." is what it says when it found nothing.
    if isinstance(reason, str) and reason and (told or reason.strip().rstrip(".").lower() != "no action"):
        told.insert(0, f"The guardrail's reason: {reason}")
    return tuple(told) or ("The guardrail looked and found nothing.",)


def _of_assessment(side: Side, assessment: Mapping[str, Any]) -> Iterator[Finding]:
    for policy, content in assessment.items():
        if policy in _ABOUT or not isinstance(content, Mapping):
            continue
        name = _POLICIES.get(policy, policy)
        if policy == "automatedReasoningPolicy":
            for item in _items(content.get("findings")):
                for kind in item:
                    yield Finding(side, name, _REASONING.get(kind, kind), "reported")
            continue
        for group, items in content.items():
            for item in _items(items):
                # With the full trace, what was looked for and not found is listed too.
                if item.get("detected") is False:
                    continue
                action = str(item.get("action", "no action told"))
                yield Finding(side, name, _what(group, item), _ACTIONS.get(action, action))


def _what(group: str, item: Mapping[str, Any]) -> str:
    match group:
        case "managedWordLists":
            return f"{_words(item.get('type'))} {_quoted(item.get('match'))}".strip()
        case "customWords":
            return _quoted(item.get("match")) or "a word"
        case "piiEntities":
            return f"{_words(item.get('type'))} {_quoted(item.get('match'))}".strip()
        case "regexes":
            return f"{item.get('name') or 'a pattern'} {_quoted(item.get('match'))}".strip()
        case _:
            pass
    if "score" in item or "threshold" in item:
        score, threshold = item.get("score", "n/a"), item.get("threshold", "n/a")
        return f"{_words(item.get('type'))} (score {score}, threshold {threshold})"
    name = str(item["name"]) if item.get("name") else _words(item.get("type"))
    confidence = item.get("confidence")
    return f"{name} (confidence {str(confidence).lower()})" if confidence else name


def _words(value: object) -> str:
    return str(value).replace("_", " ").lower() if value else "unnamed"


def _quoted(value: object) -> str:
    text = str(value) if value else ""
    return f"“{text[:_LONG]}{'…' if len(text) > _LONG else ''}”" if text else ""


def _items(value: object) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []
