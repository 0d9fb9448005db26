"""An exchange that goes wrong as the switchboard says, whatever it is that answers.

It stands between an operation and the wire, so that a real model, a test-only one and the embedding model all
fail alike and know nothing of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import cast

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.exchange import ClientGone, Exchange, Receive, Scope, Send
from bedrock_playground.local.fault_plan import FaultPlan
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.operations import exception_frame, sabotage_body

_LAST = b"messageStop"
"""What the frames at an answer's end hold: a stream that is shorter than asked for fails before them."""


class SpoiledExchange(Exchange):
    """One request whose answer fails by a plan.

    Args:
        scope: ASGI's description of the request.
        receive: ASGI's.
        send: ASGI's.
        plan: How it fails.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, plan: FaultPlan) -> None:
        super().__init__(scope, receive, send)
        self._plan: FaultPlan | None = plan
        self._writes = 0
        self._first_at = 0.0
        self._struck = False

    async def read_json(self) -> JsonObject:
        """Read the body, and refuse it if the fault is an error before an answer.

        Raises:
            ApiError: The fault, or what :meth:`Exchange.read_json` has against the body.
        """
        body = await super().read_json()
        plan = self._plan
        if plan is not None and plan.fails_before_stream:
            await asyncio.sleep(plan.delay_ms / 1000)
            raise cast("ApiError", plan.http_error())
        return body

    async def send_error(self, error: ApiError) -> None:
        """Send an error, be it the fault itself or another: as it is."""
        self._plan = None
        await super().send_error(error)

    async def send_json(
        self, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole answer, late, in half or not at all."""
        plan, self._plan = self._plan, None
        if plan is not None:
            if plan.kind in ("slow-first-token", "stall"):
                await asyncio.sleep(plan.delay_ms / 1000)
            elif plan.kind in ("cut", "reset", "empty-body"):
                await sabotage_body(self, plan.kind)
                return
            elif (error := plan.http_error()) is not None:
                raise error
        await super().send_json(value, status=status, headers=headers)

    async def write(self, data: bytes) -> None:
        """Send part of a stream, or what the fault makes of it."""
        plan = self._plan
        if plan is not None:
            if plan.kind == "empty-body":
                self._plan = None
                await self.finish()
                raise ClientGone
            await self._hold_back(plan)
            if not self._struck and (self._writes > plan.after_tokens or _LAST in data):
                self._struck = True
                await self._strike(plan, data)
            self._writes += 1
        await super().write(data)

    async def finish(self) -> None:
        """End a stream, unless it was to fail and was too short for that yet."""
        plan = self._plan
        if plan is not None and not self._struck:
            self._struck = True
            await self._strike(plan, b"")
        await super().finish()

    async def _hold_back(self, plan: FaultPlan) -> None:
        """Keep the pace, or wait before the first token; the first write is the stream's head."""
        if self._writes == 1 and plan.kind == "slow-first-token":
            await asyncio.sleep(plan.delay_ms / 1000)
        if self._writes == 1:
            self._first_at = time.monotonic()
        if plan.tokens_per_second and self._writes > 1:
            due = self._first_at + (self._writes - 1) / plan.tokens_per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _strike(self, plan: FaultPlan, data: bytes) -> None:
        if plan.kind == "stall":
            await asyncio.sleep(plan.delay_ms / 1000)
        # One write may hold several frames; each begins with its length.
        frame = data[: int.from_bytes(data[:4])]
        if plan.kind in ("cut", "reset"):
            self._plan = None
            await super().write(data[: len(frame) // 2])
            await (self.cut() if plan.kind == "cut" else self.reset())
        if (error := plan.http_error()) is not None:
            frame = exception_frame(error)
        elif plan.kind == "checksum" and frame:
            frame = frame[:-1] + bytes([frame[-1] ^ 0xFF])
        else:
            return
        self._plan = None
        await super().write(frame)
        await self.finish()
        # There is nobody left to write for.
        raise ClientGone
