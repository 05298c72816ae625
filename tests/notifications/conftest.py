"""A real mail server on this machine and channels to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core.cipher import Cipher
from app.core.key_file import Keys
from app.core.settings import Environment, MailSecurity, Settings
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.sink import MailSink
from notifications.channels.smtp import SmtpChannel
from tests.factories.notifications import URN, NotifyingForce

ChannelTo = Callable[..., SmtpChannel]


@pytest.fixture
def keyed() -> Cipher:
    """A cipher for tests that need no database."""
    return Cipher(Keys.generate())


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as running:
        yield running


@pytest.fixture
def channel_to(keyed: Cipher, tmp_path: Path) -> Iterator[ChannelTo]:
    """Makes a channel to a sink; settings may be overridden, its patience is two seconds."""
    made: list[SmtpChannel] = []

    def make(sink: MailSink, *, patience: float = 2.0, **overrides: Any) -> SmtpChannel:
        settings = Settings(
            **{
                "environment": Environment.TEST,
                "data_dir": tmp_path,
                "smtp_host": sink.host,
                "smtp_port": sink.port,
                "smtp_security": MailSecurity.STARTTLS,
                "smtp_ca_file": sink.ca_file,
                **overrides,
            }
        )
        channel = SmtpChannel(
            settings, head=letterhead(settings), cipher=keyed, answer_seconds=patience,
            final_dot_seconds=patience,
        )  # fmt: skip
        made.append(channel)
        return channel

    yield make
    for channel in made:
        channel.close()


@pytest.fixture
def force(wiring: Wiring) -> NotifyingForce:
    """A force with one school of two key adults."""
    made = NotifyingForce(wiring).begin()
    made.key_adults = made.school(URN, "dsl@school.example.org", "deputy@school.example.org")
    return made


@pytest.fixture
def placed(force: NotifyingForce) -> UUID:
    """One notification at that school, due at 08:55."""
    return force.place()
