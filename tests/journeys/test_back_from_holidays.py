"""The first pupil morning: what is looked for again, by whom, and what stays as it is."""

import io
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from schools.models import Establishment, EstablishmentLink, Status
from schools.officers import Duty
from schools.register_models import SuccessorConfirmation
from schools.roll import import_roll
from tests.journeys.world import COUNCIL, World, at, child

pytestmark = pytest.mark.feature("CA4")
REVIEWER, OFFICER = "reviewer@example.org", "cme@council.test"
PRIMARY, OTHER, THIRD = 990001, 990002, 990006
FIRST_MORNING, SECOND_MORNING = date(2026, 9, 2), date(2026, 9, 9)
AFTER_CHRISTMAS = date(2027, 1, 4)


@pytest.fixture
def summer(world: World) -> World:
    world.clock.move_to(at("2026-08-03", "23:00"))
    world.calendar(
        f"council:{COUNCIL},term,2026-06-08,2026-07-21,,,,",
        f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
        f"council:{COUNCIL},term,2026-11-02,2026-12-18,,,,",
    )
    return world


def the_child(world: World) -> InvolvedChild:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(select(InvolvedChild)).one()


def test_the_doubt_of_a_child_once_held_is_put_before_a_person_again(summer: World) -> None:
    until = (summer.now + timedelta(hours=6)).isoformat()
    summer.push(
        "N-1", child(connected_at_school=["Sam Example"]),
        hold={"reason_code": "court_order", "account": "Lead", "until": until},
    )  # fmt: skip
    summer.until(time(6, 0), on=date(2026, 8, 4))
    summer.settle(REVIEWER, PRIMARY)
    summer.tick()
    assert the_child(summer).outcome is Outcome.SENT_TO_SCHOOL
    summer.clock.move_to(at("2026-09-02", "05:00"))
    summer.tick()
    found = the_child(summer)
    assert (found.outcome, found.outcome_reason) == (Outcome.IN_REVIEW, "connected_at_school")


def test_a_child_handed_over_in_august_is_looked_for_again_in_september(summer: World) -> None:
    summer.person(OFFICER, Role.COUNCIL_OFFICER, council=COUNCIL)
    summer.officer(Duty.COUNCIL_OFFICER, OFFICER, council=COUNCIL)
    summer.push("N-1", child(education={"status": "unknown"}))
    summer.until(time(15, 1), on=date(2026, 8, 4))
    found = the_child(summer)
    assert (found.outcome, found.return_on) == (Outcome.SENT_TO_COUNCIL, FIRST_MORNING)
    summer.clock.move_to(at("2026-09-02", "05:00"))
    summer.tick()
    assert the_child(summer).outcome is Outcome.IN_REVIEW


def dual(world: World, primary: int = PRIMARY, other: int | None = OTHER) -> None:
    """Bring the rolls as they stand now: Asha at one school and, where it is given, at another."""
    columns = "UPN,Surname,Forename,DOB,Sex,PostCode,URN,EntryDate,LeavingDate"
    number = "R999999926001"
    for urn in (PRIMARY, OTHER, THIRD):
        row = f",Elsewhere,Someone,02-03-2018,F,ZZ99 1AA,{urn},01-09-2023,"
        if urn in {primary, other}:
            row = f"{number},Example-Khan,Asha,02-03-2018,F,ZZ99 3VZ,{urn},01-09-2023,"
        with world.wiring.database.write(PLATFORM) as session:
            report = import_roll(
                session, world.wiring.cipher, io.StringIO(f"{columns}\n{row}\n"),
                owner=f"urn:{urn}", now=world.now,
            )  # fmt: skip
        assert report.errors == []


@pytest.fixture
def at_two(summer: World) -> World:
    """Asha is at two schools; one is back on 2 September, the other a week later."""
    summer.school(THIRD, "Northby Primary School", town="Northby", key_adults=["n@third.test"])
    summer.calendar(
        f"{OTHER},term,2026-06-08,2026-07-21,,,,", f"{OTHER},term,2026-09-09,2026-10-23,,,,"
    )
    dual(summer)
    summer.push("N-1", child(upn="R999999926001", education={"status": "registered"}))
    summer.until(time(7, 0), on=date(2026, 8, 4))
    for notification, email in zip(
        summer.notifications("N-1"), ("first@primary.test", "only@otherby.test"), strict=True
    ):
        summer.open(email, notification.id)
    # Last year's rolls are erased; these are the new year's.
    summer.clock.move_to(at("2026-09-01", "16:00"))
    dual(summer)
    return summer


def test_the_second_school_of_a_child_at_two_is_looked_for_again_on_its_own_first_morning(
    at_two: World,
) -> None:
    at_two.until(time(9, 0), on=FIRST_MORNING)
    found = the_child(at_two)
    assert (found.outcome, found.again_on) == (Outcome.SENT_TO_SCHOOL, SECOND_MORNING)
    assert at_two.board.holiday.to_match_again == 1
    assert at_two.board.holiday.next_on == SECOND_MORNING
    at_two.clock.move_to(at("2026-09-08", "16:00"))
    dual(at_two, other=THIRD)
    at_two.until(time(6, 40), on=SECOND_MORNING)
    third = at_two.notifications("N-1")[-1]
    assert (third.urn, third.due_at) == (THIRD, at("2026-09-09", "08:30"))
    assert "n@third.test" in at_two.alerted()
    at_two.open("n@third.test", third.id)
    assert at_two.board.all_told
    assert the_child(at_two).again_on is None
    assert at_two.board.holiday.to_match_again == 0
    at_two.until(time(9, 0), on=date(2026, 9, 10))
    assert len(at_two.notifications("N-1")) == 3
    assert at_two.imbalances == []


