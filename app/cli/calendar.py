"""`encompass calendar …`: term dates, closures and the clock times of schools."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import importing
from app.cli.importing import DryRun
from app.cli.output import Json

commands = typer.Typer(no_args_is_help=True)
_COLUMNS = (
    "CSV: Owner (a URN, or council:CODE), Kind (term, closed, inset, open, hours), From, To, "
    "DoorsOpen, RegisterClose, PupilsLeave, Note."
)


@commands.callback()
def calendar() -> None:
    """Term dates, closures and school hours."""


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=_COLUMNS)],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Add term dates, closed and training days, and hours of schools and councils.

    Example: encompass calendar import term-dates.csv
    """
    from app.casework.importing import import_calendar

    with (
        file.open(encoding="utf-8-sig", newline="") as source,
        importing.work("Reading the calendar", dry_run=dry_run, json=json) as (session, who),
    ):
        report = import_calendar(session, who, source=source)
    importing.show("Calendar", report, json=json)
