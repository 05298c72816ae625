"""The morning board and the morning report, for those who may see them."""

from datetime import date

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.reports.export import morning_csv
from app.reports.morning import board
from app.reports.rows import Board


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
    return board(session, acting.cipher, force=force, on=on, now=acting.now)


def export(session: Session, acting: Acting, *, force: str, on: date) -> str:
    """Return the same morning as CSV; the export is recorded."""
    require(acting, Action.EXPORT_REPORTS, Relation(force=force))
    _record(session, acting, force, on, audit.Event.REPORT_EXPORTED)
    return morning_csv(board(session, acting.cipher, force=force, on=on, now=acting.now))


def _live_board(session: Session, acting: Acting, force: str) -> Board:
    require(acting, Action.SEE_BOARD, Relation(force=force))
    today = london_date(acting.now)
    _record(session, acting, force, today, audit.Event.BOARD_VIEWED)
    return board(session, acting.cipher, force=force, on=today, now=acting.now)


def _record(session: Session, acting: Acting, force: str, on: date, event: audit.Event) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=force, subject=f"run:{on}",
        now=acting.now,
    )  # fmt: skip
