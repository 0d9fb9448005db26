"""Read a policy that somebody pasted: strictly, and with the place of whatever is wrong; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from bedrock_playground.invocation.codec import clean

MAX_CHARACTERS = 100_000
"""IAM takes 6,144 characters in a managed policy and 10,240 in a role's: this is something else."""

_ELEMENTS = frozenset({
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
    "Condition",
})  # fmt: skip
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")
_VERSIONS = ("2012-10-17", "2008-10-17")


class PolicyRefused(ValueError):
    """What was pasted is no policy; the message names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedStatement:
    """One statement as it was read."""

    place: str
    """Where it stands: ``Statement[0]`` or its Sid."""
    allows: bool
    """Whether it allows; else it denies."""
    actions: tuple[str, ...] = ()
    """``Action``."""
    not_actions: tuple[str, ...] = ()
    """``NotAction``."""
    resources: tuple[str, ...] = ()
    """``Resource``."""
    not_resources: tuple[str, ...] = ()
    """``NotResource``."""
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """``Condition``: by operator and key, the values of which any will do."""
    for_whom: Literal["principal"] | None = None
    """Whether it names a principal, as only a resource's own policy does."""


def read_policy(text: str) -> tuple[PastedStatement, ...]:
    """Read a policy document.

    Raises:
        PolicyRefused: It is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise PolicyRefused(
            f"This has more than {MAX_CHARACTERS:,} characters: it is no policy. Paste one alone."
        )
    if not text.strip():
        raise PolicyRefused("Nothing is pasted. Paste a policy's JSON, beginning with {.")
    document = _parsed(text)
    if not isinstance(document, dict):
        raise PolicyRefused("A policy is a JSON object with a Statement; this is something else.")
    _known(document, {"Version", "Id", "Statement"}, "the policy")
    if "Version" in document and document["Version"] not in _VERSIONS:
        raise PolicyRefused(f"Version must be {_VERSIONS[0]}; it is {_shown(document['Version'])}.")
    if "Statement" not in document:
        raise PolicyRefused("The policy has no Statement: it allows nothing.")
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return tuple(_statement(one, f"Statement[{number}]") for number, one in enumerate(listed))


def _parsed(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        halves = clean(value) != value
    except json.JSONDecodeError as error:
        raise PolicyRefused(
            f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    except PolicyRefused:
        raise
    except ValueError as error:  # a number of thousands of digits, which Python does not read
        raise PolicyRefused("This holds a number that is too long to be read. No policy does.") from error
    except RecursionError as error:
        raise PolicyRefused("This is nested too deeply to be a policy.") from error
    if halves:
        raise PolicyRefused("This holds half of a character (a lone surrogate), which no name in AWS has.")
    return value


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in value if names.count(name) > 1)
        raise PolicyRefused(f"{_shown(twice)} is there twice in one object: which one counts cannot be told.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise PolicyRefused(f"This is not JSON: it has no {name}.")


def _known(value: dict[str, Any], names: set[str] | frozenset[str], place: str) -> None:
    for name in value:
        if name not in names:
            near = next((known for known in names if known.lower() == name.lower()), None)
            meant = f" Is {near} meant? IAM minds the case." if near else ""
            raise PolicyRefused(f"{place} has {_shown(name)}, which IAM does not know.{meant}")


def _statement(value: object, place: str) -> PastedStatement:
    if not isinstance(value, dict):
        raise PolicyRefused(f"{place} must be an object; it is {_shown(value)}.")
    _known(value, _ELEMENTS, place)
    sid = value.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise PolicyRefused(f"{place}.Sid must be text; it is {_shown(sid)}.")
    if value.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyRefused(f"{place}.Effect must be Allow or Deny; it is {_shown(value.get('Effect'))}.")
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if one in value and other in value:
            raise PolicyRefused(f"{place} has both {one} and {other}: IAM takes one of them.")
    principal = "Principal" in value or "NotPrincipal" in value
    if "Action" not in value and "NotAction" not in value:
        raise PolicyRefused(f"{place} has neither Action nor NotAction.")
    if not principal and "Resource" not in value and "NotResource" not in value:
        raise PolicyRefused(f"{place} has neither Resource nor NotResource.")
    return PastedStatement(
        place=f"{place} “{sid}”" if sid else place,
        allows=value["Effect"] == "Allow",
        actions=_actions(value, "Action", place),
        not_actions=_actions(value, "NotAction", place),
        resources=_texts(value, "Resource", place),
        not_resources=_texts(value, "NotResource", place),
        conditions=_conditions(value.get("Condition", {}), f"{place}.Condition"),
        for_whom="principal" if principal else None,
    )


def _texts(value: dict[str, Any], name: str, place: str) -> tuple[str, ...]:
    if name not in value:
        return ()
    found = value[name] if isinstance(value[name], list) else [value[name]]
    if not found:
        raise PolicyRefused(f"{place}.{name} is empty.")
    for number, item in enumerate(found):
        if not isinstance(item, str):
            raise PolicyRefused(f"{place}.{name}[{number}] must be text; it is {_shown(item)}.")
    return tuple(found)


def _actions(value: dict[str, Any], name: str, place: str) -> tuple[str, ...]:
    found = _texts(value, name, place)
    for number, action in enumerate(found):
        if not _ACTION.fullmatch(action):
            raise PolicyRefused(
                f"{place}.{name}[{number}] must be a service and an action, such as bedrock:InvokeModel; it "
                f"is {_shown(action)}."
            )
    return found


def _conditions(value: object, place: str) -> dict[str, dict[str, tuple[str, ...]]]:
    if not isinstance(value, dict):
        raise PolicyRefused(f"{place} must be an object; it is {_shown(value)}.")
    read: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise PolicyRefused(f"{place}.{operator} must be an object; it is {_shown(keys)}.")
        read[operator] = {key: _values(item, f"{place}.{operator}.{key}") for key, item in keys.items()}
    return read


def _values(value: object, place: str) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    for item in found:
        if not isinstance(item, str | int | float | bool):
            raise PolicyRefused(f"{place} must be text or a list of texts; it holds {_shown(item)}.")
    return tuple(json.dumps(item) if isinstance(item, bool) else str(item) for item in found)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
