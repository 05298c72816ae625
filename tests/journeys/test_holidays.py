"""Holidays on a clock moved by hand: two clocks, three policies, and the first pupil morning."""

import io
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.permissions import Role
from app.casework.opening import look
from app.core.errors import NotFound
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import HolidayPolicy, Policy, Timing
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.reports.told import Told
from notifications.states import NotificationState, Purpose
from schools.key_adult_upkeep import add_holiday_cover
from schools.matching.models import Judgement
from schools.models import KeyAdult
from schools.officers import Duty, add_officer
from schools.roll import import_roll
from tests.journeys.world import COUNCIL, FORCE, World, at, child

pytestmark = pytest.mark.feature("CA4")

SUMMER_NIGHT, FIRST_MORNING = "2026-08-03", date(2026, 9, 2)
PRIMARY, SECONDARY, OTHERBY = 990001, 990005, 990002
TERMS = (
    f"council:{COUNCIL},term,2026-06-08,2026-07-21,,,,",
    f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
)


@pytest.fixture
def summer(world: World) -> World:
    """The third of August, eleven at night; schools open again on 2 September."""
    world.clock.move_to(at(SUMMER_NIGHT, "23:00"))
    world.calendar(*TERMS)
    for email in ("first@primary.test", "second@primary.test", "only@otherby.test"):
        assert email in world.people
    return world


def choose(world: World, holiday: HolidayPolicy) -> None:
    body = Policy(timing=Timing(holiday=holiday))
    with world.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=world.now, approved_by="operator", now=world.now
        )


def roll(world: World, **pupil: str) -> None:
    """Bring the roll of one school with Asha on it, on the day of the clock."""
    columns = "UPN,Surname,Forename,DOB,Sex,PostCode,URN,EntryDate,LeavingDate"
    facts = {"URN": str(OTHERBY), "EntryDate": "01-09-2026", **pupil}
    row = f",Example-Khan,Asha,02-03-2018,F,ZZ99 3VZ,{facts['URN']},{facts['EntryDate']},"
    with world.wiring.database.write(PLATFORM) as session:
        report = import_roll(
            session, world.wiring.cipher, io.StringIO(f"{columns}\n{row}\n"),
            owner=f"urn:{facts['URN']}", now=world.now,
        )  # fmt: skip
    assert report.errors == []


def events(world: World, event: str) -> list[str | None]:
    with world.wiring.database.read(PLATFORM) as session:
        return list(
            session.scalars(select(AuditEntry.reason_code).where(AuditEntry.event == event))
        )


def children(world: World) -> list[InvolvedChild]:
    with world.wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(InvolvedChild).order_by(InvolvedChild.position)))


def test_a_child_of_a_summer_night_is_told_next_working_morning_and_matched_again_in_september(
    summer: World,
) -> None:
    summer.push("N-1", child())
    summer.until(time(6, 30), on=date(2026, 8, 4))
    (told,) = summer.notifications("N-1")
    assert (told.due_at, told.return_on) == (at("2026-08-04", "08:30"), FIRST_MORNING)
    assert summer.chased() == ["first@primary.test"]
    summer.open("first@primary.test", told.id)
    summer.until(time(4, 59), on=FIRST_MORNING)
    assert children(summer)[0].rematched_at is None
    summer.until(time(9, 0), on=FIRST_MORNING)
    (same,) = summer.notifications("N-1")
    assert (same.id, same.told_at) == (told.id, at("2026-08-04", "06:30"))
    assert children(summer)[0].rematched_at is not None
    assert events(summer, "matching:child:returned") == ["first_pupil_morning"]
    assert summer.chased() == ["first@primary.test"]
    assert summer.board_on(date(2026, 8, 4)).told_in_time == 1
    assert summer.board.rows == ()
    assert summer.imbalances == []


