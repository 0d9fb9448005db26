"""Who may call: loopback names, no foreign web pages, and in app-started mode one access key."""

from __future__ import annotations

import hmac
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_playground.local.errors import ApiError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_FOR_S3 = re.compile(r"Credential=[^/,\s]+/\d+/[^/,\s]+/s3/aws4_request")


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules every request must pass."""

    access_key_id: str | None = None
    """The one access key that is accepted; ``None`` accepts any, and none at all."""

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
