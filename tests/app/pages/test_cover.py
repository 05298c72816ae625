"""The sentence about a test: for whom it went to, never beside a message, never for others."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.policies import add_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from notifications.models import Alert
from notifications.states import AlertState, Channel, Medium, Template
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Person, signed_in

SAID = "was a test. Nothing waits behind it."


@pytest.fixture
def tested(morning: Morning) -> Morning:
    """The force has weekly cover, and Priya's went out at half past six."""
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(weekly_cover=True), valid_from=morning.force.now,
            approved_by="The DPO", now=morning.force.now,
        )  # fmt: skip
        priya = session.scalars(
            select(KeyAdult.id).where(KeyAdult.account_id == morning.priya.account_id)
        ).one()
        now = morning.force.now
        session.add(
            Alert(
                id=UUID(int=7, version=4), force=FORCE, urn=URN, council="999",
                key_adult_id=priya, about=f"cover:{URN}:2026-W47", medium=Medium.EMAIL,
                channel=Channel.RECORDING, state=AlertState.HANDED_OVER,
                template=Template.WAITING, planned_at=now, next_attempt_at=now, due_at=now,
                handed_over_at=now, settled_at=now,
            )
        )  # fmt: skip
    return morning


def inbox(morning: Morning, person: Person) -> str:
    return signed_in(morning.wiring, person).get("/inbox").text


def test_the_person_it_went_to_reads_it_and_neither_a_colleague_nor_a_stranger_does(
    tested: Morning,
) -> None:
    assert SAID in inbox(tested, tested.priya)
    assert SAID not in inbox(tested, tested.huw)
    assert SAID not in inbox(tested, tested.stranger)
    assert SAID in inbox(tested, tested.priya)


def test_beside_a_message_to_open_nobody_is_told_of_a_test(tested: Morning) -> None:
    tested.notification()
    shown = inbox(tested, tested.priya)
    assert SAID not in shown
    assert "1 message to open" in shown
