"""Cover mail: the alert of a message on mornings without one, so that its arrival says nothing."""

from collections import Counter
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.core.clock import at_london
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import CoverMail, Policy
from app.core.scope import PLATFORM
from app.jobs.cover_mail import is_its_day
from app.wiring import Wiring
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from tests.journeys.world import COUNCIL, FORCE, World, at, child

FIRST, ONLY = "first@primary.test", "only@otherby.test"
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def covered(world: World, how: CoverMail) -> World:
    """The county, with an area, whose policy asks for cover from the evening before."""
    world.clock.move_to(at("2026-11-19", "20:00"))
    with world.wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=world.now, actor="operator:test")
        add_policy(
            session, FORCE, body=Policy(cover_mail=how), valid_from=world.now,
            approved_by="account:dpo", now=world.now,
        )  # fmt: skip
    return world


def morning(world: World, on: date) -> list[str]:
    """Play a morning; return who was alerted."""
    before = len(world.alerts)
    for clock_time in (time(6, 15), time(6, 30), time(6, 31), time(8, 29), time(8, 31)):
        world.clock.move_to(at_london(on, clock_time))
        world.tick()
    return sorted(world.alerted()[before:])


def planned(world: World) -> list[int]:
    """The schools for which a cover alert was planned, by the trail."""
    with world.wiring.database.read(PLATFORM) as session:
        trail = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "alert:cover:planned")
        ).all()
        return sorted(row.detail["urn"] for row in trail if row.detail)


def test_without_the_policy_no_school_hears_anything(world: World) -> None:
    assert morning(covered(world, CoverMail.OFF), FRIDAY) == []


@pytest.mark.parametrize("on", [FRIDAY, MONDAY])
def test_each_school_gets_one_alert_a_school_day_and_it_looks_like_a_messages(
    world: World, on: date
) -> None:
    covered(world, CoverMail.DAILY)
    world.clock.move_to(at(on.isoformat(), "01:10"))
    world.push("N-1", child())
    assert Counter(morning(world, on))[ONLY] == 1
    assert planned(world) == [990002]
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    sent = {one.message.address: one for one in channel.sent}
    assert ONLY in sent
    real, cover = sent[FIRST].message, sent[ONLY].message
    assert (real.template, real.extra) == (cover.template, cover.extra)
    own = {b"only@otherby.test": b"first@primary.test"}
    lines = {
        line
        for line in sent[FIRST].raw.splitlines()
        if not line.lower().startswith((b"date:", b"message-id:", b"to:"))
    }
    for line in sent[ONLY].raw.splitlines():
        if not line.lower().startswith((b"date:", b"message-id:", b"to:")):
            for one, other in own.items():
                assert line.replace(one, other) in lines


def test_no_alert_goes_where_there_is_no_school_today_or_nobody_to_receive(world: World) -> None:
    covered(world, CoverMail.DAILY)
    world.calendar("990002,closed,2026-11-20,2026-11-20,,,,")
    world.school(990003, "Sampleford School")
    assert morning(world, FRIDAY) == [FIRST]
    assert morning(world, FRIDAY + timedelta(days=1)) == []


def test_every_week_has_one_day_for_each_school_and_days_differ(wiring: Wiring) -> None:
    for urn in range(990001, 990030):
        days = Counter(
            (FRIDAY + timedelta(days=n)).isocalendar().week
            for n in range(3, 73)
            if is_its_day(wiring.cipher, urn, FRIDAY + timedelta(days=n))
        )
        assert set(days.values()) == {1}
        assert len(days) == 10
    drawn = Counter(
        (FRIDAY + timedelta(days=n)).weekday()
        for urn in range(990001, 990101)
        for n in range(3, 10)
        if is_its_day(wiring.cipher, urn, FRIDAY + timedelta(days=n))
    )
    assert set(drawn) == {0, 1, 2, 3, 4}


def test_once_a_week_each_school_has_its_turn(world: World) -> None:
    covered(world, CoverMail.WEEKLY)
    heard: list[str] = []
    for n in range(5):
        heard += morning(world, MONDAY + timedelta(days=n))
    assert sorted(heard) == [FIRST, ONLY]
    assert planned(world) == [990001, 990002]


def test_an_address_that_takes_no_mail_is_found_before_a_child_needs_it(world: World) -> None:
    covered(world, CoverMail.DAILY)
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    channel.fail_next(ChannelError(ErrorKind.PERMANENT, "550"))
    world.may_fail = {"send_due"}
    morning(world, FRIDAY)
    assert not world.imbalances
    with world.wiring.database.read(PLATFORM) as session:
        flagged = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "alert:delivery:failed")
        ).all()
    assert len(flagged) == 1
