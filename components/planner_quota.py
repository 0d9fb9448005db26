"""Quotas in a plan: requests and tokens a minute that the busiest minute needs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.planning.modes import Mode, cache_use
from bedrock_playground.planning.offers import Ttl, caches
from bedrock_playground.planning.quota import QuotaNeed, burndown, quota_need
from bedrock_playground.planning.workload import Workload
from components.planner_state import key
from components.words import plain

_TOKENS, _REQUESTS, _RATE = key("quota_tokens"), key("quota_requests"), key("quota_rate")
_CLAUDE = 5


def quota(
    ids: Sequence[tuple[ModelSpec, str]], modes: Sequence[Mode], *, workload: Workload, more: dict[str, str]
) -> list[str]:
    """Draw what each model needs of the quotas.

    Args:
        ids: Models with ids.
        modes: The modes that are shown: where all have a cache, what it gives is given back.
        workload: The traffic.
        more: Takes the further assumptions that are made here.

    Returns:
        The sentences.
    """
    if st.session_state.get(_RATE) is None:
        st.session_state[_RATE] = _CLAUDE
    with st.container(horizontal=True, vertical_alignment="bottom", key="planner_pair_quota"):
        tokens = st.number_input(
            "Your quota, tokens a minute", 1, None, value=None, step=100_000, key=_TOKENS,
            placeholder="unknown", persist_state="session",
            help="Service Quotas in the AWS console tells it, by model and Region.",
        )  # fmt: skip
        requests = st.number_input(
            "Your quota, requests a minute", 1, None, value=None, step=100, key=_REQUESTS,
            placeholder="unknown", persist_state="session",
        )  # fmt: skip
        st.number_input("Claude 3.7+: output counts ×", 1, 100, key=_RATE, persist_state="session")
    rate = int(st.session_state[_RATE] or _CLAUDE)
    more["quota taken by an output token of Claude from 3.7 on"] = str(rate)
    if tokens:
        more["quota, tokens a minute"] = str(tokens)
    if requests:
        more["quota, requests a minute"] = str(requests)
    ttl = _cached_for(modes, workload)
    needs = {(spec.name, model_id): _need(spec, workload, rate=rate, ttl=ttl) for spec, model_id in ids}
    _table(needs, tokens=tokens)
    sentences = [
        quota_sentence(name, need, tokens=tokens, requests=requests) for (name, _), need in needs.items()
    ]
    if tokens is not None or requests is not None:
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
    st.caption(
        "When a request begins, input and maxTokens are reserved; when it ends, input and output are counted "
        f"instead{', without what a cache gave' if ttl else ''}. The larger of both is what is needed. "
        f"{_WITH_A_CACHE if ttl is None and any(mode.ttl for mode in modes) else ''}"
        "Source: Bedrock user guide, “How tokens are counted in Amazon Bedrock”."
    )
    return sentences


_WITH_A_CACHE = "It is what a mode without a cache needs; leave only cached ones to see theirs. "


def _cached_for(modes: Sequence[Mode], workload: Workload) -> Ttl | None:
    """The cache that all modes shown have, of several the one that gives the least; else ``None``."""
    # Batch jobs have quotas of their own.
    at_once = [mode for mode in modes if mode.tier != "batch"]
    ttls: list[Ttl] = [mode.ttl for mode in at_once if mode.ttl]
    if not ttls or len(ttls) < len(at_once):
        return None
    least: Ttl = min(ttls, key=workload.hits)
    return least


def _need(spec: ModelSpec, workload: Workload, *, rate: int, ttl: Ttl | None) -> QuotaNeed:
    base = burndown(spec.model_id)
    cache = cache_use(spec, ttl, workload) if ttl and caches(spec, ttl) else None
    return quota_need(workload, output_burndown=rate if base > 1 else 1, cache=cache)


def quota_sentence(name: str, need: QuotaNeed, *, tokens: int | None, requests: int | None) -> str:
    """Say whether the busiest minute fits, and what would help most where it does not.

    Args:
        name: The model's name.
        need: What it needs.
        tokens: The quota of tokens a minute, where known.
        requests: The quota of requests a minute, where known.
    """
    told = (
        f"{name}: {need.requests_per_minute:,.1f} requests and {need.tokens_per_minute:,.0f} tokens in the "
        "busiest minute"
    )
    if tokens is None and requests is None:
        return f"{told}."
    over = []
    if tokens is not None and need.tokens_per_minute > tokens:
        over.append(f"{need.tokens_per_minute / tokens:.1f} times your tokens a minute")
    if requests is not None and need.requests_per_minute > requests:
        over.append(f"{need.requests_per_minute / requests:.1f} times your requests a minute")
    if not over:
        return f"{told}: it fits."
    reserve = need.reserved > need.counted
    advice = " A smaller maxTokens reserves less." if reserve and tokens is not None else ""
    return f"{told}: {' and '.join(over)}.{advice}"


def _table(needs: dict[tuple[str, str], QuotaNeed], *, tokens: int | None) -> None:
    rows = [
        {
            "Model": name,
            "Requests/min": float(need.requests_per_minute),
            "Reserved each": round(need.reserved),
            "Counted each": round(need.counted),
            "Output ×": need.output_burndown,
            "Tokens/min needed": round(need.tokens_per_minute),
            **({"Of your quota": float(need.tokens_per_minute / tokens * 100)} if tokens else {}),
            "Id": model_id,
        }
        for (name, model_id), need in needs.items()
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key("quota_table"),
        placeholder="unknown",
        alt="What each model needs of the quotas in the busiest minute",
        column_config={
            "Model": st.column_config.TextColumn(width=170, pinned=True),
            "Requests/min": number(format="%.1f"),
            "Reserved each": number(format="localized", help="Tokens, when a request begins"),
            "Counted each": number(format="localized", help="Tokens, when it has ended"),
            "Tokens/min needed": number(format="localized"),
            "Of your quota": number(format="%.0f %%"),
        },
    )
