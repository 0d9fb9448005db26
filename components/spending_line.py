"""Beside Run: what it would cost, to be expected and at most. Compare draws it on its first page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bedrock_playground.catalog.money import format_usd, origin
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.spending import Estimate, Estimator, Total, total
from components.compare_asked import REPEAT
from components.prepared import Prepared
from components.spending import estimator_at, session_account, session_totals
from components.spending_ask import models_of
from components.words import plain

_COUNTED = "spending_counted"


def cost_line(place: DeltaGenerator, prepared: Sequence[Prepared], *, connection: Connection | None) -> None:
    """Say what Run would cost.

    Args:
        place: Where.
        prepared: The variants as they would be sent; those that sit out cost nothing.
        connection: Where calls go.
    """
    if connection is None:
        return
    ready = models_of({one.letter: one.built.request for one in prepared if not one.refusals}, connection)
    if not ready:
        return
    repeat = int(st.session_state.get(REPEAT) or 1)
    estimator = estimator_at(connection, with_history=True)
    estimates = {letter: estimator.estimate(request) for letter, request in ready.items()}
    together = total(estimates, repeat=repeat)
    with place:
        st.markdown(f":small[{cost_words(together)}]", width="content")
        if together.free:
            return
        with st.popover("Cost", icon=":material/info:", type="tertiary", key="cost_details"):
            _details(estimates, repeat)
            st.button(
                "Count the input exactly",
                key="count_tokens",
                icon=":material/tag:",
                on_click=_count,
                args=(estimator, ready),
            )
            st.caption(
                "Sends the prompt to the service’s CountTokens, which is free. Not every model has it; the "
                "estimate stays then."
            )
            for why in st.session_state.pop(_COUNTED, ()):
                st.caption(f":material/info: {plain(why)}")


def cost_words(together: Total) -> str:
    """Say what would be sent would cost, and what the limits leave; Streamlit's Markdown."""
    if together.free:
        return ":gray[Free: runs on this machine]"
    told = []
    if together.expected is not None and not together.without_expected:
        told.append(f"about **{plain(format_usd(together.expected))}**")
    if together.worst is not None:
        told.append(f"at most **{plain(format_usd(together.worst))}**")
    unknown = ", ".join(together.without_worst)
    if unknown:
        told.append(f":orange[{'plus ' if told else ''}{unknown}: cost unknown]")
    words = ":gray[Run costs] " + ", ".join(told)
    return words + _left(together)


def _left(together: Total) -> str:
    """What the limits leave, where there are any."""
    account = session_account()
    limits = account.limits
    if not limits.any:
        return ""
    totals = session_totals()
    if totals is None:
        return " :orange[· what is left cannot be read]"
    rooms = (totals.session.left(limits.session), totals.day.left(limits.day))
    left = min(room for room in rooms if room is not None)
    text = f"{plain(format_usd(left))} left"
    if left < (together.worst or Decimal(0)):
        return f" :orange[· more than the {text}: what does not fit is not sent]"
    return f" :gray[· {text}]"


def _details(estimates: Mapping[str, Estimate], repeat: int) -> None:
    for letter, one in estimates.items():
        if one.free:
            st.markdown(f"**{letter}** · free: runs on this machine")
            continue
        st.markdown(
            f"**{letter}** · {plain(one.model_id)}  \n"
            f"Expected **{plain(format_usd(one.expected.amount))}** · at most "
            f"**{plain(format_usd(one.worst.amount))}**  \n"
            f":small[{_tokens(one)}]  \n:small[:gray[{plain(_whence(one))}]]"
        )
    times = f", {repeat} times each" if repeat > 1 else ""
    st.caption(f"Per answer; Run asks {len(estimates)} variant{'s' if len(estimates) > 1 else ''}{times}.")


def _tokens(one: Estimate) -> str:
    counted = "counted" if one.input.counted else "estimated"
    put_in = "not known" if one.input.expected is None else f"{one.input.expected:,} {counted}"
    usual = "" if one.output is None else f"{one.output:,} expected, "
    most = "at most not known" if one.output_at_most is None else f"at most {one.output_at_most:,}"
    return f"Tokens in: {put_in}. Out: {usual}{most}."


def _whence(one: Estimate) -> str:
    known: Cost = one.worst if one.worst.amount is not None else one.expected
    notes = (one.why_unknown or f"Price: {origin(known)}", one.input.note, one.output_note)
    return " ".join(note.rstrip(".") + "." for note in notes if note)


def _count(estimator: Estimator, requests: Mapping[str, InvocationRequest]) -> None:
    """Have every lane's input counted; what a model does not tell is said once."""
    told: dict[str, str] = {}
    for letter, request in requests.items():
        if estimator.estimate(request).free or estimator.count(request) is not None:
            continue
        why = estimator.why_not_counted(request) or "the service did not answer in time."
        told[request.model_id] = f"{letter} stays estimated: {why}"
    st.session_state[_COUNTED] = tuple(told.values())
