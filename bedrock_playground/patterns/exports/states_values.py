"""Words of the Amazon States Language: errors, retriers, comparisons, casing; pure.

Sources: AWS's developer guide of Step Functions, "Learning to use AWS service SDK integrations" (parameters
and results in PascalCase, errors as ``ServiceName.ErrorName``), "Handling errors" (retriers with jitter, what
``States.ALL`` catches), "Choice workflow state" (``StringMatches``: a star stands for anything, a backslash
makes it plain).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import ceil
from typing import Any, TypeAlias

from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.policies import PolicyName

State: TypeAlias = dict[str, Any]
States: TypeAlias = dict[str, State]

CONVERSE = "arn:aws:states:::aws-sdk:bedrockruntime:converse"
"""The SDK integration: Converse, in the state machine's own Region."""


def _errors(*names: str) -> list[str]:
    return [f"BedrockRuntime.{name}Exception" for name in names]


RETRIED = _errors(
    "Throttling", "ModelNotReady", "ServiceUnavailable", "InternalServer", "ModelTimeout", "ModelError",
    "SdkClient",
)  # fmt: skip
"""What may be gone the next time; ``SdkClientException`` is a connection that failed."""
POLICY_ERRORS: Mapping[PolicyName, list[str]] = {
    "throttling": _errors("Throttling", "ServiceQuotaExceeded"),
    "capacity": _errors("ModelNotReady", "ServiceUnavailable", "InternalServer"),
    "timeout": [*_errors("ModelTimeout"), "States.Timeout"],
    "broken": _errors("ModelError", "SdkClient"),
    "access": _errors("AccessDenied", "ResourceNotFound"),
    "context too long": _errors("Validation"),
    "any": ["States.ALL"],
}
"""The errors that each policy of a ladder goes on from, as Step Functions calls them."""
REPLY = ("ok", "text", "stop", "by", "error", "cause")
"""What every reply has: whether it is an answer, its text, why it ended, whose it is; or what went wrong."""
_FREE = frozenset({"additionalModelRequestFields", "requestMetadata"})
_MOST = 8


def retriers(*, tries: int, base: float, longest: float) -> list[State]:
    """The retrier of a call: exponential back-off with full jitter, in whole seconds."""
    interval = max(1, ceil(base))
    retrier = {
        "ErrorEquals": RETRIED,
        "IntervalSeconds": interval,
        "MaxAttempts": tries - 1,
        "BackoffRate": 2,
        "MaxDelaySeconds": max(interval + 1, ceil(longest)),
        "JitterStrategy": "FULL",
    }
    return [retrier] if tries > 1 else []


def choice(rules: Iterable[State], *, default: str) -> State:
    """A choice; each rule names its next state."""
    return {"Type": "Choice", "Choices": list(rules), "Default": default}


def either(rules: Sequence[State]) -> State:
    """One of some comparisons holds."""
    return rules[0] if len(rules) == 1 else {"Or": list(rules)}


def all_of(rules: Sequence[State]) -> State:
    """All of some comparisons hold."""
    return rules[0] if len(rules) == 1 else {"And": list(rules)}


def unpacked(count: int) -> State:
    """A result selector that gives each of a Parallel state's results a name (``one_1``, ``one_2``)."""
    return {f"one_{number}.$": f"$[{number - 1}]" for number in range(1, count + 1)}


def is_ok(place: str) -> State:
    """There is an answer at a place."""
    return {"Variable": f"{place}.ok", "BooleanEquals": True}


def says(variable: str, text: str) -> list[State]:
    """A text holds another one, in the cases that people write it in."""
    return [{"Variable": variable, "StringMatches": f"*{glob(each)}*"} for each in cases(text)]


def cases(text: str) -> list[str]:
    """A text as it is written, in small letters, in capitals, and with a capital at its beginning."""
    return list(dict.fromkeys((text, text.lower(), text.upper(), text[:1].upper() + text[1:])))


def glob(text: str) -> str:
    """A text for ``StringMatches``, where a star stands for anything unless it is escaped."""
    return text.replace("\\", "\\\\").replace("*", "\\*")


def plurality(ballots: Sequence[tuple[str, str]], *, least: int = 1) -> list[tuple[State, int]]:
    """Comparisons that find the vote that most have, largest groups first.

    Args:
        ballots: Of each voter, the place of its reply and the path of its vote.
        least: How many have to agree.

    Returns:
        Comparisons in the order to be tried, each with the place of the first of those who agree.

    Raises:
        CannotExport: There are too many to list every group.
    """
    if len(ballots) > _MOST:
        raise CannotExport(
            f"A vote of {len(ballots)} cannot be counted: Step Functions compares group by group, and there "
            f"are too many of more than {_MOST}. Ask fewer, or count in a Lambda function."
        )
    found = []
    for size in range(len(ballots), least - 1, -1):
        for group in combinations(range(len(ballots)), size):
            first = ballots[group[0]][1]
            rules = [is_ok(ballots[place][0]) for place in group]
            rules += [{"Not": {"Variable": first, "StringEquals": ""}}]
            rules += [{"Variable": ballots[place][1], "StringEqualsPath": first} for place in group[1:]]
            found.append((all_of(rules), group[0]))
    return found


def pascal(name: str) -> str:
    """A member's name as Step Functions writes it."""
    return name[:1].upper() + name[1:]


def free_form(name: str) -> bool:
    """Whether a member's own keys are the user's, and stay as they are."""
    return name in _FREE


def checked_keys(value: object) -> object:
    """The user's own JSON; a key that Step Functions would take for a path is refused."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if str(key).endswith(".$"):
                raise CannotExport(f"The key {key} would be taken for a path by Step Functions. Rename it.")
            checked_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            checked_keys(item)
    return value


def reachable(states: States, entry: str) -> States:
    """The states that anything leads to, in the order in which they are reached."""
    seen, left = dict[str, State](), deque([entry])
    while left:
        name = left.popleft()
        if name not in seen and name in states:
            seen[name] = states[name]
            left += _next_of(states[name])
    return seen


def _next_of(state: Any) -> list[str]:  # noqa: ANN401 - a state or a part of one
    if isinstance(state, dict):
        named = [state[key] for key in ("Next", "Default") if isinstance(state.get(key), str)]
        inner = [item for key, item in state.items() if key in {"Choices", "Catch"}]
        return named + [each for item in inner for rule in item for each in _next_of(rule)]
    return []
