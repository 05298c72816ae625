"""Who a child is, where it lives and learns, and who is there to be told: none is left out."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework import calling
from app.core.errors import NotFound
from app.core.scope import PLATFORM, of_force
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.reports.told import Told
from notifications.models import CallSheetLine, Notification, Occurrence
from notifications.states import CallResult, NotificationState
from tests.journeys.world import COUNCIL, FORCE, World, at, child

FIRST, SECOND = "first@primary.test", "second@primary.test"
DESK = "desk@example.org"


@pytest.fixture(autouse=True)
def night(world: World) -> None:
    """Ten past one; a school's deadline is 08:30 and its first alert at 06:30."""
    world.clock.move_to(at("2026-11-20", "01:10"))


def outcomes(world: World) -> dict[str, tuple[Outcome, OutcomeReason | None]]:
    """What became of each child of the only incident, by its reference there."""
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(InvolvedChild)).all()
        return {row.ref: (row.outcome, row.outcome_reason) for row in rows}


def the_one(world: World, reference: str = "N-1") -> Notification:
    (notification,) = world.notifications(reference)
    return notification


def tell_by_phone(world: World, urn: int, *, trained: bool) -> None:
    """Ring the school from the call sheet and tell what waits there."""
    with world.wiring.database.read(PLATFORM) as session:
        line_id = session.scalars(select(CallSheetLine.id).where(CallSheetLine.urn == urn)).one()
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.claim(session, world.acting(DESK), line_id=line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.show_content(session, world.acting(DESK), line_id=line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.record_call(
            session, world.acting(DESK), line_id=line_id, result=CallResult.TOLD,
            recipient_trained=trained,
        )  # fmt: skip


# Of what age, and in what part


COLLEGE: dict[str, Any] = {
    "type_code": 18, "type_name": "Further education", "phase": "16 plus",
    "low_age": 16, "high_age": 99, "statutory": False,
}  # fmt: skip
VICTIM = {"relation": "is_victim", "involvement": "direct_victim", "lives_with": "suspect"}


def test_a_sixteen_year_old_victim_at_college_is_told_there(world: World) -> None:
    world.school(990010, "Exampleton College", key_adults=["dsl@college.test"], **COLLEGE)
    at_college = {
        "status": "further_education", "urn": 990010, "school_name": "Exampleton College",
        "town": "Exampleton",
    }  # fmt: skip
    world.push("N-1", child(date_of_birth="2010-02-01", education=at_college, **VICTIM))
    world.until(time(6, 31))
    assert the_one(world).urn == 990010
    assert world.chased() == ["dsl@college.test"]


def test_a_nine_year_old_hurt_beside_her_mother_is_told_as_any_other(world: World) -> None:
    hurt = {"involvement": "hurt", "presence": "saw", "relation": "child_of_victim"}
    world.push("N-1", child(date_of_birth="2017-05-06", **hurt), party_under_16="none")
    world.until(time(6, 31))
    assert the_one(world).urn == 990001
    assert world.chased() == [FIRST]


def test_a_suspect_of_fifteen_is_not_notified_and_his_brother_of_six_is_put_before_a_person(
    world: World,
) -> None:
    suspect = child(
        "c1", forename="Bram", date_of_birth="2011-03-02", relation="is_suspect",
        education={"school_name": "Another School"},
    )  # fmt: skip
    brother = child("c2", date_of_birth="2020-03-02", relation="relative", lives_with="both")
    world.push("N-1", suspect, brother, party_under_16="suspect")
    world.until(time(6, 0))
    assert outcomes(world) == {
        "c1": (Outcome.NOT_NOTIFIED, OutcomeReason.IS_SUSPECT),
        "c2": (Outcome.IN_REVIEW, OutcomeReason.UNDER_16_PARTIES),
    }
    world.settle("reviewer@example.org", urn=990001)
    world.until(time(6, 31))
    assert the_one(world).urn == 990001
    assert world.chased() == [FIRST]


def test_who_is_eighteen_and_still_at_school_is_told_there(world: World) -> None:
    world.school(
        990011, "Exampleton Academy", key_adults=["head@academy.test"], phase="Secondary",
        low_age=11, high_age=19,
    )  # fmt: skip
    registered = {"status": "registered", "urn": 990011, "school_name": "Exampleton Academy"}
    world.push("N-1", child(date_of_birth="2008-10-01", education=registered))
    world.until(time(6, 31))
    assert the_one(world).urn == 990011
    assert world.chased() == ["head@academy.test"]


def test_a_child_of_the_nursery_class_is_told_at_its_school_and_one_of_no_school_is_not_notified(
    world: World,
) -> None:
    world.school(
        990012, "Exampleton Infant and Nursery School", key_adults=["head@infants.test"],
        low_age=2, high_age=7,
    )  # fmt: skip
    nursery = {
        "status": "pre_school", "urn": 990012,
        "school_name": "Exampleton Infant and Nursery School", "town": "Exampleton",
    }  # fmt: skip
    world.push(
        "N-1", child("c1", date_of_birth="2023-03-02", education=nursery),
        child("c2", forename="Bela", date_of_birth="2024-03-02",
              education={"status": "pre_school"}),
    )  # fmt: skip
    world.until(time(6, 31))
    assert the_one(world).urn == 990012
    assert outcomes(world)["c2"] == (
        Outcome.NOT_NOTIFIED, OutcomeReason.PRE_SCHOOL_NOT_REGISTERED,
    )  # fmt: skip


# Living elsewhere


@pytest.mark.parametrize(
    "elsewhere",
    [
        # placed by another council, which is her corporate parent
        {"looked_after": True, "residences": [{"postcode": "ZZ99 3VZ", "authority": "998"}]},
        # a boarder: home is in another force and another council
        {
            "residences": [
                {"postcode": "ZZ98 1AA", "authority": "997", "kind": "main"},
                {"postcode": "ZZ99 3VZ", "authority": COUNCIL, "kind": "temporary"},
            ]
        },
    ],
    ids=["looked after", "boarding"],
)
def test_a_child_who_lives_far_from_home_is_told_at_the_school_it_goes_to(
    world: World, elsewhere: dict[str, Any]
) -> None:
    world.push("N-1", child(**elsewhere), residence_force="97")
    world.until(time(6, 31))
    assert the_one(world).urn == 990001
    assert world.chased() == [FIRST]
    assert world.imbalances == []


def test_parents_apart_in_two_forces_are_two_messages_that_know_nothing_of_each_other(
    world: World,
) -> None:
    world.another_force("98", "Otherby Police")
    world.push("N-1", child())
    world.push("F-1", child(), force="98")
    world.until(time(6, 31))
    ours, theirs = the_one(world, "N-1"), the_one(world, "F-1")
    assert (ours.force, theirs.force) == (FORCE, "98")
    assert ours.urn == theirs.urn == 990001
    for notification in (ours, theirs):
        world.open(FIRST, notification.id)
    assert (world.board.told, world.board.all_told) == (1, True)
    assert world.imbalances == []


# When it comes


def test_what_is_pushed_in_the_last_hour_of_school_is_alerted_now_and_due_next_morning(
    world: World,
) -> None:
    world.calendar("990001,hours,,,08:50,,15:15,")
    world.clock.move_to(at("2026-11-19", "14:30"))
    world.push("N-1", child(), occurred_from=at("2026-11-19", "13:00").isoformat())
    world.until(time(14, 31))
    assert the_one(world).due_at == at("2026-11-20", "08:35")
    assert world.chased() == [FIRST]
    world.open(FIRST, the_one(world).id)
    world.until(time(9, 0), on=date(2026, 11, 20))
    assert world.chased() == [FIRST]
    assert world.imbalances == []


def test_a_record_that_comes_while_the_night_is_being_worked_joins_the_same_morning(
    world: World,
) -> None:
    other = {"school_name": "Otherby Church School", "town": "Otherby"}
    for reference, clock_time, changes in (
        ("N-1", "23:00", {"forename": "Asha"}),
        ("N-2", "23:30", {"forename": "Bela", "education": other}),
        ("N-3", "06:45", {"forename": "Cora", "education": other}),
    ):
        day = "2026-11-19" if clock_time > "12" else "2026-11-20"
        world.clock.move_to(at(day, clock_time))
        world.push(reference, child(**changes))
        world.tick()
    world.until(time(7, 0))
    due = {the_one(world, reference).due_at for reference in ("N-1", "N-2", "N-3")}
    assert due == {at("2026-11-20", "08:30")}
    assert sorted(set(world.chased())) == [FIRST, "only@otherby.test"]
    assert (world.board.not_told, len(world.board.rows)) == (3, 3)


def test_nine_incidents_of_one_child_are_one_message_until_it_is_read_and_then_another(
    world: World,
) -> None:
    for number in range(9):
        world.push(f"N-{number}", child())
        world.tick()
        world.clock.advance(timedelta(minutes=20))
    world.until(time(7, 0))
    ids = {the_one(world, f"N-{number}").id for number in range(9)}
    assert len(ids) == 1
    assert world.chased() == [FIRST]
    with world.wiring.database.read(PLATFORM) as session:
        assert len(session.scalars(select(Occurrence)).all()) == 9
    world.open(FIRST, ids.pop())
    world.push("N-10", child())
    world.until(time(8, 0))
    assert the_one(world, "N-10").state is NotificationState.READY
    assert (world.board.told, world.board.not_told) == (9, 1)


# Who is there to be told


def test_who_cannot_sign_in_at_ten_to_eight_is_told_by_phone_before_the_deadline(
    world: World,
) -> None:
    world.push("N-1", child())
    world.until(time(7, 50))
    assert world.board.rows[0].held_by.startswith("Call sheet")
    world.clock.move_to(at("2026-11-20", "08:05"))
    tell_by_phone(world, 990001, trained=True)
    world.until(time(9, 0))
    assert (world.board.told, world.board.told_in_time, world.board.all_told) == (1, 1, True)
    assert the_one(world).late_cause is None
    assert world.imbalances == []


def test_a_village_school_with_one_trained_head_is_rung_where_she_does_not_answer(
    world: World,
) -> None:
    world.push("N-1", child(education={"school_name": "Otherby Church School", "town": "Otherby"}))
    world.until(time(7, 31))
    assert world.chased() == ["only@otherby.test"]
    assert world.steps(the_one(world).id)["second_key_adult"][0] == "skipped"
    assert world.board.rows[0].held_by.startswith("Call sheet")
    tell_by_phone(world, 990002, trained=True)
    assert world.board.all_told


@pytest.mark.parametrize("trained", [True, False])
def test_an_independent_school_that_never_enrolled_is_rung_and_told_by_phone(
    world: World, trained: bool
) -> None:
    world.school(
        990013, "Fernhill House School", type_code=11, type_name="Other independent school",
        phase="Not applicable",
    )  # fmt: skip
    world.push("N-1", child(education={"urn": 990013, "school_name": "Fernhill House School"}))
    world.until(time(7, 31))
    assert world.chased() == []
    (row,) = world.board.rows
    assert (row.told, row.held_by.startswith("Call sheet")) == (Told.NOT_TOLD, True)
    tell_by_phone(world, 990013, trained=trained)
    assert world.board.all_told
    assert the_one(world).told_how is not None
    assert world.imbalances == []


def test_a_colleague_of_another_school_never_reads_what_was_for_this_one(world: World) -> None:
    world.person("head@elsewhere.test", Role.KEY_ADULT, urn=990002)
    world.push("N-1", child())
    world.until(time(7, 0))
    with pytest.raises(NotFound):
        world.open("head@elsewhere.test", the_one(world).id)
    assert world.board.not_told == 1
