"""botocore's HTTP session with two additions: a call's socket is known, and so is the moment it is used.

Nothing private of botocore's client is touched: a ``before-send`` handler may answer a request itself, and
ours does so with a session of botocore's own class, made by botocore's own factory (proxies, certificate
bundles and client certificates work as ever), whose connections report to the :class:`Call` of their thread.

Requests are made one after the other, up to when they are sent. That takes Python half a millisecond, and it
runs one thread at a time anyway; but threads that wait for the interpreter ask for it every half millisecond,
and each change of threads costs. Waiting for a lock instead, 32 threads whose calls are answered at once make
a third more calls a second.

This module imports boto3's half of the world; import it late.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.httpsession import URLLib3Session

from bedrock_playground.invocation.lifeline import Lifeline, shut_down

_thread = threading.local()
_making = threading.Lock()
"""Held by the thread that makes a request now."""
_PATIENCE = 0.25
"""Seconds that a request waits at most to be made: whatever holds the others up must not hold up all."""
_AT_ONCE = 8192
"""Bytes that a connection takes without making its sender wait."""


class Call:
    """One try of one request, as its connection sees it. Times are ``perf_counter``'s."""

    __slots__ = ("_connection", "_is_made", "began", "head_at", "lifeline", "raw", "sent_at", "sock")

    def __init__(self, lifeline: Lifeline) -> None:
        self.lifeline = lifeline
        """Where a cancel comes from."""
        self._connection: Any = None
        self._is_made = True
        self.began = perf_counter()
        """When the try began."""
        self.sent_at: float | None = None
        """Just before the request's first byte was written, the connection being open."""
        self.head_at: float | None = None
        """When the response's head had arrived."""
        self.sock: socket.socket | None = None
        """The connection's socket."""
        self.raw: Any = None
        """urllib3's response."""

    def perform(self, operation: Callable[..., Any], arguments: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call an operation of a client whose transport is :class:`Transport`."""
        self.lifeline.check()
        _thread.call = self
        self._is_made = not _making.acquire(timeout=_PATIENCE)
        try:
            return operation(**arguments)
        finally:
            self.made()
            _thread.call = None

    def made(self) -> None:
        """Let the next request be made: this one is sent, or about to wait for something."""
        if not self._is_made:
            self._is_made = True
            _making.release()

    def allow_silence(self, seconds: float) -> None:
        """Set how long the connection may stay silent from now on."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def close(self) -> None:
        """Let go of the connection: back to the pool if the response was read to its end, else closed."""
        self.lifeline.hold(None)
        if self.raw is not None:
            self.raw.close()

    def connecting(self, connect: Callable[[], None], close: Callable[[], None]) -> None:
        """Open a connection so that a cancel need not wait for it."""
        self.made()
        self.lifeline.run(connect, abandoned=close)

    def sending(self, connection: Any) -> None:  # noqa: ANN401 - one of the two below
        """Take a connection over, open, and note that the first byte is about to be written."""
        connection.take(self)
        self._connection = connection
        self.sock = connection.sock
        self.lifeline.hold(self._shut)
        self.lifeline.check()
        self.sent_at = perf_counter()

    def _shut(self) -> None:
        self._connection.shut_for(self)


def _current() -> Call | None:
    """The call that this thread makes."""
    call: Call | None = getattr(_thread, "call", None)
    return call


class _Reporting:
    """Mixed into botocore's connections: knows which call uses it.

    A connection returns to the pool when its response was read to the end, which is before the call is
    closed: a cancel in between must not reach whoever uses the connection next.
    """

    sock: Any
    close: Callable[[], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as urllib3 has it
        super().__init__(*args, **kwargs)
        self._use = threading.Lock()
        self._user: Call | None = None
        self._is_shut = False

    def take(self, call: Call) -> None:
        """Belong to a call from now on, with an open socket."""
        with self._use:
            self._user = call
            stale, self._is_shut = self._is_shut, False
        if stale:
            self.close()
        if self.sock is None:
            self.connect()

    def shut_for(self, call: Call) -> None:
        """Shut the socket down, if it still belongs to the call."""
        with self._use:
            if self._user is call and call.sock is not None:
                self._is_shut = True
                shut_down(call.sock)

    def connect(self) -> None:
        call = _current()
        connect = super().connect  # type: ignore[misc]
        if call is None:
            connect()
        else:
            call.connecting(connect, super().close)  # type: ignore[misc]

    def request(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as urllib3 has it
        call = _current()
        if call is not None:
            call.sending(self)
        response = super().request(*args, **kwargs)  # type: ignore[misc]
        if call is not None:
            call.made()
        return response

    def send(self, data: Any) -> Any:  # noqa: ANN401 - as http.client has it
        call = _current()
        if call is not None and not (isinstance(data, bytes) and len(data) <= _AT_ONCE):
            call.made()
        return super().send(data)  # type: ignore[misc]


class _Connection(_Reporting, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _TlsConnection(_Reporting, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _Idle:
    """What urllib3 keeps idle connections in; unlike its queue without locks, for nobody here waits for one.

    A deque is safe by itself. Threads that come at once may keep a connection more than was asked for.
    """

    def __init__(self, maxsize: int) -> None:
        self._most = maxsize
        self._connections: deque[Any] = deque()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002 - as urllib3 has it
        try:
            return self._connections.pop()
        except IndexError:
            raise queue.Empty from None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002 - as above
        if len(self._connections) >= self._most:
            raise queue.Full
        self._connections.append(item)

    def qsize(self) -> int:
        return len(self._connections)


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection
    QueueCls = _Idle


class _TlsPool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _TlsConnection
    QueueCls = _Idle


def _remembering(find: Callable[[str], Any]) -> Callable[[str], Any]:
    """Find an address's pool without its manager, which takes a lock and parses the address each time."""
    pools: dict[str, Any] = {}

    def connection_from_url(url: str) -> Any:  # noqa: ANN401 - one of the pools above
        origin = url[: url.find("/", len("https://"))]
        pool = pools.get(origin)
        # The manager closes the pool that was not used for longest, once it has many.
        if pool is None or pool.pool is None:
            pool = pools[origin] = find(url)
        return pool

    return connection_from_url


class Transport(URLLib3Session):  # type: ignore[misc]
    """Sends requests as botocore does, and tells the thread's :class:`Call` about it."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - whatever botocore's factory gives
        super().__init__(**kwargs)
        self._pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        self._manager.pool_classes_by_scheme = self._pool_classes_by_scheme
        self._manager.connection_from_url = _remembering(self._manager.connection_from_url)

    def send(self, request: Any) -> Any:  # noqa: ANN401 - botocore's types
        """Send a prepared request and return botocore's response once its head has arrived."""
        response = super().send(request)
        call = _current()
        if call is not None:
            call.head_at = perf_counter()
            call.raw = response.raw
        return response
