"""Alerts by mail: TLS or nothing, one recipient a message, and always knowing how far a try got.

`smtplib` raises one class for "lost before the content" and for "accepted, answer lost", so the
conversation is held here command by command and the phase is kept (reliability.md F20–F27).
"""

import re
import smtplib
import ssl
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from socket import IPPROTO_TCP, TCP_NODELAY
from threading import Lock

from app.core.cipher import Cipher
from app.core.settings import MailSecurity, MailServer, Settings
from notifications.alerts import Letterhead, build_message, message_id
from notifications.channels.base import AlertMessage, ChannelError, ErrorKind, Phase, Sent
from notifications.channels.line import Line, SecureLine
from notifications.states import Channel, Medium
from notifications.verp import return_address

# Seconds for one answer, all of it. The final dot gets longer: giving up there means a repeat.
ANSWER_SECONDS = 15.0
FINAL_DOT_SECONDS = 60.0
# What is said until a line is secure and signed in may be twenty answers long: together they have
# the time of so many.
_ANSWERS_TO_CONNECT = 3
# Nobody waits for a goodbye.
_GOODBYE_SECONDS = 1.0

_LINE_STARTS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)
# What needs neither quoting nor parsing, which takes longer than all else of a mail's commands.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# RFC 3463: class 5, subject 7 is policy or security, which says nothing about the mailbox.
_POLICY_STATUS = re.compile(rb"5\.7\.\d")
_KEPT_TOO_LONG = frozenset(
    {f"lost_at_{Phase.SENDER}", f"timeout_at_{Phase.SENDER}", f"{Phase.SENDER}_421"}
)
_SIGN_IN_WANTED = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class _Mail:
    """One envelope and what is in it."""

    sender: str
    recipient: str = field(repr=False)
    raw: bytes = field(repr=False)


