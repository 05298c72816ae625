"""The desk's call about going home: compulsory before the deadline, whoever read the message."""

from datetime import date, time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework import calling
from app.casework.acknowledging import acknowledge
from app.casework.amendments import read_changes
from app.casework.call_lines import CallLine
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM, of_force
from app.reports.open_matters import OpenMatters, open_ids, open_matters
from app.reports.paper_sheet import PaperLine, paper_lines
from notifications.models import CallSheetLine, Notification
from notifications.receipt_models import ReceiptStep
from notifications.states import CallResult, NotificationState
from schools import calendar_editing
from schools.officers import Duty
from schools.term_dates import DayKind
from tests.journeys.world import FORCE, World, at, child

FIRST, SECOND = "first@primary.test", "second@primary.test"
DESK, DUTY = "desk@example.org", "duty@force.test"
CONCERN: dict[str, Any] = {"going_home": {"level": "concern"}}
ORDER: dict[str, Any] = {"going_home": {"level": "order_in_force"}}
STORY: dict[str, Any] = {"occurred_from": "2026-11-19T22:40:00+00:00"}


@pytest.fixture(autouse=True)
def night(world: World) -> None:
    """Ten past one; the school's deadline is 08:30 and its first alert at 06:30."""
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.officer(Duty.DUTY_OFFICER, DUTY)


def sheet(world: World) -> list[CallLine]:
    with world.wiring.database.write(of_force(FORCE)) as session:
        schools = calling.sheet(session, world.acting(DESK), force=FORCE)
        return [line for school in schools for line in school.lines]


def ring(world: World, line_id: UUID, result: CallResult, *, trained: bool = True) -> None:
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.claim(session, world.acting(DESK), line_id=line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.show_content(session, world.acting(DESK), line_id=line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.record_call(
            session, world.acting(DESK), line_id=line_id, result=result,
            recipient_trained=trained,
        )  # fmt: skip


def read_it(world: World, notification_id: UUID) -> None:
    """Open and acknowledge on the page."""
    world.open(FIRST, notification_id)
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        acknowledge(session, world.acting(FIRST), notification_id=notification_id)


def told(world: World, reference: str, *children: dict[str, Any]) -> Notification:
    """Push, and let the school read it at seven."""
    world.push(reference, *children, **STORY)
    world.until(time(7, 0))
    (one,) = world.notifications(reference)
    read_it(world, one.id)
    return one


def closed(world: World) -> list[CallResult | None]:
    """What came of the lines that are closed."""
    with world.wiring.database.read(PLATFORM) as session:
        return [one.result for one in session.scalars(select(CallSheetLine)) if one.closed_at]


def steps(world: World) -> dict[str, tuple[str, str | None]]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(ReceiptStep).order_by(ReceiptStep.planned_at)).all()
        return {
            row.kind.value: (row.state.value, row.reason_code)
            for row in rows
            if row.kind.value.startswith("desk_call")
        }


def still_open(world: World) -> OpenMatters:
    with world.wiring.database.read(of_force(FORCE)) as session:
        found = open_ids(session, force=FORCE, now=world.now)
        return open_matters(session, force=FORCE, now=world.now, of=found)


def paper(world: World) -> list[PaperLine]:
    with world.wiring.database.read(of_force(FORCE)) as session:
        return paper_lines(session, world.wiring.cipher, force=FORCE, now=world.now)


def details(world: World, event: Event) -> list[dict[str, Any] | None]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.event == event))
        return [row.detail for row in rows]


@pytest.mark.parametrize("level", ["concern", "order_in_force"])
def test_a_school_that_read_it_at_seven_is_rung_all_the_same(world: World, level: str) -> None:
    world.push("G-1", child(going_home={"level": level}), **STORY)
    world.until(time(6, 29))
    assert sheet(world) == []
    world.until(time(6, 31))
    (line,) = sheet(world)
    assert line.compulsory_by == line.due_at == at("2026-11-20", "08:30")
    (one,) = world.notifications("G-1")
    read_it(world, one.id)
    world.until(time(7, 30))
    assert world.board.all_told
    assert [one.line_id for one in sheet(world)] == [line.line_id]
    assert closed(world) == []
    ring(world, line.line_id, CallResult.NO_ANSWER)
    assert len(sheet(world)) == 1
    ring(world, line.line_id, CallResult.TOLD)
    assert sheet(world) == []
    assert closed(world) == [CallResult.TOLD]
    assert steps(world) == {
        "desk_call": ("done", None), "desk_call_unmade": ("skipped", "told_by_phone"),
    }  # fmt: skip
    (placed,) = details(world, Event.NOTIFICATION_PLACED)
    assert placed is not None
    assert placed["desk_call"]
    assert details(world, Event.TOLD_BY_PHONE) == [{"desk_call": True}]
    world.until(time(9, 30))
    assert DUTY not in world.alerted()
    assert sheet(world) == []
    assert still_open(world).unmade_calls == ()
    (one,) = world.notifications("G-1")
    assert (one.state, one.told_how) == (NotificationState.ACKNOWLEDGED, "opened")
    assert world.imbalances == []