def test_a_newer_version_keeps_the_morning_on_which_the_second_school_is_looked_for(
    at_two: World,
) -> None:
    at_two.until(time(9, 0), on=FIRST_MORNING)
    more = child(upn="R999999926001", education={"status": "registered"}, involvement="hurt")
    at_two.push("N-1", more, version=2)
    with at_two.wiring.database.read(PLATFORM) as session:
        mornings = {one.outcome: one.again_on for one in session.scalars(select(InvolvedChild))}
    assert mornings[Outcome.SENT_TO_SCHOOL] == SECOND_MORNING


def test_the_second_schools_morning_moves_with_its_calendar(at_two: World) -> None:
    at_two.until(time(9, 0), on=FIRST_MORNING)
    at_two.calendar(f"{OTHER},closed,2026-09-09,2026-09-09,,,,Boiler")
    at_two.tick()
    assert the_child(at_two).again_on == date(2026, 9, 10)


def settle_at_christmas(world: World, **told: Any) -> None:
    """Let a reviewer settle Asha at a school in the Christmas holiday, which opens the message."""
    world.clock.move_to(at("2026-12-21", "01:10"))
    world.calendar(
        f"council:{COUNCIL},term,2026-09-02,2026-12-18,,,,",
        f"council:{COUNCIL},term,2027-01-04,2027-03-26,,,,",
    )
    world.push("N-1", child(**told))
    world.until(time(7, 0))
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    (notification,) = world.notifications("N-1")
    world.until(time(7, 30))
    world.open("first@primary.test", notification.id)


def becomes(world: World, status: Status, *, confirmed: bool = False) -> None:
    """Give the school this status on 1 January, with the other one as its only successor."""
    world.clock.move_to(at("2027-01-01", "02:00"))
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Establishment).where(Establishment.urn == PRIMARY).values(status=status)
        )
        session.add(EstablishmentLink(urn=PRIMARY, link_urn=OTHER, link_type="Successor"))
        if confirmed:
            session.add(
                SuccessorConfirmation(
                    urn=OTHER, predecessor_urn=PRIMARY, confirmed_by="account:only",
                    confirmed_at=world.now,
                )
            )  # fmt: skip


@pytest.mark.feature("MA15")
def test_a_child_settled_at_a_school_that_closed_in_the_holiday_is_put_before_a_person_again(
    world: World,
) -> None:
    settle_at_christmas(world, education={"status": "unknown"})
    becomes(world, Status.CLOSED)
    world.until(time(5, 10), on=AFTER_CHRISTMAS)
    assert the_child(world).outcome is Outcome.IN_REVIEW
    assert world.board.not_told == 1
    world.settle(REVIEWER, OTHER)
    world.until(time(6, 40), on=AFTER_CHRISTMAS)
    new = world.notifications("N-1")[-1]
    assert (new.urn, new.due_at) == (OTHER, at("2027-01-04", "08:30"))
    assert "only@otherby.test" in world.alerted()
    world.open("only@otherby.test", new.id)
    assert world.board.not_told == 0
    assert world.imbalances == []


@pytest.mark.feature("MA15")
@pytest.mark.parametrize("confirmed", [True, False])
def test_the_confirmed_successor_of_the_school_that_was_settled_is_told_on_the_first_morning(
    world: World, *, confirmed: bool
) -> None:
    world.school(THIRD, "Northby Primary School", town="Northby")
    world.clock.move_to(at("2026-12-20", "16:00"))
    dual(world, primary=OTHER, other=None)  # the roll speaks against the school that was named
    settle_at_christmas(world, upn="R999999926001", education={"urn": PRIMARY})
    becomes(world, Status.CLOSED, confirmed=confirmed)
    world.until(time(6, 40), on=AFTER_CHRISTMAS)
    assert [one.urn for one in world.notifications("N-1")] == (
        [PRIMARY, OTHER] if confirmed else [PRIMARY]
    )
    expected = Outcome.SENT_TO_SCHOOL if confirmed else Outcome.IN_REVIEW
    assert the_child(world).outcome is expected
    assert ("only@otherby.test" in world.alerted()) is confirmed


def test_what_was_settled_at_a_school_that_is_only_proposed_to_close_stands(world: World) -> None:
    settle_at_christmas(world, education={"status": "unknown"})
    becomes(world, Status.OPEN_PROPOSED_TO_CLOSE, confirmed=True)
    world.until(time(9, 0), on=AFTER_CHRISTMAS)
    assert the_child(world).outcome is Outcome.SENT_TO_SCHOOL
    assert [one.urn for one in world.notifications("N-1")] == [PRIMARY]
