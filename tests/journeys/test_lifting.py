"""What becomes of a night whose restriction two people lift, and of what comes in after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.casework import lifting
from app.core.errors import Conflict, ServiceError
from app.core.scope import PLATFORM, Scope
from app.intake import receive
from app.intake.models import Incident
from app.intake.restrictions import RestrictionLift, WhyLifted
from notifications.models import ReviewStep
from notifications.states import NotificationState
from tests.journeys.restricted_force import GROUP, OUTSIDE, sees, with_group
from tests.journeys.world import FORCE, World, at, child
from tests.postgres import POSTGRES_ONLY

pytestmark = pytest.mark.feature("SE9")
OCCURRED: dict[str, Any] = {"occurred_from": at("2026-11-19", "23:00").isoformat()}
MEMBER, SECOND = GROUP


@pytest.fixture
def force(world: World) -> World:
    """A force with a group, and one restricted incident on which both were told of nothing yet."""
    with_group(world)
    world.push("N-1", child(), restricted_access=True, **OCCURRED)
    world.clock.advance(timedelta(minutes=10))
    return world


def ask(world: World, reference: str = "N-1") -> None:
    with world.wiring.database.write(world.scope_of(MEMBER)) as session:
        lifting.ask(
            session, world.acting(MEMBER), force=FORCE, reference=reference,
            reason=WhyLifted.MARKED_BY_MISTAKE,
        )  # fmt: skip


def answer(world: World, *, lifts: bool = True) -> None:
    """Let the second of the group answer the newest question."""
    with world.wiring.database.write(world.scope_of(SECOND)) as session:
        newest = select(RestrictionLift.id).order_by(RestrictionLift.asked_at.desc()).limit(1)
        ident = session.scalars(newest).one()
        lifting.answer(session, world.acting(SECOND), ident=ident, lifts=lifts)


def lift(world: World) -> None:
    ask(world)
    answer(world)


def restricted_versions(session: Session) -> int:
    found = select(func.count()).select_from(Incident).where(Incident.restricted_access)
    return session.scalar(found) or 0


def test_once_two_people_lifted_it_the_force_finds_it_and_acts_on_it_as_on_any(
    force: World,
) -> None:
    force.until(time(6, 30))
    assert sees(force, OUTSIDE[0]) == set()
    ask(force)
    assert sees(force, OUTSIDE[0]) == set()
    answer(force)
    assert sees(force, OUTSIDE[0]) == sees(force, MEMBER) == {"N-1"}
    force.until(time(7, 31))
    (notification,) = force.notifications("N-1")
    assert notification.state is NotificationState.READY


def test_a_further_version_is_open_unless_it_says_that_it_is_restricted(force: World) -> None:
    lift(force)
    force.clock.advance(timedelta(minutes=10))
    force.push("N-1", child(presence="saw"), version=2, **OCCURRED)
    force.tick()
    assert sees(force, OUTSIDE[0]) == {"N-1"}
    # What was pushed before says the same again, and is no news.
    force.push("N-1", child(), restricted_access=True, **OCCURRED)
    force.tick()
    assert sees(force, OUTSIDE[0]) == {"N-1"}
    force.push("N-1", child(presence="saw"), version=3, restricted_access=True, **OCCURRED)
    force.tick()
    assert sees(force, OUTSIDE[0]) == set()
    assert sees(force, MEMBER) == {"N-1"}
    with force.wiring.database.read(PLATFORM) as session:
        assert restricted_versions(session) == 3


def test_what_is_restricted_anew_is_another_message_and_not_the_one_that_all_saw(
    force: World,
) -> None:
    force.until(time(7, 0))
    (before,) = force.notifications("N-1")
    lift(force)
    force.clock.advance(timedelta(minutes=5))
    force.push("N-1", child(), version=2, restricted_access=True, **OCCURRED)
    force.tick()
    states = {one.id: one.state for one in force.notifications("N-1")}
    assert states.pop(before.id) is NotificationState.RECALLED
    assert len(states) == 1


def test_a_version_that_came_after_the_question_has_to_be_looked_at_first(force: World) -> None:
    ask(force)
    force.clock.advance(timedelta(minutes=1))
    force.push("N-1", child(presence="saw"), version=2, **OCCURRED)
    with pytest.raises(Conflict, match="newer version"):
        answer(force)
    assert sees(force, OUTSIDE[0]) == set()
    # The question about what there was is over: it can be asked anew at once.
    lift(force)
    assert sees(force, OUTSIDE[0]) == {"N-1"}


def test_what_was_left_out_for_a_restricted_child_is_taken_up_once_it_is_lifted(
    force: World,
) -> None:
    force.push("N-2", child(education={"school_name": "St Marys"}), restricted_access=True)
    force.until(time(15, 1))
    left_out = {kind for kind, step in force.review_steps().items() if step[1] == "restricted"}
    assert left_out == {"council_lookup", "council_officer"}
    with force.wiring.database.write(force.scope_of(MEMBER)) as session:
        lifting.ask(
            session, force.acting(MEMBER), force=FORCE, reference="N-2",
            reason=WhyLifted.MARKED_BY_MISTAKE,
        )  # fmt: skip
    answer(force)
    force.tick()
    with force.wiring.database.read(PLATFORM) as session:
        taken = set(
            session.scalars(
                select(ReviewStep.kind).where(
                    ReviewStep.kind.in_(left_out),
                    ReviewStep.reason_code.is_distinct_from("restricted"),
                )
            )
        )
    assert taken == left_out


@POSTGRES_ONLY
def test_a_version_that_is_being_stored_while_two_people_agree_is_never_left_half_open(
    force: World,
) -> None:
    ask(force)
    force.clock.advance(timedelta(minutes=1))
    pushed = force.submission("N-1", child(), version=2, restricted_access=True, **OCCURRED)
    with ThreadPoolExecutor(1) as beside:
        with force.wiring.database.write(Scope(forces=frozenset({FORCE}))) as session:
            receive.receive(session, force.wiring.cipher, [pushed], now=force.now)
            agreeing = beside.submit(answer, force)
            with pytest.raises(TimeoutError):
                agreeing.result(0.5)
        with pytest.raises(ServiceError):
            agreeing.result(30)
    with force.wiring.database.read(PLATFORM) as session:
        assert restricted_versions(session) == 2
