"""Exported modules run in a process of their own, and do what the live pattern does, request by request."""

from __future__ import annotations

import json
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Event, Lock

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation import BedrockInvoker, ClientConfig, InvocationRequest, RetryPolicy
from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.backing import Invokers
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.breakers import Breakers
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis, Vote
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing, Way
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.routing_rules import Rule, Rules
from bedrock_playground.patterns.trying import Target
from bedrock_playground.patterns.votes import Ballot
from tests.wire.invocation.scripted import Exchange, event_frame, text_event
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.exported import Worker, compare, module_text, reply
from tests.wire.patterns.kitchen import FAILURES, Kitchen, Says, echo, plain, solo
from tests.wire.presets.exporting import HOSTILE, run

SCHEMA = (
    '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}, '
    '"additionalProperties": false}'
)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    made = Worker(tmp_path_factory.mktemp("exported"))
    yield made
    made.close()


def script(**said: Sequence[str]) -> Callable[[], Says]:
    """Each model says one after the other, then the last for ever; ``fails`` models fail; others echo."""

    def begin() -> Says:
        lock, left = Lock(), {model: list(texts) for model, texts in said.items()}

        def says(model: str, prompt: str, exchange: Exchange) -> None:
            kind = model.partition("-")[0]
            if kind in FAILURES:
                status, code, message = FAILURES[kind]
                exchange.error(status, code, message)
            elif model.startswith("embed"):
                vector = [prompt.count("cat") + 0.01, prompt.count("logic") + 0.01]
                exchange.reply({"embedding": vector, "inputTextTokenCount": 5})
            elif model in left:
                with lock:
                    texts = left[model]
                    text = texts.pop(0) if len(texts) > 1 else texts[0]
                answer(text, exchange)
            else:
                echo(model, prompt, exchange)

        return says

    return begin


def answer(text: str, exchange: Exchange) -> None:
    """Answer, or fail where the text is ``!`` and a failure."""
    if text.startswith("!"):
        status, code, message = FAILURES[text[1:]]
        exchange.error(status, code, message)
    else:
        exchange.answer(text)


def steps(*members: Member) -> Chain:
    templates = ("First: {{prompt}}", r"\{{prompt}} then {{ previous }}", "{{one}} and {{two}} of {{prompt}}")
    names = ("one", "two", "three")
    return Chain(
        steps=tuple(
            Step(name=name, member=member, template=template)
            for name, member, template in zip(names, members, templates, strict=True)
        )
    )


def test_a_chain(cook: Cook, worker: Worker) -> None:
    chain = steps(solo("a"), solo("b"), solo("c"))
    compare(cook(), worker, chain, "Hello", HOSTILE, says=script())
    failing = steps(solo("a"), solo("wrong"), solo("c"))
    assert compare(cook(), worker, failing, "Hello", says=script()).errors == [True]


ROUTES = (
    Route(name="small", member=solo("small"), description="Short questions"),
    Route(name="large", member=solo("large"), description="Reasoning"),
)
WAYS: dict[str, Way] = {
    "rules": Rules(
        rules=(
            Rule(route="large", contains=("prove", "Straße")),
            Rule(route="large", regex=r"(?i)\bsql$", min_characters=5, max_characters=40),
            Rule(route="large", script="cyrillic"),
            Rule(route="large", tools=True),
            Rule(route="small", schema=False, contains=("hello",)),
        )
    ),
    "neighbours": Neighbours(
        examples=(
            Example(text="a cat", route="small", vector=(1.01, 0.01)),
            Example(text="the logic", route="large", vector=(0.01, 1.01)),
            Example(text="logic, logic", route="large"),
        ),
        k=2,
        threshold=0.9,
        embedding_model="embed-v1",
    ),
    "measured": Measured(
        figures=(
            Figures(route="small", cost=Decimal("0.001"), latency=9.5, error_rate=0.0, requests=30),
            Figures(route="large", cost=Decimal("0.01"), latency=1.5, error_rate=0.01, requests=30),
        ),
        max_latency=5.0,
        max_cost=Decimal("0.5"),
    ),
}
PROMPTS = (
    "PROVE it", "in der STRASSE", "Write me SQL", "Write me SQL\n", "Как дела?", "say Hello", "cat or cat",
    "logic of logic", "cat logic", "x" * 41, HOSTILE,
)  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_routing(cook: Cook, worker: Worker, name: str) -> None:
    pattern = Routing(routes=ROUTES, by=WAYS[name], default="small")
    done = compare(cook(), worker, pattern, *PROMPTS, says=script(), words=name != "measured")
    gone = {text.partition(":")[0] for text in done.texts}
    assert gone == ({"large"} if name == "measured" else {"small", "large"})


