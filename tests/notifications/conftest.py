"""A real mail server on this machine and channels to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.cipher import Cipher, Keys
from app.core.settings import Environment, MailSecurity, Settings
from notifications.alerts import letterhead
from notifications.channels.sink import MailSink
from notifications.channels.smtp import SmtpChannel

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
    """Makes a channel to a sink; settings may be overridden, its patience is a second."""
    made: list[SmtpChannel] = []

    def make(sink: MailSink, **overrides: Any) -> SmtpChannel:
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
            settings, head=letterhead(settings), cipher=keyed, answer_seconds=2.0,
            final_dot_seconds=2.0,
        )  # fmt: skip
        made.append(channel)
        return channel

    yield make
    for channel in made:
        channel.close()
