"""Content is erased when its time is over by the policy of its force, and not a day before."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.cipher import Erased
from app.core.keys import open_key
from app.core.models import AuditEntry, ContentKey
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.wiring import Wiring
from tests.journeys.world import World, at, child


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.school(990001, "Exampleton Primary School", key_adults=["first@primary.test"])
    made.clock.move_to(at("2026-11-20", "01:10"))
    made.push("TOLD", child())
    made.push("OVER-18", child(date_of_birth="2000-03-02", education={"status": "unknown"}))
    made.push("WAITS", child(forename="Bela", education={"status": "unknown"}))
    made.tick()
    made.clock.move_to(at("2026-11-20", "07:10"))
    made.open("first@primary.test", made.notifications("TOLD")[0].id)
    return made


def erased(world: World) -> set[str]:
    with world.wiring.database.read(PLATFORM) as session:
        return set(
            session.scalars(
                select(Incident.reference)
                .join(ContentKey, ContentKey.id == Incident.content_key_id)
                .where(ContentKey.destroyed_at.is_not(None))
            )
        )


def after(world: World, days: int) -> datetime:
    return world.clock.move_to(at("2026-11-20", "07:10") + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "gone"),
    [(29, set()), (31, {"OVER-18"}), (89, {"OVER-18"}), (91, {"OVER-18", "TOLD"})],
)
def test_told_is_kept_ninety_days_and_not_notified_thirty(
    world: World, days: int, gone: set[str]
) -> None:
    after(world, days)
    world.runner.run_step("purge_expired")
    assert erased(world) == gone


def test_a_child_that_is_still_open_is_never_erased(world: World) -> None:
    after(world, 400)
    world.runner.run_step("purge_expired")
    assert "WAITS" not in erased(world)


def test_erasing_leaves_the_trail_and_nothing_by_which_a_child_is_known(world: World) -> None:
    after(world, 91)
    world.runner.run_step("purge_expired")
    with world.wiring.database.read(PLATFORM) as session:
        incident = session.scalars(select(Incident).where(Incident.reference == "TOLD")).one()
        with pytest.raises(Erased):
            open_key(session, world.wiring.cipher, incident.content_key_id)
        row = session.scalars(
            select(InvolvedChild).where(InvolvedChild.incident_id == incident.id)
        ).one()
        assert row.person_digest is None
        events = session.scalars(
            select(AuditEntry.event).where(AuditEntry.subject == f"incident:{incident.id}")
        ).all()
        assert "retention:content:erased" in events
