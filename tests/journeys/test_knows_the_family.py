"""Who knows the family is left out of newer versions too, and the lead sees whom it went past."""

from datetime import time
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework.inbox import inbox
from app.casework.lead_lists import see_recipient_changes
from app.casework.opening import Shown, answer_questions, look, take_first_step
from app.casework.reviewing import claim, queue
from app.casework.settling import Answer, settle
from app.core.errors import NotFound
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.reports.recipients import ChangeRow
from app.reports.told import Told
from notifications.states import NotificationState
from schools.connected import Adult
from schools.connected_models import ChangeReason
from schools.matching.models import ReviewReason
from tests.factories.connected import connect
from tests.journeys.world import FORCE, World, at, child

pytestmark = pytest.mark.feature("RE11")
FIRST, SECOND, LEAD = "first@primary.test", "second@primary.test", "lead@example.org"
REVIEWER = "reviewer@example.org"


@pytest.fixture
def county(world: World) -> World:
    world.person(LEAD, Role.LEAD, force=FORCE)
    world.clock.move_to(at("2026-11-20", "01:10"))
    return world


def says_so(world: World, email: str, notification_id: UUID) -> None:
    answer(world, email, notification_id, knows_family=True)


def answer(
    world: World, email: str, notification_id: UUID, *, knows_family: bool = False,
    tied: bool | None = None,
) -> None:  # fmt: skip
    with world.wiring.database.write(world.scope_of(email)) as session:
        take_first_step(session, world.acting(email), notification_id=notification_id)
    with world.wiring.database.write(world.scope_of(email)) as session:
        answer_questions(
            session, world.acting(email), notification_id=notification_id, on_roll=True,
            knows_family=knows_family, tied=tied,
        )  # fmt: skip


def shown(world: World, email: str, notification_id: UUID) -> Shown:
    with world.wiring.database.write(world.scope_of(email)) as session:
        return look(session, world.acting(email), notification_id=notification_id).shown


def changes(world: World) -> list[ChangeRow]:
    with world.wiring.database.write(world.scope_of(LEAD)) as session:
        return list(see_recipient_changes(session, world.acting(LEAD), force=FORCE))


def test_a_newer_version_is_not_shown_to_who_knows_the_family(county: World) -> None:
    county.push("A-1", child())
    county.until(time(6, 40))
    says_so(county, FIRST, county.notifications("A-1")[0].id)
    before = county.alerted().count(FIRST)
    county.push("A-1", child(surname="Khan-Example"), child("c2", forename="Bella"), version=2)
    county.until(time(8, 25))
    newest = [one for one in county.notifications("A-1") if one.state is NotificationState.READY]
    assert len(newest) == 2
    for one in newest:
        assert shown(county, FIRST, one.id) is Shown.WITHHELD
        assert shown(county, SECOND, one.id) is Shown.COVER
        county.open(FIRST, one.id)
    assert [row.told for row in county.board.rows] == [Told.NOT_TOLD, Told.NOT_TOLD]
    held = {row.held_by for row in county.board.rows}
    assert not [one for one in held if "Key Adult 1" in one]
    assert county.alerted().count(FIRST) == before
    assert SECOND in county.alerted()
    assert {(row.person, row.reason) for row in changes(county)} == {
        ("First", ChangeReason.KNOWS_THE_FAMILY)
    }
    for one in newest:
        county.open(SECOND, one.id)
    assert county.board.all_told
    assert county.imbalances == []


def test_another_incident_of_the_same_child_asks_again(county: World) -> None:
    county.push("A-1", child())
    county.until(time(6, 40))
    (first,) = county.notifications("A-1")
    says_so(county, FIRST, first.id)
    county.open(SECOND, first.id)
    county.push("A-2", child())
    county.tick()
    (second,) = county.notifications("A-2")
    assert second.id != first.id
    assert shown(county, FIRST, second.id) is Shown.COVER


def joined(world: World) -> UUID:
    """Push two incidents of one child, of which one message tells; returns the message."""
    world.push("A-1", child())
    world.tick()
    world.push("B-1", child())
    world.until(time(6, 40))
    (told,) = {one.id for ref in ("A-1", "B-1") for one in world.notifications(ref)}
    return told


def is_asked_no_more(world: World, reference: str, *, but: UUID, reason: ChangeReason) -> None:
    """The new message about an incident is kept from the first key adult; the second is told."""
    (new,) = (one for one in world.notifications(reference) if one.id != but)
    assert shown(world, FIRST, new.id) is Shown.WITHHELD
    world.open(FIRST, new.id)
    assert reference not in told(world)
    assert {(row.about, row.person, row.reason) for row in changes(world)} == {
        ("notification", "First", reason)
    }
    answer(world, SECOND, new.id, tied=False)
    assert reference in told(world)
    assert world.imbalances == []


