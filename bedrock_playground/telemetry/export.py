"""OpenTelemetry's half: spans and histograms, and exporters that are quiet about a receiver that is away.

The only module that imports it, and imported only where telemetry is on. The providers are our own, never the
process's global ones: another instrumentation keeps its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import time_ns
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode

from bedrock_playground import __version__
from bedrock_playground.invocation.observed import EndedCall
from bedrock_playground.settings import TelemetrySettings
from bedrock_playground.telemetry.attributes import (
    Attribute,
    attempt_attributes,
    common_attributes,
    error_type,
    span_attributes,
    usage_attributes,
)
from bedrock_playground.telemetry.content import content_attributes

_logger = logging.getLogger(__name__)

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"
"""Of the conventions followed; 1.41.1 changed no schema."""
SCOPE = "bedrock_playground"
"""What made the spans and metrics."""

SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
"""The conventions' bucket boundaries for durations."""
TOKENS = [4**n for n in range(14)]
"""The conventions' bucket boundaries for token counts: 1, 4, 16 … 67108864."""

_GRACE = 2.0
"""Seconds that a receiver has to take what waits when the process ends, before retries are given up."""


class Outage:
    """Says once that a receiver does not take what is sent, and once that it does again."""

    def __init__(self, what: str, receiver: str) -> None:
        self._what = what
        self._receiver = receiver
        self._lock = Lock()
        self.failing = False
        """Whether the last export failed."""

    def note(self, *, taken: bool) -> None:
        """Take note of how an export ended."""
        with self._lock:
            changed, self.failing = self.failing is taken, not taken
        if not changed:
            return
        if taken:
            _logger.warning("Telemetry: %s takes %s again.", self._receiver, self._what)
        else:
            _logger.warning(
                "Telemetry: %s does not take %s. Calls are not affected; this is said once.",
                self._receiver,
                self._what,
            )


class _Spans(OTLPSpanExporter):
    """The SDK's exporter of spans, whose failures are noted rather than logged one by one."""

    def __init__(self, outage: Outage) -> None:
        super().__init__()
        self._outage = outage

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        self._outage.note(taken=result is SpanExportResult.SUCCESS)
        return result


class _Metrics(OTLPMetricExporter):
    """The SDK's exporter of metrics, likewise."""

    def __init__(self, outage: Outage) -> None:
        super().__init__()
        self._outage = outage

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float | None = 10_000,
        **kwargs: Any,  # noqa: ANN401 - the SDK's own signature
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **kwargs)
        self._outage.note(taken=result is MetricExportResult.SUCCESS)
        return result


class Pipeline:
    """From an ended call to a span and to histograms, and from there to the receiver."""

    def __init__(self, settings: TelemetrySettings) -> None:
        """Set it up; addresses, headers and pace are the SDK's to read from the ``OTEL_`` variables.

        Raises:
            Exception: Whatever the SDK makes of a variable that it cannot use.
        """
        # It would say every failure on its own, with addresses, and repeat headers that it cannot read.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._content = settings.content
        self._outages = [Outage("spans", settings.receiver), Outage("metrics", settings.receiver)]
        self._spans = _Spans(self._outages[0]) if settings.traces else None
        self._metrics = _Metrics(self._outages[1]) if settings.metrics else None
        self._tracers = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._meters = _meters(self._metrics)
        if self._spans is not None:
            self._tracers.add_span_processor(
                BatchSpanProcessor(self._spans, meter_provider=NoOpMeterProvider())
            )
        self._tracer = self._tracers.get_tracer(SCOPE, __version__, schema_url=SCHEMA_URL)
        self._make_histograms()
        self._closing = Event()
        self._closed = Event()
        # A thread cannot be started any more when the process ends.
        Thread(target=self._give_up, name="telemetry-close", daemon=True).start()

    @property
    def failing(self) -> bool:
        """Whether the last export of either kind failed."""
        return any(outage.failing for outage in self._outages)

    def record(self, call: EndedCall) -> None:
        """Make a span of a call and count it."""
        if self._spans is not None:
            self._span(call)
        if self._metrics is not None:
            self._measure(call)

    def flush(self) -> None:
        """Send what waits, now; blocks."""
        self._tracers.force_flush()
        if self._metrics is not None:
            self._meters.force_flush()

    def close(self) -> None:
        """Send what waits, and end."""
        self._closing.set()
        self._tracers.shutdown()
        self._meters.shutdown()
        self._closed.set()

    def _give_up(self) -> None:
        self._closing.wait()
        if self._closed.wait(_GRACE):
            return
        for exporter in (self._spans, self._metrics):
            if exporter is not None:
                exporter.shutdown()

    def _span(self, call: EndedCall) -> None:
        ended = time_ns()
        began = ended - _nanoseconds(_duration(call))
        attributes = span_attributes(call) | (content_attributes(call) if self._content else {})
        span = self._tracer.start_span(
            f"{attributes['gen_ai.operation.name']} {call.model_id}",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=began,
        )
        for attempt in call.result.attempts:
            if attempt.error_type is not None and attempt.backoff is not None:
                at = began + _nanoseconds(attempt.started + attempt.duration)
                span.add_event("bedrock_playground.attempt_failed", attempt_attributes(attempt), at)
        if (error := call.result.error) is not None:
            # The service's words can repeat what was sent.
            span.set_status(Status(StatusCode.ERROR, error.message if self._content else None))
        span.end(ended)

    def _make_histograms(self) -> None:
        meter = self._meters.get_meter(SCOPE, __version__, schema_url=SCHEMA_URL)
        self._durations = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._first_chunks = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time to receive the first text, reasoning or tool call of a stream.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=TOKENS,
        )

    def _measure(self, call: EndedCall) -> None:
        result, common = call.result, common_attributes(call)
        failed: dict[str, Attribute] = {"error.type": error_type(result.error)} if result.error else {}
        self._durations.record(_duration(call), common | failed)
        if call.first_output is not None:
            self._first_chunks.record(call.first_output, common)
        told = usage_attributes(result.usage, counted_by=result.invoked_model_id or call.model_id)
        for kind in ("input", "output"):
            tokens = told.get(f"gen_ai.usage.{kind}_tokens")
            if isinstance(tokens, int):
                self._tokens.record(tokens, common | {"gen_ai.token.type": kind})


def _duration(call: EndedCall) -> float:
    """Seconds; of a call of which nothing was sent, what it took to find that out."""
    total = call.result.timing.total
    return call.elapsed if total is None else total


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


def _resource() -> Resource:
    """Say who we are, unless the environment says otherwise."""
    told = Resource.create({"service.version": __version__})
    named = str(told.attributes.get("service.name", ""))
    ours = Resource({"service.name": "bedrock-playground"})
    return told.merge(ours) if named.startswith("unknown_service") or not named else told


def _meters(exporter: _Metrics | None) -> MeterProvider:
    readers = [PeriodicExportingMetricReader(exporter)] if exporter is not None else []
    return MeterProvider(readers, resource=_resource(), shutdown_on_exit=False)
