"""How soon schools were told, for who leads a force or a council; each reading is on the trail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from app.access.forces import force_name
from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import ties_to_notifications
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict
from app.core.scope import scope, scope_of
from app.reports import sheets, timeliness_sheets
from app.reports.counts import Figure
from app.reports.messages import (
    MessageRow,
    Messages,
    Wanted,
    all_messages,
    causes,
    messages,
)
from app.reports.periods import Period
from app.reports.stages import StageTime, stage_times
from app.reports.timeliness import Kind, Timeliness, Whose, timeliness
from notifications.states import LateCause
from schools.queries import council_name

LATE = (Figure.TOLD_LATE, Figure.NOT_TOLD)
# What a colleague reads in the place of a school that is not theirs to know.
HIDDEN_FROM_YOU = "Not shown to you"
# So many late messages are put into a file while somebody waits; of more it is asked for as a job
# (decision 138).
MOST_DIRECT = 1000


class TooLong(Conflict):
    """More is listed than is made while somebody waits: the file has to be asked for."""


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
        return force_name(session, whose.code)
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
    """Return the list of what was late as CSV; the export is recorded. Raises `TooLong`."""
    _require_short(session, acting, whose, period)
    _leave(session, acting, whose, f"late:{_span(period)}")
    return late_csv(late_rows(session, acting, whose, period=period))


def export_xlsx(session: Session, acting: Acting, whose: Whose, *, period: Period) -> bytes:
    """Return the report, the stages and what was late as one workbook; it is recorded.

    Raises `TooLong`.
    """
    _require_short(session, acting, whose, period)
    _leave(session, acting, whose, f"timeliness:{_span(period)}")
    rows = late_rows(session, acting, whose, period=period)
    return workbook(session, acting, whose, rows, period=period)


def late_count(session: Session, acting: Acting, whose: Whose, *, period: Period) -> int:
    """Return how many messages were late; who asks has been let in."""
    return sum(causes(session, whose, period=period, now=acting.now).values())


def late_rows(
    session: Session, acting: Acting, whose: Whose, *, period: Period,
    go_on: Callable[[], bool] = lambda: True,
) -> list[MessageRow]:  # fmt: skip
    """Return every late message as this person may see it; raise `TooLong` where not to `go_on`."""
    rows: list[MessageRow] = []
    found = all_messages(session, acting.cipher, whose, Wanted(period, LATE), now=acting.now)
    for block in found:
        if not go_on():
            raise TooLong("The list is too long: choose fewer days.")
        rows += _for_this_reader(session, acting, block)
    return rows


def late_csv(rows: Sequence[MessageRow], mark: Sequence[str] = ()) -> str:
    """Return late messages as CSV, below the lines of a `mark`."""
    return sheets.as_csv(timeliness_sheets.late_sheet(rows), mark)


def workbook(
    session: Session, acting: Acting, whose: Whose, late: Sequence[MessageRow], *, period: Period,
    mark: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """Return the report with the stages and these late messages as one workbook."""
    found = timeliness(session, whose, period=period, now=acting.now)
    times = stage_times(session, whose, period=period, now=acting.now)
    book = timeliness_sheets.workbook(found, times, late)
    return sheets.as_xlsx(book, title=f"Timeliness {_span(period)}", now=acting.now, mark=mark)


def today_of(acting: Acting) -> date:
    """Return London's date."""
    return london_date(acting.now)


def enter(
    session: Session, acting: Acting, whose: Whose, subject: str, *,
    action: Action = Action.SEE_REPORTS, event: audit.Event = audit.Event.REPORT_VIEWED,
) -> None:  # fmt: skip
    """Ask whether this person leads it, let its messages be read, and put that on the trail.

    Raises `NotFound`.
    """
    let_in(session, acting, whose, action)
    of_council = whose.kind is Kind.COUNCIL
    audit.record(
        session, event=event, actor=acting.actor.id, force=None if of_council else whose.code,
        subject=subject, now=acting.now, detail={"council": whose.code} if of_council else None,
    )  # fmt: skip


def let_in(session: Session, acting: Acting, whose: Whose, action: Action) -> None:
    """Ask whether this person leads it, and let its messages be read. Raises `NotFound`.

    A council's lead reads the messages of every force about the council's schools, for this page
    alone.
    """
    if whose.kind is Kind.FORCE:
        require(acting, action, Relation(force=whose.code))
        return
    require(acting, action, Relation(council=whose.code))
    before = scope_of(session)
    scope(session, replace(before, councils=before.councils | {whose.code}))


def _leave(session: Session, acting: Acting, whose: Whose, subject: str) -> None:
    enter(
        session, acting, whose, subject, action=Action.EXPORT_REPORTS,
        event=audit.Event.REPORT_EXPORTED,
    )  # fmt: skip


def _require_short(session: Session, acting: Acting, whose: Whose, period: Period) -> None:
    let_in(session, acting, whose, Action.EXPORT_REPORTS)
    if late_count(session, acting, whose, period=period) > MOST_DIRECT:
        raise TooLong("The list is too long to be made while you wait: ask for it as a file.")


def _messages(
    session: Session, acting: Acting, whose: Whose, wanted: Wanted, *, skip: int
) -> Messages:
    found = messages(session, acting.cipher, whose, wanted, now=acting.now, skip=skip)
    return replace(found, rows=_for_this_reader(session, acting, found.rows))


def _for_this_reader(
    session: Session, acting: Acting, rows: Sequence[MessageRow]
) -> tuple[MessageRow, ...]:
    """Return rows that tell nobody the school of a child of their own family."""
    tied = ties_to_notifications(session, acting, {row.id: row.force for row in rows})
    return tuple(_hidden(row) if row.id in tied else row for row in rows)


def _hidden(row: MessageRow) -> MessageRow:
    held_by = "A colleague" if row.held_by else ""
    return replace(row, place=HIDDEN_FROM_YOU, held_by=held_by, reference="", child_ref="")


def _span(period: Period) -> str:
    return f"{period.first.isoformat()}:{period.last.isoformat()}"
