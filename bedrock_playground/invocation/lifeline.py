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

    __slots__ = ("_lock", "_shut", "_wake", "cancelled")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake: threading.Event | None = None
        self._shut: Callable[[], None] | None = None
        self.cancelled = False
        """Whether somebody asked to stop; never unset."""

    def cancel(self) -> None:
        """End it now; callable from any thread, any number of times."""
        with self._lock:
            self.cancelled = True
            if self._wake is not None:
                self._wake.set()
            if self._shut is not None:
                self._shut()

    def check(self) -> None:
        """Raise :class:`Cancelled` if somebody asked to stop."""
        if self.cancelled:
            raise Cancelled("Stopped.")

    def hold(self, shut: Callable[[], None] | None) -> None:
        """Name what wakes the reader on cancel; ``None`` when there is nothing to wake any more."""
        with self._lock:
            self._shut = shut
            if self.cancelled and shut is not None:
                shut()

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


def shut_down(sock: Any) -> None:  # noqa: ANN401 - pyOpenSSL's sockets only look like sockets
    """Shut a socket down, so that whoever reads from it wakes up."""
    # The plain socket's method: SSLSocket's own would drop the TLS state under the reader's feet, and the
    # reader would take what is left in the kernel's buffer for plain text.
    with contextlib.suppress(OSError):
        if isinstance(sock, socket.socket):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        else:
            sock.shutdown(socket.SHUT_RDWR)
