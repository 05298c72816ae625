"""A protected child stays protected: refused, taken back, at two schools, at a council."""

from datetime import date, time
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework import calling, releasing
from app.casework.inbox import inbox
from app.casework.morning import live_boards
from app.casework.none_of_these import NoneOfThese, say_none
from app.casework.opening import answer_questions, take_first_step
from app.casework.releasing import WhySafe
from app.casework.taking_back import undo
from app.core.errors import Conflict
from app.core.scope import PLATFORM, of_force
from app.intake.models import InvolvedChild
from app.intake.outcomes import OutcomeReason
from app.reports.export import morning_csv
from app.reports.matches import decisions
from app.reports.rows import NOT_SHOWN
from notifications.models import Notification, Release, UnsettledChild
from notifications.states import CallResult, NotificationState
from schools.matching.models import Review, ReviewReason, ReviewState
from schools.models import KeyAdult, KeyAdultAbsence
from schools.officers import Duty, Officer
from tests.journeys.world import COUNCIL, FORCE, World, at, child

DESK, LEAD, REVIEWER = "desk@example.org", "lead@example.org", "reviewer@example.org"
FIRST, SECOND, OTHER = "first@primary.test", "second@primary.test", "only@otherby.test"
ONE, TWO = "one@council.test", "two@council.test"
LIVE = (NotificationState.READY, NotificationState.OPENED)


@pytest.fixture
def force(world: World) -> World:
    """A protected child whom a reviewer looks at, at ten past one."""
    world.person(LEAD, Role.LEAD, force=FORCE)
    world.officer(Duty.REVIEWER, "ruth@force.test")
    world.officer(Duty.FORCE_LEAD, "lead@force.test")
    for email in (ONE, TWO):
        world.person(email, Role.COUNCIL_OFFICER, council=COUNCIL)
        world.officer(Duty.COUNCIL_OFFICER, email, council=COUNCIL)
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("P-1", child(protected=["refuge"]))
    world.until(time(6, 0))
    return world


def live(world: World) -> list[Notification]:
    return [one for one in world.notifications("P-1") if one.state in LIVE]


def settled(world: World, *urns: int) -> list[Notification]:
    world.settle(REVIEWER, *urns)
    world.tick()
    return live(world)


def person_of(world: World, email: str) -> UUID:
    """The key adult's or the officer's id of somebody who has an account."""
    account = world.people[email].id
    with world.wiring.database.read(PLATFORM) as session:
        adult = session.scalars(select(KeyAdult.id).where(KeyAdult.account_id == account)).first()
        return (
            adult or session.scalars(select(Officer.id).where(Officer.account_id == account)).one()
        )


def propose(world: World, email: str | None, notification_id: UUID) -> None:
    with world.wiring.database.write(of_force(FORCE)) as session:
        releasing.claim(session, world.acting(DESK), notification_id=notification_id)
        releasing.propose(
            session, world.acting(DESK), notification_id=notification_id,
            person_id=person_of(world, email) if email else None, reason=WhySafe.NO_TIE_KNOWN,
        )  # fmt: skip


def confirm(world: World, notification_id: UUID) -> None:
    with world.wiring.database.write(of_force(FORCE)) as session:
        releasing.claim(session, world.acting(LEAD), notification_id=notification_id)
        releasing.answer(
            session, world.acting(LEAD), notification_id=notification_id, confirms=True
        )


def release(world: World, email: str | None, notification_id: UUID) -> None:
    propose(world, email, notification_id)
    confirm(world, notification_id)


def waiting(world: World) -> list[UUID]:
    with world.wiring.database.read(of_force(FORCE)) as session:
        found = releasing.waiting(session, world.acting(DESK), force=FORCE)
        return [one.notification_id for one in found]


def to_open(world: World, email: str) -> int:
    with world.wiring.database.read(world.scope_of(email)) as session:
        return len(inbox(session, world.acting(email)).to_open)


def pursued(world: World) -> bool:
    with world.wiring.database.read(PLATFORM) as session:
        runs = select(UnsettledChild.id).where(UnsettledChild.closed_at.is_(None))
        return session.scalars(runs).first() is not None


def claimed_line(world: World) -> UUID:
    with world.wiring.database.write(of_force(FORCE)) as session:
        (place,) = calling.sheet(session, world.acting(DESK), force=FORCE)
        calling.claim(session, world.acting(DESK), line_id=place.lines[0].line_id)
        return place.lines[0].line_id