def test_routing_by_a_classifier(cook: Cook, worker: Worker) -> None:
    said = (
        '{"route": "large", "confidence": 0.9, "reason": "Steps."}',
        'Sure!\n```json\n{"route": "LARGE", "confidence": 1}\n```',
        'I say {"route": "large", "confidence": 0.8} because',
        '{"route": "large", "confidence": 0.5}',
        '{"route": "huge", "confidence": 1}',
        '{"route": "large"}',
        "!wrong",
    )
    pattern = Routing(routes=ROUTES, by=Classifier(member=solo("judge"), threshold=0.8))
    done = compare(cook(), worker, pattern, *("Why?",) * len(said), says=script(judge=said))
    assert [text[:5] for text in done.texts] == ["large"] * 3 + ["small"] * 4


def test_a_schema_is_sent_where_the_model_takes_one_and_words_elsewhere(cook: Cook, worker: Worker) -> None:
    def picky(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        refuses = asked_schema(asked) is not None
        return replace(plain(variant, asked), refusals=("It takes no schema.",) if refuses else ())

    pattern = Routing(routes=ROUTES, by=Classifier(member=solo("judge")))
    kitchen = cook(script(judge=('{"route": "large", "confidence": 1}',))())
    for shape in (plain, picky):
        worker.run(module_text(pattern, shape=shape), kitchen.server.url, ["Why?"])
    bodies = [json.loads(exchange.body) for exchange in kitchen.server.exchanges]
    assert ["outputConfig" in body for body in bodies] == [True, False, False, False]


def cascade(*criteria: Criterion, first: Member | None = None) -> Cascade:
    return Cascade(tiers=(Tier(member=first or solo("small")), Tier(member=solo("large"))), criteria=criteria)


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ((Matches(regex=r"^\d+$"),), ("42", "about 42", " 7\n")),
        ((NotRefused(),), ("Paris", "I’m sorry, but no.", " ")),
        (
            (FollowsSchema(schema=SCHEMA),),
            ('{"n": 1}', '{"n": 0}', '{"n": 1.0}', '{"n": true}', "[1]", "NaN"),
        ),
        ((FollowsSchema(),), ("anything",)),
        ((Agrees(n=3, k=2),), ("Yes.", "**yes**", "no", "a", "b", "c", "1", "1", "!wrong")),
        ((), ("!wrong", "fine")),
        ((Matches(regex="a"), NotRefused()), ("b", "as an AI, a", "a")),
    ],
)
def test_a_cascade(cook: Cook, worker: Worker, *, criteria: Sequence[Criterion], said: Sequence[str]) -> None:
    rounds = len(said) // 3 if isinstance(next(iter(criteria), None), Agrees) else len(said)
    says = script(small=said, large=("Large.",))
    # An expression is quoted as it is used, and Python's "\\Z" is RE2's "$"; what is wrong with JSON is said
    # in other words than the library's.
    quoted = any(isinstance(each, Matches | FollowsSchema) for each in criteria)
    done = compare(cook(), worker, cascade(*criteria), *("Why?",) * rounds, says=says, words=not quoted)
    assert len(done.texts) == rounds


