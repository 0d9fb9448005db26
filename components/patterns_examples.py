"""Ready patterns to begin with: of the local model where that is called, of Bedrock's own otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.codec import MemberRefused, member_from_json
from bedrock_playground.patterns.criteria_asking import Scored
from bedrock_playground.patterns.criteria_looking import Ended, Matches, NotRefused
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.forms import blank_part
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Pattern, Solo
from bedrock_playground.patterns.merging import Synthesis, Vote
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_rules import Rule, Rules
from bedrock_playground.patterns.trying import Target
from bedrock_playground.patterns.votes import Ballot
from components.patterns_member import solo
from components.variants import default_model

_CHEAP = ("amazon.nova-micro", "amazon.nova-lite", "anthropic.claude-haiku", "smollm2")
_STRONG = ("anthropic.claude-sonnet", "amazon.nova-pro", "anthropic.claude", "amazon.nova", "smollm2")


@dataclass(frozen=True, slots=True)
class Cast:
    """Models that can play in examples."""

    cheap: str
    """A small one."""
    strong: str
    """A stronger one; where one model is all there is, the same."""

    def small(self, *, temperature: float = 0.0, tokens: int = 200) -> Solo:
        """The small one, brief."""
        return Solo(variant=Variant(model=self.cheap, temperature=temperature, max_tokens=tokens))

    def large(self, *, temperature: float = 0.7, tokens: int = 300) -> Solo:
        """The stronger one."""
        return Solo(variant=Variant(model=self.strong, temperature=temperature, max_tokens=tokens))


@dataclass(frozen=True, slots=True)
class Example:
    """A pattern that is ready to run, and a prompt that shows what it does."""

    title: str
    """What it shows."""
    prompt: str
    """What to ask."""
    make: Callable[[Cast], Pattern]
    """Makes it of the models that there are."""


def cast_of(catalogue: Catalogue) -> Cast:
    """Who can play: a cheap and a strong model of those that can be called here."""
    return Cast(_first(catalogue, _CHEAP), _first(catalogue, _STRONG))


def _first(catalogue: Catalogue, wanted: tuple[str, ...]) -> str:
    ids = [
        one.model_id for one in catalogue.options if one.comparable and (one.listed or not catalogue.closed)
    ]
    listed = [one.model_id for one in catalogue.options if one.comparable and one.listed]
    for name in wanted:
        for model_id in (*listed, *ids):
            if name in model_id:
                return model_id
    return default_model(catalogue)


def examples(kind: str) -> tuple[Example, ...]:
    """The ready examples of a kind; at least a blank one."""
    return _EXAMPLES.get(kind) or (Example("Blank", "", lambda cast: _blank(kind, cast)),)


def _blank(kind: str, cast: Cast) -> Pattern:
    """A pattern of a kind of which there is no example: all that has no default is left blank."""
    document = blank_part(pattern_kinds()[kind], member=solo(cast.cheap))
    made = member_from_json(document)
    if isinstance(made, Solo):
        raise MemberRefused("A blank pattern is a single model.")
    return made


def _outline(cast: Cast) -> Pattern:
    return Chain(
        steps=(
            Step(
                name="outline",
                member=cast.small(tokens=120),
                template="Write three short bullet points that answer this:\n{{prompt}}",
            ),
            Step(
                name="draft",
                member=cast.large(),
                template="Write one paragraph that answers: {{prompt}}\n\nUse these points:\n{{outline}}",
            ),
            Step(
                name="polish",
                member=cast.small(tokens=300),
                template="Make this text shorter and clearer. Answer with the text alone.\n\n{{draft}}",
            ),
        ),
        name="Outline, draft, polish",
    )


def _translate(cast: Cast) -> Pattern:
    return Chain(
        steps=(
            Step(name="answer", member=cast.large(), template="{{prompt}}"),
            Step(
                name="summary",
                member=cast.small(tokens=80),
                template="Say this in one sentence:\n\n{{answer}}",
            ),
        ),
        name="Answer, then one sentence",
    )


def _by_rules(cast: Cast) -> Pattern:
    return Routing(
        routes=(
            Route(name="quick", member=cast.small(tokens=80), description="Short, simple questions"),
            Route(name="thorough", member=cast.large(), description="Long texts, code, several steps"),
        ),
        by=Rules(
            rules=(
                Rule(route="thorough", contains=("code", "function", "step by step", "explain")),
                Rule(route="quick", max_characters=120),
            )
        ),
        default="thorough",
        name="Short to the small one",
    )


def _by_classifier(cast: Cast) -> Pattern:
    return Routing(
        routes=(
            Route(
                name="easy", member=cast.small(tokens=80), description="Facts, small talk, one-step questions"
            ),
            Route(
                name="hard", member=cast.large(), description="Reasoning in several steps, code, long texts"
            ),
        ),
        by=Classifier(member=cast.small(tokens=100)),
        default="hard",
        name="A small model decides",
    )


def _cut_short(cast: Cast) -> Pattern:
    return Cascade(
        tiers=(Tier(member=cast.small(tokens=24)), Tier(member=cast.large(tokens=300))),
        criteria=(Ended(), NotRefused()),
        name="Cut short? Ask the larger one",
    )


def _in_form(cast: Cast) -> Pattern:
    return Cascade(
        tiers=(Tier(member=cast.small(tokens=80)), Tier(member=cast.large(tokens=300))),
        criteria=(Matches(regex=r"^\s*(yes|no)\b"),),
        name="Answer yes or no",
    )


def _judged_tiers(cast: Cast) -> Pattern:
    return Cascade(
        tiers=(Tier(member=cast.small()), Tier(member=cast.large())),
        criteria=(Scored(judge=cast.small(tokens=120)),),
        name="A judge scores the answer",
    )


def _panel(cast: Cast, *, tokens: int = 60) -> tuple[Panelist, ...]:
    return (
        Panelist(member=cast.small(temperature=0.0, tokens=tokens), name="calm"),
        Panelist(member=cast.small(temperature=0.8, tokens=tokens), name="lively"),
        Panelist(member=cast.large(temperature=0.5, tokens=tokens), name="large"),
    )


def _vote(cast: Cast) -> Pattern:
    return Aggregation(
        members=_panel(cast),
        by=Vote(ballot=Ballot(labels=("positive", "negative", "neutral"))),
        name="Majority of three",
    )


def _synthesis(cast: Cast) -> Pattern:
    return Aggregation(
        members=_panel(cast, tokens=120),
        by=Synthesis(member=cast.large(tokens=300)),
        quorum=2,
        name="One answer of three",
    )


def _other_region(cast: Cast) -> Pattern:
    return Fallback(
        targets=(
            Target(member=cast.large(tokens=120)),
            Target(member=cast.large(tokens=120), region="us-west-2"),
        ),
        breaker=BreakerPolicy(failures=3),
        name="The same model in another Region",
    )


def _hedged(cast: Cast) -> Pattern:
    return Fallback(
        targets=(
            Target(member=cast.large(tokens=120)),
            Target(member=cast.small(tokens=120), region="us-west-2"),
        ),
        hedge=Hedge(after=1.0),
        cached=True,
        name="Hedge after a second",
    )


def _summary(cast: Cast) -> Pattern:
    return MapReduce(
        mapper=cast.small(tokens=80),
        reducer=cast.large(tokens=160),
        chunk_tokens=200,
        overlap_tokens=20,
        name="Read in pieces",
    )


def _exact(cast: Cast) -> Pattern:
    return Cache(member=cast.large(tokens=160), name="The same question costs once")


def _near(cast: Cast) -> Pattern:
    return Cache(member=cast.large(tokens=160), semantic=Semantic(similarity=0.9), name="Near questions too")


def _ranking(_: Cast) -> Pattern:
    return Ranking(name="The nearest passage")


_PASSAGES = """[p01] An object store keeps files as objects in buckets, each reached over HTTP by its key.
[p02] A block volume behaves like a disk of its own: it is attached to one server and holds a file system.
[p03] A shared file system can be mounted by many servers at once, which all see the same files.
[p04] Archive storage costs very little per gigabyte, but data takes minutes to hours to come back.