@pytest.mark.feature("CO7")
def test_after_not_our_pupil_the_next_school_reads_nothing_before_its_own_release(
    force: World,
) -> None:
    (first,) = settled(force, 990001)
    release(force, FIRST, first.id)
    force.refuse(FIRST, first.id)
    force.tick()
    (second,) = settled(force, 990002)
    assert (second.urn, second.shown_only_to) == (990002, "nobody")
    assert [to_open(force, one) for one in (FIRST, SECOND, OTHER)] == [0, 0, 0]
    assert waiting(force) == [second.id]
    force.until(time(7, 31))
    assert OTHER not in force.alerted()
    line = claimed_line(force)
    with force.wiring.database.write(of_force(FORCE)) as session, pytest.raises(Conflict):
        calling.show_content(session, force.acting(DESK), line_id=line)
    release(force, OTHER, second.id)
    assert [to_open(force, one) for one in (FIRST, SECOND, OTHER)] == [0, 0, 1]


@pytest.mark.feature("CO7")
def test_after_not_our_pupil_it_is_not_handed_to_the_whole_council(force: World) -> None:
    (first,) = settled(force, 990001)
    release(force, FIRST, first.id)
    force.refuse(FIRST, first.id)
    force.until(time(15, 1))
    force.clock.move_to(at("2026-11-23", "15:01"))
    force.tick()
    assert live(force) == []
    assert [to_open(force, one) for one in (ONE, TWO)] == [0, 0]
    assert pursued(force)
    assert force.imbalances == []


@pytest.mark.feature("CO7")
def test_matched_again_in_september_for_another_doubt_it_is_still_nobodys_to_read(
    world: World,
) -> None:
    world.clock.move_to(at("2026-08-03", "23:00"))
    world.calendar(
        f"council:{COUNCIL},term,2026-06-08,2026-07-21,,,,",
        f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
    )
    world.push("P-1", child(protected=["refuge"]), party_under_16="suspect")
    world.until(time(4, 0), on=date(2026, 8, 4))
    (first,) = settled(world, 990001)
    world.clock.move_to(at("2026-09-02", "06:30"))
    world.tick()
    with world.wiring.database.read(PLATFORM) as session:
        again = session.scalars(select(Review).where(Review.state == ReviewState.OPEN)).one()
    assert again.reason_code == OutcomeReason.UNDER_16_PARTIES
    found = settled(world, 990002)
    assert [one.shown_only_to for one in found if one.id != first.id] == ["nobody"]
    assert to_open(world, OTHER) == 0


@pytest.mark.feature("CO7")
def test_at_a_council_one_officer_is_named_and_people_are_asked_until_then(force: World) -> None:
    review_id = force.claim(REVIEWER)
    answer = NoneOfThese(
        ReviewReason.COUNCIL_LOOKUP, certain=True, outcome=OutcomeReason.HOME_EDUCATED,
        council=COUNCIL,
    )  # fmt: skip
    with force.wiring.database.write(of_force(FORCE)) as session:
        say_none(session, force.acting(REVIEWER), review_id=review_id, answer=answer)
    force.tick()
    (placed,) = live(force)
    assert (placed.urn, placed.shown_only_to) == (None, "nobody")
    assert [to_open(force, one) for one in (ONE, TWO)] == [0, 0]
    assert waiting(force) == [placed.id]
    assert pursued(force)
    release(force, TWO, placed.id)
    assert [to_open(force, one) for one in (ONE, TWO)] == [0, 1]
    force.tick()
    assert not pursued(force)
    force.open(TWO, placed.id)
    assert force.board.all_told


@pytest.mark.feature("CO7")
def test_a_release_is_of_one_message_and_not_of_the_next_at_that_school(force: World) -> None:
    (first,) = settled(force, 990001)
    release(force, None, first.id)
    with force.wiring.database.write(of_force(FORCE)) as session:
        review = session.scalars(select(Review).where(Review.state == ReviewState.SETTLED)).one()
        undo(session, force.acting(REVIEWER), review_id=review.id)
    (again,) = settled(force, 990001)
    assert again.id != first.id
    assert waiting(force) == [again.id]
    assert pursued(force)
    force.until(time(7, 31))
    line = claimed_line(force)
    with force.wiring.database.write(of_force(FORCE)) as session:
        assert not calling.call(session, force.acting(DESK), line_id=line).released
        with pytest.raises(Conflict):
            calling.record_call(
                session, force.acting(DESK), line_id=line, result=CallResult.TOLD,
                recipient_trained=True,
            )  # fmt: skip


