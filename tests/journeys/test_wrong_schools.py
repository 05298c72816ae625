"""A school that a person said is not the child's: neither told again nor left with a message."""

from datetime import time
from typing import Any
from uuid import UUID

import pytest

from app.access.permissions import Role
from app.casework import recalling
from app.casework.none_of_these import NoneOfThese, say_none
from app.casework.not_our_pupil import undo_not_our_pupil
from app.casework.recalling import RecallReason
from app.casework.settling import Answer, settle
from app.core.errors import Conflict
from app.core.scope import PLATFORM
from app.intake.outcomes import OutcomeReason
from notifications.states import NotificationState
from schools.matching.models import ReviewReason
from schools.officers import Duty
from schools.roll import import_roll
from tests.factories.schools import roll_file
from tests.journeys.world import COUNCIL, World, at, child

PRIMARY, OTHERBY, THIRD = 990001, 990002, 990003
DESK, REVIEWER, COUNCIL_OFFICER = "desk@example.org", "reviewer@example.org", "cme@council.test"
UNKNOWN: dict[str, Any] = {"education": {"status": "unknown"}}
MOVED = [{"postcode": "ZZ99 4VZ", "authority": COUNCIL}]


@pytest.fixture(autouse=True)
def one_in_the_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))


def states(world: World, reference: str) -> dict[int | None, NotificationState]:
    return {one.urn: one.state for one in world.notifications(reference)}


def recalled(world: World, notification_id: UUID, reason: RecallReason) -> None:
    with world.wiring.database.write(world.scope_of(DESK)) as session:
        recalling.recall(
            session, world.acting(DESK), notification_id=notification_id, reason=reason
        )


@pytest.fixture
def taken_back(world: World) -> World:
    """A message at a primary school that the desk took back as another school's."""
    world.push("P-1", child())
    world.until(time(7, 0))
    (sent,) = world.notifications("P-1")
    assert sent.urn == PRIMARY
    recalled(world, sent.id, RecallReason.WRONG_SCHOOL)
    world.clock.move_to(at("2026-11-20", "07:02"))
    world.tick()
    return world


def test_a_newer_version_does_not_go_back_to_a_school_it_was_taken_back_from(
    taken_back: World,
) -> None:
    before = taken_back.alerted()
    taken_back.clock.move_to(at("2026-11-20", "07:03"))
    taken_back.push("P-1", child(involvement="hurt"), version=2)
    taken_back.tick()
    assert states(taken_back, "P-1") == {PRIMARY: NotificationState.RECALLED}
    assert "first@primary.test" not in taken_back.alerted()[len(before) :]
    taken_back.settle(REVIEWER, OTHERBY)
    taken_back.tick()
    assert states(taken_back, "P-1")[OTHERBY] is NotificationState.READY


def test_the_childs_next_incident_does_not_go_there_either(taken_back: World) -> None:
    taken_back.settle(REVIEWER, OTHERBY)
    taken_back.tick()
    taken_back.clock.move_to(at("2026-11-20", "07:10"))
    taken_back.push("P-2", child())
    taken_back.tick()
    assert states(taken_back, "P-2") == {}
    assert taken_back.board.not_told == 2


def test_a_version_after_a_person_found_the_right_school_does_not_go_back(
    taken_back: World,
) -> None:
    taken_back.settle(REVIEWER, OTHERBY)
    taken_back.tick()
    taken_back.clock.move_to(at("2026-11-20", "07:10"))
    taken_back.push("P-1", child(residences=MOVED), version=2)
    taken_back.tick()
    assert PRIMARY not in {
        urn for urn, state in states(taken_back, "P-1").items() if state is NotificationState.READY
    }
    assert taken_back.board.not_told == 1


def test_a_person_may_still_say_that_it_is_that_school(taken_back: World) -> None:
    taken_back.settle(REVIEWER, PRIMARY)
    taken_back.tick()
    assert NotificationState.READY in {one.state for one in taken_back.notifications("P-1")}
    taken_back.clock.move_to(at("2026-11-20", "07:10"))
    taken_back.push("P-2", child())
    taken_back.tick()
    assert states(taken_back, "P-2") == {PRIMARY: NotificationState.READY}


@pytest.mark.parametrize("reason", [one for one in RecallReason if one != "wrong_school"])
def test_what_was_taken_back_for_another_reason_may_be_sent_anew(
    world: World, reason: RecallReason
) -> None:
    world.push("P-1", child())
    world.until(time(7, 0))
    (sent,) = world.notifications("P-1")
    recalled(world, sent.id, reason)
    world.push("P-1", child(involvement="hurt"), version=2)
    world.tick()
    assert sorted(one.state for one in world.notifications("P-1")) == ["ready", "recalled"]


