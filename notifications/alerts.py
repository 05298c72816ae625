"""The alert's bytes: fixed neutral text, one recipient, and nothing that tells what waits.

Source: domain.md §4. Apart from the envelope and the To address no byte may hold one of the
words below, a name, a date of birth or a reference; whoever sees the mailbox learns nothing.
"""

import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from app.core.cipher import Cipher
from app.core.clock import as_utc
from app.core.errors import Refused
from app.core.settings import Settings
from notifications.channels.base import AlertMessage
from notifications.states import WordingKind
from notifications.wording import TEMPLATES, alert_folder, newest

TELLING_WORDS = (
    "police", "domestic", "abuse", "violence", "child", "encompass",
    "heddlu", "domestig", "cam-drin", "trais", "plentyn",
)  # fmt: skip

# Every telling word has one of these vowels: without them no word can come up by chance.
_NO_VOWELS = str.maketrans("AEIO", "0189")
# What needs no quoting, and no folding of its line.
_PLAIN_ADDRESS = re.compile(
    r"(?=.{3,60}\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*@(?:[a-z0-9-]+\.)+[a-z]{2,}"
)
_NOBODY, _NEVER = UUID(int=0), datetime(2000, 1, 1, tzinfo=UTC)
_ADDRESS, _IDENTITY = "nobody@example.org", "<nothing@example.org>"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is the same on every alert of this installation."""

    sender: str
    sender_name: str
    mail_host: str
    sign_in_url: str
    base_url: str = ""


def telling_words(text: str) -> tuple[str, ...]:
    """Return the words in a text that would tell an onlooker what the alert is about."""
    folded = text.casefold()
    return tuple(word for word in TELLING_WORDS if word in folded)


def letterhead(settings: Settings) -> Letterhead:
    """Return the letterhead of an installation; raise `Refused` where it would tell."""
    head = Letterhead(
        sender=settings.mail_from,
        sender_name=settings.mail_from_name,
        mail_host=settings.mail_host,
        sign_in_url=f"{settings.base_url.rstrip('/')}/sign-in",
        base_url=settings.base_url.rstrip("/"),
    )
    for name, value in (
        ("MAIL_FROM", head.sender),
        ("MAIL_FROM_NAME", head.sender_name),
        ("MAIL_HOST", head.mail_host),
        ("BASE_URL", head.sign_in_url),
    ):
        if telling_words(value):
            raise Refused(
                f"ENCOMPASS_{name} would tell an onlooker what an alert is about: choose neutral "
                "words, a neutral sender and a neutral host."
            )
    return head


def message_id(message: AlertMessage, cipher: Cipher, mail_host: str) -> str:
    """Return the one Message-ID of an alert, the same at every try, so that repeats are dropped."""
    digest = cipher.digest("alert-message-id", str(message.alert_id))[:20]
    return f"<{neutral_token(digest)}@{mail_host}>"


def neutral_token(digest: bytes) -> str:
    """Return bytes as text of small letters and digits in which no telling word can come up."""
    return b32encode(digest).decode().rstrip("=").translate(_NO_VOWELS).lower()


def build_message(message: AlertMessage, *, head: Letterhead, message_id: str) -> bytes:
    """Return the whole message with CRLF line ends; the same input always gives the same bytes.

    Raises `ValueError` where what is filled in would tell, and for what is no address.
    """
    if message.extra or not _PLAIN_ADDRESS.fullmatch(message.address):
        return _built(message, head, message_id)
    shape = _shape(head, message.template, message.version, welsh=message.welsh)
    date = format_datetime(as_utc(message.planned_at))
    return shape % (message.address.encode(), date.encode(), message_id.encode())


@cache
def _shape(head: Letterhead, template: str, version: str, *, welsh: bool) -> bytes:
    """Return a message with places for address, date and id: the library takes long to make one."""
    message = AlertMessage(_NOBODY, _ADDRESS, template, welsh, _NEVER, version=version)
    raw = _built(message, head, _IDENTITY).replace(b"%", b"%%")
    for line in (f"To: {_ADDRESS}", f"Date: {format_datetime(_NEVER)}", f"Message-ID: {_IDENTITY}"):
        name = line.partition(" ")[0].encode()
        raw = raw.replace(line.encode() + b"\r\n", name + b" %b\r\n", 1)
    return raw


def _built(message: AlertMessage, head: Letterhead, message_id: str) -> bytes:
    subject, body = _wording(message.template, message.version, welsh=message.welsh)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(head.sender_name, addr_spec=head.sender)
    mail["To"] = Address(addr_spec=message.address)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(as_utc(message.planned_at))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(_filled_in(body, message, head), cte="quoted-printable")
    return mail.as_bytes()


def build_text(message: AlertMessage, *, head: Letterhead) -> str:
    """Return a text message: one or two sentences, in both languages at a Welsh school.

    Raises `ValueError` where what is filled in would tell.
    """
    folder = alert_folder(message.template, message.version)
    languages = ("text.cy.txt", "text.txt") if message.welsh else ("text.txt",)
    text = "\n".join(_text(folder / name).strip() for name in languages)
    return _filled_in(text, message, head)


def sent_as_text() -> tuple[str, ...]:
    """Return the templates that a text message can be made of."""
    folder = TEMPLATES / WordingKind.ALERT / newest(WordingKind.ALERT)
    return tuple(sorted(path.parent.name for path in folder.glob("*/text.txt")))


def _filled_in(text: str, message: AlertMessage, head: Letterhead) -> str:
    if telling_words(" ".join(message.extra.values())):
        raise ValueError("what this alert is filled in with would tell an onlooker")
    return text.format_map(
        {**message.extra, "sign_in_url": head.sign_in_url, "base_url": head.base_url}
    )


@cache
def _wording(template: str, version: str, *, welsh: bool) -> tuple[str, str]:
    """Return subject and body: Welsh first and English after it at a Welsh school."""
    folder = alert_folder(template, version)
    languages = (".cy.txt", ".txt") if welsh else (".txt",)
    subjects = [_text(folder / f"subject{end}").strip() for end in languages]
    bodies = [_text(folder / f"body{end}") for end in languages]
    return " / ".join(subjects), "\n----\n\n".join(bodies)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
