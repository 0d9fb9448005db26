"""From what the sources say of a model to one record with a source per field. Pure.

Where they contradict each other it says so: as a note beside the field, and in a list for review.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from scripts.catalog.facts import Facts
from scripts.catalog.overlay import Overlay, Statement

Claims: TypeAlias = Mapping[str, Facts]
"""What each source says of one model, by the source's short name."""

PREFERENCE: Mapping[str, tuple[str, ...]] = {
    "name": ("langchain-aws", "genai-prices"),
    "context_window": ("langchain-aws", "genai-prices", "litellm"),
    "max_output_tokens": ("langchain-aws", "litellm"),
    "input_modalities": ("langchain-aws", "litellm"),
    "output_modalities": ("langchain-aws", "litellm"),
    "system_prompt": ("litellm",),
    "tools": ("langchain-aws", "litellm"),
    "forced_tool_choice": ("pydantic-ai", "litellm"),
    "structured_output": ("pydantic-ai", "litellm", "langchain-aws"),
    "service_tiers": ("litellm",),
    "on_demand": ("modelparams",),
    "end_of_life": ("litellm",),
}
"""Which source is asked first, for the fields where a value is taken as it is."""

FIELDS = (
    "name",
    "provider",
    "family",
    "context_window",
    "max_output_tokens",
    "input_modalities",
    "output_modalities",
    "streaming",
    "system_prompt",
    "tools",
    "forced_tool_choice",
    "structured_output",
    "reasoning",
    "prompt_caching",
    "service_tiers",
    "latency_optimized",
    "lifecycle",
    "end_of_life",
    "good_for",
    "embedding",
    "on_demand",
    "profiles",
)
"""The fields of ``ModelSpec``, in the order in which the file has them."""

_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class Fact:
    """A field's value, where it comes from, and what others say."""

    value: Any
    source: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that contradict each other about one field of one model."""

    model_id: str
    field: str
    taken: Any
    source: str
    others: tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class Record:
    """One model as it goes into the file."""

    model_id: str
    facts: dict[str, Fact] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def settle(self, name: str, taken: Fact, others: Sequence[tuple[str, Any]]) -> None:
        """Take a value; what others say instead becomes a note and goes on the list."""
        against = tuple((source, value) for source, value in others if value != taken.value)
        if against:
            self.conflicts.append(Conflict(self.model_id, name, taken.value, taken.source, against))
        said = "; ".join(f"{source} says {words(value)}" for source, value in against)
        note = "; ".join(part for part in (taken.note, said) if part) or None
        self.facts[name] = Fact(taken.value, taken.source, note)


def words(value: Any) -> str:  # noqa: ANN401 - any field's value
    """A value as a reader would write it."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(words(each) for each in value) or "none"
        case dict():
            return ", ".join(f"{key.replace('_', ' ')} {words(each)}" for key, each in value.items())
    return str(value)


def merge(
    model_id: str, claims: Claims, *, overlay: Overlay, profiles: Mapping[str, str], on: date
) -> Record:
    """Settle every field of one model.

    Args:
        model_id: The model's own id.
        claims: What each source says of it.
        overlay: The hand-kept facts.
        profiles: The ids of its inference profiles, each with the source that lists it.
        on: The snapshot's day, which tells a coming end of life from a past one.

    Returns:
        The record.
    """
    record = Record(model_id)
    statements = overlay.statements(model_id)
    for name in FIELDS:
        statement = statements.get(name)
        if statement is not None and statement.overrules:
            others = [(source, claims[source][name]) for source in sorted(claims) if name in claims[source]]
            others = [] if name == "name" else others
            contrary = [each for each in others if not alike(name, statement.value, each[1], claims=claims)]
            record.settle(name, Fact(statement.value, statement.source, statement.note), contrary)
            continue
        _BUILDERS.get(name, _plain)(record, name, claims)
        if name not in record.facts and statement is not None:
            record.facts[name] = Fact(statement.value, statement.source, statement.note)
    if profiles:
        record.facts["profiles"] = _profiles(profiles)
    _lifecycle(record, claims, statement=statements.get("lifecycle"), on=on)
    _remark(record, statements)
    return record


def _profiles(profiles: Mapping[str, str]) -> Fact:
    """The source of most of them is the field's; who else lists one stands in the note."""
    sources = list(profiles.values())
    most = max(dict.fromkeys(sources), key=sources.count)
    others = [f"{profile_id} is from {source}" for profile_id, source in profiles.items() if source != most]
    return Fact(list(profiles), most, "; ".join(others) or None)


