"""Keeps a credential provider's words out of the logs: botocore logs a failed refresh with its traceback.

While temporary keys are still good it goes on with them, so that the warning is all that comes of it; it
holds whatever a credential process wrote to its standard error, or what an SSO or metadata service answered.
"""

from __future__ import annotations

import logging

_LOGGERS = ("botocore.credentials", "botocore.tokens")
"""Those that warn of a provider's failures."""


class _WithoutTraceback(logging.Filter):
    """Replaces a traceback by the words that an error may say."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, changed where it holds an error."""
        if not record.exc_info:
            return True
        from bedrock_playground.invocation.error_words import error_words  # noqa: PLC0415 - it imports botocore

        error = record.exc_info[1]
        words = error_words(error) if isinstance(error, Exception) else type(error).__name__
        repeats = isinstance(record.args, tuple) and any(isinstance(arg, Exception) for arg in record.args)
        record.msg = f"{'A request failed' if repeats else record.getMessage().rstrip('.')}: {words}"
        record.args = ()
        record.exc_info = record.exc_text = None
        return True


_FILTER = _WithoutTraceback()


def keep_words_out_of_logs() -> None:
    """See to it for the whole process; harmless to repeat."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
