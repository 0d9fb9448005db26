"""How far an evaluation is: bars, cost so far, failures by what they are, who is asked less than allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.progress import ContenderProgress, Progress
from bedrock_playground.evaluation.spec import EvaluationSpec
from bedrock_playground.history.evaluation_records import EvaluationState
from components.evaluate_cost import duration
from components.words import plain


def bars(progress: Progress, *, spec: EvaluationSpec) -> None:
    """Draw how far all of it and each contender is."""
    total = max(progress.total, 1)
    st.progress(min(progress.done / total, 1.0), text=_overall(progress))
    names = {one.label: one.name for one in spec.contenders}
    for one in progress.contenders:
        part = min(one.done / max(one.total, 1), 1.0)
        st.progress(part, text=_of_contender(one, names.get(one.label, one.label)))
        if one.failed:
            st.caption(f":orange[:material/error: {plain(failure_words(one.failed))}]")


def _overall(progress: Progress) -> str:
    parts = [f"**{progress.done:,} of {progress.total:,}** answers"]
    if progress.state is EvaluationState.RUNNING and not progress.ending:
        eta = progress.eta
        parts.append("time left not known yet" if eta is None else f"about {duration(eta)} left")
    parts.append(f"{cost_words(progress)} so far")
    if progress.failures:
        parts.append(f"{progress.failures:,} failed")
    return " · ".join(parts)


def cost_words(progress: Progress) -> str:
    """Say what its calls cost so far."""
    known, unknown = progress.cost, progress.unknown_costs
    if not unknown:
        return plain(format_usd(known))
    calls = "call" if unknown == 1 else "calls"
    return f"{plain(format_usd(known))} and {unknown:,} {calls} whose cost is unknown"


def _of_contender(one: ContenderProgress, name: str) -> str:
    parts = [f"**{one.label}** · {plain(name)}", f"{one.done:,} of {one.total:,}"]
    if one.running:
        parts.append(f"{one.running} under way")
    if one.unscored:
        parts.append(f"{one.unscored:,} to be scored")
    return " · ".join(parts)


def failure_words(failed: Mapping[str, int]) -> str:
    """Name failures by what they are: ``3 × throttled, 1 × interrupted``."""
    return ", ".join(f"{number:,} × {_named(name)}" for name, number in failed.items())


def _named(name: str) -> str:
    """An error's class name in words: ``ModelTimedOut`` → ``model timed out``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)).lower()


def throttling(progress: Progress) -> None:
    """Say which models are asked less than allowed, and what waits."""
    for model_id, state in progress.limits.items():
        if not state.throttled and not (state.waiting and state.reason not in {None, "concurrency"}):
            continue
        words = [f"{model_id}: {state.allowed} at a time now, {state.waiting} waiting"]
        if state.throttled:
            words.append(f"it asked to slow down {state.throttled:,} times")
        if state.reason not in {None, "concurrency"} and state.words:
            words.append(state.words)
        st.caption(f":material/speed: {plain(', '.join(words))}")
