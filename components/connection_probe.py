"""What these credentials may do: a table of permissions, access to a model, one token's proof."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.catalog.probe import Permission, probe
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison, InferenceParameters, InvocationRequest, LaneRun, Usage
from components import variants
from components.access_check import access_button, access_words
from components.binding import WhereItRan
from components.connection import CALL, PERMISSIONS
from components.resources import (
    get_price_book,
    get_pricer,
    get_store,
    resolve_model,
)
from components.spending import estimator_at, session_account
from components.words import plain

_MODEL = "connection_model"
_MODEL_OF = "connection_model_of"
_SIGNS = {"allowed": "✓ **Allowed**", "denied": "✗ **Denied**", "unknown": "? **Not known**"}
_WAIT = 90.0
_ASSUMED_INPUT = 100
"""Input tokens to name a price for: the prompt is one word, and templates add some."""


def permissions(connection: Connection) -> None:
    """Offer to try what is free to try, and show what came of it."""
    with st.container(border=True, key="connection_permissions_box"):
        st.subheader("Permissions", anchor=False)
        st.write("Tries what this app asks of the account, by calls that cost nothing.")
        st.button(
            "Try the permissions", key="probe", icon=":material/rule:", on_click=_try, args=(connection,)
        )
        told: tuple[object, tuple[Permission, ...]] | None = st.session_state.get(PERMISSIONS)
        if told is not None and told[0] == connection:
            _rows(told[1])
            st.caption(
                "Whether a model may be called (bedrock:InvokeModel, bedrock:InvokeModelWithResponseStream) "
                "shows only by calling it."
            )


def _try(connection: Connection) -> None:
    st.session_state[PERMISSIONS] = (connection, probe(connection.config))


def _rows(found: tuple[Permission, ...]) -> None:
    # Not a table: names of permissions are long, and a phone is narrow.
    for advice in dict.fromkeys(one.advice for one in found if one.advice):
        st.warning(plain(advice), icon=":material/key_off:")
    for one in found:
        st.markdown(f"{_SIGNS[one.outcome]} · `{one.action}`")
        st.caption(f"{one.purpose}. {plain(one.words)}")


def one_call(connection: Connection, catalogue: Catalogue) -> None:
    """Offer to check access to a model for free, and to call it for one token, named with its price."""
    offered = [option.model_id for option in catalogue.listed if option.comparable]
    with st.container(border=True, key="connection_call_box"):
        st.subheader("One model", anchor=False)
        if not offered and not catalogue.options:
            st.write("No model is known here.")
            return
        if catalogue.problem:
            st.warning(plain(catalogue.problem), icon=":material/info:")
        choices = offered or [option.model_id for option in catalogue.options if option.comparable]
        if st.session_state.get(_MODEL) is None or st.session_state.get(_MODEL_OF) != connection:
            # A model of another place means nothing here.
            st.session_state[_MODEL_OF] = connection
            st.session_state[_MODEL] = variants.default_model(catalogue) or choices[0]
        model_id = st.selectbox(
            "Model",
            choices,
            key=_MODEL,
            persist_state="session",
            accept_new_options=True,
            format_func=lambda wanted: _named(catalogue, wanted),
        )
        if not model_id:
            return
        if elsewhere := catalogue.why_not_callable(model_id):
            st.markdown(plain(elsewhere))
            return
        resolution = resolve_model(connection, model_id)
        st.caption(plain(resolution.explanation))
        access_button(connection, resolution, key="access_check")
        access_words(connection, resolution, key="access_check")
        st.markdown(_price(connection, model_id))
        if asks_first := _asks_first(connection, model_id):
            st.markdown(f":orange[:material/help:] {plain(asks_first)} Calling it agrees to that.")
        st.button(
            "Call it all the same, for one token" if asks_first else "Call it for one token",
            key="one_token",
            icon=":material/bolt:",
            on_click=_call,
            args=(connection, model_id),
        )
        _outcome(connection, model_id)


def _named(catalogue: Catalogue, model_id: str) -> str:
    option = catalogue.get(model_id)
    return f"{option.name} · {model_id}" if option else model_id


def _price(connection: Connection, model_id: str) -> str:
    """What the call costs, before it is made."""
    priced = resolve_model(connection, model_id).priced_as
    usage = Usage(input_tokens=_ASSUMED_INPUT, output_tokens=1)
    cost = get_price_book().cost(usage, model_id=priced or model_id, region=connection.config.region)
    if cost.amount is None:
        return f"What it costs is **not known**: {plain(cost.note or 'no source has a price for it')}"
    if not cost.amount:
        return "It costs **nothing**: the model runs on this machine."
    told = f"{cost.source}, {cost.as_of}" if cost.as_of else f"{cost.source}"
    return (
        f"It costs about **{plain(format_usd(cost.amount))}**, if the prompt comes to {_ASSUMED_INPUT} "
        f"tokens with the model’s own template ({plain(told)})."
    )


def _one_token(model_id: str) -> InvocationRequest:
    return InvocationRequest.from_prompt(model_id, "Hi", parameters=InferenceParameters(max_tokens=1))


def _asks_first(connection: Connection, model_id: str) -> str | None:
    """In words, what calling it agrees to."""
    estimator = estimator_at(connection)
    return session_account().asks_first(estimator.estimate(_one_token(model_id)), estimator.endpoint)


def _call(connection: Connection, model_id: str) -> None:
    """Make the call as any other run is made, so that it stands in the history with its cost."""
    try:
        recorder = get_store().recorder()
    except HistoryError as error:
        st.session_state[CALL] = (
            connection,
            model_id,
            f"Nothing was called: the history cannot be opened. {error}",
        )
        return
    comparison = Comparison(
        WhereItRan(connection.endpoint_label, connection.config.region),
        recorder=recorder,
        pricer=get_pricer(connection.endpoint_label, connection.config.region),
        region=connection.config.region,
        endpoint=connection.endpoint_label,
    )
    if _asks_first(connection, model_id):
        # The page said so above the button, which said so too.
        session_account().agree(connection.endpoint_label, model_id)
    comparison.start([_one_token(model_id)], labels=["A"])
    if not comparison.wait(_WAIT):
        comparison.cancel()
        comparison.wait(5)
    st.session_state[CALL] = (connection, model_id, comparison.lanes[0].runs[0])


def _outcome(connection: Connection, model_id: str) -> None:
    told: tuple[object, str, LaneRun | str] | None = st.session_state.get(CALL)
    if told is None or told[:2] != (connection, model_id):
        # Another Region or endpoint may well answer otherwise.
        return
    run = told[2]
    if isinstance(run, str):
        st.error(plain(run), icon=":material/error:")
        return
    result = run.result
    if result is None:
        st.warning(
            f"There was no answer within {_WAIT:.0f} seconds, so it was stopped.", icon=":material/info:"
        )
        return
    if result.error is not None:
        st.error(f"{plain(str(result.error))} {plain(result.error.advice)}", icon=":material/error:")
        return
    usage, cost = result.usage, run.cost
    counted = f"{usage.input_tokens} tokens in, {usage.output_tokens} out" if usage else "tokens not told"
    took = f"{result.timing.total:.2f} s" if result.timing.total is not None else "n/a"
    amount = format_usd(cost.amount if cost else None)
    st.success(
        f"It answered in {took}: {counted}, {plain(amount)}. The run is in the history.",
        icon=":material/check_circle:",
    )
