"""Where calls go: Amazon Bedrock, the local endpoint, or an endpoint somebody named."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal
from urllib.parse import urlsplit

from bedrock_playground.catalog.embeddings import embedding_body, is_embedding_model
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.client import ClientConfig
from bedrock_playground.invocation.credentials import find_credentials, find_region
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, KindInvoker
from bedrock_playground.invocation.invoker import BedrockInvoker
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.settings import Settings
from bedrock_playground.spending.counting import TIMEOUT, TokenCounter
from bedrock_playground.telemetry import shared_telemetry

Kind = Literal["bedrock", "local", "custom"]
"""The three places a call can go."""

_AWS_HOST = re.compile(
    r"(?P<vpc>vpce-[a-z0-9-]+\.)?bedrock(?:-runtime)?(?:-fips)?"
    # Something else of AWS's may stand in the Region's place: bedrock.s3.amazonaws.com is a bucket.
    r"\.[a-z]{2,4}(?:-[a-z]+)+-\d+"
    r"(?(vpc)\.vpce\.amazonaws\.com(?:\.cn)?"
    r"|\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)))"
)
"""Bedrock's own hosts, dual-stack ones and VPC endpoints among them."""
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_DIGITS = re.compile(r"[0-9.]+|.*\.[0-9]+")
_PLACEHOLDER = "placeholder"
"""What an endpoint that somebody typed is signed with: this server's credentials are not for it."""

DEFAULT_REGION = "us-east-1"
"""What is used where neither the environment nor a profile names a Region: the one with most models."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where calls go and with what."""

    kind: Kind
    """Which of the three."""
    config: ClientConfig
    """Region, endpoint and credentials for the clients."""

    @property
    def endpoint_label(self) -> str:
        """What the history records as the run's endpoint."""
        return self.config.endpoint_url or "bedrock" if self.kind == "custom" else self.kind

    @property
    def title(self) -> str:
        """What the page calls it."""
        if self.kind == "local":
            return "Local endpoint"
        where = self.config.region or DEFAULT_REGION
        return f"Amazon Bedrock · {where}" if self.kind == "bedrock" else f"{self.config.endpoint_url}"


def default_kind(settings: Settings) -> Kind:
    """Where calls go unless somebody picks: a named endpoint, else Bedrock with credentials, else local."""
    if settings.endpoint_url:
        return "custom"
    return "bedrock" if find_credentials(api_key=settings.bedrock_api_key) else "local"


def remote_connection(
    settings: Settings, *, region: str | None = None, endpoint_url: str | None = None
) -> Connection:
    """Make a connection to Amazon Bedrock, or to the endpoint that the settings or the caller name.

    Credentials are boto3's own chain in both cases.
    """
    endpoint = endpoint_url or settings.endpoint_url
    return Connection(
        kind="custom" if endpoint else "bedrock",
        config=ClientConfig(
            region=region or settings.region or find_region() or DEFAULT_REGION,
            endpoint_url=endpoint,
            connect_timeout=settings.timeouts.connect,
            read_timeout=settings.timeouts.read,
            stall_timeout=settings.timeouts.stall,
        ),
    )


class EndpointRefused(ValueError):
    """A typed endpoint cannot be used; the message says why and what would do."""


def checked_endpoint(text: str) -> str:
    """Check an endpoint that somebody typed.

    Returns:
        It, with its host in small letters and without a slash at its end.

    Raises:
        EndpointRefused: It is no address of an endpoint, or one to which nothing should be sent.
    """
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise EndpointRefused(f"This is no address: {error}. Example: https://bedrock.example.org") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EndpointRefused("An endpoint begins with https:// or http://. Example: http://127.0.0.1:8000")
    if not _is_host(parts.hostname) or re.search(r"[\s\\]", url):
        raise EndpointRefused(
            "This is no address: a host has letters, digits, hyphens and dots, or is an IP address. "
            "Example: https://bedrock.example.org"
        )
    if parts.username or parts.password:
        raise EndpointRefused("Leave user name and password out: the address is shown and recorded.")
    if parts.query or parts.fragment:
        raise EndpointRefused("Leave out what stands behind ? or #: an endpoint has neither.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise EndpointRefused(
            "Plain http is for this machine alone (127.0.0.1, localhost): elsewhere prompts and answers "
            "could be read on the way. Use https."
        )
    # A host has no case, and the same endpoint must not be two.
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def named_connection(settings: Settings, endpoint_url: str, *, region: str | None = None) -> Connection:
    """Make a connection to an endpoint that somebody typed into the page.

    This server's credentials go to AWS alone (a VPC or FIPS endpoint of Bedrock, say): whoever can open the
    page could have them sent anywhere otherwise. Any other endpoint gets requests signed with placeholders.

    Args:
        settings: The settings.
        endpoint_url: The checked address.
        region: The Region to sign for.
    """
    connection = remote_connection(settings, region=region, endpoint_url=endpoint_url)
    parts = urlsplit(endpoint_url)
    if parts.scheme == "https" and _AWS_HOST.fullmatch(parts.hostname or ""):
        return connection
    keys = replace(connection.config, access_key_id=_PLACEHOLDER, secret_access_key=_PLACEHOLDER)
    return replace(connection, config=keys)


