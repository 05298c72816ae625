"""`encompass stand-in …`: outside systems to rehearse against, on this machine alone."""

import signal
import tempfile
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from app.cli import opening
from app.cli.output import say
from app.core.errors import Refused

Known = TypeVar("Known", bound=StrEnum)

commands = typer.Typer(no_args_is_help=True)

Port = Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)]
Fail = Annotated[
    list[str] | None, typer.Option("--fail", metavar="FAULT", help="Lets one message go wrong.")
]


@commands.callback()
def stand_in() -> None:
    """Stand-ins for a mail server and for GOV.UK Notify, for rehearsals."""


@commands.command()
def mail(port: Port = 2525, fail: Fail = None) -> None:
    """Run a mail server that keeps what it is sent, over TLS, until it is stopped.

    Example: encompass stand-in mail --port 2525 --fail greylisted --fail mailbox_refused
    """
    from notifications.channels.sink import Fault, MailSink

    _not_in_production()
    faults = [_fault(Fault, word) for word in fail or ()]
    with tempfile.TemporaryDirectory() as folder, MailSink(Path(folder), port=port) as sink:
        sink.fail_next(*faults)
        say(f"ENCOMPASS_CHANNEL=smtp ENCOMPASS_SMTP_HOST={sink.host} ENCOMPASS_SMTP_PORT={port}")
        say(f"ENCOMPASS_SMTP_CA_FILE={sink.ca_file}")
        _until_stopped()
        say(f"{len(sink.messages):,} mails were taken.")


@commands.command()
def notify(port: Port = 2526, fail: Fail = None) -> None:
    """Run a stand-in for GOV.UK Notify until it is stopped; it prints the settings to use.

    Example: encompass stand-in notify --port 2526 --fail rate_limit --fail error_but_stored
    """
    import json

    from app.core.clock import SystemClock
    from notifications.alerts import sent_as_text
    from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
    from notifications.states import Template

    _not_in_production()
    faults = [_fault(NotifyFault, word) for word in fail or ()]
    ids = {name: name for one in Template for name in (one.value, f"{one.value}.cy")}
    texts = {name: name for one in sent_as_text() for name in (one, f"{one}.cy")}
    with FakeNotify(SystemClock(), dict.fromkeys(ids, "A message is waiting."), port=port) as fake:
        fake.fail_next(*faults)
        say("ENCOMPASS_CHANNEL=govuk_notify ENCOMPASS_TEXT_CHANNEL=govuk_notify_text")
        say(f"ENCOMPASS_NOTIFY_URL={fake.url} ENCOMPASS_NOTIFY_API_KEY={API_KEY}")
        say(f"ENCOMPASS_NOTIFY_TEMPLATES='{json.dumps(ids)}'")
        say(f"ENCOMPASS_NOTIFY_TEXT_TEMPLATES='{json.dumps(texts)}'")
        _until_stopped()
        say(f"{len(fake.taken):,} messages were taken.")


def _not_in_production() -> None:
    if opening.settings().production:
        raise Refused("A stand-in sends nothing on: set ENCOMPASS_ENVIRONMENT to demo or test.")


def _fault(faults: type[Known], word: str) -> Known:
    try:
        return faults(word)
    except ValueError:
        known = ", ".join(sorted(faults))
        raise typer.BadParameter(f"the faults are {known}", param_hint="--fail") from None


def _until_stopped() -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
