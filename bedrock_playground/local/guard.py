"""Who may call: loopback names, no foreign web pages, and in app-started mode one access key."""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from bedrock_playground.local.errors import ApiError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_REGION = re.compile(r"Credential=[^/,\s]+/\d+/([^/,\s]+)/[^/,\s]+/aws4_request")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})$")
_CLOCK_SKEW = 300
"""Seconds by which a caller's clock may be off."""
_FOR_S3 = re.compile(r"Credential=[^/,\s]+/\d+/[^/,\s]+/s3/aws4_request")


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules every request must pass."""

    access_key_id: str | None = None
    """The one access key that is accepted; ``None`` accepts any, and none at all."""
    secret_access_key: str | None = field(default=None, repr=False)
    """The key's secret: whoever has it owns this endpoint."""

    def check(self, headers: Mapping[str, str]) -> str:
        """Let a request pass or refuse it.

        Args:
            headers: The request's, with names in lower case.

        Returns:
            The caller's access key id, or ``anonymous``.

        Raises:
            ApiError: 403, with the service's own name for it where there is one.
        """
        if _host(headers.get("host", "")) not in _LOOPBACK:
            # A web page whose name was re-bound to 127.0.0.1 carries its own name here.
            raise _refused("This endpoint answers to localhost and 127.0.0.1 alone.")
        origin = headers.get("origin")
        if origin is not None and urllib.parse.urlsplit(origin).hostname not in _LOOPBACK:
            raise _refused("This endpoint does not answer web pages of other origins.")
        key = _CREDENTIAL.search(headers.get("authorization", ""))
        if self.access_key_id is None:
            return key[1] if key else "anonymous"
        if key is None:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", status=403)
        if not hmac.compare_digest(key[1].encode(), self.access_key_id.encode()):
            raise ApiError(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                status=403,
            )
        return key[1]

    def check_owner(
        self, headers: Mapping[str, str], *, now: float, method: str, target: str, body: bytes
    ) -> None:
        """Let pass what only the endpoint's owner may ask: it is signed with the secret itself.

        The signature is the HMAC-SHA256 of method, path and query, ``x-local-date`` (seconds) and the body's
        SHA-256, a line each. An endpoint that takes any key has no owner.

        Args:
            headers: The request's, with names in lower case.
            now: The time, in seconds since 1970.
            method: The HTTP method.
            target: Path and query.
            body: The body.

        Raises:
            ApiError: 403.
        """
        if self.access_key_id is None or not self.secret_access_key:
            raise _refused(
                "This endpoint takes any access key, so nobody owns it. Start it with one of its own."
            )
        date, signature = headers.get("x-local-date", ""), _SIGNATURE.search(headers.get("authorization", ""))
        proof = owner_signature(self.secret_access_key, method=method, target=target, date=date, body=body)
        if not date.isdecimal() or abs(now - int(date)) > _CLOCK_SKEW:
            raise _refused("x-local-date is missing or too far from this machine's clock.")
        if signature is None or not hmac.compare_digest(signature[1], proof):
            raise _refused("Only who holds this endpoint's secret access key may ask this.")


def owner_signature(secret: str, *, method: str, target: str, date: str, body: bytes) -> str:
    """Sign what only the endpoint's owner may ask; see :meth:`Guard.check_owner`."""
    text = "\n".join((method, target, date, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def region_of(headers: Mapping[str, str]) -> str | None:
    """The Region that a request is signed for; ``None`` where it is not signed with AWS's signature.

    Args:
        headers: The request's, with names in lower case.
    """
    found = _REGION.search(headers.get("authorization", ""))
    return found[1] if found else None


def is_for_s3(headers: Mapping[str, str]) -> bool:
    """Whether a request was signed for S3, which no path could tell apart from Bedrock's.

    Args:
        headers: The request's, with names in lower case.
    """
    return _FOR_S3.search(headers.get("authorization", "")) is not None


def _host(header: str) -> str:
    try:
        return urllib.parse.urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _refused(why: str) -> ApiError:
    return ApiError("AccessDeniedException", why, status=403)
