"""What an evaluation would cost and how long it may take, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.asking import asked_of
from bedrock_playground.evaluation.estimate import SAMPLE, EvaluationEstimate, estimate
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.spec import EvaluationSpec, case_order, spec_to_text
from bedrock_playground.history import HistoryError, RunFilter, RunStore
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.values import RunState
from bedrock_playground.measures import quantile
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.presets.errors import TemplateUnfilled
from components.resources import get_store
from components.words import plain

_MEMO = "evaluate_estimate"
_LATEST = 50


def estimated(
    store: RunStore, spec: EvaluationSpec, *, cases: int, place: Place, scorers: Sequence[Scorer]
) -> EvaluationEstimate:
    """Estimate an evaluation; worked out once for the same one.

    Args:
        store: The history, which has the cases.
        spec: What would be run.
        cases: How many cases the data set has.
        place: Where.
        scorers: Who scores.
    """
    wanted = (spec_to_text(spec), place.endpoint, place.region)
    known: tuple[object, EvaluationEstimate] | None = st.session_state.get(_MEMO)
    if known is None or known[0] != wanted:
        order = case_order(spec, cases)
        by_number = {case.number: case for case in store.data_sets.cases(spec.data_set_id, order[:SAMPLE])}
        first = [by_number[number] for number in order[:SAMPLE] if number in by_number]
        found = estimate(spec, first, total_cases=len(order), place=place, scorers=scorers)
        known = wanted, found
        st.session_state[_MEMO] = known
    return known[1]


def cost_line(found: EvaluationEstimate, *, seconds: float | None) -> None:
    """Say what it comes to: answers, money, time; with the parts behind a button."""
    answers = sum(one.answers for one in found.contenders)
    parts = [f"**{answers:,} answers**", _money(found), _time(seconds)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evaluate_cost"):
        st.markdown(":gray[It comes to] " + " · ".join(parts), width="content")
        if not found.total.free or any(one.notes for one in found.contenders):
            with st.popover("Details", icon=":material/info:", type="tertiary", key="evaluate_cost_details"):
                _details(found)


def _money(found: EvaluationEstimate) -> str:
    total = found.total
    if total.free:
        return "free: runs on this machine"
    told = []
    if total.expected is not None:
        told.append(f"about **{plain(format_usd(total.expected))}**")
    if total.worst is not None:
        told.append(f"at most **{plain(format_usd(total.worst))}**")
    elif not found.unpriced:
        told.append(":gray[at most: depends on the answers]")
    else:
        known = f"at most {plain(format_usd(found.known_worst))} plus " if found.known_worst else ""
        told.append(f":orange[{known}what nobody knows the price of]")
    return ", ".join(told) or ":orange[cost unknown]"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ":gray[time unknown: no earlier answers to go by]"
    return f"about {duration(seconds)}, :gray[by earlier answers]"


def _details(found: EvaluationEstimate) -> None:
    for one in (*found.contenders, *found.scoring):
        amount = one.amount
        if amount.free:
            cost = "free: runs on this machine"
        else:
            cost = (
                f"expected **{plain(format_usd(amount.expected))}** · at most "
                f"**{plain(format_usd(amount.worst))}**"
            )
        st.markdown(f"**{plain(one.name)}** · {one.answers:,} answers · {cost}")
        for note in one.notes:
            st.caption(plain(note))
    if found.sampled is not None:
        st.caption(f"Estimated on {found.sampled:,} of the {found.cases:,} cases, which stand for all.")


def duration(seconds: float) -> str:
    """Say how long, roughly: ``20 s``, ``5 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


# Time


def expected_seconds(spec: EvaluationSpec, *, cases: int, local: bool) -> float | None:
    """How long it may take, by the latest answers of each model; ``None`` where one has none.

    A pattern is taken to ask each of its members once. Models work beside each other; on this machine one
    call at a time is as fast as several.

    Args:
        spec: What would be run.
        cases: How many cases are asked.
        local: Whether the models run on this machine.
    """
    calls: dict[str, int] = {}
    for contender in spec.contenders:
        for model in models_in(contender.member):
            calls[model] = calls.get(model, 0) + cases * spec.repeat
    times = []
    for model, number in calls.items():
        usual = _usual_seconds(model)
        if usual is None:
            return None
        times.append(usual * number / (1 if local else spec.concurrency))
    if not times:
        return None
    return sum(times) if local else max(times)


@st.cache_resource(show_spinner=False, ttl=30, max_entries=256)
def _usual_seconds(model: str) -> float | None:
    which = RunFilter(model_ids=(model,), states=(RunState.COMPLETED,))
    try:
        page = get_store().list_runs(which, limit=_LATEST)
    except HistoryError:
        return None
    return quantile([run.total for run in page.runs if run.total is not None], 0.5).value


def models_of(spec: EvaluationSpec) -> tuple[str, ...]:
    """Every model that takes part in an evaluation, once."""
    return tuple(dict.fromkeys(model for one in spec.contenders for model in models_in(one.member)))


def models_in(member: Member) -> Iterator[str]:
    """The models that take part, each as often as it has a role."""
    for solo in solos_in(member):
        yield solo.variant.model


def solos_in(member: Member) -> Iterator[Solo]:
    """The models that take part, with their settings."""
    if isinstance(member, Solo):
        yield member
        return
    for _, inside in member.roles():
        yield from solos_in(inside)


def first_requests(
    store: RunStore, spec: EvaluationSpec, *, place: Place, models: Sequence[str]
) -> dict[str, InvocationRequest]:
    """One request of each of some models, to ask about: those of the first case.

    Args:
        store: The history, which has the cases.
        spec: What would be run.
        place: Where.
        models: The models that are meant.
    """
    case = next(iter(store.data_sets.iter_cases(spec.data_set_id)), None)
    found: dict[str, InvocationRequest] = {}
    if case is None:
        return found
    for contender in spec.contenders:
        try:
            asked = asked_of(spec, contender, case)
        except TemplateUnfilled:
            continue
        for solo in solos_in(contender.member):
            request = place.shape(solo.variant, asked).request
            if request.model_id in models and request.model_id not in {r.model_id for r in found.values()}:
                found[f"{contender.label} · {contender.name}"] = request
    return found


def within(found: EvaluationEstimate, most: Decimal | None) -> str | None:
    """Say where a limit and the estimate do not go together; ``None``: they do."""
    if most is None:
        return None
    if found.unpriced:
        names = ", ".join(found.unpriced)
        return (
            f"Nobody knows what {names} costs at most, so no limit can be held. Set max tokens, or no limit."
        )
    worst = found.total.worst
    if worst is None:
        return (
            "What a pattern costs at most depends on the answers: it pauses before a call beyond the limit."
        )
    if worst > most:
        return "At worst it would cost more than the limit: it pauses before a call that could go beyond."
    return None
