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

from bedrock_playground.history.batch_wire import Teller, receive, send
from bedrock_playground.history.batch_writer import Problem, Work

_log = logging.getLogger(__name__)

_MODULE = "bedrock_playground.history.batch_writing"


class WriterProcess:
    """The other process, as the one that makes the calls has it; for one thread."""

    def __init__(self, url: str, *, process_id: str, user: str | None) -> None:
        """Start it; it is told the rest with the first that is to be written, when it has had time to start.

        Args:
            url: SQLAlchemy's address of the database, with its password: it travels through the pipe alone.
            process_id: The id of the process that makes the calls, which its runs are recorded under.
            user: Who runs, where known.
        """
        command = [sys.executable, "-m", _MODULE]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told = (url, process_id, user)
        self._teller = Teller()
        self._ready = False
        self._gone = False

    def write(self, batch: Sequence[Work]) -> list[Problem] | None:
        """Write, as :meth:`BatchWriter.write` does; ``None``: it is gone, or cannot be told this."""
        if not self._ready and not self._gone:
            self._ready = self._exchange(self._told) == "ready"
        told = self._exchange(self._teller.told(batch)) if self._ready and not self._gone else None
        if isinstance(told, list) and len(told) == len(batch):
            self._teller.written(batch, told)
            return told
        self.close()
        return None

    def close(self) -> None:
        """End it, once it has written what it was told."""
        self._gone = True
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # What was left in the pipe's buffer has no reader any more.
                    continue
        self._process.wait()

    def _exchange(self, value: object) -> object:
        """Say something and wait for the answer; ``None``: there is none."""
        pipes = self._process.stdin, self._process.stdout
        if pipes[0] is None or pipes[1] is None:
            return None
        try:
            send(pipes[0], value)
            return receive(pipes[1])
        except (OSError, EOFError, ValueError, pickle.PickleError, TypeError, AttributeError) as error:
            _log.warning("The process that writes the history does not answer: %s", error)
            return None