def test_who_reads_it_before_the_first_alert_is_rung_with_it(world: World) -> None:
    world.push("G-1", child(**CONCERN), **STORY)
    world.tick()
    (one,) = world.notifications("G-1")
    read_it(world, one.id)
    assert sheet(world) == []
    # No later rung of its ladder is left to bring the service back to it.
    world.clock.move_to(at("2026-11-20", "06:30"))
    world.tick()
    assert len(sheet(world)) == 1


def test_one_call_tells_and_is_the_compulsory_one_whoever_hears_it(world: World) -> None:
    world.push("G-1", child(**CONCERN), **STORY)
    world.until(time(7, 0))
    (line,) = sheet(world)
    ring(world, line.line_id, CallResult.TOLD, trained=False)
    (one,) = world.notifications("G-1")
    assert one.told_how == "by_phone_untrained"
    world.open(FIRST, one.id)
    world.until(time(9, 0))
    assert sheet(world) == []
    assert DUTY not in world.alerted()


def test_a_call_that_nobody_makes_is_overdue_and_the_duty_officer_is_alerted(world: World) -> None:
    told(world, "G-1", child(**ORDER))
    world.until(time(8, 29))
    assert DUTY not in world.alerted()
    assert still_open(world).unmade_calls == ()
    world.until(time(8, 31))
    assert world.alerted().count(DUTY) == 1
    world.officer(Duty.FORCE_LEAD, "lead@force.test")
    for clock_time in (time(9, 2), time(9, 33)):
        world.until(clock_time)
    said = world.alerted()
    assert (said.count(DUTY), said.count("lead@force.test")) == (3, 2), "each half hour, to leads"
    (matter,) = still_open(world).unmade_calls
    assert (matter.reference, matter.since) == ("G-1", at("2026-11-20", "08:30"))
    assert still_open(world).count == 1
    (line,) = sheet(world)
    assert line.compulsory_by is not None
    assert line.compulsory_by < world.now
    ring(world, line.line_id, CallResult.TOLD)
    assert still_open(world).unmade_calls == ()
    assert sheet(world) == []
    (one,) = world.notifications("G-1")
    assert one.late_at is None
    world.until(time(12, 0))
    assert world.alerted().count(DUTY) == 3


@pytest.mark.parametrize("end", ["withdrawn", "not our pupil"])
def test_what_is_taken_back_or_held_is_rung_about_no_more(world: World, end: str) -> None:
    world.push("G-1", child(**CONCERN), **STORY)
    world.until(time(7, 0))
    (one,) = world.notifications("G-1")
    if end == "withdrawn":
        read_it(world, one.id)
        assert len(sheet(world)) == 1
        world.withdraw("G-1")
        assert closed(world) == [CallResult.STOOD_DOWN]
        assert steps(world)["desk_call_unmade"] == ("skipped", "recalled")
    else:
        world.refuse(FIRST, one.id)
    assert sheet(world) == []
    assert paper(world) == []
    world.until(time(9, 0))
    assert sheet(world) == []
    assert still_open(world).unmade_calls == ()


def test_what_is_joined_brings_its_call_and_takes_it_along(world: World) -> None:
    world.push("G-1", child(), **STORY)
    world.tick()
    world.push("G-2", child(**CONCERN), **STORY)
    world.until(time(7, 0))
    (one,) = world.notifications("G-2")
    assert [found.id for found in world.notifications("G-1")] == [one.id]
    read_it(world, one.id)
    assert len(sheet(world)) == 1
    world.withdraw("G-2")
    assert sheet(world) == []
    assert closed(world) == [CallResult.STOOD_DOWN]
    assert world.notifications("G-1")[0].state is NotificationState.ACKNOWLEDGED
    world.until(time(9, 0))
    assert sheet(world) == []
    assert steps(world)["desk_call_unmade"] == ("skipped", "not_needed")


