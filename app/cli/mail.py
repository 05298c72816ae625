"""`encompass mail …`: what comes back from mailboxes, how the providers of alerts stand."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening, wording
from app.cli.output import Json, answer, print_json, say, table

commands = typer.Typer(no_args_is_help=True)
commands.command("wording")(wording.of_alerts)

_WORDS = {
    "moved": "believed", "nothing_new": "known already", "parked": "about an alert not written yet",
    "automatic": "absence notes and the like, ignored", "delayed": "still being tried, ignored",
    "other": "not a report about an alert of ours, ignored",
}  # fmt: skip


@commands.callback()
def mail() -> None:
    """Bounces, and the providers of alerts."""


@commands.command()
def bounces(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Messages as they came; - reads one.")
    ],
    json: Json = False,
) -> None:
    """Take in messages of the bounce mailbox: a refused address is flagged, the next is asked.

    A mail server may pipe each message here. One that is not about an alert of ours is ignored.

    Example: encompass mail bounces /var/mail/bounces/new/*
    """
    from app.casework.provider_news import take_bounce
    from app.core.scope import PLATFORM

    counted: Counter[str] = Counter()
    with opening.service() as wiring:
        for file in files:
            raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
            with wiring.database.write(PLATFORM) as session:
                came = take_bounce(session, wiring.cipher, raw=raw, now=wiring.clock.now())
            counted[came.value] += 1
    lines = [f"{count:,} {_WORDS[word]}" for word, count in sorted(counted.items())]
    answer({"messages": len(files), "came": dict(counted)}, lines, as_json=json)


@commands.command()
def providers(json: Json = False) -> None:
    """Show the providers of alerts in their order, and why one is left alone.

    Example: encompass mail providers
    """
    from app.core.clock import show_moment
    from app.core.scope import PLATFORM
    from notifications.providers import troubles

    with opening.service() as wiring:
        with wiring.database.read(PLATFORM) as session:
            trouble = {row.name.value: row for row in troubles(session)}
        names = [channel.name for channel in wiring.channels]
    left_alone = [(name, trouble.get(name)) for name in names]
    if json:
        rows = [
            {
                "name": name, "works": row is None, "reason_code": row and row.reason_code,
                "until": row and row.until,
            }
            for name, row in left_alone
        ]  # fmt: skip
        print_json({"providers": rows})
        return
    shown = [
        (name, "works", "", "")
        if row is None
        else (name, "left alone", row.reason_code or "", row.until and show_moment(row.until))
        for name, row in left_alone
    ]
    table(None, ("Provider", "Now", "Why", "Tried again"), shown)
    if trouble:
        say("Alerts go by the next in order; the call sheet opens whatever happens to mail.")
