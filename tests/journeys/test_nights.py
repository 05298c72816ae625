"""Whole nights on a clock moved by hand, from the push to the morning board."""

from datetime import date, time, timedelta

import pytest

from app.reports.told import Told
from notifications.channels.base import ChannelError, ErrorKind
from notifications.states import LateCause, NotificationState
from tests.journeys.world import World, at, child


@pytest.mark.feature("CA1")
@pytest.mark.feature("CA9")
@pytest.mark.feature("AK1")
def test_a_child_of_last_night_is_told_before_nine(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(6, 29))
    assert world.chased() == []
    (notification,) = world.notifications("N-1")
    assert notification.state is NotificationState.READY
    assert notification.due_at == at("2026-11-20", "08:30")
    world.until(time(6, 30))
    assert world.chased() == ["first@primary.test"]
    assert world.board.not_told == 1
    assert world.board.rows[0].held_by.startswith("Key adult")
    world.clock.move_to(at("2026-11-20", "07:40"))
    world.open("first@primary.test", notification.id)
    world.until(time(10, 0))
    assert (world.board.told, world.board.not_told, world.board.all_told) == (1, 0, True)
    assert world.board.told_in_time == 1
    assert world.chased() == ["first@primary.test"]
    assert {state for state, _ in world.steps(notification.id).values()} == {"done", "skipped"}
    assert world.imbalances == []


@pytest.mark.feature("ES1")
@pytest.mark.feature("ES2")
@pytest.mark.feature("DL9")
def test_unopened_is_chased_to_the_call_sheet_and_counted_late(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(7, 14))
    assert world.chased() == ["first@primary.test"]
    world.until(time(7, 15))
    assert world.chased() == ["first@primary.test", "second@primary.test"]
    world.until(time(7, 30))
    assert world.board.rows[0].held_by.startswith("Call sheet")
    world.until(time(8, 31))
    (notification,) = world.notifications("N-1")
    assert notification.late_cause is LateCause.NOT_OPENED
    assert world.board.not_told == 1
    assert not world.board.all_told
    world.until(time(9, 30))
    assert "planned" not in {state for state, _ in world.steps(notification.id).values()}
    assert world.imbalances == []
    # it ends only with told, the next day too
    world.until(time(9, 0), on=date(2026, 11, 21))
    assert world.board.not_told == 1


@pytest.mark.feature("CA1")
def test_a_friday_night_is_due_on_monday_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "22:00"))
    world.push("N-1", child())
    world.until(time(12, 0), on=date(2026, 11, 22))
    (notification,) = world.notifications("N-1")
    assert notification.state is NotificationState.READY
    assert notification.due_at == at("2026-11-23", "08:30")
    assert world.chased() == []
    world.until(time(6, 30), on=date(2026, 11, 23))
    assert world.chased() == ["first@primary.test"]


@pytest.mark.feature("CA3")
def test_after_a_bank_holiday_monday_it_is_due_on_tuesday(world: World) -> None:
    world.clock.move_to(at("2027-05-01", "02:00"))
    world.calendar("council:999,term,2027-04-12,2027-05-28,,,,")
    world.push("N-1", child())
    world.until(time(9, 0), on=date(2027, 5, 3))
    assert world.chased() == []
    world.until(time(6, 30), on=date(2027, 5, 4))
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2027-05-04", "08:30")
    assert world.chased() == ["first@primary.test"]


@pytest.mark.feature("CA5")
@pytest.mark.parametrize(
    ("pushed", "due"),
    [
        # half past one in the night the clocks go back (Sunday), twice over
        (at("2026-10-25", "01:30"), at("2026-10-26", "08:30")),
        (at("2026-10-25", "01:30") + timedelta(hours=1), at("2026-10-26", "08:30")),
        # the night the clocks go forward, in term
        (at("2027-03-14", "01:30"), at("2027-03-15", "08:30")),
    ],
)
def test_changing_the_clocks_moves_no_deadline(world: World, pushed: object, due: object) -> None:
    world.clock.move_to(pushed)  # type: ignore[arg-type]
    world.push("N-1", child())
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.due_at == due