def test_without_a_concern_nobody_is_rung_who_read_it(world: World) -> None:
    one = told(world, "G-1", child(going_home={"level": "none"}))
    world.until(time(9, 0))
    assert sheet(world) == []
    assert closed(world) == []
    assert steps(world) == {}
    assert world.steps(one.id)["call_sheet"] == ("skipped", "told")
    assert all("desk_call" not in (one or {}) for one in details(world, Event.NOTIFICATION_PLACED))


def test_a_concern_that_a_correction_brings_is_rung_though_the_change_was_read(
    world: World,
) -> None:
    one = told(world, "G-1", child())
    world.push("G-1", child(**CONCERN), version=2, **STORY)
    world.tick()
    (line,) = sheet(world)
    assert line.compulsory_by == at("2026-11-20", "08:30")
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        read_changes(session, world.acting(FIRST), notification_id=one.id)
    assert [one.line_id for one in sheet(world)] == [line.line_id]
    ring(world, line.line_id, CallResult.TOLD)
    assert sheet(world) == []
    # Something else changes: what was said by voice stands. It becomes graver: it is said again.
    world.push("G-1", child(presence="saw", **CONCERN), version=3, **STORY)
    world.tick()
    assert sheet(world) == []
    world.push("G-1", child(presence="saw", **ORDER), version=4, **STORY)
    world.tick()
    assert [one.line_id for one in sheet(world)] == [line.line_id]
    # And no concern after all: what changed is to be read, by nobody's voice.
    world.push("G-1", child(presence="saw"), version=5, **STORY)
    world.tick()
    assert all(one.compulsory_by is None for one in sheet(world))
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        read_changes(session, world.acting(FIRST), notification_id=one.id)
    world.until(time(9, 0))
    assert sheet(world) == []
    assert DUTY not in world.alerted()


def test_a_concern_that_comes_before_anybody_read_it_is_rung_with_the_ladder(world: World) -> None:
    world.push("G-1", child(), **STORY)
    world.tick()
    world.push("G-1", child(**CONCERN), version=2, **STORY)
    world.until(time(6, 29))
    assert sheet(world) == []
    world.until(time(6, 31))
    (line,) = sheet(world)
    assert line.compulsory_by == at("2026-11-20", "08:30")


@pytest.mark.parametrize("began", ["2026-11-20T08:40:00+00:00", "2026-11-19T22:40:00+00:00"])
def test_what_comes_late_or_during_the_day_is_rung_at_once(world: World, began: str) -> None:
    world.clock.move_to(at("2026-11-20", "09:10"))
    world.push("G-1", child(**CONCERN), occurred_from=began)
    world.tick()
    (one,) = world.notifications("G-1")
    assert one.late_record is began.startswith("2026-11-19")
    read_it(world, one.id)
    world.tick()
    (line,) = sheet(world)
    assert line.compulsory_by == one.due_at == at("2026-11-20", "10:10")


def test_the_call_moves_with_a_school_that_closes(world: World) -> None:
    monday = date(2026, 11, 23)
    world.calendar("990001,term,2026-11-02,2026-12-18,,,,")
    world.push("G-1", child(**CONCERN), **STORY)
    world.until(time(7, 0))
    assert len(sheet(world)) == 1
    with world.wiring.database.write(PLATFORM) as session:
        friday = date(2026, 11, 20)
        calendar_editing.set_days(
            session, "urn:990001", friday, friday, DayKind.CLOSED, note="Snow"
        )
        calendar_editing.note_change(session, "urn:990001", now=world.now, actor="account:head")
    world.until(time(12, 0))
    assert sheet(world) == []
    assert DUTY not in world.alerted()
    world.until(time(6, 31), on=monday)
    (line,) = sheet(world)
    assert line.compulsory_by == at("2026-11-23", "08:30")
    read_it(world, world.notifications("G-1")[0].id)
    world.until(time(8, 31), on=monday)
    assert DUTY in world.alerted()


def test_the_paper_holds_who_must_be_rung_as_the_screen_does(world: World) -> None:
    told(world, "G-1", child(**CONCERN))
    (line,) = paper(world)
    assert (line.reference, line.child, line.going_home) == ("G-1", "Asha Example-Khan", True)
    (on_screen,) = sheet(world)
    ring(world, on_screen.line_id, CallResult.TOLD)
    assert paper(world) == []


def test_an_unread_change_is_on_the_paper_once_it_is_on_the_screen(world: World) -> None:
    told(world, "G-1", child())
    world.push("G-1", child(presence="saw"), version=2, **STORY)
    world.until(time(8, 0))
    assert (sheet(world), paper(world)) == ([], [])
    world.until(time(9, 0))
    assert len(sheet(world)) == 1
    (line,) = paper(world)
    assert (line.reference, line.going_home) == ("G-1", False)
