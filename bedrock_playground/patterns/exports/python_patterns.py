"""Each kind of pattern as the call that plays it; what cannot be exported is refused, with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.aggregation import Aggregation
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.caching import Cache
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.chain import Chain
from bedrock_playground.patterns.exports.python_criteria import ballot_of, criterion_of
from bedrock_playground.patterns.exports.python_routing import way_of
from bedrock_playground.patterns.exports.python_script import Script
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.exports.writing import CallOf, Noted
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.judging import PICK_PROMPT
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis, Vote
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.trying import Target
from bedrock_playground.presets.exports.python_text import Name

_ASKED = (Name("prompt"), Name("course"))
_RUN = ".run(prompt, course)"


def arrange(script: Script, pattern: Pattern, asked: InvocationRequest) -> CallOf:
    """Write the call that plays a pattern.

    Args:
        script: The module.
        pattern: What is played.
        asked: What it is asked, with the prompt's place open.

    Raises:
        CannotExport: It, or something in it, cannot be exported; the message says what and why.
    """
    makers: Mapping[type[Pattern], Callable[..., CallOf]] = {
        Chain: _chain,
        Routing: _routing,
        Cascade: _cascade,
        Aggregation: _aggregation,
        MapReduce: _map_reduce,
        Cache: _cache,
        Fallback: _fallback,
        Ranking: _ranking,
    }
    make = makers.get(type(pattern))
    if make is None:
        raise CannotExport(f"How “{pattern.kind}” is written as Python is not known here.")
    return make(script, pattern, asked)


def _chain(script: Script, pattern: Chain, asked: InvocationRequest) -> CallOf:
    script.use("chain")
    steps = tuple(
        CallOf(
            "Step",
            keywords={
                "name": step.name,
                "ask": script.member(step.member, asked, step.name),
                "template": script.text(step.template, f"{step.name} prompt"),
            },
        )
        for step in pattern.steps
    )
    return CallOf("chain", _ASKED, {"steps": steps})


def _routing(script: Script, pattern: Routing, asked: InvocationRequest) -> CallOf:
    script.use("routing")
    routes = {route.name: script.member(route.member, asked, route.name) for route in pattern.routes}
    chosen = way_of(script, pattern.by, pattern.routes, asked=asked)
    default = pattern.default or pattern.routes[0].name
    return CallOf("routing", _ASKED, {"routes": routes, "choose": chosen, "default": default})


def _cascade(script: Script, pattern: Cascade, asked: InvocationRequest) -> CallOf:
    script.use("cascade")
    tiers = {role: script.member(member, asked, role) for role, member in pattern.steps()}
    criteria = tuple(criterion_of(script, each, asked=asked) for each in pattern.criteria)
    more = {"criteria": criteria} if criteria else {}
    return CallOf("cascade", _ASKED, {"tiers": tiers, **more})


def _aggregation(script: Script, pattern: Aggregation, asked: InvocationRequest) -> CallOf:
    script.use("aggregation")
    script.note(
        "A call that is not waited for any more cannot be called back: it ends unseen, and is billed."
    )
    members = {role: script.member(member, asked, role) for role, member in pattern.panel()}
    keywords: dict[str, Any] = {"members": members, "merge": _merge(script, pattern.by, asked)}
    if pattern.quorum is not None:
        keywords["quorum"] = Noted("threshold: so many answers suffice", pattern.quorum)
    if pattern.deadline is not None:
        keywords["deadline"] = Noted("seconds after which nobody is waited for", pattern.deadline)
    return CallOf("aggregation", _ASKED, keywords)


def _merge(script: Script, by: Merge, asked: InvocationRequest) -> CallOf:
    match by:
        case Vote():
            script.use("merging_vote")
            return CallOf("by_vote", (ballot_of(script, by.ballot),))
        case Judged():
            script.use("merging_judge")
            keywords = {
                "template": script.text(PICK_PROMPT, "pick prompt"),
                "rubric": script.text(by.rubric, "rubric"),
                "swap": by.swap,
                "ballot": ballot_of(script, by.ballot),
            }
            return CallOf("by_judge", (script.json_member(by.judge, "judge"),), keywords)
        case Synthesis():
            script.use("merging_synthesis")
            template = script.text(by.template, "synthesis prompt")
            return CallOf(
                "by_synthesis", (script.member(by.member, asked, "synthesis"),), {"template": template}
            )


def _map_reduce(script: Script, pattern: MapReduce, asked: InvocationRequest) -> CallOf:
    script.use("map_reduce")
    keywords = {
        "mapper": script.member(pattern.mapper, asked, "mapper"),
        "reducer": script.member(pattern.reducer, asked, "reducer"),
        "task": script.text(pattern.task, "task"),
        "map_template": script.text(pattern.map_template, "map prompt"),
        "reduce_template": script.text(pattern.reduce_template, "reduce prompt"),
        "chunk_tokens": pattern.chunk_tokens,
        "overlap_tokens": pattern.overlap_tokens,
        "parallel": pattern.parallel,
    }
    return CallOf("MapReduce", keywords=keywords, method=_RUN)


def _cache(script: Script, pattern: Cache, asked: InvocationRequest) -> CallOf:
    script.use("caching")
    script.note("Answers are kept in the process's memory: another process begins without any.")
    ask = script.member(pattern.member, asked, "kept member")
    keywords: dict[str, Any] = {"who": str(ask), "ask": ask}
    if pattern.semantic is None:
        return CallOf("cache_exact", _ASKED, keywords)
    keywords["embed"] = script.embedding(pattern.semantic.embedding_model)
    keywords["similarity"] = Noted(
        "threshold: from which cosine on another prompt's answer will do", pattern.semantic.similarity
    )
    return CallOf("cache_semantic", _ASKED, keywords)


def _ranking(script: Script, pattern: Ranking, asked: InvocationRequest) -> CallOf:  # noqa: ARG001
    script.use("ranking")
    script.note(
        "Every passage is embedded anew for each question; keep their vectors where they stay the same."
    )
    keywords = {
        "embed": script.embedding(pattern.embedding_model),
        "wording": script.text(pattern.wording, "wording"),
    }
    return CallOf("ranking", _ASKED, keywords)


def _fallback(script: Script, pattern: Fallback, asked: InvocationRequest) -> CallOf:
    script.use("fallback")
    if not pattern.hold and not script.streaming:
        script.note(
            "Answers come in one piece, so none can break off after it has begun to appear: the next target "
            "is asked instead, as with “hold”."
        )
    keywords: dict[str, Any] = {
        "targets": tuple(
            _target(script, target, asked, role=role)
            for target, (role, _) in zip(pattern.targets, pattern.roles(), strict=False)
        ),
        "when": Noted("the policies, by name: after which failures the next target is asked", pattern.when),
        "base_delay": Noted("seconds: ceiling of the wait before a second try", pattern.base_delay),
        "longest_wait": pattern.longest_wait,
    }
    if pattern.breaker is not None:
        script.use("breaking")
        script.note("Breakers live in the process's memory: another process begins with closed ones.")
        keywords["breaker"] = CallOf("Breaker", keywords=_settings(pattern.breaker))
    if pattern.hedge is not None:
        script.use("hedging")
        keywords["hedge"] = CallOf("Hedge", keywords=_settings(pattern.hedge))
    if pattern.hold:
        keywords["hold"] = True
    if pattern.cached:
        script.use("keeping")
        keywords["kept"] = Name("ANSWERS")
    if pattern.shorter is not None:
        keywords["shorter"] = script.member(pattern.shorter, asked, "shorter")
    return CallOf("Fallback", keywords=keywords, method=_RUN)


def _target(script: Script, target: Target, asked: InvocationRequest, *, role: str) -> CallOf:
    ask = script.member(target.member, asked, role)
    keywords: dict[str, Any] = {"ask": ask, "who": str(ask), "key": target.key, "tries": target.tries}
    if target.region is not None:
        keywords["region"] = target.region
    return CallOf("Target", keywords=keywords)


def _settings(value: BreakerPolicy | Hedge) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}
