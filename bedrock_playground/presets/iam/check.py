"""Hold a pasted policy against what some calls need: what is too wide, what is missing; pure.

This is a check of one identity policy on its own. What else may allow or deny a call (other policies, service
control policies, permission boundaries) is not seen from here, and it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from bedrock_playground.presets.iam.calls import ACCOUNT_PLACEHOLDER, Known, Plan
from bedrock_playground.presets.iam.invoke import GUARDRAIL_KEY, PROFILE_KEY, REGION_KEY
from bedrock_playground.presets.iam.matching import (
    Verdict,
    action_matches,
    conditions_hold,
    is_wild,
    resource_matches,
)
from bedrock_playground.presets.iam.pasted import PastedStatement, read_policy
from bedrock_playground.presets.iam.policy import Policy, make_policy

Kind: TypeAlias = Literal["missing", "too_wide", "unsure"]
"""A call would be refused, more is allowed than is needed, or it cannot be told from the policy alone."""

_ACCOUNT = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a pasted policy."""

    kind: Kind
    """What sort of thing."""
    place: str
    """Where: a statement's element, or what is needed."""
    words: str
    """What it is and what to do, in sentences."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check."""

    findings: tuple[Finding, ...]
    """What is missing first, then what is too wide, then what cannot be told."""
    needed: Policy
    """The policy that the calls need."""

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must be allowed."""

    action: str
    """The action."""
    resource: str
    """The ARN."""
    context: Mapping[str, str | None] = field(default_factory=dict)
    """What the call says, by condition key in small letters; ``None``: something that is not known."""


def check_policy(text: str, plan: Plan, known: Known) -> Checked:
    """Check a pasted policy.

    Args:
        text: Its JSON.
        plan: The calls that it is for.
        known: The account's number and where profiles send requests; without a number, the first one that the
            policy names is taken.

    Raises:
        PolicyRefused: It is no policy.
    """
    statements = read_policy(text)
    if known.account_id is None and (named := _account_of(statements)):
        known = replace(known, account_id=named)
    needed = make_policy(plan, known)
    needs = tuple(needs_of(needed))
    findings = [
        *_missing(statements, needs),
        *(finding for one in statements for finding in _too_wide(one, needed, needs)),
        *_unsure(statements),
    ]
    return Checked(tuple(dict.fromkeys(findings)), needed)


def _account_of(statements: Iterable[PastedStatement]) -> str | None:
    arns = (arn for one in statements for arn in (*one.resources, *_condition_values(one)))
    return next((match[1] for arn in arns if (match := _ACCOUNT.match(arn))), None)


def _condition_values(statement: PastedStatement) -> Iterator[str]:
    for keys in statement.conditions.values():
        for values in keys.values():
            yield from values


def needs_of(policy: Policy) -> Iterator[Need]:
    """Take a needed policy apart into single things, each with what the call says of itself."""
    guardrails = {
        resource: value
        for one in policy.caller.statements
        for keys in one.conditions.values()
        for key, value in keys.items()
        if key == GUARDRAIL_KEY
        for resource in one.resources
    }
    for one in policy.caller.statements:
        context = {key.lower(): value for keys in one.conditions.values() for key, value in keys.items()}
        for action in one.actions:
            for resource in one.resources:
                yield Need(
                    action, resource, _context(context, resource, action=action, guardrails=guardrails)
                )


def _context(
    told: Mapping[str, str], resource: str, *, action: str, guardrails: Mapping[str, str]
) -> Mapping[str, str | None]:
    parts = resource.split(":")
    # Every call goes to some Region; that of a role or of “*” does not stand in the ARN.
    region = {REGION_KEY.lower(): parts[3] if len(parts) > 3 and parts[3] else None}
    # The guardrail is applied in the same call, whichever of its resources is being looked at.
    guardrail = guardrails.get(told.get(PROFILE_KEY.lower(), ""))
    invokes = action.startswith("bedrock:InvokeModel")
    guard = {GUARDRAIL_KEY.lower(): guardrail} if guardrail and invokes else {}
    return {**region, **guard, **told}


def _missing(statements: tuple[PastedStatement, ...], needs: Iterable[Need]) -> Iterator[Finding]:
    for need in needs:
        place = f"{need.action} on {need.resource}"
        denied = _first(statements, need, allows=False)
        if denied is not None and denied[1]:
            yield Finding("missing", place, f"{denied[0].place} denies it, which no permission outweighs.")
            continue
        allowed = _first(statements, need, allows=True)
        if allowed is None:
            yield Finding("missing", place, _why_not(statements, need))
        elif allowed[1] is None:
            yield Finding(
                "unsure",
                place,
                f"{allowed[0].place} allows it only under conditions unknown here.",
            )
        if denied is not None:
            yield Finding("unsure", place, f"{denied[0].place} may deny it, under conditions unknown here.")


def _first(
    statements: Iterable[PastedStatement], need: Need, *, allows: bool
) -> tuple[PastedStatement, Verdict] | None:
    """The statement that surely speaks of a need, else one that may."""
    maybe = None
    for one in statements:
        if one.allows is not allows or one.for_whom is not None:
            continue
        verdict = _applies(one, need)
        if verdict:
            return one, True
        if verdict is None and maybe is None:
            maybe = one, None
    return maybe


def _applies(statement: PastedStatement, need: Need) -> Verdict:
    if not _names_action(statement, need.action):
        return False
    named = _names_resource(statement, need.resource)
    if named is False:
        return False
    held = conditions_hold(statement.conditions, need.context)
    return False if held is False else None if None in {named, held} else True


def _names_action(statement: PastedStatement, action: str) -> bool:
    if statement.not_actions:
        return not any(action_matches(pattern, action) for pattern in statement.not_actions)
    return any(action_matches(pattern, action) for pattern in statement.actions)


def _names_resource(statement: PastedStatement, arn: str) -> Verdict:
    if statement.not_resources:
        found = {resource_matches(pattern, arn) for pattern in statement.not_resources}
        return False if True in found else None if None in found else True
    found = {resource_matches(pattern, arn) for pattern in statement.resources}
    return True if True in found else None if None in found else False


def _why_not(statements: Iterable[PastedStatement], need: Need) -> str:
    """Say how near the policy comes."""
    allowing = [one for one in statements if one.allows and one.for_whom is None]
    by_action = [one for one in allowing if _names_action(one, need.action)]
    if not by_action:
        return f"No statement allows {need.action}. Add it."
    by_both = [one for one in by_action if _names_resource(one, need.resource) is not False]
    if not by_both:
        return f"{by_action[0].place} allows the action, but not on this resource. Add the ARN."
    return f"{by_both[0].place} names both, but its Condition does not hold for this call. Compare the two."


def _too_wide(statement: PastedStatement, needed: Policy, needs: tuple[Need, ...]) -> Iterator[Finding]:
    place = statement.place
    if statement.for_whom is not None:
        words = "It names a Principal: a resource's own policy or a role's trust, which is not checked here."
        yield Finding("unsure", place, words)
        return
    if not statement.allows:
        return
    if statement.not_actions:
        words = (
            "NotAction with Allow allows every action of every service but these. Name the actions instead."
        )
        yield Finding("too_wide", f"{place}.NotAction", words)
    if statement.not_resources:
        words = "NotResource with Allow allows everything but these. Name the resources instead."
        yield Finding("too_wide", f"{place}.NotResource", words)
    yield from _wide_actions(statement, needs)
    yield from _wide_resources(statement, needs)
    yield from _wide_conditions(statement, needed)


def _wide_actions(statement: PastedStatement, needs: tuple[Need, ...]) -> Iterator[Finding]:
    for pattern in statement.actions:
        place = f"{statement.place}.Action {pattern}"
        used = sorted({need.action for need in needs if action_matches(pattern, need.action)})
        if not used:
            yield Finding("too_wide", place, "These calls do not need it. Take it out.")
        elif is_wild(pattern):
            words = f"The wildcard allows more than is needed. Write instead: {', '.join(used)}."
            yield Finding("too_wide", place, words)


def _wide_resources(statement: PastedStatement, needs: tuple[Need, ...]) -> Iterator[Finding]:
    used = [need for need in needs if _names_action(statement, need.action)]
    if not used:
        return
    for pattern in statement.resources:
        place = f"{statement.place}.Resource {pattern}"
        covered = sorted({need.resource for need in used if resource_matches(pattern, need.resource)})
        if not covered and "${" not in pattern:
            yield Finding("too_wide", place, "These calls do not need it. Take it out.")
        elif is_wild(pattern) and covered != [pattern]:
            exact = [arn for arn in covered if arn != "*"]
            if exact:
                words = f"The wildcard covers more than is needed. Write instead: {', '.join(exact)}."
                yield Finding("too_wide", place, words)


def _wide_conditions(statement: PastedStatement, needed: Policy) -> Iterator[Finding]:
    """What is allowed with fewer conditions than the calls would let one set."""
    has = {key.lower() for keys in statement.conditions.values() for key in keys}
    for key, words in _CONDITION_WORDS.items():
        if key.lower() not in has and _would_be_narrower(statement, needed, key):
            yield Finding("too_wide", f"{statement.place}.Condition", words)


def _would_be_narrower(statement: PastedStatement, needed: Policy, key: str) -> bool:
    """Whether it allows something that is needed under this condition alone."""
    under: set[tuple[str, str]] = set()
    anyway: set[tuple[str, str]] = set()
    for one in needed.caller.statements:
        pairs = under if any(key in keys for keys in one.conditions.values()) else anyway
        pairs |= {(action, arn) for action in one.actions for arn in one.resources}
    return any(
        _names_action(statement, action) and _names_resource(statement, arn) for action, arn in under - anyway
    )


_CONDITION_WORDS = {
    PROFILE_KEY: f"Without {PROFILE_KEY} the model behind the profile can be called directly as well, past "
    "the profile's Regions and costs.",
    GUARDRAIL_KEY: f"Without {GUARDRAIL_KEY} the model can be called without the guardrail.",
    "iam:PassedToService": "Without iam:PassedToService the role can be handed to any service.",
}


def _unsure(statements: Iterable[PastedStatement]) -> Iterator[Finding]:
    for one in statements:
        arns = [arn for arn in one.resources if ACCOUNT_PLACEHOLDER in arn]
        for arn in arns:
            words = f"{ACCOUNT_PLACEHOLDER} stands for the account's number: replace it, or IAM refuses it."
            yield Finding("unsure", f"{one.place}.Resource {arn}", words)