def test_a_cascade_by_a_judge(cook: Cook, worker: Worker) -> None:
    said = ('{"score": 4, "reason": "Good."}', '{"score": 3}', '{"score": 9}', "!wrong", '{"score": 4.4}')
    pattern = cascade(Scored(judge=solo("judge"), threshold=4, name="umpire"))
    done = compare(cook(), worker, pattern, *(HOSTILE,) * len(said), says=script(judge=said))
    assert [text[:5] for text in done.texts] == ["small", "large", "large", "large", "small"]


def test_a_cascade_by_what_comes_with_an_answer(cook: Cook, worker: Worker) -> None:
    def begin() -> Says:
        left = iter([-0.1, -2.0, None, None])

        def says(model: str, prompt: str, exchange: Exchange) -> None:
            log = next(left) if model == "small" else None
            fields = None if log is None else {"logprobs": {"content": [{"logprob": log}, {"logprob": log}]}}
            reply(exchange, f"{model}.", stop=prompt, fields=fields)

        return says

    pattern = cascade(Ended(), Likely(threshold=0.6))
    done = compare(cook(), worker, pattern, "end_turn", "stop_sequence", "end_turn", "max_tokens", says=begin)
    assert done.texts == ["small.", "large.", "small.", "large."]


def panel(
    by: Merge, *members: Member, quorum: int | None = None, deadline: float | None = None
) -> Aggregation:
    panelists = tuple(Panelist(member=member) for member in members or (solo("a"), solo("b"), solo("c")))
    return Aggregation(members=panelists, by=by, quorum=quorum, deadline=deadline)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (Vote(), {"a": ("Paris",), "b": ("**paris**.",), "c": ("Rome",)}),
        (Vote(), {"a": ("x",), "b": ("!wrong",), "c": ("y",)}),
        (Vote(), {"a": ("!wrong",), "b": ("!denied",), "c": ("!long",)}),
        (Vote(), {"a": ('{"b": 1, "a": [2]}',), "b": ('```json\n{"a": [2], "b": 1}\n```',), "c": ("Rome",)}),
        (
            Vote(ballot=Ballot(labels=("yes", "no"))),
            {"a": ("No, yes",), "b": ("Yes.",), "c": ("yes or no",)},
        ),
        (
            Vote(ballot=Ballot(regex=r"answer: (\w+)$")),
            {"a": ("answer: 5",), "b": ("The answer: 6",), "c": ("answer: 6\n",)},
        ),
        (
            Vote(ballot=Ballot(field="n")),
            {"a": ('{"n": 1}',), "b": ("no",), "c": ('So {"n": 1} it is',)},
        ),
        (Judged(judge=solo("judge")), {"judge": ('{"best": 2, "reason": "Short."}',)}),
        (Judged(judge=solo("judge"), swap=False), {"judge": ('{"best": 3}',)}),
        (Judged(judge=solo("judge")), {"judge": ("?",), "b": ("Same",), "c": ("same",)}),
        (Judged(judge=solo("judge")), {"a": ("!wrong",), "b": ("!wrong",)}),
        (Synthesis(member=solo("writer")), {"b": ("!wrong",)}),
        (Synthesis(member=solo("writer"), template="{{answers}}\n{{prompt}}"), {"a": ("{{prompt}}",)}),
    ],
)
def test_an_aggregation(cook: Cook, worker: Worker, *, by: Merge, said: dict[str, Sequence[str]]) -> None:
    compare(cook(), worker, panel(by), "Which?", says=script(**said), in_order=False)


def test_an_aggregation_does_not_wait_for_a_slow_member(cook: Cook, worker: Worker) -> None:
    def begin() -> Says:
        arrived = Event()

        def says(model: str, prompt: str, exchange: Exchange) -> None:
            if model == "c":
                arrived.set()
                exchange.wait_for_client_to_leave(8.0)
            else:
                # Else it might not even be asked before the others have answered.
                arrived.wait(20.0)
                exchange.answer("Same")

        return says

    for pattern in (panel(Vote(), quorum=2), panel(Vote(), deadline=1.0)):
        done = compare(cook(), worker, pattern, "Which?", says=begin)
        assert done.texts == ["Same"]


