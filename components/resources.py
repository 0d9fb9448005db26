"""What one process shares between its sessions: settings, the store, the local endpoint, clients, models."""

from __future__ import annotations

from collections import ChainMap
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Literal, TypeAlias

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.account import (
    Access,
    Guardrails,
    access_to,
    list_guardrails,
    look_up,
)
from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.genai import newer_version
from bedrock_playground.catalog.price_book import PriceBook, RunPricer
from bedrock_playground.catalog.price_sources import gather
from bedrock_playground.catalog.resolution import Behind, Resolution, needs_asking, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.connection import Connection, make_batch_client, make_invoker
from bedrock_playground.history import RunStore
from bedrock_playground.invocation import InvocationError, RetryPolicy, tune_interpreter
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.embeddings import KindInvoker
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.launcher import EndpointSupervisor
from bedrock_playground.settings import Settings, load_settings


@st.cache_resource(show_spinner=False)
def get_settings() -> Settings:
    """The settings, read once per process.

    Raises:
        SettingsError: An environment variable has a value that cannot be used.
    """
    tune_interpreter()
    return load_settings()


@st.cache_resource(show_spinner="Opening the history …")
def get_store() -> RunStore:
    """The history, opened (and migrated where that is due) once per process.

    Raises:
        HistoryError: It cannot be opened.
    """
    settings = get_settings()
    return RunStore.open(settings.history_url, data_dir=settings.data_dir)


@st.cache_resource(show_spinner=False)
def get_supervisor() -> EndpointSupervisor:
    """The local endpoint's supervisor; asking for it starts the endpoint."""
    supervisor = EndpointSupervisor.from_settings(get_settings())
    supervisor.start()
    return supervisor


Tries: TypeAlias = Literal["usual", "once", "patient"]
"""How often an invoker tries."""
_RETRIES: dict[Tries, RetryPolicy | None] = {
    "usual": None,
    "once": RetryPolicy(max_attempts=1),
    # As bedrock_playground.evaluation.place.RETRY, which is not imported for the first page's sake.
    "patient": RetryPolicy(max_attempts=8, max_delay=30.0),
}


@st.cache_resource(show_spinner=False, max_entries=96)
def _invoker(_connection: Connection, key: str, *, tries: Tries) -> KindInvoker:  # noqa: ARG001  # the cache's key
    invoker = make_invoker(_connection, get_settings(), retry=_RETRIES[tries])

    def warm_up() -> None:
        # What is wrong with the connection is said in the lane that runs into it, with advice.
        with suppress(InvocationError):
            invoker.warm_up()

    # Making the client takes half a second with boto3's import; the first Run should not wait for it.
    Thread(target=warm_up, name="warm-up", daemon=True).start()
    return invoker


def get_invoker(connection: Connection, *, once: bool = False, patient: bool = False) -> KindInvoker:
    """The invoker of a connection, shared by all sessions that use the same one.

    Args:
        connection: Where calls go.
        once: With a single try, for whoever tries again by rules of their own.
        patient: With more tries than a person would wait for: an evaluation counts a failure as wrong.
    """
    tries: Tries = "once" if once else "patient" if patient else "usual"
    return _invoker(connection, _key_of(connection), tries=tries)


@st.cache_resource(show_spinner=False, max_entries=32)
def _batch_client(_connection: Connection, key: str) -> BatchClient:  # noqa: ARG001  # the key is the cache's
    return make_batch_client(_connection)


def get_batch_client(connection: Connection) -> BatchClient:
    """The client of batch jobs of a connection, shared by all sessions that use the same one."""
    return _batch_client(connection, _key_of(connection))


class _Prices:
    """The price book of this process: at once what is quick to read, a newer genai-prices a moment later."""

    def __init__(self) -> None:
        self.book = self._gather(genai=False)
        if newer_version() is not None:
            # It takes a third of a second of imports, which no page should wait for.
            Thread(target=self.read_again, name="prices", daemon=True).start()

    def read_again(self) -> None:
        self.book = self._gather(genai=True)

    @staticmethod
    def _gather(*, genai: bool) -> PriceBook:
        settings = get_settings()
        return gather(
            price_file=settings.price_file,
            data_dir=settings.data_dir,
            cache_dir=settings.cache_dir,
            genai=genai,
        )


@st.cache_resource(show_spinner=False)
def _prices() -> _Prices:
    return _Prices()


def get_price_book() -> PriceBook:
    """Every price this installation knows, the user's own among them."""
    return _prices().book


def read_prices_again() -> None:
    """Read every source of prices again: the user's file was changed, or AWS's list was fetched."""
    _prices().read_again()


