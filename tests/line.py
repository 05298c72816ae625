"""A line to a server on this machine that can be cut, fall silent, or lose an answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Line:
    """Stands between a client and a server, and passes bytes on while nothing else is asked.

    `silent` keeps every connection open and passes nothing on, as a network does that swallows
    everything. `lose_answer_to` names bytes of the client: they are passed on, and in place of the
    answer the connection ends, once.
    """

    port: int
    server: tuple[str, int]
    lose_answer_to: bytes | None = None
    lost: int = 0
    _passing: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)
    _refusing: bool = False

    def silence(self) -> None:
        """Let nothing through, in either direction, and end nothing."""
        self._passing.clear()

    def cut(self) -> None:
        """End every connection and refuse each new one."""
        self._refusing = True
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Pass everything on again, also what was held back."""
        self._refusing = False
        self._passing.set()

    def serve(self, listening: socket.socket) -> None:
        """Take connections until the listening socket is closed."""
        self.mend()
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            server = socket.create_connection(self.server)
            self._open += [client, server]
            unheard = threading.Event()
            for one, other, asks in ((client, server, True), (server, client, False)):
                passing = threading.Thread(
                    target=self._pass, args=(one, other, asks, unheard), daemon=True
                )
                passing.start()

    def _pass(
        self, one: socket.socket, other: socket.socket, asks: bool, unheard: threading.Event
    ) -> None:
        with suppress(OSError):
            while some := one.recv(65536):
                self._passing.wait()
                losing = asks and self.lose_answer_to and self.lose_answer_to in some
                if losing:
                    # Before it is passed on: the answer can be quicker than what follows here.
                    unheard.set()
                    self.lose_answer_to = None
                    self.lost += 1
                if asks or not unheard.is_set():
                    other.sendall(some)
                if losing:
                    # The server has it and works on it; who asked will never hear of it.
                    one.shutdown(socket.SHUT_RDWR)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End everything that is open."""
        self.cut()
        self.mend()
        for one in self._open:
            one.close()


@contextmanager
def line_to(host: str, port: int) -> Iterator[Line]:
    """Yield a line to a server, open on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = Line(listening.getsockname()[1], (host, port))
        taking = threading.Thread(target=line.serve, args=(listening,), daemon=True)
        taking.start()
        try:
            yield line
        finally:
            # A thread in accept() is only woken by the socket's end of reading.
            listening.shutdown(socket.SHUT_RDWR)
            line.close()
            taking.join()
