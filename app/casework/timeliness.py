"""How soon schools were told, for who leads a force or a council; each reading is on the trail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import ties_to_notifications
from app.core import audit
from app.core.clock import london_date
from app.core.scope import scope, scope_of
from app.reports import sheets, timeliness_sheets
from app.reports.counts import Figure
from app.reports.messages import PAGE_SIZE, MessageRow, Messages, Wanted, causes, messages
from app.reports.periods import Period
from app.reports.stages import StageTime, stage_times
from app.reports.timeliness import Kind, Timeliness, Whose, timeliness
from notifications.states import LateCause
from schools.queries import council_name

LATE = (Figure.TOLD_LATE, Figure.NOT_TOLD)
# What a colleague reads in the place of a school that is not theirs to know.
HIDDEN_FROM_YOU = "Not shown to you"
# A workbook that a person reads; whole years are in the CSV of the figures.
_MOST_IN_A_FILE = 5000


@dataclass(frozen=True, slots=True)
class Late:
    """What was late in a period: how much for each cause, and one page of the list."""

    causes: dict[LateCause | None, int]
    listed: Messages

    @property
    def total(self) -> int:
        return sum(self.causes.values())


def led_by(acting: Acting) -> list[Whose]:
    """Return the forces and councils whose reports this person may read."""
    forces = sorted(acting.actor.forces(Role.LEAD))
    councils = sorted(acting.actor.councils(Role.LEAD))
    return [Whose(Kind.FORCE, one) for one in forces] + [
        Whose(Kind.COUNCIL, one) for one in councils
    ]


def name_of(session: Session, whose: Whose) -> str:
    """Return what a page calls it."""
    if whose.kind is Kind.FORCE:
        return f"Force {whose.code}"
    return council_name(session, whose.code)


def see(session: Session, acting: Acting, whose: Whose, *, period: Period) -> Timeliness:
    """Return the report of a period as it stands now. Raises `NotFound` for a stranger."""
    enter(session, acting, whose, f"timeliness:{_span(period)}")
    return timeliness(session, whose, period=period, now=acting.now)


def see_stages(
    session: Session, acting: Acting, whose: Whose, *, period: Period
) -> tuple[StageTime, ...]:
    """Return how long each stage took for what was due in a period."""
    enter(session, acting, whose, f"stages:{_span(period)}")
    return stage_times(session, whose, period=period, now=acting.now)


def see_late(
    session: Session, acting: Acting, whose: Whose, *, wanted: Wanted, skip: int = 0
) -> Late:
    """Return what was late, why, and who had it."""
    enter(session, acting, whose, f"late:{_span(wanted.period)}")
    counted = causes(session, whose, period=wanted.period, now=acting.now)
    return Late(counted, _messages(session, acting, whose, wanted, skip=skip))


def see_messages(
    session: Session, acting: Acting, whose: Whose, *, wanted: Wanted, skip: int = 0
) -> Messages:
    """Return the messages behind one number."""
    enter(session, acting, whose, f"messages:{_span(wanted.period)}")
    return _messages(session, acting, whose, wanted, skip=skip)


def export_csv(session: Session, acting: Acting, whose: Whose, *, period: Period) -> str:
    """Return every line of the report as CSV; the export is recorded."""
    _leave(session, acting, whose, f"timeliness:{_span(period)}")
    found = timeliness(session, whose, period=period, now=acting.now)
    return sheets.as_csv(timeliness_sheets.one_table(found))


def export_late_csv(session: Session, acting: Acting, whose: Whose, *, period: Period) -> str:
    """Return the list of what was late as CSV; the export is recorded."""
    _leave(session, acting, whose, f"late:{_span(period)}")
    return sheets.as_csv(timeliness_sheets.late_sheet(_all_late(session, acting, whose, period)))


def export_xlsx(session: Session, acting: Acting, whose: Whose, *, period: Period) -> bytes:
    """Return the report, the stages and what was late as one workbook; it is recorded."""
    _leave(session, acting, whose, f"timeliness:{_span(period)}")
    found = timeliness(session, whose, period=period, now=acting.now)
    times = stage_times(session, whose, period=period, now=acting.now)
    late = _all_late(session, acting, whose, period)
    book = timeliness_sheets.workbook(found, times, late)
    return sheets.as_xlsx(book, title=f"Timeliness {_span(period)}", now=acting.now)


def today_of(acting: Acting) -> date:
    """Return London's date."""
    return london_date(acting.now)


def enter(
    session: Session, acting: Acting, whose: Whose, subject: str, *,
    action: Action = Action.SEE_REPORTS, event: audit.Event = audit.Event.REPORT_VIEWED,
) -> None:  # fmt: skip
    """Ask whether this person leads it, let its messages be read, and put that on the trail.

    A council's lead reads the messages of every force about the council's schools, for this page
    alone. Raises `NotFound`.
    """
    if whose.kind is Kind.FORCE:
        require(acting, action, Relation(force=whose.code))
        audit.record(
            session, event=event, actor=acting.actor.id, force=whose.code, subject=subject,
            now=acting.now,
        )  # fmt: skip
        return
    require(acting, action, Relation(council=whose.code))
    before = scope_of(session)
    scope(session, replace(before, councils=before.councils | {whose.code}))
    audit.record(
        session, event=event, actor=acting.actor.id, force=None, subject=subject, now=acting.now,
        detail={"council": whose.code},
    )  # fmt: skip


def _leave(session: Session, acting: Acting, whose: Whose, subject: str) -> None:
    enter(
        session, acting, whose, subject, action=Action.EXPORT_REPORTS,
        event=audit.Event.REPORT_EXPORTED,
    )  # fmt: skip


def _messages(
    session: Session, acting: Acting, whose: Whose, wanted: Wanted, *, skip: int,
    limit: int = PAGE_SIZE,
) -> Messages:  # fmt: skip
    """Return a page that tells nobody the school of a child of their own family."""
    found = messages(session, acting.cipher, whose, wanted, now=acting.now, skip=skip, limit=limit)
    tied = ties_to_notifications(session, acting, {row.id: row.force for row in found.rows})
    rows = (_hidden(row) if row.id in tied else row for row in found.rows)
    return replace(found, rows=tuple(rows))


def _hidden(row: MessageRow) -> MessageRow:
    held_by = "A colleague" if row.held_by else ""
    return replace(row, place=HIDDEN_FROM_YOU, held_by=held_by, reference="", child_ref="")


def _all_late(
    session: Session, acting: Acting, whose: Whose, period: Period
) -> Sequence[MessageRow]:
    wanted = Wanted(period, LATE)
    return _messages(session, acting, whose, wanted, skip=0, limit=_MOST_IN_A_FILE).rows


def _span(period: Period) -> str:
    return f"{period.first.isoformat()}:{period.last.isoformat()}"