def test_a_child_at_another_school_in_september_is_told_there_too(summer: World) -> None:
    unsaid: dict[str, Any] = {"education": {"status": "registered"}}
    roll(summer, URN=str(PRIMARY), EntryDate="01-09-2023")
    summer.push("N-1", child(**unsaid))
    summer.until(time(7, 0), on=date(2026, 8, 4))
    (told,) = summer.notifications("N-1")
    assert told.urn == PRIMARY
    summer.open("first@primary.test", told.id)
    # the new year's rolls: she left the one school and is at the other
    summer.clock.move_to(at("2026-09-01", "16:00"))
    columns = "UPN,Surname,Forename,DOB,Sex,PostCode,URN,EntryDate,LeavingDate"
    other = f",Elsewhere,Someone,02-03-2018,F,ZZ99 1AA,{PRIMARY},01-09-2023,"
    with summer.wiring.database.write(PLATFORM) as session:
        import_roll(
            session, summer.wiring.cipher, io.StringIO(f"{columns}\n{other}\n"),
            owner=f"urn:{PRIMARY}", now=summer.now,
        )  # fmt: skip
    roll(summer)
    summer.until(time(6, 30), on=FIRST_MORNING)
    first, second = summer.notifications("N-1")
    assert (first.urn, first.purpose) == (PRIMARY, Purpose.INFORM)
    assert (second.urn, second.purpose) == (OTHERBY, Purpose.RETURN)
    assert second.due_at == at("2026-09-02", "08:30")
    assert not second.late_record
    assert "only@otherby.test" in summer.alerted()
    (row,) = summer.board.rows
    assert (row.told, row.due_at) == (Told.NOT_TOLD, second.due_at)
    summer.open("only@otherby.test", second.id)
    assert summer.board.all_told
    assert (summer.board.told_in_time, len(summer.board.rows)) == (1, 1)
    assert summer.board_on(date(2026, 8, 4)).told_in_time == 1
    assert summer.imbalances == []


def test_a_year_6_leaver_in_september_goes_to_a_person_and_never_back_to_the_old_school(
    summer: World,
) -> None:
    summer.school(SECONDARY, "Northby High School", town="Northby", key_adults=["dsl@high.test"])
    summer.push("N-1", child(date_of_birth="2015-03-02"))
    summer.until(time(7, 0), on=date(2026, 8, 4))
    (told,) = summer.notifications("N-1")
    summer.open("first@primary.test", told.id)
    summer.until(time(5, 0), on=FIRST_MORNING)
    (row,) = summer.board.rows
    assert (row.outcome, row.told) == ("in_review", Told.NOT_TOLD)
    assert row.due_at is not None
    summer.settle("reviewer@example.org", urn=SECONDARY)
    summer.until(time(6, 30), on=FIRST_MORNING)
    _, second = summer.notifications("N-1")
    assert (second.urn, second.due_at) == (SECONDARY, at("2026-09-02", "08:30"))
    summer.open("dsl@high.test", second.id)
    assert summer.board.all_told
    assert summer.imbalances == []


def test_what_nobody_opened_in_the_holiday_is_asked_again_when_pupils_are_back(
    summer: World,
) -> None:
    summer.push("N-1", child())
    summer.until(time(12, 0), on=date(2026, 8, 4))
    (waiting,) = summer.notifications("N-1")
    assert waiting.late_at is not None
    asked = len(summer.alerted())
    summer.until(time(6, 30), on=FIRST_MORNING)
    assert summer.alerted()[asked:] == ["first@primary.test"]
    (same,) = summer.notifications("N-1")
    assert (same.id, same.due_at, same.return_on) == (waiting.id, waiting.due_at, None)
    assert same.late_at == waiting.late_at
    summer.until(time(7, 30), on=FIRST_MORNING)
    assert summer.board.rows[0].held_by.startswith("Call sheet")
    summer.open("second@primary.test", same.id)
    assert summer.board.not_told == 0
    assert summer.imbalances == []


def test_a_school_settled_by_a_person_in_half_term_is_not_asked_about_again(world: World) -> None:
    world.school(990003, "St Mary's Primary School", town="Northby", key_adults=["n@mary.test"])
    world.school(990004, "St Mary's Primary School", town="Southby", key_adults=["s@mary.test"])
    world.clock.move_to(at("2026-10-26", "01:00"))
    world.calendar(
        f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
        f"council:{COUNCIL},term,2026-11-02,2026-12-18,,,,",
    )
    world.push("N-1", child(education={"school_name": "St Mary's"}))
    world.until(time(7, 0))
    world.settle("reviewer@example.org", urn=990004)
    world.tick()
    (notification,) = world.notifications("N-1")
    assert notification.return_on == date(2026, 11, 2)
    world.open("s@mary.test", notification.id)
    world.until(time(9, 0), on=date(2026, 11, 2))
    assert events(world, "matching:child:returned") == ["settled_this_year"]
    assert [one.id for one in world.notifications("N-1")] == [notification.id]
    assert world.board.rows == ()
    assert world.imbalances == []


