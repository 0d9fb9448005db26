"""On the Connection page: what was spent, what the limits leave, and the session's own limits."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.history import HistoryError
from bedrock_playground.spending import Limits, Spent
from components import compare_blind
from components.compare_state import ID
from components.spending import session_account, session_totals
from components.words import plain

_SESSION = "spending_session_limit"
_DAY = "spending_day_limit"


def spending() -> None:
    """Show and change it."""
    with st.container(border=True, key="connection_spending"):
        st.subheader("Spending", anchor=False)
        account, totals = session_account(), session_totals()
        if totals is None:
            st.warning(
                "What was spent is counted in the history, which cannot be read now. While a limit is set, "
                "nothing is sent that costs money.",
                icon=":material/info:",
            )
        else:
            limits = account.limits
            left, right = st.columns(2, gap="small")
            with left:
                _scope("This session", totals.session, limits.session)
            with right:
                _scope("Today, everybody", totals.day, limits.day)
        _own_limits()
        st.caption(
            "A call is sent only if the most that it can cost fits into what is left; what it did not use is "
            "given back when it ends. A day is a day in UTC. The model on this machine is free. A model of "
            "which nobody knows the price asks first."
        )


def _scope(title: str, spent: Spent, limit: Decimal | None) -> None:
    st.markdown(f"**{title}**")
    rows = [f"Spent: **{_usd(spent.spent)}**"]
    if spent.reserved:
        rows.append(f"Reserved by what runs: {_usd(spent.reserved)}")
    if spent.held:
        rows.append(f"Ended, cost not told, counted at its most: {_usd(spent.held)}")
    if spent.unpriced:
        runs = "1 run" if spent.unpriced == 1 else f"{spent.unpriced} runs"
        rows.append(f"Not counted: {runs} of unknown cost")
    room = spent.left(limit)
    rows.append("No limit" if room is None else f"Left: **{_usd(room)}** of {_usd(limit)}")
    st.markdown("  \n".join(rows))


def _usd(amount: Decimal | None) -> str:
    return plain(format_usd(amount))


def _own_limits() -> None:
    ceiling = session_account().ceiling
    with st.container(horizontal=True, gap="small"):
        for key, label, set_by_server in (
            (_SESSION, "Session limit, US$", ceiling.session),
            (_DAY, "Day limit, US$", ceiling.day),
        ):
            st.number_input(
                label,
                min_value=0.0,
                value=None,
                step=0.5,
                format="%g",
                key=key,
                persist_state="session",
                placeholder="No limit" if set_by_server is None else f"{set_by_server:f}",
                on_change=_set,
            )
    told = [
        f"{format_usd(limit)} {scope}"
        for limit, scope in ((ceiling.session, "per session"), (ceiling.day, "per day"))
        if limit is not None
    ]
    if told:
        st.caption(
            f"The server’s own limits: {plain(' and '.join(told))}. You can lower them, not raise them."
        )


def _set() -> None:
    own = {key: st.session_state.get(key) for key in (_SESSION, _DAY)}
    session, day = (None if value is None else Decimal(str(value)) for value in own.values())
    session_account().set_limits(Limits(session=session, day=day))


def spent_caption() -> None:
    """In the sidebar, small: what was spent and what is left, once there is something to say."""
    account = session_account()
    limits = account.limits
    if not (limits.any or account.used):
        # Every page draws this: a look into the history each time would be for nothing.
        return
    if _blind():
        st.caption("What was spent is shown with the names: it would tell which answer is whose.")
        return
    totals = session_totals()
    if totals is None or not (limits.any or totals.session.counted):
        return
    rooms = (totals.session.left(limits.session), totals.day.left(limits.day))
    known = [room for room in rooms if room is not None]
    left = f" · {_usd(min(known))} left" if known else ""
    st.caption(f"Spent in this session: {_usd(totals.session.counted)}{left}")


def _blind() -> bool:
    """Whether the comparison that is looked at hides its names: one that cannot be told might.

    Whoever runs one answer again, and sees what that cost, knows its model.
    """
    comparison_id = st.session_state.get(ID)
    try:
        return comparison_id is not None and compare_blind.hidden(comparison_id)
    except HistoryError:
        return True
