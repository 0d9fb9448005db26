"""The program behind :mod:`bedrock_playground.history.batch_process`: it writes until its pipe ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import IO

from bedrock_playground.history.batch_wire import Listener, receive, send
from bedrock_playground.history.batch_writer import BatchWriter, Problem, Work
from bedrock_playground.history.engine import make_engine, parse_url, writing


def main() -> None:
    """Write what comes through the pipe until that ends."""
    # An interrupt at the keyboard reaches all processes; this one ends with its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inwards, outwards = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever prints must not print into the answers.
    os.dup2(2, 1)
    try:
        url, process_id, user = receive(inwards)
        with writing(make_engine(parse_url(url))) as write:
            _serve(BatchWriter(write=write, process_id=process_id, user=user).write, inwards, outwards)
    except (EOFError, BrokenPipeError):
        # Whoever made the calls is gone, and everything that it said is written.
        return


def _serve(write: Callable[[Sequence[Work]], list[Problem]], inwards: IO[bytes], outwards: IO[bytes]) -> None:
    send(outwards, "ready")
    listener = Listener()
    while True:
        send(outwards, write(listener.heard(receive(inwards))))


if __name__ == "__main__":
    main()
