"""A new master key takes over while everybody goes on reading, and is stopped anywhere."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access import accounts
from app.core import keys as content_keys
from app.core import rotation
from app.core.cipher import CannotOpen, Cipher
from app.core.crash_points import CrashPoint, arm
from app.core.database import Base
from app.core.errors import Conflict, Refused
from app.core.ids import new_id
from app.core.key_file import KeyFile, Keys, seal_file
from app.core.key_seal import KeyServiceDown
from app.core.models import AuditEntry, ContentKey
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.roll_models import Pupil, Roll
from schools.roll_record import PupilDetails, open_pupil, seal_pupil
from tests.factories.key_services import RunningKeyService
from tests.factories.schools import NOW
from tests.journeys.world import World
from tests.processes.key_service import OPENS

ROWS = 12
PUPIL = PupilDetails("Asha", "Example")


class Stopped(Exception):
    """The process ends here."""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 5)


@pytest.fixture
def filled(wiring: Wiring) -> Wiring:
    """Content keys, somebody with an account, a pupil: something under every kind of key."""
    world = World(wiring)
    world.school(990001, "Exampleton Primary School", key_adults=["first@primary.test"])
    with wiring.database.write(PLATFORM) as session:
        for _ in range(ROWS):
            key, wrapped = wiring.cipher.new_content_key("99")
            session.add(
                ContentKey(id=key.id, force="99", incident_id=new_id(), wrapped_key=wrapped)
            )
        session.add(Roll(id=1, owner="urn:990001", state="current", pupils=1, imported_at=NOW))
        session.flush()
        sealed = seal_pupil(wiring.cipher, PUPIL, roll=1, line=3, key=wiring.cipher.register_key())
        session.add(Pupil(roll_id=1, line=3, urn=990001, sealed=sealed, blocks=b""))
    return wiring


def read_all(wiring: Wiring, cipher: Cipher) -> list[bytes]:
    """Open everything there is, and return the secrets of the content keys."""
    with wiring.database.read(PLATFORM) as session:
        ids = session.scalars(select(ContentKey.id).where(ContentKey.wrapped_key.is_not(None)))
        found = content_keys.open_keys(session, cipher, ids)
        account = accounts.find(session, cipher, "first@primary.test")
        assert account is not None
        assert accounts.details_of(cipher, account).email == "first@primary.test"
        row = session.scalars(select(Pupil)).one()
        pupil = open_pupil(cipher, row.sealed, roll=1, line=3, key=cipher.register_key())
        assert pupil == PUPIL
    return sorted(key.secret for key in found.values())


@pytest.fixture
def reader(filled: Wiring) -> Cipher:
    """Another process of the service, which was there before the new key was."""
    file = KeyFile(filled.settings.key_path)
    return Cipher(file.current(), file.current)


@pytest.mark.feature("SE2")
@pytest.mark.usefixtures("small_batches")
def test_everything_opens_before_during_and_after_a_rotation(
    filled: Wiring, reader: Cipher
) -> None:
    path, base, actor = filled.settings.key_path, filled.database, "operator:test"
    now = filled.clock.now()
    before = read_all(filled, reader)
    old = Keys.load(path).active
    rotation.add_key(base, path, now=now, actor=actor)
    with pytest.raises(Conflict, match="Two master keys"):
        rotation.add_key(base, path, now=now, actor=actor)
    rotation.turn(base, path, now=now, actor=actor)
    seen: list[int] = []

    def said(count: int) -> None:
        seen.append(count)
        assert read_all(filled, reader) == before

    moved = rotation.move_all(base, filled.cipher, said)
    assert moved["content_key.wrapped_key"] == len(before)
    assert moved["pupil.sealed"] == 1
    assert max(seen) <= 5 < len(before)
    assert rotation.left_behind(base, filled.cipher) == {}
    with pytest.raises(Conflict, match="less than a day"):
        rotation.retire(base, filled.cipher, path, now=now, actor=actor)
    assert (
        rotation.retire(base, filled.cipher, path, now=now + timedelta(days=1), actor=actor) == old
    )
    assert list(Keys.load(path).masters) == [Keys.load(path).active]
    assert read_all(filled, reader) == before
    with base.read(PLATFORM) as session:
        events = session.scalars(
            select(AuditEntry.event).where(AuditEntry.subject == "keys:master")
        ).all()
    assert events == ["keys:master:added", "keys:master:turned", "keys:master:retired"]


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("passes", [1, 2, 3, 4])
def test_a_rotation_that_was_cut_off_is_finished_by_the_next(
    filled: Wiring, reader: Cipher, passes: int
) -> None:
    path, base = filled.settings.key_path, filled.database
    before, left = read_all(filled, reader), passes
    rotation.add_key(base, path, now=NOW, actor="operator:test")

    def stop(place: CrashPoint) -> None:
        nonlocal left
        left -= place is CrashPoint.KEYS_TURNED
        if not left:
            raise Stopped

    arm(stop)
    try:
        with pytest.raises(Stopped):
            rotation.turn(base, path, now=NOW, actor="operator:test")
            rotation.move_all(base, filled.cipher)
    finally:
        arm(None)
    assert read_all(filled, reader) == before
    rotation.turn(base, path, now=NOW, actor="operator:test")
    rotation.move_all(base, filled.cipher)
    assert rotation.left_behind(base, filled.cipher) == {}
    assert read_all(filled, reader) == before


def test_what_was_stored_under_the_old_key_meanwhile_keeps_it_in_the_file(filled: Wiring) -> None:
    path, base = filled.settings.key_path, filled.database
    slow = Cipher(Keys.load(path))
    rotation.add_key(base, path, now=NOW, actor="operator:test")
    rotation.turn(base, path, now=NOW, actor="operator:test")
    rotation.move_all(base, filled.cipher)
    key, wrapped = slow.new_content_key("99")
    with base.write(PLATFORM) as session:
        session.add(ContentKey(id=key.id, force="99", incident_id=new_id(), wrapped_key=wrapped))
    later = NOW + timedelta(days=2)
    with pytest.raises(Conflict, match=r"1 of content_key\.wrapped_key"):
        rotation.retire(base, filled.cipher, path, now=later, actor="operator:test")
    assert len(Keys.load(path).masters) == 2


@pytest.mark.feature("SE2")
def test_a_key_that_was_destroyed_stays_destroyed_and_a_damaged_row_stops_nobody(
    filled: Wiring,
) -> None:
    path, base = filled.settings.key_path, filled.database
    with base.write(PLATFORM) as session:
        first, second = session.scalars(select(ContentKey).limit(2)).all()
        content_keys.destroy(session, first.id, now=NOW)
        assert second.wrapped_key is not None
        second.wrapped_key = second.wrapped_key[:-1] + bytes([second.wrapped_key[-1] ^ 1])
    rotation.add_key(base, path, now=NOW, actor="operator:test")
    rotation.turn(base, path, now=NOW, actor="operator:test")
    moved = rotation.move_all(base, filled.cipher)
    assert moved["content_key.wrapped_key"] == ROWS - 2
    assert rotation.left_behind(base, filled.cipher) == {"content_key.wrapped_key": 1}
    with base.read(PLATFORM) as session:
        row = session.get_one(ContentKey, first.id)
        assert (row.wrapped_key, row.destroyed_at) == (None, NOW)


def test_there_must_be_another_key_to_turn_to(filled: Wiring) -> None:
    with pytest.raises(Conflict, match="keys add"):
        rotation.turn(filled.database, filled.settings.key_path, now=NOW, actor="operator:test")
    with pytest.raises(Conflict, match="nothing to take away"):
        rotation.retire(
            filled.database, filled.cipher, filled.settings.key_path, now=NOW, actor="operator:test"
        )


def test_a_key_file_that_cannot_be_read_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keys.generate().save(path)
    file = KeyFile(path)
    before = file.current()
    path.write_text("half a fi", encoding="utf-8")
    assert file.current() == before
    path.unlink()
    assert file.current() == before
    with pytest.raises(Refused):
        Keys.load(path)


def test_a_file_is_replaced_whole_and_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = Keys.generate()
    keys.save(path)
    path.with_name("keys.json.new").write_text("left by somebody who was killed", encoding="utf-8")
    turned = keys.with_another().turned(NOW)
    turned.replace_in(path)
    assert Keys.load(path) == turned
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["keys.json"]


def test_without_its_master_key_nothing_opens() -> None:
    keys = Keys.generate()
    cipher = Cipher(keys)
    key, wrapped = cipher.new_content_key("99")
    alone = dataclasses.replace(keys.with_another().turned(NOW)).alone()
    with pytest.raises(CannotOpen, match="not in the key file"):
        Cipher(alone).unwrap(key.id, "99", wrapped)


@pytest.fixture
def key_service(filled: Wiring, tmp_path: Path) -> Iterator[RunningKeyService]:
    """A key service that has sealed the installation's file."""
    with RunningKeyService(tmp_path / "key-service") as started:
        assert seal_file(filled.settings.key_path, started.client())
        yield started