def test_a_force_that_holds_shows_the_child_as_not_told_and_sends_when_pupils_are_back(
    summer: World,
) -> None:
    choose(summer, HolidayPolicy.HOLD)
    summer.push("N-1", child())
    summer.until(time(9, 0), on=date(2026, 8, 4))
    assert (summer.notifications("N-1"), summer.alerted()) == ([], [])
    assert children(summer)[0].outcome == "held"
    assert summer.board.holiday.held == 1
    assert summer.board.holiday.next_on == FIRST_MORNING
    assert events(summer, "intake:child:held") == ["school_holiday"]
    summer.until(time(5, 0), on=FIRST_MORNING)
    (notification,) = summer.notifications("N-1")
    assert (notification.due_at, notification.late_record) == (at("2026-09-02", "08:30"), False)
    summer.until(time(6, 30), on=FIRST_MORNING)
    assert summer.chased() == ["first@primary.test"]
    summer.open("first@primary.test", notification.id)
    assert (summer.board.told_in_time, summer.board.all_told) == (1, True)
    assert summer.imbalances == []


def test_a_hold_ends_earlier_where_the_term_is_brought_forward(summer: World) -> None:
    choose(summer, HolidayPolicy.HOLD)
    summer.push("N-1", child())
    summer.tick()
    summer.calendar(f"{PRIMARY},term,2026-08-25,2026-10-23,,,,")
    summer.tick()
    assert children(summer)[0].return_on == date(2026, 8, 25)
    summer.until(time(6, 30), on=date(2026, 8, 25))
    assert summer.chased() == ["first@primary.test"]


def test_a_force_that_tells_the_council_in_holidays_tells_the_school_when_pupils_are_back(
    summer: World,
) -> None:
    choose(summer, HolidayPolicy.COUNCIL)
    summer.push("N-1", child())
    summer.until(time(9, 0), on=date(2026, 8, 4))
    (council,) = summer.notifications("N-1")
    assert (council.recipient, council.due_at) == ("council:999", at("2026-08-04", "09:30"))
    assert council.return_on == FIRST_MORNING
    assert summer.board.not_told == 1
    summer.until(time(6, 30), on=FIRST_MORNING)
    states = {one.recipient: one.state for one in summer.notifications("N-1")}
    # the council never opened it, and it is the school's now
    assert states == {
        "council:999": NotificationState.RECALLED, f"urn:{PRIMARY}": NotificationState.READY
    }  # fmt: skip
    assert "first@primary.test" in summer.alerted()
    school = summer.notifications("N-1")[-1]
    summer.open("first@primary.test", school.id)
    assert summer.board.all_told
    assert summer.imbalances == []


def test_in_a_holiday_the_contact_who_covers_is_asked_first_and_the_councils_desk_last(
    summer: World,
) -> None:
    summer.person("desk@council.test", Role.COUNCIL_OFFICER, council=COUNCIL)
    account = summer.people["desk@council.test"]
    with summer.wiring.database.write(PLATFORM) as session:
        add_officer(
            session, summer.wiring.cipher, owner=f"council:{COUNCIL}",
            duty=Duty.COUNCIL_OFFICER, position=1, name="Desk", email="desk@council.test",
            telephone="01632 960009", account_id=account.id, now=summer.now, verified=True,
        )  # fmt: skip
        second = session.scalars(
            select(KeyAdult).where(KeyAdult.urn == PRIMARY, KeyAdult.position == 2)
        ).one()
        add_holiday_cover(
            session, second, first_on=date(2026, 8, 3), last_on=date(2026, 9, 1),
            today=date(2026, 8, 3),
        )  # fmt: skip
    summer.push("N-1", child())
    summer.until(time(7, 14), on=date(2026, 8, 4))
    (notification,) = summer.notifications("N-1")
    assert summer.alerted() == ["second@primary.test"]
    with pytest.raises(NotFound):
        summer.open("desk@council.test", notification.id)
    summer.until(time(7, 45), on=date(2026, 8, 4))
    assert summer.alerted()[:2] == ["second@primary.test", "first@primary.test"]
    assert "desk@council.test" in summer.alerted()
    # asked, the council's desk may open it, as long as pupils are away
    summer.open("desk@council.test", notification.id)
    assert summer.board.all_told
    summer.clock.move_to(at("2026-09-02", "05:00"))
    with pytest.raises(NotFound):
        summer.open("desk@council.test", notification.id)


