"""What is said of tonight is what tonight does: the preview beside a real night, kind by kind."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.access.permissions import Role
from app.casework.officers import add as add_officer
from app.casework.tonight import Tonight, tonight
from app.core.clock import london_date
from app.core.policies import add_policy
from app.core.policy import HolidayPolicy, Policy, Timing
from app.core.scope import PLATFORM
from notifications.models import EscalationStep
from notifications.states import StepKind
from schools.key_adults import contacts_of
from schools.models import KeyAdultAbsence
from schools.officers import Duty
from tests.journeys.world import COUNCIL, FORCE, World, at, child

PRIMARY = 990001
TERMS = (
    f"council:{COUNCIL},term,2026-06-08,2026-07-21,,,,",
    f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
    f"council:{COUNCIL},term,2026-11-02,2026-12-18,,,,",
)


def said(world: World, email: str = "desk@example.org") -> Tonight:
    with world.wiring.database.write(world.scope_of(email)) as session:
        return tonight(session, world.acting(email), urn=PRIMARY)


def planned(world: World) -> dict[StepKind, object]:
    (notification,) = world.notifications("N-1")
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(EscalationStep).where(EscalationStep.notification_id == notification.id)
        ).all()
        return {row.kind: row.planned_at for row in rows}


@pytest.fixture
def register(world: World) -> World:
    world.person("register@example.org", Role.REGISTER_ADMIN)
    return world


@pytest.mark.parametrize(
    ("evening", "hours", "away"),
    [
        ("2026-11-19", "", ()),
        ("2026-11-19", "08:05", ()),
        ("2026-11-20", "", ()),  # a Friday
        ("2026-11-19", "", ("first@primary.test",)),
        ("2026-06-10", "08:40", ()),  # summer time
    ],
)
def test_the_steps_and_people_are_those_of_a_real_night(
    register: World, evening: str, hours: str, away: tuple[str, ...]
) -> None:
    world = register
    world.calendar(*TERMS)
    if hours:
        world.calendar(f"urn:{PRIMARY},hours,,,{hours},,,")
    world.clock.move_to(at(evening, "20:00"))
    for email in away:
        be_away(world, email)
    night = said(world, "register@example.org")
    following = london_date(world.now) + timedelta(days=1)
    world.clock.move_to(at(f"{following}", "03:00"))
    world.push("N-1", child())
    world.until(time(9, 30), on=night.due.told_day)
    (notification,) = world.notifications("N-1")
    assert notification.due_at == night.due.due_at
    assert planned(world) == {step.kind: step.at for step in night.steps}
    able = [one.name for one in night.people if one.reason_code is None]
    asked = ["Key Adult 2"] if away else ["Key Adult 1", "Key Adult 2"]
    assert able == asked
    first = {step.kind: [one.name for one in step.people] for step in night.steps}
    assert first[StepKind.KEY_ADULT] == asked[:1]
    wanted = ["first@primary.test", "second@primary.test"]
    assert world.chased()[: len(asked)] == [one for one in wanted if one not in away]


def be_away(world: World, email: str) -> None:
    on = london_date(world.now) + timedelta(days=1)
    with world.wiring.database.write(PLATFORM) as session:
        (found,) = (
            one
            for one in contacts_of(session, world.wiring.cipher, PRIMARY, on=on, policy=Policy())
            if one.email == email
        )
        session.add(KeyAdultAbsence(key_adult_id=found.key_adult_id, first_on=on, last_on=on))


@pytest.mark.parametrize("way", HolidayPolicy)
def test_in_a_holiday_it_is_what_the_force_chose(register: World, way: HolidayPolicy) -> None:
    world = register
    world.clock.move_to(at("2026-08-03", "20:00"))
    world.calendar(*TERMS)
    with world.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(timing=Timing(holiday=way)), valid_from=world.now,
            approved_by="account:lead", now=world.now,
        )  # fmt: skip
        set_area(session, code=FORCE, councils=[COUNCIL], now=world.now, actor="operator:test")
        add_officer(
            session, world.wiring.cipher, owner=f"council:{COUNCIL}", duty=Duty.COUNCIL_OFFICER,
            position=1, name="Olive Officer", email="olive@council.test", telephone=None,
            verified=True, now=world.now, actor="operator:test",
        )  # fmt: skip
    world.person("olive@council.test", Role.COUNCIL_OFFICER, council=COUNCIL)
    night = said(world, "register@example.org")
    assert night.holiday is way
    world.clock.move_to(at("2026-08-04", "03:00"))
    world.push("N-1", child())
    world.until(time(5), on=night.due.told_day)
    world.until(time(9, 30), on=night.due.told_day)
    (notification,) = world.notifications("N-1")
    assert notification.due_at == night.due.due_at
    assert planned(world) == {step.kind: step.at for step in night.steps}
    names = [one.name for one in night.people]
    school, officers = ["Key Adult 1", "Key Adult 2"], ["Olive Officer"]
    assert names == {
        HolidayPolicy.DELIVER: school + officers, HolidayPolicy.HOLD: school,
        HolidayPolicy.COUNCIL: officers,
    }[way]  # fmt: skip
    first = "olive@council.test" if way is HolidayPolicy.COUNCIL else "first@primary.test"
    assert world.chased()[0] == first
