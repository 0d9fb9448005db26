"""Which web pages may open the live view's socket: our own, and those the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin_allowed(headers: Mapping[str, str], extra: Iterable[str] = ()) -> bool:
    """Say whether a WebSocket handshake comes from a page that may make it.

    Args:
        headers: The handshake's headers. No ``Origin`` means it is no browser: the ticket alone decides then.
            ``X-Forwarded-Host`` counts like ``Host``, because no page can make a browser send it.
        extra: Further origins, such as ``https://play.example.org``; ``*`` allows every one.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    asked = _place(origin)
    if asked is None:
        return False
    scheme = urlsplit(origin).scheme
    hosts = [headers.get("host", ""), *headers.get("x-forwarded-host", "").split(",")]
    if any(_place(f"{scheme}://{host.strip()}") == asked for host in hosts if host.strip()):
        return True
    return any(
        entry == "*" or _place(entry if "://" in entry else f"{scheme}://{entry}") == asked for entry in extra
    )


def _place(url: str) -> tuple[str, int] | None:
    """Return host and port, the port written out."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname and port else None
