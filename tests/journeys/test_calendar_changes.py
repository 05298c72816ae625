"""A calendar that changes after messages were placed: deadlines follow, and nothing is dropped."""

from datetime import date, datetime, time

import pytest

from app.core.scope import PLATFORM
from notifications.channels.call_sheet import claim_line
from notifications.models import CallSheetLine
from schools import calendar_editing
from schools.term_dates import DayKind
from tests.journeys.world import World, at, child

pytestmark = pytest.mark.feature("CA2")
THURSDAY, FRIDAY, MONDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)
PRIMARY = 990001
TERM = f"{PRIMARY},term,2026-11-02,2026-12-18,,,,"


def close(world: World, on: date, kind: DayKind = DayKind.CLOSED) -> None:
    owner = f"urn:{PRIMARY}"
    with world.wiring.database.write(PLATFORM) as session:
        calendar_editing.set_days(session, owner, on, on, kind, note="Snow")
        calendar_editing.note_change(session, owner, now=world.now, actor="account:head")


def reopen(world: World, *days: date) -> None:
    owner = f"urn:{PRIMARY}"
    with world.wiring.database.write(PLATFORM) as session:
        for on in days:
            assert calendar_editing.clear_day(session, owner, on)
        calendar_editing.note_change(session, owner, now=world.now, actor="account:head")


def test_snow_at_seven_moves_what_nobody_opened_to_the_next_school_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.calendar(TERM)
    world.push("N-1", child())
    world.until(time(7, 0))
    assert world.chased() == ["first@primary.test"]
    close(world, FRIDAY)
    world.until(time(12, 0))
    (moved,) = world.notifications("N-1")
    assert (moved.due_at, moved.state, moved.late_at) == (at("2026-11-23", "08:30"), "ready", None)
    assert world.chased() == ["first@primary.test"]  # nobody else is chased on a snow day
    assert world.board.not_told == 0
    (row,) = world.board_on(MONDAY).rows
    assert row.due_at == moved.due_at
    # on Monday the ladder begins again, at its first step
    world.until(time(6, 30), on=MONDAY)
    assert world.chased() == ["first@primary.test", "first@primary.test"]
    world.until(time(7, 30), on=MONDAY)
    assert world.board.rows[0].held_by.startswith("Call sheet")
    world.open("second@primary.test", moved.id)
    # Told; that the force closed no night since Friday keeps the board from saying "all".
    assert (world.board.told_in_time, world.board.not_told) == (1, 0)
    assert not world.board.all_told
    assert world.imbalances == []


def test_what_was_opened_before_the_closure_stays_told(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(6, 40))
    (notification,) = world.notifications("N-1")
    world.open("first@primary.test", notification.id)
    close(world, FRIDAY)
    world.until(time(9, 0))
    (same,) = world.notifications("N-1")
    assert same.due_at == at("2026-11-20", "08:30")
    assert (world.board.told_in_time, world.board.all_told) == (1, True)


def test_a_school_that_a_caller_has_claimed_is_left_to_the_caller(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(7, 40))
    with world.wiring.database.write(PLATFORM) as session:
        line = session.query(CallSheetLine).one()
        account = world.people["desk@example.org"].id
        claim_line(session, line.id, account_id=account, now=world.now)
    close(world, FRIDAY)
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "08:30")
    assert world.board.not_told == 1
    # the caller left it: a claim that ran out holds nothing up
    world.clock.move_to(at("2026-11-20", "07:51"))
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-23", "08:30")


def test_a_closure_taken_back_brings_the_deadline_back(world: World) -> None:
    world.clock.move_to(at("2026-11-19", "22:00"))
    world.calendar(TERM)
    close(world, FRIDAY)
    world.push("N-1", child())
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-23", "08:30")
    reopen(world, FRIDAY)
    world.until(time(6, 30), on=FRIDAY)
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "08:30")
    assert world.chased() == ["first@primary.test"]


def test_a_closure_taken_back_after_the_deadline_is_late_and_alerted_at_once(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.tick()
    world.clock.move_to(at("2026-11-20", "05:00"))
    close(world, FRIDAY)
    world.until(time(8, 31))
    assert (world.alerted(), world.board.rows) == ([], ())
    reopen(world, FRIDAY)
    world.tick()
    (notification,) = world.notifications("N-1")
    assert (notification.due_at, notification.late_at) == (at("2026-11-20", "08:30"), world.now)
    assert notification.late_cause == "service_late"
    assert "first@primary.test" in world.chased()
    assert world.board.not_told == 1
    # it is followed once: nobody is asked again because the calendar is looked at again
    chased = world.chased()
    close(world, date(2026, 12, 1))
    world.tick()
    assert world.chased() == chased
    world.open("first@primary.test", notification.id)
    assert (world.board.told_in_time, world.board.not_told) == (0, 0)
    assert world.imbalances == []


def closed_for_two_days(world: World) -> None:
    world.clock.move_to(at("2026-11-18", "23:00"))
    close(world, THURSDAY)
    close(world, FRIDAY)
    world.push("N-1", child())
    world.tick()


@pytest.mark.parametrize(
    ("day", "clock_time", "due_at"),
    [
        ("2026-11-19", "14:45", at("2026-11-19", "08:30")),
        ("2026-11-19", "22:00", at("2026-11-20", "08:30")),
        ("2026-11-20", "08:10", at("2026-11-20", "08:30")),
        ("2026-11-20", "14:45", at("2026-11-20", "08:30")),
        ("2026-11-20", "16:00", at("2026-11-23", "08:30")),
    ],
)
def test_two_closed_days_taken_back_bring_the_deadline_to_the_first_day_with_pupils(
    world: World, day: str, clock_time: str, due_at: datetime
) -> None:
    closed_for_two_days(world)
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-23", "08:30")
    world.clock.move_to(at(day, clock_time))
    reopen(world, THURSDAY, FRIDAY)
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == due_at
    assert (notification.late_at is not None) == (due_at < world.now)
    assert ("first@primary.test" in world.chased()) == (clock_time in {"08:10", "14:45"})
    assert world.imbalances == []


def test_doors_that_open_earlier_make_nothing_late_that_is_due_today(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.calendar(f"{PRIMARY},hours,,,09:00,,,")
    world.push("N-1", child())
    world.until(time(8, 35))
    chased = world.chased()
    world.calendar(f"{PRIMARY},hours,,,08:45,,,")
    world.tick()
    (notification,) = world.notifications("N-1")
    assert (notification.due_at, notification.late_at) == (at("2026-11-20", "08:45"), None)
    assert world.chased() == chased


def test_a_closure_entered_after_the_deadline_changes_no_lateness(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(8, 40))
    close(world, FRIDAY)
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "08:30")
    assert notification.late_at is not None
    assert world.board.not_told == 1


@pytest.mark.feature("CA3")
def test_an_extra_bank_holiday_moves_every_school_of_the_nation(world: World) -> None:
    world.clock.move_to(at("2026-11-19", "22:00"))
    world.push("N-1", child())
    world.tick()
    with world.wiring.database.write(PLATFORM) as session:
        for owner in calendar_editing.add_bank_holiday(session, FRIDAY, title="A jubilee"):
            calendar_editing.note_change(session, owner, now=world.now, actor="operator")
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-23", "08:30")
    with world.wiring.database.write(PLATFORM) as session:
        for owner in calendar_editing.remove_bank_holiday(session, FRIDAY, title="Called off"):
            calendar_editing.note_change(session, owner, now=world.now, actor="operator")
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "08:30")