def knows_the_family(world: World, email: str, notification_id: UUID) -> None:
    with world.wiring.database.write(world.scope_of(email)) as session:
        take_first_step(session, world.acting(email), notification_id=notification_id)
        answer_questions(
            session, world.acting(email), notification_id=notification_id, on_roll=True,
            knows_family=True,
        )  # fmt: skip


def is_away(world: World, email: str, notification_id: UUID) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        today = date(2026, 11, 20)
        session.add(
            KeyAdultAbsence(key_adult_id=person_of(world, email), first_on=today, last_on=today)
        )


def has_left(world: World, email: str, notification_id: UUID) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.get_one(KeyAdult, person_of(world, email)).left_on = date(2026, 11, 20)


@pytest.mark.feature("CO7")
@pytest.mark.parametrize("gone", [knows_the_family, is_away, has_left])
def test_where_the_named_person_cannot_be_told_another_is_named(force: World, gone: object) -> None:
    (placed,) = settled(force, 990001)
    release(force, FIRST, placed.id)
    force.tick()
    assert (waiting(force), pursued(force)) == ([], False)
    assert callable(gone)
    gone(force, FIRST, placed.id)
    assert waiting(force) == [placed.id]
    line = claimed_line(force)
    with force.wiring.database.write(of_force(FORCE)) as session:
        assert not calling.call(session, force.acting(DESK), line_id=line).released
    force.tick()
    assert pursued(force)
    assert [one.shown_only_to for one in live(force)] == ["nobody"]
    assert to_open(force, SECOND) == 0
    release(force, SECOND, placed.id)
    assert to_open(force, SECOND) == 1
    force.tick()
    assert (waiting(force), pursued(force)) == ([], False)


@pytest.mark.feature("CO7")
def test_at_two_schools_each_is_released_by_itself(force: World) -> None:
    here, there = sorted(settled(force, 990001, 990002), key=lambda one: one.urn or 0)
    propose(force, FIRST, here.id)
    with pytest.raises(Conflict, match="Nothing is proposed"):
        confirm(force, there.id)
    propose(force, OTHER, there.id)
    confirm(force, here.id)
    force.tick()
    assert waiting(force) == [there.id]
    assert pursued(force)
    assert [to_open(force, one) for one in (FIRST, SECOND, OTHER)] == [1, 0, 0]
    confirm(force, there.id)
    assert [to_open(force, one) for one in (FIRST, SECOND, OTHER)] == [1, 0, 1]
    force.tick()
    assert (waiting(force), pursued(force)) == ([], False)


@pytest.mark.feature("CO7")
def test_no_list_names_a_protected_childs_school_and_who_rings_sees_it(force: World) -> None:
    (placed,) = settled(force, 990001)
    force.push("Q-1", child(forename="Bela", surname="Sample", date_of_birth="2017-05-06"))
    release(force, FIRST, placed.id)
    force.until(time(7, 31))
    with force.wiring.database.write(of_force(FORCE)) as session:
        (found,) = live_boards(session, force.acting(DESK))
        calls = calling.sheet(session, force.acting(DESK), force=FORCE)
        exported = decisions(session)
    (row,) = (one for one in found.rows if one.reference == "P-1")
    assert row.schools == (NOT_SHOWN,)
    assert "First" not in row.held_by
    assert "Key Adult" not in row.held_by
    (of_p,) = (line for line in morning_csv(found).splitlines() if "P-1" in line)
    assert "Exampleton Primary School" not in of_p
    (only,) = (one for one in calls if one.only)
    assert (only.name, only.telephone, only.contacts) == (NOT_SHOWN, None, ())
    assert [one.urns for one in exported if one.reference == "P-1"] == [()]
    with force.wiring.database.write(of_force(FORCE)) as session:
        calling.claim(session, force.acting(DESK), line_id=only.lines[0].line_id)
        call = calling.call(session, force.acting(DESK), line_id=only.lines[0].line_id)
    assert call.school.name == "Exampleton Primary School"
    assert [one.email for one in call.school.contacts] == [FIRST]


def test_what_the_force_sent_is_stored_and_every_release_keeps_its_message(force: World) -> None:
    (placed,) = settled(force, 990001)
    release(force, FIRST, placed.id)
    with force.wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(InvolvedChild.protected)).one()
        assert session.scalars(select(Release.notification_id)).one() == placed.id