def test_map_reduce(cook: Cook, worker: Worker) -> None:
    pattern = MapReduce(
        mapper=solo("mapper"), reducer=solo("reducer"), chunk_tokens=30, overlap_tokens=5, parallel=2
    )
    text = (
        "Sum it up.\n\n" + " ".join(f"Sentence number {n} is here!" for n in range(20)) + "\n\n" + "ü" * 200
    )
    said = script(mapper=("A part.",))
    done = compare(cook(), worker, pattern, text, "Short.", says=said, in_order=False)
    assert len(done.calls[0]) > 5
    failing = replace(pattern, mapper=solo("wrong"), task="Count.", parallel=1)
    assert compare(cook(), worker, failing, text, says=script()).errors == [True]


# Fallback


def ladder(*models: str, **changes: object) -> Fallback:
    targets = tuple(Target(member=solo(model), tries=2) for model in models)
    return replace(Fallback(targets=targets, base_delay=0.01), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pattern",
    [
        ladder("throttled", "large"),
        ladder("denied", "large"),
        ladder("denied", "missing", "long", "large", when=("access", "context too long")),
        ladder("wrong", "large", when=("context too long",)),
        ladder("wrong", "slow", "down", "large", when=("any",)),
        ladder("throttled", "down"),
        ladder("throttled", "down", shorter=solo("tiny")),
        ladder("throttled", shorter=solo("down")),
    ],
)
def test_a_ladder(cook: Cook, worker: Worker, pattern: Fallback) -> None:
    compare(cook(), worker, pattern, "Hello", says=script())


def test_a_ladder_waits_as_long_as_it_is_asked_to_or_goes_on(cook: Cook, worker: Worker) -> None:
    def begin() -> Says:
        def says(model: str, prompt: str, exchange: Exchange) -> None:
            if model == "busy":
                wait = {"Retry-After": "0.01" if prompt == "soon" else "60"}
                exchange.error(429, "ThrottlingException", "Wait.", headers=wait)
            else:
                echo(model, prompt, exchange)

        return says

    done = compare(cook(), worker, ladder("busy", "large"), "soon", "later", says=begin)
    assert [len(calls) for calls in done.calls] == [3, 2]


def test_a_ladder_over_regions(cook: Cook, worker: Worker) -> None:
    def begin() -> Says:
        def says(model: str, prompt: str, exchange: Exchange) -> None:
            if "/us-east-1/" in exchange.headers["authorization"]:
                exchange.error(503, "ServiceUnavailableException", "Down.")
            else:
                echo(model, prompt, exchange)

        return says

    kitchen = cook()

    def there(region: str) -> Invokers:
        config = ClientConfig(
            region=region,
            endpoint_url=kitchen.server.url,
            access_key_id="AKIDTEST",
            secret_access_key="secret",
        )
        once = BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1))
        return Invokers(once, once)

    pattern = Fallback(
        targets=(Target(member=solo("m"), tries=1), Target(member=solo("m"), region="eu-west-1", tries=1))
    )
    done = compare(kitchen, worker, pattern, "Hello", says=begin, regions=there)
    assert sorted(done.sent) == ["m in eu-west-1", "m in us-east-1"]


def test_a_breaker_leaves_a_target_alone_from_one_request_to_the_next(cook: Cook, worker: Worker) -> None:
    pattern = ladder("throttled", "large", breaker=BreakerPolicy(failures=3, open_for=60.0))
    done = compare(cook(), worker, pattern, *("Hello",) * 4, says=script(), breakers=Breakers())
    assert [len(calls) for calls in done.calls] == [3, 2, 1, 1]


