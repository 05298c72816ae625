"""A force corrects an incident: what changes in place at a school, and what is taken back."""

from datetime import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework import calling, opening
from app.casework.acknowledging import acknowledge
from app.casework.amendments import read_changes
from app.core.scope import PLATFORM, of_force
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.reports.told import Told
from notifications.models import Notification, NotificationContent
from notifications.receipt_models import Amendment
from notifications.states import CallResult, NotificationState
from schools.matching.models import Match
from tests.journeys.world import FORCE, World, at, child

FIRST, SECOND = "first@primary.test", "second@primary.test"
DESK = "desk@example.org"
STORY: dict[str, Any] = {"occurred_from": "2026-11-19T22:40:00+00:00"}


def look(world: World, email: str, notification_id: UUID) -> opening.Opening:
    with world.wiring.database.write(world.scope_of(email)) as session:
        return opening.look(session, world.acting(email), notification_id=notification_id)


def outcomes(world: World, reference: str) -> dict[int, list[Outcome]]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(Incident.version, InvolvedChild.outcome)
            .join(InvolvedChild, InvolvedChild.incident_id == Incident.id)
            .where(Incident.reference == reference)
            .order_by(Incident.version, InvolvedChild.position)
        )
        found: dict[int, list[Outcome]] = {}
        for version, outcome in rows:
            found.setdefault(version, []).append(outcome)
        return found


