"""The switchboard's operations: ``/local/faults``, for whoever holds the endpoint's own secret.

``GET`` lists, ``PUT`` sets a rule, ``DELETE`` takes one away (``?modelId=…&region=…``) or all. Each answers
with the listing. It is no operation of Bedrock's, and no client of Bedrock's can reach it.
"""

from __future__ import annotations

import json
import time

from bedrock_playground.local.errors import invalid
from bedrock_playground.local.exchange import Exchange
from bedrock_playground.local.fields import as_object
from bedrock_playground.local.guard import Guard
from bedrock_playground.local.switchboard import Switchboard, read_rule


class Switching:
    """The operations over one switchboard.

    Args:
        board: The rules.
        guard: Knows the secret.
    """

    def __init__(self, board: Switchboard, guard: Guard) -> None:
        self._board = board
        self._guard = guard

    async def show(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        """List the rules."""
        await self._body(exchange)
        await exchange.send_json(self._board.listing())

    async def set(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        """Set a rule."""
        body = await self._body(exchange)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise invalid("The rule is not valid JSON.") from None
        self._board.set(read_rule(as_object(value, "body")))
        await exchange.send_json(self._board.listing())

    async def clear(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        """Take one rule away, or all."""
        await self._body(exchange)
        wanted = exchange.parameters
        if "modelId" in wanted:
            self._board.clear(wanted["modelId"], wanted.get("region"))
        else:
            self._board.clear_all()
        await exchange.send_json(self._board.listing())

    async def _body(self, exchange: Exchange) -> bytes:
        body = await exchange.read_body()
        target = f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path
        self._guard.check_owner(
            exchange.headers, now=time.time(), method=exchange.method, target=target, body=body
        )
        return body
