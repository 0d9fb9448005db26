"""The control plane's clients, and its refusals in words: which permission is missing and what that means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.exceptions
import botocore.parsers
from botocore.config import Config

from bedrock_playground.invocation.client import ClientConfig
from bedrock_playground.invocation.error_mapping import map_error
from bedrock_playground.invocation.error_words import error_words, service_words, without_user
from bedrock_playground.invocation.errors import ExpiredCredentials, NoCredentials
from bedrock_playground.invocation.quiet_logs import keep_words_out_of_logs

ERRORS = (
    botocore.exceptions.ClientError,
    botocore.exceptions.BotoCoreError,
    botocore.parsers.ResponseParserError,
    # A credential process that is not there, or prints anything but AWS's JSON.
    OSError,
    AttributeError,
    # A named endpoint may be anything: no URL, or a server whose answers lack what AWS's have.
    ValueError,
    LookupError,
    TypeError,
)
"""What a call can fail with."""

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"})
"""How services say that a permission is missing."""

_NOT_SENT = "not-sent"


def make_client(config: ClientConfig, service: str = "bedrock") -> Any:  # noqa: ANN401  # botocore's clients have no types
    """Make a client that asks briefly: a page waits for it, and works without the answer.

    Args:
        config: Region, endpoint and credentials.
        service: ``bedrock``, ``bedrock-agent`` or ``sts``. STS is not Bedrock's endpoint: a named endpoint is
            not asked, unless boto3's own setting (``AWS_ENDPOINT_URL_STS``) names one for it, or this is the
            local endpoint, whose keys AWS would refuse.

    Raises:
        botocore.exceptions.BotoCoreError: The configuration does not work.
        ValueError: The endpoint is no URL.
    """
    keep_words_out_of_logs()
    session = boto3.Session(
        aws_access_key_id=config.access_key_id,
        aws_secret_access_key=config.secret_access_key,
        aws_session_token=config.session_token,
        profile_name=config.profile,
        region_name=config.region,
    )
    options = Config(
        connect_timeout=min(config.connect_timeout, 5.0),
        read_timeout=15,
        # One more try is enough where somebody waits.
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=8,
        # Explicit keys are meant: a Bedrock API key in the environment would beat them.
        auth_scheme_preference="sigv4" if config.access_key_id else None,
        # A proxy of the environment cannot reach this machine's own endpoint.
        proxies={} if _is_loopback(config.endpoint_url) else None,
    )
    endpoint = config.endpoint_url if service != "sts" or config.access_key_id else None
    return session.client(service, endpoint_url=endpoint, config=options)


def refusal(operation: str, error: Exception, effect: str, *, service: str = "bedrock") -> str:
    """Say why a call failed and what that means.

    Args:
        operation: What was called, such as ``ListFoundationModels``.
        error: What botocore raised.
        effect: What is not known or not possible now, as a sentence.
        service: The prefix of the permission.
    """
    if isinstance(error, LookupError | TypeError | botocore.parsers.ResponseParserError):
        return f"{operation} was answered in a shape that is not AWS's: is this Bedrock's endpoint? {effect}"
    if not isinstance(error, botocore.exceptions.ClientError):
        return f"{operation} failed: {error_words(error).rstrip('.')}. {effect}"
    if is_denied(error) and not keys_refused(error):
        return f"{operation} was denied: it needs the permission {service}:{operation}. {effect}"
    told = error.response.get("Error", {})
    words = service_words(str(told.get("Message") or ""))
    said = f": {words.rstrip('.')}" if words else ""
    return f"{operation} failed with {told.get('Code', 'an error')}{said}. {effect}"


def credentials_advice(error: Exception) -> str | None:
    """Say what to do where the credentials themselves are at fault; ``None`` where they are not.

    Args:
        error: What botocore raised.
    """
    mapped = map_error(error, streaming=False)
    if not isinstance(mapped, ExpiredCredentials | NoCredentials):
        return None
    return f"AWS does not know these credentials. {mapped.advice}" if keys_refused(error) else mapped.advice


def keys_refused(error: Exception) -> bool:
    """Whether the service looked at the credentials and does not know them."""
    # A wrong Bedrock API key is told as a denied access, which the mapping knows by its words.
    service = isinstance(error, botocore.exceptions.ClientError)
    return service and isinstance(map_error(error, streaming=False), ExpiredCredentials)


def endpoint_of(config: ClientConfig, service: str) -> str | None:
    """Find the address that calls go to, as boto3 settles it; ``None`` where it cannot.

    The environment and the AWS configuration files can name one (``AWS_ENDPOINT_URL_BEDROCK_RUNTIME``, say).

    Args:
        config: Region, endpoint and credentials.
        service: As for :func:`make_client`.
    """
    # The address does not depend on the keys, and looking for those can ask the user something.
    unsigned = replace(config, access_key_id=_NOT_SENT, secret_access_key=_NOT_SENT)
    try:
        client = make_client(unsigned, service)
    except ERRORS:
        return None
    return without_user(client.meta.endpoint_url)


def is_denied(error: Exception) -> bool:
    """Whether a permission is missing."""
    return isinstance(error, botocore.exceptions.ClientError) and (
        error.response.get("Error", {}).get("Code") in DENIED
    )


def _is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