Which passage answers this question? Where do files go that ten machines work on at the same time?"""

_LONG_TEXT = """Summarise this report in three sentences.

The library on the market square opened its new reading room in March. It has forty places, most of them by
the windows, and two small rooms for groups that can be booked for two hours. In the first month the room was
full on eleven afternoons, so the opening hours were extended until eight in the evening from April on.

Loans fell by six per cent against the year before, but visits rose by a quarter. People come to read, to work
and to meet, and many of them borrow nothing. The staff counted the questions at the desk for two weeks: four
of ten were about printers and forms, three about a book, and the rest about the building itself.

The roof was repaired in the summer for less than was planned. What was saved paid for new shelves in the
children's corner, which is now twice as large. On Saturdays a volunteer reads aloud there; thirty children
came on average, and on one rainy day in October there were seventy.

For next year the library asks for one more person at the desk, because the longer hours were covered by
overtime. It also wants to lend tools and musical instruments, as two libraries nearby do. The town council
will decide in January. If it refuses, the room will close at six again."""

_EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "chain": (
        Example("Outline, draft, polish", "Why is the sky blue?", _outline),
        Example("Answer, then say it in one sentence", "What is photosynthesis?", _translate),
    ),
    "routing": (
        Example("By rules: short to the small one", "What is the capital of France?", _by_rules),
        Example("A small model decides", "Explain step by step how a bicycle stays upright.", _by_classifier),
    ),
    "cascade": (
        Example(
            "Escalate when the answer is cut short",
            "Explain in three sentences why the sky is blue.",
            _cut_short,
        ),
        Example("Escalate when the form is wrong", "Is the moon larger than the earth?", _in_form),
        Example("Escalate by a judge's score", "Why do leaves turn red in autumn?", _judged_tiers),
    ),
    "aggregation": (
        Example(
            "Majority vote",
            "Is this review positive, negative or neutral? Answer with one word.\n\n"
            "“Great food, slow service, but I would come again.”",
            _vote,
        ),
        Example("One answer written from three", "What makes a good holiday?", _synthesis),
    ),
    "fallback": (
        Example(
            "To another Region when the first fails", "Write two sentences about the sea.", _other_region
        ),
        Example("Hedge a slow answer", "Write two sentences about the sea.", _hedged),
    ),
    "map-reduce": (Example("Summarise a long text", _LONG_TEXT, _summary),),
    "cache": (
        Example("The same question costs once: run it twice", "What is the capital of France?", _exact),
        Example("Near questions too: ask it in other words", "How do I reset my password?", _near),
    ),
    "ranking": (Example("Find the passage that answers", _PASSAGES, _ranking),),
}
