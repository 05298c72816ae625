"""Cover: once a week the alert of a message with nothing behind it, so that it says nothing."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.casework.cover import last_test
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.key_file import Keys
from app.core.policies import add_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.cover_alerts import CAP, _cap, _Morning, _of_force
from app.jobs.in_hand import InHand
from app.jobs.runner import Poison, Runner, Tick
from app.watchdog import alerts as watching
from app.watchdog.looking import Look
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from notifications.cover import cover_id, days_in_turn, plan_cover
from notifications.models import Alert, AlertAbout
from notifications.states import AlertState
from schools.key_adult_details import email_digest
from tests.journeys.world import COUNCIL, FORCE, World, child

FIRST, SECOND, ONLY = "first@primary.test", "second@primary.test", "only@otherby.test"
EVERYBODY = (FIRST, SECOND, ONLY)
# Weeks of five school days; the clocks go back on the Sunday between the last two.
WEEK = date(2026, 11, 9)
ROUND_THE_CLOCK_CHANGE = (date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26))
TICKS = (time(6, 15), time(6, 30), time(6, 31), time(7, 15), time(7, 16), time(8, 31))


def covered(world: World, *, on: bool = True) -> World:
    """The county with an area, whose policy asks for cover from now on."""
    with world.wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=world.now, actor="operator:test")
    policy(world, on=on)
    return world


def policy(world: World, *, on: bool) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(weekly_cover=on), valid_from=world.now,
            approved_by="account:dpo", now=world.now,
        )  # fmt: skip


def start(world: World, monday: date) -> None:
    """Move to the Sunday evening before a week."""
    world.clock.move_to(at_london(monday - timedelta(days=1), time(20, 0)))


def day(world: World, on: date, times: Sequence[time] = TICKS) -> list[tuple[time, str]]:
    """Play one morning; return the tick after which somebody had an alert, and who."""
    found = []
    for clock_time in times:
        before = len(world.alerts)
        world.clock.move_to(at_london(on, clock_time))
        world.tick()
        found += [(clock_time, who) for who in world.alerted()[before:]]
    return found


def turn(world: World, email: str, monday: date = WEEK) -> date:
    """The day on which a mailbox has its turn in a week of five school days."""
    return days_in_turn(world.wiring.cipher, email_digest(world.wiring.cipher, email), monday)[0]


def covers(world: World) -> list[Alert]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(Alert).order_by(Alert.planned_at)).all()
        return [row for row in rows if (row.about or "").startswith("cover:")]


def recording(world: World) -> RecordingChannel:
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    return channel


def look(world: World) -> Sequence[str]:
    """What the watchdog finds of alerts now."""
    with world.wiring.database.read(PLATFORM) as session:
        seen = Look(session, world.now)
        checks = (watching.without_status, watching.delivery_failing, watching.nobody_opens)
        return [finding.code.value for check in checks for finding in check(seen)]


def test_without_the_policy_nobody_hears_anything(world: World) -> None:
    start(world, WEEK)
    covered(world, on=False)
    assert [day(world, WEEK + timedelta(days=n)) for n in range(5)] == [[]] * 5


def test_each_mailbox_has_one_a_week_on_a_day_of_its_own_at_the_hour_of_real_ones(
    world: World,
) -> None:
    start(world, WEEK)
    covered(world)
    heard: list[tuple[date, time, str]] = []
    for n in range(6):
        on = WEEK + timedelta(days=n)
        heard += [(on, at, who) for at, who in day(world, on)]
    assert sorted(heard) == sorted(
        # Planned at the end of a tick and sent by the next: 06:30 for who is first, 07:15 after.
        (turn(world, who), time(7, 16) if who == SECOND else time(6, 31), who)
        for who in EVERYBODY
    )


def test_days_are_drawn_by_a_key_stay_the_same_and_differ(world: World) -> None:
    cipher, other = world.wiring.cipher, Cipher(Keys.generate())
    boxes = [bytes([n]) * 32 for n in range(120)]
    drawn = [days_in_turn(cipher, box, WEEK) for box in boxes]
    assert drawn == [days_in_turn(cipher, box, WEEK + timedelta(days=4)) for box in boxes]
    assert all(set(days) == {WEEK + timedelta(days=n) for n in range(5)} for days in drawn)
    assert set(Counter(days[0] for days in drawn)) == set(drawn[0])
    assert drawn != [days_in_turn(other, box, WEEK) for box in boxes]
    later = [days_in_turn(cipher, box, WEEK + timedelta(days=7))[0] for box in boxes]
    assert [one.weekday() for one in later] != [days[0].weekday() for days in drawn]
    assert {cover_id(cipher, box, WEEK).version for box in boxes} == {4}


def test_where_the_day_drawn_is_no_school_day_the_next_in_turn_is(world: World) -> None:
    start(world, WEEK)
    covered(world)
    first, second = days_in_turn(
        world.wiring.cipher, email_digest(world.wiring.cipher, ONLY), WEEK
    )[:2]  # fmt: skip
    world.calendar(f"990002,closed,{first},{first},,,,")
    days = [WEEK + timedelta(days=n) for n in range(5)]
    assert [on for on in days if ONLY in [who for _, who in day(world, on)]] == [second]


def test_no_byte_tells_it_from_a_real_one(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    world.clock.move_to(at_london(on, time(1, 0)))
    world.push("N-1", child())
    day(world, on)
    sent = {one.message.address: one for one in recording(world).sent}
    real, cover = sent[FIRST], sent[ONLY]
    assert {row.id for row in covers(world)} >= {cover.message.alert_id}
    assert real.message.alert_id not in {row.id for row in covers(world)}
    own = (b"date:", b"message-id:", b"to:")

    def alike(raw: bytes) -> list[bytes]:
        return [line for line in raw.splitlines() if not line.lower().startswith(own)]

    assert alike(real.raw) == alike(cover.raw)
    assert [len(one.raw.splitlines()) for one in (real, cover)] == [len(real.raw.splitlines())] * 2
    assert cover.message.alert_id.version == real.message.alert_id.version == 4


def test_several_schedulers_and_a_restart_send_one(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    runners = [Runner(world.wiring, PIPELINE, owner=f"scheduler {n}") for n in range(3)]
    for minute in (30, 31, 32, 40):
        world.clock.move_to(at_london(on, time(6, minute)))
        for runner in runners:
            runner.run_pipeline()
        world.restart()
        world.tick()
    assert Counter(world.alerted())[ONLY] == 1


def test_two_who_plan_the_same_week_at_once_plan_one(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    world.clock.move_to(at_london(on, time(6, 30)))
    tick = Runner(world.wiring, PIPELINE, owner="one")
    with world.wiring.database.read(PLATFORM) as session:
        turns = list(
            _of_force(
                session, world.wiring.cipher,
                _Morning(FORCE, Policy(weekly_cover=True), on, world.now),
            )
        )  # fmt: skip
    mine = next(one for one in turns if one.to.urn == 990002)
    tick.run_step("cover_alerts")
    with world.wiring.database.write(PLATFORM) as session:
        again = plan_cover(
            session, world.wiring.cipher, mine.to, mailbox=mine.mailbox, now=world.now
        )
    assert (again, len([row for row in covers(world) if row.urn == 990002])) == (False, 1)


def test_a_week_is_a_week_when_the_clocks_change(world: World) -> None:
    start(world, ROUND_THE_CLOCK_CHANGE[0])
    covered(world)
    for monday in ROUND_THE_CLOCK_CHANGE[:1] + ROUND_THE_CLOCK_CHANGE[2:]:
        heard = []
        for n in range(5):
            heard += day(world, monday + timedelta(days=n))
        at = {who: clock_time for clock_time, who in heard}
        assert at == {FIRST: time(6, 31), ONLY: time(6, 31), SECOND: time(7, 16)}
        assert len(heard) == len(at)


def test_whoever_is_alerted_that_morning_is_covered_by_it_and_the_others_have_their_own(
    world: World,
) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, FIRST)
    world.clock.move_to(at_london(on, time(1, 0)))
    world.push("N-1", child())
    heard = day(world, on, (*TICKS[:3],))
    assert Counter(who for _, who in heard)[FIRST] == 1
    assert {row.urn for row in covers(world)} <= {990002}
    # Else what follows that day would be caught up with on the morning after.
    world.until(time(20, 0))
    rest = [WEEK + timedelta(days=n) for n in range(5) if WEEK + timedelta(days=n) > on]
    for one in rest:
        day(world, one)
    mine = [row for row in covers(world) if row.urn == 990001]
    # The colleague's turn does not depend on what the school is told.
    assert len(mine) == (turn(world, SECOND) > on)


def test_a_real_alert_never_waits_for_cover_that_is_being_tried_again(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, FIRST)
    world.may_fail = {"send_due"}
    day(world, on, (time(6, 30),))
    recording(world).fail_next(
        *(ChannelError(ErrorKind.TEMPORARY, "recipient_451") for _ in covers(world))
    )
    day(world, on, (time(6, 31),))
    retried = next(row for row in covers(world) if row.urn == 990001)
    assert (retried.state, retried.attempts) == (AlertState.PLANNED, 1)
    world.push("N-1", child())
    world.tick()
    real = [row for row in world.alerts if row[0] != str(retried.id)]
    assert [who for _, who in real if who == FIRST] == [FIRST]
    assert next(row for row in covers(world) if row.id == retried.id).attempts == 1


def test_what_is_not_sent_by_the_schools_deadline_is_taken_back(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    world.may_fail = {"send_due"}
    day(world, on, (time(6, 30),))
    down = [ChannelError(ErrorKind.TEMPORARY, "recipient_451")] * 50
    recording(world).fail_next(*down)
    day(world, on, (time(6, 31), time(6, 50), time(8, 29)))
    assert {row.state for row in covers(world)} == {AlertState.PLANNED}
    day(world, on, (time(8, 31), time(8, 45)))
    assert {row.state for row in covers(world)} == {AlertState.NOT_NEEDED}
    assert world.alerted() == []


def test_it_is_taken_back_when_the_force_wants_no_more(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    day(world, on, (time(6, 30),))
    assert covers(world)
    policy(world, on=False)
    Runner(world.wiring, PIPELINE, owner="test").run_step("cover_alerts")
    assert {row.state for row in covers(world)} == {AlertState.NOT_NEEDED}


def test_none_is_planned_while_a_real_one_waits_and_never_more_than_the_cap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    world.clock.move_to(at_london(on, time(1, 0)))
    world.push("N-1", child())
    runner = Runner(world.wiring, PIPELINE, owner="test")
    for step in ("match_children", "compose_notifications"):
        runner.run_step(step)
    world.clock.move_to(at_london(on, time(6, 30)))
    for step in ("chase_untold", "cover_alerts"):
        runner.run_step(step)
    assert covers(world) == []
    runner.run_step("send_due")
    monkeypatch.setattr(sys.modules["app.jobs.cover_alerts"], "CAP", 0)
    runner.run_step("cover_alerts")
    assert covers(world) == []
    monkeypatch.undo()
    runner.run_step("cover_alerts")
    assert ONLY in {who for who in EVERYBODY if turn(world, who) == on}
    assert len([row for row in covers(world) if row.urn == 990002]) == 1


@pytest.mark.parametrize(("a_minute", "most"), [(None, CAP), (3000, CAP), (200, 20), (5, 1)])
def test_a_tick_takes_little_of_what_a_provider_may_be_handed_in_a_minute(
    world: World, a_minute: int | None, most: int
) -> None:
    recording(world).per_minute = a_minute
    assert (
        _cap(
            Tick(
                world.wiring,
                "cover_alerts",
                world.now,
                None,
                "t",
                Poison(),
                InHand(world.wiring.database, "cover_alerts"),
                0.0,
            )
        )
        == most
    )


def test_only_whom_it_went_to_reads_that_it_was_a_test_and_only_while_the_policy_is_on(
    world: World,
) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    day(world, on, TICKS[:3])
    told = {who: told_of(world, who) for who in EVERYBODY}
    at = told[ONLY]
    assert at is not None
    assert london_date(at) == on
    sent = {who for who in EVERYBODY if who in world.alerted()}
    assert {who for who, when in told.items() if when is not None} == sent
    policy(world, on=False)
    assert told_of(world, ONLY) is None
    policy(world, on=True)
    assert told_of(world, ONLY) is not None
    # Seen, and over: the next day it is no news.
    world.clock.move_to(at_london(on + timedelta(days=1), time(5, 0)))
    assert told_of(world, ONLY) is None


def told_of(world: World, email: str) -> datetime | None:
    with world.wiring.database.write(world.scope_of(email)) as session:
        return last_test(session, world.acting(email))


def test_the_watchdog_takes_cover_for_nothing_that_somebody_waits_for(world: World) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    world.may_fail = {"send_due"}
    day(world, on, (time(6, 30),))
    recording(world).fail_next(*[ChannelError(ErrorKind.TEMPORARY, "recipient_451")] * 50)
    day(world, on, (time(6, 31), time(7, 0)))
    assert covers(world)
    assert look(world) == []
    with world.wiring.database.write(PLATFORM) as session:
        for row in session.scalars(select(Alert)).all():
            row.state, row.settled_at = AlertState.ATTEMPTING, None
            row.lease_until, row.lease_owner = world.now, "test"
            session.flush()
            row.state, row.settled_at = AlertState.FAILED, world.now
            row.lease_until, row.lease_owner = None, None
    assert look(world) == []
    assert world.imbalances == []


@pytest.mark.parametrize("seen", [False, True])
def test_a_provider_that_swallows_everything_shows_by_cover_that_nobody_came_to_see(
    world: World, seen: bool
) -> None:
    start(world, WEEK)
    covered(world)
    on = turn(world, ONLY)
    day(world, on, (time(6, 30), time(6, 31)))
    template = next(row for row in covers(world) if row.urn == 990002)
    world.clock.move_to(at_london(on, time(8, 0)))
    with world.wiring.database.write(PLATFORM) as session:
        for back in (0, 3):
            for n in range(16):
                alert_id = cover_id(world.wiring.cipher, bytes([n]) * 32, on - timedelta(days=back))
                if back == 0:
                    alert_id = cover_id(world.wiring.cipher, bytes([100 + n]) * 32, on)
                owned = {"force": FORCE, "urn": 990002, "council": COUNCIL}
                at = template.handed_over_at
                assert at is not None
                session.add(
                    Alert(
                        **owned, id=alert_id, key_adult_id=template.key_adult_id,
                        about=template.about, medium=template.medium, channel=template.channel,
                        state=AlertState.HANDED_OVER, template=template.template,
                        planned_at=at, next_attempt_at=at, due_at=at, settled_at=at,
                        handed_over_at=at - timedelta(days=back),
                    )
                )  # fmt: skip
                session.flush()
                if (back and n < 9) or (seen and not back and n == 0):
                    session.add(AlertAbout(**owned, alert_id=alert_id, about="cover:seen"))
    assert ("nobody_opens" in look(world)) is not seen
