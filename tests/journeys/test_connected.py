"""Whole nights in which a key adult is of the family that the police were called to."""

import io
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework.inbox import inbox
from app.casework.lead_lists import see_recipient_changes
from app.casework.opening import look
from app.core.errors import NotFound
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.wiring import Wiring
from schools.connected_models import ChangeReason, ConnectedDigest, RecipientChange
from schools.key_adults import import_key_adults
from tests.journeys.world import FORCE, World, at, child

SISTER, SECOND = "first@primary.test", "second@primary.test"
THE_SISTER = {"forename": "Ruth", "surname": "Known-Otherwise", "phone": "+44 7700 900777"}


@pytest.fixture
def county(world: World) -> World:
    """The first key adult's number is known to the register as her own."""
    telephone(world, SISTER, 1, "07700 900777")
    telephone(world, SECOND, 2, "07700 900778")
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    world.clock.move_to(at("2026-11-20", "01:10"))
    return world


def telephone(world: World, email: str, place: int, number: str) -> None:
    rows = [
        "URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn",
        f"990001,{place},Key Adult {place},{email},{number},2026-01-10,2028-01-10,2026-09-07",
    ]
    with world.wiring.database.write(PLATFORM) as session:
        report = import_key_adults(
            session, world.wiring.cipher, io.StringIO("\n".join(rows)), now=world.now
        )
        assert not report.errors


def rows(wiring: Wiring, model: type[Any]) -> list[Any]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(model)))


@pytest.mark.feature("RE11")
def test_the_suspects_sister_sees_nothing_and_the_second_key_adult_is_told(county: World) -> None:
    county.push("SISTER", child(), involved_adults=[THE_SISTER])
    county.until(time(7, 0))
    assert county.alerted() == [SECOND]
    (notification,) = county.notifications("SISTER")
    with county.wiring.database.write(county.scope_of(SISTER)) as session:
        assert inbox(session, county.acting(SISTER)).to_open == ()
        with pytest.raises(NotFound):
            look(session, county.acting(SISTER), notification_id=notification.id)
    (row,) = county.board.rows
    assert (row.held_by, row.recipient_changed) == ("Key adult: Key Adult 2", True)
    county.open(SECOND, notification.id)
    assert county.board.all_told
    with county.wiring.database.write(county.scope_of("lead@example.org")) as session:
        (change,) = see_recipient_changes(session, county.acting("lead@example.org"), force=FORCE)
    assert (change.reference, change.person) == ("SISTER", "Key Adult 1")
    assert change.reason is ChangeReason.IDENTITY
    assert county.imbalances == []


@pytest.mark.feature("RE11")
def test_the_digests_go_with_the_content(county: World) -> None:
    county.push("SISTER", child(), involved_adults=[THE_SISTER])
    county.until(time(7, 0))
    county.open(SECOND, county.notifications("SISTER")[0].id)
    assert rows(county.wiring, ConnectedDigest)
    assert rows(county.wiring, RecipientChange)
    county.clock.move_to(at("2027-02-17", "07:00"))
    county.runner.run_step("purge_expired")
    assert rows(county.wiring, ConnectedDigest)
    county.clock.move_to(at("2027-02-19", "07:00"))
    county.runner.run_step("purge_expired")
    assert rows(county.wiring, ConnectedDigest) == []
    assert rows(county.wiring, RecipientChange) == []


@pytest.mark.feature("RE11")
def test_a_named_colleague_is_left_out_once_a_person_settled_the_school(county: World) -> None:
    county.push("NAMED", child(connected_at_school=["Key Adult"]))
    county.tick()
    (found,) = rows(county.wiring, InvolvedChild)
    assert (found.outcome, found.outcome_reason) == (
        Outcome.IN_REVIEW, OutcomeReason.CONNECTED_AT_SCHOOL,
    )  # fmt: skip
    county.settle("reviewer@example.org", urn=990001)
    county.until(time(7, 50))
    # Both bear the name that was given: nobody is alerted, and the school is rung.
    assert county.alerted() == []
    (notification,) = county.notifications("NAMED")
    steps = county.steps(notification.id)
    assert steps["key_adult"] == ("skipped", "connected")
    assert steps["call_sheet"] == ("done", None)


@pytest.mark.feature("RE11")
def test_a_protected_child_stays_protected_whoever_works_at_the_school(county: World) -> None:
    county.push("BOTH", child(connected_at_school=["Key Adult"], protected=["refuge"]))
    county.tick()
    (found,) = rows(county.wiring, InvolvedChild)
    assert (found.outcome, found.outcome_reason) == (Outcome.IN_REVIEW, OutcomeReason.PROTECTED)


def test_a_newer_version_brings_its_own_adults(county: World) -> None:
    county.push("AGAIN", child(), involved_adults=[THE_SISTER])
    county.push("AGAIN", child(), version=2)
    with county.wiring.database.read(PLATFORM) as session:
        newest = session.scalars(select(Incident).where(Incident.version == 2)).one()
        kept = session.scalars(
            select(ConnectedDigest).where(ConnectedDigest.incident_id == newest.id)
        ).all()
    assert kept == []
    county.until(time(7, 0))
    assert county.alerted()[0] == SISTER
