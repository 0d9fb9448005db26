"""What can be wrong with a shared comparison: one error, whatever it was."""

from __future__ import annotations


class ShareRefused(Exception):
    """A link, a stored share or a file cannot be taken, or a comparison cannot be put into one.

    Nothing of it was taken.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        """Say what is wrong.

        Args:
            message: What is wrong and what would do, without the place.
            place: Where in it, as ``variants[1].parameters.temperature``; empty: it as such.
        """
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        """Where in it; empty: it as such."""
        self.message = message
        """What is wrong there."""