@pytest.mark.parametrize("on_roll", [True, False])
def test_what_the_councils_desk_answers_in_a_holiday_is_no_word_of_the_schools(
    summer: World, *, on_roll: bool
) -> None:
    summer.officer(Duty.COUNCIL_OFFICER, "desk@council.test", council=COUNCIL)
    summer.person("desk@council.test", Role.COUNCIL_OFFICER, council=COUNCIL)
    summer.push("N-1", child())
    summer.until(time(7, 45), on=date(2026, 8, 4))
    (notification,) = summer.notifications("N-1")
    answers = summer.open if on_roll else summer.refuse
    answers("desk@council.test", notification.id)
    with summer.wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(Judgement)).all() == []
    if on_roll:
        with summer.wiring.database.write(summer.scope_of("desk@council.test")) as session:
            shown = look(
                session, summer.acting("desk@council.test"), notification_id=notification.id
            )
        assert (shown.at_council, shown.for_school) == (True, True)


def test_two_schools_with_different_terms_are_each_told_by_their_own_calendar(
    summer: World,
) -> None:
    """Siblings in both: one is back on 25 August, the other in September."""
    summer.calendar(
        f"{OTHERBY},term,2026-06-08,2026-07-15,,,,", f"{OTHERBY},term,2026-08-25,2026-10-23,,,,"
    )
    summer.clock.move_to(at("2026-08-24", "23:00"))
    summer.push(
        "N-1", child(),
        child(
            "c2", forename="Bela",
            education={"school_name": "Otherby Church School", "town": "Otherby"},
        ),
    )  # fmt: skip
    summer.tick()
    found = {one.urn: (one.due_at, one.return_on) for one in summer.notifications("N-1")}
    assert found == {
        PRIMARY: (at("2026-08-25", "08:30"), FIRST_MORNING),
        OTHERBY: (at("2026-08-25", "08:30"), None),
    }
    summer.until(time(9, 0), on=FIRST_MORNING)
    assert [one.rematched_at is not None for one in children(summer)] == [True, False]
    assert summer.imbalances == []


def test_the_board_says_how_many_wait_for_pupils_to_be_back(summer: World) -> None:
    summer.push("N-1", child())
    summer.push("N-2", child(forename="Bela"))
    summer.until(time(7, 0), on=date(2026, 8, 4))
    backlog = summer.board.holiday
    assert (backlog.to_match_again, backlog.held, backlog.next_on) == (2, 0, FIRST_MORNING)
    summer.until(time(6, 0), on=FIRST_MORNING)
    assert summer.board.holiday.to_match_again == 0


def test_content_is_kept_until_its_child_was_matched_again(summer: World) -> None:
    body = Policy.model_validate({"retention": {"after_told_days": 30, "not_notified_days": 1}})
    with summer.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=summer.now, approved_by="operator",
            now=summer.now,
        )  # fmt: skip
    summer.clock.move_to(at("2026-07-22", "23:00"))
    summer.push("N-1", child())
    summer.until(time(7, 0), on=date(2026, 7, 23))
    (told,) = summer.notifications("N-1")
    summer.open("first@primary.test", told.id)
    summer.until(time(12, 0), on=date(2026, 8, 31))
    assert events(summer, "retention:content:erased") == []
    summer.until(time(12, 0), on=FIRST_MORNING)
    with summer.wiring.database.read(PLATFORM) as session:
        returned = session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.event == "matching:child:returned")
        )
    assert returned == 1