@pytest.mark.feature("IN7")
def test_what_only_tells_more_changes_in_place_and_is_marked(world: World) -> None:
    world.push("A-1", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-1")
    world.open(FIRST, first.id)
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        acknowledge(session, world.acting(FIRST), notification_id=first.id)
    alerts = len(world.alerted())
    more = child(involvement="hurt", social_care_told=True)
    world.push("A-1", more, version=2, **STORY)
    (now,) = world.notifications("A-1")
    assert (now.id, now.state) == (first.id, NotificationState.ACKNOWLEDGED)
    found = look(world, FIRST, first.id)
    assert found.content is not None
    assert found.content.changed == ("involvement", "social_care_told")
    assert found.content.involvement == "hurt"
    assert found.unread_changes
    assert outcomes(world, "A-1") == {1: [Outcome.SUPERSEDED], 2: [Outcome.SENT_TO_SCHOOL]}
    world.tick()
    assert world.alerted()[alerts:] == [FIRST]
    assert world.board.all_told
    assert world.imbalances == []
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        read_changes(session, world.acting(FIRST), notification_id=first.id)
    assert not look(world, FIRST, first.id).unread_changes


@pytest.mark.feature("IN7")
def test_a_change_that_nobody_reads_is_rung_about(world: World) -> None:
    world.push("A-2", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-2")
    world.open(FIRST, first.id)
    world.push("A-2", child(presence="saw"), version=2, **STORY)
    world.until(time(9, 0))
    with world.wiring.database.write(of_force(FORCE)) as session:
        (school,) = calling.sheet(session, world.acting(DESK), force=FORCE)
        (line,) = school.lines
        calling.claim(session, world.acting(DESK), line_id=line.line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.show_content(session, world.acting(DESK), line_id=line.line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.record_call(
            session, world.acting(DESK), line_id=line.line_id, result=CallResult.TOLD,
            recipient_trained=True,
        )  # fmt: skip
    with world.wiring.database.write(of_force(FORCE)) as session:
        assert calling.sheet(session, world.acting(DESK), force=FORCE) == []
    assert not look(world, FIRST, first.id).unread_changes


def test_going_home_that_became_a_concern_is_rung_about_at_once(world: World) -> None:
    world.push("A-3", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-3")
    world.open(FIRST, first.id)
    world.push("A-3", child(going_home={"level": "concern"}), version=2, **STORY)
    world.tick()
    with world.wiring.database.write(of_force(FORCE)) as session:
        (school,) = calling.sheet(session, world.acting(DESK), force=FORCE)
        assert len(school.lines) == 1


def test_a_school_that_had_not_opened_it_yet_reads_the_newer_version_alone(world: World) -> None:
    world.push("A-4", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-4")
    alerts = len(world.alerted())
    assert alerts == 1
    world.push("A-4", child(presence="saw"), version=2, **STORY)
    world.tick()
    assert world.alerted()[alerts:] == [FIRST]
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]
    world.open(SECOND, first.id)
    found = look(world, SECOND, first.id)
    assert found.content is not None
    assert (found.content.presence, found.unread_changes) == ("saw", ())
    assert world.board.all_told
    assert world.imbalances == []


def test_who_knows_the_family_stays_left_out_of_the_newer_version(world: World) -> None:
    world.push("A-5", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-5")
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        opening.take_first_step(session, world.acting(FIRST), notification_id=first.id)
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        opening.answer_questions(
            session, world.acting(FIRST), notification_id=first.id, on_roll=True,
            knows_family=True,
        )  # fmt: skip
    world.push("A-5", child(presence="saw"), version=2, **STORY)
    found = look(world, FIRST, first.id)
    assert (found.shown, found.content) == (opening.Shown.WITHHELD, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"surname": "Example"},
        {"date_of_birth": "2018-03-03"},
        {"education": {"school_name": "Otherby Church School", "town": "Otherby"}},
        {"protected": ["refuge"]},
        {"ref": "c2"},
    ],
)
def test_another_child_or_school_is_recalled_and_matched_anew(
    world: World, changes: dict[str, Any]
) -> None:
    world.push("A-6", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-6")
    world.open(FIRST, first.id)
    world.push("A-6", child(**changes), version=2, **STORY)
    with world.wiring.database.read(PLATFORM) as session:
        assert session.get_one(Notification, first.id).state is NotificationState.RECALLED
    assert look(world, FIRST, first.id).shown is opening.Shown.ENDED
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]


def test_an_adult_named_later_takes_the_message_back(world: World) -> None:
    world.push("A-7", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-7")
    world.open(FIRST, first.id)
    adult = {"email": FIRST}
    world.push("A-7", child(), version=2, involved_adults=[adult], **STORY)
    with world.wiring.database.read(PLATFORM) as session:
        assert session.get_one(Notification, first.id).state is NotificationState.RECALLED


def test_an_address_counts_until_the_school_said_on_our_roll(world: World) -> None:
    moved = [{"postcode": "ZZ99 4ZZ", "authority": "999"}]
    for reference, opened in (("A-8", False), ("A-9", True)):
        world.push(reference, child(forename=reference[0] + "nna" + reference[2:]), **STORY)
        world.until(time(7, 0))
        (first,) = world.notifications(reference)
        if opened:
            world.open(FIRST, first.id)
        world.push(
            reference, child(forename=reference[0] + "nna" + reference[2:], residences=moved),
            version=2, **STORY,
        )  # fmt: skip
        with world.wiring.database.read(PLATFORM) as session:
            state = session.get_one(Notification, first.id).state
        assert state is (NotificationState.OPENED if opened else NotificationState.RECALLED)


def test_the_old_words_are_not_shown_and_the_decision_stands(world: World) -> None:
    world.push("A-10", child(), **STORY)
    world.until(time(7, 0))
    (first,) = world.notifications("A-10")
    world.open(FIRST, first.id)
    for version, presence in ((2, "saw"), (3, "not_present")):
        world.push("A-10", child(presence=presence), version=version, **STORY)
    found = look(world, FIRST, first.id)
    assert found.content is not None
    assert (found.content.presence, found.content.further) == ("not_present", ())
    with world.wiring.database.read(PLATFORM) as session:
        versions = session.scalars(
            select(NotificationContent.version).where(
                NotificationContent.notification_id == first.id
            )
        ).all()
        assert sorted(versions) == [1, 2, 3]
        said = session.scalars(select(Amendment).order_by(Amendment.version)).all()
        assert [one.read_how for one in said] == ["superseded", None]
        matches = session.scalars(select(Match).order_by(Match.decided_at)).all()
        assert {tuple(one.urns) for one in matches} == {(990001,)}
    assert world.imbalances == []
    world.clock.move_to(at("2026-11-20", "12:00"))
    world.tick()
    assert world.imbalances == []
