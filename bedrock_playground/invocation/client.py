"""One shared boto3 client per Region, credentials and endpoint; importing this does not import boto3."""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from bedrock_playground.invocation.quiet_logs import keep_words_out_of_logs

SERVICE = "bedrock-runtime"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Where and as whom to call; what is ``None`` is left to boto3's own chain."""

    region: str | None = None
    """The AWS Region."""
    endpoint_url: str | None = None
    """A Bedrock-compatible endpoint instead of AWS's."""
    access_key_id: str | None = None
    """An explicit access key; with it requests are signed with SigV4, whatever the environment holds."""
    secret_access_key: str | None = field(default=None, repr=False)
    """The explicit access key's secret."""
    session_token: str | None = field(default=None, repr=False)
    """The session token of temporary keys."""
    profile: str | None = None
    """A profile of the AWS configuration files."""
    connect_timeout: float = 10.0
    """Seconds for a connection to open."""
    read_timeout: float = 3600.0
    """Seconds for a response to send its first event; AWS advises at least an hour for some models."""
    stall_timeout: float = 120.0
    """Seconds between two events of a stream that has begun."""
    max_connections: int = 64
    """Connections kept open for reuse; at least the number of calls at once."""


@dataclass(frozen=True, slots=True)
class Client:
    """A boto3 client and the credentials it signs with."""

    boto: Any
    """The ``bedrock-runtime`` client; thread-safe."""
    credentials: Any
    """botocore's credentials; ``None`` if the chain has none (an API key may still do)."""

    @property
    def needs_refresh(self) -> bool:
        """Whether signing the next request would first have to fetch new temporary keys."""
        due = getattr(self.credentials, "refresh_needed", None)
        return bool(due is not None and due())

    def refresh(self) -> None:
        """Fetch new temporary keys, if they are due."""
        self.credentials.get_frozen_credentials()


class ClientCache:
    """Clients by configuration; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[ClientConfig, Client] = {}
        self._building: dict[ClientConfig, threading.Lock] = {}

    def cached(self, config: ClientConfig) -> Client | None:
        """Return the client if it exists already."""
        return self._clients.get(_key(config))

    def get(self, config: ClientConfig) -> Client:
        """Return the client, making it first if needed; other configurations are not held up meanwhile."""
        key = _key(config)
        with self._lock:
            building = self._building.setdefault(key, threading.Lock())
        with building:
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = _build(config)
            return client

    def forget(self, config: ClientConfig) -> None:
        """Drop a client, so that the next call looks for credentials afresh."""
        self._clients.pop(_key(config), None)

    def forget_all(self) -> None:
        """Drop every client; what runs goes on with the one that it has."""
        self._clients.clear()


def tune_interpreter() -> None:
    """Let threads take turns every 0.5 ms instead of Python's 5 ms, for honest timestamps.

    Call it once at the start of a process that streams. A thread that waits for tokens gets the interpreter
    back only when a busy thread (a page being rendered) lets go of it: measured beside a busy thread, tokens
    were stamped late by 5.6 ms at the median and 35 ms at the 99th percentile with Python's default, by 1 ms
    and 4 ms with this setting.
    """
    sys.setswitchinterval(0.0005)


def _key(config: ClientConfig) -> ClientConfig:
    # The stall timeout is ours, not the client's.
    return replace(config, stall_timeout=0.0)


def _user_agent(core: Any) -> str:  # noqa: ANN401 - botocore's session
    """What botocore calls itself, without what it appends to every user agent itself."""
    named: str = core.user_agent()
    return named.removesuffix(f" {core.user_agent_extra}") if core.user_agent_extra else named


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _build(config: ClientConfig) -> Client:
    # boto3 takes 0.4 s to import: start-up must not pay for it.
    import boto3  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.endpoint import EndpointCreator  # noqa: PLC0415

    from bedrock_playground.invocation.transport import Transport  # noqa: PLC0415

    keep_words_out_of_logs()
    explicit = config.access_key_id is not None
    options = Config(
        connect_timeout=config.connect_timeout,
        read_timeout=config.read_timeout,
        max_pool_connections=config.max_connections,
        # Retries are the invoker's: botocore's would hide attempts and leave some errors out.
        retries={"total_max_attempts": 1, "mode": "standard"},
        # AWS_BEARER_TOKEN_BEDROCK would beat explicit keys, and be refused over plain http.
        auth_scheme_preference="sigv4" if explicit else None,
    )
    core = botocore.session.get_session()
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=config.access_key_id,
        aws_secret_access_key=config.secret_access_key,
        aws_session_token=config.session_token,
        profile_name=config.profile,
        region_name=config.region,
    )
    # Told once: put together anew for every call, it takes a tenth of a short call's time.
    options = options.merge(Config(user_agent=_user_agent(core)))
    boto = session.client(SERVICE, endpoint_url=config.endpoint_url, config=options)
    merged = boto.meta.config
    endpoint = EndpointCreator(boto.meta.events).create_endpoint(
        boto.meta.service_model,
        region_name=boto.meta.region_name,
        endpoint_url=boto.meta.endpoint_url,
        verify=core.get_config_variable("ca_bundle"),
        timeout=(merged.connect_timeout, merged.read_timeout),
        max_pool_connections=merged.max_pool_connections,
        http_session_cls=Transport,
        # A proxy of the environment cannot reach this machine's own endpoint.
        proxies={} if _is_loopback(boto.meta.endpoint_url) else merged.proxies,
        # Long answers cross firewalls that forget silent connections: hence the keep-alive.
        socket_options=[
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        ],
        client_cert=merged.client_cert,
        proxies_config=merged.proxies_config,
    )
    transport = endpoint.http_session

    def answer(request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's types
        return transport.send(request)

    boto.meta.events.register(f"before-send.{SERVICE}", answer)
    return Client(boto, session.get_credentials())
