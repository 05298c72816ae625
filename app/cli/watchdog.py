"""`encompass watchdog …`: the process that rings when silence is wrong."""

import signal
import threading
from importlib import resources
from typing import TYPE_CHECKING

import typer

from app.cli.output import Json, answer, say
from app.core.quiet import keep_quiet

if TYPE_CHECKING:
    from app.watchdog.watch import Watchdog

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def watchdog() -> None:
    """The watcher: its own database role, its own alarm channel, settings ENCOMPASS_WATCHDOG_*."""


@commands.command()
def run() -> None:
    """Look every minute, all day; SIGTERM ends after the look under way.

    Example: encompass watchdog run
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watching = _watchdog()
    keep_quiet()
    watching.require_reader()
    watching.run(stop)


@commands.command()
def once(json: Json = False) -> None:
    """Look once and ring what is wrong; exit 1 where something is, or where nobody heard it.

    Example: encompass watchdog once
    """
    watching = _watchdog()
    try:
        seen = watching.once()
    finally:
        watching.close()
    lines = [f"{one.code.value}: {one.count}" for one in seen.findings]
    lines += ["Rung: " + ", ".join(seen.rang)] if seen.rang else []
    lines += [] if seen.heard else ["Nobody heard: no alarm channel took the message."]
    lines += ["Nothing is wrong."] if not seen.findings else []
    answer(
        {
            "findings": [
                {"code": one.code, "count": one.count, "oldest": one.oldest}
                for one in seen.findings
            ],
            "rang": list(seen.rang), "over": list(seen.over), "heard": seen.heard,
            "heartbeat": seen.beat,
        },
        lines, as_json=json,
    )  # fmt: skip
    if seen.findings or not seen.heard:
        raise typer.Exit(1)


@commands.command()
def role() -> None:
    """Print the SQL that makes the watchdog's read-only role on PostgreSQL.

    Example: encompass watchdog role | psql encompass
    """
    from app.core import walls

    made = resources.files("app.watchdog").joinpath("role.sql").read_text(encoding="utf-8")
    say(f"{made}\n{walls.grants()}".rstrip())


def _watchdog() -> "Watchdog":
    from app.core.clock import require_london
    from app.core.logs import configure
    from app.watchdog.settings import WatchdogSettings
    from app.watchdog.watch import Watchdog

    require_london()
    settings = WatchdogSettings()
    configure(settings.log_level)
    return Watchdog(settings)