def _is_loopback(host: str) -> bool:
    address = _as_ip(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_host(host: str) -> bool:
    if ":" in host or _DIGITS.fullmatch(host):
        return _as_ip(host) is not None and "%" not in host
    return len(host) <= 253 and _HOST.fullmatch(host) is not None


def _as_ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def local_connection(
    settings: Settings, status: EndpointStatus, *, region: str | None = None
) -> Connection | None:
    """Make a connection to the local endpoint, with its own dummy keys; ``None`` while it is not ready.

    Args:
        settings: The settings.
        status: How the endpoint is doing.
        region: The Region to sign for. It answers all of them, but the fault switchboard tells them apart; by
            default its own.
    """
    if status.state != "ready":
        return None
    return Connection(
        kind="local",
        config=ClientConfig(
            region=region or status.region,
            endpoint_url=status.url,
            access_key_id=status.access_key_id,
            secret_access_key=status.secret_access_key,
            connect_timeout=settings.timeouts.connect,
            read_timeout=settings.timeouts.read,
            stall_timeout=settings.timeouts.stall,
        ),
    )


def connection_where(
    settings: Settings,
    *,
    endpoint: str | None,
    region: str | None,
    local: EndpointStatus | None,
    named: Collection[str] = (),
) -> Connection | None:
    """Find the connection that a recorded run used, to go on exactly there.

    Args:
        settings: The settings.
        endpoint: What the run's record says of where it went (:attr:`Connection.endpoint_label`).
        region: The Region it called.
        local: How the local endpoint is doing; ``None`` where that is not asked for.
        named: The endpoints that somebody typed since this process began.

    Returns:
        The connection; ``None`` where that endpoint is not set up now, or not ready.
    """
    if endpoint == "local":
        return local_connection(settings, local, region=region) if local else None
    if endpoint is not None and endpoint in named and endpoint != settings.endpoint_url:
        return named_connection(settings, endpoint, region=region)
    here = "bedrock" if settings.endpoint_url is None else settings.endpoint_url
    return remote_connection(settings, region=region) if endpoint == here else None


def make_invoker(
    connection: Connection,
    settings: Settings,
    *,
    retry: RetryPolicy | None = None,
    streaming: bool = True,
) -> KindInvoker:
    """Make the invoker of a connection, for models that answer and that embed; telemetry sees its calls.

    Args:
        connection: Where calls go.
        settings: The settings.
        retry: When to try again; by default as often as the settings allow.
        streaming: Whether answers are streamed; otherwise they come in one piece, by Converse.
    """
    bedrock = BedrockInvoker(
        config=connection.config,
        retry=retry or RetryPolicy(max_attempts=settings.max_attempts),
        streaming=streaming,
        observer=shared_telemetry(settings.telemetry),
    )
    return KindInvoker(bedrock, EmbeddingInvoker(bedrock, embedding_body), is_embedding_model)


def make_batch_client(connection: Connection) -> BatchClient:
    """Make the client of batch jobs of a connection; the local endpoint has S3 at its own address."""
    s3 = connection.config.endpoint_url if connection.kind == "local" else None
    return BatchClient(connection.config, s3_endpoint_url=s3)


def make_counter(connection: Connection) -> TokenCounter:
    """Make the counter of input tokens of a connection; it gives up soon, because the estimate will do."""
    config = replace(
        connection.config,
        connect_timeout=min(connection.config.connect_timeout, TIMEOUT),
        read_timeout=min(connection.config.read_timeout, TIMEOUT),
    )
    return TokenCounter(BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1)).count_tokens)
