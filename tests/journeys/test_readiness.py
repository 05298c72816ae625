"""Every evening at 18:00: who could not receive tomorrow, and who covers for the force."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.access.forces import set_area
from app.access.models import Account, ForceArea
from app.access.permissions import Role
from app.access.restricted import members_of, set_group
from app.core.policy import Desk, HolidayPolicy, Ladder, Matching, Policy, Timing
from app.core.scope import PLATFORM
from app.reports.readiness import Gap, Readiness, force_readiness
from app.wiring import Wiring
from schools.models import KeyAdult
from schools.officers import Duty, add_officer
from schools.readiness_models import ReadinessCheck
from tests.journeys.world import COUNCIL, FORCE, World, at

LEAD = "lead.rota@example.org"


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.clock.move_to(at("2026-11-19", "12:00"))
    made.school(990001, "Exampleton Primary School", key_adults=("dsl@example.org",))
    made.school(990002, "Sampleford Primary School")
    with wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=made.now, actor="operator:test")
        add_officer(
            session, wiring.cipher, owner=f"force:{FORCE}", duty=Duty.FORCE_LEAD, position=1,
            name="Lee Doe", email=LEAD, telephone=None, account_id=None, now=made.now,
            verified=True,
        )  # fmt: skip
    return made


def checks(world: World) -> list[ReadinessCheck]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = list(session.scalars(select(ReadinessCheck).order_by(ReadinessCheck.on_date)))
        session.expunge_all()
        return rows


def readiness(world: World, policy: Policy | None = None, **people: Any) -> Readiness:
    with world.wiring.database.read(PLATFORM) as session:
        return force_readiness(
            session, world.wiring.cipher, force=FORCE, on=date(2026, 11, 20),
            policy=policy or Policy(), **people,
        )  # fmt: skip


@pytest.mark.feature("RE7")
def test_the_evening_keeps_who_could_not_receive_and_alerts_the_lead_once(world: World) -> None:
    world.clock.move_to(at("2026-11-19", "17:59"))
    world.tick()
    assert checks(world) == []
    world.clock.move_to(at("2026-11-19", "18:00"))
    world.tick()
    world.clock.move_to(at("2026-11-19", "18:01"))
    world.tick()
    (check,) = checks(world)
    assert (check.on_date, check.schools, check.not_ready) == (date(2026, 11, 20), 2, 1)
    assert check.reasons == {"no_key_adult": 1}
    assert world.alerted() == [LEAD]


@pytest.mark.parametrize("day", ["2026-10-24", "2026-10-25", "2027-03-28", "2027-07-01"])
def test_the_check_comes_at_six_by_the_clock_on_the_wall(world: World, day: str) -> None:
    world.may_fail = {"morning_check"}
    world.clock.move_to(at(day, "17:59"))
    world.tick()
    before = len(checks(world))
    world.clock.move_to(at(day, "18:00"))
    world.tick()
    assert (before, len(checks(world))) == (0, 1)


@pytest.mark.feature("RE7")
def test_a_key_adult_whose_record_does_not_open_cannot_receive(world: World) -> None:
    assert [one.urn for one in readiness(world).not_ready] == [990002]
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(KeyAdult).values(sealed=b"spoilt"))
    found = readiness(world).not_ready
    assert [(one.urn, one.reason_code) for one in found] == [
        (990001, "unreadable"), (990002, "no_key_adult"),
    ]  # fmt: skip


def test_a_force_that_polices_nowhere_is_told_so(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(delete(ForceArea))
    assert readiness(world).schools == 0
    assert Gap.AREA_UNKNOWN in readiness(world).gaps


@pytest.mark.feature("ES8")
def test_a_policy_that_lost_the_people_it_needs_rings_in_the_evening(world: World) -> None:
    """Stored while a second reviewer was named, who never enrolled, or has left since."""
    several = Policy(matching=Matching(second_person_for_several=True))
    alone = several.model_copy(update={"desk": Desk(size=1)})
    world.person("second@example.org", Role.REVIEWER, force=FORCE)
    assert Gap.POLICY_NOT_FOLLOWABLE not in readiness(world).gaps
    found = readiness(world, several)
    assert Gap.POLICY_NOT_FOLLOWABLE in found.gaps
    assert found.alarm
    # One person alone has the second look afterwards.
    assert Gap.POLICY_NOT_FOLLOWABLE not in readiness(world, alone).gaps
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Account).values(enrolled_at=world.now))
    assert Gap.POLICY_NOT_FOLLOWABLE not in readiness(world, several).gaps
    backwards = Policy(ladder=Ladder(call_sheet=10))
    assert Gap.POLICY_NOT_FOLLOWABLE in readiness(world, backwards).gaps


@pytest.mark.feature("ES8")
def test_a_council_that_answers_in_holidays_needs_an_officer_who_can_receive(world: World) -> None:
    council = Policy(timing=Timing(holiday=HolidayPolicy.COUNCIL))
    assert Gap.POLICY_NOT_FOLLOWABLE in readiness(world, council).gaps
    world.officer(Duty.COUNCIL_OFFICER, "officer@council.test", council=COUNCIL)
    assert Gap.POLICY_NOT_FOLLOWABLE not in readiness(world, council).gaps


@pytest.mark.feature("RE7")
def test_the_force_s_own_gaps_are_named_until_each_is_closed(world: World) -> None:
    """Accounts in a journey are not enrolled: at first nobody can sign in at all."""
    found = readiness(world)
    assert found.alarm
    assert set(found.gaps) == {
        Gap.REVIEWER_MISSING, Gap.DESK_MISSING, Gap.LEAD_MISSING, Gap.DUTY_OFFICER_MISSING,
        Gap.RESTRICTED_GROUP_MISSING,
    }  # fmt: skip
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Account).values(enrolled_at=world.now))
        add_officer(
            session, world.wiring.cipher, owner=f"force:{FORCE}", duty=Duty.DUTY_OFFICER,
            position=1, name="Dee Roe", email="duty@example.org", telephone=None,
            account_id=None, now=world.now,
        )  # fmt: skip
    group(world, "desk@example.org", Duty.FORCE_LEAD)
    assert Gap.RESTRICTED_GROUP_SMALL in readiness(world).gaps
    group(world, "reviewer@example.org", Duty.REVIEWER)
    found = readiness(world)
    assert not found.alarm
    assert set(found.gaps) == {
        Gap.SECOND_REVIEWER_MISSING, Gap.DUTY_OFFICER_WITHOUT_NUMBER, Gap.DUTY_OFFICER_UNTESTED,
        Gap.STAND_IN_MISSING,
    }  # fmt: skip
    with world.wiring.database.write(PLATFORM) as session:
        add_officer(
            session, world.wiring.cipher, owner=f"force:{FORCE}", duty=Duty.DUTY_OFFICER,
            position=2, name="Max Poe", email="second@example.org", telephone="07700 900002",
            account_id=None, now=world.now, verified=True,
        )  # fmt: skip
    assert readiness(world).gaps == (Gap.SECOND_REVIEWER_MISSING,)
    assert readiness(world, Policy(desk=Desk(size=1))).gaps == ()


def group(world: World, email: str, duty: Duty) -> None:
    """Let somebody more see restricted incidents, and be alerted."""
    world.officer(duty, email)
    with world.wiring.database.write(PLATFORM) as session:
        set_group(
            session, force=FORCE, accounts={*members_of(session, FORCE), world.people[email].id},
            now=world.now, actor="operator:test",
        )  # fmt: skip
