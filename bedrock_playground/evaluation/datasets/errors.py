"""What can be wrong with a data set as a whole; what is wrong with a row is a value, not an error."""

from __future__ import annotations


class DataSetRefused(ValueError):
    """A file or a text is no data set, and nothing of it was taken."""

    def __init__(self, message: str, advice: str) -> None:
        """Say what is wrong.

        Args:
            message: What was found, and why it cannot be used.
            advice: What to do, in a sentence or two.
        """
        super().__init__(f"{message} {advice}")
        self.message = message
        """What was found, and why it cannot be used."""
        self.advice = advice
        """What to do."""