def test_a_breaker_tries_again_with_a_probe(cook: Cook, worker: Worker) -> None:
    says = script(shaky=("!down", "!down", "back", "well"))
    pattern = ladder("shaky", "large", breaker=BreakerPolicy(failures=2, open_for=0.0))
    done = compare(cook(), worker, pattern, "1", "2", "3", says=says, breakers=Breakers())
    assert done.texts[1:] == ["back", "well"] or done.texts[0] == "back"


def test_a_hedge_asks_the_next_target_when_one_is_slow_to_begin(cook: Cook, worker: Worker) -> None:
    def begin() -> Says:
        def says(model: str, prompt: str, exchange: Exchange) -> None:
            if model == "sleepy" and prompt == "sleep":
                exchange.wait_for_client_to_leave(8.0)
            else:
                echo(model, prompt, exchange)

        return says

    pattern = ladder("sleepy", "large", hedge=Hedge(after=0.4))
    done = compare(cook(), worker, pattern, "wake", "sleep", says=begin)
    assert [text[:6] for text in done.texts] == ["sleepy", "large:"]


@pytest.mark.parametrize("hold", [False, True])
def test_an_answer_that_breaks_off_stays_or_is_replaced(cook: Cook, worker: Worker, *, hold: bool) -> None:
    def begin() -> Says:
        def says(model: str, prompt: str, exchange: Exchange) -> None:
            if model == "cut":
                exchange.head()
                exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
                exchange.chunk(text_event("Half an "))
                exchange.cut()
            else:
                echo(model, prompt, exchange)

        return says

    pattern = ladder("cut", "large", hedge=Hedge(after=5.0), hold=hold)
    done = compare(cook(), worker, pattern, "Hello", says=begin, words=False)
    assert done.texts == (["large: Hello"] if hold else ["Half an "])


def test_an_earlier_answer_is_given_when_all_fail(cook: Cook, worker: Worker) -> None:
    says = script(one=("Once.", "!down"), two=("!down",))
    pattern = ladder("one", "two", cached=True)
    done = compare(cook(), worker, pattern, "Hello", " Hello\r\n", "Other", says=says)
    assert (done.texts[:2], done.errors) == (["Once.", "Once."], [False, False, True])


# Caching


def test_kept_answers(cook: Cook, worker: Worker) -> None:
    cache = Cache(member=solo("m"))
    done = compare(cook(), worker, cache, "Hello", "Hello ", "hello", "Hello", says=script())
    assert [len(calls) for calls in done.calls] == [1, 0, 1, 0]
    near = replace(cache, semantic=Semantic(similarity=0.95, embedding_model="embed-v1"))
    prompts = ("a cat", "cat!", "logic", "cat logic cat", "a cat")
    done = compare(cook(), worker, near, *prompts, says=script())
    assert [len(calls) for calls in done.calls] == [2, 1, 2, 2, 0]


# Nesting, settings, the whole


def nested() -> Cascade:
    vote = panel(Vote(ballot=Ballot(labels=("yes", "no"))), solo("a"), solo("throttled"), solo("b"))
    route = Routing(
        routes=(Route(name="short", member=ladder("down", "large")), Route(name="long", member=vote)),
        by=Rules(rules=(Rule(route="long", min_characters=10),)),
        name='The "router" \\ of\nthree',
    )
    chain = Chain(steps=(Step(name="draft", member=vote), Step(name="final", member=route)))
    return Cascade(
        tiers=(Tier(member=vote), Tier(member=chain, name="the chain")),
        criteria=(Matches(regex="no"), Scored(judge=Cache(member=solo("judge")))),
    )


def test_a_ranking_of_passages(cook: Cook, worker: Worker) -> None:
    asks = "Which passage answers this question? Where is the cat?\n\nReply with its id alone, such as [a]."
    prompts = (
        "[a] On logic.\n[b] A cat, a cat.\n[c] A cat, and logic.\n\n" + asks,
        "[only.1] One\n\nWhat of cats?",
        "No passages, a cat.",
    )
    done = compare(cook(), worker, Ranking(embedding_model="embed"), *prompts, says=script())
    assert done.errors == [False, False, True]