class SmtpChannel:
    """Hands alerts to the organisation's mail server; keeps its connections for a block."""

    medium = Medium.EMAIL

    def __init__(
        self, settings: Settings, *, head: Letterhead, cipher: Cipher,
        name: Channel = Channel.SMTP, server: MailServer | None = None,
        answer_seconds: float = ANSWER_SECONDS, final_dot_seconds: float = FINAL_DOT_SECONDS,
    ) -> None:  # fmt: skip
        self.name = name.value
        self.per_minute = settings.smtp_per_minute
        self._bounce_mailbox = settings.bounce_mailbox
        self._server = server or settings.mail_server
        self._head = head
        self._cipher = cipher
        self._answer_seconds = answer_seconds
        self._final_dot_seconds = final_dot_seconds
        # Verifies the chain and the host name; smtplib's own default verifies neither.
        self._tls = ssl.create_default_context(cafile=self._server.ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._lock = Lock()
        self._idle: deque[Line] = deque()

    def carries(self, template: str) -> bool:
        return True

    def send(self, message: AlertMessage) -> Sent:
        """Hand one alert over; raise `ChannelError` whose kind says what the next try may do."""
        identity = message_id(message, self._cipher, self._head.mail_host)
        raw = build_message(message, head=self._head, message_id=identity)
        kept = self._take()
        mail = _Mail(self._return_address(message), message.address, raw)
        if kept is None or not self._hand_over(kept, mail, kept=True):
            self._hand_over(self._connect(), mail)
        return Sent(identity)

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        while server := self._take():
            server.wait_at_most(_GOODBYE_SECONDS)
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _return_address(self, message: AlertMessage) -> str:
        if self._bounce_mailbox is None:
            return self._head.sender
        return return_address(self._bounce_mailbox, message.alert_id, self._cipher)

    def _take(self) -> Line | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, server: Line) -> None:
        with self._lock:
            self._idle.append(server)

    def _hand_over(self, server: Line, mail: _Mail, *, kept: bool = False) -> bool:
        """Hand over on one connection; return False where a kept one turned out to be dead."""
        try:
            self._converse(server, mail)
        except ChannelError as error:
            server.close()
            if kept and error.code in _KEPT_TOO_LONG:
                return False
            raise
        self._keep(server)
        return True

    def _connect(self) -> Line:
        """Return a secured, signed-in connection; before it is secure nothing is said on it."""
        phase, server = Phase.CONNECTING, None
        try:
            server = self._open()
            phase = Phase.SECURING
            if self._server.security is MailSecurity.STARTTLS:
                server.starttls(context=self._tls)
            server.ehlo()
            phase = Phase.SIGNING_IN
            self._sign_in(server)
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                server.close()
            raise ChannelError(ErrorKind.CONNECTION, _why_no_connection(error, phase)) from None
        server.connected()
        return server

    def _open(self) -> Line:
        host, port = self._server.host, self._server.port
        name, patience = self._head.mail_host, self._answer_seconds
        connecting = _ANSWERS_TO_CONNECT * patience
        if self._server.security is MailSecurity.TLS:
            server: Line = SecureLine(
                host, port, name, patience=patience, connecting=connecting, context=self._tls
            )
        else:
            server = Line(host, port, name, patience=patience, connecting=connecting)
        if server.sock is not None:
            # The end of a content must not wait for the receipt of its beginning.
            server.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return server

    def _sign_in(self, server: Line) -> None:
        username, password = self._server.username, self._server.password
        if username is not None and password is not None:
            server.login(username, password.get_secret_value())

    def _converse(self, server: Line, mail: _Mail) -> None:
        """Say MAIL, RCPT and DATA; raise `ChannelError` with the phase in its code.

        A server that offers it (RFC 2920) hears all three at once; their answers come in order. On
        any refusal the connection is dropped, so a DATA it has taken already stays without content.
        """
        phase, replies = Phase.SENDER, self._commands(server, mail)
        try:
            _expect(next(replies), 250, phase)
            phase = Phase.RECIPIENT
            _expect(next(replies), 250, phase)
            phase = Phase.CONTENT
            _expect(next(replies), 354, phase)
            # Without the final dot no server may take the message. It is in the last record of what
            # is said here: where saying it breaks off, nobody can have read that record.
            server.send(_LINE_STARTS_WITH_DOT.sub(b"..", mail.raw) + b".\r\n")
            phase = Phase.FINAL_DOT
            server.wait_at_most(self._final_dot_seconds)
            _expect(server.getreply(), 250, phase)
            server.wait_at_most(self._answer_seconds)
        except (smtplib.SMTPException, OSError) as error:
            kind = ErrorKind.UNKNOWN if phase is Phase.FINAL_DOT else ErrorKind.TEMPORARY
            how = "timeout" if _timed_out(error) else "lost"
            raise ChannelError(kind, f"{how}_at_{phase}") from None

    @staticmethod
    def _commands(server: Line, mail: _Mail) -> Iterator[tuple[int, bytes]]:
        """Say the three commands, one by one or at once, and yield their answers."""
        commands = (
            f"MAIL FROM:{_path(mail.sender)}",
            f"RCPT TO:{_path(mail.recipient)}",
            "DATA",
        )
        if not server.has_extn("pipelining"):
            yield from (server.docmd(command) for command in commands)
            return
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("an address may not hold a line break")
        server.send("".join(f"{command}\r\n" for command in commands).encode("ascii"))
        yield from (server.getreply() for _ in commands)


def _path(address: str) -> str:
    """Return an address as the envelope has it."""
    return f"<{address}>" if _PLAIN_PATH.fullmatch(address) else smtplib.quoteaddr(address)


def _timed_out(error: BaseException) -> bool:
    """Return whether nobody answered in time; the library says "disconnected" of that, too."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _expect(reply: tuple[int, bytes], wanted: int, phase: Phase) -> None:
    """Return quietly on the answer wanted; else raise what this refusal means."""
    code, text = reply
    if code == wanted or (wanted == 250 and code == 251):
        return
    raise ChannelError(_meaning(code, text, phase), f"{phase}_{code}")


def _meaning(code: int, text: bytes, phase: Phase) -> ErrorKind:
    """Return what a refusal means for the next try.

    Only what the server says of this mailbox may be permanent: a refused sender, a missing sign-in
    or a policy would otherwise strike out every address we have in one bad minute.
    """
    if code in _SIGN_IN_WANTED or (phase is Phase.SENDER and code >= 500):
        return ErrorKind.CONNECTION
    if code >= 500 and not _POLICY_STATUS.match(text):
        return ErrorKind.PERMANENT
    return ErrorKind.TEMPORARY


def _why_no_connection(error: Exception, phase: Phase) -> str:
    """Return our own code for a connection that could not be had, or not safely."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate_refused"
    if isinstance(error, smtplib.SMTPNotSupportedError) and phase is Phase.SECURING:
        return "starttls_missing"
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        return "sign_in_refused"
    if _timed_out(error):
        return f"timeout_at_{phase}"
    return f"failed_at_{phase}"
