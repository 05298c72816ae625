"""`encompass report quality|decisions|fairness|readiness`: the lead's lists in a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import opening
from app.cli.output import Json, plain, print_json, say, table
from app.core.clock import london_date, show_date, show_moment

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.wiring import Wiring

Force = Annotated[
    str | None, typer.Option(metavar="CODE", help="The force; not needed where there is one.")
]
Day = Annotated[str | None, typer.Option("--date", metavar="DATE", help="Default: today.")]
Ahead = Annotated[str | None, typer.Option("--date", metavar="DATE", help="Default: tomorrow.")]

_HIDDEN = "hidden"


def quality(force: Force = None, day: Day = None, json: Json = False) -> None:
    """Count what was doubtful or missing in the records of the night up to 6am.

    Example: encompass report quality --force 99 --date 2026-11-20
    """
    from app.reports.quality import quality as counted

    with _asked("quality", force, day) as (session, _, code, on):
        found = counted(session, force=code, on=on)
    if json:
        print_json({"force": code, "on": on, "total": plain(found.total),
                    "clients": plain(found.clients)})  # fmt: skip
        return
    total = found.total
    say(
        f"{show_date(on)}, force {code}: {total.incidents} incidents "
        f"({total.without_children} with nobody listed), {total.children} children, "
        f"{total.unnamed} seen and not listed, {total.with_warnings} with a warning."
    )
    columns = ("Warning", "All", *(one.client for one in found.clients))
    rows = [
        (warning.replace("_", " "), count, *(one.warnings[warning] for one in found.clients))
        for warning, count in total.warnings.items()
    ]
    table(None, columns, rows)


def decisions(force: Force = None, day: Day = None, json: Json = False) -> None:
    """List every hold, exclusion and withdrawal of the night up to 6am, with who and why.

    Example: encompass report decisions --force 99
    """
    from app.reports.decisions import decisions as listed

    with _asked("decisions", force, day) as (session, wiring, code, on):
        found = listed(session, wiring.cipher, force=code, on=on)
    if json:
        print_json({"force": code, "on": on, "decisions": plain(found)})
        return
    say(f"{show_date(on)}, force {code}: {len(found)} decisions not to tell, or not yet.")
    rows = [
        (
            f"{row.reference} {row.child_ref}".strip(), row.kind, row.reason.replace("_", " "),
            row.account or row.decided_by, show_moment(row.at), row.now.value if row.now else "",
        )
        for row in found
    ]  # fmt: skip
    table(None, ("Child", "Decision", "Why", "By whom", "When", "Now"), rows)


def fairness(force: Force = None, day: Day = None, json: Json = False) -> None:
    """Compare matching and telling by council over thirty days; small numbers are hidden.

    Example: encompass report fairness --force 99
    """
    from app.reports.fairness import by_area

    with _asked("fairness", force, day) as (session, wiring, code, on):
        found = by_area(session, force=code, on=on, now=wiring.clock.now())
    if json:
        print_json({"force": code, "on": on, "days": found.days, "areas": plain(found.rows)})
        return
    say(f"Force {code}, {found.days} days to {show_date(on)}.")
    rows = [
        (
            row.name, *(_number(count) for count in (row.children, row.matched_by_rules,
                        row.reviewed, row.undecided, row.in_time, row.late)),
        )
        for row in found.rows
    ]  # fmt: skip
    columns = ("Council", "Children", "By rules", "By a person", "Neither", "In time", "Late")
    table(None, columns, rows)


def readiness(force: Force = None, day: Ahead = None, json: Json = False) -> None:
    """List the schools that could not receive, and what the force's own cover lacks.

    Without a date: tomorrow, as it stands now.

    Example: encompass report readiness --force 99
    """
    from app.core.policies import current_policy
    from app.reports.readiness import force_readiness

    with _asked("readiness", force, day, ahead=1) as (session, wiring, code, on):
        _, policy = current_policy(session, code, at=wiring.clock.now())
        found = force_readiness(session, wiring.cipher, force=code, on=on, policy=policy)
    if json:
        print_json({"force": code, "on": on, "schools": found.schools, "assured": found.assured,
                    "gaps": plain(found.gaps), "not_ready": plain(found.not_ready)})  # fmt: skip
        return
    if not found.schools:
        say(f"No school is looked at: encompass force area {code} COUNCIL… names its councils.")
    say(
        f"{show_date(on)}, force {code}: {len(found.not_ready):,} of {found.schools:,} schools "
        f"could not receive, {found.assured:,} are assured."
    )
    for gap in found.gaps:
        say(f"The force's own cover: {gap.value.replace('_', ' ')}.")
    rows = [(one.urn, one.name, one.reason_code.replace("_", " ")) for one in found.not_ready]
    if rows:
        table(None, ("URN", "School", "Why"), rows)


@contextmanager
def _asked(
    name: str, force: str | None, day: str | None, *, ahead: int = 0
) -> "Iterator[tuple[Session, Wiring, str, date]]":
    """Yield a session over everything, with force and day; that the report was made is recorded.

    Without a day it is today, or so many days `ahead`.
    """
    from app.access.forces import force_named, only_force
    from app.core import audit

    asked = opening.day(day, "--date") if day else None
    with opening.unit() as (session, wiring):
        now = wiring.clock.now()
        on = asked or london_date(now) + timedelta(days=ahead)
        of = force_named(session, force) if force else only_force(session)
        audit.record(
            session, event=audit.Event.REPORT_EXPORTED, actor=opening.operator(), force=of.code,
            subject=f"{name}:{on.isoformat()}", now=now,
        )  # fmt: skip
        opening.outside_the_group(session, of.code)
        yield session, wiring, of.code, on


def _number(count: int | None) -> str:
    return _HIDDEN if count is None else str(count)
