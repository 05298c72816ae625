"""The machinery: does it tick, is each morning prepared, is the trail whole, is the schema ours."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, select, text

from app.core import schema
from app.core.checkpoints import MARK as CHECKPOINT_MARK
from app.core.models import AuditEntry, AuditHead, Lease
from app.jobs import PIPELINE
from app.jobs.write_call_sheets import EVERY, FILE_MARK, FROM, PUSH_MARK, UNTIL
from app.reports.readiness import ALARMS
from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look
from notifications.models import Run
from schools.models import CalendarDay
from schools.readiness_models import ReadinessCheck
from schools.term_dates import DayKind

TICK_AGE = timedelta(seconds=90)
_STEP_AGE = timedelta(minutes=10)
_CLOCK = timedelta(seconds=5)
_STEPS = tuple(name for name, _ in PIPELINE)
# A sheet is written each quarter of an hour, and may take a few ticks.
_SHEET_LATE, _SHEETS_FROM = timedelta(minutes=5), time(6, 5)
_RUN_BY, _CHECKED_BY = time(0, 30), time(18, 30)
# Every evening check of every force is on the trail, so a day without a row is a dead trail.
_TRAIL_SPEAKS = timedelta(hours=26)
_CALENDAR_LEFT = timedelta(days=60)


def ticks(look: Look) -> Iterator[Finding]:
    """The scheduler's own marks: when it last ticked, which step is stuck, which one fails."""
    rows = look.session.execute(
        select(Lease.name, Lease.started_at, Lease.finished_at, Lease.last_error).where(
            Lease.name.in_(_STEPS)
        )
    ).all()
    marks = [mark for _, started, finished, _ in rows for mark in (started, finished) if mark]
    last = max(marks, default=None)
    if last is None or last < look.now - TICK_AGE:
        yield Finding(Code.TICKS_STOPPED, 1, last)
        return
    if last > look.now + _CLOCK:
        yield Finding(Code.CLOCK_AHEAD, 1, last)
    old = look.now - _STEP_AGE
    stuck: list[datetime] = [
        mark for _, started, finished, _ in rows if (mark := finished or started) and mark < old
    ]
    missing = len(set(_STEPS) - {name for name, *_ in rows})
    if stuck or missing:
        yield Finding(Code.STEP_STUCK, len(stuck) + missing, min(stuck, default=None))
    failing = [finished for *_, finished, error in rows if error is not None]
    if failing:
        yield Finding(Code.STEP_FAILING, len(failing))


def mornings(look: Look) -> Iterator[Finding]:
    """Each force has today's run, and the evening before somebody asked who could receive."""
    forces = {code for code, added in look.forces() if added < look.ago(hours=24)}
    if look.clock_time >= _RUN_BY:
        runs = set(look.session.scalars(select(Run.force).where(Run.on_date == look.today)))
        if forces - runs:
            yield Finding(Code.RUN_MISSING, len(forces - runs))
    evening = look.clock_time >= _CHECKED_BY
    on = look.today + timedelta(days=1) if evening else look.today
    checked = _cover_on(look, on)
    if forces - set(checked):
        yield Finding(Code.EVENING_CHECK_MISSING, len(forces - set(checked)))
    alone = sum(not ALARMS.isdisjoint(cover) for cover in checked.values())
    if alone:
        yield Finding(Code.COVER_MISSING, alone)


def _cover_on(look: Look, on: date) -> dict[str, list[Any]]:
    rows = look.session.execute(
        select(ReadinessCheck.force, ReadinessCheck.own_cover).where(ReadinessCheck.on_date == on)
    )
    return {force: list(cover) for force, cover in rows}


