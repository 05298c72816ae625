"""A connection to a mail server on which each answer has its time as a whole.

`smtplib` counts its patience anew for each piece that arrives: a server that said `220-` every
second would hold the conversation for ever, and with it everything that waits (F21).
"""

import smtplib
from io import BufferedReader, RawIOBase
from math import inf
from socket import socket
from time import monotonic
from typing import Any


class _Answers(RawIOBase):
    """What is read of a connection until an instant, whichever piece comes then."""

    def __init__(self, sock: socket) -> None:
        super().__init__()
        self._sock = sock
        self.until = inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class Line(smtplib.SMTP):
    """One connection; `patience` is the seconds for one answer, `connecting` for all up to secure.

    An answer that is not complete in its time ends it as one that never came.
    """

    def __init__(
        self, host: str, port: int, name: str, *, patience: float, connecting: float,
        **options: Any,
    ) -> None:  # fmt: skip
        self._patience = patience
        self._connected_by = monotonic() + connecting
        self._answers: _Answers | None = None
        super().__init__(host, port, name, timeout=patience, **options)

    def connected(self) -> None:
        """Say that connecting is over: from now on only each answer has its time."""
        self._connected_by = inf

    def wait_at_most(self, seconds: float) -> None:
        """Have so much patience from now on."""
        self._patience = seconds
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def getreply(self) -> tuple[int, bytes]:
        # None after the line was opened, and once more after STARTTLS: what came in clear is lost.
        if self.file is None and self.sock is not None:
            self._answers = _Answers(self.sock)
            self.file = BufferedReader(self._answers)
        if self._answers is not None:
            self._answers.until = min(monotonic() + self._patience, self._connected_by)
        reply = super().getreply()
        self.wait_at_most(self._patience)
        return reply


class SecureLine(Line, smtplib.SMTP_SSL):
    """The same with TLS from the first byte; wants `context`."""
