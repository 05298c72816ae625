"""The watchdog itself: what it may do, when it rings, what its messages say, when it beats."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.errors import Unavailable
from app.watchdog.codes import Code
from app.watchdog.reading import MayWrite, Reading
from app.watchdog.settings import WatchdogSettings
from app.watchdog.watch import CHECKS
from notifications.alerts import telling_words
from notifications.channels.sink import Fault
from tests.app.watchdog.faults import everybody_left
from tests.app.watchdog.listener import Listener
from tests.app.watchdog.watched import Watched, codes
from tests.journeys.world import child
from tests.postgres import administration

# SQLite has no roles: there the file is opened read-only.
ON_POSTGRES = pytest.mark.parametrize("played", ["postgresql"], indirect=True)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_the_watchdog_can_read_and_can_change_nothing(calm: Watched) -> None:
    reading = Reading(calm.url)
    reading.require_reader()
    with reading.look() as session:
        assert session.scalar(text("SELECT count(*) FROM involved_child")) == 1
    for statement in (
        "DELETE FROM alert_cover", "UPDATE force SET name = 'x'", "CREATE TABLE mine (id int)",
    ):  # fmt: skip
        with pytest.raises((DBAPIError, Unavailable)), reading.look() as session:
            session.execute(text(statement))
    reading.close()


@ON_POSTGRES
def test_what_is_sealed_beyond_its_work_is_not_readable_to_its_role(calm: Watched) -> None:
    reading = Reading(calm.url)
    for statement in (
        "SELECT sealed FROM notification_content", "SELECT wrapped_key FROM content_key",
        "SELECT sealed FROM account", "SELECT password_hash FROM account",
        "SELECT sealed FROM key_adult", "SELECT sealed FROM officer", "SELECT * FROM pupil",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="permission denied"), reading.look() as session:
            session.execute(text(statement))
    reading.close()


def test_a_restricted_child_whom_nobody_has_rings_as_any_other(calm: Watched) -> None:
    calm.sql("UPDATE incident SET restricted_access = true")
    everybody_left(calm)
    assert Code.UNTOLD_UNHELD in codes(calm.look())
    assert Code.CHECK_FAILED not in calm.rung()


@ON_POSTGRES
@pytest.mark.parametrize("grant", ["INSERT ON alert", "UPDATE (name) ON force"])
def test_a_role_that_may_write_is_refused_and_rings(calm: Watched, grant: str) -> None:
    assert calm.admin_url is not None
    with administration(calm.admin_url) as connection:
        connection.execute(text(f"GRANT {grant} TO encompass_watchdog"))
    with pytest.raises(MayWrite, match="watchdog role"):
        calm.watchdog.require_reader()
    assert codes(calm.look()) == [Code.ROLE_MAY_WRITE]
    assert calm.rung() == {Code.ROLE_MAY_WRITE}


@ON_POSTGRES
def test_the_services_own_role_is_refused(calm: Watched) -> None:
    reading = Reading(calm.world.wiring.settings.database_url)
    with pytest.raises(MayWrite):
        reading.require_reader()
    reading.close()


@pytest.mark.feature("OP1")
def test_the_heartbeat_goes_out_only_while_every_check_passes(calm: Watched) -> None:
    clock = calm.world.clock
    clock.advance(minutes(1))
    calm.tick()
    assert calm.look().beat
    beats = calm.beats
    clock.advance(minutes(3))  # the scheduler has stopped
    assert not calm.look().beat
    assert (calm.beats, calm.rung()) == (beats, {Code.TICKS_STOPPED})
    calm.tick()
    assert calm.look().beat


def test_ninety_seconds_without_a_mark_are_borne_and_one_more_rings(calm: Watched) -> None:
    calm.tick()
    calm.world.clock.advance(timedelta(seconds=90))
    assert calm.look().findings == ()
    calm.world.clock.advance(timedelta(seconds=1))
    assert calm.look().rang == (Code.TICKS_STOPPED,)


def test_an_alarm_rings_at_once_again_each_quarter_and_says_when_it_is_over(calm: Watched) -> None:
    rang = []
    for _ in range(31):
        calm.world.clock.advance(minutes(1))
        rang.append(Code.TICKS_STOPPED in calm.look().rang)
    # ninety seconds without a tick, so the second look rings, then a quarter of an hour later
    assert [number for number, one in enumerate(rang, 1) if one] == [2, 17]
    calm.tick()
    calm.look()
    calm.world.clock.advance(minutes(1))
    calm.tick()
    assert Code.TICKS_STOPPED in calm.look().over
    assert "Over:\r\n" in calm.mailed()[-1]
    assert "\r\n  ticks_stopped\r\n" in calm.mailed()[-1]


def test_by_night_it_rings_again_each_hour(calm: Watched) -> None:
    calm.clock("2026-11-23 20:00")
    rang = []
    for _ in range(9):
        rang.append(Code.TICKS_STOPPED in calm.look().rang)
        calm.world.clock.advance(minutes(15))
    assert rang == [True, False, False, False] * 2 + [True]


def test_what_it_rang_about_outlives_a_restart(calm: Watched) -> None:
    calm.world.clock.advance(minutes(2))
    assert calm.look().rang
    calm.world.clock.advance(minutes(1))
    restarted = calm.watch()
    seen = calm.look(restarted)
    assert (codes(seen), seen.rang) == ([Code.TICKS_STOPPED], ())
    restarted.close()


@pytest.mark.feature("ES9")
def test_an_alarm_nobody_heard_rings_again_at_the_next_look(calm: Watched) -> None:
    calm.world.clock.advance(minutes(2))
    calm.listener.status = 503
    calm.sink.fail_next(Fault.SENDER_REFUSED)
    seen = calm.look()
    assert (seen.heard, seen.beat) == (False, False)
    calm.listener.status = 200
    calm.world.clock.advance(minutes(1))
    assert calm.look().rang == (Code.TICKS_STOPPED,)


@pytest.mark.feature("OP1")
@pytest.mark.feature("ES9")
def test_an_over_that_nobody_heard_stops_the_heartbeat_until_it_is_heard(calm: Watched) -> None:
    # The switch of somebody else hears on a line of its own: this one works all the time.
    with Listener() as switch:
        restarted = calm.watch(heartbeat_url=f"{switch.url}/beat")
        calm.world.clock.advance(minutes(2))
        assert calm.look(restarted).rang == (Code.TICKS_STOPPED,)
        calm.tick()
        assert calm.look(restarted).beat
        calm.listener.status = 503
        calm.sink.fail_next(Fault.SENDER_REFUSED)
        unheard = calm.look(restarted)
        calm.listener.status = 200
        heard = calm.look(restarted)
        restarted.close()
    assert (codes(unheard), unheard.over) == ([], (Code.TICKS_STOPPED,))
    assert (unheard.heard, unheard.beat) == (False, False)
    assert (heard.over, heard.heard, heard.beat) == ((Code.TICKS_STOPPED,), True, True)
    assert len(switch.of("/beat")) == 2


@pytest.mark.feature("ES9")
def test_one_way_of_ringing_is_enough_while_the_other_is_down(calm: Watched) -> None:
    calm.world.clock.advance(minutes(2))
    calm.listener.status = 503
    assert calm.look().heard
    assert "ticks_stopped: 1" in calm.mailed()[-1]


def test_no_message_says_anything_of_a_child_a_force_or_what_this_is_for(calm: Watched) -> None:
    calm.sql("UPDATE account SET disabled_at = added_at")
    calm.sql("UPDATE officer SET left_on = '2026-11-01'")
    calm.world.clock.advance(minutes(2))
    calm.look()
    calm.clock("2026-11-23 09:20")
    calm.look()
    said = [*calm.mailed(), *(raw.decode() for path, raw, _ in calm.listener.raw if path != "/b")]
    assert len(said) > 3
    for message in said:
        assert telling_words(message) == ()
        for personal in ("Asha", "Example-Khan", "2018", "N-1", "c1", "99000", "primary", "force"):
            assert personal not in message.split("\r\n\r\n", 1)[-1]


@pytest.mark.feature("RP3")
def test_the_digest_holds_a_balance_that_adds_up_once_a_day(calm: Watched) -> None:
    calm.clock("2026-11-23 09:16")
    calm.tick()
    calm.look()
    calm.look()
    (day,) = [body for body in calm.listener.of("/alarm") if body["kind"] == "digest"]
    assert (day["due"], day["told"], day["not_told"], day["not_needed"]) == (1, 0, 1, 0)
    assert (day["late"], day["held"]) == (1, {"call_sheet": 1})
    (mail,) = [one for one in calm.mailed() if "Service watch: the day" in one]
    assert "Due 1 = told 0 + not told 1 + not needed 0" in mail
    restarted = calm.watch()
    calm.look(restarted)
    restarted.close()
    assert len([one for one in calm.mailed() if "the day" in one]) == 1


def test_a_watchdog_that_cannot_ring_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot ring"):
        WatchdogSettings(database_url="sqlite://", state_dir=tmp_path)
    with pytest.raises(ValidationError, match="https"):
        WatchdogSettings(
            database_url="sqlite://", webhook_url=SecretStr("http://alarm.example.org")
        )


def test_a_broken_memory_is_an_empty_one(calm: Watched) -> None:
    calm.world.clock.advance(minutes(2))
    calm.look()
    (calm.folder / "watchdog" / "memory.json").write_text("{")
    restarted = calm.watch()
    assert calm.look(restarted).rang == (Code.TICKS_STOPPED,)
    restarted.close()


def test_every_check_is_asked_on_every_look() -> None:
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS) >= 15


@pytest.mark.parametrize(
    ("seconds", "rings"), [(4, False), (-4, False), (6, True), (-6, True), (-3600, True)]
)
def test_a_clock_that_jumps_more_than_five_seconds_rings_whichever_way(
    calm: Watched, seconds: int, rings: bool
) -> None:
    assert Code.CLOCK_JUMPED not in codes(calm.look())
    calm.world.clock.advance(timedelta(seconds=60 + seconds))
    calm.slip += seconds
    assert (Code.CLOCK_JUMPED in codes(calm.look())) is rings


@pytest.mark.feature("DL9")
def test_silence_of_a_provider_rings_while_somebody_waits_and_no_longer(calm: Watched) -> None:
    calm.sql(
        "UPDATE alert SET channel = 'govuk_notify', delivery_status = 'sending'"
        " WHERE state = 'handed_over'"
    )
    assert Code.STILL_SENDING in codes(calm.look())
    (message,) = calm.world.notifications("N-1")
    calm.world.open("first@primary.test", message.id)
    assert Code.STILL_SENDING not in codes(calm.look())


def test_a_call_about_going_home_that_nobody_begins_rings_though_the_school_read_it(
    calm: Watched,
) -> None:
    calm.world.push("N-2", child(forename="Bela", going_home={"level": "concern"}))
    calm.tick_until(time(7, 50))
    (home,) = calm.world.notifications("N-2")
    (other,) = calm.world.notifications("N-1")
    for one in (home, other):
        calm.world.open("first@primary.test", one.id)
    calm.tick_until(time(8, 15))
    assert Code.CALL_NOT_BEGUN not in codes(calm.look())
    calm.tick_until(time(8, 25))
    (finding,) = (one for one in calm.look().findings if one.code is Code.CALL_NOT_BEGUN)
    assert finding.count == 1
