"""The shipped mail server for demonstrations and tests: real SMTP with TLS, kept in memory.

It fails on request, one scripted fault for each mail, so that every answer of a bad night can be
had at noon.
"""

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Any, AnyStr, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifications.channels.certificates import make_certificates

_TAKEN = "250 OK"
_LATE_SECONDS, _DRIP_SECONDS = 3.0, 0.05


class Fault(StrEnum):
    """What goes wrong with one mail."""

    SENDER_REFUSED = "sender_refused"
    MAILBOX_REFUSED = "mailbox_refused"
    RELAY_REFUSED = "relay_refused"
    GREYLISTED = "greylisted"
    # Says nothing for as long as the sender waits.
    SILENT_AT_RECIPIENT = "silent_at_recipient"
    # Answers without an end, byte by byte, for as long as the sender waits.
    TRICKLES_AT_GREETING = "trickles_at_greeting"
    TRICKLES_AT_RECIPIENT = "trickles_at_recipient"
    # The mail is taken and kept.
    TRICKLES_AFTER_FINAL_DOT = "trickles_after_final_dot"
    # Three seconds after the sender was connected.
    GREETS_LATE = "greets_late"
    LOST_AT_RECIPIENT = "lost_at_recipient"
    LOST_BEFORE_CONTENT = "lost_before_content"
    # The mail is taken and kept, and the sender never hears of it.
    LOST_AFTER_FINAL_DOT = "lost_after_final_dot"
    LATER_AFTER_FINAL_DOT = "later_after_final_dot"
    REFUSED_AFTER_FINAL_DOT = "refused_after_final_dot"


_ANSWERS = {
    Fault.SENDER_REFUSED: "550 5.7.1 sender not allowed",
    Fault.MAILBOX_REFUSED: "550 5.1.1 no such mailbox",
    Fault.RELAY_REFUSED: "554 5.7.1 relay access denied",
    Fault.GREYLISTED: "451 4.7.1 greylisted, try again in 300 seconds",
    Fault.LATER_AFTER_FINAL_DOT: "451 4.3.0 try again later",
    Fault.REFUSED_AFTER_FINAL_DOT: "554 5.6.0 message refused",
}
# They are for the next connection, not for the next mail.
_AT_GREETING = frozenset({Fault.TRICKLES_AT_GREETING, Fault.GREETS_LATE})
_AT_RECIPIENT = frozenset({Fault.MAILBOX_REFUSED, Fault.RELAY_REFUSED, Fault.GREYLISTED})
_AFTER_FINAL_DOT = frozenset({Fault.LATER_AFTER_FINAL_DOT, Fault.REFUSED_AFTER_FINAL_DOT})


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it arrived: the envelope, every byte, and whether it came over TLS."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    over_tls: bool


class MailSink:
    """A mail server on this machine; `with MailSink(folder) as sink:` starts and stops it.

    `names` are what its certificate is good for; without STARTTLS it offers none; with
    `implicit_tls` it speaks TLS from the first byte; with `login` it asks for name and password.
    """

    host = "127.0.0.1"

    def __init__(
        self, folder: Path, *, names: tuple[str, ...] = (host, "localhost"),
        starttls: bool = True, implicit_tls: bool = False, login: tuple[str, str] | None = None,
        port: int | None = None, pipelining: bool = True,
    ) -> None:  # fmt: skip
        self.pipelining = pipelining
        # How long it takes for each answer.
        self.answer_seconds = 0.0
        # Mails whose commands came together.
        self.pipelined = 0
        self.messages: list[Received] = []
        # Every byte that came before a connection was secure.
        self.in_clear = bytearray()
        self.port = port or _free_port(self.host)
        self.ca_file, server_file = make_certificates(folder, names=names)
        self._faults: deque[Fault] = deque()
        self._login = login
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(server_file)
        self._contexts = (context if implicit_tls else None, context if starttls else None)
        self._controller: _Controller | None = None

    def __enter__(self) -> Self:
        self._controller = _Controller(self, *self._contexts)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._controller is not None:
            self._controller.hang_up_all()
            self._controller.stop()
            self._controller = None

    def fail_next(self, *faults: Fault) -> None:
        """Make the next mails go wrong, one fault each, in this order."""
        self._faults.extend(faults)

    def next_fault(self, *, greeting: bool = False) -> Fault | None:
        """Take the fault scripted for the mail, or the connection, that begins now."""
        if not self._faults or (self._faults[0] in _AT_GREETING) is not greeting:
            return None
        return self._faults.popleft()

    def admits(self, login: LoginPassword) -> bool:
        """Return whether name and password are the ones asked for."""
        return self._login == (login.login.decode(), login.password.decode())

    @property
    def wants_login(self) -> bool:
        return self._login is not None


