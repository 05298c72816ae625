"""The first pupil morning: what is looked for again, by whom, and what stays as it is."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from schools.officers import Duty
from tests.journeys.world import COUNCIL, World, at, child

pytestmark = pytest.mark.feature("CA4")
REVIEWER, OFFICER = "reviewer@example.org", "cme@council.test"
PRIMARY = 990001
FIRST_MORNING = date(2026, 9, 2)


@pytest.fixture
def summer(world: World) -> World:
    world.clock.move_to(at("2026-08-03", "23:00"))
    world.calendar(
        f"council:{COUNCIL},term,2026-06-08,2026-07-21,,,,",
        f"council:{COUNCIL},term,2026-09-02,2026-10-23,,,,",
        f"council:{COUNCIL},term,2026-11-02,2026-12-18,,,,",
    )
    return world


def the_child(world: World) -> InvolvedChild:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(select(InvolvedChild)).one()


def test_the_doubt_of_a_child_once_held_is_put_before_a_person_again(summer: World) -> None:
    until = (summer.now + timedelta(hours=6)).isoformat()
    summer.push(
        "N-1", child(connected_at_school=["Sam Example"]),
        hold={"reason_code": "court_order", "account": "Lead", "until": until},
    )  # fmt: skip
    summer.until(time(6, 0), on=date(2026, 8, 4))
    summer.settle(REVIEWER, PRIMARY)
    summer.tick()
    assert the_child(summer).outcome is Outcome.SENT_TO_SCHOOL
    summer.clock.move_to(at("2026-09-02", "05:00"))
    summer.tick()
    found = the_child(summer)
    assert (found.outcome, found.outcome_reason) == (Outcome.IN_REVIEW, "connected_at_school")


def test_a_child_handed_over_in_august_is_looked_for_again_in_september(summer: World) -> None:
    summer.person(OFFICER, Role.COUNCIL_OFFICER, council=COUNCIL)
    summer.officer(Duty.COUNCIL_OFFICER, OFFICER, council=COUNCIL)
    summer.push("N-1", child(education={"status": "unknown"}))
    summer.until(time(15, 1), on=date(2026, 8, 4))
    found = the_child(summer)
    assert (found.outcome, found.return_on) == (Outcome.SENT_TO_COUNCIL, FIRST_MORNING)
    summer.clock.move_to(at("2026-09-02", "05:00"))
    summer.tick()
    assert the_child(summer).outcome is Outcome.IN_REVIEW
