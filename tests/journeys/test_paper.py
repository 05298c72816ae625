"""The encrypted call sheet: from six, each quarter, when a line opens; over and gone at noon."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import select, update

from app.casework.spoken_codes import agree
from app.core import in_time
from app.core.audit import Event
from app.core.clock import at_london
from app.core.errors import Refused
from app.core.models import AuditEntry, Lease
from app.core.paper import make_key, open_file
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.jobs.write_call_sheets import FOLDER_REFUSED
from notifications.channels.put_file import UNANSWERED, put_file
from notifications.models import NotificationContent
from tests.app.watchdog.listener import Listener
from tests.journeys.world import World, at, child

NAME = "99-2026-11-20.sheet"
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def duty_key(tmp_path: Path) -> bytes:
    private, public = make_key("three words together")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "99.duty.pem").write_bytes(public)
    return private


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={
            "call_sheet_dir": tmp_path / "here", "call_sheet_keys": tmp_path / "keys",
            "call_sheet_push_dir": tmp_path / "elsewhere",
        }
    )  # fmt: skip


def written(world: World) -> list[str]:
    """The London times at which a sheet was written, by the trail."""
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry.at).where(AuditEntry.event == Event.CALL_SHEET_WRITTEN)
        )
        return [f"{one:%H:%M}" for one in rows]


def pushed(world: World) -> tuple[str | None, datetime | None]:
    """What became of the last try to put the sheet off the host, and when one was there last."""
    with world.wiring.database.read(PLATFORM) as session:
        mark = session.get_one(Lease, "call_sheet_push:99")
        return mark.last_error, mark.finished_at


def read(path: Path, key: bytes, world: World) -> list[dict[str, Any]]:
    _, plain = open_file(path.read_bytes(), key, "three words together", now=world.now)
    found: list[dict[str, Any]] = json.loads(plain)
    return found


@pytest.mark.feature("OP8")
def test_the_sheet_is_written_each_quarter_and_when_a_line_opens_and_is_gone_at_noon(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    for clock_time in (time(5, 59), time(6, 0), time(6, 7), time(6, 15), time(7, 20)):
        world.clock.move_to(at_london(FRIDAY, clock_time))
        world.tick()
    assert written(world) == ["06:00", "06:15", "07:20"]
    for clock_time in (time(7, 30), time(7, 31)):
        world.clock.move_to(at_london(FRIDAY, clock_time))
        world.tick()
    # its call opened sixty minutes before it is due, and the copy off the host has it
    assert written(world)[-1] == "07:30"
    (line,) = read(tmp_path / "elsewhere" / NAME, duty_key, world)
    assert (line["child"], line["date_of_birth"]) == ("Asha Example-Khan", "2018-03-02")
    assert line["place"] == "Exampleton Primary School"
    assert line["telephone"] == "01632 960001"
    assert line["ask_for"] == ["Key Adult 1", "Key Adult 2"]
    assert (tmp_path / "here" / NAME).read_bytes() == (tmp_path / "elsewhere" / NAME).read_bytes()
    world.clock.move_to(at_london(FRIDAY, time(12, 0)))
    world.tick()
    assert not list(tmp_path.glob("*/*.sheet"))


@pytest.mark.feature("ES10")
def test_whom_to_ask_for_stands_there_with_the_spoken_code_that_they_agreed(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        code = agree(session, world.acting("second@primary.test"))
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(6, 0))
    (line,) = read(tmp_path / "here" / NAME, duty_key, world)
    second = f"Key Adult 2 (say {code.caller}, they answer {code.answer})"
    assert line["ask_for"] == ["Key Adult 1", second]


def test_who_was_told_is_no_longer_on_it_and_a_restricted_one_is_its_group_s_alone(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    private, public = make_key("three words together")
    (tmp_path / "keys" / "99.restricted.member.pem").write_bytes(public)
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.push("N-2", child(forename="Bela"), restricted_access=True)
    world.until(time(6, 0))
    (told,) = world.notifications("N-1")
    here = tmp_path / "here" / NAME
    assert [one["reference"] for one in read(here, duty_key, world)] == ["N-1"]
    lines = {one["reference"]: one for one in read(here, private, world)}
    assert set(lines) == {"N-1", "N-2"}
    for line in lines.values():
        assert line["on_screen_only"] is (line["reference"] == "N-2")
        assert bool(line["child"]) is (line["reference"] == "N-1")
    # nor does the file say that there is more for another
    sealed = json.loads(here.read_bytes())["sealed"]
    assert len({len(one) for one in sealed.values()}) == 1
    world.open("first@primary.test", told.id)
    world.clock.move_to(at_london(FRIDAY, time(6, 15)))
    world.tick()
    after = read(tmp_path / "here" / NAME, duty_key, world)
    assert "N-1" not in {one["reference"] for one in after}


@pytest.mark.feature("OP8")
def test_only_a_person_with_the_key_opens_it_before_noon_and_nobody_changes_it(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.until(time(6, 0))
    data = (tmp_path / "here" / NAME).read_bytes()
    for personal in (b"Asha", b"Example-Khan", b"2018", b"Exampleton", b"N-1"):
        assert personal not in data
    stranger, _ = make_key("three words together")
    noon = at_london(FRIDAY, time(12, 0))
    for what, now, key, words in (
        (data, world.now, stranger, "three words together"),
        (data, world.now, duty_key, "another"),
        (data, noon, duty_key, "three words together"),
        (data.replace(b"T12:00", b"T23:00"), noon, duty_key, "three words together"),
        (data.replace(b'"99"', b'"98"'), world.now, duty_key, "three words together"),
        (b"{}", world.now, duty_key, "three words together"),
    ):
        with pytest.raises(Refused):
            open_file(what, key, words, now=now)
    assert open_file(data, duty_key, "three words together", now=world.now)[0].force == "99"


def test_a_place_off_the_host_that_is_gone_is_tried_again(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("a file where the folder should be")
    world.clock.move_to(at("2026-11-20", "06:00"))
    world.may_fail.add("write_call_sheets")
    world.tick()
    assert written(world) == ["06:00"]
    assert (tmp_path / "here" / NAME).exists()
    assert pushed(world) == (FOLDER_REFUSED, None)
    (tmp_path / "elsewhere").unlink()
    world.clock.move_to(at("2026-11-20", "06:01"))
    world.tick()
    assert written(world) == ["06:00", "06:01"]
    assert (tmp_path / "elsewhere" / NAME).exists()
    assert pushed(world) == (None, world.now)


def test_a_folder_off_the_host_that_hangs_holds_neither_the_tick_nor_a_transaction(
    world: World, duty_key: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named pipe that nobody reads holds the copy up, as a mount whose host is gone would."""
    monkeypatch.setattr(in_time, "_SECONDS", 0.5)
    fresh = (tmp_path / "elsewhere" / NAME).with_suffix(".new")
    fresh.parent.mkdir()
    os.mkfifo(fresh, 0o600)
    world.may_fail.add("write_call_sheets")
    for minute in (0, 1):
        world.clock.move_to(at_london(FRIDAY, time(6, minute)))
        world.tick()
        assert pushed(world) == (UNANSWERED, None)
    assert written(world) == ["06:00", "06:01"]
    assert (tmp_path / "here" / NAME).exists()
    (hung,) = (one for one in threading.enumerate() if one.name == f"in time: {fresh.parent}")
    fresh.read_bytes()
    hung.join()
    world.clock.move_to(at_london(FRIDAY, time(6, 2)))
    world.tick()
    assert pushed(world) == (None, world.now)
    sheet = (tmp_path / "elsewhere" / NAME).read_bytes()
    assert sheet == (tmp_path / "here" / NAME).read_bytes()


