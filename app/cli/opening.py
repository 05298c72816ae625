"""How a command gets hold of the service: settings, wiring, and who the trail says it was."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import typer

from app.core.clock import LONDON

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.core.settings import Settings
    from app.wiring import Wiring


def settings() -> "Settings":
    """Return the settings of the environment, with the log set up as they say."""
    from app.core.logs import configure
    from app.core.settings import Settings

    found = Settings()
    configure(found.log_level)
    return found


@contextmanager
def service(
    given: "Settings | None" = None, *, sends: bool = True, patient: bool = False
) -> "Iterator[Wiring]":
    """Yield the wiring for as long as the command runs, and let go of its connections."""
    from app.wiring import build

    held = build(given or settings(), sends=sends, patient=patient)
    try:
        yield held
    finally:
        for channel in held.channels:
            channel.close()
        held.database.engine.dispose()


@contextmanager
def unit(*, dry_run: bool = False) -> "Iterator[tuple[Session, Wiring]]":
    """Yield a session over everything; what is done in it is stored unless it is a dry run."""
    from app.core.scope import PLATFORM

    with service() as held:
        opened = held.database.read if dry_run else held.database.write
        with opened(PLATFORM) as session:
            yield session, held


def operator() -> str:
    """Return what the trail keeps of a person at the command line: the system's user name."""
    try:
        return f"operator:{getpass.getuser()}"[:100]
    except (OSError, KeyError):
        # A container may run under a number that has no name.
        return "operator:unnamed"


def instant(text: str | None, option: str) -> datetime | None:
    """Return an ISO 8601 instant in UTC; one without a zone is London time."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as 2026-11-20T06:30", param_hint=option) from None
    return (found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(UTC)


def day(text: str, option: str) -> date:
    """Return an ISO 8601 date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as 2026-11-20", param_hint=option) from None


def outside_the_group(session: "Session", force: str) -> None:
    """Narrow a unit to one force as everybody sees it: its restricted incidents are nobody's here.

    Who is at the command line is not known to be of the group that sees them.
    """
    from dataclasses import replace

    from app.core.scope import of_force, scope

    scope(session, replace(of_force(force), closed=frozenset({force})))
