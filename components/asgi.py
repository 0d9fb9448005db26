"""What our app adds to Streamlit's server: the live view's routes and safe headers on every response."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bedrock_playground.settings import load_settings
from components.live.route import LiveOptions, live_routes

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def content_security_policy() -> str:
    """Return the policy: nothing is loaded from, or sent to, anywhere else, whatever a model writes.

    ``blob:`` scripts are how Streamlit's components get their inline JavaScript, inline styles are Emotion's,
    WebAssembly (not JavaScript's ``eval``) is what Streamlit's 64-bit numbers and Graphviz charts run on, and
    the hashes are those of the inline scripts in the installed Streamlit's own page.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            " ".join(("script-src 'self' blob: 'wasm-unsafe-eval'", *_inline_script_hashes())),
            "connect-src 'self'",
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'self'",
        )
    )


def _inline_script_hashes() -> list[str]:
    page = Path(str(files("streamlit"))) / "static" / "index.html"
    scripts = _INLINE_SCRIPT.findall(page.read_bytes()) if page.is_file() else []
    return [f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in scripts]


class SafeHeaders:
    """ASGI middleware that puts the policy and two more headers on every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
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
