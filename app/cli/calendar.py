"""`encompass calendar …`: term dates, closures and the clock times of schools."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import importing, opening
from app.cli.importing import DryRun
from app.cli.output import Json, answer
from schools.term_dates import Nation

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


_WHICH = typer.Option("--nation", help="england or wales; both where it is left out.")


@commands.command("bank-holiday")
def bank_holiday(
    date: Annotated[str, typer.Argument(help="The date, such as 2027-06-04.")],
    title: Annotated[str, typer.Argument(help="What it is called.")] = "Bank holiday",
    remove: Annotated[bool, typer.Option("--remove", help="Take a bank holiday back.")] = False,
    nation: Annotated[Nation | None, _WHICH] = None,
    json: Json = False,
) -> None:
    """Add a bank holiday that was announced since this release, or take one back.

    Deadlines of messages that nobody has opened follow with the next tick.

    Example: encompass calendar bank-holiday 2027-06-04 "A jubilee"
    """
    from app.casework.bank_holidays import add_bank_holiday, remove_bank_holiday

    on = opening.day(date, "DATE")
    nations = [nation] if nation is not None else list(Nation)
    with importing.work("Bank holiday", dry_run=False, json=json) as (session, who):
        if remove:
            changed = remove_bank_holiday(session, who, on, nations=nations)
        else:
            changed = add_bank_holiday(session, who, on, title=title[:100], nations=nations)
    names = [owner.partition(":")[2] for owner in changed]
    said = f"Changed for {' and '.join(names)}." if names else "That is how it was already."
    answer({"on": on, "removed": remove, "nations": names}, [said], as_json=json)
