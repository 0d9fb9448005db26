"""Optional OpenTelemetry export of every invocation: off by default, and then nothing of it is imported.

Followed are the semantic conventions for generative AI of **version 1.41.1**, the last release of
open-telemetry/semantic-conventions that defines them (``docs/gen-ai``: ``aws-bedrock.md``,
``gen-ai-spans.md``, ``gen-ai-metrics.md``). Their successor, open-telemetry/semantic-conventions-genai, has
made no release yet and renames what it moves (``gen_ai.client.operation.duration``, say).

- A span ``chat {model}`` of kind CLIENT per call, retries included, on the clock of our own timing. Every try
  that failed is an event of it. What was not told is not there: unknown is never 0.
- Histograms ``gen_ai.client.operation.duration``, ``gen_ai.client.operation.time_to_first_chunk`` and
  ``gen_ai.client.token.usage``, with the conventions' buckets.
- ``error.type`` is the service's code where it gave one (``ThrottlingException``), else the name of a class
  of :mod:`bedrock_playground.invocation.errors` (``StreamInterrupted``, ``Cancelled``).
- What the conventions have no name for is called ``bedrock_playground.*``: the run's id, its lane, its cost.
- Prompts and answers, and the service's own words of an error, which can repeat them, are left out unless
  ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` asks for them. The bytes of images and documents
  always are.
- An address counts as its host and port alone; keys and headers are never part of anything.
"""

from bedrock_playground.telemetry.observer import Telemetry, shared_telemetry
from bedrock_playground.telemetry.words import telemetry_words

__all__ = ["Telemetry", "shared_telemetry", "telemetry_words"]
