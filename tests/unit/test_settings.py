"""The environment's values: defaults that work, and errors that name the variable."""

from decimal import Decimal
from pathlib import Path

import pytest

from bedrock_playground.settings import Settings, SettingsError, load_settings


def test_everything_has_a_default() -> None:
    settings = load_settings({})
    assert settings.data_dir.name == "bedrock-playground"
    assert settings.history_url == f"sqlite:///{settings.data_dir / 'history.sqlite3'}"
    assert (settings.max_attempts, settings.timeouts.read, settings.fault_teaching) == (3, 3600.0, False)
    assert settings.region is None


def test_values_are_read() -> None:
    settings = load_settings({
        "AWS_DEFAULT_REGION": "eu-west-1",
        "BEDROCK_PLAYGROUND_DATA_DIR": "~/runs",
        "BEDROCK_PLAYGROUND_DATABASE_URL": "postgresql+psycopg://localhost/runs",
        "BEDROCK_PLAYGROUND_STALL_TIMEOUT": "2.5",
        "BEDROCK_PLAYGROUND_MAX_ATTEMPTS": "5",
        "BEDROCK_PLAYGROUND_FAULT_TEACHING": "yes",
        "BEDROCK_PLAYGROUND_ALLOWED_ORIGINS": "https://a.example, https://b.example",
    })  # fmt: skip
    assert settings.region == "eu-west-1"
    assert settings.data_dir == Path("~/runs").expanduser()
    assert settings.history_url == "postgresql+psycopg://localhost/runs"
    assert (settings.timeouts.stall, settings.max_attempts, settings.fault_teaching) == (2.5, 5, True)
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEDROCK_PLAYGROUND_STALL_TIMEOUT", "soon"),
        ("BEDROCK_PLAYGROUND_STALL_TIMEOUT", "0"),
        ("BEDROCK_PLAYGROUND_READ_TIMEOUT", "nan"),
        ("BEDROCK_PLAYGROUND_CONNECT_TIMEOUT", "inf"),
        ("BEDROCK_PLAYGROUND_MAX_ATTEMPTS", "0"),
        ("BEDROCK_PLAYGROUND_MAX_ATTEMPTS", "1.5"),
        ("BEDROCK_PLAYGROUND_FAULT_TEACHING", "maybe"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_the_example_file_names_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Recorder(dict[str, str]):
        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.append(key)
            return default

    assert isinstance(load_settings(Recorder()), Settings)
    example = Path(".env.example").read_text()
    ours = {name for name in asked if name.startswith("BEDROCK_PLAYGROUND_")}
    assert ours
    assert not {name for name in ours if name not in example}


def test_an_endpoint_with_a_password_is_refused_without_repeating_it() -> None:
    environ = {"BEDROCK_PLAYGROUND_ENDPOINT_URL": "https://me:planted@example.org"}
    with pytest.raises(SettingsError, match="ENDPOINT_URL holds a user name") as refused:
        load_settings(environ)
    assert "planted" not in str(refused.value)
    plain = {"BEDROCK_PLAYGROUND_ENDPOINT_URL": "https://example.org/a@b"}
    assert load_settings(plain).endpoint_url == "https://example.org/a@b"


def test_telemetry_is_off_until_it_is_asked_for() -> None:
    assert not load_settings({}).telemetry.enabled
    assert not load_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}).telemetry.enabled
    asked = {"BEDROCK_PLAYGROUND_TELEMETRY": "1"}
    told = load_settings(asked).telemetry
    assert (told.enabled, told.traces, told.metrics, told.content) == (True, True, True, False)
    assert told.receiver == "localhost:4318"
    assert not load_settings(asked | {"OTEL_SDK_DISABLED": "true"}).telemetry.enabled


@pytest.mark.parametrize(
    ("value", "content"),
    [("true", True), ("SPAN_ONLY", True), ("SPAN_AND_EVENT", True), ("NO_CONTENT", False),
     ("EVENT_ONLY", False), ("false", False), ("perhaps", False)],
)  # fmt: skip
def test_content_is_asked_for_by_the_standard_variable(value: str, content: bool) -> None:
    environ = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": value}
    assert load_settings(environ).telemetry.content is content


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:planted@collector.example:4318/planted?planted=1", "collector.example:4318"),
        ("https://collector.example", "collector.example"),
        ("http://[::1]:4318", "[::1]:4318"),
        ("http://collector:many", "an address that cannot be read"),
        ("planted", "an address that cannot be read"),
    ],
)
def test_of_the_receivers_address_host_and_port_are_told(url: str, shown: str) -> None:
    assert load_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": url}).telemetry.receiver == shown
    apart = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://other:1"}
    assert load_settings(apart).telemetry.receiver == shown


def test_spending_limits_are_exact_amounts_and_0_is_one() -> None:
    found = load_settings({"BEDROCK_PLAYGROUND_SESSION_LIMIT": "0.10", "BEDROCK_PLAYGROUND_DAY_LIMIT": "0"})
    assert (found.session_limit, found.day_limit) == (Decimal("0.10"), Decimal(0))
    none = load_settings({"BEDROCK_PLAYGROUND_SESSION_LIMIT": " "})
    assert (none.session_limit, none.day_limit) == (None, None)


@pytest.mark.parametrize("text", ["-1", "two", "NaN", "Infinity", "1,50"])
def test_a_limit_that_is_no_amount_is_refused_and_named(text: str) -> None:
    with pytest.raises(SettingsError, match="BEDROCK_PLAYGROUND_DAY_LIMIT"):
        load_settings({"BEDROCK_PLAYGROUND_DAY_LIMIT": text})
