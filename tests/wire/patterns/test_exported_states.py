"""Step Functions definitions run in moto's interpreter and go the way that the live pattern goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.values import Guardrail, InferenceParameters, InvocationRequest, Message
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.caching import Cache
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused
from bedrock_playground.patterns.exports import CannotExport, Context, Exported, pattern_exports
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis, Vote
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing, Way
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.routing_rules import Rule, Rules
from bedrock_playground.patterns.trying import Target
from bedrock_playground.patterns.votes import Ballot
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.exported import live
from tests.wire.patterns.kitchen import Kitchen, Says, ask, plain, play, solo
from tests.wire.patterns.states import execute, interpreter
from tests.wire.patterns.test_exported_python import ROUTES, ladder, panel, script, steps
from tests.wire.presets.exporting import HOSTILE


def definition(pattern: Pattern, **context: Any) -> Exported:
    made = Context(**{"asked": ask(), "shape": plain, "region": "us-east-1", **context})
    return pattern_exports()["step-functions"].make(pattern, made)


class Machines:
    """Runs patterns here and in the interpreter, against the same answers."""

    def __init__(self, kitchen: Kitchen, client: Any) -> None:
        self.kitchen = kitchen
        self.client = client

    def compare(self, pattern: Pattern, *prompts: str, says: Callable[[], Says]) -> list[dict[str, Any]]:
        """Both must make the same calls and come to the same answers; returns the outputs."""
        self.kitchen.begin(says())
        wanted = live(self.kitchen, pattern, prompts, backing=self.kitchen.backing())
        text = definition(pattern).text
        self.kitchen.begin(says())
        outputs = [execute(self.client, text, prompt) for prompt in prompts]
        found = sorted(
            (exchange.path.split("/")[2], exchange.body) for exchange in self.kitchen.server.exchanges
        )
        sent = sorted(
            (model.partition(" ")[0], body) for model, bodies in wanted.sent.items() for body in bodies
        )
        assert [(model, json.dumps(json.loads(body), sort_keys=True)) for model, body in found] == sent
        for output, said, error in zip(outputs, wanted.texts, wanted.errors, strict=True):
            assert ("failed" in output) is error, output
            assert error or output["text"] == said
        return outputs


@pytest.fixture
def machines(cook: Cook, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    kitchen = cook()
    with interpreter(monkeypatch, kitchen.server.url) as client:
        yield Machines(kitchen, client)


def by(outputs: Sequence[dict[str, Any]]) -> list[str]:
    return [output.get("by", "nobody") for output in outputs]


def test_a_chain(machines: Machines) -> None:
    outputs = machines.compare(steps(solo("a"), solo("b"), solo("c")), HOSTILE, "Hello", says=script())
    assert by(outputs) == ["three", "three"]
    (failed,) = machines.compare(steps(solo("a"), solo("wrong"), solo("c")), "Hello", says=script())
    assert (failed["failed"], failed["cause"].split(" (")[0]) == ("PatternFailed", "Malformed input request.")


def test_a_cascade(machines: Machines) -> None:
    tiers = (Tier(member=solo("small")), Tier(member=solo("large")))
    judged = Cascade(
        tiers=tiers, criteria=(Ended(), NotRefused(), Matches(regex="Par"), Scored(judge=solo("judge")))
    )
    says = script(
        small=("I can’t say. Paris", "Rome", "Paris, so!", "Paris?", "Paris it is"),
        judge=('{"score": 3, "reason": "Hm"}', "!denied", '{"score": 3.6}'),
    )
    outputs = machines.compare(judged, *("Where?",) * 5, says=says)
    assert by(outputs) == [f"tier {n}" for n in (2, 2, 2, 2, 1)]
    agreeing = Cascade(tiers=tiers, criteria=(Agrees(n=3, k=2),))
    says = script(small=("yes", "yes", "no", "a", "b", "c", "!wrong"))
    assert by(machines.compare(agreeing, "1", "2", "3", says=says)) == ["tier 1", "tier 2", "tier 2"]


def test_the_answer_that_most_agree_on_is_taken(machines: Machines) -> None:
    agreeing = Cascade(
        tiers=(Tier(member=solo("small")), Tier(member=solo("large"))), criteria=(Agrees(n=3, k=2),)
    )
    (output,) = machines.compare(agreeing, "1", says=script(small=("no", "yes", "yes")))
    assert (output["text"], output["by"]) == ("yes", "tier 1")


RULES = Rules(
    rules=(
        Rule(route="large", contains=("prove", "a*b")),
        Rule(route="large", tools=True),
        Rule(route="large", regex="SQL", schema=False),
    )
)


@pytest.mark.parametrize(
    ("way", "said", "routes"),
    [
        (RULES, (), ("large", "large", "large", "small", "small")),
        (
            Classifier(member=solo("judge"), threshold=0.6),
            (
                '{"route": "large", "confidence": 0.9}',
                '{"route": "Large", "confidence": 1}',
                '{"route": "large", "confidence": 0.5}',
                '["large"]',
                "!wrong",
            ),
            ("large", "large", "small", "small", "small"),
        ),
        (
            Measured(
                figures=(Figures(route="small", latency=9.0), Figures(route="large", latency=1.0)),
                best="latency",
            ),
            (),
            ("large",) * 5,
        ),
    ],
)
def test_routing(machines: Machines, *, way: Way, said: Sequence[str], routes: Sequence[str]) -> None:
    prompts = ("PROVE it", "is a*b", "in SQL", "ab", "Hello")
    pattern = Routing(routes=ROUTES, by=way, default="small")
    outputs = machines.compare(pattern, *prompts, says=script(**({"judge": said} if said else {})))
    assert by(outputs) == list(routes)


@pytest.mark.parametrize(
    ("merge", "said", "chosen"),
    [
        (Vote(), {"a": ("Rome",), "b": ("Paris",), "c": ("Paris",)}, "member 2"),
        (Vote(), {"a": ("!wrong",), "b": ("!wrong",), "c": ("!denied",)}, "nobody"),
        (
            Vote(ballot=Ballot(labels=("yes", "no"))),
            {"a": ("No.",), "b": ("Yes, it is",), "c": ("**yes**",)},
            "member 2",
        ),
        (Judged(judge=solo("judge"), swap=False), {"judge": ('{"best": 3}',)}, "member 3"),
        (Judged(judge=solo("judge")), {"judge": ('{"best": 1}',), "a": ("!wrong",)}, "member 2"),
        (Judged(judge=solo("judge")), {"judge": ("?",), "b": ("same",), "c": ("same",)}, "member 2"),
        (Judged(judge=solo("judge")), {"a": ("!wrong",), "b": ("!wrong",)}, "member 3"),
        (Synthesis(member=solo("writer")), {"b": ("!wrong",)}, "synthesis"),
    ],
)
def test_an_aggregation(
    machines: Machines, *, merge: Merge, said: dict[str, Sequence[str]], chosen: str
) -> None:
    assert by(machines.compare(panel(merge), HOSTILE, says=script(**said))) == [chosen]


def test_the_judge_is_believed_only_where_both_orders_agree(machines: Machines) -> None:
    def begin() -> Says:
        def says(model: str, prompt: str, exchange: Any) -> None:
            if model != "judge":
                exchange.answer(model)
                return
            # The place at which "b" stands, whichever the order is; or always the first.
            place = prompt.index("\nb\n") > prompt.index("\nc\n") if "agree" in prompt else False
            exchange.answer(
                json.dumps({"best": 2 if place or ("agree" in prompt and "\na\n" in prompt[:200]) else 1})
            )

        return says

    pattern = panel(Judged(judge=solo("judge")), solo("b"), solo("c"))
    assert by(machines.compare(pattern, "agree", "differ", says=begin)) == ["member 1", "member 1"]


@pytest.mark.parametrize(
    ("pattern", "answered"),
    [
        (ladder("throttled", "large"), "target 2"),
        (ladder("denied", "large"), "nobody"),
        (ladder("denied", "missing", "long", "large", when=("access", "context too long")), "target 4"),
        (ladder("wrong", "large", when=("context too long",)), "nobody"),
        (ladder("wrong", "slow", "down", "large", when=("any",)), "target 4"),
        (ladder("throttled", "down"), "nobody"),
        (ladder("throttled", "down", shorter=solo("tiny")), "shorter"),
    ],
)
def test_a_ladder(machines: Machines, pattern: Fallback, answered: str) -> None:
    assert by(machines.compare(pattern, "Hello", says=script())) == [answered]


def test_patterns_inside_patterns(machines: Machines) -> None:
    vote = panel(Vote(), solo("a"), solo("throttled"), solo("b"))
    route = Routing(
        routes=(Route(name="short", member=ladder("down", "large")), Route(name="long", member=vote)),
        by=Rules(rules=(Rule(route="long", contains=("yes",)),)),
        default="short",
    )
    chain = Chain(
        steps=(
            Step(name="draft", member=vote),
            Step(name="final", member=route, template="{{draft}}{{prompt}}"),
        )
    )
    pattern = Fallback(
        targets=(
            Target(member=panel(Vote(), solo("down"), solo("wrong"))),
            Target(
                member=Cascade(
                    tiers=(Tier(member=vote), Tier(member=chain)), criteria=(Matches(regex="maybe"),)
                )
            ),
        )
    )
    says = script(a=("no",), b=("yes", "no"))
    (output,) = machines.compare(pattern, "Hi", says=says)
    assert output["by"] == "target 2 > tier 2 > final > short > target 2"


def test_settings_are_sent_as_the_app_sends_them(machines: Machines) -> None:
    tuned = InvocationRequest(
        "",
        (Message.user("?"),),
        system="Say 'it'.\n{x}",
        parameters=InferenceParameters(
            max_tokens=5,
            temperature=0.5,
            stop_sequences=("x",),
            additional_model_request_fields={"a_B": {"c": [1]}},
        ),
        request_metadata={"team": "a"},
        tool_config={"tools": [{"toolSpec": {"name": "w", "inputSchema": {"json": {"type": "object"}}}}]},
    )
    text = definition(steps(solo("a"), solo("b"), solo("c")), asked=tuned).text
    kitchen = machines.kitchen
    hello = replace(tuned, messages=(Message.user("Hello"),))
    play(steps(solo("a"), solo("b"), solo("c")), kitchen.backing(), hello)
    wanted = [exchange.json() for exchange in kitchen.server.exchanges]
    kitchen.server.exchanges.clear()
    assert execute(machines.client, text, "Hello")["by"] == "three"
    assert [exchange.json() for exchange in kitchen.server.exchanges] == wanted


# What is written for AWS


def test_errors_retriers_and_catchers_are_called_as_aws_calls_them() -> None:
    made = json.loads(definition(ladder("a", "b", when=("throttling", "timeout"), longest_wait=7.0)).text)
    task = made["States"]["Target 1"]
    assert task["Resource"] == "arn:aws:states:::aws-sdk:bedrockruntime:converse"
    (retry,) = task["Retry"]
    assert (retry["JitterStrategy"], retry["MaxAttempts"], retry["MaxDelaySeconds"]) == ("FULL", 1, 7)
    assert "BedrockRuntime.ThrottlingException" in retry["ErrorEquals"]
    covered, rest = task["Catch"]
    assert (covered["Next"], rest["ErrorEquals"]) == ("Target 2", ["States.ALL"])
    assert covered["ErrorEquals"] == [
        "BedrockRuntime.ThrottlingException",
        "BedrockRuntime.ServiceQuotaExceededException",
        "BedrockRuntime.ModelTimeoutException",
        "States.Timeout",
    ]


def test_the_role_may_call_the_models_and_nothing_else() -> None:
    def guarded(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        built = plain(variant, asked)
        return BuiltRequest(
            InvocationRequest(built.request.model_id, built.request.messages, guardrail=Guardrail("g1", "1"))
        )

    exported = definition(ladder("amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0"), shape=guarded)
    names = [file.name for file in exported.files]
    assert names == ["state-machine.asl.json", "role-policy.json", "role-trust.json"]
    policy, trust = (json.loads(str(file.content)) for file in exported.files[1:])
    actions = {action for each in policy["Statement"] for action in each["Action"]}
    assert actions == {"bedrock:InvokeModel", "bedrock:ApplyGuardrail"}
    assert "amazon.nova-lite-v1:0" in json.dumps(policy)
    assert trust["Statement"][0]["Principal"] == {"Service": "states.amazonaws.com"}


def _every_state(states: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, state in states.items():
        yield name, state, states
        for branch in state.get("Branches", ()):
            yield from _every_state(branch["States"])


@pytest.mark.parametrize(
    "pattern",
    [
        steps(solo("a"), solo("b"), panel(Judged(judge=solo("judge")))),
        ladder("a", "b", when=("any", "context too long"), shorter=solo("c")),
        Cascade(
            tiers=(Tier(member=ladder("a", "b")), Tier(member=solo("c"))), criteria=(Agrees(), NotRefused())
        ),
        panel(Synthesis(member=solo("writer")), solo("only")),
    ],
)
def test_states_have_names_of_their_own_and_lead_to_each_other(pattern: Pattern) -> None:
    made = json.loads(definition(pattern).text)
    told = list(_every_state(made["States"]))
    names = [name for name, _, _ in told]
    assert sorted(set(names)) == sorted(names)
    assert max(map(len, names)) <= 80
    reached = {made["StartAt"]}
    for _, state, siblings in told:
        nexts = [state.get("Next"), state.get("Default")]
        nexts += [each["Next"] for key in ("Choices", "Catch") for each in state.get(key, ())]
        for following in filter(None, nexts):
            assert following in siblings
            reached.add(following)
        reached |= {branch["StartAt"] for branch in state.get("Branches", ())}
    assert reached == set(names)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (ladder("a", "b", breaker=BreakerPolicy()), "The circuit breaker is left out"),
        (ladder("a", "b", hedge=Hedge()), "The hedge is left out"),
        (ladder("a", "b", cached=True), "Kept answers are left out"),
        (panel(Vote(), quorum=2), "All members are waited for, although 2 would do"),
        (panel(Vote(), deadline=1.5), "The deadline holds for each try, in whole seconds"),
    ],
)
def test_what_is_different_there_is_said_in_notes_and_in_the_definition(pattern: Pattern, words: str) -> None:
    exported = definition(pattern)
    assert any(note.startswith(words) for note in exported.notes)
    assert words in json.loads(exported.text)["Comment"]


def _judged_by(criterion: Criterion) -> Pattern:
    return Cascade(tiers=(Tier(member=solo("a")), Tier(member=solo("b"))), criteria=(criterion,))


def _routed_by(way: Way) -> Pattern:
    return Routing(routes=ROUTES, by=way)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (Cache(member=solo("m")), "nothing for “cache”"),
        (MapReduce(mapper=solo("m"), reducer=solo("m")), "nothing for “map-reduce”"),
        (_judged_by(FollowsSchema()), "criterion “schema” cannot be told"),
        (_judged_by(Likely()), "criterion “probability” cannot be told"),
        (_judged_by(Matches(regex=r"\d+")), "no regular expressions"),
        (_judged_by(Agrees(ballot=Ballot(field="n"))), "criterion “agreement” cannot be told"),
        (_routed_by(Neighbours(examples=(Example(text="a", route="small"),))), "compares no vectors"),
        (_routed_by(Rules(rules=(Rule(route="small", min_characters=5),))), "the prompt's length"),
        (_routed_by(Rules(rules=(Rule(route="small", script="latin"),))), "the letters' script"),
        (panel(Vote(ballot=Ballot(regex="a"))), "by a regular expression or from a field"),
        (Fallback(targets=(Target(member=solo("a"), region="eu-west-1"),)), "in its own Region alone"),
        (Aggregation(members=tuple(Panelist(member=solo(f"m{n}")) for n in range(9)), by=Vote()), "too many"),
    ],
)
def test_what_cannot_be_done_there_is_refused_with_what_to_use_instead(pattern: Pattern, words: str) -> None:
    with pytest.raises(CannotExport, match=words) as refused:
        definition(pattern)
    assert "Lambda" in str(refused.value)