@pytest.fixture
def store() -> Iterator[Listener]:
    with Listener() as running:
        yield running


@pytest.fixture
def pushing(world: World, store: Listener) -> World:
    """The same county, whose sheets also go to an address by HTTP."""
    settings = world.wiring.settings.model_copy(
        update={
            "call_sheet_push_url": SecretStr(f"{store.url}/store/"),
            "call_sheet_push_token": SecretStr("a token of the store's own"),
        }
    )
    world.wiring = replace(world.wiring, settings=settings)
    world.restart()
    return world


@pytest.mark.feature("OP8")
def test_each_sheet_is_put_at_the_operators_address_the_last_when_its_call_opens(
    pushing: World, duty_key: bytes, tmp_path: Path, store: Listener
) -> None:
    pushing.clock.move_to(at("2026-11-20", "01:10"))
    pushing.push("N-1", child())
    for clock_time in (time(6, 0), time(6, 7), time(7, 20), time(7, 30)):
        pushing.clock.move_to(at_london(FRIDAY, clock_time))
        pushing.tick()
    assert [(how, path) for how, path, _ in store.heard] == [("PUT", f"/store/{NAME}")] * 3
    _, last, headers = store.raw[-1]
    assert last == (tmp_path / "here" / NAME).read_bytes()
    assert headers["Authorization"] == "Bearer a token of the store's own"
    # sixty minutes before it is due, the child is on the sheet that is elsewhere
    assert json.loads(open_file(last, duty_key, "three words together", now=pushing.now)[1])


