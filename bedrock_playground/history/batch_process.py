"""A process whose only work is writing what an evaluation records.

Python runs one thread at a time: what makes hundreds of calls a second has no time to make rows as well. This
process gets what was recorded through a pipe, writes it, and says so; the one that makes the calls waits for
that before it sends anything. It ends when its pipe does, with all written that came through it, also when
the other process was killed.
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from bedrock_playground.history.batch_wire import receive, send, told
from bedrock_playground.history.batch_writer import Problem, Work

_log = logging.getLogger(__name__)

_MODULE = "bedrock_playground.history.batch_writing"


class WriterProcess:
    """The other process, as the one that makes the calls has it; for one thread."""

    def __init__(self, url: str, *, process_id: str, user: str | None) -> None:
        """Start it; nothing waits for that before there is something to write.

        Args:
            url: SQLAlchemy's address of the database, with its password: it travels through the pipe alone.
            process_id: The id of the process that makes the calls, which its runs are recorded under.
            user: Who runs, where known.
        """
        command = [sys.executable, "-m", _MODULE]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None  # noqa: S101 - asked for just now; for the type checker
        assert self._process.stdout is not None  # noqa: S101 - as above
        self._to, self._from = self._process.stdin, self._process.stdout
        with suppress(OSError):  # it is gone at once: whoever writes finds that out
            send(self._to, (url, process_id, user))

    def write(self, batch: Sequence[Work]) -> list[Problem] | None:
        """Write, as :meth:`BatchWriter.write` does; ``None``: it is gone, or cannot be told this."""
        try:
            send(self._to, told(batch))
            problems: list[Problem] = receive(self._from)
        except (OSError, EOFError, ValueError, pickle.PickleError, TypeError, AttributeError) as error:
            _log.warning("The process that writes the history does not answer: %s", error)
            self.close()
            return None
        return problems

    def close(self) -> None:
        """End it, once it has written what it was told."""
        for pipe in (self._to, self._from):
            with suppress(OSError):  # what was left in the pipe's buffer has no reader any more
                pipe.close()
        self._process.wait()
