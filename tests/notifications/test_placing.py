"""Placing: visible at once, once, and joined by another incident while nobody has opened it."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.cipher import Erased
from app.core.ids import new_id
from app.core.keys import destroy
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Content as ExtraContent
from app.core.policy import Policy
from app.core.scope import PLATFORM
from notifications.earlier import earlier_counts
from notifications.models import (
    EscalationStep,
    Notification,
    NotificationContent,
    Occurrence,
    Run,
)
from notifications.queries import content_of, inbox, timeline
from notifications.recall import recall_incident
from notifications.receipts import opened
from notifications.runs import ensure_run, policy_of
from notifications.states import NotificationState, StepKind, StepState
from tests.factories.notifications import (
    ACTOR,
    DUE,
    FACTS,
    FORCE,
    LATER_URN,
    PERSON,
    URN,
    NotifyingForce,
    minutes,
)


@pytest.fixture
def force(force: NotifyingForce) -> NotifyingForce:
    """The usual force with a second school."""
    force.school(LATER_URN, "dsl@later.example.org")
    return force


@pytest.mark.feature("CA6")
@pytest.mark.feature("CO3")
def test_a_notification_is_visible_as_soon_as_it_is_placed(force: NotifyingForce) -> None:
    placed = force.read(force.place())
    assert placed.state is NotificationState.READY
    assert (placed.ready_at, placed.due_at) == (force.now, DUE)
    with force.database.read(PLATFORM) as session:
        (row,) = inbox(session, urns=[URN], councils=[], now=force.now)
        assert inbox(session, urns=[LATER_URN], councils=["999"], now=force.now) == []
    assert (row.id, row.overdue) == (placed.id, False)


@pytest.mark.feature("CO3")
def test_the_content_opens_for_its_own_row_and_holds_no_more_than_the_policy_allows(
    force: NotifyingForce,
) -> None:
    notification_id = force.place()
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    assert content.identity.first_name == "Asha"
    assert (content.reference, content.demeanour, content.words) == (None, None, None)
    (stored,) = force.rows(NotificationContent)
    assert b"Asha" not in stored.sealed


@pytest.mark.feature("CO3")
def test_a_recorded_policy_adds_fields_to_what_is_placed_from_then_on(
    force: NotifyingForce,
) -> None:
    more = Policy(content=ExtraContent(police_reference=True, demeanour=True, voice_words=True))
    with force.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=more, valid_from=force.now, approved_by="account:dpo",
            now=force.now,
        )  # fmt: skip
    notification_id = force.place()
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    assert (content.reference, content.demeanour) == ("99-2026-0012345", "upset")
    assert content.words == "I hid under the bed"


@pytest.mark.feature("DL3")
def test_placing_again_gives_the_same_notification(force: NotifyingForce) -> None:
    order = force.order()
    assert force.place(order) == force.place(order)
    assert len(force.rows(EscalationStep)) == len(StepKind)
    assert len(force.rows(AuditEntry, event="notification:content:placed")) == 1


@pytest.mark.feature("DL3")
def test_the_database_itself_refuses_a_second_one(force: NotifyingForce) -> None:
    first = force.read(force.place())
    with pytest.raises(IntegrityError), force.database.write(PLATFORM) as session:
        session.add(
            Notification(
                **{
                    column.key: getattr(first, column.key)
                    for column in Notification.__mapper__.column_attrs
                    if column.key != "id"
                },
                id=new_id(),
            )
        )


@pytest.mark.feature("ES1")
def test_the_whole_ladder_is_frozen_with_it(force: NotifyingForce) -> None:
    force.place()
    steps = {step.kind: step.planned_at for step in force.rows(EscalationStep)}
    assert steps[StepKind.KEY_ADULT] == DUE - minutes(120)
    assert steps[StepKind.CALL_SHEET] == DUE - minutes(60)
    assert steps[StepKind.LATE] == DUE
    assert {step.state for step in force.rows(EscalationStep)} == {StepState.PLANNED}


def test_one_notification_for_each_school(force: NotifyingForce) -> None:
    happened = force.happened()
    assert force.place(force.order(happened)) != force.place(force.order(happened, urn=LATER_URN))


def test_another_incident_joins_a_notification_nobody_has_opened(force: NotifyingForce) -> None:
    first = force.place(force.order(person_digest=PERSON))
    later = replace(FACTS, presence="saw")
    second = force.place(force.order(person_digest=PERSON, facts=later, priority=1))
    assert first == second
    joined = force.read(first)
    assert (joined.content_version, joined.priority) == (2, 1)
    assert len(force.rows(Occurrence)) == 2
    assert len(force.rows(EscalationStep)) == len(StepKind)
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, first))
    assert (content.presence, content.earlier.days_30) == ("saw", 1)
    assert [one.presence for one in content.further] == ["heard"]


def test_joining_again_changes_nothing(force: NotifyingForce) -> None:
    force.place(force.order(person_digest=PERSON))
    second = force.order(person_digest=PERSON)
    force.place(second)
    force.place(second)
    assert len(force.rows(Occurrence)) == 2
    assert len(force.rows(NotificationContent)) == 2


def test_an_opened_one_is_not_joined(force: NotifyingForce) -> None:
    first = force.place(force.order(person_digest=PERSON))
    with force.database.write(PLATFORM) as session:
        opened(session, session.get_one(Notification, first), actor="account:a", now=force.now)
    assert force.place(force.order(person_digest=PERSON)) != first


def test_a_recalled_incident_leaves_the_other_one_standing(force: NotifyingForce) -> None:
    withdrawn, standing = force.happened(), force.happened()
    first = force.place(force.order(withdrawn, person_digest=PERSON))
    force.place(force.order(standing, person_digest=PERSON, facts=replace(FACTS, presence="saw")))
    with force.database.write(PLATFORM) as session:
        counts = recall_incident(
            session, incident_ids=[withdrawn.incident_id], reason_code="wrong_child", actor=ACTOR,
            now=force.now,
        )  # fmt: skip
    assert counts.recalled == 0
    left = force.read(first)
    assert (left.state, left.incident_id) == (NotificationState.READY, standing.incident_id)
    assert left.involved_child_id == standing.child_id
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, first))
    assert (content.presence, content.further) == ("saw", ())


def test_erasing_one_incident_ends_the_content(force: NotifyingForce) -> None:
    happened = force.happened()
    notification_id = force.place(force.order(happened))
    with force.database.write(PLATFORM) as session:
        destroy(session, happened.key.id, now=force.now)
    with force.database.read(PLATFORM) as session, pytest.raises(Erased):
        content_of(session, force.cipher, session.get_one(Notification, notification_id))


def test_earlier_incidents_are_counted_here_and_elsewhere_only_answered(
    force: NotifyingForce,
) -> None:
    for days in (400, 200, 60, 10):
        force.at(DUE - minutes(days * 24 * 60))
        first = force.place(force.order(person_digest=PERSON))
        with force.database.write(PLATFORM) as session:
            opened(session, session.get_one(Notification, first), actor="account:a", now=force.now)
    with force.database.read(PLATFORM) as session:
        here = earlier_counts(session, person_digest=PERSON, urn=URN, force=FORCE, at=DUE)
        there = earlier_counts(session, person_digest=PERSON, urn=LATER_URN, force=FORCE, at=DUE)
        other = earlier_counts(session, person_digest=bytes(32), urn=URN, force=FORCE, at=DUE)
    assert here == (1, 2, 3, False)
    assert there == (0, 0, 0, True)
    assert other == (0, 0, 0, False)


@pytest.mark.parametrize("elsewhere", [None, False])
def test_what_must_not_be_said_of_elsewhere_stays_unsaid(
    force: NotifyingForce, elsewhere: bool | None
) -> None:
    force.place(force.order(person_digest=PERSON, urn=LATER_URN))
    facts = replace(FACTS, elsewhere=elsewhere)
    notification_id = force.place(force.order(person_digest=PERSON, facts=facts))
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    assert content.earlier.elsewhere is (None if elsewhere is None else True)


def test_a_run_keeps_the_policy_it_began_under(force: NotifyingForce) -> None:
    with force.database.write(PLATFORM) as session:
        first = ensure_run(session, force=FORCE, on=DUE.date(), now=force.now)
        add_policy(
            session, FORCE, body=Policy(follow_up_school_days=9), valid_from=force.now,
            approved_by="account:dpo", now=force.now,
        )  # fmt: skip
    with force.database.write(PLATFORM) as session:
        again = ensure_run(session, force=FORCE, on=DUE.date(), now=force.now)
        assert again.id == first.id
        assert policy_of(again) == Policy()
    assert len(force.rows(Run)) == 1


def test_the_story_of_a_notification_is_in_order(force: NotifyingForce) -> None:
    notification_id = force.place()
    with force.database.write(PLATFORM) as session:
        opened(
            session, session.get_one(Notification, notification_id), actor="account:a",
            now=force.now,
        )  # fmt: skip
    with force.database.read(PLATFORM) as session:
        story = timeline(session, notification_id)
    assert [one.at for one in story] == sorted(one.at for one in story)
    assert ("receipt", "opened") in {(one.kind, one.what) for one in story}


@pytest.mark.feature("CO7")
def test_a_protected_childs_message_for_everybody_is_refused(force: NotifyingForce) -> None:
    order = force.order(protected=True)
    with pytest.raises(ValueError, match="protected"):
        force.place(order)
    assert force.rows(Notification) == []
    placed = force.read(force.place(replace(order, shown_only_to="nobody")))
    assert placed.shown_only_to == "nobody"
