"""From the push to the morning's board where somebody or something is not as on other days."""

import io
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from app.access.models import Account
from app.access.permissions import Grant, Role
from app.access.roles import grant_role
from app.casework import calling, key_adults
from app.core.errors import NotFound
from app.core.scope import PLATFORM
from app.reports.told import Told
from notifications.alerts import telling_words
from notifications.channels.recording import RecordingChannel
from notifications.models import CallSheetLine
from notifications.states import CallResult, NotificationState, ToldHow
from schools.key_adults import import_key_adults
from tests.journeys.mornings import FIRST, PRIMARY, SECOND, adult_of, the_one, told_in_time
from tests.journeys.world import FORCE, World, at, child

DESK = "desk@example.org"
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


@pytest.fixture(autouse=True)
def night(world: World) -> None:
    """Ten past one; a school's deadline is 08:30 and its first alert at 06:30."""
    world.clock.move_to(at("2026-11-20", "01:10"))


def tell_by_phone(world: World, email: str, *, trained: bool) -> None:
    """Ring the only school of the call sheet and tell what waits there."""
    with world.wiring.database.read(PLATFORM) as session:
        line_id = session.scalars(select(CallSheetLine.id)).one()
    with world.wiring.database.write(world.scope_of(email)) as session:
        calling.claim(session, world.acting(email), line_id=line_id)
    with world.wiring.database.write(world.scope_of(email)) as session:
        calling.show_content(session, world.acting(email), line_id=line_id)
    with world.wiring.database.write(world.scope_of(email)) as session:
        calling.record_call(
            session, world.acting(email), line_id=line_id, result=CallResult.TOLD,
            recipient_trained=trained,
        )  # fmt: skip


# The day


@pytest.mark.feature("CA2")
def test_a_night_before_an_inset_day_is_visible_at_once_and_due_when_pupils_are_back(
    world: World,
) -> None:
    world.calendar(f"{PRIMARY},inset,2026-11-20,2026-11-20,,,,Training")
    world.push("N-1", child())
    world.until(time(9, 30))
    assert the_one(world).state is NotificationState.READY
    assert the_one(world).due_at == at("2026-11-23", "08:30")
    assert (world.chased(), world.board.not_told) == ([], 0)
    world.until(time(6, 30), on=MONDAY)
    assert (world.chased(), world.board.not_told) == ([FIRST], 1)
    world.open(FIRST, the_one(world).id)
    assert (world.board.told_in_time, world.board.not_told) == (1, 0)
    assert world.imbalances == []


@pytest.mark.feature("CA2")
def test_who_comes_in_on_an_inset_day_may_open_it_then_and_nobody_is_asked_on_monday(
    world: World,
) -> None:
    world.calendar(f"{PRIMARY},inset,2026-11-20,2026-11-20,,,,Training")
    world.push("N-1", child())
    world.until(time(8, 0))
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 30), on=MONDAY)
    assert world.chased() == []
    assert world.board.told_in_time == 1
    assert world.imbalances == []


@pytest.mark.feature("IN9")
def test_what_is_pushed_at_one_where_pupils_leave_at_quarter_past_three_is_due_at_two(
    world: World,
) -> None:
    world.calendar(f"{PRIMARY},hours,,,08:50,,15:15,")
    world.clock.move_to(at("2026-11-20", "13:00"))
    world.push("N-1", child())
    world.tick()
    assert the_one(world).due_at == at("2026-11-20", "14:00")
    assert world.chased() == [FIRST]
    world.until(time(13, 20))
    world.open(FIRST, the_one(world).id)
    world.until(time(15, 30))
    assert told_in_time(world)


@pytest.mark.feature("CA5")
@pytest.mark.parametrize("again", [False, True], ids=["the first", "the second"])
def test_of_half_past_one_in_the_night_the_clocks_go_back_the_school_hears_next_morning(
    world: World, again: bool
) -> None:
    # The night to Sunday: half past one comes twice, an hour apart.
    world.clock.move_to(at("2026-10-25", "01:30") + timedelta(hours=again))
    world.push("N-1", child())
    world.until(time(6, 29), on=date(2026, 10, 26))
    assert world.chased() == []
    world.until(time(6, 30), on=date(2026, 10, 26))
    assert world.chased() == [FIRST]
    # Greenwich time by now.
    assert world.now == datetime.fromisoformat("2026-10-26T06:30+00:00")
    world.clock.move_to(at("2026-10-26", "08:29"))
    world.open(FIRST, the_one(world).id)
    assert (world.board.told_in_time, world.board.not_told) == (1, 0)
    assert world.imbalances == []


# Who is at the school


