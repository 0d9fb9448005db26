"""What the first page needs, got ready while the browser is still on its way."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:  # noqa: ANN401 - st.App's
    """Begin when the server starts, in the background: being healthy does not wait for it.

    The local endpoint takes a second to load its model, and the page's modules take half a second to import.
    """
    Thread(target=_get_ready, name="warm-up", daemon=True).start()
    yield


def _get_ready() -> None:
    try:
        # The endpoint's process first, so that both go on at once.
        from bedrock_playground.connection import default_kind  # noqa: PLC0415 - what takes the time
        from components import resources  # noqa: PLC0415

        if default_kind(resources.get_settings()) == "local":
            resources.get_supervisor()
        from components import compare_view  # noqa: F401, PLC0415
    except Exception:  # noqa: BLE001 - a start must not fail for what was to make it faster
        # Whatever it is, the page meets it as well, and says it where somebody reads it.
        _log.debug("Getting ready ahead of the first page failed.", exc_info=True)
