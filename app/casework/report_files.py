"""Long reports as files: asked for by a lead, made by a job, taken by who asked, deleted in a day.

A file holds what its asker would be shown, and is theirs alone. Each time it is taken, the right to
it is asked anew, and whether all that it shows may still be seen (decision 138).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.access.accounts import details_of
from app.access.models import Account
from app.access.permissions import Action, Actor, Relation, Role, may
from app.access.roles import roles_of
from app.casework import report_contents, timeliness
from app.casework.acting import Acting, Denied, reach_of
from app.casework.report_contents import Made
from app.casework.restricted import close_to
from app.casework.timeliness import let_in
from app.core import audit, logs
from app.core.cipher import CannotOpen, Cipher
from app.core.clock import london_date, show_date, show_moment
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import new_id
from app.core.scope import scope, scope_of
from app.reports.periods import Period
from app.reports.timeliness import Kind, Whose
from notifications import report_exports
from notifications.report_exports import Claim, ExportKind, ExportState, ReportExport, WhyFailed

log = logs.get(__name__)

# 5,000 of which nobody was told of half took 11 to 19 s, and a step has a minute; what is not made
# in it fails and says so. More is asked for in fewer days.
MOST_ROWS = 10_000
# Files of one person that wait or are there.
MOST_AT_ONCE = 5
# The rows of files that are gone stay; so many of the newest are listed.
_LISTED = 100
_ALIVE = (ExportState.WAITING, ExportState.MAKING, ExportState.READY)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file for who asked for it."""

    kind: ExportKind
    period: Period
    content: bytes


def ask(
    session: Session, acting: Acting, whose: Whose, *, kind: ExportKind, period: Period
) -> UUID:
    """Ask for a file, and return its id; the same question twice is one file.

    Raises `NotFound` for a stranger, `Invalid` for too many days, `Conflict` for too many files.
    """
    let_in(session, acting, whose, Action.EXPORT_REPORTS)
    by = acting.actor.account_id
    if by is None:
        raise NotFound("A file is for a person who signs in.")
    alive = [one for one in _of_person(session, acting) if not _is_over(one, acting.now)]
    for one in alive:
        waits = one.state in {ExportState.WAITING, ExportState.MAKING}
        if waits and (whose_of(one), one.kind, period_of(one)) == (whose, kind, period):
            return one.id
    if len(alive) >= MOST_AT_ONCE:
        raise Conflict(f"You have {MOST_AT_ONCE} files already: each goes a day after it was made.")
    rows = timeliness.late_count(session, acting, whose, period=period)
    if rows > MOST_ROWS:
        raise Invalid(
            f"{rows:,} messages were late in these days: choose fewer days, of at most "
            f"{MOST_ROWS:,} messages."
        )
    of_council = whose.kind is Kind.COUNCIL
    row = ReportExport(
        id=new_id(), force=audit.PLATFORM_CHAIN if of_council else whose.code,
        council=whose.code if of_council else None, asked_by=by,
        asked_at=acting.now, kind=kind, first_on=period.first, last_on=period.last,
        state=ExportState.WAITING, tries=0, fence=0,
    )  # fmt: skip
    session.add(row)
    _note(session, row, audit.Event.EXPORT_ASKED, actor=acting.actor.id, now=acting.now)
    return row.id


def own(session: Session, acting: Acting) -> list[ReportExport]:
    """Return the person's files of all they lead now, newest first; raise `NotFound` for no lead.

    One whose day is over is shown as deleted, whether or not the job was there yet.
    """
    if not timeliness.led_by(acting):
        raise NotFound("There is nothing here for you.")
    return _of_person(session, acting)


def may_take(row: ReportExport, *, now: datetime) -> bool:
    """Return whether there is a file."""
    return row.state is ExportState.READY and not _is_over(row, now)


def take(session: Session, acting: Acting, export_id: UUID) -> Taken:
    """Return a file to who asked for it; that it was taken is on the trail.

    Raises `NotFound` for everybody else and where the right has ended, `Conflict` where there is no
    file or something in it may no longer be seen.
    """
    _reach_all(session, acting)
    row = session.scalars(
        select(ReportExport)
        .where(ReportExport.id == export_id, ReportExport.asked_by == acting.actor.account_id)
        .options(undefer(ReportExport.sealed))
    ).one_or_none()
    if row is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    let_in(session, acting, whose_of(row), Action.EXPORT_REPORTS)
    if not may_take(row, now=acting.now) or row.sealed is None:
        raise Conflict("This file is not there: ask for it again.")
    try:
        made = report_contents.opened(acting.cipher, row.id, row.sealed)
    except CannotOpen:
        log.error("export not opened", item=str(row.id))
        raise Conflict("This file cannot be opened: ask for it again.") from None
    if not report_contents.still_seen(session, acting, made.seen):
        raise Conflict("What you may see has changed since this file was made: ask for it again.")
    _note(session, row, audit.Event.EXPORT_TAKEN, actor=acting.actor.id, now=acting.now)
    return Taken(row.kind, period_of(row), made.content)


