"""The morning board and the morning report, for those who may see them."""

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import ties_to_children
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.scope import acting_for, scope_of
from app.intake.nights import restricted_arrived
from app.reports.export import morning_csv
from app.reports.morning import board
from app.reports.night_feed import NightFeed
from app.reports.rows import Board, ChildRow


def live_boards(session: Session, acting: Acting) -> list[Board]:
    """Return today's board of each of this person's forces; today is London's."""
    forces = sorted(acting.actor.forces(Role.FORCE_DESK, Role.LEAD))
    if not forces:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return [_live_board(session, acting, force) for force in forces]


def report(session: Session, acting: Acting, *, force: str, on: date) -> Board:
    """Return the morning of one force and London date, as it stands now."""
    require(acting, Action.SEE_REPORTS, Relation(force=force))
    _record(session, acting, force, on, audit.Event.REPORT_VIEWED)
    return _board(session, acting, force, on)


def export(session: Session, acting: Acting, *, force: str, on: date) -> str:
    """Return the same morning as CSV; the export is recorded."""
    require(acting, Action.EXPORT_REPORTS, Relation(force=force))
    _record(session, acting, force, on, audit.Event.REPORT_EXPORTED)
    return morning_csv(_board(session, acting, force, on))


def _live_board(session: Session, acting: Acting, force: str) -> Board:
    require(acting, Action.SEE_BOARD, Relation(force=force))
    today = london_date(acting.now)
    _record(session, acting, force, today, audit.Event.BOARD_VIEWED)
    return _board(session, acting, force, today)


def _board(session: Session, acting: Acting, force: str, on: date) -> Board:
    """Return a board that tells nobody the school of a child of their own family.

    The row stays, so that the count of children not told is everybody's the same.
    """
    found = board(session, acting.cipher, force=force, on=on, now=acting.now)
    tied = ties_to_children(session, acting, [row.child_id for row in found.rows], force=force)
    rows = (_without_school(row) if row.child_id in tied else row for row in found.rows)
    return replace(found, rows=tuple(rows), feed=_feed(session, found))


def _feed(session: Session, found: Board) -> NightFeed | None:
    """Return a night's totals without those of what is closed to who acts."""
    feed = found.feed
    if feed is None or found.force not in scope_of(session).closed or feed.closed_at is None:
        return feed
    with acting_for(session, found.force):
        apart = restricted_arrived(
            session, found.force, on=found.on, closed_at=feed.closed_at
        ).as_json()

    def without(totals: dict[str, int] | None) -> dict[str, int] | None:
        if totals is None:
            return None
        return {name: max(0, count - apart.get(name, 0)) for name, count in totals.items()}

    return replace(feed, told=without(feed.told), arrived=without(feed.arrived))


def _without_school(row: ChildRow) -> ChildRow:
    held_by = "A colleague" if row.held_by else ""
    return replace(row, held_by=held_by, schools=(), notification_ids=(), recipient_changed=True)


def _record(session: Session, acting: Acting, force: str, on: date, event: audit.Event) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=force, subject=f"run:{on}",
        now=acting.now,
    )  # fmt: skip
