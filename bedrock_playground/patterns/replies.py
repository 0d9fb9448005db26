"""What a call inside a pattern came to, and several of them at once."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.trace import TracedCall
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.members import Member


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call."""

    call: TracedCall
    """The call as the trace has it: role, times, cost."""
    result: InvocationResult
    """What came of it; ``error`` says why it failed."""
    late: bool = False
    """Whether it was not waited for: its deadline passed, or enough others had answered."""

    @property
    def text(self) -> str:
        """The visible text."""
        return self.result.text

    @property
    def ok(self) -> bool:
        """Whether the call completed in time."""
        return self.result.error is None and not self.late

    @property
    def error(self) -> InvocationError | None:
        """Why it failed."""
        return self.result.error


@dataclass(frozen=True, slots=True)
class Ask:
    """One of several calls to be made at the same time."""

    role: str
    """What it is for."""
    member: Member
    """Who is asked."""
    asked: InvocationRequest
    """What."""
