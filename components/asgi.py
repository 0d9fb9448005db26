"""What our app adds to Streamlit's server: the live view's routes and safe headers on every response."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bedrock_playground.settings import load_settings
from components.live.route import LiveOptions, live_routes

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",
        "script-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
"""Nothing is loaded from, or sent to, anywhere else: whatever a model writes, no request leaves the page.

``blob:`` scripts are how Streamlit's components get their inline JavaScript; inline styles are Emotion's.
"""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class SafeHeaders:
    """ASGI middleware that puts the headers of this module on every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers)


def middleware() -> list[Middleware]:
    """Return the middleware for ``st.App``."""
    return [Middleware(SafeHeaders)]


def routes() -> list[BaseRoute]:
    """Return the routes for ``st.App``: at the root, and under ``server.baseUrlPath`` where that is set.

    Both, because some reverse proxies strip the base path and some do not.
    """
    from streamlit import config  # noqa: PLC0415 - a worker that only imports the package needs no Streamlit

    options = LiveOptions(allowed_origins=_allowed_origins, session_is_live=_session_is_live)
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    found = live_routes("", options)
    if base:
        found += live_routes(f"/{base}", options)
    return found


def _allowed_origins() -> Iterable[str]:
    from streamlit import config  # noqa: PLC0415

    own = config.get_option("server.corsAllowedOrigins") or []
    return (*load_settings().allowed_origins, *(str(origin) for origin in own))


def _session_is_live(session_id: str) -> bool:
    from streamlit.runtime import Runtime  # noqa: PLC0415

    return Runtime.exists() and Runtime.instance().is_active_session(session_id)
