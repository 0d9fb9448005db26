"""What an error may say: nothing that can hold a secret, because messages are shown, recorded and exported.

This module imports botocore; import it late.
"""

from __future__ import annotations

import re

from botocore import exceptions as boto

_USER_INFO = re.compile(r"(?<=://)[^/@\s\"']+@")
_CANONICAL = re.compile(r"\s*The Canonical String for this request.*", re.DOTALL)
_TELLING = (boto.CredentialRetrievalError, boto.TokenRetrievalError, boto.MetadataRetrievalError)


def error_words(error: Exception) -> str:
    """Say what went wrong.

    Args:
        error: What botocore, urllib3 or the socket raised.
    """
    if isinstance(error, _TELLING):
        # The message holds what a credential process wrote, or what a metadata service answered.
        provider = error.kwargs.get("provider") or "of this machine's metadata"
        return (
            f"the credential provider {provider} failed; its words can hold a secret and are not shown: "
            "aws sts get-caller-identity shows them in a terminal"
        )
    if is_bad_header(error):
        # Python's message holds the header, which is a session token or an API key.
        return "a key or a token holds a line break or another character that no header may have: set it anew"
    return without_user(str(error))


def is_bad_header(error: Exception) -> bool:
    """Whether a key or a token could not be put into a request's header."""
    return "nvalid header" in str(error) and isinstance(error, boto.HTTPClientError | ValueError)


def service_words(message: str) -> str:
    """Leave out of a service's message what it repeats of the request.

    A refused signature is answered with the request's headers as the service read them; the session token is
    one of them.
    """
    return without_user(_CANONICAL.sub("", message))


def without_user(text: str) -> str:
    """Leave user name and password out of the addresses in a text."""
    return _USER_INFO.sub("", text)
