"""The ladder leaves out who is connected with the incident, and says why to one person alone."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.reports.holders import Holders
from notifications import receipts
from notifications.models import Alert, CallSheetLine, EscalationStep, Notification
from schools.connected import Adult
from schools.connected_models import ChangeReason, RecipientChange
from schools.key_adult_details import KeyAdultDetails, seal_details
from schools.models import KeyAdult
from tests.factories.connected import connect
from tests.factories.notifications import DUE, FORCE, TODAY, Happened, NotifyingForce, minutes

pytestmark = pytest.mark.feature("RE11")

FIRST = Adult(email="dsl@school.example.org")
SECOND = Adult(email="deputy@school.example.org")


@pytest.fixture
def happened(force: NotifyingForce) -> Happened:
    return force.happened()


@pytest.fixture
def placed(force: NotifyingForce, happened: Happened) -> UUID:
    return force.place(force.order(happened))


def chase(force: NotifyingForce, offset: int) -> None:
    force.at(DUE + minutes(offset))
    force.chase()


def alerted(force: NotifyingForce) -> list[UUID]:
    return [row.key_adult_id for row in force.rows(Alert)]


def reasons(force: NotifyingForce) -> dict[str, str | None]:
    return {row.kind.value: row.reason_code for row in force.rows(EscalationStep)}


def test_who_is_identified_is_skipped_and_the_next_in_order_alerted(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    connect(force.wiring, happened.incident_id, FIRST)
    for offset in (-120, -75, -60, -45):
        chase(force, offset)
    assert set(alerted(force)) == {force.key_adults[1]}
    assert reasons(force)["second_key_adult"] == "connected"
    (change,) = force.rows(RecipientChange)
    assert (change.about, change.person, change.reason) == (
        f"notification:{placed}", f"key_adult:{force.key_adults[0]}", ChangeReason.IDENTITY,
    )  # fmt: skip


def test_where_everybody_is_connected_the_school_is_rung(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    connect(force.wiring, happened.incident_id, FIRST, SECOND)
    for offset in (-120, -75, -60, -45):
        chase(force, offset)
    assert alerted(force) == []
    assert {reasons(force)[kind] for kind in ("key_adult", "all_key_adults")} == {"connected"}
    assert [row.notification_id for row in force.rows(CallSheetLine)] == [placed]


def test_a_name_alone_skips_nobody(force: NotifyingForce, happened: Happened, placed: UUID) -> None:
    connect(force.wiring, happened.incident_id, Adult("Key Adult", "1"), Adult("Key", "Adult"))
    chase(force, -120)
    assert alerted(force) == [force.key_adults[0]]
    assert force.rows(RecipientChange) == []


def named(force: NotifyingForce, key_adult_id: UUID, name: str, email: str) -> None:
    with force.database.write(PLATFORM) as session:
        row = session.get_one(KeyAdult, key_adult_id)
        row.sealed = seal_details(force.cipher, row.id, KeyAdultDetails(name, email))


def test_who_is_said_to_work_at_the_school_is_left_out_by_name(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    named(force, force.key_adults[0], "Priya Nair", "dsl@school.example.org")
    connect(force.wiring, happened.incident_id, at_school="Mrs Nair", child_id=happened.child_id)
    chase(force, -120)
    assert alerted(force) == [force.key_adults[1]]
    (change,) = force.rows(RecipientChange)
    assert change.reason is ChangeReason.NAMED_AT_SCHOOL


def test_another_incident_is_told_to_them_as_before(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    connect(force.wiring, happened.incident_id, FIRST)
    force.place()
    chase(force, -120)
    assert set(alerted(force)) == set(force.key_adults)


def test_a_second_incident_that_joins_counts_as_well(force: NotifyingForce) -> None:
    first, second = force.happened(), force.happened()
    placed = force.place(force.order(first, person_digest=b"p" * 32))
    assert force.place(force.order(second, person_digest=b"p" * 32)) == placed
    connect(force.wiring, second.incident_id, FIRST)
    chase(force, -120)
    assert alerted(force) == [force.key_adults[1]]


def test_the_board_names_for_each_message_who_is_not_left_out_of_that_one(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    connect(force.wiring, happened.incident_id, FIRST)
    third, other = force.happened(), force.place()
    both, said = force.place(force.order(third)), force.place()
    connect(force.wiring, third.incident_id, FIRST, SECOND)
    account = force.account()
    with force.database.write(PLATFORM) as session:
        session.get_one(KeyAdult, force.key_adults[0]).account_id = account
    force.act(said, receipts.withheld, actor=f"account:{account}")
    with force.database.read(PLATFORM) as session:
        holders = Holders(session, force.cipher, force=FORCE, policy=Policy(), on=TODAY)
        rows = [session.get_one(Notification, one) for one in (placed, other, both, said)]
        holders.look_up([], rows)
        held_by = [holders._school(row) for row in rows]
    assert held_by == [
        "Key adult: Key Adult 2", "Key adult: Key Adult 1",
        "Desk: the duty officer (no number known)",
        "Key adult: Key Adult 2",
    ]  # fmt: skip


def test_the_trail_says_that_it_changed_and_neither_who_nor_why(
    force: NotifyingForce, happened: Happened, placed: UUID
) -> None:
    connect(force.wiring, happened.incident_id, FIRST)
    chase(force, -120)
    chase(force, -45)
    with force.database.read(PLATFORM) as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.event == Event.RECIPIENT_CHANGED)
        ).all()
    assert [(one.subject, one.reason_code, one.detail) for one in entries] == [
        (f"notification:{placed}", None, None)
    ]
