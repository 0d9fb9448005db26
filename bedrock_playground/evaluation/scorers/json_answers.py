"""Scorers of JSON answers: by schema, and field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, best, named, shown
from bedrock_playground.evaluation.scorers.normal import normalised
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, DataSet, Score
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.structured import SchemaRefused, check_answer, read_schema
from bedrock_playground.invocation.values import Json

_FENCE = re.compile(r"\A\s*```[A-Za-z0-9_-]*[ \t]*\n(?P<inside>.*)\n[ \t]*```\s*\Z", re.DOTALL)
_TOLD = 3
"""Problems that a note tells; the rest are counted."""


class NotJson(ValueError):
    """A text is not JSON; the message says why."""


def read_json(text: str) -> Json:
    """Read an answer that is JSON; a code fence around the whole of it does not count.

    Raises:
        NotJson: It is not.
    """
    fenced = _FENCE.match(text)
    try:
        found: Json = strict_json(fenced["inside"] if fenced else text)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"The answer is not JSON: {error}.") from error
    return found


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """1 if the whole answer is JSON that follows the schema, and nothing stands around it."""

    schema: str = ""
    """The schema, as text; empty: the data set's."""
    name: str = "json-schema"
    calls_models: bool = False

    def for_data(self, data_set: DataSet) -> Scorer:
        """Take the data set's schema where none is named.

        Raises:
            BadScorer: There is none either, or it is no schema.
        """
        if self.schema:
            return self
        if not data_set.output_schema:
            raise BadScorer(f"“json-schema” needs a schema, and the data set “{data_set.name}” has none.")
        _read(data_set.output_schema)
        return JsonSchema(data_set.output_schema)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if not self.schema:
            return Score(None, "No schema is named, and the data set has none.")
        found = check_answer(answer.text, _read(self.schema))
        if found.valid:
            return Score(1.0)
        told = [f"{one.path}: {one.message}" for one in found.problems[:_TOLD]]
        more = len(found.problems) - len(told) + found.more
        fence = " There is a code fence around it." if _FENCE.match(answer.text) else ""
        return Score(0.0, " ".join(told) + (f" And {more} more." if more else "") + fence)


@dataclass(frozen=True, slots=True)
class Fields:
    """The share of fields that are right; of several references the one that fits best counts."""

    paths: tuple[str, ...] = ()
    """The fields, with a full stop before what is inside of another: ``address.city``. Empty: all of the
    expected answer's own."""
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return named("fields", ",".join(self.paths))

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        expected = [found for one in case.accepted if isinstance(found := _object(one), dict)]
        if not expected:
            return UNLABELLED if not case.accepted else Score(None, "The expected answer is no JSON object.")
        try:
            said = read_json(answer.text)
        except NotJson as error:
            return Score(0.0, str(error))
        if not isinstance(said, dict):
            return Score(0.0, "The answer is JSON, but no object with fields.")
        return best(self._against(one, said) for one in expected)

    def _against(self, expected: Mapping[str, Json], said: Mapping[str, Json]) -> Score:
        paths = self.paths or tuple(expected)
        absent = [path for path in paths if not _has(expected, path)]
        if absent or not paths:
            which = ", ".join(absent) or "any field"
            return Score(None, f"The expected answer does not have {which}.")
        problems = [_problem(path, expected, said) for path in paths]
        wrong = [problem for problem in problems if problem]
        return Score(1 - len(wrong) / len(paths), " ".join(wrong))


@lru_cache(maxsize=64)
def _read(schema: str) -> Mapping[str, Json]:
    try:
        return read_schema(schema)
    except SchemaRefused as error:
        raise BadScorer(str(error)) from error


def _object(text: str) -> Json:
    try:
        return read_json(text)
    except NotJson:
        return None


def _problem(path: str, expected: Mapping[str, Json], said: Mapping[str, Json]) -> str | None:
    wanted = _at(expected, path)
    if not _has(said, path):
        return f"{path} is missing."
    found = _at(said, path)
    return None if same(wanted, found) else f"{path}: expected {_short(wanted)}, found {_short(found)}."


def same(one: Json, other: Json) -> bool:
    """Whether two fields say the same: texts after normalisation, numbers by value, lists in their order."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return one == other or normalised(one) == normalised(other) != ""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    # Numbers, null, and what differs in kind.
    return one == other


def _walk(value: Mapping[str, Json], path: str) -> tuple[bool, Json]:
    """Whether there is such a field, and what it says; a name may hold full stops itself."""
    if path in value:
        return True, value[path]
    head, stop, rest = path.partition(".")
    inside = value.get(head) if stop else None
    return _walk(inside, rest) if isinstance(inside, Mapping) else (False, None)


def _has(value: Mapping[str, Json], path: str) -> bool:
    return _walk(value, path)[0]


def _at(value: Mapping[str, Json], path: str) -> Json:
    return _walk(value, path)[1]


def _short(value: Json) -> str:
    return f"“{shown(value)}”" if isinstance(value, str) else shown(repr(value))


def _schema(settings: str) -> Scorer:
    if not settings:
        return JsonSchema()
    _read(settings)
    return JsonSchema(settings, named("json-schema", settings))


def _fields(settings: str) -> Scorer:
    paths = tuple(part.strip() for part in settings.split(",")) if settings else ()
    if not all(paths):
        raise BadScorer("“fields” takes names with commas between them, such as “fields:name,address.city”.")
    return Fields(tuple(dict.fromkeys(paths)))


JSON_SCHEMA = Kind(
    "json-schema",
    "JSON schema",
    "1 if the answer is JSON that follows the data set's schema, or the one behind the colon, and nothing "
    "else. For answers that a program reads.",
    _schema,
)
FIELDS = Kind(
    "fields",
    "Fields",
    "The share of a JSON answer's fields that are the expected answer's: all of them, or those behind the "
    "colon, such as “fields:name,address.city”. For extraction.",
    _fields,
)
