"""A child no school is told of, who stays at risk: not told until another service was."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.access.permissions import Role
from app.casework import other_services
from app.casework.other_services import Means, Said, Service
from app.core.errors import Conflict, Invalid, NotFound
from app.core.scope import PLATFORM
from app.intake.outcomes import Outcome
from app.reports.told import Told
from notifications.models import Alert, AlertAbout
from schools.officers import Duty, Officer
from tests.journeys.world import FORCE, World, at, child

pytestmark = pytest.mark.feature("RP3")
DESK = "desk@example.org"
UNBORN = {"education": {"status": "unborn"}, "forename": None, "date_of_birth": None}


def states(world: World, on: str = "2026-11-20") -> dict[str, tuple[Outcome, Told]]:
    rows = world.board_on(date.fromisoformat(on)).rows
    return {row.child_ref: (row.outcome, row.told) for row in rows}


def record(world: World, email: str, child_id: UUID, **changes: object) -> None:
    said = Said(
        Service.MIDWIFE, Means.TELEPHONE, world.now - timedelta(minutes=5), "MW-77"
    )  # fmt: skip
    for name, value in changes.items():
        object.__setattr__(said, name, value)
    with world.wiring.database.write(world.scope_of(email)) as session:
        other_services.record(session, world.acting(email), child_id=child_id, said=said)


@pytest.fixture
def unborn(world: World) -> UUID:
    """One unborn child, whose mother's other child is sent to the school."""
    world.officer(Duty.DUTY_OFFICER, "duty@example.org")
    world.officer(Duty.FORCE_LEAD, "lead@example.org")
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("A-1", child("c1"), child("c2", **UNBORN))
    world.until(time(2, 0))
    (row,) = [row for row in world.board.rows if row.child_ref == "c2"]
    return row.child_id


def test_an_unborn_child_is_not_told_day_after_day_until_the_desk_records_it(
    world: World, unborn: UUID
) -> None:
    assert states(world)["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_TOLD)
    (row,) = [row for row in world.board.rows if row.child_id == unborn]
    assert row.held_by.endswith("other service to be told")
    world.until(time(7, 0), on=date(2026, 11, 23))
    assert states(world, "2026-11-23")["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_TOLD)
    assert not world.board.all_told
    record(world, DESK, unborn)
    assert "c2" not in states(world, "2026-11-23")
    assert states(world)["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_NEEDED)
    with pytest.raises(Conflict):
        record(world, DESK, unborn)
    assert world.imbalances == []


def alerted(world: World, child_id: UUID) -> list[tuple[Duty, datetime]]:
    """Who was alerted about the child, and when."""
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(Officer.duty, Alert.planned_at)
            .join(AlertAbout, AlertAbout.alert_id == Alert.id)
            .join(Officer, Officer.id == Alert.officer_id)
            .where(AlertAbout.about == f"service:{child_id}")
            .order_by(Alert.planned_at, Officer.duty)
        ).all()
    return [(duty, planned_at) for duty, planned_at in rows]


def test_who_has_to_see_to_it_is_alerted_before_its_morning_and_each_day_until_it_is_recorded(
    world: World, unborn: UUID
) -> None:
    first = [(Duty.DUTY_OFFICER, at("2026-11-20", "07:30"))]
    second = [(Duty.DUTY_OFFICER, at("2026-11-21", "08:00"))]
    lead = [(Duty.FORCE_LEAD, at("2026-11-21", "08:00"))]
    for day, clock_time, expected in (
        (20, time(7, 29), []), (20, time(7, 30), first), (20, time(12, 0), first),
        (21, time(0, 5), first), (21, time(7, 59), first), (21, time(8, 0), first + second + lead),
        (21, time(15, 0), first + second + lead),
    ):  # fmt: skip
        world.until(clock_time, on=date(2026, 11, day))
        assert alerted(world, unborn) == expected
    record(world, DESK, unborn)
    world.until(time(9, 0), on=date(2026, 11, 22))
    assert alerted(world, unborn) == first + second + lead


def test_a_force_in_which_nobody_can_be_alerted_rings_until_somebody_can(
    world: World, unborn: UUID
) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Officer).values(contact_verified_at=None))
    world.may_fail.add("chase_services")
    world.until(time(7, 30))
    assert "chase_services" in world.failed
    assert alerted(world, unborn) == []
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Officer).values(contact_verified_at=world.now))
    world.until(time(8, 20))
    assert alerted(world, unborn) == [(Duty.DUTY_OFFICER, at("2026-11-20", "07:45"))]


def test_a_newer_version_keeps_what_was_recorded_for_the_same_reason(
    world: World, unborn: UUID
) -> None:
    record(world, DESK, unborn)
    world.push("A-1", child("c1"), child("c2", **UNBORN), version=2)
    world.tick()
    assert states(world)["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_NEEDED)
    world.push("A-1", child("c1"), child("c2", education={"status": "pre_school"}), version=3)
    world.tick()
    assert states(world)["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_TOLD)


def test_what_is_to_come_or_was_before_the_incident_is_no_telling(
    world: World, unborn: UUID
) -> None:
    for minutes in (5, -24 * 60):
        with pytest.raises(Invalid):
            record(world, DESK, unborn, told_at=world.now + timedelta(minutes=minutes))
    with pytest.raises(Invalid):
        record(world, DESK, unborn, reference="the midwife, Mrs Jones")
    assert states(world)["c2"] == (Outcome.NOT_NOTIFIED, Told.NOT_TOLD)


def test_only_the_desk_of_the_force_records_it(world: World, unborn: UUID) -> None:
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    for email in ("lead@example.org", "reviewer@example.org", "first@primary.test"):
        with pytest.raises(NotFound):
            record(world, email, unborn)
