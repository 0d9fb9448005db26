"""A ladder as states: retriers try a target again, catchers go on to the next one, by policies."""

from __future__ import annotations

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.exports.states_machine import Finish, Machine
from bedrock_playground.patterns.exports.states_values import (
    POLICY_ERRORS,
    State,
    States,
    choice,
    is_ok,
    retriers,
)
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.trying import Target

_LONG = "context too long"
_TOO_LONG = (
    "nput is too long", "rompt is too long", "xceed context limit", "oo many total text bytes",
    "nput tokens exceeded", "nput Tokens Exceeded", "aximum context length",
)  # fmt: skip
"""What a cause says of a context that is too long, without the letters that may be small or large."""


def fallback_states(
    machine: Machine, states: States, pattern: Fallback, *, asked: InvocationRequest, finish: Finish
) -> str:
    """Write a ladder's states, from its foot up; names the first.

    Raises:
        CannotExport: A target is in another Region.
    """
    _told(machine, pattern)
    after = _shorter(machine, states, pattern, asked=asked, finish=finish)
    entry = ""
    for number, target in reversed(list(enumerate(pattern.targets, 1))):
        last = number == len(pattern.targets)
        role, place = f"target {number}", machine.place(f"target {number}")
        following = after or _nobody(machine, states, place, finish=finish) if last else entry
        _here(machine, target, role)
        write = _rung_of_pattern if isinstance(target.member, Pattern) else _rung
        entry = write(
            machine, states, pattern, target=target, role=role, place=place, asked=asked, following=following,
            finish=finish,
        )  # fmt: skip
    return entry


def _told(machine: Machine, pattern: Fallback) -> None:
    machine.note("Waits between two tries are whole seconds, at least one, and Retry-After is not seen.")
    for given, words in (
        (
            pattern.breaker,
            "The circuit breaker is left out: an execution remembers nothing of those before it.",
        ),
        (pattern.hedge, "The hedge is left out: Step Functions does not see when an answer begins."),
        (pattern.cached, "Kept answers are left out: an execution remembers nothing of those before it."),
    ):
        if given:
            machine.note(f"{words} Take the Python module where it matters.")


def _here(machine: Machine, target: Target, role: str) -> None:
    if target.region is not None and target.region != machine.context.region:
        raise CannotExport(
            f"{role} is in {target.region}, and Step Functions calls Bedrock in its own Region alone. Use a "
            "cross-Region inference profile, a Lambda function, or take the Python module."
        )


def _rung(  # noqa: PLR0913 - a target, and the two ways on
    machine: Machine, states: States, pattern: Fallback, *, target: Target, role: str, place: str,
    asked: InvocationRequest, following: str, finish: Finish,
) -> str:  # fmt: skip
    done = finish(place)
    catch: list[State] = []
    covered = [error for name in pattern.when if name not in {_LONG, "any"} for error in POLICY_ERRORS[name]]
    if covered:
        catch.append({"ErrorEquals": covered, "ResultPath": f"$.{place}", "Next": following})
    if _LONG in pattern.when and "any" not in pattern.when:
        ended, long = machine.named(f"{role} ends it"), machine.named(f"{role}: too long for it?")
        states[ended] = machine.failure(role, place, done)
        states[long] = choice(_too_long(f"$.{place}.Cause", following), default=ended)
        catch.append({"ErrorEquals": POLICY_ERRORS[_LONG], "ResultPath": f"$.{place}", "Next": long})
    if "any" in pattern.when:
        catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{place}", "Next": following}]
    retry = retriers(tries=target.tries, base=pattern.base_delay, longest=pattern.longest_wait)
    return machine.ask(
        states, target.member, asked, role=role, place=place, then=done, retry=retry, catch=catch
    )


def _rung_of_pattern(  # noqa: PLR0913 - as above
    machine: Machine, states: States, pattern: Fallback, *, target: Target, role: str, place: str,
    asked: InvocationRequest, following: str, finish: Finish,
) -> str:  # fmt: skip
    done, check = finish(place), machine.named(f"{role} answered?")
    errors = [error for name in pattern.when if name not in {_LONG, "any"} for error in POLICY_ERRORS[name]]
    rules = [is_ok(f"$.{place}") | {"Next": done}]
    rules += [
        {"Variable": f"$.{place}.error", "StringEquals": error, "Next": following}
        for error in (*errors, "NobodyAnswered")
    ]
    if _LONG in pattern.when:
        rules += _too_long(f"$.{place}.cause", following)
    caught = machine.named(f"{role} is gone on from")
    # A pattern's failure is a reply already; a rung's is Error and Cause.
    states[caught] = {
        "Type": "Pass",
        "Parameters": {"Error.$": f"$.{place}.error", "Cause.$": f"$.{place}.cause"},
        "ResultPath": f"$.{place}",
        "Next": following,
    }
    rules = [each | ({"Next": caught} if each["Next"] == following else {}) for each in rules]
    states[check] = choice(rules, default=caught if "any" in pattern.when else done)
    return machine.ask(states, target.member, asked, role=role, place=place, then=check)


def _too_long(cause: str, following: str) -> list[State]:
    return [{"Variable": cause, "StringMatches": f"*{words}*", "Next": following} for words in _TOO_LONG]


def _shorter(
    machine: Machine, states: States, pattern: Fallback, *, asked: InvocationRequest, finish: Finish
) -> str | None:
    if pattern.shorter is None:
        return None
    place = machine.place("shorter")
    return machine.ask(
        states, pattern.shorter, asked, role="shorter", place=place, then=finish(place), retry=[]
    )


def _nobody(machine: Machine, states: States, place: str, *, finish: Finish) -> str:
    name, own = machine.named("Nobody answered"), machine.place("nobody")
    told = {"ok": False, "text": "", "stop": "", "by": "", "error": "NobodyAnswered"}
    states[name] = {
        "Type": "Pass",
        "Parameters": told | {"cause.$": f"$.{place}.Cause"},
        "ResultPath": f"$.{own}",
        "Next": finish(own),
    }
    return name
