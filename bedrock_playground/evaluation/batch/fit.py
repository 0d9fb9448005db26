"""What batch inference cannot do, in words, and how many records make a job; pure.

Sources, read on 2026-11-29, AWS's user guide of Bedrock: "Process multiple prompts with batch inference" (no
tools in records of the type Converse, whose records with toolConfig fail; structured output is supported; no
provisioned models) and CreateModelInvocationJob's pattern of ``modelId`` (no imported models, prompt routers,
prompts and Marketplace endpoints).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.resolution import read_arn, resolve
from bedrock_playground.evaluation.batch.values import BatchLimits
from bedrock_playground.invocation.values import InvocationRequest, ToolResultBlock, ToolUseBlock
from bedrock_playground.planning.offers import Offers

_KINDS = frozenset({"foundation_model", "inference_profile", "application_profile", "custom"})

Part: TypeAlias = range
"""The records of one job, by their places."""


class BatchRefused(ValueError):
    """These requests cannot become batch jobs; nothing was sent.

    Args:
        message: Why, in words, and what would do.
        problems: The records that are in the way, each in words; the first few of them.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


def why_not(request: InvocationRequest) -> str | None:
    """Say in words why a request cannot be a record of a batch job; ``None`` where it can.

    Args:
        request: What would be sent to Converse.
    """
    blocks = [block for message in request.messages for block in message.content]
    if request.tool_config is not None or any(
        isinstance(block, ToolUseBlock | ToolResultBlock) for block in blocks
    ):
        return "Batch inference takes no tools. Leave them out, or run it in real time."
    if request.service_tier not in (None, "default"):
        return f"Batch inference has a price of its own: it takes no service tier ({request.service_tier})."
    if request.performance_latency not in (None, "standard"):
        return "Batch inference is not about latency: it takes no latency-optimised mode."
    arn = read_arn(request.model_id)
    if request.model_id.startswith("arn:") and arn is None:
        return f"{request.model_id} is no model that batch inference takes."
    if arn is not None and (arn.kind not in _KINDS or arn.resource == "custom-model-deployment"):
        return f"Batch inference does not take {arn.what}. Name a model or an inference profile."
    return None


def doubt(model_id: str, models: Mapping[str, ModelSpec], offers: Offers) -> str | None:
    """Say where no source tells that a model takes batch inference; ``None`` where one does.

    Args:
        model_id: What is sent as ``modelId``.
        models: What is known, by foundation model id.
        offers: Who is offered how: a model with a price for batch inference takes it.
    """
    found = resolve(model_id, models)
    if model_id.startswith("local.") or (found.spec is not None and offers.tier(found.spec, "batch")):
        return None
    name = found.spec.name if found.spec else model_id
    return f"No source says whether {name} takes batch inference. The service will tell when the job is made."


def split(sizes: Sequence[int], limits: BatchLimits) -> tuple[Part, ...]:
    """Share records out among jobs: as few as possible, each within the limits, in order.

    Args:
        sizes: Bytes of each record, its line end included.
        limits: What a job may hold.

    Raises:
        BatchRefused: There are too few records, or one is too large for any job.
    """
    if len(sizes) < limits.minimum_records:
        raise BatchRefused(
            f"A batch job needs at least {limits.minimum_records:,} records; there are {len(sizes):,}. "
            "Take more cases or repeats, or run them in real time."
        )
    starts, count, size = [0], 0, 0
    for place, one in enumerate(sizes):
        if one > limits.maximum_bytes:
            raise BatchRefused(
                f"Record {place + 1:,} has {one:,} bytes; a file of a batch job may have "
                f"{limits.maximum_bytes:,}."
            )
        if count == limits.maximum_records or size + one > limits.maximum_bytes:
            starts.append(place)
            count, size = 0, 0
        count, size = count + 1, size + one
    if len(sizes) - starts[-1] < limits.minimum_records:
        # The last job would be too small: all of them get equal shares.
        parts = len(starts)
        starts = [len(sizes) * number // parts for number in range(parts)]
    ends = [*starts[1:], len(sizes)]
    shares = tuple(range(start, end) for start, end in zip(starts, ends, strict=True))
    if any(
        len(part) < limits.minimum_records or sum(sizes[part.start : part.stop]) > limits.maximum_bytes
        for part in shares
    ):
        raise BatchRefused(
            f"The records are so large that they do not fit into jobs of at least {limits.minimum_records:,} "
            f"records and at most {limits.maximum_bytes:,} bytes. Shorten the prompts or run it in real time."
        )
    return shares
