"""What an evaluation runs: contenders × cases × repeats, as values and as JSON; strict when read. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.members import Member

FORMAT = 1
"""The version of the JSON."""
MAX_CONTENDERS = 26
"""As many as there are letters."""
MAX_REPEAT = 100
"""Answers per contender and case."""
MAX_CONCURRENCY = 256
"""Requests to one model at a time."""


class SpecRefused(ValueError):
    """This is no evaluation; the message names the place and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Who is evaluated: a model with its settings, or a pattern."""

    label: str
    """Its letter, unique in the evaluation; what its runs are recorded under."""
    name: str
    """What to call it in tables and charts."""
    member: Member
    """Who answers."""
    prompt: str | None = None
    """A prompt template of its own; ``None``: the evaluation's."""
    system: str | None = None
    """A system prompt of its own, a template too; ``None``: the evaluation's, empty: none at all."""
    preset_id: str | None = None
    """The preset that it comes from."""
    preset_version: int | None = None
    """Which version of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec:
    """What is run."""

    name: str
    """What the user calls it."""
    data_set_id: str
    """The data set whose cases are asked."""
    contenders: tuple[Contender, ...]
    """Who is asked."""
    scorers: tuple[str, ...] = ()
    """Who scores, as the command line writes them: ``exact``, ``rouge:l`` …"""
    prompt: str = ""
    """The prompt template; a case's inputs fill it."""
    system: str | None = None
    """The system prompt, a template too."""
    output_schema: str | None = None
    """A JSON schema for the answers, as text."""
    repeat: int = 1
    """How often each contender is asked each case."""
    seed: int = 0
    """What the order of cases, and a sample of them, follow from."""
    sample: int | None = None
    """So many cases alone, drawn by the seed; ``None``: all."""
    cases: tuple[int, ...] = ()
    """These cases alone, by number; empty: all."""
    concurrency: int = 8
    """Requests under way to one model at the same time, at most."""
    requests_per_minute: int | None = None
    """Requests to one model in any minute; ``None``: no limit."""
    tokens_per_minute: int | None = None
    """Tokens to and from one model in any minute; ``None``: no limit."""
    max_cost: Decimal | None = None
    """US dollars that all of it may cost; ``None``: no limit of its own."""
    stream: bool = True
    """Whether answers are streamed, which tells the time to the first token."""

    def __post_init__(self) -> None:
        """Hold it against what can be run.

        Raises:
            SpecRefused: It cannot be.
        """
        for holds, complaint in _checks(self):
            if not holds:
                raise SpecRefused(complaint)

    def contender(self, label: str) -> Contender:
        """The contender of a letter.

        Raises:
            KeyError: There is none.
        """
        found = next((one for one in self.contenders if one.label == label), None)
        if found is None:
            raise KeyError(label)
        return found


def case_order(spec: EvaluationSpec, cases: int) -> list[int]:
    """The numbers of the cases that are asked, in the order in which they are: the same for every contender.

    Ordered by a hash of seed and number, which no version of Python changes; a sample is the beginning of it,
    so that a larger sample of the same seed holds the smaller one.

    Args:
        spec: What is run.
        cases: How many cases the data set has; their numbers are 1, 2, 3 …
    """
    wanted = sorted(set(spec.cases)) if spec.cases else range(1, cases + 1)
    known = (number for number in wanted if 1 <= number <= cases)
    ordered = sorted(known, key=lambda number: (_drawn(spec.seed, number), number))
    return ordered if spec.sample is None else ordered[: spec.sample]


