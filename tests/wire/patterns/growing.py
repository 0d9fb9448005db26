"""Patterns of every kind, nested at random, for properties that hold of all of them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis, Vote
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing, Way
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_metrics import Figures, Measured
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.routing_rules import Rule, Rules
from bedrock_playground.patterns.trying import Target
from bedrock_playground.patterns.votes import Ballot
from tests.wire.patterns.kitchen import solo

solos = st.sampled_from(["small", "large", "other", "fails"]).map(solo)
judges = st.just(solo("judge"))
shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
ballots = st.sampled_from(
    [Ballot(), Ballot(labels=("small", "large")), Ballot(regex=r"^\w+"), Ballot(field="n")]
)

criteria: st.SearchStrategy[Criterion] = st.one_of(
    st.builds(FollowsSchema, schema=st.sampled_from([None, '{"type": "object"}'])),
    st.builds(Matches, regex=st.sampled_from(["small", "^x"])),
    st.builds(Ended),
    st.builds(NotRefused),
    st.builds(Likely, threshold=shares),
    st.builds(Agrees, n=st.just(2), k=st.integers(1, 2), ballot=ballots),
    st.builds(Scored, judge=judges, threshold=st.integers(1, 5)),
)
examples = st.builds(
    Example,
    text=st.sampled_from(["a", "bb"]),
    route=st.sampled_from(["one", "two"]),
    vector=st.sampled_from([(), (1.0, 2.0), (-1.0, 3.0)]),
)
figures = st.builds(
    Figures,
    route=st.sampled_from(["one", "two"]),
    cost=st.sampled_from([None, Decimal("0.001"), Decimal("1E-7")]),
    latency=st.sampled_from([None, 1.5]),
    error_rate=st.none() | shares,
    requests=st.integers(0, 9),
)
rules = st.builds(
    Rule,
    route=st.sampled_from(["one", "two"]),
    contains=st.sampled_from([(), ("hello",)]),
    regex=st.sampled_from([None, "l+"]),
    min_characters=st.sampled_from([None, 3]),
    attachments=st.sampled_from([None, True, False]),
)
ways: st.SearchStrategy[Way] = st.one_of(
    st.builds(Rules, rules=st.lists(rules, max_size=2).map(tuple)),
    st.builds(Classifier, member=judges, threshold=shares),
    st.builds(
        Neighbours,
        examples=st.lists(examples, min_size=1, max_size=3).map(tuple),
        k=st.just(1),
        threshold=shares,
        embedding_model=st.just("embedder"),
    ),
    st.builds(
        Measured,
        figures=st.lists(figures, max_size=2).map(tuple),
        best=st.sampled_from(["cost", "latency", "error_rate"]),
        max_error_rate=st.none() | shares,
        max_cost=st.sampled_from([None, Decimal("0.01")]),
    ),
)
merges: st.SearchStrategy[Merge] = st.one_of(
    st.builds(Vote, ballot=ballots),
    st.builds(Judged, judge=judges, swap=st.booleans(), ballot=ballots),
    st.builds(Synthesis, member=solos),
)


def _arrangements(members: st.SearchStrategy[Member]) -> st.SearchStrategy[Member]:
    """Patterns over such members."""
    some = st.lists(members, min_size=1, max_size=3)

    def routing(by: Way, two: tuple[Member, Member]) -> Routing:
        one, other = two
        return Routing(routes=(Route(name="one", member=one), Route(name="two", member=other)), by=by)

    return st.one_of(
        st.builds(routing, ways, st.tuples(members, members)),
        st.builds(
            Cascade,
            tiers=some.map(lambda each: tuple(Tier(member=member) for member in each)),
            criteria=st.lists(criteria, max_size=2, unique_by=lambda each: each.kind).map(tuple),
        ),
        st.builds(
            Aggregation,
            members=some.map(lambda each: tuple(Panelist(member=member) for member in each)),
            by=merges,
        ),
        st.builds(
            Chain,
            steps=some.map(lambda each: tuple(Step(name=f"s{n}", member=m) for n, m in enumerate(each))),
        ),
        st.builds(
            Fallback,
            targets=some.map(lambda each: tuple(Target(member=member, tries=1) for member in each)),
            when=st.sampled_from([("any",), ("throttling", "timeout")]),
            hold=st.booleans(),
        ),
        st.builds(
            MapReduce,
            mapper=members,
            reducer=members,
            chunk_tokens=st.just(8),
            overlap_tokens=st.just(2),
            parallel=st.just(1),
        ),
    )


contenders: st.SearchStrategy[Member] = st.recursive(solos, _arrangements, max_leaves=5)
"""Every kind but a cache, whose answers depend on what else was asked at the same moment."""
cached: st.SearchStrategy[Member] = st.builds(
    Cache,
    member=contenders,
    semantic=st.none() | st.builds(Semantic, similarity=st.sampled_from([0.5, 0.95])),
)
patterns = contenders.filter(lambda member: isinstance(member, Pattern))
