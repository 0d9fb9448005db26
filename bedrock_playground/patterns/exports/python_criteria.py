"""A cascade's criteria, and ballots, as the calls that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bedrock_playground.invocation.structured import asked_schema, read_schema
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused
from bedrock_playground.patterns.exports.expressions_python import python_expression
from bedrock_playground.patterns.exports.python_script import Script
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.exports.writing import CallOf, Noted, raw
from bedrock_playground.patterns.judging import SCORE_PROMPT
from bedrock_playground.patterns.votes import Ballot

_CHECKED = frozenset({
    "type", "properties", "required", "additionalProperties", "enum", "const", "items", "minLength",
    "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum",
})  # fmt: skip
"""The keywords that the exported check knows."""
_WORDS = frozenset({"title", "description", "default", "examples", "$schema", "$comment", "$id"})
"""Keywords that check nothing."""


def criterion_of(  # noqa: PLR0911 - one return per criterion
    script: Script, criterion: Criterion, *, asked: InvocationRequest
) -> Noted | CallOf:
    """Write what makes a criterion.

    Raises:
        CannotExport: Python's standard library cannot tell it as it is told here.
    """
    match criterion:
        case Agrees():
            script.use("criteria_agreeing")
            keywords = {"n": criterion.n, "k": criterion.k, "ballot": ballot_of(script, criterion.ballot)}
            return Noted("threshold: k of n answers have to be the same", CallOf("agrees", (), keywords))
        case Scored():
            return _scored(script, criterion)
        case FollowsSchema():
            return _follows(script, criterion, asked)
        case Matches():
            script.use("criteria_looking")
            return CallOf("matches", (raw(python_expression(criterion.regex)),))
        case Ended():
            script.use("criteria_looking")
            return CallOf("ended", criterion.reasons)
        case NotRefused():
            script.use("criteria_looking")
            return CallOf("not_refused", criterion.phrases)
        case Likely():
            script.use("criteria_looking")
            script.note(
                "Token probabilities come in the model's own response fields. Few models on Bedrock tell "
                "any; where none are told, the criterion does not escalate."
            )
            made = CallOf("likely", (criterion.threshold,))
            return Noted("threshold: the least mean token probability", made)


def ballot_of(script: Script, ballot: Ballot) -> CallOf:
    """Write a ballot."""
    script.use("votes")
    keywords: dict[str, Any] = {}
    if ballot.labels:
        keywords["labels"] = ballot.labels
    if ballot.regex is not None:
        keywords["regex"] = raw(python_expression(ballot.regex))
    if ballot.field is not None:
        keywords["field"] = ballot.field
    return CallOf("Ballot", keywords=keywords)


def _scored(script: Script, criterion: Scored) -> Noted:
    script.use("criteria_judged")
    keywords = {
        "name": criterion.name,
        "threshold": criterion.threshold,
        "template": script.text(SCORE_PROMPT, "score prompt"),
        "rubric": script.text(criterion.rubric, "rubric"),
    }
    made = CallOf("scored", (script.json_member(criterion.judge, criterion.name),), keywords)
    return Noted("threshold: the least score of the judge, of 5", made)


def _follows(script: Script, criterion: FollowsSchema, asked: InvocationRequest) -> CallOf:
    script.use("schemas")
    text = criterion.schema or asked_schema(asked)
    if text is None:
        script.note("The criterion “schema” has no schema: no schema is asked for, so it cannot be told.")
        return CallOf("follows", (None,))
    schema = read_schema(text)
    beyond = sorted(set(_beyond(schema)))
    if beyond:
        raise CannotExport(
            f"The criterion “schema” uses {', '.join(beyond)}, which takes a library to check; this module "
            "has none but boto3. Leave these out of the schema, or check by a regular expression."
        )
    return CallOf("follows", (schema,))


def _beyond(schema: object) -> Iterator[str]:
    """The keywords that the exported check does not know."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield "a list of schemas"
        return
    yield from (name for name in schema if name not in _CHECKED | _WORDS)
    if any(old in str(schema.get("$schema", "")) for old in ("draft-03", "draft-04")):
        yield f"$schema {schema['$schema']}"
    properties = schema.get("properties", {})
    inside = [*(properties.values() if isinstance(properties, Mapping) else ())]
    for each in (*inside, *(schema[name] for name in ("items", "additionalProperties") if name in schema)):
        yield from _beyond(each)
