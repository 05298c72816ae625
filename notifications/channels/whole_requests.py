"""HTTP requests that are over in their time as a whole, however slowly the other side answers.

`httpx` counts its patience anew for each piece that arrives: a provider that said a byte every
second would hold the block for ever, and with it everything that waits (F21).
"""

import ssl
from collections.abc import Iterable
from contextvars import ContextVar
from time import monotonic
from typing import Any

import httpcore
import httpx

# By when the request of this thread has to be over.
_over_by: ContextVar[float] = ContextVar("over_by")


class _Stream(httpcore.NetworkStream):
    """One connection, which waits for nothing longer than its request may last."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Opens such connections."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


class WholeRequests(httpx.HTTPTransport):
    """Carries requests over the network, none of them for longer than `seconds`."""

    def __init__(self, seconds: float, limits: httpx.Limits) -> None:
        tls = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=tls, limits=limits, trust_env=False)
        self._seconds = seconds
        # The library lets nobody choose the network beneath its own transport.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry, network_backend=_Backend(),
        )  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, whose body has what is left of the time."""
        _over_by.set(monotonic() + self._seconds)
        return super().handle_request(request)


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
    """Return how long this piece may take; raise `late` where the request's time is over."""
    left = _over_by.get() - monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(timeout, left)
