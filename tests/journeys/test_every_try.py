"""Every try of an alert stands on the timeline: when, by which provider, and what it said."""

from datetime import time

import pytest

from app.access.permissions import Role
from app.casework.timeline import Moment, timeline
from app.core.audit import Event
from app.core.errors import NotFound
from app.wiring import Wiring
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from tests.journeys.world import World, at, child


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.clock.move_to(at("2026-11-20", "01:10"))
    made.school(990001, "Exampleton Primary School", key_adults=("dsl@example.org",))
    made.another_force("98", "Otherset Police")
    made.person("desk.98@example.org", Role.FORCE_DESK, force="98")
    return made


def story(world: World, email: str) -> list[Moment]:
    (message,) = world.notifications("N-1")
    with world.wiring.database.write(world.scope_of(email)) as session:
        return list(timeline(session, world.acting(email), notification_id=message.id).moments)


@pytest.mark.feature("RP5")
def test_each_try_is_there_with_its_instant_and_what_the_provider_said(world: World) -> None:
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    world.push("N-1", child())
    world.may_fail = {"send_due"}
    channel.fail_next(
        ChannelError(ErrorKind.TEMPORARY, "recipient_451"),
        ChannelError(ErrorKind.UNKNOWN, "lost_at_final_dot"),
    )
    world.until(time(6, 45))
    found = [one for one in story(world, "desk@example.org") if one.kind == "try"]
    assert [(one.code, one.reason, one.who) for one in found] == [
        (Event.ALERT_TRIED, "recording: recipient_451", "to a key adult"),
        (Event.ALERT_TRIED, "recording: lost_at_final_dot", "to a key adult"),
        (Event.ALERT_HANDED_OVER, "recording", "to a key adult"),
    ]
    first, second, third = (one.at for one in found)
    assert (second - first).total_seconds() >= 15
    assert (third - second).total_seconds() >= 60
    assert len(channel.sent) == 1


def test_a_desk_of_another_force_finds_no_story(world: World) -> None:
    world.push("N-1", child())
    world.until(time(6, 45))
    assert story(world, "desk@example.org")
    with pytest.raises(NotFound):
        story(world, "desk.98@example.org")
    with pytest.raises(NotFound):
        story(world, "dsl@example.org")
