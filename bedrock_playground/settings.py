"""The one module that reads the environment (and ``.env``, through python-dotenv).

Everything has a default that works; ``.env.example`` lists the same names with the same words.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

import dotenv
import platformdirs

PREFIX = "BEDROCK_PLAYGROUND_"
_APP_NAME = "bedrock-playground"


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect: float = 10.0
    """For a connection to open."""
    read: float = 3600.0
    """For a response to begin; AWS advises at least an hour for Nova. ``stall`` catches stalls earlier."""
    stall: float = 120.0
    """Between two events of a stream that has begun."""


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """What is exported as OpenTelemetry; where to, its SDK reads from the ``OTEL_`` variables itself."""

    enabled: bool = False
    """Whether anything is."""
    traces: bool = True
    """Whether each call becomes a span."""
    metrics: bool = True
    """Whether calls are counted in histograms."""
    content: bool = False
    """Whether prompts, answers and the service's own words of an error are among it."""
    receiver: str = "localhost:4318"
    """Host and port of whoever receives it, for people: nothing of the address that could be secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    data_dir: Path
    """Where history lives."""
    cache_dir: Path
    """Where weights live."""
    database_url: str | None = None
    """SQLAlchemy URL of the history; ``None`` means SQLite in ``data_dir``."""
    models_dir: Path | None = None
    """A folder with the user's own ``.gguf`` files."""
    price_file: Path | None = None
    """The user's own prices; ``None`` looks for ``prices.toml`` or ``prices.json`` in ``data_dir``."""
    region: str | None = None
    """The AWS Region; ``None`` leaves it to boto3's own chain."""
    bedrock_api_key: bool = False
    """Whether ``AWS_BEARER_TOKEN_BEDROCK`` is set; the key itself is boto3's to read."""
    endpoint_url: str | None = None
    """A Bedrock-compatible endpoint to use instead of AWS's."""
    endpoint_override: bool = True
    """Whether a session may name an endpoint of its own on the Connection page."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """How long to wait."""
    max_attempts: int = 3
    """Tries per invocation, the first included."""
    fault_teaching: bool = False
    """Whether the local endpoint's fault models and test-only models are offered in the model picker."""
    session_limit: Decimal | None = None
    """The most that one session may spend, in US dollars; ``None`` is no limit."""
    day_limit: Decimal | None = None
    """The most that all sessions may spend in a day (UTC), in US dollars; ``None`` is no limit."""
    batch_uri: str | None = None
    """Where batch jobs on AWS keep their files: ``s3://bucket/folder/``; ``None``: the page asks."""
    batch_role_arn: str | None = None
    """The service role of batch jobs on AWS; ``None``: the page asks."""
    allowed_origins: tuple[str, ...] = ()
    """Further web origins from which the live view may be opened, such as ``https://play.example.org``."""
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    """What is exported as OpenTelemetry."""

    @property
    def history_url(self) -> str:
        """The SQLAlchemy URL of the history."""
        return self.database_url or f"sqlite:///{self.data_dir / 'history.sqlite3'}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        environ: The variables to read; by default the process's own, after ``.env`` in the working directory
            (or a folder above it) was laid under them.

    Raises:
        SettingsError: A value cannot be used.
    """
    if environ is None:
        dotenv.load_dotenv(dotenv.find_dotenv(usecwd=True))
        environ = os.environ
    get = _Reader(environ)
    defaults = Timeouts()
    return Settings(
        data_dir=get.path("DATA_DIR") or Path(platformdirs.user_data_dir(_APP_NAME)),
        cache_dir=get.path("CACHE_DIR") or Path(platformdirs.user_cache_dir(_APP_NAME)),
        database_url=get.text("DATABASE_URL"),
        models_dir=get.path("MODELS_DIR"),
        price_file=get.path("PRICE_FILE"),
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or None,
        bedrock_api_key=bool(environ.get("AWS_BEARER_TOKEN_BEDROCK")),
        endpoint_url=get.address("ENDPOINT_URL"),
        endpoint_override=get.flag("ENDPOINT_OVERRIDE", default=True),
        timeouts=Timeouts(
            connect=get.seconds("CONNECT_TIMEOUT", defaults.connect),
            read=get.seconds("READ_TIMEOUT", defaults.read),
            stall=get.seconds("STALL_TIMEOUT", defaults.stall),
        ),
        max_attempts=get.count("MAX_ATTEMPTS", 3),
        fault_teaching=get.flag("FAULT_TEACHING"),
        session_limit=get.dollars("SESSION_LIMIT"),
        day_limit=get.dollars("DAY_LIMIT"),
        batch_uri=get.text("BATCH_S3_URI"),
        batch_role_arn=get.text("BATCH_ROLE_ARN"),
        allowed_origins=get.words("ALLOWED_ORIGINS"),
        telemetry=_telemetry(get),
    )


_CONTENT_WANTED = {"true", "1", "span_only", "span_and_event"}
"""What asks for content on spans: the older convention's word, and the newer one's."""


def _telemetry(get: _Reader) -> TelemetrySettings:
    """Read our switch, and of the standard variables those that the SDK leaves to its callers."""

    def standard(name: str) -> str:
        return get.environ.get(f"OTEL_{name}", "").strip()

    return TelemetrySettings(
        enabled=get.flag("TELEMETRY") and standard("SDK_DISABLED").lower() != "true",
        traces=standard("TRACES_EXPORTER").lower() != "none",
        metrics=standard("METRICS_EXPORTER").lower() != "none",
        content=standard("INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT").lower() in _CONTENT_WANTED,
        receiver=_host_and_port(
            standard("EXPORTER_OTLP_TRACES_ENDPOINT")
            or standard("EXPORTER_OTLP_ENDPOINT")
            or "http://localhost:4318"
        ),
    )


def _host_and_port(url: str) -> str:
    """Say where an address leads, and nothing else of it: the rest may hold a password or a key."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "an address that cannot be read"
    if not parts.hostname:
        return "an address that cannot be read"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}" if port else host


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one kind of value at a time and names the variable when it cannot."""

    environ: Mapping[str, str]

    def text(self, name: str) -> str | None:
        return self.environ.get(PREFIX + name, "").strip() or None

    def address(self, name: str) -> str | None:
        text = self.text(name)
        if text and "@" in text.partition("://")[2].partition("/")[0]:
            # The address is shown on the page and recorded with every run.
            raise SettingsError(f"{PREFIX}{name} holds a user name or a password. Leave them out.")
        return text

    def path(self, name: str) -> Path | None:
        text = self.text(name)
        return Path(text).expanduser() if text else None

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in (self.text(name) or "").split(",") if word.strip())

    def flag(self, name: str, *, default: bool = False) -> bool:
        text = (self.text(name) or ("yes" if default else "no")).lower()
        if text not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
            raise SettingsError(f"{PREFIX}{name}={text!r} is neither yes nor no. Use 1 or 0.")
        return text in {"1", "true", "yes", "on"}

    def seconds(self, name: str, default: float) -> float:
        text = self.text(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 < value < float("inf"):
            raise SettingsError(f"{PREFIX}{name}={text!r} is not a number of seconds above 0. Example: 30.")
        return value

    def dollars(self, name: str) -> Decimal | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal(-1)
        if not value.is_finite() or value < 0:
            raise SettingsError(
                f"{PREFIX}{name}={text!r} is not an amount of US dollars of at least 0. Example: 2.50."
            )
        return value

    def count(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise SettingsError(f"{PREFIX}{name}={text!r} is not a whole number of at least 1. Example: 3.")
        return int(text)