def call_sheets(look: Look) -> Iterator[Finding]:
    """From six to noon each force's encrypted call sheet is of this quarter, and off the host."""
    if not look.call_sheet_files or not _SHEETS_FROM <= look.clock_time < UNTIL:
        return
    marks = select(Lease.name, Lease.finished_at).where(Lease.name.startswith(FILE_MARK))
    written = {name.removeprefix(FILE_MARK): at for name, at in look.session.execute(marks)}
    since = max(look.at(FROM), look.now - EVERY - _SHEET_LATE)
    old = [
        written.get(force)
        for force, added in look.forces()
        if added < look.now - EVERY and ((at := written.get(force)) is None or at < since)
    ]
    if old:
        yield Finding(Code.CALL_SHEET_OLD, len(old), min((at for at in old if at), default=None))
    count, oldest = look.session.execute(
        select(func.count(), func.min(Lease.finished_at)).where(
            Lease.name.startswith(PUSH_MARK),
            Lease.last_error.is_not(None),
            Lease.started_at >= since,
        )
    ).one()
    if count:
        yield Finding(Code.CALL_SHEET_NOT_PUSHED, count, oldest)


def calendar(look: Look) -> Iterator[Finding]:
    """The bank holidays that ship with a release come to an end; then deadlines are guesses."""
    last = look.session.scalar(
        select(func.max(CalendarDay.on_date)).where(CalendarDay.kind == DayKind.BANK_HOLIDAY)
    )
    if last is None or last < look.today + _CALENDAR_LEFT:
        yield Finding(Code.CALENDAR_ENDS)


def trail(look: Look) -> Iterator[Finding]:
    """The trail's heads: each is its newest row, none goes back, and each force's goes on.

    Whether every link holds needs the key, which a watchdog has not: `encompass audit verify`.
    """
    heads = heads_of(look)
    newest = select(AuditEntry.chain, func.max(AuditEntry.seq).label("seq"))
    last = newest.group_by(AuditEntry.chain).subquery()
    rows = look.session.execute(
        select(AuditEntry.chain, AuditEntry.seq, AuditEntry.hash, AuditEntry.at).join(
            last, (last.c.chain == AuditEntry.chain) & (last.c.seq == AuditEntry.seq)
        )
    ).all()
    written = {chain: (seq, link) for chain, seq, link, _ in rows}
    broken = sum(written.get(chain) != head for chain, head in heads.items())
    broken += len(set(written) - set(heads))
    if broken:
        yield Finding(Code.TRAIL_BROKEN, broken)
    back = sum(chain not in heads or heads[chain][0] < seq for chain, seq in look.heads.items())
    if back:
        yield Finding(Code.TRAIL_WENT_BACK, back)
    wrong, oldest = look.session.execute(
        select(func.count(), func.min(Lease.finished_at)).where(
            Lease.name.startswith(CHECKPOINT_MARK), Lease.last_error.is_not(None)
        )
    ).one()
    if wrong:
        yield Finding(Code.TRAIL_NOT_CHECKPOINTED, wrong, oldest)
    spoke = {chain: at for chain, _, _, at in rows}
    since = look.now - _TRAIL_SPEAKS
    silent = [
        spoke.get(code) for code, added in look.forces()
        if added < since and ((at := spoke.get(code)) is None or at < since)
    ]  # fmt: skip
    if silent:
        yield Finding(Code.TRAIL_SILENT, len(silent))


def heads_of(look: Look) -> dict[str, tuple[int, bytes]]:
    """Return the head of every chain as it stands."""
    rows = look.session.execute(select(AuditHead.chain, AuditHead.seq, AuditHead.hash))
    return {chain: (seq, link) for chain, seq, link in rows}


def our_schema(look: Look) -> Iterator[Finding]:
    """The database stands at another migration than this release works on."""
    held = look.session.scalar(text("SELECT version_num FROM alembic_version"))
    if held != _newest():
        yield Finding(Code.SCHEMA_OTHER)


@cache
def _newest() -> str | None:
    """Return what this process was installed with; reading the folder takes a while."""
    return schema.newest()


def database_clock(look: Look) -> Iterator[Finding]:
    """The database's clock and ours differ by more than five seconds; SQLite has none."""
    if not look.real_clock or look.session.get_bind().dialect.name == "sqlite":
        return
    theirs = look.session.scalar(text("SELECT clock_timestamp()"))
    if abs(theirs - look.now) > _CLOCK:
        yield Finding(Code.CLOCK_OFFSET)
