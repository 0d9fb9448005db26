"""A receiver, and telemetry that exports to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from bedrock_playground.settings import TelemetrySettings, load_settings
from bedrock_playground.telemetry import Telemetry
from tests.wire.invocation.conftest import serve as serve  # noqa: PLC0414 - a fixture for this folder too
from tests.wire.telemetry.receiver import Receiver

Export = Callable[..., Telemetry]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing of the machine's own telemetry to these tests."""
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An OTLP receiver on loopback."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def export(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Export]:
    """Make telemetry as the environment would, exporting to the receiver."""
    made: list[Telemetry] = []
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_TELEMETRY", "1")

    def make(**variables: str) -> Telemetry:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings: TelemetrySettings = load_settings(os.environ).telemetry
        assert settings.enabled
        made.append(Telemetry(settings))
        return made[-1]

    yield make
    for telemetry in made:
        telemetry.close()
