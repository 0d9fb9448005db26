"""What is said of telemetry on the Connection page, in one or two sentences of Markdown."""

from __future__ import annotations

from bedrock_playground.settings import TelemetrySettings
from bedrock_playground.telemetry.observer import Telemetry


def telemetry_words(settings: TelemetrySettings, telemetry: Telemetry | None) -> str:
    """Say whether calls are exported, where to, and whether content is among it.

    Args:
        settings: What was asked for.
        telemetry: What runs; ``None`` where it is off.
    """
    if telemetry is None:
        return "Telemetry is **off**: nothing is exported. `BEDROCK_PLAYGROUND_TELEMETRY=1` turns it on."
    if telemetry.problem is not None:
        return f"Telemetry was asked for and is **not running**: {telemetry.problem}"
    told = " and ".join(
        name for name, wanted in (("traces", settings.traces), ("metrics", settings.metrics)) if wanted
    )
    if not told:
        return "Telemetry is on, but the `OTEL_` variables leave neither traces nor metrics to export."
    recorded = "**are recorded**" if settings.content else "are not recorded"
    words = (
        f"Telemetry is **on**: every call goes to `{settings.receiver}` as OpenTelemetry {told}. Prompts and "
        f"answers {recorded}."
    )
    if telemetry.failing:
        words += " **The receiver did not take the last export**; calls are not affected."
    return words