def alike(name: str, one: Any, other: Any, *, claims: Claims) -> bool:  # noqa: ANN401
    """Whether two sources mean the same: up to rounding, and up to what each counts."""
    if one == other:
        return True
    if name in {"context_window", "max_output_tokens"}:
        if abs(one - other) <= _ROUNDING * max(one, other):
            return True
        # litellm's largest input leaves room for the longest answer.
        longest = [facts["max_output_tokens"] for facts in claims.values() if "max_output_tokens" in facts]
        return name == "context_window" and any(min(one, other) + out == max(one, other) for out in longest)
    if name == "input_modalities":
        # Documents: some mean PDF as pictures, others text taken out of files.
        return {*one} - {"document"} == {*other} - {"document"}
    return False


def _longest_answer(record: Record, name: str, claims: Claims) -> None:
    """pydantic-ai's figures were checked against the running service; of others the largest is taken.

    It is a ceiling: one that is too low forbids what the model can do, one that is too high is answered by an
    error that says so. What the others say stands beside it.
    """
    said = [(source, claims[source][name]) for source in PREFERENCE[name] if name in claims.get(source, {})]
    checked = claims.get("pydantic-ai", {}).get(name)
    if checked is None and not said:
        return
    source, value = ("pydantic-ai", checked) if checked is not None else said[0]
    for who, longer in said if checked is None else ():
        if longer > value and not alike(name, value, longer, claims=claims):
            source, value = who, longer
    contrary = [each for each in said if each[0] != source and not alike(name, value, each[1], claims=claims)]
    record.settle(name, Fact(value, source), contrary)


def _inputs(record: Record, name: str, claims: Claims) -> None:
    """Documents count if anybody says so: one source means PDF as pictures and is silent about the rest."""
    _plain(record, name, claims)
    fact, other = record.facts.get(name), claims.get("litellm", {}).get(name, ())
    if fact is not None and "document" in other and "document" not in fact.value:
        note = "; ".join(part for part in (fact.note, "documents as litellm has it") if part)
        record.facts[name] = Fact([*fact.value, "document"], fact.source, note)


def _name(record: Record, name: str, claims: Claims) -> None:
    """Two ways to write a name contradict nothing."""
    for source in PREFERENCE[name]:
        if said := claims.get(source, {}).get(name):
            record.facts[name] = Fact(re.sub(r"\s*\((?:regional|global|dense)\)$", "", said), source)
            return


def _plain(record: Record, name: str, claims: Claims) -> None:
    said = [
        (source, claims[source][name])
        for source in PREFERENCE.get(name, ())
        if name in claims.get(source, {})
    ]
    if not said:
        return
    source, value = said[0]
    contrary = [each for each in said[1:] if not alike(name, value, each[1], claims=claims)]
    record.settle(name, Fact(value, source), contrary)


def _reasoning(record: Record, name: str, claims: Claims) -> None:
    said = [
        (source, claims[source]["reasoning"])
        for source in ("langchain-aws", "litellm", "pydantic-ai")
        if "reasoning" in claims.get(source, {})
    ]
    if not said:
        return
    reasons = _majority(said)
    if reasons is None:
        record.conflicts.append(Conflict(record.model_id, name, None, "nobody", tuple(said)))
        return
    value = _reasoning_kind(claims) if reasons else {"kind": "none"}
    sources = [source for source, what in said if what == reasons]
    if value == {"kind": "always"} and (len(sources) < 2 or len(sources) < len(said)):
        # It reasons, says one, and nobody says how to ask for it: not enough to state anything.
        record.conflicts.append(Conflict(record.model_id, name, None, "nobody", tuple(said)))
        return
    source = "pydantic-ai" if "variant" in claims.get("pydantic-ai", {}) and reasons else sources[0]
    note = None
    if value == {"kind": "always"}:
        note = "It reasons; no source names a way to control that."
    elif reasons and _off_is_disputed(claims):
        note = "pydantic-ai and litellm contradict each other about whether it can be turned off."
    contrary = [(who, "reasons" if what else "does not reason") for who, what in said if what != reasons]
    record.settle(name, Fact(value, source, note), contrary)