def test_patterns_inside_patterns(cook: Cook, worker: Worker) -> None:
    says = script(a=("Yes", "No", "Yes"), b=("yes!", "no…", "yes?"), judge=('{"score": 2}',))
    done = compare(cook(), worker, nested(), "Hi", "A long question", says=says, in_order=False)
    roles = {role for calls in done.calls for role, _ in calls}
    assert {
        "tier 1 > member 1",
        "the chain > draft > member 3",
        "the chain > final > short > target 2",
    } <= roles


def test_every_kind_is_exported() -> None:
    member = solo("m")
    made: dict[str, Pattern] = {
        "routing": Routing(routes=ROUTES, by=WAYS["rules"]),
        "cascade": cascade(),
        "aggregation": panel(Vote()),
        "fallback": ladder("m"),
        "chain": Chain(steps=(Step(name="one", member=member),)),
        "map-reduce": MapReduce(mapper=member, reducer=member),
        "cache": Cache(member=member),
        "ranking": Ranking(embedding_model="amazon.titan-embed-text-v2:0"),
    }
    assert set(made) == set(pattern_kinds())
    for pattern in made.values():
        assert "def answer(prompt: str)" in module_text(pattern)


def test_a_module_runs_from_the_command_line_and_speaks_for_itself(cook: Cook, tmp_path: Path) -> None:
    kitchen: Kitchen = cook(script()())
    (tmp_path / "pattern.py").write_text(module_text(cascade(Matches(regex="large")), region="us-east-1"))
    command = [sys.executable, "pattern.py", "Why?"]
    done = run(command, tmp_path, kitchen.server.url)
    assert done.stdout == "large: Why?\n"
    assert "tier 1 is not accepted" in done.stderr
    told = json.loads(run([*command, "--json"], tmp_path, kitchen.server.url).stdout)
    assert [call["role"] for call in told["calls"]] == ["tier 1", "tier 2"]
    (tmp_path / "pattern.py").write_text(module_text(ladder("wrong"), region="us-east-1"))
    failed = run(command, tmp_path, kitchen.server.url, check=False)
    assert (failed.returncode, "Malformed input request." in failed.stderr) == (1, True)


def test_modules_are_formatted_and_hold_nothing_that_is_not_used(tmp_path: Path) -> None:
    patterns = {
        "nested": nested(),
        "chain": steps(solo("a"), solo("b"), solo("c")),
        **{name: Routing(routes=ROUTES, by=way) for name, way in WAYS.items()},
        "classifier": Routing(routes=ROUTES, by=Classifier(member=solo("judge"), threshold=0.123456789)),
        "looking": cascade(FollowsSchema(schema=SCHEMA), NotRefused(), Ended(), Likely(), Agrees()),
        "judged": panel(Judged(judge=nested())),
        "synthesis": panel(Synthesis(member=solo("writer"))),
        "map-reduce": MapReduce(mapper=solo("m" * 70), reducer=solo('it\'s "m"'), task="Do.\n\nIt."),
        "hedged": ladder("a", "b", hedge=Hedge(percentile=0.95), breaker=BreakerPolicy(), cached=True),
        "semantic": Cache(member=solo("m"), semantic=Semantic(embedding_model="embed-v1")),
    }
    files = []
    for name, pattern in patterns.items():
        files.append(tmp_path / f"{name}.py")
        files[-1].write_text(module_text(pattern))
        py_compile.compile(str(files[-1]), doraise=True)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("There is no ruff here to hold the format against.")
    for command in (["format", "--check", "--diff"], ["check", "--select", "F,E4,E7,E9,I,B"]):
        done = subprocess.run(
            [ruff, *command, "--isolated", "--line-length", "110", *map(str, files)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