@pytest.mark.feature("RE9")
@pytest.mark.parametrize("said_at", [time(1, 20), time(6, 50)], ids=str)
def test_where_the_key_adult_is_off_the_next_is_asked_instead(world: World, said_at: time) -> None:
    world.push("N-1", child())
    world.until(said_at)
    days = key_adults.Days(FRIDAY, FRIDAY)
    with world.wiring.database.write(world.scope_of(SECOND)) as session:
        key_adults.record_absence(
            session, world.acting(SECOND), key_adult_id=adult_of(world, 1).id, days=days
        )
    world.until(time(6, 51))
    assert world.chased() == ([SECOND] if said_at < time(6, 30) else [FIRST, SECOND])
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 0))
    assert world.chased().count(SECOND) == 1
    assert told_in_time(world)


@pytest.mark.feature("RE9")
@pytest.mark.parametrize("said_at", [time(1, 20), time(6, 50)], ids=str)
def test_a_key_adult_who_has_left_is_asked_no_more_and_reads_nothing(
    world: World, said_at: time
) -> None:
    world.push("N-1", child())
    world.until(said_at)
    with world.wiring.database.write(world.scope_of(SECOND)) as session:
        key_adults.record_leaving(
            session, world.acting(SECOND), key_adult_id=adult_of(world, 1).id, left_on=FRIDAY
        )
    world.until(time(6, 51))
    assert world.chased() == ([SECOND] if said_at < time(6, 30) else [FIRST, SECOND])
    with pytest.raises(NotFound):
        world.open(FIRST, the_one(world).id)
    assert world.board.not_told == 1
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 0))
    assert told_in_time(world)


def test_a_school_where_nobody_is_trained_is_alerted_to_nobody_and_told_by_the_desk(
    world: World,
) -> None:
    world.school(990014, "Sampleford Primary School", town="Sampleford")
    untrained = f"URN,Position,Name,Email,VerifiedOn\n990014,1,Head,head@sampleford.test,{FRIDAY}"
    with world.wiring.database.write(PLATFORM) as session:
        assert not import_key_adults(
            session, world.wiring.cipher, io.StringIO(untrained), now=world.now
        ).errors
    there = {"school_name": "Sampleford Primary School", "town": "Sampleford"}
    world.push("N-1", child(education=there))
    world.until(time(7, 31))
    assert (the_one(world).urn, world.chased()) == (990014, [])
    (row,) = world.board.rows
    assert (row.told, row.held_by.startswith("Call sheet")) == (Told.NOT_TOLD, True)
    tell_by_phone(world, DESK, trained=False)
    assert the_one(world).told_how is ToldHow.BY_PHONE_UNTRAINED
    world.until(time(9, 0))
    assert told_in_time(world)


@pytest.mark.feature("RE10")
def test_an_alert_to_the_offices_inbox_says_nothing_and_a_named_person_opens_it(
    world: World, channel: RecordingChannel
) -> None:
    office = "office@primary.test"
    shared = (
        "URN,Position,Name,Email,AlertEmail,TrainedOn,VerifiedOn\n"
        f"{PRIMARY},1,Key Adult 1,{FIRST},{office},2026-01-10,{FRIDAY}"
    )
    with world.wiring.database.write(PLATFORM) as session:
        assert not import_key_adults(
            session, world.wiring.cipher, io.StringIO(shared), now=world.now
        ).errors
    world.push("N-1", child())
    world.until(time(6, 31))
    assert world.chased() == [office]
    said = channel.sent[-1].raw.decode()
    assert telling_words(said) == ()
    for personal in ("Asha", "Example-Khan", "N-1", "Exampleton", "Exampleshire", "2018"):
        assert personal not in said
    # Whoever else reads the inbox has no account there: it is opened by the person it is for.
    world.open(FIRST, the_one(world).id)
    assert the_one(world).told_by == f"account:{world.people[FIRST].id}"
    world.until(time(9, 0))
    assert world.chased() == [office]
    assert told_in_time(world)


# The force


def test_a_force_of_one_person_reviews_rings_and_tells_alone(world: World) -> None:
    desk = world.people[DESK].id
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Account).where(Account.id != desk).values(disabled_at=world.now))
        for role in (Role.REVIEWER, Role.LEAD):
            grant_role(session, desk, Grant(role, force=FORCE), now=world.now)
    world.push("N-1", child(education={"school_name": "A school nobody knows"}))
    world.until(time(6, 0))
    assert world.board.rows[0].held_by.startswith("Reviewers")
    world.settle(DESK, urn=PRIMARY)
    world.until(time(7, 31))
    assert world.board.rows[0].held_by.startswith("Call sheet")
    tell_by_phone(world, DESK, trained=True)
    assert the_one(world).told_how is ToldHow.BY_PHONE
    world.until(time(9, 0))
    assert told_in_time(world)