@pytest.mark.feature("OP8")
def test_an_address_that_takes_nothing_stops_no_sheet_and_is_tried_again_each_minute(
    pushing: World, duty_key: bytes, tmp_path: Path, store: Listener
) -> None:
    store.status = 507
    pushing.may_fail.add("write_call_sheets")
    for clock_time in (time(6, 0, 0), time(6, 0, 20), time(6, 1, 0)):
        pushing.clock.move_to(at_london(FRIDAY, clock_time))
        pushing.tick()
    assert len(store.heard) == 2
    assert written(pushing) == ["06:00", "06:01"]
    assert (tmp_path / "elsewhere" / NAME).exists()
    store.status = 201
    for minute in (2, 3):
        pushing.clock.move_to(at_london(FRIDAY, time(6, minute)))
        pushing.tick()
    assert len(store.heard) == 3
    assert pushed(pushing) == (None, at_london(FRIDAY, time(6, 2)))


def test_what_was_written_and_not_pushed_when_the_process_ended_is_pushed_by_the_next(
    pushing: World, duty_key: bytes, store: Listener
) -> None:
    pushing.clock.move_to(at("2026-11-20", "06:00"))
    pushing.tick()
    with pushing.wiring.database.write(PLATFORM) as session:
        session.get_one(Lease, "call_sheet_push:99").started_at = at("2026-11-20", "05:45")
    pushing.clock.move_to(at("2026-11-20", "06:01"))
    pushing.tick()
    assert len(store.heard) == 2


def test_an_address_that_is_not_there_or_not_proved_takes_nothing(
    tmp_path: Path, store: Listener
) -> None:
    for url in (
        "http://127.0.0.1:9/store", store.url.replace("http://", "https://"), "http://[nowhere",
    ):  # fmt: skip
        said = put_file(SecretStr(url), NAME, b"{}", token=None, ca_file=None)
        assert said == UNANSWERED
    assert store.heard == []


def test_in_production_nothing_is_pushed_in_clear(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="CALL_SHEET_PUSH_URL"):
        Settings(
            database_url="postgresql+psycopg://encompass@127.0.0.1/encompass",
            keys_file=tmp_path / "keys.json",
            call_sheet_push_url=SecretStr("http://store.example.org"),
        )


def test_a_message_that_does_not_open_keeps_no_other_call_from_the_sheet(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.push("N-2", child(forename="Bela", date_of_birth="2017-05-04"))
    world.until(time(5, 50))
    (broken,) = world.notifications("N-1")
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(NotificationContent)
            .where(NotificationContent.notification_id == broken.id)
            .values(sealed=b"\x00" * 40)
        )
    world.until(time(6, 0))
    lines = {one["reference"]: one for one in read(tmp_path / "here" / NAME, duty_key, world)}
    assert lines["N-1"]["on_screen_only"]
    assert lines["N-2"]["child"] == "Bela Example-Khan"
