"""Asking the service how many input tokens a request has, at most once per request, and giving up for good.

CountTokens costs nothing, but few models have it (on Bedrock's runtime: Claude by its own id), and it takes a
round trip with the whole prompt. So nobody asks unless somebody wants to know or it decides something.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from bedrock_playground.invocation.errors import AccessDenied, InvocationError, NotFound, ValidationFailed
from bedrock_playground.invocation.serialization import request_to_json
from bedrock_playground.invocation.values import InferenceParameters, InvocationRequest
from bedrock_playground.spending.tokens import InputTokens, counted_tokens

_log = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds that an answer may take before the estimate has to do."""

_KEEP = 512
_NEVER = (AccessDenied, NotFound, ValidationFailed)
"""What asking again would not change: the model has no CountTokens, or it may not be called."""


class TokenCounter:
    """Counts by CountTokens and remembers; safe to use from any thread."""

    def __init__(self, count: Callable[[InvocationRequest], int]) -> None:
        """Make a counter of one place.

        Args:
            count: Asks the service, and waits no longer than is bearable (:data:`TIMEOUT`).
        """
        self._count = count
        self._lock = threading.Lock()
        self._counted: OrderedDict[str, InputTokens] = OrderedDict()
        self._without: dict[str, str] = {}

    def known(self, request: InvocationRequest) -> InputTokens | None:
        """What was counted before; asks nobody."""
        with self._lock:
            return self._counted.get(_key(request))

    def why_not(self, model_id: str) -> str | None:
        """In words, why this model's tokens cannot be counted; ``None`` where that was not found."""
        return self._without.get(model_id)

    def count(self, request: InvocationRequest) -> InputTokens | None:
        """Count, asking the service if that was not done before; blocks.

        Returns:
            ``None`` where the service did not tell; :meth:`why_not` says why if it never will.
        """
        key = _key(request)
        with self._lock:
            if key in self._counted or request.model_id in self._without:
                return self._counted.get(key)
        try:
            found = counted_tokens(self._count(request))
        except _NEVER as error:
            with self._lock:
                self._without[request.model_id] = error.message
            return None
        except InvocationError:
            # The network, a timeout, a throttle: it may do better next time.
            return None
        except Exception as error:  # noqa: BLE001 - what cannot be counted is estimated, whatever the reason
            _log.warning("Input tokens could not be counted: %s: %s", type(error).__name__, error)
            return None
        with self._lock:
            self._counted[key] = found
            while len(self._counted) > _KEEP:
                self._counted.popitem(last=False)
        return found


def _key(request: InvocationRequest) -> str:
    """What the count depends on; a digest, so that no prompt is kept."""
    fields = request.parameters.additional_model_request_fields
    asked = replace(request, parameters=InferenceParameters(additional_model_request_fields=fields))
    return hashlib.sha256(json.dumps(request_to_json(asked), sort_keys=True).encode()).hexdigest()
