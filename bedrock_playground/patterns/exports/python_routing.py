"""The ways of routing as the calls that make them."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterator
from typing import Any

from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.exports.expressions_python import python_expression
from bedrock_playground.patterns.exports.python_script import Script
from bedrock_playground.patterns.exports.writing import CallOf, Noted, raw
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Way
from bedrock_playground.patterns.routing_classifier import CLASSIFIER, Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.routing_rules import Rule, Rules


def way_of(script: Script, by: Way, routes: tuple[Route, ...], *, asked: InvocationRequest) -> CallOf:
    """Write what chooses a route.

    Raises:
        CannotExport: Python's standard library cannot choose as it is chosen here.
    """
    match by:
        case Rules():
            script.use("rules")
            return CallOf("by_rules", tuple(_rule(script, rule, asked) for rule in by.rules))
        case Classifier():
            return _classifier(script, by, routes)
        case Neighbours():
            return _neighbours(script, by)
        case Measured():
            script.use("measured")
            return _measured(by, routes)


def _rule(script: Script, rule: Rule, asked: InvocationRequest) -> CallOf:
    keywords: dict[str, Any] = {"route": rule.route}
    if rule.contains:
        keywords["contains"] = rule.contains
    if rule.regex is not None:
        keywords["regex"] = raw(python_expression(rule.regex))
    for name in ("min_characters", "max_characters", "script"):
        if (value := getattr(rule, name)) is not None:
            keywords[name] = value
    if given := tuple(_given(rule, asked)):
        keywords["given"] = given
    if rule.attachments is not None:
        script.note("A rule asks for attachments: answer() takes a text alone, so none ever come.")
    return CallOf("Rule", keywords=keywords)


def _given(rule: Rule, asked: InvocationRequest) -> Iterator[tuple[bool, str]]:
    """What a rule asks of the request beside its prompt, which the export has settled."""
    for wanted, has, what in (
        (rule.attachments, False, "files"),
        (rule.tools, asked.tool_config is not None, "tools"),
        (rule.schema, asked_schema(asked) is not None, "a schema for its answer"),
    ):
        if wanted is not None:
            yield wanted == has, f"it comes {'with' if wanted else 'without'} {what}"


def _classifier(script: Script, by: Classifier, routes: tuple[Route, ...]) -> CallOf:
    script.use("classifier")
    keywords = {
        "routes": {route.name: script.text(route.description, "description") for route in routes},
        "threshold": Noted("threshold: how sure the classifier has to be, 0–1", by.threshold),
        "template": script.text(by.template, "classifier prompt"),
    }
    return CallOf("by_classifier", (script.json_member(by.member, CLASSIFIER),), keywords)


def _neighbours(script: Script, by: Neighbours) -> CallOf:
    script.use("neighbours")
    if any(not example.vector for example in by.examples):
        script.note(
            "Examples without a vector are embedded anew for every request; embed them on the page first."
        )
    keywords = {
        "embed": script.embedding(by.embedding_model),
        "k": Noted("how many neighbours vote, and the threshold: how similar one has to be to count", by.k),
        "threshold": by.threshold,
    }
    return CallOf("by_neighbours", tuple(_example(example) for example in by.examples), keywords)


def _example(example: Example) -> CallOf:
    keywords: dict[str, Any] = {"text": example.text, "route": example.route}
    if example.vector:
        numbers = array("d", example.vector)
        if sys.byteorder == "big":
            numbers.byteswap()
        written = base64.b64encode(numbers.tobytes()).decode("ascii")
        keywords["vector"] = CallOf("packed", (written,))
    return CallOf("Example", keywords=keywords)


def _measured(by: Measured, routes: tuple[Route, ...]) -> CallOf:
    known = {each.route: each for each in reversed(by.figures)}
    figures = {route.name: _figures(known[route.name]) for route in routes if route.name in known}
    limits: dict[str, Any] = {
        name: _number(limit)
        for name, limit in (
            ("cost", by.max_cost),
            ("latency", by.max_latency),
            ("error_rate", by.max_error_rate),
        )
        if limit is not None
    }
    keywords = {
        "figures": figures,
        "best": by.best,
        "limits": Noted("thresholds: the most that may be, by figure", limits),
    }
    return CallOf("by_figures", keywords=keywords)


def _figures(each: Figures) -> CallOf:
    keywords = {
        name: _number(value)
        for name in ("cost", "latency", "error_rate", "requests")
        if (value := getattr(each, name)) is not None
    }
    return CallOf("Figures", keywords=keywords)


def _number(value: Any) -> Any:  # noqa: ANN401 - a figure
    return value if isinstance(value, int | float) else CallOf("Decimal", (f"{value:f}",))
