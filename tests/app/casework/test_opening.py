"""Who reaches which notification, and what is left when its content is gone."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.access.permissions import Actor, Grant, Role
from app.casework import acknowledging, calling, following_up, not_our_pupil, opening
from app.casework.acting import Acting
from app.casework.inbox import inbox
from app.core import keys
from app.core.errors import NotFound
from app.core.scope import PLATFORM, Scope
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from notifications.models import NotificationContent
from notifications.states import FollowUpCode
from schools.matching.models import Review
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, PERSON, URN


def acting(morning: Morning, *grants: Grant) -> Acting:
    account_id = morning.priya.account_id
    actor = Actor(f"account:{account_id}", account_id=account_id, grants=grants)
    return Acting(morning.wiring.clock.now(), actor, morning.wiring.cipher)


KEY_ADULT = Grant(Role.KEY_ADULT, urn=URN)
OTHERS = [
    Grant(Role.KEY_ADULT, urn=990002),
    Grant(Role.COUNCIL_OFFICER, council="999"),
    Grant(Role.FORCE_DESK, force=FORCE),
    Grant(Role.REVIEWER, force=FORCE),
    Grant(Role.LEAD, force=FORCE),
    Grant(Role.LEAD, council="999"),
    Grant(Role.PLATFORM_ADMIN),
    Grant(Role.AUDITOR, force=FORCE),
]


@pytest.mark.feature("AK2")
@pytest.mark.parametrize("grant", OTHERS, ids=lambda grant: f"{grant.role}-{grant.council}")
def test_only_the_school_itself_reaches_its_notification(morning: Morning, grant: Grant) -> None:
    """Permissions hold by themselves: the scope is wide open here."""
    waiting, who = morning.notification(), acting(morning, grant)
    with morning.wiring.database.write(PLATFORM) as session:
        for act in (
            lambda: opening.look(session, who, notification_id=waiting),
            lambda: opening.take_first_step(session, who, notification_id=waiting),
            lambda: acknowledging.acknowledge(session, who, notification_id=waiting),
            lambda: not_our_pupil.say_not_our_pupil(session, who, notification_id=waiting),
            lambda: following_up.record_follow_up(
                session, who, notification_id=waiting, codes=[FollowUpCode.EARLY_HELP]
            ),
        ):
            with pytest.raises(NotFound):
                act()


def test_a_council_officer_has_what_is_addressed_to_the_council_alone(morning: Morning) -> None:
    theirs = morning.notification(urn=None, council="999", recipient="council:999")
    morning.notification()
    who = acting(morning, Grant(Role.COUNCIL_OFFICER, council="999"))
    with morning.wiring.database.write(Scope(councils=frozenset({"999"}))) as session:
        lines = inbox(session, who).to_open
        assert [line.notification_id for line in lines] == [theirs]
        opening.take_first_step(session, who, notification_id=theirs)
        found = opening.look(session, who, notification_id=theirs)
    assert (found.shown, found.first_name) == (opening.Shown.QUESTIONS, "Asha")


@pytest.mark.feature("AK4")
def test_what_was_erased_is_not_shown_and_breaks_no_page(morning: Morning) -> None:
    waiting, who = morning.notification(), acting(morning, KEY_ADULT)
    with morning.wiring.database.write(Scope(urns=frozenset({URN}))) as session:
        open_it(session, who, waiting)
    (content,) = morning.force.rows(NotificationContent)
    with morning.wiring.database.write(PLATFORM) as session:
        keys.destroy(session, content.content_key_id, now=who.now)
    with morning.wiring.database.write(Scope(urns=frozenset({URN}))) as session:
        assert opening.look(session, who, notification_id=waiting).shown is opening.Shown.ENDED
        (line,) = inbox(session, who).to_acknowledge
        assert line.child is None


def test_not_our_pupil_brings_every_joined_incident_before_a_reviewer(morning: Morning) -> None:
    first = morning.notification(person_digest=PERSON)
    assert morning.notification(person_digest=PERSON) == first
    who = acting(morning, KEY_ADULT)
    with morning.wiring.database.write(Scope(urns=frozenset({URN}))) as session:
        opening.take_first_step(session, who, notification_id=first)
        not_our_pupil.say_not_our_pupil(session, who, notification_id=first)
    outcomes = [child.outcome for child in morning.force.rows(InvolvedChild)]
    assert outcomes == [Outcome.IN_REVIEW, Outcome.IN_REVIEW]
    assert len(morning.force.rows(Review)) == 2


def test_the_call_sheet_of_another_force_is_not_there(morning: Morning) -> None:
    who = acting(morning, Grant(Role.FORCE_DESK, force="98"))
    with morning.wiring.database.read(PLATFORM) as session, pytest.raises(NotFound):
        calling.sheet(session, who, force=FORCE)


def open_it(session: Session, who: Acting, notification_id: UUID) -> None:
    opening.take_first_step(session, who, notification_id=notification_id)
    opening.answer_questions(
        session, who, notification_id=notification_id, on_roll=True, knows_family=False
    )
