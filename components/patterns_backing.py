"""What stands behind a pattern in the app: guarded calls where the comparison runs, recorded and priced."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import streamlit as st

from bedrock_playground.catalog.embeddings import default_embedding_model
from bedrock_playground.invocation import RequestRefused
from bedrock_playground.invocation.observed import CURRENT_RUN
from bedrock_playground.patterns.asked import pattern_of, without_pattern
from bedrock_playground.patterns.backing import Backing, Invokers
from bedrock_playground.patterns.breakers import Breakers
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.first_tokens import FirstTokens
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.patterns.stream import PatternInvoker, PatternStream
from components.resources import get_models, get_pricer, get_store, told_behind

if TYPE_CHECKING:
    from bedrock_playground.invocation import InvocationRequest
    from bedrock_playground.invocation.trace import Trace
    from components.binding import WhereItRan


@st.cache_resource(show_spinner=False)
def _at_work() -> WeakValueDictionary[str, PatternStream]:
    """The patterns that are at work, by run id; gone as soon as nobody iterates them."""
    return WeakValueDictionary()


def trace_so_far(run_id: str) -> Trace | None:
    """What a pattern has done until now; ``None`` where it is not at work (then its result tells)."""
    stream = _at_work().get(run_id)
    return stream.trace if stream is not None else None


def backing_at(place: WhereItRan) -> Backing:
    """Make what patterns need at a place.

    Args:
        place: Where calls go, and who pays for them.
    """
    behind = told_behind(place.endpoint, place.region)
    embedding = None
    # Whoever needs one and has none says so in its call.
    with suppress(Exception):
        connection = place.connection()
        embedding = default_embedding_model(get_models(connection)) if connection else None
    lasting = _lasting((place.endpoint, place.region))
    return Backing(
        invoker=place,
        once=replace(place, once=True),
        shape=shape_by_catalogue(behind),
        recorder=get_store().recorder(),
        pricer=get_pricer(place.endpoint, place.region),
        embedding_model=embedding,
        regions=lambda region: _invokers(replace(place, region=region)),
        breakers=lasting.breakers,
        first_tokens=lasting.first_tokens,
        namespace=f"{place.payer.account.session} {place.endpoint} {place.region}",
    )


def _invokers(place: WhereItRan) -> Invokers:
    return Invokers(place, replace(place, once=True))


@dataclass(frozen=True, slots=True)
class _Lasting:
    """What outlives a pattern's run: how targets have been doing."""

    breakers: Breakers = field(default_factory=Breakers)
    first_tokens: FirstTokens = field(default_factory=FirstTokens)


@st.cache_resource(show_spinner=False)
def _places() -> dict[tuple[str | None, str | None], _Lasting]:
    return {}


def _lasting(place: tuple[str | None, str | None]) -> _Lasting:
    """What is known of targets at a place; breakers and times are of no use if every run has its own."""
    return _places().setdefault(place, _Lasting())


def breakers_at(endpoint: str | None, region: str | None) -> Breakers:
    """The circuit breakers of the targets at a place."""
    return _lasting((endpoint, region)).breakers


def play(request: InvocationRequest, place: WhereItRan) -> PatternStream:
    """Start the pattern that a request carries.

    Raises:
        RequestRefused: It carries none that can be read.
    """
    try:
        pattern = pattern_of(request)
    except MemberRefused as error:
        raise RequestRefused(f"The pattern cannot be read: {error}") from error
    if pattern is None:
        raise RequestRefused("This run names a pattern that it does not carry, so it cannot be made again.")
    stream = PatternInvoker(pattern, backing_at(place)).stream(without_pattern(request))
    if (run := CURRENT_RUN.get()) is not None:
        _at_work()[run.identity.run_id] = stream
    return stream
