"""The encrypted call sheet: from six, each quarter, when a line opens; over and gone at noon."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.audit import Event
from app.core.clock import at_london
from app.core.errors import Refused
from app.core.models import AuditEntry
from app.core.paper import make_key, open_file
from app.core.scope import PLATFORM
from app.core.settings import Settings
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


def read(path: Path, key: bytes, world: World) -> list[dict[str, Any]]:
    _, plain = open_file(path.read_bytes(), key, "three words together", now=world.now)
    found: list[dict[str, Any]] = json.loads(plain)
    return found


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


def test_who_was_told_is_no_longer_on_it_and_a_protected_child_has_no_name(
    world: World, duty_key: bytes, tmp_path: Path
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child())
    world.push("N-2", child(forename="Bela"), restricted_access=True)
    world.until(time(6, 0))
    (told,) = world.notifications("N-1")
    lines = {one["reference"]: one for one in read(tmp_path / "here" / NAME, duty_key, world)}
    assert "N-1" in lines
    for line in lines.values():
        assert line["on_screen_only"] is (line["reference"] == "N-2")
        assert bool(line["child"]) is (line["reference"] == "N-1")
    world.open("first@primary.test", told.id)
    world.clock.move_to(at_london(FRIDAY, time(6, 15)))
    world.tick()
    after = read(tmp_path / "here" / NAME, duty_key, world)
    assert "N-1" not in {one["reference"] for one in after}


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
    assert written(world) == []
    assert (tmp_path / "here" / NAME).exists()
    (tmp_path / "elsewhere").unlink()
    world.clock.move_to(at("2026-11-20", "06:01"))
    world.tick()
    assert written(world) == ["06:01"]
