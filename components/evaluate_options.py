"""How an evaluation is run: how many cases, how often, how fast, for how much at most; folded away."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from bedrock_playground.evaluation.spec import MAX_CONCURRENCY, MAX_REPEAT

SAMPLE = "evaluate_sample"
"""How many cases are asked; as the field has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the fields say."""

    sample: int | None
    """So many cases alone; ``None``: all."""
    repeat: int
    seed: int
    concurrency: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    max_cost: Decimal | None


def option_fields(cases: int, *, local: bool) -> Options:
    """Draw the options.

    Args:
        cases: How many cases the data set has.
        local: Whether the models run on this machine, which does one thing at a time.
    """
    _defaults(cases, local=local)
    with st.expander(f"Options: {_words(cases)}", icon=":material/tune:", key="evaluate_options"):
        with st.container(horizontal=True, gap="small", vertical_alignment="top"):
            st.number_input(
                "Cases",
                1,
                cases,
                key=SAMPLE,
                width=130,
                help="Fewer are a sample drawn by the seed: a quick first look.",
                persist_state="session",
            )
            st.number_input(
                "Repeats",
                1,
                MAX_REPEAT,
                key="evaluate_repeat",
                width=130,
                help="How often each case is asked: shows how much a contender's answers vary.",
                persist_state="session",
            )
            st.number_input(
                "Seed",
                0,
                2**31 - 1,
                key="evaluate_seed",
                width=130,
                help="The order of the cases, and a sample of them, follow from it.",
                persist_state="session",
            )
            st.number_input(
                "Most to spend, US$",
                0.0,
                value=None,
                format="%.4f",
                key="evaluate_max_cost",
                width=190,
                placeholder="No limit",
                help="It pauses before a call whose worst case would go beyond.",
                persist_state="session",
            )
        with st.container(horizontal=True, gap="small", vertical_alignment="top"):
            st.number_input(
                "At a time",
                1,
                MAX_CONCURRENCY,
                key="evaluate_concurrency",
                width=130,
                help="Requests to one model under way at the same time; fewer while it says to slow down.",
                persist_state="session",
            )
            for key, label in (("rpm", "Requests per minute"), ("tpm", "Tokens per minute")):
                st.number_input(
                    label,
                    1,
                    value=None,
                    key=f"evaluate_{key}",
                    width=190,
                    placeholder="No limit",
                    help="Of one model, as its quota has it.",
                    persist_state="session",
                )
    return _read(cases)


def _defaults(cases: int, *, local: bool) -> None:
    state = st.session_state
    if not 1 <= int(state.get(SAMPLE) or 0) <= cases or state.get("evaluate_cases_of") != cases:
        # Another data set: all of its cases, until somebody says otherwise.
        state[SAMPLE] = cases
        state["evaluate_cases_of"] = cases
    for key, value in (("repeat", 1), ("seed", 0)):
        if state.get(f"evaluate_{key}") is None:
            state[f"evaluate_{key}"] = value
    if state.get("evaluate_concurrency") is None:
        state["evaluate_concurrency"] = 2 if local else 8


def _read(cases: int) -> Options:
    state = st.session_state
    sample = int(state[SAMPLE])
    most = state.get("evaluate_max_cost")
    return Options(
        sample=None if sample >= cases else sample,
        repeat=int(state["evaluate_repeat"]),
        seed=int(state["evaluate_seed"]),
        concurrency=int(state["evaluate_concurrency"]),
        requests_per_minute=state.get("evaluate_rpm"),
        tokens_per_minute=state.get("evaluate_tpm"),
        max_cost=None if most is None else Decimal(repr(most)),
    )


def _words(cases: int) -> str:
    """The options in a few words, for the closed expander."""
    now = _read(cases)
    parts = ["all cases" if now.sample is None else f"{now.sample:,} of {cases:,} cases"]
    parts.append("once each" if now.repeat == 1 else f"{now.repeat} times each")
    parts.append(f"{now.concurrency} at a time")
    if now.max_cost is not None:
        # Written out: a dollar sign would begin mathematics.
        parts.append(f"at most {now.max_cost:f} US dollars")
    return ", ".join(parts)