def _off_is_disputed(claims: Claims) -> bool:
    told = [
        claims[who]["always_reasons"]
        for who in ("pydantic-ai", "litellm")
        if "always_reasons" in claims.get(who, {})
    ]
    return len(set(told)) > 1


def _majority(said: Sequence[tuple[str, bool]]) -> bool | None:
    votes = [value for _, value in said]
    if votes.count(True) == votes.count(False):
        return None
    return votes.count(True) > votes.count(False)


_FIXED_LEVELS: Mapping[str, tuple[str, ...]] = {
    # As pydantic-ai's profile documents the variants.
    "deepseek": ("high",),
    "openai": ("low", "medium", "high"),
    "qwen": ("low", "medium", "high"),
    "zai": ("high",),
}


def _reasoning_kind(claims: Claims) -> dict[str, Any]:
    ours = claims.get("pydantic-ai", {})
    litellm = claims.get("litellm", {})
    levels = list(claims.get("langchain-aws", {}).get("effort_levels") or litellm.get("effort_levels", ()))
    always = ours.get("always_reasons", litellm.get("always_reasons"))
    off = {} if always is None or _off_is_disputed(claims) else {"can_turn_off": not always}
    variant = ours.get("variant")
    if variant == "anthropic":
        if ours.get("adaptive"):
            return {"kind": "adaptive", **({"effort_levels": levels} if levels else {}), **off}
        return {"kind": "budget", **({"effort_levels": levels} if levels else {}), **off}
    if variant is not None:
        return {"kind": "effort", "effort_levels": levels or list(_FIXED_LEVELS.get(variant, ())), **off}
    if levels:
        return {"kind": "effort", "effort_levels": levels, **off}
    return {"kind": "always", **({"can_turn_off": False} if always else {})}


def _caching(record: Record, name: str, claims: Claims) -> None:
    litellm, ours = claims.get("litellm", {}), claims.get("pydantic-ai", {})
    if disputed := litellm.get("caches_disputed"):
        # A source that contradicts itself is no ground to refuse what the model may well do.
        record.conflicts.append(Conflict(record.model_id, name, None, "nobody", (("litellm", disputed),)))
        return
    if ours.get("caches") and litellm.get("caches"):
        minimum = {"minimum_tokens": litellm["cache_minimum"]} if "cache_minimum" in litellm else {}
        value = {"supported": True, **minimum, "ttls": list(ours.get("cache_ttls", ()))}
        record.facts[name] = Fact(value, "pydantic-ai", "the minimum is litellm's" if minimum else None)
    elif litellm.get("caches") is False:
        record.facts[name] = Fact({"supported": False}, "litellm")


def _embedding(record: Record, name: str, claims: Claims) -> None:
    size = claims.get("litellm", {}).get("dimensions")
    if size:
        record.facts[name] = Fact({"dimensions": [size]}, "litellm")


def _nothing(record: Record, name: str, claims: Claims) -> None:
    del record, name, claims


_BUILDERS: Mapping[str, Callable[[Record, str, Claims], None]] = {
    "name": _name,
    "input_modalities": _inputs,
    "max_output_tokens": _longest_answer,
    "reasoning": _reasoning,
    "prompt_caching": _caching,
    "embedding": _embedding,
    "lifecycle": _nothing,
    "profiles": _nothing,
}


def _lifecycle(record: Record, claims: Claims, *, statement: Statement | None, on: date) -> None:
    ends = record.facts.get("end_of_life")
    status = claims.get("langchain-aws", {}).get("status")
    if ends is not None:
        state = "end_of_life" if date.fromisoformat(ends.value) <= on else "legacy"
        record.facts["lifecycle"] = Fact(state, ends.source, "from its end-of-life date")
    elif statement is not None:
        record.facts["lifecycle"] = Fact(statement.value, statement.source, statement.note)
    elif status == "deprecated":
        record.facts["lifecycle"] = Fact("legacy", "langchain-aws", "marked as deprecated, without a date")
    elif status == "active":
        record.facts["lifecycle"] = Fact("active", "langchain-aws", "listed, and not marked as deprecated")


def _remark(record: Record, statements: Mapping[str, Statement]) -> None:
    """A remark about how a model is reached belongs beside ``on_demand``, whoever told the value."""
    statement, fact = statements.get("on_demand"), record.facts.get("on_demand")
    if statement is None or fact is None or not statement.note or statement.note in (fact.note or ""):
        return
    record.facts["on_demand"] = Fact(fact.value, fact.source, statement.note)
