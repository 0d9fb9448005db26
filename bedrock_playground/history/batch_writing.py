"""The program behind :mod:`bedrock_playground.history.batch_process`: it writes until its pipe ends."""

from __future__ import annotations

import os
import signal
import sys

from bedrock_playground.history.batch_wire import heard, receive, send
from bedrock_playground.history.batch_writer import BatchWriter
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
            writer = BatchWriter(write=write, process_id=process_id, user=user)
            while True:
                send(outwards, writer.write(heard(receive(inwards))))
    except (EOFError, BrokenPipeError):
        # Whoever made the calls is gone, and everything that it said is written.
        return


if __name__ == "__main__":
    main()
