"""How a running call is ended at once by another thread.

Closing a response from another thread blocks while the reader waits in ``recv``; shutting the *socket* down
wakes the reader within a millisecond. What has no socket yet (resolving names, connecting, the TLS
handshake, loading credentials) cannot be woken: it runs in a helper thread that is left behind.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from bedrock_playground.invocation.errors import Cancelled

_T = TypeVar("_T")


class Lifeline:
    """Cancels one invocation, whatever it is doing."""

    __slots__ = ("_lock", "_socket", "_wake", "cancelled")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake: threading.Event | None = None
        self._socket: socket.socket | None = None
        self.cancelled = False
        """Whether somebody asked to stop; never unset."""

    def cancel(self) -> None:
        """End it now; callable from any thread, any number of times."""
        with self._lock:
            self.cancelled = True
            held, wake = self._socket, self._wake
            if wake is not None:
                wake.set()
            if held is not None:
                _shut(held)

    def check(self) -> None:
        """Raise :class:`Cancelled` if somebody asked to stop."""
        if self.cancelled:
            raise Cancelled("Stopped.")

    def hold(self, sock: socket.socket | None) -> None:
        """Name the socket to shut down on cancel; ``None`` when it is given back to the pool."""
        with self._lock:
            self._socket = sock
            if self.cancelled and sock is not None:
                _shut(sock)

    def sleep(self, seconds: float) -> None:
        """Wait, and not a moment longer than until cancelled.

        Raises:
            Cancelled: Somebody asked to stop.
        """
        self._waker().wait(seconds)
        self.check()

    def run(self, work: Callable[[], _T], *, abandoned: Callable[[], None] | None = None) -> _T:
        """Do work that cannot be interrupted, in a helper thread that is left behind on cancel.

        Args:
            work: What to do; its exception is raised here.
            abandoned: Called in the helper when the work ended after the cancel, to clean up.

        Raises:
            Cancelled: Somebody asked to stop before the work was done.
        """
        self.check()
        wake = self._waker()
        future: Future[_T] = Future()

        def helper() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised again where it belongs
                future.set_exception(error)
            wake.set()

        threading.Thread(target=helper, name="invocation-helper", daemon=True).start()
        wake.wait()
        if not future.done():
            if abandoned is not None:
                future.add_done_callback(lambda _: abandoned())
            raise Cancelled("Stopped before anything was sent.")
        with self._lock:
            if not self.cancelled:
                wake.clear()
        return future.result()

    def _waker(self) -> threading.Event:
        with self._lock:
            if self._wake is None:
                self._wake = threading.Event()
                if self.cancelled:
                    self._wake.set()
            return self._wake


def _shut(sock: Any) -> None:  # noqa: ANN401 - pyOpenSSL's sockets only look like sockets
    # The plain socket's method: SSLSocket's own would drop the TLS state under the reader's feet, and the
    # reader would take what is left in the kernel's buffer for plain text.
    with contextlib.suppress(OSError):
        if isinstance(sock, socket.socket):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        else:
            sock.shutdown(socket.SHUT_RDWR)