@pytest.mark.feature("CA2")
def test_a_school_closed_today_is_due_on_its_own_next_day(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.calendar(
        "990001,term,2026-11-02,2026-12-18,,,,",
        "990001,closed,2026-11-20,2026-11-20,,,,Heating failed",
        "990002,hours,,,09:05,,15:20,",
    )
    world.push(
        "N-1", child(),
        child(
            "c2", forename="Bela",
            education={"school_name": "Otherby Church School", "town": "Otherby"},
        ),
    )  # fmt: skip
    world.tick()
    due = {one.urn: one.due_at for one in world.notifications("N-1")}
    assert due == {990001: at("2026-11-23", "08:30"), 990002: at("2026-11-20", "08:50")}


@pytest.mark.feature("IN9")
def test_a_record_at_twenty_to_eight_goes_at_once_on_a_short_ladder(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "07:40"))
    world.push("N-1", child())
    world.until(time(7, 41))
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "08:30")
    assert world.alerted()[0] == "first@primary.test"
    world.until(time(8, 31))
    assert notification.id in {one.id for one in world.notifications("N-1")}
    assert world.board.rows[0].held_by.startswith("Call sheet")


@pytest.mark.feature("IN9")
def test_a_record_after_its_morning_is_due_in_an_hour_and_never_counts_as_met(
    world: World,
) -> None:
    world.clock.move_to(at("2026-11-20", "09:20"))
    world.push("N-1", child(), occurred_from=at("2026-11-19", "22:00").isoformat())
    world.until(time(9, 21))
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "10:20")
    assert notification.late_record
    world.open("first@primary.test", notification.id)
    assert world.board.told == 1
    assert world.board.told_in_time == 0


@pytest.mark.feature("MA11")
def test_an_unclear_match_settled_at_ten_past_eight_still_reaches_the_school(world: World) -> None:
    world.school(990003, "St Mary's Primary School", town="Northby", key_adults=["n@mary.test"])
    world.school(990004, "St Mary's Primary School", town="Southby", key_adults=["s@mary.test"])
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child(education={"school_name": "St Mary's"}))
    world.until(time(8, 10))
    (row,) = world.board.rows
    assert (row.told, row.held_by.startswith("Reviewers")) == (Told.NOT_TOLD, True)
    assert world.notifications("N-1") == []
    world.settle("reviewer@example.org", urn=990004)
    world.until(time(8, 11))
    (notification,) = world.notifications("N-1")
    assert (notification.urn, notification.due_at) == (990004, at("2026-11-20", "08:30"))
    assert "s@mary.test" in world.alerted()
    world.open("s@mary.test", notification.id)
    assert world.board.all_told
    assert world.imbalances == []


