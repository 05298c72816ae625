"""The morning's digest: each lead is told once that something waits, and nothing else."""

from datetime import date, time

import pytest
from sqlalchemy import select

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.channels.recording import RecordingChannel
from notifications.models import AlertAbout
from notifications.summary_models import TimelinessDay
from schools.officers import Duty
from tests.journeys.world import FORCE, World, at, child

DAY = "2026-11-20"


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.school(990001, "Exampleton Primary School", key_adults=["first@primary.test"])
    made.school(990002, "Elsewhere Primary School", la_code="998", la_name="Elsewhere")
    made.officer(Duty.FORCE_LEAD, "lead@force.test")
    made.officer(Duty.COUNCIL_LEAD, "lead@council.test", council="999")
    made.officer(Duty.COUNCIL_LEAD, "lead@other.test", council="998")
    made.clock.move_to(at(DAY, "01:10"))
    return made


def told(world: World) -> list[str]:
    return [one for one in world.alerted() if one.startswith("lead@")]


@pytest.mark.feature("RP8")
def test_leads_are_told_once_at_a_quarter_past_nine_and_no_figure_leaves(world: World) -> None:
    world.push("ONE", child())
    world.tick()
    (message,) = world.notifications("ONE")
    world.clock.move_to(at(DAY, "06:40"))
    world.tick()
    world.open("first@primary.test", message.id)
    world.clock.move_to(at(DAY, "09:14"))
    world.tick()
    assert told(world) == []
    for clock_time in ("09:15", "09:16", "11:00"):
        world.clock.move_to(at(DAY, clock_time))
        world.tick()
        assert sorted(told(world)) == ["lead@council.test", "lead@force.test"]
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    for sent in channel.sent:
        if sent.message.address.startswith("lead@"):
            assert (sent.message.template, sent.message.extra) == ("review", {})
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(AuditEntry.subject, AuditEntry.detail).where(
                AuditEntry.event == Event.DIGEST_SENT
            )
        ).all()
        abouts = set(session.scalars(select(AlertAbout.about)))
        day = session.get_one(TimelinessDay, (FORCE, date(2026, 11, 20)))
    assert [tuple(row) for row in rows] == [(f"digest:{DAY}", {"leads": 2})]
    assert f"digest:{FORCE}:{DAY}" in abouts
    # The figures of the day are added up meanwhile, for who reads of all forces.
    assert (day.due, day.told_in_time, day.not_told) == (1, 1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nothing_was_due_and_nothing_is_open_nobody_is_told(world: World) -> None:
    world.until(time(10, 0))
    assert told(world) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_service_that_was_away_until_noon_sends_no_digest(world: World) -> None:
    world.push("ONE", child())
    world.clock.move_to(at(DAY, "12:00"))
    world.tick()
    with world.wiring.database.read(PLATFORM) as session:
        abouts = set(session.scalars(select(AlertAbout.about)))
    assert not [one for one in abouts if one.startswith("digest:")]