@pytest.mark.usefixtures("small_batches")
def test_a_sealed_file_is_rotated_from_end_to_end_while_others_read(
    filled: Wiring, key_service: RunningKeyService
) -> None:
    path, base, actor = filled.settings.key_path, filled.database, "operator:test"
    service, now = key_service.client(), filled.clock.now()
    file = KeyFile(path, service)
    reader = Cipher(file.current(), file.current)
    before = read_all(filled, reader)
    old = file.current().active
    added = rotation.add_key(base, path, service, now=now, actor=actor)
    assert file.current() == added
    rotation.turn(base, path, service, now=now, actor=actor)
    moved = rotation.move_all(base, reader, lambda _: None)
    assert moved["content_key.wrapped_key"] == len(before)
    assert read_all(filled, reader) == before
    later = now + timedelta(days=1)
    asked = key_service.asked()
    assert rotation.retire(base, reader, path, service, now=later, actor=actor) == old
    # Opened, sealed, and opened to see that it does: nothing is asked for a row.
    assert key_service.asked() == asked + 3
    assert read_all(filled, reader) == before
    with pytest.raises(Refused, match="sealed by a key service"):
        Keys.load(path)
    alone = Cipher(Keys.load(path, service))
    assert read_all(filled, alone) == before
    assert list(Keys.load(path, service).masters) == [added.newest]


