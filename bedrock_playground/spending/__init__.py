"""What a request would cost before it is sent, and the guard that holds spending to its limits."""

from bedrock_playground.spending.counting import TokenCounter
from bedrock_playground.spending.tokens import InputTokens, counted_tokens, estimate_input_tokens

__all__ = ["InputTokens", "TokenCounter", "counted_tokens", "estimate_input_tokens"]
