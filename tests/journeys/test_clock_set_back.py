"""A morning on which the clock ran an hour ahead and was set right."""

from datetime import datetime

import pytest

from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from tests.journeys.world import World, at, child

DAY = "2026-11-20"


def alerted_by(world: World, clock_time: str) -> datetime:
    """Tick each minute until somebody was alerted; return when."""
    while not world.alerted():
        assert world.now < at(DAY, clock_time)
        world.clock.move_to(at(DAY, f"{world.now:%H}:{world.now.minute + 1:02}"))
        world.tick()
    return world.now


@pytest.mark.feature("DL13")
def test_once_the_clock_is_right_again_the_first_alert_leaves_at_once(world: World) -> None:
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    world.clock.move_to(at(DAY, "01:10"))
    world.push("N-1", child())
    world.tick()
    assert world.alerted() == []
    world.may_fail = {"send_due", "morning_check"}
    # It is 06:31, and the provider sees that our clock is wrong.
    world.clock.move_to(at(DAY, "07:31"))
    channel.fail_next(*[ChannelError(ErrorKind.REFUSED, "clock_refused", seconds=900)] * 10)
    world.tick()
    assert world.alerted() == []
    channel._faults.clear()
    world.clock.move_to(at(DAY, "06:33"))
    assert alerted_by(world, "06:40") < at(DAY, "06:36")


def test_what_is_planned_for_half_past_six_does_not_leave_earlier(world: World) -> None:
    world.clock.move_to(at(DAY, "01:10"))
    world.push("N-1", child())
    for clock_time in ("01:11", "00:40", "04:00", "06:29"):
        world.clock.move_to(at(DAY, clock_time))
        world.tick()
        assert world.alerted() == []
    assert alerted_by(world, "06:35") == at(DAY, "06:30")