@pytest.fixture
def at_two(world: World) -> dict[int | None, UUID]:
    """A child on the rolls of two schools, and the message of each."""
    world.school(THIRD, "Third Primary School", key_adults=["c@third.test"])
    asha = {"Surname": "Example-Khan", "DOB": "02-03-2018"}
    with world.wiring.database.write(PLATFORM) as session:
        import_roll(
            session, world.wiring.cipher,
            roll_file(*({**asha, "URN": urn} for urn in (PRIMARY, OTHERBY))),
            owner=f"council:{COUNCIL}", now=world.now,
        )  # fmt: skip
    world.push("D-1", child(**UNKNOWN))
    world.until(time(6, 30))
    return {one.urn: one.id for one in world.notifications("D-1")}


def settled(world: World, *urns: int, not_here: tuple[int, ...] = ()) -> None:
    review = world.claim(REVIEWER)
    answer = Answer(urns, ReviewReason.OFFICER_CLARIFIED, "said so", not_here)
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        settle(session, world.acting(REVIEWER), review_id=review, answer=answer)
    world.tick()


@pytest.mark.feature("MA15")
@pytest.mark.parametrize("said", [(), (PRIMARY, OTHERBY)], ids=["in passing", "of both"])
def test_where_a_person_names_a_third_school_the_second_of_two_is_asked_no_more(
    world: World, at_two: dict[int | None, UUID], said: tuple[int, ...]
) -> None:
    world.refuse("only@otherby.test", at_two[OTHERBY])
    settled(world, THIRD, not_here=said)
    before = len(world.alerted())
    assert states(world, "D-1") == {
        PRIMARY: NotificationState.RECALLED, OTHERBY: NotificationState.RECALLED,
        THIRD: NotificationState.READY,
    }  # fmt: skip
    world.until(time(8, 0))
    assert set(world.alerted()[before:]) == {"c@third.test"}
    world.open("c@third.test", {one.urn: one.id for one in world.notifications("D-1")}[THIRD])
    assert world.board.all_told
    assert world.imbalances == []


def test_so_it_is_where_one_of_the_two_was_taken_back(
    world: World, at_two: dict[int | None, UUID]
) -> None:
    recalled(world, at_two[OTHERBY], RecallReason.WRONG_SCHOOL)
    settled(world, THIRD)
    assert states(world, "D-1")[PRIMARY] is NotificationState.RECALLED


def test_who_read_it_at_the_second_school_keeps_it_unless_it_is_said_to_be_wrong(
    world: World, at_two: dict[int | None, UUID]
) -> None:
    world.open("first@primary.test", at_two[PRIMARY])
    world.refuse("only@otherby.test", at_two[OTHERBY])
    settled(world, THIRD)
    assert states(world, "D-1")[PRIMARY] is NotificationState.OPENED


def test_what_was_read_at_the_second_school_goes_where_a_person_says_that_it_is_wrong(
    world: World, at_two: dict[int | None, UUID]
) -> None:
    world.open("first@primary.test", at_two[PRIMARY])
    world.refuse("only@otherby.test", at_two[OTHERBY])
    settled(world, THIRD, not_here=(PRIMARY,))
    assert states(world, "D-1")[PRIMARY] is NotificationState.RECALLED


def test_where_the_child_is_at_no_school_the_second_of_two_is_asked_no_more(
    world: World, at_two: dict[int | None, UUID]
) -> None:
    world.person(COUNCIL_OFFICER, Role.COUNCIL_OFFICER, council=COUNCIL)
    world.officer(Duty.COUNCIL_OFFICER, COUNCIL_OFFICER, council=COUNCIL)
    world.refuse("only@otherby.test", at_two[OTHERBY])
    answer = NoneOfThese(
        ReviewReason.OFFICER_CLARIFIED, True, outcome=OutcomeReason.HOME_EDUCATED, council=COUNCIL
    )
    review = world.claim(REVIEWER)
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        say_none(session, world.acting(REVIEWER), review_id=review, answer=answer)
    world.tick()
    assert states(world, "D-1")[PRIMARY] is NotificationState.RECALLED
    assert states(world, "D-1")[None] is NotificationState.READY


def test_not_our_pupil_is_not_undone_once_a_person_named_another_school(world: World) -> None:
    """Between the decision and its message: undone, neither school would be right for both."""
    world.push("P-1", child())
    world.until(time(6, 40))
    (sent,) = world.notifications("P-1")
    world.refuse("first@primary.test", sent.id)
    world.settle(REVIEWER, OTHERBY)
    acting, scope = world.acting("first@primary.test"), world.scope_of("first@primary.test")
    with world.wiring.database.write(scope) as session, pytest.raises(Conflict, match="too late"):
        undo_not_our_pupil(session, acting, notification_id=sent.id)
    world.tick()
    assert states(world, "P-1") == {
        PRIMARY: NotificationState.RECALLED, OTHERBY: NotificationState.READY,
    }  # fmt: skip
    assert world.imbalances == []