def test_a_rotation_without_the_service_changes_neither_file_nor_trail_and_ends_nobodys_morning(
    filled: Wiring, key_service: RunningKeyService
) -> None:
    path, base, service = filled.settings.key_path, filled.database, key_service.client()
    file = KeyFile(path, service)
    reader = Cipher(file.current(), file.current)
    before, held = read_all(filled, reader), path.read_bytes()
    key_service.stop()
    with pytest.raises(KeyServiceDown):
        rotation.add_key(base, path, service, now=NOW, actor="operator:test")
    path.touch()
    assert read_all(filled, reader) == before
    key, wrapped = reader.new_content_key("99")
    assert reader.unwrap(key.id, "99", wrapped).secret == key.secret
    key_service.start()
    key_service.gives(OPENS)
    with pytest.raises(KeyServiceDown, match="does not let us seal"):
        rotation.add_key(base, path, service, now=NOW, actor="operator:test")
    assert path.read_bytes() == held
    with base.read(PLATFORM) as session:
        assert not session.scalars(
            select(AuditEntry.event).where(AuditEntry.subject == "keys:master")
        ).all()


@pytest.mark.parametrize("passes", [1, 2])
def test_a_sealed_file_is_the_one_or_the_other_wherever_the_process_ends(
    filled: Wiring, key_service: RunningKeyService, passes: int
) -> None:
    path, base, service = filled.settings.key_path, filled.database, key_service.client()
    left = passes

    def stop(place: CrashPoint) -> None:
        nonlocal left
        left -= place is CrashPoint.KEYS_TURNED
        if not left:
            raise Stopped

    arm(stop)
    try:
        with pytest.raises(Stopped):
            rotation.add_key(base, path, service, now=NOW, actor="operator:test")
            rotation.turn(base, path, service, now=NOW, actor="operator:test")
    finally:
        arm(None)
    keys = Keys.load(path, service)
    assert (len(keys.masters), keys.active == keys.newest) == (2, passes == 2)
    rotation.turn(base, path, service, now=NOW, actor="operator:test")
    cipher = Cipher(Keys.load(path, service))
    rotation.move_all(base, cipher)
    assert rotation.left_behind(base, cipher) == {}


@pytest.mark.feature("SE2")
def test_every_sealed_column_of_the_register_takes_part() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.startswith("sealed")
        and not {"incident_id", "involved_child_id", "content_key_id"} & set(table.c.keys())
    }
    kept = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "place" in column.info
    }
    assert sealed == kept
