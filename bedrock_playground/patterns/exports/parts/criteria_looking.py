"""Criteria that look at an answer as it is; they cost nothing, so they come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, fsum
from typing import Any

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.cascade import Criterion, Tried, Verdict
from bedrock_playground.patterns.exports.parts.expressions import found


def matches(regex: str) -> Criterion:
    """A regular expression finds something in the answer."""

    def check(tried: Tried, course: Course) -> Verdict:
        del course
        if found(regex, tried.reply.text.strip()) is None:
            return Verdict(met=False, why=f"its answer has nothing like “{regex}” in it")
        return Verdict(met=True, why=f"its answer matches “{regex}”")

    return check


def ended(*reasons: str) -> Criterion:
    """The answer ended for one of these stop reasons."""

    def check(tried: Tried, course: Course) -> Verdict:
        del course
        reason = tried.reply.stop_reason
        if reason is None:
            return Verdict(met=None, why="its stop reason was not told")
        return Verdict(met=reason in reasons, why=f"its stop reason is {reason}")

    return check


def not_refused(*phrases: str) -> Criterion:
    """The answer is no refusal, by how it begins (200 characters) and by its stop reason."""

    def check(tried: Tried, course: Course) -> Verdict:
        del course
        if tried.reply.stop_reason in ("guardrail_intervened", "content_filtered"):
            return Verdict(met=False, why=f"its answer was withheld: {tried.reply.stop_reason}")
        said = tried.reply.text.strip()[:200].casefold().replace("’", "'")
        refusal = next((phrase for phrase in phrases if phrase.casefold() in said), None)
        if refusal is not None:
            return Verdict(met=False, why=f"it refuses: “{refusal}”")
        return Verdict(met=bool(said), why="it does not refuse" if said else "its answer is empty")

    return check


def likely(threshold: float) -> Criterion:
    """The model found its own words likely: the geometric mean of its tokens' probabilities."""

    def check(tried: Tried, course: Course) -> Verdict:
        del course
        logs = log_probabilities(tried.reply.fields)
        if not logs:
            return Verdict(met=None, why="its tokens' probabilities were not told")
        mean = exp(fsum(logs) / len(logs))
        side = "at least" if mean >= threshold else "below"
        words = f"its mean token probability is {mean:.2f}, {side} {threshold:.2f}"
        return Verdict(met=mean >= threshold, why=words)

    return check


def log_probabilities(fields: Any) -> list[float]:
    """The logarithms in the model's own response fields, in OpenAI's form or as a plain list."""
    if isinstance(fields, Mapping):
        for name in ("logprob", "choices", "logprobs", "token_logprobs", "content"):
            if logs := log_probabilities(fields.get(name)):
                return logs
    elif isinstance(fields, Sequence) and not isinstance(fields, str):
        return [log for item in fields for log in log_probabilities(item)]
    elif isinstance(fields, int | float) and not isinstance(fields, bool):
        return [float(fields)]
    return []