def told(world: World) -> set[str]:
    return {row.reference for row in world.board.rows if row.told is Told.TOLD}


@pytest.mark.parametrize("changed", ["A-1", "B-1"])
@pytest.mark.parametrize("reason", [ChangeReason.KNOWS_THE_FAMILY, ChangeReason.SAID_RELATED])
def test_a_newer_version_of_one_of_two_joined_incidents_is_not_shown_to_who_knows_the_family(
    county: World, changed: str, reason: ChangeReason
) -> None:
    message = joined(county)
    if reason is ChangeReason.KNOWS_THE_FAMILY:
        says_so(county, FIRST, message)
    else:
        connect(county.wiring, incident_of(county, changed), Adult("Key", "Adult"))
        answer(county, FIRST, message, tied=True)
    county.clock.move_to(at("2026-11-20", "06:45"))
    answer(county, SECOND, message, tied=False)
    alerted = county.alerted().count(FIRST)
    county.push(changed, child(education={"urn": 990001}), version=2)
    county.until(time(7, 50))
    assert county.alerted().count(FIRST) == alerted
    is_asked_no_more(county, changed, but=message, reason=reason)


def test_an_incident_that_joined_after_somebody_said_so_is_kept_from_them_too(
    county: World,
) -> None:
    county.push("A-1", child())
    county.until(time(6, 40))
    (message,) = county.notifications("A-1")
    says_so(county, FIRST, message.id)
    county.push("B-1", child())
    county.tick()
    assert [one.id for one in county.notifications("B-1")] == [message.id]
    county.open(SECOND, message.id)
    county.push("B-1", child(education={"urn": 990001}), version=2)
    county.tick()
    is_asked_no_more(county, "B-1", but=message.id, reason=ChangeReason.KNOWS_THE_FAMILY)


@pytest.mark.parametrize("first", ["A-1", "B-1"])
def test_a_school_that_refused_joined_incidents_and_has_the_child_asks_nobody_again(
    county: World, first: str
) -> None:
    message = joined(county)
    says_so(county, FIRST, message)
    county.refuse(SECOND, message)
    alerted = county.alerted().count(FIRST)
    settle_one(county, first)
    county.tick()
    assert county.alerted().count(FIRST) == alerted
    is_asked_no_more(county, first, but=message, reason=ChangeReason.KNOWS_THE_FAMILY)


def settle_one(world: World, reference: str) -> None:
    """Settle the child of one incident, among several that wait, at the primary school."""
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        acting = world.acting(REVIEWER)
        (line,) = (one for one in queue(session, acting) if one.reference == reference)
        claim(session, acting, review_id=line.review_id)
        decided = Answer((990001,), ReviewReason.OFFICER_CLARIFIED)
        settle(session, acting, review_id=line.review_id, answer=decided)


def incident_of(world: World, reference: str) -> UUID:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(select(Incident.id).where(Incident.reference == reference)).one()


def connected_now(world: World, email: str) -> UUID:
    """Connect a person with the only incident, once their alert was sent."""
    with world.wiring.database.read(PLATFORM) as session:
        incident_id = session.scalars(select(Incident.id)).one()
    connect(world.wiring, incident_id, Adult(email=email))
    return incident_id


@pytest.mark.parametrize("by", ["inbox", "address"])
def test_who_is_found_connected_only_at_opening_is_on_the_leads_list_once(
    county: World, by: str
) -> None:
    county.push("A-1", child())
    county.until(time(6, 40))
    assert county.alerted() == [FIRST]
    (notification,) = county.notifications("A-1")
    connected_now(county, FIRST)
    assert changes(county) == []
    for _ in range(2):
        if by == "inbox":
            with county.wiring.database.write(county.scope_of(FIRST)) as session:
                assert inbox(session, county.acting(FIRST)).to_open == ()
        else:
            with pytest.raises(NotFound):
                shown(county, FIRST, notification.id)
    (change,) = changes(county)
    assert (change.reference, change.about) == ("A-1", "notification")
    assert (change.person, change.reason) == ("Key Adult 1", ChangeReason.IDENTITY)
    # What the ladder notes itself is the same note.
    county.until(time(8, 0))
    assert len(changes(county)) == 1
    assert county.board.rows[0].recipient_changed
    county.open(SECOND, notification.id)
    assert county.board.all_told


def test_a_stranger_who_finds_nothing_is_on_no_list(county: World) -> None:
    county.push("A-1", child())
    county.until(time(6, 40))
    (notification,) = county.notifications("A-1")
    connected_now(county, FIRST)
    with pytest.raises(NotFound):
        shown(county, "only@otherby.test", notification.id)
    assert shown(county, SECOND, notification.id) is Shown.COVER
    assert changes(county) == []
