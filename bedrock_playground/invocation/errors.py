"""Every way an invocation can fail (the tree is completed by the invocation module's author)."""

from __future__ import annotations

from typing import ClassVar


class InvocationError(Exception):
    """Base of all; carries what happened, whether trying again can help, and what to do."""

    retryable: ClassVar[bool] = False
    """Whether the same request may succeed later."""
    advice: ClassVar[str] = "Look at the message; if it does not help, open an issue with the request id."
    """What the user can do, in one or two sentences."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after


class Cancelled(InvocationError):
    """Somebody pressed Stop."""

    advice: ClassVar[str] = "Run again when you like; the text so far is kept."
