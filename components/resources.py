"""What one process shares between its sessions: settings, the store, the local endpoint, clients, models."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.price_book import PriceBook, load_price_book
from bedrock_playground.connection import Connection, make_invoker
from bedrock_playground.history import RunStore
from bedrock_playground.invocation import BedrockInvoker, InvocationError, tune_interpreter
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


@st.cache_resource(show_spinner=False, max_entries=32)
def _invoker(_connection: Connection, key: str) -> BedrockInvoker:  # noqa: ARG001  # the key is the cache's
    invoker = make_invoker(_connection, get_settings())

    def warm_up() -> None:
        # What is wrong with the connection is said in the lane that runs into it, with advice.
        with suppress(InvocationError):
            invoker.warm_up()

    # Making the client takes half a second with boto3's import; the first Run should not wait for it.
    Thread(target=warm_up, name="warm-up", daemon=True).start()
    return invoker


def get_invoker(connection: Connection) -> BedrockInvoker:
    """The invoker of a connection, shared by all sessions that use the same one."""
    return _invoker(connection, _key_of(connection))


# Seconds, because Streamlit imports pandas (half a second of the first page) to understand "10m".
@st.cache_data(show_spinner="Asking which models there are …", ttl=120, max_entries=32)
def _models(_connection: Connection, key: str) -> Catalogue:  # noqa: ARG001  # the key is the cache's
    return discover(_connection.config)


def get_models(connection: Connection) -> Catalogue:
    """The models that a connection offers, asked at most every two minutes."""
    return _models(connection, _key_of(connection))


@st.cache_resource(show_spinner=False)
def get_price_book() -> PriceBook:
    """Every price this installation knows, read once per process."""
    return load_price_book()


def forget_models() -> None:
    """Ask again the next time."""
    _models.clear()


def _key_of(connection: Connection) -> str:
    config = connection.config
    # Which account it is must tell two connections apart; the secret does not have to.
    return f"{connection.kind}|{config.region}|{config.endpoint_url}|{config.profile}|{config.access_key_id}"
