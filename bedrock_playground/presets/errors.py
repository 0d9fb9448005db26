"""What can be wrong with presets and their files.

::

    PresetError
    ├── FileRefused          a file is not what it should be; names the place
    └── TemplateUnfilled     a template cannot be filled: values are missing, unknown or of the wrong type
"""

from __future__ import annotations

from collections.abc import Mapping


class PresetError(Exception):
    """Base of all; the message says what is wrong, where, and what to do."""


class FileRefused(PresetError):
    """A file cannot be taken; nothing of it was."""

    def __init__(self, place: str, message: str) -> None:
        """Say what is wrong.

        Args:
            place: Where in the file, as ``presets[2].parameters.temperature``; empty: the file as such.
            message: What is wrong there and what would do, without the place.
        """
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        """Where in the file; empty: the file as such."""
        self.message = message
        """What is wrong there."""


class TemplateUnfilled(PresetError):
    """A template cannot be filled."""

    def __init__(
        self,
        *,
        missing: tuple[str, ...] = (),
        unknown: tuple[str, ...] = (),
        wrong: Mapping[str, str] | None = None,
    ) -> None:
        """Say which variables are to blame.

        Args:
            missing: Variables without a value.
            unknown: Values for which there is no variable.
            wrong: Variables whose value is of the wrong type, with what is wrong.
        """
        parts = []
        if missing:
            told = "has no value. Fill it in." if len(missing) == 1 else "have no value. Fill them in."
            parts.append(f"{_names(missing)} {told}")
        if unknown:
            parts.append(
                f"There is no variable {_names(unknown)} in this template. Check the name, or take the "
                "value away."
            )
        parts += [f"{name}: {problem}" for name, problem in (wrong or {}).items()]
        super().__init__(" ".join(parts))
        self.missing = missing
        """Variables without a value."""
        self.unknown = unknown
        """Values without a variable."""
        self.wrong = dict(wrong or {})
        """Variables with a value of the wrong type."""


def _names(names: tuple[str, ...]) -> str:
    quoted = [f"{{{{{name}}}}}" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
