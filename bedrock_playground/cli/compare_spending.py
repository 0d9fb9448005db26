"""What `bedrock-playground compare` may spend, and what it must not send without being told to."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Sequence

from bedrock_playground.cli.compare_requests import dollars
from bedrock_playground.history import RunStore
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.settings import Settings
from bedrock_playground.spending import Account, Estimator, Ledger, Limits, MemoryLedger


def account_of(options: argparse.Namespace, settings: Settings, store: RunStore | None) -> Account:
    """Make the account of this command: a session of its own, with the lower of both limits.

    Args:
        options: The arguments, checked.
        settings: The settings.
        store: Where spending is counted; ``None`` counts this command alone.
    """
    memory = MemoryLedger()
    ledger: Callable[[], Ledger] = store.ledger if store else lambda: memory
    account = Account(
        ledger,
        session=secrets.token_urlsafe(16),
        ceiling=Limits(session=settings.session_limit, day=settings.day_limit),
    )
    account.set_limits(Limits(session=dollars(options.max_cost) if options.max_cost else None))
    return account


def unknown_costs(requests: Sequence[InvocationRequest], estimator: Estimator, account: Account) -> list[str]:
    """Say of each model of which nobody knows what it costs why that is; each once."""
    told = {}
    for request in requests:
        estimate = estimator.estimate(request)
        why = account.asks_first(estimate, estimator.endpoint)
        if why and estimator.counter and estimate.input.at_most is None:
            counted = estimator.count(request)
            why = account.asks_first(estimator.estimate(request, counted=counted), estimator.endpoint)
        if why:
            told[request.model_id] = f"What {request.model_id} costs at most is not known: {why}"
    return list(told.values())
