"""The same by ConverseStream, for whoever needs to know when an answer begins."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import urllib3.exceptions
from botocore.eventstream import ParserError

from bedrock_playground.patterns.exports.parts.calling import Course, Reply, client, failed, tried


def converse_stream(course: Course, request: dict[str, Any]) -> Reply:
    """Ask a model by ConverseStream; says when its answer begins, and keeps what came of one that breaks."""
    reply = Reply(role=course.role)

    def once() -> Reply:
        nonlocal reply
        reply = Reply(role=course.role)
        response = client(course.region).converse_stream(**request)
        try:
            read(response["stream"], reply, course)
        except Exception as error:
            broke(reply, error)
        finally:
            response["stream"].close()
        return reply

    return tried(course, str(request["modelId"]), once)


def read(stream: Any, reply: Reply, course: Course) -> None:
    """Read a stream to its end, or until nobody waits for it."""
    for event in stream:
        if "contentBlockDelta" in event:
            if not reply.began:
                reply.began = True
                course.begun()
            reply.text += event["contentBlockDelta"]["delta"].get("text", "")
        elif "messageStop" in event:
            reply.stop_reason = event["messageStop"]["stopReason"]
            reply.fields = event["messageStop"].get("additionalModelResponseFields")
        if course.over:
            reply.error, reply.message = "Cancelled", "Nobody waits for it any more."
            return
    if reply.stop_reason is None:
        reply.error, reply.message = "StreamInterrupted", "The stream ended without messageStop."


def broke(reply: Reply, error: Exception) -> None:
    """Say why a stream broke off."""
    if isinstance(error, botocore.exceptions.ClientError):
        told = failed(reply.role, error)
        reply.error, reply.message = told.error, told.message
        return
    silent = botocore.exceptions.ReadTimeoutError, urllib3.exceptions.ReadTimeoutError, TimeoutError
    kind = "StallTimeout" if isinstance(error, silent) else "StreamInterrupted"
    reply.error = "StreamCorrupted" if isinstance(error, ParserError) else kind
    reply.message = f"{type(error).__name__}: {error}"
