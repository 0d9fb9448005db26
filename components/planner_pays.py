"""Break-evens of a plan, a sentence each: prompt caches by turns, Provisioned Throughput by requests."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.planning.break_even import CachePays, Provisioned, cache_pays
from bedrock_playground.planning.modes import PlanRow, cache_use
from bedrock_playground.planning.offers import Offers, Ttl, caches
from bedrock_playground.planning.pricing import is_cached
from bedrock_playground.planning.workload import Workload
from components.planner_state import in_percent, key, number
from components.words import plain

_TTLS: dict[Ttl, str] = {"5m": "5 minutes", "1h": "1 hour"}
_HOURLY, _UNITS, _HOURS = key("hourly"), key("units"), key("pt_hours")


def pays(
    ids: Sequence[tuple[ModelSpec, str]],
    on_demand: Sequence[PlanRow],
    *,
    workload: Workload,
    offers: Offers,
    region: str | None,
    more: dict[str, str],
) -> list[str]:
    """Draw the break-evens.

    Args:
        ids: Models with ids.
        on_demand: What they cost on demand, as far as that is known.
        workload: The traffic.
        offers: The prices.
        region: The Region.
        more: Takes the further assumptions that are made here.

    Returns:
        The sentences.
    """
    st.markdown(
        "**Prompt caching**: how often the same beginning has to be sent before a cache is cheaper than none."
    )
    cached = [
        cache_sentence(spec, pays_off, workload)
        for spec, model_id in ids
        for ttl in _TTLS
        if caches(spec, ttl)
        for pays_off in [
            cache_pays(offers.book.price(model_id, region=region), ttl, size=int(workload.mean_input))
        ]
    ]
    untold = sorted({spec.name for spec, _ in ids if not any(caches(spec, ttl) for ttl in _TTLS)})
    if untold:
        cached.append(f"Not known to cache prompts: {', '.join(untold)}.")
    _list(cached)
    st.markdown("**Provisioned Throughput**: paid for by the hour, whatever is sent. Type AWS's price.")
    bought = _provisioned(more)
    if bought is None:
        st.caption("Without an hourly price there is nothing to compare with: no price list here has it.")
        return cached
    throughput = [provisioned_sentence(row, bought, workload) for row in on_demand]
    _list(throughput)
    return cached + throughput


def cache_sentence(spec: ModelSpec, found: CachePays, workload: Workload) -> str:
    """Say from when on a cache pays.

    Args:
        spec: The model.
        found: The break-even.
        workload: The traffic, whose hits are held against it.
    """
    begin = f"{spec.name}, {_TTLS[found.ttl]}:"
    if found.turns is None or found.hits is None:
        return f"{begin} unknown. {found.note or ''}".rstrip()
    note = f" {found.note}" if found.note else ""
    if short := _too_short(spec, found.ttl, workload):
        return f"{begin} cheaper from use {found.turns} on, but {short}{note}"
    if not found.hits:
        return f"{begin} cheaper from use {found.turns} on, and never dearer than no cache.{note}"
    hits = workload.hits(found.ttl)
    verdict = "it pays" if hits > found.hits else "it does not pay"
    return (
        f"{begin} cheaper from use {found.turns} on, or as soon as more than {in_percent(found.hits)} of "
        f"requests find it in the cache; with your {in_percent(hits)} {verdict}.{note}"
    )


def _too_short(spec: ModelSpec, ttl: Ttl, workload: Workload) -> str | None:
    """Say why no request of a workload is cached; ``None`` where one is."""
    use = cache_use(spec, ttl, workload)
    if any(is_cached(one, use) for one in workload.sizes):
        return None
    longest = max(one.mean_input for one in workload.sizes) * workload.cached_share
    if not use.minimum or not longest:
        return "nothing repeats in your requests."
    return (
        f"your {longest:,.0f} tokens that repeat are too few: it caches from {use.minimum:,} on, so "
        "nothing is cached."
    )


def provisioned_sentence(row: PlanRow, bought: Provisioned, workload: Workload) -> str:
    """Say from how many requests on Provisioned Throughput pays.

    Args:
        row: The model on demand.
        bought: What is paid by the hour.
        workload: The traffic.
    """
    requests = bought.break_even(row.per_request.amount)
    if requests is None:
        return f"{row.name}: unknown."
    monthly = workload.requests_per_month
    verdict = "cheaper" if row.per_month is not None and row.per_month > bought.per_month else "no cheaper"
    return (
        f"{row.name}: {format_usd(bought.per_month)} a month pays from {requests:,} requests a month on; "
        f"with your {monthly:,} it is {verdict} than on demand ({format_usd(row.per_month)})."
    )


def _provisioned(more: dict[str, str]) -> Provisioned | None:
    st.session_state.setdefault(_UNITS, 1)
    st.session_state.setdefault(_HOURS, 730.0)
    with st.container(horizontal=True, vertical_alignment="bottom", key="planner_pair_provisioned"):
        hourly = st.number_input(
            "US dollars per hour and unit", min_value=0.0, value=None, step=1.0, format="%g", key=_HOURLY,
            placeholder="unknown", persist_state="session",
        )  # fmt: skip
        st.number_input("Model units", 1, 10_000, key=_UNITS, persist_state="session")
        st.number_input(
            "Hours a month", 1.0, 744.0, step=10.0, format="%g", key=_HOURS, persist_state="session",
            help="730 is round the clock; commitments are paid for round the clock."
        )  # fmt: skip
    if not hourly:
        return None
    units, hours = int(st.session_state[_UNITS] or 1), float(st.session_state[_HOURS] or 730.0)
    bought = Provisioned(usd_per_hour=number(float(hourly)), units=units, hours_per_month=number(hours))
    more["provisioned throughput"] = (
        f"{format_usd(bought.usd_per_hour)} per hour and unit, {units} units, {hours:g} hours a month"
    )
    return bought


def _list(sentences: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences) or "–")