def make(
    session: Session, cipher: Cipher, export_id: UUID, *, now: datetime, go_on: Callable[[], bool]
) -> Made:
    """Return a file as its asker would see it now, with their mark on it.

    Begins in the platform's scope and goes on in the asker's. Raises `NotFound` where their right
    has ended, `TooLong` where not to `go_on`.
    """
    row = session.get_one(ReportExport, export_id)
    whose, period = whose_of(row), period_of(row)
    acting, name = _as_asker(session, cipher, row, now=now)
    let_in(session, acting, whose, Action.EXPORT_REPORTS)
    mark = _mark(row, name, timeliness.name_of(session, whose), now=now)
    rows = timeliness.late_rows(session, acting, whose, period=period, go_on=go_on)
    if row.kind is ExportKind.LATE:
        content = timeliness.late_csv(rows, mark).encode()
    else:
        content = timeliness.workbook(session, acting, whose, rows, period=period, mark=mark)
    return Made(content, report_contents.seen_in(session, rows))


def keep(
    session: Session, cipher: Cipher, claim: Claim, made: Made, *, now: datetime, actor: str
) -> bool:
    """Store a file that was made, sealed; return False where another has made it meanwhile."""
    sealed = report_contents.sealed(cipher, claim.id, made)
    kept = report_exports.keep(session, claim, sealed, rows=made.rows, now=now)
    if kept:
        row = session.get_one(ReportExport, claim.id)
        _note(session, row, audit.Event.EXPORT_MADE, actor=actor, now=now)
    return kept


def give_up(session: Session, claim: Claim, why: WhyFailed, *, now: datetime, actor: str) -> bool:
    """Say that there is no file; return False where another has it meanwhile."""
    failed = report_exports.fail(session, claim, why)
    if failed:
        row = session.get_one(ReportExport, claim.id)
        _note(session, row, audit.Event.EXPORT_FAILED, actor=actor, now=now, reason=why)
    return failed


def delete_expired(session: Session, *, now: datetime, actor: str) -> None:
    """Delete the files whose day is over; that they were there stays on the trail."""
    for row in report_exports.delete_expired(session, now=now):
        _note(session, row, audit.Event.EXPORT_DELETED, actor=actor, now=now)


def whose_of(row: ReportExport) -> Whose:
    """Return whose report a file is."""
    if row.council is not None:
        return Whose(Kind.COUNCIL, row.council)
    return Whose(Kind.FORCE, row.force)


def period_of(row: ReportExport) -> Period:
    """Return the days a file is about."""
    return Period(row.first_on, row.last_on)


def _of_person(session: Session, acting: Acting) -> list[ReportExport]:
    _reach_all(session, acting)
    rows = session.scalars(
        select(ReportExport)
        .where(ReportExport.asked_by == acting.actor.account_id)
        .order_by(ReportExport.asked_at.desc(), ReportExport.id)
        .limit(_LISTED)
    )
    return [row for row in rows if may(acting.actor, Action.EXPORT_REPORTS, _relation(row))]


def _relation(row: ReportExport) -> Relation:
    return Relation(council=row.council) if row.council else Relation(force=row.force)


def _reach_all(session: Session, acting: Acting) -> None:
    """Let the rows of the councils that this person leads be read, beside those of the forces."""
    before = scope_of(session)
    councils = before.councils | acting.actor.councils(Role.LEAD)
    scope(session, replace(before, councils=councils))


def _is_over(row: ReportExport, now: datetime) -> bool:
    over = row.expires_at is not None and row.expires_at <= now
    return over or row.state not in _ALIVE


def _as_asker(
    session: Session, cipher: Cipher, row: ReportExport, *, now: datetime
) -> tuple[Acting, str]:
    """Return who asked with the roles of now and their name, and narrow the session to them."""
    account = session.get_one(Account, row.asked_by)
    if account.disabled_at is not None:
        raise Denied(Action.EXPORT_REPORTS, _relation(row))
    grants = roles_of(session, account.id, on=london_date(now))
    actor = Actor(f"account:{account.id}", account_id=account.id, grants=grants)
    scope(session, reach_of(actor))
    close_to(session, actor, now=now)
    return Acting(now, actor, cipher), details_of(cipher, account).name


def _mark(row: ReportExport, name: str, place: str, *, now: datetime) -> tuple[str, ...]:
    days = dict.fromkeys((show_date(row.first_on), show_date(row.last_on)))
    return (
        f"Made for {name}, {show_moment(now)}. {place}, {' to '.join(days)}.",
        "Child protection: for your work on it only. Do not copy or pass on.",
        f"File {row.id}. Each time it is taken is recorded.",
    )


def _note(
    session: Session, row: ReportExport, event: audit.Event, *, actor: str, now: datetime,
    reason: WhyFailed | None = None,
) -> None:  # fmt: skip
    detail = {"kind": row.kind.value, "first": str(row.first_on), "last": str(row.last_on)}
    of_council = row.council is not None
    audit.record(
        session, event=event, actor=actor, force=None if of_council else row.force,
        subject=f"report_export:{row.id}", now=now, reason_code=reason,
        detail=detail | ({"council": row.council} if of_council else {}),
    )  # fmt: skip
