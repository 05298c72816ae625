"""`encompass report …`: what became of every child, for a force's morning."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import lead_lists, opening
from app.cli.output import plain, print_json, say, table
from app.core.clock import london_date, show_date, show_time

if TYPE_CHECKING:
    from app.reports.rows import Board

commands = typer.Typer(no_args_is_help=True)
for _command in (
    lead_lists.quality, lead_lists.decisions, lead_lists.fairness, lead_lists.readiness,
):  # fmt: skip
    commands.command()(_command)


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@commands.callback()
def report() -> None:
    """Reports."""


@commands.command()
def morning(
    force: Annotated[
        str | None, typer.Option(metavar="CODE", help="The force; not needed where there is one.")
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="DATE", help="Default: today.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TABLE,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print who was told, who was not and who has it, and whom nobody needs to tell.

    Children appear by incident reference and child reference only.

    Example: encompass report morning --force 99 --date 2026-11-20 --format csv
    """
    from app.access.forces import force_named, only_force
    from app.core import audit
    from app.reports.export import morning_csv
    from app.reports.morning import board

    asked = opening.day(date, "--date") if date else None
    with opening.unit() as (session, wiring):
        now = wiring.clock.now()
        on = asked or london_date(now)
        of = force_named(session, force) if force else only_force(session)
        opening.outside_the_group(session, of.code)
        found = board(session, wiring.cipher, force=of.code, on=on, now=now)
        audit.record(
            session, event=audit.Event.REPORT_EXPORTED, actor=opening.operator(), force=of.code,
            subject=f"morning:{on.isoformat()}", now=now, detail={"count": len(found.rows)},
        )  # fmt: skip
    match Format.JSON if json else format_:
        case Format.JSON:
            print_json(as_object(found))
        case Format.CSV:
            print(morning_csv(found), end="")
        case Format.TABLE:
            show(found)


def as_object(board: "Board") -> dict[str, Any]:
    """Return the board with its totals as JSON can hold it."""
    totals = {
        "told": board.told, "not_told": board.not_told, "not_needed": board.not_needed,
        "told_in_time": board.told_in_time, "told_before_nine": board.told_before_nine,
        "acknowledged": board.acknowledged, "all_told": board.all_told,
        "holiday": plain(board.holiday),
    }  # fmt: skip
    rows = plain(board.rows)
    return {"force": board.force, "on": board.on, "now": board.now, **totals, "rows": rows}


def show(board: "Board") -> None:
    """Print the board as a table under its totals."""
    say(
        f"{show_date(board.on)}, force {board.force}: {board.told} told "
        f"({board.told_before_nine} before 9am), {board.not_told} not told, "
        f"{board.not_needed} not needed."
    )
    if board.rows and board.all_told:
        say("All children told.")
    if board.holiday.next_on is not None:
        say(
            f"School holidays: {board.holiday.held} held, {board.holiday.to_match_again} to be "
            f"matched again, the first on {show_date(board.holiday.next_on)}."
        )
    rows = [
        (
            f"{row.reference} {row.child_ref}", _words(row.told),
            _words(row.outcome_reason or row.outcome), row.held_by, ", ".join(row.schools),
            _time(row.due_at), _time(row.told_at),
        )
        for row in board.rows
    ]  # fmt: skip
    table(None, ("Child", "Told", "Outcome", "Who has it", "School", "Due", "Told at"), rows)


def _words(code: str) -> str:
    return code.replace("_", " ")


def _time(at: datetime | None) -> str:
    return show_time(at) if at else ""
