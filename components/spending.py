"""This session's account with the spending guard, and who says what a request costs where."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import streamlit as st

from bedrock_playground.connection import Connection, make_counter
from bedrock_playground.history import HistoryError
from bedrock_playground.measures import Quantile, quantile
from bedrock_playground.spending import Account, Estimator, Limits, TokenCounter, Totals
from components.resources import get_pricer, get_settings, get_store

_ACCOUNT = "spending_account"


def session_account() -> Account:
    """The account of this browser session; what it starts is paid from it, however long that runs."""
    account: Account | None = st.session_state.get(_ACCOUNT)
    if account is None:
        settings = get_settings()
        account = Account(
            lambda: get_store().ledger(),
            session=secrets.token_urlsafe(16),
            ceiling=Limits(session=settings.session_limit, day=settings.day_limit),
        )
        st.session_state[_ACCOUNT] = account
    return account


@dataclass
class Payer:
    """Who pays for a comparison's lanes: the session that started it, or that acted on the lane last."""

    account: Account
    """The account of whoever acted on all lanes last."""
    lanes: dict[str, Account] = field(default_factory=dict)
    """Who pays instead for a lane that somebody acted on since; what others asked goes on beside it."""

    def of_lane(self, label: str | None) -> Account:
        """Who pays for a lane."""
        return self.lanes.get(label or "", self.account)


@st.cache_resource(show_spinner=False)
def _payers() -> WeakValueDictionary[str, Payer]:
    return WeakValueDictionary()


def pays(comparison_id: str, payer: Payer) -> None:
    """Note who pays for a comparison, as long as that lives."""
    _payers()[comparison_id] = payer


def pay_from_here(comparison_id: str, lane: str | None = None) -> None:
    """Let this session pay for what it does with a comparison, whoever started it.

    Args:
        comparison_id: Which.
        lane: What of it: one lane's letter, or all of them.
    """
    payer = _payers().get(comparison_id)
    if payer is None:
        return
    if lane is not None:
        payer.lanes[lane] = session_account()
        return
    payer.lanes.clear()
    payer.account = session_account()


def session_totals() -> Totals | None:
    """What was spent; ``None`` where the history cannot be read."""
    try:
        return session_account().totals()
    except HistoryError:
        return None


@st.cache_resource(show_spinner=False, max_entries=32)
def _counter(_connection: Connection, key: str) -> TokenCounter:  # noqa: ARG001  # the key is the cache's
    return make_counter(_connection)


def _counter_of(connection: Connection) -> TokenCounter:
    config = connection.config
    key = f"{connection.kind}|{config.region}|{config.endpoint_url}|{config.profile}|{config.access_key_id}"
    return _counter(connection, key)


@st.cache_resource(show_spinner=False, ttl=20, max_entries=256)
def _usual_output(model_id: str) -> Quantile | None:
    try:
        return quantile(get_store().answer_lengths(model_id), 0.5)
    except HistoryError:
        return None


def estimator_at(connection: Connection, *, with_history: bool = False) -> Estimator:
    """Who says what requests cost at a place, by what is known now.

    Args:
        connection: The place.
        with_history: Whether to expect answers as long as they were; a worst case does without.
    """
    endpoint, region = connection.endpoint_label, connection.config.region
    return Estimator(
        get_pricer(endpoint, region),
        endpoint=endpoint,
        region=region,
        usual_output=_usual_output if with_history else _nothing,
        counter=_counter_of(connection),
    )


def _nothing(_model_id: str) -> None:
    return None
