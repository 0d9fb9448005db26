"""The observer that hands calls to OpenTelemetry, and sees to it that this never harms one."""

from __future__ import annotations

import atexit
import logging
from functools import cache
from importlib.util import find_spec
from threading import Lock, Thread
from typing import TYPE_CHECKING

from bedrock_playground.invocation.observed import EndedCall
from bedrock_playground.settings import TelemetrySettings

if TYPE_CHECKING:
    from bedrock_playground.telemetry.export import Pipeline

_logger = logging.getLogger(__name__)

_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


class Telemetry:
    """Exports every call that it is told of; making one imports nothing of OpenTelemetry."""

    def __init__(self, settings: TelemetrySettings) -> None:
        """Make it; :meth:`start` or the first call starts it."""
        self._settings = settings
        self._lock = Lock()
        self._pipeline: Pipeline | None = None
        self._said = False
        self.problem: str | None = None if _installed() else _MISSING
        """In words, why nothing is exported; ``None`` while nothing stands in the way."""

    @property
    def failing(self) -> bool:
        """Whether the receiver did not take the last export."""
        return self._pipeline is not None and self._pipeline.failing

    def start(self) -> None:
        """Get ready in a thread of its own: the imports take a third of a second."""
        if self.problem is not None:
            self._say_problem()
            return
        Thread(target=self._running, name="telemetry-start", daemon=True).start()

    def call_ended(self, call: EndedCall) -> None:
        """Export a call: put together here, sent by a thread of the SDK's own."""
        if pipeline := self._running():
            pipeline.record(call)
        else:
            self._say_problem()

    def flush(self) -> None:
        """Send what waits, now; blocks."""
        if self._pipeline is not None:
            self._pipeline.flush()

    def close(self) -> None:
        """Send what waits and end; a receiver that does not answer is given up soon."""
        with self._lock:
            pipeline, self._pipeline = self._pipeline, None
            self.problem = self.problem or "It has ended."
        if pipeline is not None:
            pipeline.close()

    def _running(self) -> Pipeline | None:
        with self._lock:
            if self._pipeline is None and self.problem is None:
                try:
                    from bedrock_playground.telemetry.export import Pipeline  # noqa: PLC0415 - only where it is on

                    self._pipeline = Pipeline(self._settings)
                except Exception as error:  # noqa: BLE001 - whatever a variable makes of the SDK, the app runs
                    # Its words could repeat a header or an address. Nothing is logged yet: an import fails
                    # like this, too, when a process that made no call ends.
                    self.problem = f"{type(error).__name__} while it was set up. Check the `OTEL_` variables."
            return self._pipeline

    def _say_problem(self) -> None:
        if not self._said:
            self._said = True
            _logger.warning("Telemetry was asked for and is not running: %s", self.problem)


_MISSING = "its packages are not installed. `pip install 'bedrock-playground[telemetry]'` installs them."


def _installed() -> bool:
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:
        return False


@cache
def shared_telemetry(settings: TelemetrySettings) -> Telemetry | None:
    """The telemetry of this process, started; ``None`` where it is off."""
    if not settings.enabled:
        return None
    telemetry = Telemetry(settings)
    telemetry.start()
    atexit.register(telemetry.close)
    return telemetry