_Place: TypeAlias = tuple[str | None, str | None]


@st.cache_resource(show_spinner=False)
def _told() -> dict[_Place, dict[str, Resolution]]:
    """What accounts told of ids of their own, by place: lane threads must not wait for one."""
    return {}


def _told_at(endpoint: str | None, region: str | None) -> dict[str, Resolution]:
    return _told().setdefault((endpoint, region), {})


def told_behind(endpoint: str | None, region: str | None) -> dict[str, tuple[str, ...]]:
    """What accounts told so far of ids of their own: the models behind each.

    Args:
        endpoint: Where, as a connection calls it.
        region: The Region called.
    """
    return {model_id: found.base_ids for model_id, found in dict(_told_at(endpoint, region)).items()}


def get_pricer(endpoint: str | None, region: str | None) -> RunPricer:
    """Who prices the runs of a comparison, by what is known when they end.

    Args:
        endpoint: Where they run, as a connection calls it: another account's names stand for other models.
        region: The Region called.
    """
    told = _told_at(endpoint, region)
    # What is told later goes first; but runs that are under way keep what was known, whatever is forgotten.
    return get_price_book().pricer(ChainMap(told, dict(told)))


# Seconds, because Streamlit imports pandas (half a second of the first page) to understand "10m". Resources,
# not data: what is cached is immutable and shared, so that no rerun pays for a copy of the whole catalogue.
@st.cache_resource(show_spinner="Asking which models there are …", ttl=120, max_entries=32)
def _models(_connection: Connection, key: str) -> Catalogue:  # noqa: ARG001  # the key is the cache's
    found = discover(_connection.config)
    return replace(found, closed=True) if _connection.kind == "local" else found


def get_models(connection: Connection) -> Catalogue:
    """The models that a connection offers, asked at most every two minutes, and what else is known."""
    return _models(connection, _key_of(connection))


@st.cache_resource(show_spinner=False, ttl=600, max_entries=512)
def _behind(_connection: Connection, key: str, model_id: str) -> Behind:  # noqa: ARG001  # the key is the cache's
    return look_up(_connection.config, model_id)


def resolve_model(connection: Connection | None, model_id: str) -> Resolution:
    """Find the model behind an id; the account is asked where only it can know.

    Args:
        connection: Whom to ask; ``None`` while nobody can be asked.
        model_id: What is sent as ``modelId``.
    """
    if connection is None or is_pattern(model_id):
        return resolve(model_id, load_models())
    catalogue = get_models(connection)
    found = catalogue.resolve(model_id)
    if not needs_asking(found):
        return found
    if not found.base_ids:
        told = _behind(connection, _key_of(connection), found.model_id)
        found = resolve(found.model_id, catalogue.models, behind={**catalogue.behind, found.model_id: told})
    _told_at(connection.endpoint_label, connection.config.region)[found.model_id] = found
    return found


def ask_behind(connection: Connection, model_id: str) -> Behind:
    """What the account tells of an id: the models behind it, and the Regions that it sends requests to."""
    return _behind(connection, _key_of(connection), model_id)


@st.cache_resource(show_spinner=False, ttl=600, max_entries=512)
def _access(_connection: Connection, key: str, base_id: str) -> Access:  # noqa: ARG001  # the key is the cache's
    return access_to(_connection.config, base_id)


def get_access(connection: Connection, base_id: str) -> Access:
    """Whether the account may call a foundation model, asked when somebody wants to know."""
    return _access(connection, _key_of(connection), base_id)


@st.cache_resource(show_spinner="Asking which guardrails there are …", ttl=120, max_entries=32)
def _guardrails(_connection: Connection, key: str) -> Guardrails:  # noqa: ARG001  # the key is the cache's
    return list_guardrails(_connection.config)


def get_guardrails(connection: Connection) -> Guardrails:
    """The account's guardrails, asked at most every two minutes."""
    return _guardrails(connection, _key_of(connection))


def forget_models() -> None:
    """Ask again the next time."""
    for cached in (_models, _behind, _access, _guardrails):
        cached.clear()
    for told in list(_told().values()):
        told.clear()


@st.cache_resource(show_spinner=False)
def get_named_endpoints() -> set[str]:
    """The endpoints that somebody typed since this process began, so that further turns find the way back."""
    return set()


def _key_of(connection: Connection) -> str:
    config = connection.config
    # Which account it is must tell two connections apart; the secret does not have to.
    return f"{connection.kind}|{config.region}|{config.endpoint_url}|{config.profile}|{config.access_key_id}"