class _Conversation(SMTP):
    """One connection; notes what is said in clear and loses the line where it was told to."""

    def __init__(self, sink: MailSink, **options: Any) -> None:
        super().__init__(_Handler(sink), **options)
        self._sink = sink
        self._line: asyncio.BaseTransport | None = None
        self.fault: Fault | None = None
        self.gone = asyncio.Event()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone.set()
        super().connection_lost(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Called once more when STARTTLS has put its own layer on the same line.
        self._line = self._line or transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self.secure:
            self._sink.in_clear += data
        self._sink.pipelined += data.startswith(b"MAIL") and data.endswith(b"DATA\r\n")
        super().data_received(data)

    async def _handle_client(self) -> None:
        # The library asks nobody before it greets.
        match self._sink.next_fault(greeting=True):
            case Fault.GREETS_LATE:
                await self._stays(_LATE_SECONDS)
            case Fault.TRICKLES_AT_GREETING:
                await self.trickle("220")
        if not self.gone.is_set():
            await super()._handle_client()

    async def push(self, status: AnyStr) -> None:
        # Of an answer of several lines, before the last.
        if status[3:4] not in {"-", b"-"}:
            await self._stays(self._sink.answer_seconds)
        await super().push(status)

    async def trickle(self, code: str) -> None:
        """Say an answer without an end, byte by byte, until the other side goes."""
        for byte in cycle(f"{code}-wait\r\n".encode()):
            self._writer.write(bytes([byte]))
            if not await self._stays(_DRIP_SECONDS):
                return

    async def _stays(self, seconds: float) -> bool:
        """Let some time pass; return whether the other side is still there."""
        if seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.gone.wait(), seconds)
        return not self.gone.is_set()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (the library's name for the command)
        if self.fault is Fault.LOST_BEFORE_CONTENT:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            self.hang_up()
            return
        await super().smtp_DATA(arg)

    @property
    def secure(self) -> bool:
        """Return whether this connection is over TLS, from the start or since STARTTLS."""
        transport = self.transport
        return transport is not None and transport.get_extra_info("ssl_object") is not None

    def hang_up(self) -> None:
        """Close the connection without an answer."""
        if isinstance(self._line, asyncio.Transport):
            # Python 3.11.2 has forgotten the protocol of a TLS connection that closed by itself.
            with suppress(AttributeError):
                self._line.abort()


class _Handler:
    """Answers the commands of one connection."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_EHLO(  # noqa: N802 (the library calls it by this name)
        self, _server: _Conversation, session: Session, _envelope: Envelope, hostname: str,
        responses: list[str],
    ) -> list[str]:  # fmt: skip
        session.host_name = hostname
        offered = ["250-PIPELINING"] if self._sink.pipelining else []
        return [*responses[:-1], *offered, responses[-1]]

    async def handle_MAIL(  # noqa: N802 (the library calls it by this name)
        self, server: _Conversation, _session: Session, envelope: Envelope, address: str,
        _options: list[str],
    ) -> str:  # fmt: skip
        server.fault = self._sink.next_fault()
        if server.fault is Fault.SENDER_REFUSED:
            return _ANSWERS[server.fault]
        envelope.mail_from = address
        return _TAKEN

    async def handle_RCPT(  # noqa: N802 (the library calls it by this name)
        self, server: _Conversation, _session: Session, envelope: Envelope, address: str,
        _options: list[str],
    ) -> str:  # fmt: skip
        if server.fault is Fault.SILENT_AT_RECIPIENT:
            await server.gone.wait()
        if server.fault is Fault.TRICKLES_AT_RECIPIENT:
            await server.trickle("250")
        if server.fault is Fault.LOST_AT_RECIPIENT:
            server.hang_up()
        if server.fault in _AT_RECIPIENT:
            return _ANSWERS[server.fault]
        envelope.rcpt_tos.append(address)
        return _TAKEN

    async def handle_DATA(  # noqa: N802 (the library calls it by this name)
        self, server: _Conversation, _session: Session, envelope: Envelope
    ) -> str:
        if server.fault in _AFTER_FINAL_DOT:
            return _ANSWERS[server.fault]
        self._sink.messages.append(
            Received(
                envelope.mail_from or "", tuple(envelope.rcpt_tos),
                bytes(envelope.original_content or b""), server.secure,
            )
        )  # fmt: skip
        if server.fault is Fault.TRICKLES_AFTER_FINAL_DOT:
            await server.trickle("250")
        if server.fault is Fault.LOST_AFTER_FINAL_DOT:
            server.hang_up()
        return _TAKEN


class _Controller(Controller):
    """Runs the conversations in a thread of its own."""

    def __init__(
        self, sink: MailSink, implicit: ssl.SSLContext | None, starttls: ssl.SSLContext | None
    ) -> None:
        super().__init__(_Handler(sink), hostname=sink.host, port=sink.port, ssl_context=implicit)
        self._sink = sink
        self._starttls = starttls
        self._conversations: list[_Conversation] = []

    def factory(self) -> SMTP:
        conversation = _Conversation(
            self._sink, hostname="mail.test", ident="mail sink", tls_context=self._starttls,
            loop=self.loop, auth_required=self._sink.wants_login,
            auth_require_tls=self.ssl_context is None,
            authenticator=self._authenticate if self._sink.wants_login else None,
        )  # fmt: skip
        self._conversations.append(conversation)
        return conversation

    def hang_up_all(self) -> None:
        """Close what clients left open, and wait until every conversation has noticed."""
        asyncio.run_coroutine_threadsafe(self._hang_up_all(), self.loop).result(timeout=10)

    async def _hang_up_all(self) -> None:
        running = [one._handler_coroutine for one in self._conversations]  # noqa: SLF001 (no public way to wait)
        for one in self._conversations:
            one.hang_up()
        await asyncio.wait([task for task in running if task is not None], timeout=5)

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        # Unhandled, the library answers 535; handled, it would leave the client waiting.
        return AuthResult(success=self._sink.admits(data), handled=False)


def _free_port(host: str) -> int:
    with socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
