"""What a request would cost before it is sent, and the guard that holds spending to its limits."""

from bedrock_playground.spending.counting import TokenCounter
from bedrock_playground.spending.estimate import Estimate, Estimator, Total, total
from bedrock_playground.spending.guard import Account
from bedrock_playground.spending.guarded import GuardedInvoker
from bedrock_playground.spending.ledger import Ledger, Limits, MemoryLedger, Spent, Totals
from bedrock_playground.spending.tokens import InputTokens, counted_tokens, estimate_input_tokens

__all__ = [
    "Account",
    "Estimate",
    "Estimator",
    "GuardedInvoker",
    "InputTokens",
    "Ledger",
    "Limits",
    "MemoryLedger",
    "Spent",
    "TokenCounter",
    "Total",
    "Totals",
    "counted_tokens",
    "estimate_input_tokens",
    "total",
]