def _drawn(seed: int, number: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()


def _checks(spec: EvaluationSpec) -> Sequence[tuple[bool, str]]:
    """Each condition, and what to say where it does not hold."""
    labels = [contender.label for contender in spec.contenders]
    named = [contender.name for contender in spec.contenders]
    rates = (spec.requests_per_minute, spec.tokens_per_minute)
    return (
        (bool(spec.name.strip()), "An evaluation needs a name."),
        (bool(labels), "An evaluation needs a contender. Add a model or a pattern."),
        (len(labels) <= MAX_CONTENDERS, f"At most {MAX_CONTENDERS} contenders are evaluated together."),
        (all(labels) and len(set(labels)) == len(labels), "Every contender needs a letter of its own."),
        (
            all(named) and len(set(named)) == len(named),
            "Every contender needs a name of its own: two with one name could not be told apart.",
        ),
        (1 <= spec.repeat <= MAX_REPEAT, f"Each case is asked 1 to {MAX_REPEAT} times."),
        (spec.sample is None or spec.sample >= 1, "A sample has at least one case."),
        (all(number >= 1 for number in spec.cases), "Cases are numbered from 1."),
        (1 <= spec.concurrency <= MAX_CONCURRENCY, f"Concurrency is 1 to {MAX_CONCURRENCY}."),
        (all(rate is None or rate >= 1 for rate in rates), "A limit per minute is at least 1."),
        (spec.max_cost is None or spec.max_cost >= 0, "The most that it may cost is at least 0."),
        (len(set(spec.scorers)) == len(spec.scorers), "A scorer is asked for twice. Once is enough."),
    )


# JSON


def spec_to_text(spec: EvaluationSpec) -> str:
    """Say an evaluation as compact JSON text; :func:`spec_from_text` makes an equal one of it."""
    return json.dumps(spec_to_json(spec), separators=(",", ":"))


def spec_to_json(spec: EvaluationSpec) -> dict[str, Any]:
    """Say an evaluation as JSON; what has its default is left out."""
    told = _given(spec)
    told["contenders"] = [
        _given(contender) | {"member": member_to_json(contender.member)} for contender in spec.contenders
    ]
    if spec.max_cost is not None:
        told["max_cost"] = format(spec.max_cost, "f")
    return {"format": FORMAT, **told}


def _given(value: EvaluationSpec | Contender) -> dict[str, Any]:
    told = {field.name: getattr(value, field.name) for field in fields(value)}
    defaults = {field.name: field.default for field in fields(value)}
    return {
        name: list(item) if isinstance(item, tuple) else item
        for name, item in told.items()
        if item != defaults[name]
    }


def spec_from_text(text: str) -> EvaluationSpec:
    """Read an evaluation from :func:`spec_to_text`.

    Raises:
        SpecRefused: It is none.
    """
    try:
        value = strict_json(text)
    except (ValueError, RecursionError) as error:
        raise SpecRefused(f"An evaluation is JSON: {error}.") from error
    return spec_from_json(value)


def spec_from_json(value: object) -> EvaluationSpec:
    """Read an evaluation from :func:`spec_to_json`.

    Raises:
        SpecRefused: It is none.
    """
    given = _object(
        value, "An evaluation", known={"format", *(field.name for field in fields(EvaluationSpec))}
    )
    if given.pop("format", None) != FORMAT:
        raise SpecRefused("This evaluation was written by another version of this program.")
    contenders = given.get("contenders")
    if not isinstance(contenders, list):
        raise SpecRefused("contenders must be a list.")
    read: dict[str, Any] = {name: _read(name, item) for name, item in given.items() if name != "contenders"}
    read["contenders"] = tuple(
        _contender(one, f"contenders[{index}]") for index, one in enumerate(contenders)
    )
    for name in ("name", "data_set_id"):
        if name not in read:
            raise SpecRefused(f"An evaluation needs {name}.")
    return EvaluationSpec(**read)


def _contender(value: object, place: str) -> Contender:
    given = _object(value, place, known={field.name for field in fields(Contender)})
    for name in ("label", "name", "member"):
        if name not in given:
            raise SpecRefused(f"{place} needs {name}.")
    try:
        member = member_from_json(given.pop("member"))
    except MemberRefused as error:
        raise SpecRefused(f"{place}.member: {error}") from error
    read: dict[str, Any] = {name: _read(name, item, place=f"{place}.") for name, item in given.items()}
    return Contender(member=member, **read)


_TEXTS = frozenset({
    "name", "data_set_id", "prompt", "system", "output_schema", "label", "preset_id",
})  # fmt: skip
_NUMBERS = frozenset({
    "repeat", "seed", "sample", "concurrency", "requests_per_minute", "tokens_per_minute", "preset_version",
})  # fmt: skip


def _read(name: str, item: Json, *, place: str = "") -> Any:  # noqa: ANN401 - any field's value
    """One field's value, held against what it takes."""
    if name in _TEXTS and isinstance(item, str):
        return item
    if name in _NUMBERS and isinstance(item, int) and not isinstance(item, bool):
        return item
    if name == "stream" and isinstance(item, bool):
        return item
    if name in {"scorers", "cases"} and isinstance(item, list):
        kind = str if name == "scorers" else int
        if all(isinstance(one, kind) and not isinstance(one, bool) for one in item):
            return tuple(item)
    if name == "max_cost" and isinstance(item, str):
        amount = _dollars(item)
        if amount is not None:
            return amount
    raise SpecRefused(f"{place}{name} cannot be {json.dumps(item)[:60]}.")


def _dollars(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _object(value: object, place: str, *, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SpecRefused(f"{place} must be an object.")
    unknown = sorted(set(value) - known)
    if unknown:
        raise SpecRefused(
            f"{place} has {unknown[0]!r}, which is not known. Known: {', '.join(sorted(known))}."
        )
    return dict(value)
