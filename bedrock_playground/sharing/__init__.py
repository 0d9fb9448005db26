"""Taking a comparison elsewhere: as a link, a stored share or a file that restores it, and as a report."""

from bedrock_playground.sharing.errors import ShareRefused
from bedrock_playground.sharing.values import SharedComparison

__all__ = ["ShareRefused", "SharedComparison"]