@pytest.mark.feature("CA8")
def test_a_restart_in_the_middle_goes_on_where_the_rows_stand(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.runner.run_step("match_children")
    world.restart()
    world.runner.run_step("compose_notifications")
    world.restart()
    # down from two until twenty past seven: what fell due meanwhile happens once, on the first tick
    world.clock.move_to(at("2026-11-20", "07:20"))
    world.tick()
    assert sorted(world.alerted()) == ["first@primary.test", "second@primary.test"]
    world.restart()
    world.tick()
    assert len(world.alerted()) == 2
    assert len(world.notifications("N-1")) == 1
    assert world.imbalances == []


@pytest.mark.feature("DL4")
def test_mail_down_until_twenty_to_eight_is_caught_up_and_on_the_call_sheet(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    channel = world.wiring.channel
    world.may_fail = {"send_due"}
    channel.fail_next(  # type: ignore[attr-defined]
        *[ChannelError(ErrorKind.CONNECTION, "refused") for _ in range(12)]
    )
    world.until(time(7, 30))
    assert world.board.rows[0].held_by.startswith("Call sheet")
    world.until(time(8, 0))
    assert "first@primary.test" in world.alerted()


@pytest.mark.feature("IN2")
def test_the_same_night_pushed_twice_tells_nobody_twice(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    occurred = at("2026-11-20", "00:10").isoformat()
    world.push("N-1", child(), occurred_from=occurred)
    world.tick()
    world.push("N-1", child(), occurred_from=occurred)
    world.until(time(9, 0))
    assert len(world.notifications("N-1")) == 1
    assert len(world.board.rows) == 1


@pytest.mark.parametrize("settled_at", [990001, 990002])
def test_not_our_pupil_is_settled_by_a_person_and_told_where_the_child_really_is(
    world: World, settled_at: int
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(7, 0))
    (notification,) = world.notifications("N-1")
    world.refuse("first@primary.test", notification.id)
    assert world.board.not_told == 1
    world.clock.move_to(at("2026-11-20", "07:20"))
    world.settle("reviewer@example.org", urn=settled_at)
    world.tick()
    shown = [one for one in world.notifications("N-1") if one.state is NotificationState.READY]
    assert [one.urn for one in shown] == [settled_at]
    key_adult = {990001: "second@primary.test", 990002: "only@otherby.test"}[settled_at]
    world.until(time(8, 0))
    assert key_adult in world.alerted()
    world.open(key_adult, shown[0].id)
    assert world.board.all_told
    assert world.imbalances == []


@pytest.mark.feature("DL3")
def test_a_child_settled_back_at_the_first_school_is_told_there_after_all(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(6, 40))
    (first,) = world.notifications("N-1")
    world.refuse("first@primary.test", first.id)
    world.settle("reviewer@example.org", urn=990002)
    world.tick()
    second = next(one for one in world.notifications("N-1") if one.urn == 990002)
    world.refuse("only@otherby.test", second.id)
    world.settle("reviewer@example.org", urn=990001)
    world.tick()
    shown = [one for one in world.notifications("N-1") if one.state is NotificationState.READY]
    assert [one.urn for one in shown] == [990001]
    assert shown[0].id != first.id
    world.open("second@primary.test", shown[0].id)
    assert world.board.all_told
    assert world.imbalances == []


def test_a_hold_ends_by_itself_and_the_school_is_told(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    until = at("2026-11-20", "11:00").isoformat()
    world.push(
        "N-1", child(), hold={"reason_code": "court_order", "account": "Lead", "until": until}
    )
    world.until(time(10, 59))
    assert (world.board.not_told, world.notifications("N-1")) == (1, [])
    world.until(time(11, 0))
    (notification,) = world.notifications("N-1")
    assert notification.due_at == at("2026-11-20", "12:00")
    assert notification.late_record
    assert world.chased() == ["first@primary.test"]
    assert world.imbalances == []


def test_a_step_that_is_not_taken_is_an_imbalance(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.tick()
    world.clock.move_to(at("2026-11-20", "06:40"))
    assert {one.code.value for one in world.imbalances} == {"step_overdue"}
    world.tick()
    assert world.imbalances == []


def test_a_doubt_outlives_the_hold_that_came_before_it(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    until = at("2026-11-20", "06:00").isoformat()
    world.push(
        "N-1",
        child(connected_at_school=["A Person"]),
        hold={"reason_code": "court_order", "account": "Lead", "until": until},
    )
    world.until(time(6, 1))
    (row,) = world.board.rows
    assert (row.outcome, row.outcome_reason) == ("in_review", "connected_at_school")
    assert world.notifications("N-1") == []


def test_a_record_withdrawn_and_sent_again_stands_once_on_the_board(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.tick()
    world.withdraw("N-1")
    world.push("N-1", child(), version=2)
    world.until(time(6, 30))
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]
    assert len([one for one in world.notifications("N-1") if one.state == "ready"]) == 1
    assert world.imbalances == []


def test_a_step_asked_for_one_force_leaves_the_others_alone(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    for force, alerted in (("98", []), ("99", ["first@primary.test"])):
        world.clock.move_to(at("2026-11-20", "06:40"))
        for step in (
            "match_children", "compose_notifications", "chase_untold", "send_due", "morning_check",
        ):  # fmt: skip
            world.runner.run_step(step, force=force)
        assert world.chased() == alerted
        assert len(world.notifications("N-1")) == len(alerted)


def test_sending_for_one_force_hands_over_nothing_of_another(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.tick()
    world.clock.move_to(at("2026-11-20", "06:40"))
    assert world.runner.run_step("chase_untold", force="98").done == 0
    assert world.runner.run_step("chase_untold").done == 1
    assert world.runner.run_step("send_due", force="98").done == 0
    assert world.chased() == []
    assert world.runner.run_step("send_due", force="99").done == 1
